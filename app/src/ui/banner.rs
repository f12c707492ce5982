//! Banners: what a person has to know on every page.

use leptos::prelude::*;

use super::{Tone, el, icon, nothing, prose};

/// A line across the page.
pub fn banner(tone: Tone, words: &str) -> AnyView {
    banner_with(tone, words, nothing())
}

/// As [`banner`], with what can be done about it at its end.
pub fn banner_with(tone: Tone, words: &str, action: AnyView) -> AnyView {
    let name = match tone {
        Tone::Bad => "cross",
        Tone::Good => "check",
        Tone::Neutral | Tone::Working | Tone::Warn | Tone::Held => "warn",
    };
    let line = el("div").class(format!("banner {}", tone.class())).attr("role", "status");
    line.child(icon(name)).child(el("span").child(prose(words)).view()).child(action).view()
}
