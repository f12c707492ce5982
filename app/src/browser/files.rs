//! Reads a chosen file as text. (Written with the pages.)

use leptos::ev::Event;

/// What is called with the file's text, or with why it was not read.
pub type Read = Box<dyn FnOnce(Result<String, &'static str>)>;

#[cfg(not(feature = "hydrate"))]
pub fn read_chosen(_event: &Event, _read: Read) {}

/// Reads the first file of a file field that changed; larger ones than a spec may be are left alone.
#[cfg(feature = "hydrate")]
pub fn read_chosen(event: &Event, read: Read) {
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;

    const LARGEST: f64 = 1_048_576.0;
    let input = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
    let file = input.and_then(|input| input.files()).and_then(|files| files.get(0));
    let Some(file) = file.filter(|file| file.size() <= LARGEST) else {
        return read(Err("That file is larger than 1 MiB, which is the most a spec may have."));
    };
    leptos::task::spawn_local(async move {
        let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
        read(text.ok_or("That file could not be read."));
    });
}
