//! Figures for people and for programs.

use std::fmt::Write;

/// A name, and a figure of which decimals are of no interest to anybody.
pub type Figure = (&'static str, f64);

/// Print on one line, as a JSON object or as words.
pub fn print(figures: &[Figure], json: bool) {
    let mut line = String::new();
    for (name, value) in figures {
        let (quote, colon, comma) = if json {
            ("\"", ":", ", ")
        } else {
            ("", "", ", ")
        };
        let comma = if line.is_empty() { "" } else { comma };
        let value = round(*value);
        // Writing to a String can't fail.
        let _ = write!(line, "{comma}{quote}{name}{quote}{colon} {value}");
    }
    if json {
        println!("{{{line}}}");
    } else {
        println!("{line}");
    }
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
