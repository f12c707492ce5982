//! The text of a spec: pasted, or read from a file in the browser.

use leptos::prelude::*;

use crate::{
    browser::{elements::set_value, files::read_chosen},
    ui::{self, div, el, input, live, nothing},
};

/// A large text field with a file chooser; `id` must be unique on the page.
pub fn spec_field(id: &'static str, name: &'static str, label: &'static str, value: String) -> AnyView {
    let problem = RwSignal::new(None::<&'static str>);
    let chosen = move |event| {
        let put = move |read: Result<String, &'static str>| {
            problem.set(read.as_ref().err().copied());
            if let Ok(text) = read {
                set_value(id, &text);
            }
        };
        read_chosen(&event, Box::new(put));
    };
    let file = format!("{id}-file");
    let chooser = input("file").attr("id", file.clone()).attr("accept", ".md,.txt,.json,.yaml,.yml").on_change(chosen);
    let upload = div("upload needs-script").child(el("label").attr("for", file).text("Or read it from a file").view());
    let area = el("textarea").attr("id", id).attr("name", name).attr("rows", "10").attr("spellcheck", "false");
    let area = area.attr("aria-describedby", format!("{id}-hint"));
    let hint = "Markdown, plain text, JSON or an OpenAPI document, at most 1 MiB.";
    // It stands below the field's chooser and not in a toast: it has to be there still when the file is mended.
    let problem = live(move || problem.get().map_or_else(nothing, ui::form_error));
    ui::pieces(vec![ui::field(id, label, hint, area.view_textarea(value)), upload.child(chooser.view()).view(), problem])
}
