//! The block stream of a peer that takes super-frames, which may say of each what it likes.

use etherloom_wire::block::{
    BlockDecoder, BlockLimits, Item, append_frame, append_super_frame, begin_group, patch_group,
};
use etherloom_wire::offload::{
    MAXIMUM_FRAME_BYTES, MAXIMUM_SEGMENTS, Packet, Segments, VirtioHeader,
};

const LIMITS: BlockLimits = BlockLimits {
    frame: MAXIMUM_FRAME_BYTES,
    block: MAXIMUM_FRAME_BYTES + 8,
    keep_alive: 512,
    super_frames: true,
};

/// A stream, as it comes from the peer.
pub fn super_frame(stream: &[u8]) {
    let mut accepted = Vec::new();
    let decoded = BlockDecoder::new(LIMITS, false).decode(stream, &mut |item| {
        if let Item::SuperFrame(packet) = item {
            check(&packet);
        }
        match item {
            Item::Frame(bytes) => accepted.push((VirtioHeader::default(), bytes.to_vec())),
            Item::SuperFrame(packet) => accepted.push((packet.header, packet.bytes.to_vec())),
            Item::KeepAlive(_) | Item::Dropped(_) => {}
        }
    });
    if let Ok(consumed) = decoded {
        assert!(consumed <= stream.len());
    }
    send_on(&accepted);
}

/// What is accepted is cut into frames that are each complete, bounded in number and length.
fn check(packet: &Packet<'_>) {
    let Ok(segments) = Segments::plan(&packet.header, packet.bytes) else {
        return;
    };
    let mut segment = Vec::new();
    assert!((1..=MAXIMUM_SEGMENTS).contains(&segments.count()));
    for index in 0..segments.count() {
        segment.clear();
        segments.append(index, &mut segment);
        assert_eq!(segment.len(), segments.length(index));
        assert!(segment.len() <= packet.bytes.len());
    }
}

/// What was accepted can be sent to the next, who accepts the same.
fn send_on(accepted: &[(VirtioHeader, Vec<u8>)]) {
    let mut out = Vec::new();
    let place = begin_group(&mut out);
    for (header, bytes) in accepted {
        if header.is_plain() {
            append_frame(&mut out, bytes);
        } else {
            let packet = Packet {
                header: *header,
                bytes,
            };
            append_super_frame(&mut out, &packet);
        }
    }
    patch_group(&mut out, place, accepted.len() as u32);
    let mut again = 0;
    let result = BlockDecoder::new(LIMITS, false).decode(&out, &mut |item| {
        match item {
            Item::Frame(bytes) => assert!(bytes == accepted[again].1),
            Item::SuperFrame(packet) => {
                assert_eq!(packet.header, accepted[again].0);
                assert!(packet.bytes == accepted[again].1);
            }
            Item::KeepAlive(_) | Item::Dropped(_) => panic!("sent on, it became something else"),
        }
        again += 1;
    });
    assert_eq!((result, again), (Ok(out.len()), accepted.len()));
}
