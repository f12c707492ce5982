//! Menus (`details.menu`) that are open close when somebody leaves them.

#[cfg(not(feature = "hydrate"))]
pub fn close_when_left() {}

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
            let _closed = menu.remove_attribute("open");
            super::scroll::focus(".menu > summary");
        }
    });
}

#[cfg(feature = "hydrate")]
fn open_menu() -> Option<web_sys::Element> {
    web_sys::window()?.document()?.query_selector("details.menu[open]").ok()?
}
