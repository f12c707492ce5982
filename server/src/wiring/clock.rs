//! The machine's time and chance.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use domain::ports::clock::{Clock, Ids};
use protocol::Timestamp;
use uuid::Uuid;

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(i64::try_from(since_epoch().as_millis()).unwrap_or(i64::MAX))
    }
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The system's generator.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemIds;

impl SystemIds {
    fn uuid_at(self, since_epoch: Duration) -> Uuid {
        let mut random = [0; 10];
        self.random(&mut random);
        let millis = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

impl Ids for SystemIds {
    fn uuid(&self) -> Uuid {
        self.uuid_at(since_epoch())
    }

    fn random(&self, bytes: &mut [u8]) {
        if let Err(error) = getrandom::fill(bytes) {
            // Going on with foreseeable secrets would be worse than ending.
            tracing::error!(%error, "the system gives no random numbers");
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S2-10
    #[test]
    fn ids_are_of_version_7_and_sort_by_time() {
        let at = |millis| SystemIds.uuid_at(Duration::from_millis(millis));
        // What is chance in them decides nothing, however often.
        for millis in 1_767_225_600_000..1_767_225_600_100 {
            let (first, next) = (at(millis), at(millis + 1));
            assert!(first < next, "{first} {next}");
            assert_eq!(first.get_version_num(), 7);
            assert_ne!(first, at(millis));
        }
    }
}
