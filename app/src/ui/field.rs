//! Form fields: a label, the control, a hint, and an error that says what to do.

use leptos::prelude::*;

use super::{div, el, input, prose};

/// A field's words and what it holds at first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// Unique on the page.
    pub id: &'static str,
    /// As the form sends it; nested names in brackets, like `form[name]`.
    pub name: &'static str,
    pub label: &'static str,
    pub hint: &'static str,
    pub value: String,
    pub placeholder: &'static str,
    pub required: bool,
}

/// A control with its label and hint around it; the hint's id is the control's with `-hint`.
pub fn field(id: &str, label: &str, hint: &str, control: AnyView) -> AnyView {
    let field = div("field").child(el("label").attr("for", id).text(label).view()).child(control);
    let hint = described_by(id, hint).map(|hint_id| el("p").class("hint").attr("id", hint_id).child(prose(hint)).view());
    field.children(hint).view()
}

/// One line of text.
pub fn text_input(text: Field) -> AnyView {
    let control = input("text").attr("id", text.id).attr("name", text.name).attr("autocomplete", "off");
    let control = control.attr("value", text.value).attr("placeholder", text.placeholder).flag("required", text.required);
    field(text.id, text.label, text.hint, control.maybe("aria-describedby", described_by(text.id, text.hint)).view())
}

/// Many lines of text.
pub fn text_area(text: Field, rows: u32) -> AnyView {
    let control = el("textarea").attr("id", text.id).attr("name", text.name).attr("rows", rows.to_string());
    let control = control.attr("placeholder", text.placeholder).attr("spellcheck", "false").flag("required", text.required);
    let control = control.maybe("aria-describedby", described_by(text.id, text.hint));
    field(text.id, text.label, text.hint, control.view_textarea(text.value))
}

/// One of several; `options` are values and words.
pub fn select(text: Field, options: Vec<(String, String)>) -> AnyView {
    let chosen = text.value;
    let options = options.into_iter().map(|(value, words)| {
        let is_chosen = value == chosen;
        el("option").attr("value", value).flag("selected", is_chosen).text(words).view()
    });
    let control = el("select").attr("id", text.id).attr("name", text.name);
    let control = control.maybe("aria-describedby", described_by(text.id, text.hint)).children(options);
    field(text.id, text.label, text.hint, control.view())
}

fn described_by(id: &str, hint: &str) -> Option<String> {
    (!hint.is_empty()).then(|| format!("{id}-hint"))
}
