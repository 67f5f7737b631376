//! The frames that neighbours send each other: UDP over IPv4, with a sequence number in front of the filling.

use etherloom_wire::offload::InternetSum;
use std::net::Ipv4Addr;

const HEADERS: usize = 14 + 20 + 8;
/// Where the sequence number stands.
const SEQUENCE: usize = HEADERS;

/// The frame of session `from` for session `to`, `size` bytes long, sequence 0.
pub fn build(from: usize, to: usize, size: usize) -> Vec<u8> {
    let mut frame = Vec::with_capacity(size);
    frame.extend_from_slice(&mac(to));
    frame.extend_from_slice(&mac(from));
    frame.extend_from_slice(&[0x08, 0x00]);
    let length = (size - 14) as u16;
    frame.extend_from_slice(&[0x45, 0]);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&[0, 0, 0x40, 0, 64, 17, 0, 0]);
    frame.extend_from_slice(&address(from).octets());
    frame.extend_from_slice(&address(to).octets());
    let sum = InternetSum::default().bytes(&frame[14..34]).complete();
    frame[24..26].copy_from_slice(&sum);
    // Ports, length, and no checksum.
    frame.extend_from_slice(&[0x13, 0x88, 0x13, 0x88]);
    frame.extend_from_slice(&(length - 20).to_be_bytes());
    frame.extend_from_slice(&[0, 0]);
    frame.resize(size, 0x5a);
    frame
}

/// Give it a sequence number.
pub fn number(frame: &mut [u8], sequence: u32) {
    frame[SEQUENCE..SEQUENCE + 4].copy_from_slice(&sequence.to_be_bytes());
}

/// The sequence number of a frame for session `to` of `size` bytes; None for what is something else.
pub fn sequence(frame: &[u8], to: usize, size: usize) -> Option<u32> {
    if frame.len() != size || frame[..6] != mac(to) {
        return None;
    }
    frame[SEQUENCE..]
        .first_chunk()
        .copied()
        .map(u32::from_be_bytes)
}

fn mac(session: usize) -> [u8; 6] {
    let [a, b, c, d] = (session as u32).to_be_bytes();
    [0x02, 0xc0, a, b, c, d]
}

/// Sessions beyond a million would share addresses, which no server minds.
fn address(session: usize) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(Ipv4Addr::new(10, 96, 0, 1)) + (session as u32 & 0xf_ffff))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_carries_its_number() {
        let mut frame = build(3, 2, 60);
        number(&mut frame, 0x0102_0304);
        assert_eq!(sequence(&frame, 2, 60), Some(0x0102_0304));
        assert_eq!(sequence(&frame, 3, 60), None);
        assert_eq!(sequence(&frame[..59], 2, 60), None);
    }

    #[test]
    fn its_headers_are_sound() {
        let frame = build(70_000, 1, 512);
        assert_eq!(frame.len(), 512);
        let sum = InternetSum::default().bytes(&frame[14..34]);
        assert!(sum.is_right());
        assert_eq!(u16::from_be_bytes([frame[16], frame[17]]), 498);
        assert_eq!(u16::from_be_bytes([frame[38], frame[39]]), 478);
    }
}
