//! Seconds in UTC and their form in signatures, `20150830T123600Z`. Hand-made, since it is in every signed request's way and needs
//! nothing of calendars but the Gregorian rule.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

const DAY_SECONDS: i64 = 86_400;

/// Seconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(i64);

impl Instant {
    /// A moment of the system's clock.
    pub(crate) fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Self(i64::try_from(since).unwrap_or(i64::MAX / 2))
    }

    /// Reads `YYYYMMDDTHHMMSSZ`. `None` of any other form and of dates that don't exist.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
        let (year, month_day) = (date.len() == 8).then(|| date.split_at_checked(4))??;
        let (month, day) = month_day.split_at_checked(2)?;
        let (hour, minute_second) = (time.len() == 6).then(|| time.split_at_checked(2))??;
        let (minute, second) = minute_second.split_at_checked(2)?;
        let (year, month, day) = (number(year)?, number(month)?, number(day)?);
        let (hour, minute, second) = (number(hour)?, number(minute)?, number(second)?);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let days = days_from_civil(year, month, day);
        // A date that doesn't exist comes back as another.
        (civil_from_days(days) == (year, month, day))
            .then_some(Self(days * DAY_SECONDS + hour * 3_600 + minute * 60 + second))
    }

    /// This many seconds later.
    pub(crate) fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY_SECONDS));
        let second = self.0.rem_euclid(DAY_SECONDS);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        write!(formatter, "{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
    }
}

fn number(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. Years are counted from March, so that leap days come last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days.saturating_add(719_468);
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = era.saturating_mul(400) + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let table = [
            ("19700101T000000Z", Some(0)),
            ("20150830T123600Z", Some(1_440_938_160)),
            ("20240229T235959Z", Some(1_709_251_199)),
            ("20000301T000000Z", Some(951_868_800)),
            ("21000228T000000Z", Some(4_107_456_000)),
            ("20230229T000000Z", None),
            ("20231301T000000Z", None),
            ("20230100T000000Z", None),
            ("20230101T240000Z", None),
            ("2023-01-01T00:00:00Z", None),
            ("20230101T000000", None),
            ("+0230101T000000Z", None),
            ("2023010éT00000Z", None),
            ("", None),
        ];
        for (text, seconds) in table {
            assert_eq!(Instant::parse(text), seconds.map(Instant), "{text}");
            if let Some(seconds) = seconds {
                assert_eq!(Instant(seconds).to_string(), text);
            }
        }
    }
}
