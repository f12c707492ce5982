//! How long a run waits before it asks an agent's model again that refused or could not be reached.

use std::sync::LazyLock;

use protocol::Timestamp;
use regex::Regex;
use serde::{Deserialize, Serialize};

/// Nothing is asked before `until`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    pub until: Timestamp,
    /// In words, for people.
    pub why: String,
}

/// Why a model did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelRefusal {
    /// Its service asks for fewer requests.
    RateLimit,
    /// Its service or the network between failed.
    Unreachable,
}

/// Seconds before each further request, where the agent names no time.
const RATE_LIMIT_S: [i64; 8] = [30, 60, 120, 300, 600, 900, 1_800, 3_600];
const UNREACHABLE_S: [i64; 6] = [2, 10, 30, 60, 120, 300];
/// A named time that is further away is nothing to wait for without asking a person.
const LONGEST_S: i64 = 6 * 3_600;

#[expect(clippy::expect_used, reason = "constant patterns, and a test uses them")]
static SPAN: LazyLock<Regex> = LazyLock::new(|| {
    let words = r"(?i)(?:retry|try again|try later|resets?|wait|available)[^0-9\n]{0,30}?(\d{1,6})\s*(ms|milliseconds?|s|sec|seconds?|m|min|minutes?|h|hours?)?\b";
    Regex::new(words).expect("a valid pattern")
});
#[expect(clippy::expect_used, reason = "constant patterns, and a test uses them")]
static MOMENT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:\||(?:resets?|until)[^0-9\n]{0,20})(1[6-9]\d{8}|[2-4]\d{9})\b").expect("a valid pattern")
});

/// When to ask again after `waits` waits in a row, or nothing where a person is to decide. A time that the agent named counts.
pub fn next_try(refusal: ModelRefusal, detail: &str, waits: u32, at: Timestamp) -> Option<Timestamp> {
    let steps: &[i64] = match refusal {
        ModelRefusal::RateLimit => &RATE_LIMIT_S,
        ModelRefusal::Unreachable => &UNREACHABLE_S,
    };
    let step = steps.get(usize::try_from(waits).ok()?)?;
    let millis = match named_millis(detail, at) {
        Some(millis) if millis > LONGEST_S * 1_000 => return None,
        Some(millis) => millis.max(1_000),
        None => step * 1_000,
    };
    Some(at.plus_millis(millis))
}

/// The milliseconds from `at` to the time that the agent's words name: a span ("retry after 30 s") or a Unix time.
fn named_millis(detail: &str, at: Timestamp) -> Option<i64> {
    if let Some(moment) = MOMENT.captures(detail).and_then(|found| found.get(1)?.as_str().parse::<i64>().ok()) {
        return Some((moment * 1_000 - at.millis()).max(0));
    }
    let found = SPAN.captures(detail)?;
    let count: i64 = found.get(1)?.as_str().parse().ok()?;
    let unit = found.get(2).map(|unit| unit.as_str().to_ascii_lowercase()).unwrap_or_default();
    let millis = match unit.as_str() {
        unit if unit == "ms" || unit.starts_with("milli") => 1,
        unit if unit.is_empty() || unit.starts_with('s') => 1_000,
        unit if unit.starts_with('m') => 60_000,
        _ => 3_600_000,
    };
    Some(count * millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(refusal: ModelRefusal, detail: &str, waits: u32) -> Option<i64> {
        let at = Timestamp::from_millis(1_800_000_000_000);
        next_try(refusal, detail, waits, at).map(|until| (until.millis() - at.millis()) / 1_000)
    }

    // EP-003, EP-011
    #[test]
    fn waits_grow_and_have_an_end() {
        let all = |refusal| (0..20).map_while(|waits| seconds(refusal, "no", waits)).collect::<Vec<_>>();
        assert_eq!(all(ModelRefusal::RateLimit), RATE_LIMIT_S);
        assert_eq!(all(ModelRefusal::Unreachable), UNREACHABLE_S);
    }

    #[test]
    fn a_time_that_the_agent_names_counts() {
        let cases = [
            ("429: retry after 45 seconds", Some(45)),
            ("Retry-After: 7", Some(7)),
            ("please try again in 2m", Some(120)),
            ("limit resets in 3 hours", Some(10_800)),
            ("try again in 200ms", Some(1)),
            ("usage limit reached|1800000090", Some(90)),
            ("usage limit reached|1700000000", Some(1)),
            ("request 1800000090 was refused", Some(30)),
            // Tomorrow is for a person to decide.
            ("limit resets in 24 hours", None),
            ("error 429 after 3 requests", Some(30)),
            ("", Some(30)),
        ];
        for (detail, expected) in cases {
            assert_eq!(seconds(ModelRefusal::RateLimit, detail, 0), expected, "{detail}");
        }
    }
}
