//! Requests to this server in the browser. (Written with the pages.)

#[cfg(feature = "hydrate")]
use wasm_bindgen::JsValue;

#[cfg(feature = "hydrate")]
use crate::server_fns::UiError;

/// Reads an address of this server as text.
#[cfg(feature = "hydrate")]
pub(crate) async fn get(address: String) -> Result<String, UiError> {
    let answer = match web_sys::Request::new_with_str(&address) {
        Ok(request) => send(request).await,
        Err(_) => Err(unreachable_server()),
    };
    answer.map(|answer| answer.text)
}

/// What came back, when it was no error.
#[cfg(feature = "hydrate")]
pub(super) struct Answer {
    pub(super) text: String,
    /// Where a form goes on.
    pub(super) location: Option<String>,
}

/// Sends a request that takes JSON; an answer that is an error becomes one.
#[cfg(feature = "hydrate")]
pub(super) async fn send(request: web_sys::Request) -> Result<Answer, UiError> {
    let (status, answer) = fetch(request).await.map_err(|_| unreachable_server())?;
    if (200..300).contains(&status) {
        return Ok(answer);
    }
    let refused = serde_json::from_str::<UiError>(&answer.text);
    Err(refused.unwrap_or_else(|_| UiError::new(status, refused_by_edge(status))))
}

#[cfg(feature = "hydrate")]
async fn fetch(request: web_sys::Request) -> Result<(u16, Answer), JsValue> {
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;

    request.headers().set("Accept", "application/json")?;
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let response: web_sys::Response = JsFuture::from(window.fetch_with_request(&request)).await?.dyn_into()?;
    let location = response.headers().get("location")?;
    let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    Ok((response.status(), Answer { text, location }))
}

#[cfg(feature = "hydrate")]
pub(super) fn unreachable_server() -> UiError {
    UiError::new(0, "The server did not answer. Check the connection and try again; nothing was lost.")
}

/// Words for answers that come from in front of the server functions and are no `UiError`.
#[cfg(feature = "hydrate")]
fn refused_by_edge(status: u16) -> &'static str {
    match status {
        401 => "You are signed out. Sign in again in another tab, then try once more.",
        413 => "That is too large. A spec may have at most 1 MiB.",
        429 => "Too many requests. Wait a moment, then try again.",
        _ => "The server refused this. Reload the page and try again.",
    }
}
