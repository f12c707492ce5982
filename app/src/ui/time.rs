//! Times: relative by the server's clock, which the browser moves on; exact where one points at them.

use leptos::prelude::*;
use protocol::Timestamp;

use super::{el, live, text};
use crate::browser;

/// The server's clock in milliseconds since 1970, as it was when the page was rendered and moved on by the browser's. So a
/// browser whose clock is wrong shows the right times, and nothing changes while the page comes alive.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    shown: RwSignal<Option<i64>>,
    /// How far the browser's clock is ahead.
    ahead: i64,
}

impl Default for Now {
    fn default() -> Self {
        Self { shown: RwSignal::new(None), ahead: 0 }
    }
}

impl Now {
    /// As the page was rendered.
    pub(super) fn read() -> Self {
        let rendered = browser::rendered_at();
        let ahead = browser::now().zip(rendered).map_or(0, |(now, rendered)| now - rendered);
        Self { shown: RwSignal::new(rendered), ahead }
    }

    /// Moves it on; on the server there is no clock to look at.
    pub fn tick(self) {
        if let Some(now) = browser::now() {
            self.shown.set(Some(now - self.ahead));
        }
    }
}

/// When something happened or will, like `12 min ago` or `in 3 days`, with the exact time on hover.
pub fn ago(at: Timestamp) -> AnyView {
    let now = use_context::<Now>().unwrap_or_default();
    let words = live(move || match now.shown.get() {
        Some(now) => text(relative(now - at.millis())),
        None => text(short(at)),
    });
    el("time").class("ago num").attr("datetime", at.to_string()).attr("title", exact(at)).child(words).view()
}

/// `2026-11-21 06:02:05 UTC`.
pub fn exact(at: Timestamp) -> String {
    let text = at.to_string();
    let day = text.get(..10).unwrap_or_default();
    let clock = text.get(11..19).unwrap_or_default();
    format!("{day} {clock} UTC")
}

/// How long something took: `under 1 ms`, `8 ms`, `2.1 s`, `48 s`, `12 min`, `3 h 5 min`.
pub fn duration(millis: i64) -> String {
    let millis = millis.max(0);
    match millis {
        0 => "under 1 ms".to_owned(),
        1..1_000 => format!("{millis} ms"),
        1_000..10_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        10_000..60_000 => format!("{} s", millis / 1_000),
        60_000..3_600_000 => format!("{} min", millis / 60_000),
        _ => format!("{} h {} min", millis / 3_600_000, millis % 3_600_000 / 60_000),
    }
}

/// What lies ahead is rounded: what is given 14 days has 14 of them also a second later. The unit is chosen by what is shown, so
/// that 60 minutes are an hour also where there were a few seconds less.
fn relative(millis: i64) -> String {
    let (far, ahead) = (millis.unsigned_abs(), millis < 0);
    let whole = |unit: u64| if ahead { (far + unit / 2) / unit } else { far / unit };
    let span = match (whole(60_000), whole(3_600_000), whole(86_400_000)) {
        (0, _, _) => return "just now".to_owned(),
        (minutes @ 1..60, _, _) => format!("{minutes} min"),
        (_, hours @ 0..48, _) => format!("{hours} h"),
        (_, _, days) => format!("{days} days"),
    };
    if ahead { format!("in {span}") } else { format!("{span} ago") }
}

/// `11-21 06:02`, where nobody knows what time it is.
fn short(at: Timestamp) -> String {
    at.to_string().get(5..16).map(|text| text.replace('T', " ")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_as_exact_as_people_need() {
        let read = [-5, 8, 2_140, 48_900, 754_000, 11_100_000].map(duration);

        assert_eq!(read, ["under 1 ms", "8 ms", "2.1 s", "48 s", "12 min", "3 h 5 min"]);
    }

    #[test]
    fn times_are_relative_to_the_servers_clock() {
        const MINUTE: i64 = 60_000;
        const HOUR: i64 = 60 * MINUTE;
        const DAY: i64 = 24 * HOUR;
        let check = |millis: i64, expected: &str| assert_eq!(relative(millis), expected, "{millis}");

        check(0, "just now");
        check(MINUTE - 1, "just now");
        check(MINUTE, "1 min ago");
        check(HOUR - 1, "59 min ago");
        check(HOUR, "1 h ago");
        check(30 * HOUR, "30 h ago");
        check(2 * DAY - 1, "47 h ago");
        check(2 * DAY, "2 days ago");
        check(3 * DAY - 1, "2 days ago");
        check(i64::MAX, "106751991167 days ago");

        check(-MINUTE / 2 + 1, "just now");
        check(-MINUTE / 2, "in 1 min");
        check(-MINUTE + 1, "in 1 min");
        check(-5 * MINUTE + 1_000, "in 5 min");
        check(-HOUR + MINUTE / 2 + 1, "in 59 min");
        check(-HOUR + MINUTE / 2, "in 1 h");
        check(-HOUR + 1, "in 1 h");
        check(-HOUR, "in 1 h");
        check(-DAY + 1_000, "in 24 h");
        check(-2 * DAY + HOUR / 2 + 1, "in 47 h");
        check(-2 * DAY + HOUR / 2, "in 2 days");
        check(-2 * DAY + 1, "in 2 days");
        check(-14 * DAY + 1_000, "in 14 days");
        check(-14 * DAY, "in 14 days");
    }

    #[test]
    fn times_are_exact_where_one_points_at_them() {
        assert_eq!(exact(Timestamp::from_millis(1_795_240_925_123)), "2026-11-21 06:02:05 UTC");
        assert_eq!(short(Timestamp::from_millis(1_795_240_925_123)), "11-21 06:02");
    }
}
