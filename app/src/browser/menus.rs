//! What stands open over the page closes when somebody leaves it: menus (`details.menu`), and what a row asks once more.

#[cfg(not(feature = "hydrate"))]
pub fn close_when_left() {}

/// What stands open over the page.
#[cfg(feature = "hydrate")]
const OPEN: &str = "details:is(.menu, .rows .confirm)[open]";

/// Closes them on Escape, which gives the focus back, and on whatever is touched beside them; called once.
#[cfg(feature = "hydrate")]
pub fn close_when_left() {
    use leptos::prelude::window_event_listener;
    use wasm_bindgen::JsCast;

    // Both last as long as the tab.
    let _touched = window_event_listener(leptos::ev::pointerdown, |event| {
        let within = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if let Some(menu) = open_menu().filter(|menu| !menu.contains(within.as_deref())) {
            let _closed = menu.remove_attribute("open");
        }
    });
    let _pressed = window_event_listener(leptos::ev::keydown, |event| {
        if let Some(menu) = open_menu().filter(|_| event.key() == "Escape") {
            super::scroll::focus(&[OPEN, " > summary"].concat());
            let _closed = menu.remove_attribute("open");
        }
    });
}

#[cfg(feature = "hydrate")]
fn open_menu() -> Option<web_sys::Element> {
    web_sys::window()?.document()?.query_selector(OPEN).ok()?
}
