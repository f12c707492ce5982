//! When something is done after events: at once after the first one, then once for all that came while it rested.

use std::time::Duration;

/// How long it rests after each time.
///
/// Before the first time nothing waits by chance. A thousand tabs that hear one event queue at the server for longer than any
/// spread that nobody would notice: it would shorten no queue, and make every tab later where few look.
pub(super) const REST: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Pace {
    /// Nothing rests, and nothing is to be done.
    #[default]
    Idle,
    /// It was done less than a rest ago, and nothing happened since.
    Resting,
    /// Something happened since it was last begun. What was begun before may not know of it.
    Due,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It is done now, and then there is a rest.
    Act,
    /// There is another rest.
    Rest,
    /// Nothing, until something happens.
    Nothing,
}

impl Pace {
    /// Something happened. Answers whether to look at once; otherwise one looks when the rest is over.
    pub(super) fn hear(&mut self) -> bool {
        std::mem::replace(self, Self::Due) == Self::Idle
    }

    /// What comes next where no rest is left. It is not done before it `may`.
    pub(super) fn look(&mut self, may: impl Fn() -> bool) -> Next {
        match self {
            Self::Due if may() => {
                *self = Self::Resting;
                Next::Act
            }
            Self::Due => Next::Rest,
            Self::Idle | Self::Resting => {
                *self = Self::Idle;
                Next::Nothing
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Next, Pace};

    /// At which moments something is done after events at those moments, where it may not be before `free`; with rests of 500.
    fn done_after(events: &[u32], free: u32) -> Vec<u32> {
        let (mut pace, mut rests_until, mut done) = (Pace::default(), None, Vec::new());
        for now in 0..4_000 {
            let heard = events.contains(&now) && pace.hear();
            let rested = rests_until == Some(now);
            assert!(!(heard && rests_until.is_some()), "two rests at once at {now}");
            if heard || rested {
                let next = pace.look(|| now >= free);
                rests_until = (next != Next::Nothing).then_some(now + 500);
                done.extend((next == Next::Act).then_some(now));
            }
        }
        done
    }

    #[test]
    fn it_is_done_at_once_and_then_twice_a_second_at_most() {
        let check = |events: &[u32], expected: &[u32]| assert_eq!(done_after(events, 0), expected, "{events:?}");

        check(&[], &[]);
        check(&[7], &[7]);
        check(&[0, 1], &[0, 500]);
        check(&[0, 100, 200, 499], &[0, 500]);
        check(&[0, 500], &[0, 500]);
        check(&[0, 501], &[0, 501]);
        check(&[0, 100, 600], &[0, 500, 1_000]);
        check(&[0, 100, 1_001], &[0, 500, 1_001]);
        let many: Vec<u32> = (0..2_000).collect();
        check(&many, &[0, 500, 1_000, 1_500, 2_000]);
    }

    #[test]
    fn it_waits_until_it_may_and_is_done_once_then() {
        let check = |events: &[u32], free, expected: &[u32]| assert_eq!(done_after(events, free), expected, "{events:?}, {free}");

        check(&[0], 1, &[500]);
        check(&[0, 100, 700], 1_200, &[1_500]);
        check(&[0, 1_500, 1_501], 1_200, &[1_500, 2_000]);
        check(&[0], 9_000, &[]);
    }
}
