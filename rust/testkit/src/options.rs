//! Command lines of the tools: names with their values, taken out as they are used.

use std::str::FromStr;
use std::time::Duration;

/// What stood on the command line and has not been asked for yet.
pub struct Options(Vec<(String, String)>);

impl Options {
    /// Read names and values; those in `switches` have no value.
    pub fn read(
        mut arguments: impl Iterator<Item = String>,
        switches: &[&str],
    ) -> Result<Self, String> {
        let mut options = Vec::new();
        while let Some(name) = arguments.next() {
            let value = if switches.contains(&name.as_str()) {
                String::new()
            } else {
                arguments
                    .next()
                    .ok_or_else(|| format!("{name} needs a value"))?
            };
            options.push((name, value));
        }
        Ok(Self(options))
    }

    /// The value of an option that must be there.
    pub fn required<T: FromStr>(&mut self, name: &str) -> Result<T, String> {
        self.optional(name)?
            .ok_or_else(|| format!("{name} is missing"))
    }

    /// The value of an option that may be there.
    pub fn optional<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, String> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        value
            .parse()
            .map(Some)
            .map_err(|_| format!("{name} can't be {value}"))
    }

    /// The parts of a value that commas separate; none where the option is not there.
    pub fn list<T: FromStr>(&mut self, name: &str) -> Result<Vec<T>, String> {
        let Some(value) = self.take(name) else {
            return Ok(Vec::new());
        };
        value
            .split(',')
            .map(|part| part.parse().map_err(|_| format!("{name} can't be {part}")))
            .collect()
    }

    /// A time in seconds, which may have decimals, and must be more than none.
    pub fn seconds(&mut self, name: &str) -> Result<Option<Duration>, String> {
        let Some(seconds) = self.optional(name)? else {
            return Ok(None);
        };
        match Duration::try_from_secs_f64(seconds) {
            Ok(duration) if !duration.is_zero() => Ok(Some(duration)),
            _ => Err(format!("{name} must be more than 0")),
        }
    }

    /// Whether a switch was given.
    pub fn switch(&mut self, name: &str) -> bool {
        self.take(name).is_some()
    }

    /// Fail over whatever nobody has asked for.
    pub fn finish(self) -> Result<(), String> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(format!("{name} is not known here")),
        }
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let place = self.0.iter().position(|(found, _)| found == name)?;
        Some(self.0.remove(place).1)
    }
}
