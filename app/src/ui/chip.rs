//! Chips: a state as icon and word, never as colour alone.

use leptos::prelude::*;

use super::{el, icon};

/// The colour family of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Neutral,
    Working,
    Good,
    Warn,
    Bad,
    Held,
}

impl Tone {
    /// Its name in style sheets.
    pub fn class(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Working => "working",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Held => "held",
        }
    }
}

/// A state: its icon and its word, which begins with a capital.
pub fn chip(tone: Tone, icon_name: &'static str, word: &str) -> AnyView {
    el("span").class(format!("chip {}", tone.class())).child(icon(icon_name)).text(capital(word)).view()
}

/// With a capital first letter, where that is one of ASCII: the tables of Unicode's letters are large in the browser.
pub fn capital(words: &str) -> String {
    let mut words = words.to_owned();
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}
