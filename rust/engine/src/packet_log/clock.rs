//! The time of day of records, and the names of files that follow from it.

use std::fmt::Write;

use crate::os::{self, LocalTime};

const SECOND_MS: u64 = 1_000;

/// How often a new file begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Switch {
    /// Never.
    Never,
    /// Every second.
    Second,
    /// Every minute.
    Minute,
    /// Every hour.
    Hour,
    /// Every day.
    #[default]
    Day,
    /// Every month.
    Month,
}

impl Switch {
    /// By its number in settings.
    pub const fn of(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Never,
            1 => Self::Second,
            2 => Self::Minute,
            3 => Self::Hour,
            4 => Self::Day,
            5 => Self::Month,
            _ => return None,
        })
    }

    /// The part of a file's name that says when it was begun.
    pub fn period(self, at: &LocalTime) -> String {
        let LocalTime {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = *at;
        match self {
            Self::Never => String::new(),
            Self::Second => format!("_{year:04}{month:02}{day:02}_{hour:02}{minute:02}{second:02}"),
            Self::Minute => format!("_{year:04}{month:02}{day:02}_{hour:02}{minute:02}"),
            Self::Hour => format!("_{year:04}{month:02}{day:02}_{hour:02}"),
            Self::Day => format!("_{year:04}{month:02}{day:02}"),
            Self::Month => format!("_{year:04}{month:02}"),
        }
    }
}

/// A record's time.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Unix milliseconds.
    pub unix_ms: u64,
    /// The same for people.
    pub local: LocalTime,
}

/// Turns the engine's time into that of people: most records are of the second of the one before.
#[derive(Default)]
pub struct Clock {
    /// Added to the engine's milliseconds.
    pub offset_ms: u64,
    last: Option<(u64, LocalTime)>,
}

impl Clock {
    /// Of the engine's milliseconds.
    pub fn moment(&mut self, engine_ms: u64) -> Moment {
        let unix_ms = self.offset_ms.saturating_add(engine_ms);
        let second = unix_ms / SECOND_MS;
        let local = match self.last {
            Some((last, local)) if last == second => local,
            _ => os::local_time(second as i64),
        };
        self.last = Some((second, local));
        Moment { unix_ms, local }
    }
}

impl Moment {
    /// The first two columns and the comma behind them.
    pub fn write_columns(&self, out: &mut String) {
        let at = &self.local;
        let millisecond = self.unix_ms % SECOND_MS;
        let _ = write!(
            out,
            "{:04}-{:02}-{:02},{:02}:{:02}:{:02}.{millisecond:03},",
            at.year, at.month, at.day, at.hour, at.minute, at.second
        );
    }

    /// RFC 3339, UTC.
    pub fn rfc_3339(&self) -> String {
        let (day, second) = (self.unix_ms / 86_400_000, self.unix_ms / SECOND_MS % 86_400);
        let (year, month, day) = civil(day as i64);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        let millisecond = self.unix_ms % SECOND_MS;
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z")
    }
}

/// Year, month and day of a day since 1970, by the Gregorian calendar's cycle of 400 years that begin in March.
fn civil(days: i64) -> (i64, i64, i64) {
    const CYCLE: i64 = 146_097;
    let since = days + 719_468;
    let (cycle, day) = (since.div_euclid(CYCLE), since.rem_euclid(CYCLE));
    let year = (day - day / 1_460 + day / 36_524 - day / (CYCLE - 1)) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let day_of_month = day_of_year - (153 * shifted + 2) / 5 + 1;
    (
        year + cycle * 400 + i64::from(month <= 2),
        month,
        day_of_month,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(unix_ms: u64) -> Moment {
        let local = LocalTime {
            year: 2026,
            month: 11,
            day: 2,
            hour: 9,
            minute: 6,
            second: 5,
        };
        Moment { unix_ms, local }
    }

    #[test]
    fn each_switch_has_its_names() {
        let names = [
            "",
            "_20261102_090605",
            "_20261102_0906",
            "_20261102_09",
            "_20261102",
            "_202611",
        ];
        for (number, name) in names.into_iter().enumerate() {
            let switch = Switch::of(number as u8).expect("six kinds");
            assert_eq!(switch.period(&moment(0).local), name);
        }
        assert_eq!(Switch::of(6), None);
    }

    #[test]
    fn times_as_columns_and_for_programs() {
        let mut columns = String::new();
        moment(1_795_424_765_007).write_columns(&mut columns);
        assert_eq!(columns, "2026-11-02,09:06:05.007,");
        for (unix_ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z"),
            (1_795_424_765_007, "2026-11-23T09:06:05.007Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(moment(unix_ms).rfc_3339(), text);
        }
    }

    #[test]
    fn the_same_second_is_asked_for_once() {
        let mut clock = Clock {
            offset_ms: 1_795_424_765_000,
            last: None,
        };
        let first = clock.moment(7);
        let second = clock.moment(993);
        assert_eq!((first.unix_ms % 1_000, second.unix_ms % 1_000), (7, 993));
        assert_eq!(first.local, second.local);
        assert_ne!(clock.moment(1_000).local, first.local);
    }
}
