//! Where a page or a part of it is scrolled to, and which of its parts can be seen.

use super::Direction;

/// How a scrolled part stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// Pixels above what is seen.
    pub top: f64,
    /// Pixels below what is seen.
    pub below: f64,
}

#[cfg(not(feature = "hydrate"))]
pub fn position(_selector: &str) -> Option<Position> {
    None
}

/// Where the part that a selector finds is scrolled to.
#[cfg(feature = "hydrate")]
pub fn position(selector: &str) -> Option<Position> {
    let element = find(selector)?;
    let top = f64::from(element.scroll_top());
    Some(Position { top, below: f64::from(element.scroll_height()) - top - f64::from(element.client_height()) })
}

#[cfg(not(feature = "hydrate"))]
pub fn to_end(_selector: &str) {}

/// Scrolls the part that a selector finds to its end.
#[cfg(feature = "hydrate")]
pub fn to_end(selector: &str) {
    if let Some(element) = find(selector) {
        element.set_scroll_top(element.scroll_height());
    }
}

#[cfg(not(feature = "hydrate"))]
pub fn keep_below(_selector: &str, _position: Position) {}

/// Scrolls so that what was seen before something grew above it is seen again.
#[cfg(feature = "hydrate")]
#[expect(clippy::cast_possible_truncation, reason = "pixels of a page fit")]
pub fn keep_below(selector: &str, before: Position) {
    if let Some(element) = find(selector) {
        element.set_scroll_top(element.scroll_height() - element.client_height() - before.below as i32);
    }
}

#[cfg(not(feature = "hydrate"))]
pub fn show(_id: &str) -> bool {
    false
}

/// Brings the element of that id into view; answers whether there is one.
#[cfg(feature = "hydrate")]
pub fn show(id: &str) -> bool {
    let element = web_sys::window().and_then(|window| window.document()).and_then(|document| document.get_element_by_id(id));
    if let Some(element) = &element {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Center);
        element.scroll_into_view_with_scroll_into_view_options(&options);
    }
    element.is_some()
}

#[cfg(not(feature = "hydrate"))]
pub fn show_in_row(_selector: &str) {}

/// Scrolls the row that holds what a selector finds, and nothing else, until that is in its middle.
#[cfg(feature = "hydrate")]
pub fn show_in_row(selector: &str) {
    use wasm_bindgen::JsCast;

    let element = find(selector).and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    let row = element.as_ref().and_then(|element| element.parent_element()?.dyn_into::<web_sys::HtmlElement>().ok());
    if let (Some(element), Some(row)) = (element, row) {
        let left = element.offset_left() - row.offset_left();
        row.set_scroll_left(left - (row.client_width() - element.offset_width()) / 2);
    }
}

#[cfg(not(feature = "hydrate"))]
pub fn step(_selector: &str, _direction: Direction) {}

/// Pixels that the bars at the top of the page cover.
#[cfg(feature = "hydrate")]
const COVERED: f64 = 64.0;

/// Scrolls the page to the next or previous of the elements that a selector finds.
#[cfg(feature = "hydrate")]
pub fn step(selector: &str, direction: Direction) {
    let Some(window) = web_sys::window() else { return };
    let tops = all(selector).into_iter().map(|element| element.get_bounding_client_rect().top() - COVERED);
    let near = 4.0;
    let distance = match direction {
        Direction::Forward => {
            tops.filter(|top| *top > near).fold(None, |best: Option<f64>, top| Some(best.map_or(top, |best| best.min(top))))
        }
        Direction::Back => {
            tops.filter(|top| *top < -near).fold(None, |best: Option<f64>, top| Some(best.map_or(top, |best| best.max(top))))
        }
    };
    if let Some(distance) = distance {
        window.scroll_by_with_x_and_y(0.0, distance);
    }
}

#[cfg(not(feature = "hydrate"))]
pub fn current(_selector: &str) -> Option<usize> {
    None
}

/// Which of the elements that a selector finds is at the top of what is seen.
#[cfg(feature = "hydrate")]
pub fn current(selector: &str) -> Option<usize> {
    let reached = all(selector).iter().take_while(|element| element.get_bounding_client_rect().top() < COVERED + 40.0).count();
    Some(reached.saturating_sub(1))
}

#[cfg(not(feature = "hydrate"))]
pub fn fragment() -> Option<String> {
    None
}

/// What stands behind the `#` of the address.
#[cfg(feature = "hydrate")]
pub fn fragment() -> Option<String> {
    let hash = web_sys::window()?.location().hash().ok()?;
    hash.strip_prefix('#').filter(|id| !id.is_empty()).map(str::to_owned)
}

#[cfg(not(feature = "hydrate"))]
pub fn is_narrow() -> bool {
    false
}

/// Whether the page is as narrow as on a phone.
#[cfg(feature = "hydrate")]
pub fn is_narrow() -> bool {
    let query = web_sys::window().and_then(|window| window.match_media("(max-width: 640px)").ok().flatten());
    query.is_some_and(|query| query.matches())
}

#[cfg(not(feature = "hydrate"))]
pub fn on_control() -> bool {
    false
}

/// Whether the focus is on something that the space bar works.
#[cfg(feature = "hydrate")]
pub fn on_control() -> bool {
    let focused = web_sys::window().and_then(|window| window.document()).and_then(|document| document.active_element());
    focused.is_some_and(|element| element.matches("a,button,summary,input,[tabindex=\"0\"]").unwrap_or(false))
}

#[cfg(feature = "hydrate")]
fn find(selector: &str) -> Option<web_sys::Element> {
    web_sys::window()?.document()?.query_selector(selector).ok()?
}

#[cfg(feature = "hydrate")]
fn all(selector: &str) -> Vec<web_sys::Element> {
    use wasm_bindgen::JsCast;

    let document = web_sys::window().and_then(|window| window.document());
    let Some(list) = document.and_then(|document| document.query_selector_all(selector).ok()) else { return Vec::new() };
    (0..list.length()).filter_map(|index| list.item(index)?.dyn_into().ok()).collect()
}

#[cfg(not(feature = "hydrate"))]
pub fn is_open(_event: &leptos::ev::Event) -> bool {
    false
}

/// Whether the `<details>` of a toggle event is open now.
#[cfg(feature = "hydrate")]
pub fn is_open(event: &leptos::ev::Event) -> bool {
    use wasm_bindgen::JsCast;

    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|element| element.has_attribute("open"))
}

#[cfg(not(feature = "hydrate"))]
pub fn focus(_selector: &str) {}

/// Moves the focus to what a selector finds.
#[cfg(feature = "hydrate")]
pub fn focus(selector: &str) {
    use wasm_bindgen::JsCast;

    if let Some(element) = find(selector).and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        // What is gone cannot be focused, which leaves the focus where it is.
        let _moved = element.focus();
    }
}

#[cfg(not(feature = "hydrate"))]
pub fn leave() {}

/// Gives the focus back to the page.
#[cfg(feature = "hydrate")]
pub fn leave() {
    use wasm_bindgen::JsCast;

    let focused = web_sys::window().and_then(|window| window.document()).and_then(|document| document.active_element());
    if let Some(element) = focused.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _left = element.blur();
    }
}
