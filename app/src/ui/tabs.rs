//! Tabs as links: each has its address, so they work without script and can be shared.

use leptos::prelude::*;

use super::el;

/// One tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    pub label: &'static str,
    pub href: String,
    pub current: bool,
    /// Stands behind the label, like a number of rows.
    pub note: String,
}

/// A row of tabs; `label` says what they switch.
pub fn tabs(label: &'static str, tabs: Vec<Tab>) -> AnyView {
    let links = tabs.into_iter().map(|tab| {
        let link = el("a").attr("href", tab.href).maybe("aria-current", tab.current.then_some("page")).text(tab.label);
        let note = (!tab.note.is_empty()).then(|| el("span").class("muted num").text(tab.note).view());
        link.children(note).view()
    });
    el("nav").class("tabs").attr("aria-label", label).children(links).view()
}
