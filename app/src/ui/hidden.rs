//! What a form sends along unseen.

use leptos::prelude::*;

use super::{input, nothing};

/// A field that nobody sees; without a value there is none.
pub fn hidden(name: &'static str, value: impl Into<Option<String>>) -> AnyView {
    value.into().map_or_else(nothing, |value| input("hidden").attr("name", name).attr("value", value).view())
}
