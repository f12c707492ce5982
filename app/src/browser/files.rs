//! Reads a chosen file as text. (Written with the pages.)

use leptos::ev::Event;

/// What is called with the file's text, or with why it was not taken and what to do about it.
pub type Read = Box<dyn FnOnce(Result<String, &'static str>)>;

#[cfg(not(feature = "hydrate"))]
pub fn read_chosen(_event: &Event, _read: Read) {}

/// Reads the first file of a file field that changed; larger ones than a spec may be are left alone, and so is what is empty or no
/// text in UTF-8. What was not taken can be chosen again once it is mended.
#[cfg(feature = "hydrate")]
pub fn read_chosen(event: &Event, read: Read) {
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;

    const LARGEST: f64 = 1_048_576.0;
    let Some(input) = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok()) else { return };
    let Some(file) = input.files().and_then(|files| files.get(0)) else { return };
    leptos::task::spawn_local(async move {
        let text = if file.size() > LARGEST {
            Err("That file is larger than 1 MiB, which is the most a spec may have. Split it into several specs.")
        } else {
            let bytes = JsFuture::from(file.array_buffer()).await;
            bytes.map_err(|_| "That file could not be read. Choose it again.").and_then(|bytes| decoded(&bytes))
        };
        if text.is_err() {
            // A browser tells of no change when the same file is chosen twice.
            input.set_value("");
        }
        read(text);
    });
}

/// A browser's own reading would put other characters in place of what it does not understand, and say nothing.
#[cfg(feature = "hydrate")]
fn decoded(buffer: &wasm_bindgen::JsValue) -> Result<String, &'static str> {
    let text = String::from_utf8(js_sys::Uint8Array::new(buffer).to_vec()).ok().filter(|text| !text.contains('\0'));
    let text =
        text.ok_or("That file is not text in UTF-8, so it was not taken. Save it as plain text in UTF-8 and choose it again.")?;
    match text.trim_start_matches('\u{feff}') {
        text if text.trim().is_empty() => Err("That file is empty, so it was not taken."),
        text => Ok(text.to_owned()),
    }
}
