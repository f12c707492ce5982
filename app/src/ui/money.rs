//! Money: US dollars with two digits, and words where nothing was recorded.

use leptos::prelude::*;

use super::{Tone, div, el, meter};

/// `$0.42`, or `under $0.01` for what is not nothing.
pub fn dollars(usd: f64) -> String {
    let cents = cents(usd);
    if cents == 0 && usd > 0.0 { "under $0.01".to_owned() } else { format!("${}.{:02}", cents / 100, cents % 100) }
}

/// An amount, or `not recorded`.
pub fn money(usd: Option<f64>) -> AnyView {
    match usd {
        Some(usd) => el("span").class("num").text(dollars(usd)).view(),
        None => el("span").class("muted").text("not recorded").view(),
    }
}

/// A cost, against its ceiling where there is one.
pub fn cost_of(usd: Option<f64>, ceiling: Option<f64>) -> AnyView {
    let (Some(spent), Some(ceiling)) = (usd, ceiling) else { return money(usd) };
    let percent = if ceiling > 0.0 { u32::try_from(cents(spent * 100.0 / ceiling) / 100).unwrap_or(100) } else { 100 };
    let tone = if percent >= 80 { Tone::Warn } else { Tone::Neutral };
    let words = format!("{} of {}", dollars(spent), dollars(ceiling));
    div("cost").child(el("span").class("num").text(words).view()).child(meter(percent, tone)).view()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "amounts are small, and a negative one reads as nothing"
)]
fn cents(usd: f64) -> u64 {
    (usd.max(0.0) * 100.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::dollars;

    #[test]
    fn amounts_read_as_money() {
        let read = [0.0, 0.004, 0.42, 2.0, 27.405, -1.0].map(dollars);

        assert_eq!(read, ["$0.00", "under $0.01", "$0.42", "$2.00", "$27.41", "$0.00"]);
    }
}
