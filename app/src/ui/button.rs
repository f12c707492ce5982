//! Buttons, and links that look like them. Their words are verbs.

use leptos::prelude::*;

use super::{el, icon};

/// How a button stands out. A page has one primary action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Normal,
    Primary,
    Danger,
}

impl Kind {
    fn class(self) -> &'static str {
        match self {
            Self::Normal => "btn",
            Self::Primary => "btn primary",
            Self::Danger => "btn danger",
        }
    }
}

/// A button that does something on this page, which needs script.
pub fn button(kind: Kind, label: &'static str, on_click: impl FnMut() + 'static) -> AnyView {
    el("button").attr("type", "button").class(kind.class()).on_click(on_click).text(label).view()
}

/// As [`button`], with an icon in place of the words, which become its label.
pub fn icon_button(name: &'static str, label: &'static str, on_click: impl FnMut() + 'static) -> AnyView {
    let button = el("button").attr("type", "button").class("btn icon-only").attr("aria-label", label).attr("title", label);
    button.on_click(on_click).child(icon(name)).view()
}

/// Chooses how the browser shows all pages; `choice` is its name in `public/page.js`, which keeps it. The style sheet shows which
/// one is chosen, which is known before any script runs.
pub fn choice_button(label: &'static str, choice: &'static str) -> AnyView {
    el("button").attr("type", "button").class("btn").attr("data-choice", choice).text(label).view()
}

/// Sends the form around it. While `busy`, a second click does nothing.
pub fn submit_button(kind: Kind, label: &'static str, busy: Signal<bool>) -> AnyView {
    let button = el("button").attr("type", "submit").class(kind.class());
    button.live_attr("aria-disabled", move || busy.get().then(|| "true".to_owned())).text(label).view()
}

/// A link that is the action of a page or an empty state.
pub fn link_button(kind: Kind, label: &'static str, href: impl Into<String>) -> AnyView {
    el("a").class(kind.class()).attr("href", href).text(label).view()
}

/// The class of the one button of a plain form.
pub fn submit_class() -> &'static str {
    Kind::Primary.class()
}
