//! How often somebody may ask: a bucket of requests for each kind of them, filled again little by little. And how many sockets
//! somebody may have open.

use std::fmt;

/// What starts and steers runs: at the API, and what pages send.
const CONTROL: [&str; 7] =
    ["/api/control/", "/api/v2/runs/", "/ui/start_run", "/ui/replay_run", "/ui/pause_run", "/ui/resume_run", "/ui/stop_run"];

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Signing in, by address.
    SignIn,
    /// Starting and steering runs.
    Control,
    /// Changing anything else.
    Write,
    Read,
    /// Everything that a token with a limit of its own does.
    Own,
    /// What nobody who is known here asked for, by address.
    Unknown,
}

impl Class {
    /// The kind of a request to that route of the API, or to that address below `/ui/`.
    pub fn of(changes: Changes, route: &str) -> Self {
        match changes {
            Changes::Nothing => Self::Read,
            Changes::Something if CONTROL.iter().any(|below| route.starts_with(below)) => Self::Control,
            Changes::Something => Self::Write,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Control => "control",
            Self::Write => "write",
            Self::Read => "read",
            Self::Own => "token",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether a request's method may change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    Nothing,
    Something,
}

/// Requests a minute, by kind, and open sockets; `None` is as many as one likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimits {
    pub sign_in: Option<u32>,
    pub control: Option<u32>,
    pub write: Option<u32>,
    pub read: Option<u32>,
    /// Sockets that one person or token may have open at the same time.
    pub sockets: Option<u32>,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { sign_in: Some(10), control: Some(10), write: Some(30), read: Some(60), sockets: Some(32) }
    }
}

impl RateLimits {
    /// From `control=10,write=30,read=60,sign-in=10,sockets=32`; what is not named has its default. A figure may be `off`, and so may
    /// the whole. The error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut limits = Self::default();
        if text.trim() == "off" {
            return Ok(Self { sign_in: None, control: None, write: None, read: None, sockets: None });
        }
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (name, figure) = pair.split_once('=').ok_or_else(|| format!("{pair:?} is not written like read=60"))?;
            let figure = match figure.trim() {
                "off" => None,
                figure => Some(
                    figure
                        .parse()
                        .ok()
                        .filter(|figure| (1..=1_000_000_000).contains(figure))
                        .ok_or_else(|| format!("{figure:?} is no limit; it is off, or from 1 to 1000000000"))?,
                ),
            };
            match name.trim() {
                "sign-in" => limits.sign_in = figure,
                "control" => limits.control = figure,
                "write" => limits.write = figure,
                "read" => limits.read = figure,
                "sockets" => limits.sockets = figure,
                other => return Err(format!("there is no limit {other:?}; there are sign-in, control, write, read and sockets")),
            }
        }
        Ok(limits)
    }

    /// Requests a minute of that kind. Guesses of strangers are worth as much as reading.
    pub fn of(&self, class: Class) -> Option<u32> {
        match class {
            Class::SignIn => self.sign_in,
            Class::Control => self.control,
            Class::Write => self.write,
            Class::Read | Class::Own | Class::Unknown => self.read,
        }
    }
}

/// As [`RateLimits::parse`] reads it, with every figure.
impl fmt::Display for RateLimits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let figure = |figure: Option<u32>| figure.map_or_else(|| "off".to_owned(), |figure| figure.to_string());
        let [control, write, read] = [self.control, self.write, self.read].map(figure);
        let [sign_in, sockets] = [self.sign_in, self.sockets].map(figure);
        write!(formatter, "control={control},write={write},read={read},sign-in={sign_in},sockets={sockets}")
    }
}

/// A bucket. It holds a minute's requests and is filled evenly, so that a minute after it was emptied it is full again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// When it is full again, in nanoseconds since 1970 (the generic cell rate algorithm's theoretical arrival time).
    full_at: i64,
}

/// What is left in a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    pub requests: u32,
    /// Seconds until it is full again.
    pub full_in: u64,
}

/// The bucket is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Empty {
    /// Seconds until the next request is taken.
    pub wait: u64,
}

const SECOND: i64 = 1_000_000_000;

impl Bucket {
    /// Takes a request out. `limit` is requests a minute, `now` in nanoseconds since 1970.
    pub fn take(&mut self, limit: u32, now: i64) -> Result<Left, Empty> {
        let each = (60 * SECOND) / i64::from(limit.max(1));
        let full_at = self.full_at.max(now);
        let room = each * i64::from(limit) - (full_at - now);
        if room < each {
            return Err(Empty { wait: seconds(each - room).max(1) });
        }
        self.full_at = full_at + each;
        Ok(Left { requests: u32::try_from((room - each) / each).unwrap_or(0), full_in: seconds(self.full_at - now) })
    }

    /// Whether it is full, so that it need not be remembered.
    pub fn is_full(&self, now: i64) -> bool {
        self.full_at <= now
    }
}

fn seconds(nanos: i64) -> u64 {
    u64::try_from((nanos + SECOND - 1) / SECOND).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_its_requests_and_no_more() {
        for limit in [1, 7, 10, 60, 1_000] {
            let (mut bucket, mut taken) = (Bucket::default(), 0);
            while bucket.take(limit, 5 * SECOND).is_ok() {
                taken += 1;
            }
            assert_eq!(taken, limit);
            let mut after = bucket;
            assert!(after.take(limit, 5 * SECOND + 60 * SECOND / i64::from(limit)).is_ok(), "one comes back");
            assert!(bucket.is_full(65 * SECOND));
        }
    }

    #[test]
    fn who_asks_evenly_is_never_refused() {
        let mut bucket = Bucket::default();
        for number in 0..1_000 {
            assert!(bucket.take(60, number * SECOND).is_ok(), "{number}");
        }
    }

    #[test]
    fn what_is_left_and_how_long_to_wait_is_told() {
        let mut bucket = Bucket::default();
        assert_eq!(bucket.take(10, 0), Ok(Left { requests: 9, full_in: 6 }));
        for _ in 0..8 {
            bucket.take(10, 0).unwrap();
        }
        assert_eq!(bucket.take(10, 0), Ok(Left { requests: 0, full_in: 60 }));
        assert_eq!(bucket.take(10, 0), Err(Empty { wait: 6 }));
        assert_eq!(bucket.take(10, 5 * SECOND), Err(Empty { wait: 1 }));
        assert_eq!(bucket.take(10, 6 * SECOND), Ok(Left { requests: 0, full_in: 60 }));
    }

    #[test]
    fn limits_are_read_as_documented() {
        let default = RateLimits::default();
        assert_eq!(RateLimits::parse(""), Ok(default));
        let some = RateLimits { read: Some(600), control: None, sockets: Some(5), ..default };
        assert_eq!(RateLimits::parse("read=600, control=off,sockets=5"), Ok(some));
        let off = RateLimits::parse("off").unwrap();
        assert_eq!(some.to_string(), "control=off,write=30,read=600,sign-in=10,sockets=5");
        assert!([default, some, off].iter().all(|limits| RateLimits::parse(&limits.to_string()) == Ok(*limits)));
        assert_eq!([off.sign_in, off.control, off.write, off.read, off.sockets], [None; 5]);
        for (wrong, named) in [("read", "read"), ("read=0", "0"), ("read=x", "x"), ("speed=1", "speed")] {
            assert!(RateLimits::parse(wrong).unwrap_err().contains(named), "{wrong}");
        }
    }

    #[test]
    fn routes_are_of_the_kind_that_they_are() {
        for (changes, route, class) in [
            (Changes::Nothing, "/api/status", Class::Read),
            (Changes::Nothing, "/api/v2/runs/{id}", Class::Read),
            (Changes::Something, "/api/control/stop", Class::Control),
            (Changes::Something, "/api/v2/runs/{id}/cancel", Class::Control),
            (Changes::Something, "/api/projects", Class::Write),
            (Changes::Something, "/api/enterprise/tokens", Class::Write),
            (Changes::Something, "/ui/stop_run", Class::Control),
            (Changes::Something, "/ui/create_project", Class::Write),
        ] {
            assert_eq!(Class::of(changes, route), class, "{route}");
        }
    }
}
