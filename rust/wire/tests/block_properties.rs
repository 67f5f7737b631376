//! What must hold for every block stream, whatever is in it and however it is cut.

#![allow(clippy::unwrap_used)]

mod collect;

use collect::{Got, decode_all};
use etherloom_wire::block::{
    BlockDecoder, BlockError, BlockLimits, Compressor, GroupEncoder, encode_keep_alive,
};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Part {
    Group(Vec<Vec<u8>>),
    KeepAlive(Vec<u8>),
    Nothing,
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        3 => vec(vec(any::<u8>(), 1..=1600), 1..5).prop_map(Part::Group),
        1 => vec(any::<u8>(), 0..=512).prop_map(Part::KeepAlive),
        1 => Just(Part::Nothing),
    ]
}

fn encode(parts: &[Part], compressed: bool) -> Vec<u8> {
    let mut compressor = compressed.then(Compressor::new);
    let mut out = Vec::new();
    for part in parts {
        match part {
            Part::Group(frames) => {
                let mut group = GroupEncoder::begin(&mut out);
                for frame in frames {
                    group.push(frame, compressor.as_mut()).unwrap();
                }
                assert_eq!(group.finish() as usize, frames.len());
            }
            Part::KeepAlive(body) => encode_keep_alive(&mut out, body),
            Part::Nothing => out.extend([0; 4]),
        }
    }
    out
}

fn expected(parts: &[Part]) -> Vec<Got> {
    let items = |part: &Part| match part {
        Part::Group(frames) => frames.iter().cloned().map(Got::Frame).collect(),
        Part::KeepAlive(body) => vec![Got::KeepAlive(body.clone())],
        Part::Nothing => vec![],
    };
    parts.iter().flat_map(items).collect()
}

/// Feed `stream` in pieces of the given sizes (over and over), as a receive buffer would.
fn decode_in_pieces(
    stream: &[u8],
    pieces: &[usize],
    compressed: bool,
) -> (Vec<Got>, Option<BlockError>) {
    let limits = BlockLimits::default();
    let mut decoder = BlockDecoder::new(limits, compressed);
    let (mut buffer, mut items, mut rest) = (Vec::new(), Vec::new(), stream);
    for size in pieces.iter().cycle() {
        let (piece, behind) = rest.split_at(rest.len().min(*size));
        rest = behind;
        buffer.extend(piece);
        let (got, result) = decode_all(&mut decoder, &buffer);
        items.extend(got);
        match result {
            Ok(consumed) => drop(buffer.drain(..consumed)),
            Err(error) => return (items, Some(error)),
        }
        assert!(
            buffer.len() < limits.longest_item(),
            "a complete item was left"
        );
        if rest.is_empty() {
            break;
        }
    }
    (items, None)
}

proptest! {
    #[test]
    fn what_was_encoded_is_decoded(parts in vec(part(), 0..6), compressed: bool) {
        let stream = encode(&parts, compressed);
        let mut decoder = BlockDecoder::new(BlockLimits::default(), compressed);
        let (items, result) = decode_all(&mut decoder, &stream);
        prop_assert_eq!(items, expected(&parts));
        prop_assert_eq!(result, Ok(stream.len()));
    }

    #[test]
    fn pieces_make_no_difference(
        parts in vec(part(), 0..6),
        pieces in vec(1..2000_usize, 1..8),
        compressed: bool,
    ) {
        let stream = encode(&parts, compressed);
        prop_assert_eq!(decode_in_pieces(&stream, &pieces, compressed), (expected(&parts), None));
    }

    #[test]
    fn arbitrary_bytes_are_survived(
        mut stream in vec(prop_oneof![3 => Just(0_u8), 1 => any::<u8>()], 0..600),
        pieces in vec(1..50_usize, 1..5),
        compressed: bool,
        small in 0..4_u8,
    ) {
        if let Some(low) = stream.get_mut(3) {
            *low = small; // mostly begin with a group, or nothing gets far
        }
        let mut decoder = BlockDecoder::new(BlockLimits::default(), compressed);
        let (whole, result) = decode_all(&mut decoder, &stream);
        if let Ok(consumed) = result {
            prop_assert!(consumed <= stream.len());
        }
        let (items, error) = decode_in_pieces(&stream, &pieces, compressed);
        prop_assert_eq!(items, whole);
        prop_assert_eq!(error, result.err());
    }

    #[test]
    fn a_frame_never_exceeds_its_limit(stream in vec(any::<u8>(), 0..200), frame in 1..40_usize) {
        let limits = BlockLimits { frame, block: 100, keep_alive: 20, super_frames: false };
        let mut input = vec![0, 0, 0, 9, 0, 0, 0];
        input.extend(stream);
        let (items, _) = decode_all(&mut BlockDecoder::new(limits, false), &input);
        for item in items {
            match item {
                Got::Frame(bytes) => prop_assert!((1..=frame).contains(&bytes.len())),
                Got::KeepAlive(bytes) => prop_assert!(bytes.len() <= 20),
                Got::SuperFrame(..) => prop_assert!(false, "nobody agreed on super-frames"),
                Got::Dropped(_) => {}
            }
        }
    }
}
