//! Dialogs and fields by their id. (Written with the pages.)

#[cfg(not(feature = "hydrate"))]
pub fn open_dialog(_id: &str) {}

/// Opens a `<dialog>` over the page; the focus moves into it.
#[cfg(feature = "hydrate")]
pub fn open_dialog(id: &str) {
    if let Some(dialog) = dialog(id).filter(|dialog| !dialog.open()) {
        // It fails only for a dialog that is not in the document, which has nothing to show.
        let _shown = dialog.show_modal();
    }
}

#[cfg(not(feature = "hydrate"))]
pub fn close_dialog(_id: &str) {}

/// Closes a `<dialog>`; the focus goes back to where it was.
#[cfg(feature = "hydrate")]
pub fn close_dialog(id: &str) {
    if let Some(dialog) = dialog(id) {
        dialog.close();
    }
}

#[cfg(not(feature = "hydrate"))]
pub fn set_value(_id: &str, _value: &str) {}

/// Puts a text into an input or a text area.
#[cfg(feature = "hydrate")]
pub fn set_value(id: &str, value: &str) {
    if let Some(element) = element(id) {
        // It fails only for objects that forbid new properties, which no element does.
        let _set = js_sys::Reflect::set(&element, &"value".into(), &value.into());
    }
}

#[cfg(feature = "hydrate")]
fn element(id: &str) -> Option<web_sys::Element> {
    web_sys::window()?.document()?.get_element_by_id(id)
}

#[cfg(feature = "hydrate")]
fn dialog(id: &str) -> Option<web_sys::HtmlDialogElement> {
    use wasm_bindgen::JsCast;

    element(id)?.dyn_into().ok()
}
