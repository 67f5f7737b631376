//! A line as the original writes it: columns between commas, `-` where there is nothing.

use super::Parties;
use super::columns::{Columns, End};
use super::services::Services;
use super::text::{push_hex, push_name, put};
use std::net::IpAddr;

/// How lines are written.
#[derive(Debug, Default)]
pub struct Style {
    /// Names of ports.
    pub services: Services,
}

impl Style {
    /// Append the columns behind date and time.
    pub fn write(
        &self,
        columns: &Columns<'_>,
        parties: &Parties<'_>,
        no_addresses: bool,
        out: &mut String,
    ) {
        push_text(out, parties.source);
        out.push(',');
        push_text(out, parties.target.unwrap_or(""));
        out.push(',');
        push_hex(out, &columns.source);
        out.push(',');
        push_hex(out, &columns.target);
        put(
            out,
            format_args!(",0x{:04X},{},", columns.ethertype, columns.size),
        );
        push_text(out, &columns.kind);
        out.push(',');
        push_text(out, &columns.detail);
        self.push_ends(out, columns);
        match columns.sequence {
            Some([sequence, acknowledged]) => put(out, format_args!(",{sequence},{acknowledged},")),
            None => out.push_str(",-,-,"),
        }
        push_text(out, &columns.note);
        out.push(',');
        if columns.frame.is_empty() {
            out.push('-');
        } else {
            push_hex(out, columns.frame);
        }
        if !no_addresses {
            push_address(out, parties.source_address);
            push_address(out, parties.target_address);
        }
    }

    fn push_ends(&self, out: &mut String, columns: &Columns<'_>) {
        let Some(ends) = columns.ends else {
            return out.push_str(",-,-,-,-");
        };
        for end in ends {
            self.push_end(out, end, columns.is_udp);
        }
    }

    fn push_end(&self, out: &mut String, (address, port): End, is_udp: bool) {
        put(out, format_args!(",{address},"));
        match port.map(|port| (port, self.services.name(port, is_udp))) {
            Some((port, Some(name))) => put(out, format_args!("{name}({port})")),
            Some((port, None)) => put(out, format_args!("{port}")),
            None => out.push('-'),
        }
    }
}

fn push_address(out: &mut String, address: Option<IpAddr>) {
    match address {
        Some(address) => put(out, format_args!(",{address}")),
        None => out.push_str(",-"),
    }
}

fn push_text(out: &mut String, text: &str) {
    if text.is_empty() {
        out.push('-');
    } else {
        push_name(out, text);
    }
}
