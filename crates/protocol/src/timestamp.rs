//! Points in time on the wire: RFC 3339 in UTC with milliseconds.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::{Duration, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 60 * 60 * 1_000;
/// Milliseconds of a day.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// A point in time, always UTC, cut to whole milliseconds so that it survives every database and every client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime, example = "2026-11-21T06:02:05.123Z"))]
pub struct Timestamp(OffsetDateTime);

impl Timestamp {
    /// From a date and time in any offset.
    pub fn new(at: OffsetDateTime) -> Self {
        let utc = at.to_offset(UtcOffset::UTC);
        Self(utc.replace_millisecond(utc.millisecond()).unwrap_or(utc))
    }

    /// From milliseconds since 1970-01-01T00:00:00Z; values outside the calendar become the epoch.
    pub fn from_millis(millis: i64) -> Self {
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000);
        Self(at.unwrap_or(OffsetDateTime::UNIX_EPOCH))
    }

    /// Reads a time (RFC 3339), or a day as its first moment.
    pub fn parse(text: &str) -> Option<Self> {
        let day = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
        OffsetDateTime::parse(&day, &Rfc3339).ok().map(Self::new)
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn millis(self) -> i64 {
        i64::try_from(self.0.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
    }

    /// The calendar value, in UTC.
    pub fn date_time(self) -> OffsetDateTime {
        self.0
    }

    /// So much later, or earlier for a negative number; at most an end of the calendar.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self::new(self.0.saturating_add(Duration::milliseconds(millis)))
    }

    /// Milliseconds from `earlier` to `self`; negative when `self` is the earlier one.
    pub fn millis_since(self, earlier: Self) -> i64 {
        self.millis() - earlier.millis()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Plain numbers: the formatter of `time` is many kilobytes of what every browser loads.
        let (date, clock) = (self.0.date(), self.0.time());
        write!(f, "{:04}-{:02}-{:02}T", date.year(), u8::from(date.month()), date.day())?;
        write!(f, "{:02}:{:02}:{:02}.{:03}Z", clock.hour(), clock.minute(), clock.second(), clock.millisecond())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        OffsetDateTime::parse(&text, &Rfc3339).map(Self::new).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_milliseconds_in_utc_and_read_in_any_offset() {
        let cases = [
            ("2026-11-21T06:02:05.123Z", "2026-11-21T06:02:05.123Z"),
            ("2026-11-21T06:02:05Z", "2026-11-21T06:02:05.000Z"),
            ("2026-01-01T00:30:00.0009+02:00", "2025-12-31T22:30:00.000Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"),
        ];
        for (given, written) in cases {
            let at: Timestamp = serde_json::from_value(given.into()).unwrap();
            assert_eq!(at.to_string(), written);
            assert_eq!(Timestamp::from_millis(at.millis()), at);
        }
        assert!(serde_json::from_value::<Timestamp>("2026-11-21".into()).is_err());
    }

    #[test]
    fn what_is_later_than_the_calendar_is_its_end() {
        let at = Timestamp::parse("2026-11-21T06:02:05.123Z").unwrap();
        let cases = [
            (0, "2026-11-21T06:02:05.123Z"),
            (DAY_MS + 1, "2026-11-22T06:02:05.124Z"),
            (-HOUR_MS, "2026-11-21T05:02:05.123Z"),
            (i64::MAX, "9999-12-31T23:59:59.999Z"),
            (i64::MIN, "-9999-01-01T00:00:00.000Z"),
        ];
        for (millis, expected) in cases {
            assert_eq!(at.plus_millis(millis).to_string(), expected, "{millis}");
        }
    }
}
