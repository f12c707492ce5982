//! Sends forms in the background and reads where to go next. (Written with the pages.)

use leptos::ev::SubmitEvent;

use crate::server_fns::UiError;

/// What is called with the answer: an address to go to, if the answer named one.
pub type Finish = Box<dyn FnOnce(Result<Option<String>, UiError>)>;

#[cfg(not(feature = "hydrate"))]
pub fn submit(_event: &SubmitEvent, _finish: Finish) {}

/// Posts the form of a submit event to its own action, as the browser would.
#[cfg(feature = "hydrate")]
pub fn submit(event: &SubmitEvent, finish: Finish) {
    use wasm_bindgen::JsCast;

    use super::requests::{send, unreachable_server};

    let form = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlFormElement>().ok());
    let request = form.and_then(|form| request(&form).ok());
    leptos::task::spawn_local(async move {
        let answer = match request {
            Some(request) => send(request).await,
            None => Err(unreachable_server()),
        };
        finish(answer.map(|answer| answer.location));
    });
}

#[cfg(not(feature = "hydrate"))]
pub fn is_one_in_use() -> bool {
    false
}

/// Whether somebody is at one of the page's forms: typed into it, chose in it, or opened what asks once more.
#[cfg(feature = "hydrate")]
pub fn is_one_in_use() -> bool {
    const OPEN: &str = "main details:is(.confirm, .asks)[open], main form:focus-within, main option:checked:not([selected]), \
                        main input:checked:not([checked])";
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return false };
    let finds = |selector| document.query_selector(selector).is_ok_and(|found| found.is_some());
    finds(OPEN) || is_typed_in(&document)
}

/// Whether a field has another text than it came with.
#[cfg(feature = "hydrate")]
fn is_typed_in(document: &web_sys::Document) -> bool {
    let Ok(fields) = document.query_selector_all("main :is(input, textarea)") else { return false };
    let of = |field: &web_sys::Node, name: &str| js_sys::Reflect::get(field, &name.into()).unwrap_or_default();
    (0..fields.length()).filter_map(|index| fields.get(index)).any(|field| of(&field, "value") != of(&field, "defaultValue"))
}

#[cfg(feature = "hydrate")]
fn request(form: &web_sys::HtmlFormElement) -> Result<web_sys::Request, wasm_bindgen::JsValue> {
    let data = web_sys::FormData::new_with_form(form)?;
    let fields = web_sys::UrlSearchParams::new_with_str_sequence_sequence(&data)?;
    let init = web_sys::RequestInit::new();
    init.set_method("POST");
    init.set_body(&fields);
    web_sys::Request::new_with_str_and_init(&form.get_attribute("action").unwrap_or_default(), &init)
}
