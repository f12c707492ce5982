//! How long to wait before a socket is opened again.

use std::time::Duration;

const FIRST_MS: f64 = 500.0;
const LONGEST_MS: f64 = 15_000.0;

/// After `failures` in a row, at least one; `chance` from 0 to 1 spreads clients that lost the same server.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the longest wait, and never negative")]
pub(super) fn wait(failures: u32, chance: f64) -> Duration {
    let doubled = FIRST_MS * f64::from(1_u32 << failures.saturating_sub(1).min(10));
    let most = doubled.min(LONGEST_MS);
    Duration::from_millis((most * (0.5 + chance.clamp(0.0, 1.0) / 2.0)) as u64)
}

#[cfg(test)]
mod tests {
    use super::wait;

    #[test]
    fn waits_grow_to_a_limit_and_are_spread() {
        let waits = |chance| [0, 1, 2, 3, 6, 99].map(|failures| wait(failures, chance).as_millis());

        assert_eq!(waits(1.0), [500, 500, 1_000, 2_000, 15_000, 15_000]);
        assert_eq!(waits(0.0), [250, 250, 500, 1_000, 7_500, 7_500]);
    }
}
