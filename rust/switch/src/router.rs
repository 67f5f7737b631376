//! Router advertisements that name no default router (RFC 4861, section 4.2).

use crate::facts::{Facts, icmpv6};

/// Where the checksum and the router lifetime stand in the message.
const CHECKSUM: usize = 2;
const LIFETIME: usize = 6;

/// Append the frame to `out` with a router lifetime of 0 and the checksum that goes with it. What is no router
/// advertisement stays as it is.
pub fn remove_default(frame: &[u8], facts: &Facts, out: &mut Vec<u8>) {
    let begin = out.len();
    out.extend_from_slice(frame);
    if facts.icmpv6() != Some(icmpv6::ROUTER_ADVERTISEMENT) {
        return;
    }
    let Some(message) = out[begin..].get_mut(facts.payload..) else {
        return;
    };
    if message.len() < LIFETIME + 2 {
        return;
    }
    let lifetime = u16::from_be_bytes([message[LIFETIME], message[LIFETIME + 1]]);
    let checksum = u16::from_be_bytes([message[CHECKSUM], message[CHECKSUM + 1]]);
    let mended = without(checksum, lifetime).to_be_bytes();
    message[CHECKSUM..CHECKSUM + 2].copy_from_slice(&mended);
    message[LIFETIME..LIFETIME + 2].fill(0);
}

/// The checksum when a word that was `gone` is 0 (RFC 1624).
fn without(checksum: u16, gone: u16) -> u16 {
    let sum = u32::from(!checksum) + u32::from(!gone);
    !((sum & 0xffff) + (sum >> 16)) as u16
}

#[cfg(test)]
mod tests {
    use super::remove_default;
    use crate::facts::Facts;

    fn sum(bytes: &[u8]) -> u16 {
        let mut total: u32 = bytes
            .chunks(2)
            .map(|pair| u32::from(u16::from_be_bytes([pair[0], *pair.get(1).unwrap_or(&0)])))
            .sum();
        while total > 0xffff {
            total = (total & 0xffff) + (total >> 16);
        }
        total as u16
    }

    fn pseudo(frame: &[u8]) -> Vec<u8> {
        let message = &frame[54..];
        let mut bytes = frame[22..54].to_vec();
        bytes.extend_from_slice(&(message.len() as u32).to_be_bytes());
        bytes.extend_from_slice(&[0, 0, 0, 58]);
        bytes.extend_from_slice(message);
        bytes
    }

    fn advertisement() -> Vec<u8> {
        let mut frame = vec![0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd];
        frame.extend_from_slice(&[0x60, 0, 0, 0, 0, 16, 58, 255]);
        frame.extend_from_slice(&[0xfe; 32]);
        frame.extend_from_slice(&[134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
        let checksum = !sum(&pseudo(&frame));
        frame[56..58].copy_from_slice(&checksum.to_be_bytes());
        frame
    }

    #[test]
    fn the_lifetime_goes_and_the_checksum_holds() {
        let frame = advertisement();
        let facts = Facts::of(&frame).expect("sound");
        let mut out = Vec::new();
        remove_default(&frame, &facts, &mut out);
        assert_eq!(out[60..62], [0, 0]);
        assert_eq!(sum(&pseudo(&out)), 0xffff);
    }

    #[test]
    fn a_cut_one_is_left_alone() {
        let frame = advertisement();
        let facts = Facts::of(&frame[..58]).expect("sound");
        let mut out = Vec::new();
        remove_default(&frame[..58], &facts, &mut out);
        assert_eq!(out, frame[..58]);
    }
}
