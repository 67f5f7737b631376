//! Router advertisements (RFC 4861) that are to name no default router.

use crate::facts::{Facts, icmpv6};

/// Within the ICMPv6 message.
const CHECKSUM: usize = 2;
const LIFETIME: usize = 6;
const FIXED: usize = 16;

/// It is one that a lifetime could be taken from.
pub(crate) fn is_advertisement(facts: &Facts) -> bool {
    facts.icmpv6() == Some(icmpv6::ROUTER_ADVERTISEMENT) && facts.length >= facts.payload + FIXED
}

/// Append the frame with a lifetime of 0 to `out`. What is no advertisement is appended as it is.
pub fn remove_default(frame: &[u8], facts: &Facts, out: &mut Vec<u8>) {
    let begin = out.len() + facts.payload;
    out.extend_from_slice(frame);
    if !is_advertisement(facts) {
        return;
    }
    let Some(message) = out.get_mut(begin..).filter(|rest| rest.len() >= FIXED) else {
        return;
    };
    let word = |place: usize| u16::from_be_bytes([message[place], message[place + 1]]);
    let mended = without(word(CHECKSUM), word(LIFETIME));
    message[CHECKSUM..CHECKSUM + 2].copy_from_slice(&mended.to_be_bytes());
    message[LIFETIME..LIFETIME + 2].fill(0);
}

/// The checksum when a word that it covers becomes 0 (RFC 1624).
fn without(checksum: u16, word: u16) -> u16 {
    let sum = u32::from(!checksum) + u32::from(!word);
    !((sum & 0xffff) + (sum >> 16)) as u16
}

#[cfg(test)]
mod tests {
    use super::remove_default;
    use crate::Facts;

    fn advertisement(lifetime: u16) -> Vec<u8> {
        let mut frame = vec![0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 0x86, 0xdd];
        frame.extend_from_slice(&[0x60, 0, 0, 0, 0, 16, 58, 255]);
        frame.extend_from_slice(&[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        frame.extend_from_slice(&[0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        frame.extend_from_slice(&[134, 0, 0, 0, 64, 0]);
        frame.extend_from_slice(&lifetime.to_be_bytes());
        frame.extend_from_slice(&[0; 8]);
        let checksum = !sum(&frame);
        frame[56..58].copy_from_slice(&checksum.to_be_bytes());
        frame
    }

    /// Over the addresses, length, protocol and message, as RFC 8200 says.
    fn sum(frame: &[u8]) -> u16 {
        let words = frame[22..].chunks(2);
        let total: u32 = words
            .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]))
            .sum();
        let total = total + 16 + 58;
        let folded = (total & 0xffff) + (total >> 16);
        ((folded & 0xffff) + (folded >> 16)) as u16
    }

    #[test]
    fn lifetime_goes_and_the_checksum_is_right() {
        for lifetime in [0, 1, 1_800, 0xffff] {
            let frame = advertisement(lifetime);
            let facts = Facts::of(&frame).expect("sound");
            let mut out = vec![9];
            remove_default(&frame, &facts, &mut out);
            assert_eq!(out[61..63], [0, 0]);
            assert_eq!(sum(&out[1..]), 0xffff);
        }
    }

    #[test]
    fn other_frames_are_copied() {
        let mut frame = advertisement(1_800);
        frame[54] = 133;
        let facts = Facts::of(&frame).expect("sound");
        let mut out = Vec::new();
        remove_default(&frame, &facts, &mut out);
        assert_eq!(out, frame);
    }
}
