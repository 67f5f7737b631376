//! The block stream against bytes and limits seen on the wire (protocol reference, sections 8.2 and 8.3).

#![allow(clippy::unwrap_used)]

mod collect;

use collect::{Got, decode_all};
use etherloom_wire::block::{
    BlockDecoder, BlockError, BlockLimits, Compressor, DropReason, GroupEncoder,
    append_super_frame, begin_group, encode_keep_alive, patch_group,
};
use etherloom_wire::offload::{GSO_TCPV4, NEEDS_CHECKSUM, Packet, VirtioHeader};

/// An ARP request of one stock client as the other received it, behind a keep-alive (captured live).
const ARP: [u8; 42] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x5e, 0x00, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x01,
    0x08, 0x00, 0x06, 0x04, 0x00, 0x01, 0x5e, 0x00, 0x00, 0x00, 0x00, 0x01, 0x0a, 0x00, 0x00, 0x01,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x02,
];

/// `zlib.compress(bytes(range(20)))` of Python 3.11 (zlib 1.2.13, level 6), header 78 9C like the original's.
const COUNTED_TO_20: [u8; 28] = [
    0x78, 0x9c, 0x63, 0x60, 0x64, 0x62, 0x66, 0x61, 0x65, 0x63, 0xe7, 0xe0, 0xe4, 0xe2, 0xe6, 0xe1,
    0xe5, 0xe3, 0x17, 0x10, 0x14, 0x12, 0x06, 0x00, 0x05, 0x46, 0x00, 0xbf,
];

fn group(bodies: &[&[u8]]) -> Vec<u8> {
    let mut out = (bodies.len() as u32).to_be_bytes().to_vec();
    for body in bodies {
        out.extend((body.len() as u32).to_be_bytes());
        out.extend(*body);
    }
    out
}

fn decode(stream: &[u8], compressed: bool) -> (Vec<Got>, Result<usize, BlockError>) {
    decode_all(
        &mut BlockDecoder::new(BlockLimits::default(), compressed),
        stream,
    )
}

#[test]
fn live_keep_alive_and_arp_request() {
    let mut stream = vec![0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0x44];
    stream.extend([0x5a; 68]); // random on the wire
    stream.extend([0, 0, 0, 1, 0, 0, 0, 0x2a]);
    stream.extend(ARP);

    let (items, consumed) = decode(&stream, false);

    assert_eq!(
        items,
        [Got::KeepAlive(vec![0x5a; 68]), Got::Frame(ARP.to_vec())]
    );
    assert_eq!(consumed, Ok(stream.len()));
}

#[test]
fn encoder_writes_the_live_bytes() {
    let mut out = Vec::new();
    encode_keep_alive(&mut out, &[0x5a; 68]);
    let mut group = GroupEncoder::begin(&mut out);
    group.push(&ARP, None).unwrap();
    assert_eq!(group.finish(), 1);

    assert_eq!(out[..8], [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0x44]);
    assert_eq!(out[76..84], [0, 0, 0, 1, 0, 0, 0, 0x2a]);
    assert_eq!(out[84..], ARP);
}

#[test]
fn count_of_nothing_is_passed_over() {
    let mut stream = vec![0; 12];
    stream.extend(group(&[&ARP]));
    assert_eq!(decode(&stream, false).0, [Got::Frame(ARP.to_vec())]);
}

#[test]
fn empty_block_counts_as_one() {
    let (items, consumed) = decode(&group(&[b"", &ARP]), false);
    assert_eq!(
        items,
        [Got::Dropped(DropReason::Empty), Got::Frame(ARP.to_vec())]
    );
    assert_eq!(consumed, Ok(4 + 4 + 4 + ARP.len()));
}

/// Live against 4.44 and 9674: 1,600 passes, 1,601 and 3,200 are dropped, 3,201 ends the connection.
#[test]
fn frame_and_block_limits() {
    assert_eq!(
        decode(&group(&[&[7; 1600]]), false).0,
        [Got::Frame(vec![7; 1600])]
    );
    for size in [1601, 3200] {
        let stream = group(&[&vec![7; size], &ARP]);
        let (items, consumed) = decode(&stream, false);
        assert_eq!(
            items,
            [Got::Dropped(DropReason::TooLong), Got::Frame(ARP.to_vec())]
        );
        assert_eq!(consumed, Ok(stream.len()));
    }
    let (items, result) = decode(&group(&[&[7; 3201]]), false);
    assert_eq!(items, []);
    assert_eq!(
        result,
        Err(BlockError::BlockTooLong {
            size: 3201,
            limit: 3200
        })
    );
}

/// The peer must not be able to make us wait for (or keep) what would be refused anyway.
#[test]
fn limits_act_on_the_announcement() {
    let announced = [0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff];
    let result = decode(&announced, false).1;
    assert_eq!(
        result,
        Err(BlockError::BlockTooLong {
            size: 0xffff_ffff,
            limit: 3200
        })
    );
    let announced = [0xff, 0xff, 0xff, 0xff, 0, 0, 2, 1];
    let result = decode(&announced, false).1;
    assert_eq!(
        result,
        Err(BlockError::KeepAliveTooLong {
            size: 513,
            limit: 512
        })
    );
}

/// The grammar allows 0 to 512; live sizes were 19 to 508.
#[test]
fn keep_alive_limits() {
    for size in [0, 1, 512] {
        let mut stream = Vec::new();
        encode_keep_alive(&mut stream, &vec![9; size]);
        assert_eq!(
            decode(&stream, false),
            (vec![Got::KeepAlive(vec![9; size])], Ok(8 + size))
        );
    }
}

#[test]
fn largest_count_costs_nothing() {
    let mut decoder = BlockDecoder::new(BlockLimits::default(), false);
    let mut stream = 0xffff_fffe_u32.to_be_bytes().to_vec();
    stream.extend([0, 0, 0, 1, 0xaa]);
    assert_eq!(
        decode_all(&mut decoder, &stream),
        (vec![Got::Frame(vec![0xaa])], Ok(9))
    );
    // Still inside the group, so this is the size of a block and not the mark of a keep-alive.
    let (items, result) = decode_all(&mut decoder, &[0xff; 8]);
    assert_eq!(items, []);
    assert_eq!(
        result,
        Err(BlockError::BlockTooLong {
            size: 0xffff_ffff,
            limit: 3200
        })
    );
}

#[test]
fn a_part_of_an_item_stays_with_the_caller() {
    let stream = group(&[&ARP]);
    let mut decoder = BlockDecoder::new(BlockLimits::default(), false);
    assert_eq!(decode_all(&mut decoder, &stream[..20]), (vec![], Ok(4)));
    assert_eq!(decode_all(&mut decoder, &stream[4..49]), (vec![], Ok(0)));
    assert_eq!(
        decode_all(&mut decoder, &stream[4..]),
        (vec![Got::Frame(ARP.to_vec())], Ok(46))
    );
}

#[test]
fn foreign_zlib_stream_inflates() {
    let expected: Vec<u8> = (0..20).collect();
    assert_eq!(
        decode(&group(&[&COUNTED_TO_20]), true).0,
        [Got::Frame(expected)]
    );
}

/// Live: a raw block in a compressed session is dropped and the session goes on.
#[test]
fn what_does_not_inflate_is_dropped() {
    let cut = &COUNTED_TO_20[..27];
    let mut wrong_sum = COUNTED_TO_20;
    wrong_sum[27] ^= 1;
    let mut longer = COUNTED_TO_20.to_vec();
    longer.push(0);
    let stream = group(&[&ARP, cut, &wrong_sum, &longer, &COUNTED_TO_20]);

    let items = decode(&stream, true).0;

    let bad = Got::Dropped(DropReason::BadCompression);
    assert_eq!(items[..4], [bad.clone(), bad.clone(), bad.clone(), bad]);
    assert_eq!(items[4], Got::Frame((0..20).collect()));
}

#[test]
fn inflated_size_is_bounded() {
    let mut compressor = Compressor::new();
    for (size, expected) in [
        (0, Got::Dropped(DropReason::Empty)),
        (1600, Got::Frame(vec![0; 1600])),
        (1601, Got::Dropped(DropReason::InflatesTooLong)),
        (3_000_000, Got::Dropped(DropReason::InflatesTooLong)),
    ] {
        let mut body = Vec::new();
        compressor.compress(&vec![0; size], &mut body).unwrap();
        assert_eq!(body[..2], [0x78, 0x9c], "what the original writes");
        assert!(body.len() <= 3200);
        assert_eq!(decode(&group(&[&body]), true).0, [expected]);
    }
}

#[test]
fn keep_alive_is_never_compressed() {
    let mut stream = Vec::new();
    encode_keep_alive(&mut stream, b"plain");
    assert_eq!(decode(&stream, true).0, [Got::KeepAlive(b"plain".to_vec())]);
}

#[test]
fn group_without_frames_leaves_nothing() {
    let mut out = b"before".to_vec();
    assert_eq!(GroupEncoder::begin(&mut out).finish(), 0);
    assert_eq!(out, b"before");
}

#[test]
fn larger_limits_pass_larger_frames() {
    let limits = BlockLimits {
        frame: 65_535,
        block: 65_535,
        keep_alive: 512,
        super_frames: false,
    };
    let frame = vec![3; 65_535];
    let (items, _) = decode_all(&mut BlockDecoder::new(limits, false), &group(&[&frame]));
    assert_eq!(items, [Got::Frame(frame)]);
}

/// One group of one block: the highest bit of its size, then the header, then the frame. Own format, written by
/// hand after `docs/protocol/super-frames.md`.
const SUPER_FRAME: [u8; 20] = [
    0, 0, 0, 1, 0x80, 0, 0, 12, 1, 1, 0x05, 0xa8, 0, 34, 0, 16, 0xde, 0xad, 0xbe, 0xef,
];

fn super_limits() -> BlockLimits {
    BlockLimits {
        super_frames: true,
        ..BlockLimits::STOCK
    }
}

fn super_header() -> VirtioHeader {
    VirtioHeader {
        flags: NEEDS_CHECKSUM,
        gso_type: GSO_TCPV4,
        header_length: 0,
        segment_size: 1448,
        checksum_start: 34,
        checksum_offset: 16,
    }
}

#[test]
fn super_frame_is_header_and_frame() {
    let mut out = Vec::new();
    let place = begin_group(&mut out);
    let packet = Packet {
        header: super_header(),
        bytes: &[0xde, 0xad, 0xbe, 0xef],
    };
    append_super_frame(&mut out, &packet);
    patch_group(&mut out, place, 1);
    assert_eq!(out, SUPER_FRAME);
    let (items, result) = decode_all(&mut BlockDecoder::new(super_limits(), false), &out);
    let frame = vec![0xde, 0xad, 0xbe, 0xef];
    assert_eq!(items, [Got::SuperFrame(super_header(), frame)]);
    assert_eq!(result, Ok(out.len()));
}

#[test]
fn super_frame_of_an_unknown_kind_is_dropped() {
    for (place, value) in [(8, 2), (8, 0x81), (7, 8), (7, 3)] {
        let mut stream = SUPER_FRAME;
        stream[place] = value;
        let limits = super_limits();
        let (items, _) = decode_all(&mut BlockDecoder::new(limits, false), &stream);
        assert_eq!(items[0], Got::Dropped(DropReason::BadSuperFrame));
    }
}

#[test]
fn super_frame_ends_a_session_that_did_not_agree() {
    let mut decoder = BlockDecoder::new(BlockLimits::STOCK, false);
    let (items, result) = decode_all(&mut decoder, &SUPER_FRAME);
    assert!(items.is_empty());
    assert!(matches!(result, Err(BlockError::BlockTooLong { .. })));
}
