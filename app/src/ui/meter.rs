//! Bars: how much of something is used up. The number stands beside the bar, so the bar itself is decoration.

use leptos::prelude::*;

use super::Tone;

/// A bar filled to `percent`, 0 to 100; more is drawn as full.
pub fn meter(percent: u32, tone: Tone) -> AnyView {
    view! {
        <svg class=format!("meter {}", tone.class()) aria-hidden="true">
            <rect width=format!("{}%", percent.min(100)) height="100%"></rect>
        </svg>
    }
    .into_any()
}
