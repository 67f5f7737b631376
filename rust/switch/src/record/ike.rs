//! The first message of an IKE exchange (RFC 2408).

use super::text::put;

const HEADER: usize = 28;
const MAIN_MODE: u8 = 2;
const AGGRESSIVE_MODE: u8 = 4;

/// A message to a peer that has not answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ike {
    initiator: u64,
    version: u8,
    exchange: u8,
    flags: u8,
    message: u32,
    size: u32,
}

impl Ike {
    /// Nothing for other exchanges, and once the responder has its cookie.
    pub fn read(payload: &[u8]) -> Option<Self> {
        let header = payload.first_chunk::<HEADER>()?;
        let number = |place: usize| -> u32 {
            u32::from_be_bytes(std::array::from_fn(|index| header[place + index]))
        };
        let cookie = |place: usize| u64::from(number(place)) << 32 | u64::from(number(place + 4));
        let exchange = header[18];
        let begins = cookie(0) != 0 && cookie(8) == 0;
        (begins && matches!(exchange, MAIN_MODE | AGGRESSIVE_MODE)).then(|| Self {
            initiator: cookie(0),
            version: header[17],
            exchange,
            flags: header[19],
            message: number(20),
            size: number(24),
        })
    }

    /// What it is called.
    pub const fn mode(&self) -> &'static str {
        if self.exchange == MAIN_MODE {
            "MainMode"
        } else {
            "AggressiveMode"
        }
    }

    /// For a note.
    pub fn describe(&self, out: &mut String) {
        let Self {
            initiator,
            version,
            exchange,
            flags,
            message,
            size,
        } = self;
        put(
            out,
            format_args!(
                "InitiatorCookie={initiator} ResponderCookie=0 Version=0x{version:x} \
                 ExchangeType=0x{exchange:x} Flag=0x{flags:x} MessageId={message} MessageSize={size}"
            ),
        );
    }
}
