//! The Ethernet header: read once, used by every check behind it.

use crate::drops::DropReason;
use crate::frame::HEADER;
use crate::mac_key::MacKey;

/// Only this identifier marks a tag here, whatever a hub uses for tags of its own.
const TAGGED: u16 = 0x8100;
const TAG: usize = 4;

/// What the switch looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Destination address.
    pub dst: [u8; 6],
    /// Source address.
    pub src: [u8; 6],
    /// Type (or length) of the payload; behind the tag if there is one.
    pub ethertype: u16,
    /// VLAN, 0 for untagged.
    pub vlan: u16,
    /// Sent to a group.
    pub broadcast: bool,
}

impl Header {
    /// Of what is no frame.
    pub(crate) const NONE: Self = Self {
        dst: [0; 6],
        src: [0; 6],
        ethertype: 0,
        vlan: 0,
        broadcast: false,
    };

    /// Where the sender is learned.
    pub const fn source_key(&self) -> MacKey {
        MacKey::new(self.src, self.vlan)
    }

    /// Where the receiver is looked up.
    pub const fn destination_key(&self) -> MacKey {
        MacKey::new(self.dst, self.vlan)
    }
}

/// Read the header of a frame.
pub fn classify(bytes: &[u8]) -> Result<Header, DropReason> {
    let Some((header, payload)) = bytes.split_first_chunk::<HEADER>() else {
        return Err(DropReason::TooShort);
    };
    let [d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1] = *header;
    let outer = u16::from_be_bytes([t0, t1]);
    let (vlan, ethertype) = if outer == TAGGED {
        tag(payload)?
    } else {
        (0, outer)
    };
    Ok(Header {
        dst: [d0, d1, d2, d3, d4, d5],
        src: [s0, s1, s2, s3, s4, s5],
        ethertype,
        vlan,
        broadcast: d0 & 1 != 0,
    })
}

/// VLAN and inner type.
fn tag(payload: &[u8]) -> Result<(u16, u16), DropReason> {
    let [c0, c1, t0, t1] = *payload.first_chunk::<TAG>().ok_or(DropReason::CutTag)?;
    Ok((
        u16::from_be_bytes([c0, c1]) & 0x0fff,
        u16::from_be_bytes([t0, t1]),
    ))
}

#[cfg(test)]
mod tests {
    use super::{Header, classify};
    use crate::DropReason;

    const PLAIN: [u8; 14] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00];

    fn tagged(rest: &[u8]) -> Vec<u8> {
        [&PLAIN[..12], &[0x81, 0x00], rest].concat()
    }

    /// Live: 13 bytes are dropped, 14 pass.
    #[test]
    fn shortest_frame() {
        assert_eq!(classify(&PLAIN[..13]), Err(DropReason::TooShort));
        assert_eq!(classify(&[]), Err(DropReason::TooShort));
        let expected = Header {
            dst: [2, 0, 0, 0, 0, 1],
            src: [2, 0, 0, 0, 0, 2],
            ethertype: 0x0800,
            vlan: 0,
            broadcast: false,
        };
        assert_eq!(classify(&PLAIN), Ok(expected));
    }

    #[test]
    fn tag_is_read_through() {
        let header = classify(&tagged(&[0xe0, 0x05, 0x86, 0xdd])).expect("a whole tag");
        assert_eq!((header.vlan, header.ethertype), (5, 0x86dd));
        assert_eq!(header.source_key().vlan(), 5);
        assert_eq!(header.destination_key().vlan(), 5);
    }

    #[test]
    fn cut_tag_is_refused() {
        for length in 0..4 {
            let frame = tagged(&[0, 5, 8, 0][..length]);
            assert_eq!(classify(&frame), Err(DropReason::CutTag));
        }
    }

    #[test]
    fn other_tag_identifiers_are_types() {
        let mut frame = tagged(&[0, 5, 8, 0]);
        frame[12..14].copy_from_slice(&[0x88, 0xa8]);
        let header = classify(&frame).expect("long enough");
        assert_eq!((header.vlan, header.ethertype), (0, 0x88a8));
    }

    #[test]
    fn multicast_is_broadcast() {
        let mut frame = PLAIN;
        frame[0] = 0x01;
        assert!(classify(&frame).expect("long enough").broadcast);
    }
}
