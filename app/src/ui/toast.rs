//! Toasts: what happened, said once, without taking the focus.

use std::time::Duration;

use leptos::prelude::*;

use super::{Tone, chip, div, el, live, pieces};

#[derive(Clone, Debug, PartialEq, Eq)]
struct Toast {
    number: u32,
    tone: Tone,
    text: String,
}

/// Says things for a few seconds. Taken with [`toasts`] while a page is set up, used in its handlers.
#[derive(Clone, Copy, Default)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    count: RwSignal<u32>,
}

/// How long a toast stays.
const SHOWN: Duration = Duration::from_secs(6);

pub(super) fn provide() {
    provide_context(Toasts::default());
}

/// The toasts of this page.
pub fn toasts() -> Toasts {
    use_context::<Toasts>().unwrap_or_default()
}

impl Toasts {
    /// Says something; only in the browser.
    pub fn show(self, tone: Tone, text: impl Into<String>) {
        let number = self.count.get_untracked() + 1;
        self.count.set(number);
        self.shown.update(|list| list.push(Toast { number, tone, text: text.into() }));
        set_timeout(move || self.shown.update(|list| list.retain(|toast| toast.number != number)), SHOWN);
    }
}

/// Where toasts appear; once, in the shell.
pub fn toast_region() -> AnyView {
    let list = toasts().shown;
    let shown = live(move || pieces(list.get().into_iter().map(one).collect()));
    div("toasts").attr("role", "status").attr("aria-live", "polite").child(shown).view()
}

fn one(toast: Toast) -> AnyView {
    let (icon, word) = match toast.tone {
        Tone::Good => ("check", "Done"),
        Tone::Bad => ("cross", "Failed"),
        Tone::Warn | Tone::Neutral | Tone::Working | Tone::Held => ("dash", "Note"),
    };
    div("toast").child(chip(toast.tone, icon, word)).child(el("span").text(toast.text).view()).view()
}
