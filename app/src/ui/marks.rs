//! Marks: the steps of something, each as a small bar that fills.

use leptos::prelude::*;

use super::el;

/// Steps in their order by their class in style sheets (`pending`, `running`, `passed`, `failed`, `held`). Without a `label` they are
/// decoration beside words that say the same.
pub fn marks(label: Option<String>, steps: impl IntoIterator<Item = &'static str>) -> AnyView {
    let line = el("span").class("marks");
    let line = match label {
        Some(label) => line.attr("role", "img").attr("aria-label", label.clone()).attr("title", label),
        None => line.attr("aria-hidden", "true"),
    };
    line.children(steps.into_iter().map(|step| el("i").class(step).view())).view()
}
