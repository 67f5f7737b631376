//! The same as a JSON object; what there is nothing to say about is left out.

use super::Parties;
use super::columns::Columns;
use super::text::{push_hex, put};
use std::fmt::Display;

/// Append an object. `time` and `hub` are told as they are.
pub fn write_json(
    columns: &Columns<'_>,
    parties: &Parties<'_>,
    (time, hub): (&str, &str),
    no_addresses: bool,
    out: &mut String,
) {
    out.push_str("{\"event\":\"packet\"");
    push_string(out, "time", time);
    push_string(out, "hub", hub);
    push_string(out, "source_session", parties.source);
    push_string(out, "target_session", parties.target.unwrap_or(""));
    for (name, mac) in [
        ("source_mac", &columns.source),
        ("target_mac", &columns.target),
    ] {
        let octets = mac.map(|octet| format!("{octet:02x}"));
        push_string(out, name, &octets.join(":"));
    }
    push_number(out, "ethertype", columns.ethertype);
    push_number(out, "bytes", columns.size);
    push_string(out, "type", &columns.kind);
    push_string(out, "detail", &columns.detail);
    if let Some(ends) = columns.ends {
        for (side, (address, port)) in ["source", "target"].into_iter().zip(ends) {
            push_string(out, &format!("{side}_ip"), &address.to_string());
            if let Some(port) = port {
                push_number(out, &format!("{side}_port"), port);
            }
        }
    }
    if let Some([sequence, acknowledged]) = columns.sequence {
        push_number(out, "tcp_sequence", sequence);
        push_number(out, "tcp_acknowledgement", acknowledged);
    }
    push_string(out, "note", columns.note.trim_end());
    let mut frame = String::new();
    push_hex(&mut frame, columns.frame);
    push_string(out, "frame", &frame);
    if !no_addresses {
        let addresses = [
            ("source_client", parties.source_address),
            ("target_client", parties.target_address),
        ];
        for (name, address) in addresses {
            if let Some(address) = address {
                push_string(out, name, &address.to_string());
            }
        }
    }
    out.push('}');
}

fn push_number(out: &mut String, name: &str, number: impl Display) {
    put(out, format_args!(",\"{name}\":{number}"));
}

fn push_string(out: &mut String, name: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    put(out, format_args!(",\"{name}\":\""));
    for letter in value.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            _ if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') => {
                put(out, format_args!("\\u{:04x}", letter as u32));
            }
            _ => out.push(letter),
        }
    }
    out.push('"');
}
