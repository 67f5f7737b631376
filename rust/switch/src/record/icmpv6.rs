//! What the messages of ICMPv6 are called, and what they say (RFC 4443, RFC 4861).

use super::text::{push_hex, put};
use std::net::Ipv6Addr;

const ECHO_HEADER: usize = 8;
const MOST_OPTIONS: usize = 32;

/// The name of a message; the spelling is part of the format.
pub fn name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        128 => "Echo Request",
        129 => "Echo Reply",
        133 => "Router Soliciation",
        134 => "Router Advertisement",
        135 => "Neighbor Soliciation",
        136 => "Neighbor Advertisement",
        _ => return None,
    })
}

/// What it says, separated by spaces.
pub fn describe(kind: u8, message: &[u8], length: usize, out: &mut String) {
    let begin = out.len();
    let options = match kind {
        128 | 129 => {
            let size = length.saturating_sub(ECHO_HEADER);
            return put(out, format_args!("EchoDataSize={size}"));
        }
        133 => 8,
        134 => {
            router(message, out);
            16
        }
        135 => {
            target(message, out);
            24
        }
        136 => {
            target(message, out);
            if let Some(flags) = message.get(4) {
                put(out, format_args!("Flags=0x{flags:02X} "));
            }
            24
        }
        _ => return,
    };
    Options::read(message.get(options..).unwrap_or(&[])).describe(out);
    if out.len() > begin && out.ends_with(' ') {
        out.pop();
    }
}

fn router(message: &[u8], out: &mut String) {
    if let Some([hops, flags, high, low]) = message.get(4..8) {
        let lifetime = u16::from_be_bytes([*high, *low]);
        put(
            out,
            format_args!("CurHopLimit={hops} Flags=0x{flags:02X} Lifetime={lifetime} "),
        );
    }
}

fn target(message: &[u8], out: &mut String) {
    if let Some(address) = message.get(8..).and_then(<[u8]>::first_chunk::<16>) {
        put(
            out,
            format_args!("TargetAddress={} ", Ipv6Addr::from(*address)),
        );
    }
}

/// The options that are told.
#[derive(Default)]
struct Options<'a> {
    source: Option<&'a [u8]>,
    target: Option<&'a [u8]>,
    prefix: Option<&'a [u8; 32]>,
    mtu: Option<u32>,
}

impl<'a> Options<'a> {
    /// As far as they are sound; the last of a kind counts.
    fn read(mut rest: &'a [u8]) -> Self {
        let mut found = Self::default();
        for _ in 0..MOST_OPTIONS {
            let [kind, units, ..] = *rest else { break };
            let length = usize::from(units) * 8;
            let Some((option, behind)) = rest.split_at_checked(length) else {
                break;
            };
            if length == 0 {
                break;
            }
            found.take(kind, option);
            rest = behind;
        }
        found
    }

    fn take(&mut self, kind: u8, option: &'a [u8]) {
        match kind {
            1 => self.source = option.get(2..8),
            2 => self.target = option.get(2..8),
            3 => self.prefix = option.first_chunk(),
            5 => {
                let number = option.get(4..).and_then(<[u8]>::first_chunk::<4>);
                self.mtu = number.map(|number| u32::from_be_bytes(*number));
            }
            _ => {}
        }
    }

    fn describe(&self, out: &mut String) {
        for (name, address) in [
            ("SourceLinkLayer=", self.source),
            ("TargetLinkLayer=", self.target),
        ] {
            if let Some(address) = address {
                out.push_str(name);
                push_hex(out, address);
                out.push(' ');
            }
        }
        if let Some(prefix) = self.prefix {
            let address: [u8; 16] = std::array::from_fn(|index| prefix[16 + index]);
            let (bits, flags) = (prefix[2], prefix[3]);
            put(
                out,
                format_args!(
                    "Prefix={}/{bits} PrefixFlag=0x{flags:02X} ",
                    Ipv6Addr::from(address)
                ),
            );
        }
        if let Some(mtu) = self.mtu {
            put(out, format_args!("Mtu={mtu} "));
        }
    }
}
