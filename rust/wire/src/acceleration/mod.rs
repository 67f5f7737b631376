//! UDP acceleration: the datagrams that carry frames beside the TCP connections of a session.
//!
//! What a datagram is ([`Sealer`], [`Opener`]), and when a path may carry frames ([`Path`]). Times and random numbers
//! are arguments. See docs/protocol/udp-acceleration.md.

mod body;
mod open;
mod path;
mod seal;
mod window;

pub use body::{BODY_HEADER_BYTES, Header, MAXIMUM_PAYLOAD_BYTES};
pub use open::{OpenError, Opened, Opener};
pub use path::{Path, Refused, Taken, Timing};
pub use seal::{SALT_BYTES, Sealer};
pub use window::Window;

/// Bytes of a key of version 1.
pub const KEY_V1_BYTES: usize = 20;
/// Bytes of a key of version 2 as it is exchanged; the first 32 of them are used.
pub const KEY_V2_BYTES: usize = 128;
/// What makes every datagram of version 1 different, in front of it.
const IV_BYTES: usize = 20;
/// The zeros at the end of version 1.
const ZERO_BYTES: usize = 20;
const NONCE_BYTES: usize = 12;
const TAG_BYTES: usize = 16;
/// The key of `ChaCha20`, and of AES-256.
const AEAD_KEY_BYTES: usize = 32;
/// Padding is shorter than this.
pub const PADDING_LIMIT: usize = 32;

/// How datagrams are protected, with the key of who sends them.
#[derive(Clone, PartialEq, Eq)]
pub enum Protection {
    /// Not at all.
    Plain,
    /// RC4 and zeros at the end: no real integrity.
    V1([u8; KEY_V1_BYTES]),
    /// ChaCha20-Poly1305.
    V2([u8; AEAD_KEY_BYTES]),
    /// AES-256-GCM, framed as version 2: between ends of this project.
    Own([u8; AEAD_KEY_BYTES]),
}

impl Protection {
    /// Out of what was exchanged: `None` where the key has the wrong length or the version is unknown.
    pub fn of(encrypt: bool, version: u32, own: bool, key: &[u8]) -> Option<Self> {
        match version {
            _ if !encrypt => Some(Self::Plain),
            1 => Some(Self::V1(key.try_into().ok()?)),
            2 if key.len() == KEY_V2_BYTES => {
                let key = *key.first_chunk()?;
                Some(if own { Self::Own(key) } else { Self::V2(key) })
            }
            _ => None,
        }
    }

    /// Bytes of a datagram besides frame and padding.
    pub fn overhead(&self) -> usize {
        BODY_HEADER_BYTES
            + match self {
                Self::Plain => 0,
                Self::V1(_) => IV_BYTES + ZERO_BYTES,
                Self::V2(_) | Self::Own(_) => NONCE_BYTES + TAG_BYTES,
            }
    }
}

impl std::fmt::Debug for Protection {
    /// Keys are secret.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Plain => "Plain",
            Self::V1(_) => "V1",
            Self::V2(_) => "V2",
            Self::Own(_) => "Own",
        })
    }
}
