//! VLAN tags of frames as whole: put in, taken out.

/// Both addresses, in front of the tag.
const PLACE: usize = 12;
const TAG: usize = 4;

/// Append the frame with a tag of priority 0 to `out`. Too short a frame is appended as it is.
pub fn insert(frame: &[u8], vlan_type: u16, vlan: u16, out: &mut Vec<u8>) {
    let Some((addresses, rest)) = frame.split_at_checked(PLACE) else {
        return out.extend_from_slice(frame);
    };
    out.extend_from_slice(addresses);
    out.extend_from_slice(&vlan_type.to_be_bytes());
    out.extend_from_slice(&(vlan & 0x0fff).to_be_bytes());
    out.extend_from_slice(rest);
}

/// Append the frame without its outermost tag to `out`. One without room for a tag is appended as it is.
pub fn strip(frame: &[u8], out: &mut Vec<u8>) {
    if frame.len() < PLACE + TAG {
        return out.extend_from_slice(frame);
    }
    out.extend_from_slice(&frame[..PLACE]);
    out.extend_from_slice(&frame[PLACE + TAG..]);
}

/// The VLAN of a frame with a tag of this type.
pub(crate) fn vlan_of(frame: &[u8], vlan_type: u16) -> Option<u16> {
    let tag = frame.get(PLACE..)?.first_chunk::<TAG>()?;
    let [t0, t1, c0, c1] = *tag;
    (u16::from_be_bytes([t0, t1]) == vlan_type).then_some(u16::from_be_bytes([c0, c1]) & 0x0fff)
}

#[cfg(test)]
mod tests {
    use super::{insert, strip, vlan_of};

    #[test]
    fn what_is_put_in_comes_out() {
        let frame: Vec<u8> = (0..60).collect();
        let (mut tagged, mut plain) = (Vec::new(), Vec::new());
        insert(&frame, 0x88a8, 5, &mut tagged);
        assert_eq!(tagged.len(), 64);
        assert_eq!(tagged[12..16], [0x88, 0xa8, 0, 5]);
        assert_eq!(vlan_of(&tagged, 0x88a8), Some(5));
        assert_eq!(vlan_of(&tagged, 0x8100), None);
        strip(&tagged, &mut plain);
        assert_eq!(plain, frame);
    }

    #[test]
    fn short_frames_stay_as_they_are() {
        for length in 0..12 {
            let mut out = Vec::new();
            insert(&[1; 12][..length], 0x8100, 1, &mut out);
            strip(&[1; 12][..length], &mut out);
            assert_eq!(out, vec![1; 2 * length]);
        }
        assert_eq!(vlan_of(&[0x81; 14], 0x8181), None);
    }
}
