//! Bytes from outside as text that is safe in a line.

use std::fmt::Write;

/// Bytes that name somebody: what can't be printed, and what separates columns, is replaced.
pub fn push_column(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        out.push(match byte {
            b',' => '_',
            0x20..=0x7e => *byte as char,
            _ => '?',
        });
    }
}

/// Text of our own, or typed by an administrator: letters of all languages stay.
pub fn push_name(out: &mut String, name: &str) {
    for letter in name.chars() {
        out.push(match letter {
            ',' => '_',
            _ if letter.is_control() => '?',
            _ => letter,
        });
    }
}

/// One `name=value ` of a note, which separates by spaces; nothing for nothing.
pub fn push_item(out: &mut String, name: &str, parts: &[&[u8]]) {
    if parts.iter().all(|part| part.is_empty()) {
        return;
    }
    out.push_str(name);
    out.push('=');
    let keeps_spaces = parts
        .iter()
        .find(|part| !part.is_empty())
        .is_some_and(|part| starts_with(part, b"http"));
    for byte in parts.iter().copied().flatten() {
        out.push(match byte {
            b',' => '.',
            b' ' if !keeps_spaces => '_',
            0x20..=0x7e => *byte as char,
            _ => '?',
        });
    }
    out.push(' ');
}

/// Letters of either case are the same.
pub fn starts_with(bytes: &[u8], start: &[u8]) -> bool {
    bytes
        .get(..start.len())
        .is_some_and(|first| first.eq_ignore_ascii_case(start))
}

/// Upper-case hexadecimal.
pub fn push_hex(out: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.reserve(bytes.len() * 2);
    for byte in bytes {
        out.push(DIGITS[usize::from(byte >> 4)] as char);
        out.push(DIGITS[usize::from(byte & 15)] as char);
    }
}

/// `write!` into a string, which can't fail.
pub fn put(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(arguments);
}
