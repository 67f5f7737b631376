//! The answer that sends a browser elsewhere, made up in the name of the server that it asked.
//!
//! The address is given, finished: who is told what in it is decided elsewhere.

use crate::facts::{Facts, Network, Transport, tcp};
use std::fmt::Write;

const HEADER_TCP: usize = 20;
const HEADER_IPV4: usize = 20;
const TIME_TO_LIVE: u8 = 128;
const HOP_LIMIT: u8 = 64;
const DO_NOT_FRAGMENT: [u8; 2] = [0x40, 0];
const WINDOW: [u8; 2] = [0xff, 0xff];
const TCP: u8 = 6;
/// An answer is one packet.
const LONGEST: usize = 60_000;
/// What is filled in, and what separates its parts and the secret.
const BLANK: &str = "<INFO>";
const BAR: char = '|';
const DAY: u64 = 86_400;

/// Of whom a redirection tells.
#[derive(Clone, Copy, Debug)]
pub struct Visitor<'a> {
    /// Name of the user.
    pub user: &'a str,
    /// Name of the session.
    pub session: &'a str,
    /// Where the session's connection comes from.
    pub address: &'a str,
}

/// The address to send a visitor to. What stands behind the last bar in `template` is a secret between the hub and
/// the site: with it the site knows who comes, by `<INFO>`; without one nothing is filled in.
pub fn fill(
    template: &str,
    visitor: &Visitor<'_>,
    unix_seconds: u64,
    sha1: impl FnOnce(&[u8]) -> [u8; 20],
) -> String {
    let Some((address, secret)) = template.rsplit_once(BAR) else {
        return template.to_owned();
    };
    if !template.contains(BLANK) {
        return template.to_owned();
    }
    let Visitor {
        user,
        session,
        address: from,
    } = visitor;
    let told = format!("{user}|{session}|{from}|{}|", stamp(unix_seconds));
    let digest = sha1(format!("{told}{secret}").as_bytes());
    let mut info = told;
    for byte in digest {
        let _ = write!(&mut info, "{byte:02X}");
    }
    address.replace(BLANK, &info)
}

/// Year to second in UTC, digits only.
fn stamp(unix_seconds: u64) -> String {
    let (year, month, day) = date(unix_seconds / DAY);
    let second = unix_seconds % DAY;
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!(
        "{year:04}{month:02}{day:02}{hour:02}{minute:02}{:02}",
        second % 60
    )
}

/// Year, month and day of a day since 1970, in the Gregorian calendar. Years begin in March here, for the sake of
/// February; 400 of them have the same number of days always.
const fn date(days: u64) -> (u64, u64, u64) {
    const ERA: u64 = 146_097;
    let days = days + 719_468;
    let (era, day) = (days / ERA, days % ERA);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year;
    if month < 10 {
        (year, month + 3, day)
    } else {
        (year + 1, month - 9, day)
    }
}

/// A segment that can be answered: it carries something, inside a connection.
pub const fn applies(facts: &Facts) -> bool {
    match facts.transport {
        Transport::Tcp { flags, .. } => {
            flags & (tcp::SYN | tcp::RST | tcp::URG | tcp::ACK) == tcp::ACK
                && facts.payload < facts.length
        }
        _ => false,
    }
}

/// Write the frame that answers `frame`, of which `facts` were read, with a redirection to `url`. False: it can't be
/// answered. `identification` is any number.
pub fn answer(
    frame: &[u8],
    facts: &Facts,
    url: &str,
    identification: u16,
    out: &mut Vec<u8>,
) -> bool {
    let Transport::Tcp {
        source,
        target,
        begin,
        ..
    } = facts.transport
    else {
        return false;
    };
    let Some(asked) = frame.get(begin..begin + HEADER_TCP) else {
        return false;
    };
    if !applies(facts) {
        return false;
    }
    let received = (facts.length - facts.payload) as u32;
    let message = message(url);
    if message.len() > LONGEST {
        return false;
    }
    let mut segment = Vec::with_capacity(HEADER_TCP + message.len());
    segment.extend_from_slice(&target.to_be_bytes());
    segment.extend_from_slice(&source.to_be_bytes());
    segment.extend_from_slice(&asked[8..12]);
    let sequence = u32::from_be_bytes([asked[4], asked[5], asked[6], asked[7]]);
    segment.extend_from_slice(&sequence.wrapping_add(received).to_be_bytes());
    segment.extend_from_slice(&[(HEADER_TCP as u8 / 4) << 4, tcp::ACK | tcp::PSH]);
    segment.extend_from_slice(&WINDOW);
    segment.extend_from_slice(&[0; 4]);
    segment.extend_from_slice(&message);
    out.clear();
    out.extend_from_slice(&frame[6..12]);
    out.extend_from_slice(&frame[..6]);
    // What is between the addresses and the packet, a tag included, stays as it is.
    let packet = 14 + if facts.is_tagged() { 4 } else { 0 };
    out.extend_from_slice(&frame[12..packet]);
    write_packet(facts, &mut segment, identification, out)
}

fn write_packet(facts: &Facts, segment: &mut [u8], identification: u16, out: &mut Vec<u8>) -> bool {
    let length = segment.len() as u16;
    match facts.network {
        Network::Ipv4(asked) => {
            let (from, to) = (asked.target.octets(), asked.source.octets());
            finish(segment, &[&from[..], &to[..]]);
            let mut header = [0; HEADER_IPV4];
            header[0] = 0x45;
            header[2..4].copy_from_slice(&(length + HEADER_IPV4 as u16).to_be_bytes());
            header[4..6].copy_from_slice(&identification.to_be_bytes());
            header[6..8].copy_from_slice(&DO_NOT_FRAGMENT);
            header[8..10].copy_from_slice(&[TIME_TO_LIVE, TCP]);
            header[12..16].copy_from_slice(&from);
            header[16..20].copy_from_slice(&to);
            let sum = checksum(&[&header]);
            header[10..12].copy_from_slice(&sum);
            out.extend_from_slice(&header);
        }
        Network::Ipv6(asked) => {
            let (from, to) = (asked.target.octets(), asked.source.octets());
            finish(segment, &[&from[..], &to[..]]);
            out.extend_from_slice(&[0x60, 0, 0, 0]);
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(&[TCP, HOP_LIMIT]);
            out.extend_from_slice(&from);
            out.extend_from_slice(&to);
        }
        _ => return false,
    }
    out.extend_from_slice(segment);
    true
}

/// Put the checksum into a TCP segment.
fn finish(segment: &mut [u8], addresses: &[&[u8]]) {
    let length = (segment.len() as u16).to_be_bytes();
    let rest = [0, TCP, length[0], length[1]];
    let sum = checksum(&[addresses[0], addresses[1], &rest, segment]);
    segment[16..18].copy_from_slice(&sum);
}

/// Of parts that have an even length each, save the last (RFC 1071).
fn checksum(parts: &[&[u8]]) -> [u8; 2] {
    let pairs = parts.iter().flat_map(|part| part.chunks(2));
    let words = pairs.map(|pair| {
        let low = pair.get(1).copied().unwrap_or(0);
        u64::from(u16::from_be_bytes([pair[0], low]))
    });
    let mut sum: u64 = words.sum();
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    (!(sum as u16)).to_be_bytes()
}

/// The header fields are those that stock clients' browsers have always got; the length is that of the body.
fn message(url: &str) -> Vec<u8> {
    // A line end in the address would begin a header field.
    let location: String = url.chars().filter(|char| !char.is_control()).collect();
    let link = escape(&location);
    let body =
        format!("<!DOCTYPE html><title>Moved</title><p>Go on <a href=\"{link}\">here</a>.</p>\r\n");
    let length = body.len();
    let message = format!(
        "HTTP/1.1 302 Found\r\nLocation: {location}\r\nCache-Control: private\r\n\
         Content-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    message.into_bytes()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            _ => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
