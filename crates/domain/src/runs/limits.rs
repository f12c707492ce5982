//! What a run may use up, with the defaults filled in.

use protocol::runs::Limits;
use serde::{Deserialize, Serialize};

/// Iterations when nothing is said; enough for a middling spec, and an end to a run that goes in circles.
pub const DEFAULT_ITERATIONS: u32 = 25;
/// Minutes of work when nothing is said.
pub const DEFAULT_MINUTES: u32 = 60;

/// The most iterations that a run may ask for.
pub const MAX_ITERATIONS: u32 = 1_000;
/// The most minutes.
pub const MAX_MINUTES: u32 = 1_440;

/// Limits that hold: every one is in range.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ceilings {
    pub iterations: u32,
    pub minutes: u32,
    /// In millionths of a US dollar; `None` is no ceiling.
    pub cost_micros: Option<i64>,
}

impl Ceilings {
    /// Checks what was asked for; the error says which value is out of range and what is allowed.
    pub fn from_limits(limits: Limits) -> Result<Self, String> {
        let iterations = limits.iterations.unwrap_or(DEFAULT_ITERATIONS);
        if !(1..=MAX_ITERATIONS).contains(&iterations) {
            return Err(format!("`limits.iterations` must be from 1 to {MAX_ITERATIONS}, not {iterations}"));
        }
        let minutes = limits.minutes.unwrap_or(DEFAULT_MINUTES);
        if !(1..=MAX_MINUTES).contains(&minutes) {
            return Err(format!("`limits.minutes` must be from 1 to {MAX_MINUTES}, not {minutes}"));
        }
        let cost_micros = match limits.cost_usd {
            None => None,
            Some(usd) if usd.is_finite() && usd > 0.0 && usd <= 100_000.0 => Some(micros(usd)),
            Some(usd) => return Err(format!("`limits.cost_usd` must be above 0 and at most 100000, not {usd}")),
        };
        Ok(Self { iterations, minutes, cost_micros })
    }

    /// The wall time in milliseconds.
    pub fn millis(&self) -> i64 {
        i64::from(self.minutes) * 60_000
    }

    /// As the interface shows them.
    pub fn to_limits(self) -> Limits {
        Limits { iterations: Some(self.iterations), minutes: Some(self.minutes), cost_usd: self.cost_micros.map(usd) }
    }
}

/// A number of things in words: `1 iteration`, `2 iterations`.
pub fn counted(count: u32, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

/// US dollars as millionths, rounded up, so that a ceiling is never passed by rounding.
#[expect(clippy::cast_possible_truncation, reason = "a float out of range saturates, which is right for money")]
pub fn micros(usd: f64) -> i64 {
    (usd * 1e6).ceil() as i64
}

/// Millionths as US dollars.
#[expect(clippy::cast_precision_loss, reason = "exact up to nine billion dollars")]
pub fn usd(micros: i64) -> f64 {
    micros as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_out_of_range_are_named() {
        let check = |limits: Limits| Ceilings::from_limits(limits).err();

        assert_eq!(check(Limits::default()), None);
        assert!(
            check(Limits { iterations: Some(0), ..Limits::default() })
                .is_some_and(|text| text.contains("`limits.iterations` must"))
        );
        assert!(check(Limits { minutes: Some(1_441), ..Limits::default() }).is_some_and(|text| text.contains("not 1441")));
        for cost in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(check(Limits { cost_usd: Some(cost), ..Limits::default() }).is_some_and(|text| text.contains("cost_usd")));
        }
    }
}
