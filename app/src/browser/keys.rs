//! Keys of the whole page; never taken from a text field, an editor or a terminal. (Written with the pages.)

use super::Direction;

/// A key that was pressed outside of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press {
    /// As in `KeyboardEvent.key`.
    pub key: String,
    /// Whether Ctrl or ⌘ was held.
    pub command: bool,
}

/// Answers whether the key meant something; the browser then does nothing else with it.
pub type OnPress = Box<dyn Fn(&Press) -> bool>;

#[cfg(not(feature = "hydrate"))]
pub fn listen(_on_press: OnPress) {}

/// Calls `on_press` until the page that asked is gone. With ⌘ or Ctrl it is asked even from text fields.
#[cfg(feature = "hydrate")]
pub fn listen(on_press: OnPress) {
    use leptos::prelude::*;

    let handle = window_event_listener(leptos::ev::keydown, move |event| {
        let command = event.ctrl_key() || event.meta_key();
        if event.default_prevented() || event.alt_key() || event.is_composing() || (!command && is_taken(&event)) {
            return;
        }
        if on_press(&Press { key: event.key(), command }) {
            event.prevent_default();
        }
    });
    on_cleanup(move || handle.remove());
}

/// Whether the key belongs to what has the focus.
#[cfg(feature = "hydrate")]
fn is_taken(event: &web_sys::KeyboardEvent) -> bool {
    use wasm_bindgen::JsCast;

    const TAKERS: &str = "input:not([type=radio],[type=checkbox],[type=submit]),textarea,select,[contenteditable],dialog,.xterm,\
                          .menu[open],[popover]";
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|element| element.closest(TAKERS).ok().flatten().is_some())
}

#[cfg(not(feature = "hydrate"))]
pub fn move_in_list(_direction: Direction) {}

/// Moves the focus to the next or previous row on the page: to its link (`a.open`), which Enter then opens by itself, or, where
/// it opens nothing, to the box that selects it.
#[cfg(feature = "hydrate")]
pub fn move_in_list(direction: Direction) {
    use wasm_bindgen::JsCast;

    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    let Ok(links) = document.query_selector_all("main :is(a.open, tr:not(:has(a.open)) .pick)") else { return };
    let focused = document.active_element();
    let at = (0..links.length()).find(|index| match (links.item(*index), &focused) {
        (Some(link), Some(focused)) => link.is_same_node(Some(focused)),
        _ => false,
    });
    let next = match (at, direction) {
        (None, _) => 0,
        (Some(at), Direction::Forward) => at + 1,
        (Some(at), Direction::Back) => at.saturating_sub(1),
    };
    if let Some(link) = links.item(next).and_then(|node| node.dyn_into::<web_sys::HtmlElement>().ok()) {
        // A link that is gone cannot be focused, which leaves the focus where it is.
        let _moved = link.focus();
    }
}

#[cfg(not(feature = "hydrate"))]
pub fn follow(_selector: &str) {}

/// Clicks the first element that a selector finds, as a person would.
#[cfg(feature = "hydrate")]
pub fn follow(selector: &str) {
    use wasm_bindgen::JsCast;

    let document = web_sys::window().and_then(|window| window.document());
    let found = document.and_then(|document| document.query_selector(selector).ok().flatten());
    if let Some(element) = found.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        element.click();
    }
}
