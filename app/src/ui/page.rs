//! The frame of a page: where am I, one heading, one primary action.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{div, el, icon, pieces};
use crate::browser::IS_BROWSER;

/// The list behind a step of the breadcrumb.
const SWITCHER: &str = "switcher";

/// A step of the breadcrumb; the last one is the page itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crumb {
    pub label: String,
    pub href: String,
    /// What a button beside it says that opens what else could stand there; `public/switcher.js` fills it.
    pub among: Option<&'static str>,
}

impl Crumb {
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into(), among: None }
    }

    /// With a button that opens what else could stand there, called so. A page has one such step.
    #[must_use]
    pub fn among(self, label: &'static str) -> Self {
        Self { among: Some(label), ..self }
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

/// As [`page`], with `title` in place of the tab's title, for who sets that elsewhere.
pub fn framed(title: AnyView, crumbs: Vec<Crumb>, body: AnyView) -> AnyView {
    let last = crumbs.len().saturating_sub(1);
    let crumbs = crumbs.into_iter().enumerate().map(|(index, crumb)| {
        let current = (index == last).then_some("page");
        // What has no address of its own is no link.
        let step = if crumb.href.is_empty() { el("span") } else { el("a").attr("href", crumb.href) };
        let step = el("li").child(step.maybe("aria-current", current).text(crumb.label).view());
        step.children(crumb.among.into_iter().flat_map(switcher)).view()
    });
    let crumbs = el("nav").class("crumbs").attr("aria-label", "Breadcrumb").child(el("ol").children(crumbs).view()).view();
    let main = el("main").attr("id", "content").attr("tabindex", "-1").child(body).view();
    pieces(vec![title, crumbs, main])
}

/// The button, and what it opens, which the browser closes by itself.
fn switcher(label: &'static str) -> [AnyView; 2] {
    let button = el("button").attr("type", "button").class("btn icon-only needs-script").attr("aria-label", label);
    let button = button.attr("title", label).attr("popovertarget", SWITCHER).child(icon("chevron")).view();
    let list = el("div").attr("id", SWITCHER).class(SWITCHER).attr("popover", "auto").attr("role", "dialog");
    [button, list.attr("aria-label", label).view()]
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

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::{rendering_tests::html, ui::nothing};

    #[test]
    fn a_step_among_others_stays_a_link() {
        let crumbs = || vec![Crumb::new("Greeter", "/there").among("Switch")];
        let html = html("/", move || page("Greeter".to_owned(), crumbs(), nothing()));

        for part in ["href=\"/there\"", "popovertarget=\"switcher\"", "needs-script", "id=\"switcher\""] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
    }
}
