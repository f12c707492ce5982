//! Tells which parts of a long list are near what can be seen, so that only those need to be drawn.

use leptos::prelude::*;

#[cfg(not(feature = "hydrate"))]
pub fn watch(_id: String, _near: RwSignal<bool>, _lines: usize) {}

/// Pixels of a line, as `--lh-3` has it; only a guess of the height of parts that were never drawn.
#[cfg(feature = "hydrate")]
const LINE: usize = 20;

/// Keeps `near` true while the element of that id is close to what is seen. While it is not, the element keeps its height, or that of
/// so many lines when it was never drawn.
#[cfg(feature = "hydrate")]
pub fn watch(id: String, near: RwSignal<bool>, lines: usize) {
    Effect::new(move |_| {
        use wasm_bindgen::JsCast;

        let document = web_sys::window().and_then(|window| window.document());
        let element = document.and_then(|document| document.get_element_by_id(&id));
        let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) else { return };
        if !near.get_untracked() {
            let _guessed = element.style().set_property("height", &format!("{}px", lines * LINE));
        }
        let watched = Watched { element: element.clone(), near };
        let id = WATCHER.with_borrow_mut(|watcher| {
            watcher.count += 1;
            let id = watcher.count;
            watcher.parts.insert(id, watched);
            id
        });
        let _named = element.set_attribute("data-part", &id.to_string());
        WATCHER.with_borrow_mut(|watcher| watcher.observe(&element));
        on_cleanup(move || {
            WATCHER.with_borrow_mut(|watcher| {
                let gone = watcher.parts.remove(&id);
                if let (Some(gone), Some(observer)) = (gone, &watcher.observer) {
                    observer.unobserve(&gone.element);
                }
            });
        });
    });
}

#[cfg(feature = "hydrate")]
struct Watched {
    element: web_sys::HtmlElement,
    near: RwSignal<bool>,
}

/// One observer for all parts.
#[cfg(feature = "hydrate")]
#[derive(Default)]
struct Watcher {
    count: u32,
    parts: std::collections::BTreeMap<u32, Watched>,
    observer: Option<web_sys::IntersectionObserver>,
}

#[cfg(feature = "hydrate")]
thread_local! {
    static WATCHER: std::cell::RefCell<Watcher> = std::cell::RefCell::default();
}

#[cfg(feature = "hydrate")]
impl Watcher {
    fn observe(&mut self, element: &web_sys::Element) {
        if self.observer.is_none() {
            self.observer = new_observer();
        }
        if let Some(observer) = &self.observer {
            observer.observe(element);
        }
    }
}

#[cfg(feature = "hydrate")]
fn new_observer() -> Option<web_sys::IntersectionObserver> {
    use wasm_bindgen::{JsCast, closure::Closure};

    let seen = Closure::<dyn Fn(js_sys::Array)>::new(|entries: js_sys::Array| {
        for entry in entries.iter().filter_map(|entry| entry.dyn_into::<web_sys::IntersectionObserverEntry>().ok()) {
            told(&entry);
        }
    });
    let options = web_sys::IntersectionObserverInit::new();
    options.set_root_margin("1500px 0px");
    let observer = web_sys::IntersectionObserver::new_with_options(seen.as_ref().unchecked_ref(), &options).ok();
    // The one observer lasts as long as the tab.
    seen.forget();
    observer
}

#[cfg(feature = "hydrate")]
fn told(entry: &web_sys::IntersectionObserverEntry) {
    let id = entry.target().get_attribute("data-part").and_then(|id| id.parse::<u32>().ok());
    let part = WATCHER.with_borrow(|watcher| {
        let part = watcher.parts.get(&id?)?;
        Some((part.element.clone(), part.near))
    });
    let Some((element, near)) = part else { return };
    let is_near = entry.is_intersecting();
    let height = entry.bounding_client_rect().height();
    if is_near {
        let _free = element.style().remove_property("height");
    } else if height > 0.0 {
        let _fixed = element.style().set_property("height", &format!("{height}px"));
    } else {
        // It is in something that is folded, where it costs nothing to stay as it is.
        return;
    }
    if near.try_get_untracked() == Some(!is_near) {
        near.set(is_near);
    }
}
