//! Icons, all in one file that the browser keeps.

use leptos::prelude::*;

/// An icon of `public/icons.svg`; decoration only, words stand beside it or in a label.
pub fn icon(name: &'static str) -> AnyView {
    view! {
        <svg class="ico" aria-hidden="true">
            <use href=format!("/icons.svg#{name}")></use>
        </svg>
    }
    .into_any()
}
