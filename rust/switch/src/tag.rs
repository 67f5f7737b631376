//! VLAN tags put in and taken out.

const ADDRESSES: usize = 12;
const TAG: usize = 4;
const VLAN_MASK: u16 = 0x0fff;

/// Append the frame to `out` with a tag of priority 0, in front of any that it has.
pub fn insert(frame: &[u8], vlan_type: u16, vlan: u16, out: &mut Vec<u8>) {
    let Some((addresses, rest)) = frame.split_at_checked(ADDRESSES) else {
        out.extend_from_slice(frame);
        return;
    };
    out.extend_from_slice(addresses);
    out.extend_from_slice(&vlan_type.to_be_bytes());
    out.extend_from_slice(&(vlan & VLAN_MASK).to_be_bytes());
    out.extend_from_slice(rest);
}

/// Append the frame to `out` without its outer tag. It must have one, see [`vlan`].
pub fn strip(frame: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&frame[..ADDRESSES]);
    out.extend_from_slice(&frame[ADDRESSES + TAG..]);
}

/// The VLAN of the frame's outer tag, if it has one of this type.
pub fn vlan(frame: &[u8], vlan_type: u16) -> Option<u16> {
    let tag = frame.get(ADDRESSES..)?.first_chunk::<TAG>()?;
    (u16::from_be_bytes([tag[0], tag[1]]) == vlan_type)
        .then(|| u16::from_be_bytes([tag[2], tag[3]]) & VLAN_MASK)
}

#[cfg(test)]
mod tests {
    use super::{insert, strip, vlan};

    const FRAME: [u8; 16] = [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 8, 0, 7, 7];

    #[test]
    fn what_goes_in_comes_out() {
        let (mut tagged, mut plain) = (Vec::new(), Vec::new());
        insert(&FRAME, 0x8100, 0xf005, &mut tagged);
        assert_eq!(tagged[12..18], [0x81, 0, 0, 5, 8, 0]);
        assert_eq!(vlan(&tagged, 0x8100), Some(5));
        assert_eq!(vlan(&tagged, 0x88a8), None);
        strip(&tagged, &mut plain);
        assert_eq!(plain, FRAME);
    }

    #[test]
    fn a_cut_tag_is_none() {
        let mut tagged = Vec::new();
        insert(&FRAME, 0x8100, 5, &mut tagged);
        assert_eq!(vlan(&tagged[..15], 0x8100), None);
    }
}
