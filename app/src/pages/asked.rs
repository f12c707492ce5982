//! What an address asks for, on pages that share a route with others.

use leptos::prelude::*;
use leptos_router::{hooks::use_location, params::ParamsMap};

use crate::ui::{self, div, el, input};

/// What the address asks for, as long as it is the address of this page: on the way to another one it stays as it was.
pub fn asked_here() -> Memo<ParamsMap> {
    let location = use_location();
    let (pathname, query) = (location.pathname, location.query);
    let here = pathname.get_untracked();
    Memo::new(move |last: Option<&ParamsMap>| match last {
        Some(last) if pathname.get() != here => last.clone(),
        _ => query.get(),
    })
}

/// A plain form: what is looked for is in the address, and stays in its order. `label` says what that is, like "Search teams".
pub fn search(address: &str, label: &'static str, words: &str, sort: &str) -> AnyView {
    let form = el("form").class("filter-line").attr("role", "search").attr("method", "get").attr("action", address);
    form.child(kept("sort", sort)).children(search_line(label, words.to_owned())).view()
}

/// As [`search`], for a page whose address says what is looked for: there before the list is, and where that cannot be read.
pub fn search_here(address: &'static str, label: &'static str, asked: Memo<ParamsMap>) -> AnyView {
    let value = move |name: &'static str| Memo::new(move |_| asked.with(|asked| asked.get(name).unwrap_or_default()));
    let (words, sort) = (value("q"), value("sort"));
    ui::live(move || search(address, label, &words.get(), &sort.get()))
}

/// What a form asks for again, where the address does.
pub fn kept(name: &'static str, value: &str) -> AnyView {
    ui::hidden(name, (!value.is_empty()).then(|| value.to_owned()))
}

/// Field and button of a search, for a form that asks for more.
pub fn search_line(label: &'static str, words: String) -> [AnyView; 2] {
    let field = input("search").attr("name", "q").attr("value", words).attr("aria-label", label);
    let field = field.attr("placeholder", label).attr("autocomplete", "off").view();
    let button = el("button").attr("type", "submit").class("btn").text("Search").view();
    [div("field").child(field).view(), button]
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::search;
    use crate::rendering_tests::html;

    #[test]
    fn a_search_needs_no_script_and_says_what_it_looks_through() {
        let html = html("/teams", || search("/teams", "Search teams", "<b>", ""));

        for part in ["method=\"get\"", "action=\"/teams\"", "aria-label=\"Search teams\"", "placeholder=\"Search teams\""] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        assert!(!html.contains("name=\"sort\""), "{html}");
    }

    #[test]
    fn what_is_found_stays_in_its_order() {
        let html = html("/teams", || search("/teams", "Search teams", "", "-name"));

        for part in ["type=\"hidden\"", "name=\"sort\"", "value=\"-name\""] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
    }
}
