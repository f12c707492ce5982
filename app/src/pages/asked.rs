//! What an address asks for, on pages that share a route with others.

use leptos::prelude::*;
use leptos_router::{hooks::use_location, params::ParamsMap};

use crate::ui::{el, input};

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

/// A plain form: what is looked for is in the address.
pub fn search(address: &str, label: &'static str, words: String) -> AnyView {
    let field = input("search").attr("name", "q").attr("value", words).attr("aria-label", label);
    let field = field.attr("placeholder", label).attr("autocomplete", "off").view();
    let button = el("button").attr("type", "submit").class("btn").text("Search").view();
    let form = el("form").class("search-form field").attr("role", "search").attr("method", "get").attr("action", address);
    form.child(field).child(button).view()
}
