//! What an address asks for, on pages that share a route with others.

use leptos::prelude::*;
use leptos_router::{hooks::use_location, params::ParamsMap};

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
