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

#[cfg(feature = "hydrate")]
fn request(form: &web_sys::HtmlFormElement) -> Result<web_sys::Request, wasm_bindgen::JsValue> {
    let data = web_sys::FormData::new_with_form(form)?;
    let fields = web_sys::UrlSearchParams::new_with_str_sequence_sequence(&data)?;
    let init = web_sys::RequestInit::new();
    init.set_method("POST");
    init.set_body(&fields);
    web_sys::Request::new_with_str_and_init(&form.get_attribute("action").unwrap_or_default(), &init)
}
