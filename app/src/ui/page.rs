//! The frame of a page: where am I, one heading, one primary action.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{div, el, pieces};
use crate::browser::IS_BROWSER;

/// A step of the breadcrumb; the last one is the page itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crumb {
    pub label: String,
    pub href: String,
}

impl Crumb {
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into() }
    }
}

/// A page: the tab's title (state first, like `● 2 running`), the breadcrumb in the top bar, and `<main>`.
pub fn page(title: String, crumbs: Vec<Crumb>, body: AnyView) -> AnyView {
    framed(tab_title(title), crumbs, body)
}

/// As [`page`], with a title that changes as the signals that it reads do.
pub fn live_page(title: impl Fn() -> String + Send + Sync + 'static, crumbs: Vec<Crumb>, body: AnyView) -> AnyView {
    let title = view! { <Title text=move || in_tab(&title())/> }.into_any();
    framed(title, crumbs, body)
}

fn framed(title: AnyView, crumbs: Vec<Crumb>, body: AnyView) -> AnyView {
    let last = crumbs.len().saturating_sub(1);
    let crumbs = crumbs.into_iter().enumerate().map(|(index, crumb)| {
        let current = (index == last).then_some("page");
        // What has no address of its own is no link.
        let step = if crumb.href.is_empty() { el("span") } else { el("a").attr("href", crumb.href) };
        el("li").child(step.maybe("aria-current", current).text(crumb.label).view()).view()
    });
    let crumbs = el("nav").class("crumbs").attr("aria-label", "Breadcrumb").child(el("ol").children(crumbs).view()).view();
    let main = el("main").attr("id", "content").attr("tabindex", "-1").child(body).view();
    pieces(vec![title, crumbs, main])
}

/// What the browser's tab shows.
pub fn tab_title(title: impl Into<String>) -> AnyView {
    let title = in_tab(&title.into());
    view! { <Title text=title/> }.into_any()
}

/// The server's half writes it into the document as it is, so that what people named would be taken for HTML; the browser's
/// half sets it as text.
fn in_tab(title: &str) -> String {
    let title = if IS_BROWSER { title.to_owned() } else { title.replace('&', "&amp;").replace('<', "&lt;") };
    format!("{title} – loki")
}

/// The top of a page: its heading with what belongs to it, and its one primary action.
pub fn page_head(heading: impl Into<String>, beside: AnyView, action: AnyView) -> AnyView {
    let words = div("words").child(el("h1").text(heading).view()).child(beside).view();
    div("page-head").child(words).child(action).view()
}
