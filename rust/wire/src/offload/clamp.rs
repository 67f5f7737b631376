//! Lowering what TCP says it takes in one segment, for ways that are narrower than the ends know.

use super::checksum::InternetSum;
use super::layers::{IPV6, Protocol, TCP, Version, network, payload, put, read_u16};
use super::segment::{behind_v4, behind_v6};

const SYN: u8 = 0x02;
const OPTION_END: u8 = 0;
const OPTION_NOTHING: u8 = 1;
const OPTION_MSS: u8 = 2;
const OPTION_MSS_BYTES: usize = 4;

/// Lower the maximum segment size in a SYN to `limit`. True if the frame was changed.
///
/// The checksum, which must not be a partial one, changes by as much as the option: one that was wrong stays wrong.
/// Frames that are no SYN, say no size or a lower one, are fragments, or are odd, stay as they are. VLAN tags, IPv4
/// options and IPv6 extension headers are looked behind.
pub fn clamp_mss(frame: &mut [u8], limit: u16) -> bool {
    let Some((place, checksum)) = find_mss(frame) else {
        return false;
    };
    let old = read_u16(frame, place);
    if old <= limit {
        return false;
    }
    let sum = InternetSum::default().number(!read_u16(frame, checksum));
    // A checksum goes over words; options may stand at odd places.
    let (before, after) = if place % 2 == checksum % 2 {
        (old, limit)
    } else {
        (old.swap_bytes(), limit.swap_bytes())
    };
    put(frame, place, limit.to_be_bytes());
    put(
        frame,
        checksum,
        sum.without(before).number(after).complete(),
    );
    true
}

/// [`clamp_mss`] would change the frame.
pub fn exceeds_mss(frame: &[u8], limit: u16) -> bool {
    find_mss(frame).is_some_and(|(place, _)| read_u16(frame, place) > limit)
}

/// Where the size and the checksum stand in a SYN that has a size.
fn find_mss(frame: &[u8]) -> Option<(usize, usize)> {
    let transport = transport(frame)?;
    let end = payload(frame, transport, Protocol::Tcp)?;
    if frame[transport + 13] & SYN == 0 {
        return None;
    }
    let mut place = transport + TCP;
    while place < end {
        let length = match frame[place] {
            OPTION_END => return None,
            OPTION_NOTHING => 1,
            _ => usize::from(*frame[..end].get(place + 1)?).max(2),
        };
        if frame[place] == OPTION_MSS && length == OPTION_MSS_BYTES && place + length <= end {
            return Some((place + 2, transport + Protocol::Tcp.checksum_offset()));
        }
        place += length;
    }
    None
}

/// Where TCP begins in a packet that is whole, whatever the frame is filled up with behind it.
fn transport(frame: &[u8]) -> Option<usize> {
    let (network, version) = network(frame)?;
    match version {
        Version::V4 => {
            let end = network + usize::from(read_u16(frame, network + 2));
            behind_v4(frame.get(..end.max(network))?, network, Protocol::Tcp)
        }
        Version::V6 => {
            let end = network + IPV6 + usize::from(read_u16(frame, network + 4));
            behind_v6(frame.get(..end)?, network, Protocol::Tcp)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a SYN looks like, and how odd its surroundings are.
    #[derive(Clone, Debug)]
    struct Syn {
        tags: usize,
        is_v6: bool,
        /// Words of IPv4 options, or extension headers of IPv6.
        extra: usize,
        options: Vec<Vec<u8>>,
        padding: usize,
    }

    impl Syn {
        fn network(&self) -> usize {
            14 + 4 * self.tags
        }

        fn transport(&self) -> usize {
            self.network()
                + if self.is_v6 {
                    40 + 8 * self.extra
                } else {
                    20 + 4 * self.extra
                }
        }

        fn tcp(&self) -> Vec<u8> {
            let mut options = self.options.concat();
            options.resize(options.len().next_multiple_of(4), OPTION_END);
            let mut tcp = vec![0x11; 20];
            tcp[12] = (((20 + options.len()) / 4) << 4) as u8;
            tcp[13] = SYN;
            put(&mut tcp, 16, [0, 0]);
            tcp.extend_from_slice(&options);
            tcp
        }

        fn ip(&self, length: usize) -> Vec<u8> {
            if self.is_v6 {
                let mut ip = vec![0x22; 40 + 8 * self.extra];
                ip[0] = 0x60;
                put(&mut ip, 4, ((8 * self.extra + length) as u16).to_be_bytes());
                ip[6] = if self.extra == 0 { 6 } else { 60 };
                for index in 0..self.extra {
                    let last = index + 1 == self.extra;
                    put(&mut ip, 40 + 8 * index, [if last { 6 } else { 60 }, 0]);
                }
                return ip;
            }
            let mut ip = vec![1; 20 + 4 * self.extra];
            ip[0] = 0x45 + self.extra as u8;
            put(
                &mut ip,
                2,
                ((20 + 4 * self.extra + length) as u16).to_be_bytes(),
            );
            put(&mut ip, 6, [0x40, 0]);
            ip[9] = 6;
            ip
        }

        fn frame(&self) -> Vec<u8> {
            let tcp = self.tcp();
            let mut frame = vec![2; 12];
            for _ in 0..self.tags {
                frame.extend_from_slice(&[0x81, 0, 0, 5]);
            }
            frame.extend_from_slice(if self.is_v6 { &[0x86, 0xdd] } else { &[8, 0] });
            frame.extend_from_slice(&self.ip(tcp.len()));
            frame.extend_from_slice(&tcp);
            let checksum = self.sum(&frame).complete();
            put(&mut frame, self.transport() + 16, checksum);
            frame.resize(frame.len() + self.padding, 0);
            frame
        }

        fn sum(&self, frame: &[u8]) -> InternetSum {
            let (network, transport) = (self.network(), self.transport());
            let length = self.tcp().len();
            let addresses = if self.is_v6 {
                network + 8..network + 40
            } else {
                network + 12..network + 20
            };
            InternetSum::default()
                .bytes(&frame[addresses])
                .number(6)
                .number(length as u16)
                .bytes(&frame[transport..transport + length])
        }
    }

    fn syns() -> impl Strategy<Value = Syn> {
        let mss = any::<u16>().prop_map(|size| [vec![2, 4], size.to_be_bytes().to_vec()].concat());
        let other = prop_oneof![
            Just(vec![OPTION_NOTHING]),
            Just(vec![3, 3, 7]),
            Just(vec![4, 2]),
            Just(vec![8, 10, 1, 2, 3, 4, 5, 6, 7, 8]),
        ];
        let around = || prop::collection::vec(other.clone(), 0..2);
        (
            0_usize..3,
            any::<bool>(),
            0_usize..4,
            around(),
            mss,
            around(),
            0_usize..7,
        )
            .prop_map(|(tags, is_v6, extra, mut options, mss, behind, padding)| {
                options.push(mss);
                options.extend(behind);
                Syn {
                    tags,
                    is_v6,
                    extra,
                    options,
                    padding,
                }
            })
    }

    fn size_of(syn: &Syn) -> u16 {
        let option = syn.options.iter().find(|option| option[0] == OPTION_MSS);
        let option = option.expect("each has one");
        u16::from_be_bytes([option[2], option[3]])
    }

    proptest! {
        #[test]
        fn the_size_is_lowered_and_the_checksum_stays_right(syn in syns(), limit in 1_u16..) {
            let before = syn.frame();
            prop_assert!(syn.sum(&before).is_right());
            let mut frame = before.clone();
            let changed = clamp_mss(&mut frame, limit);
            prop_assert_eq!(changed, size_of(&syn) > limit);
            prop_assert!(syn.sum(&frame).is_right());
            let (place, _) = find_mss(&frame).expect("it has a size");
            prop_assert_eq!(read_u16(&frame, place), size_of(&syn).min(limit));
            let differ = before.iter().zip(&frame).filter(|(one, other)| one != other);
            prop_assert!(differ.count() <= 4);
        }

        #[test]
        fn whatever_comes_is_left_alone_or_changed_in_four_bytes(
            syn in syns(), place in any::<prop::sample::Index>(), byte in any::<u8>(), length in any::<prop::sample::Index>()
        ) {
            let mut frame = syn.frame();
            let at = place.index(frame.len());
            frame[at] = byte;
            frame.truncate(length.index(frame.len() + 1));
            let before = frame.clone();
            let changed = clamp_mss(&mut frame, 536);
            let differ = before.iter().zip(&frame).filter(|(one, other)| one != other).count();
            prop_assert!(differ <= 4 && (changed || differ == 0));
        }
    }

    #[test]
    fn other_segments_stay() {
        let syn = Syn {
            tags: 0,
            is_v6: false,
            extra: 0,
            options: vec![vec![2, 4, 5, 180]],
            padding: 2,
        };
        let mut frame = syn.frame();
        frame[14 + 20 + 13] = 0x10;
        assert!(!clamp_mss(&mut frame, 536));
        frame = syn.frame();
        frame[14 + 6] = 0x20;
        assert!(!clamp_mss(&mut frame, 536), "a fragment");
    }
}
