//! The block stream as a peer may send it.

use etherloom_wire::block::{
    BlockDecoder, BlockError, BlockLimits, GroupEncoder, Item, encode_keep_alive,
};

const LIMITS: BlockLimits = BlockLimits::STOCK;

#[derive(Debug, PartialEq, Eq)]
enum Kept {
    Frame(Vec<u8>),
    KeepAlive(Vec<u8>),
    Dropped,
}

/// The first byte says whether the session is compressed and how the stream is cut; the rest is the stream.
pub fn block_stream(data: &[u8]) {
    let Some((how, stream)) = data.split_first() else {
        return;
    };
    let compressed = how & 1 != 0;
    let piece = usize::from(how >> 1) + 1;
    let (items, error) = decode(stream, stream.len().max(1), compressed);
    assert!(
        decode(stream, piece, compressed) == (items, error),
        "cutting made a difference"
    );
    let (items, _) = decode(stream, piece, compressed);
    check(&items);
    send_on(&items);
}

/// As a connection would: keep what was not consumed, add a piece, try again.
fn decode(stream: &[u8], piece: usize, compressed: bool) -> (Vec<Kept>, Option<BlockError>) {
    let mut decoder = BlockDecoder::new(LIMITS, compressed);
    let (mut buffer, mut items) = (Vec::new(), Vec::new());
    for bytes in stream.chunks(piece) {
        buffer.extend_from_slice(bytes);
        match decoder.decode(&buffer, &mut |item| items.push(keep(item))) {
            Ok(consumed) => drop(buffer.drain(..consumed)),
            Err(error) => return (items, Some(error)),
        }
        assert!(
            buffer.len() < LIMITS.longest_item(),
            "a complete item was left"
        );
    }
    (items, None)
}

fn keep(item: Item<'_>) -> Kept {
    match item {
        Item::Frame(bytes) => Kept::Frame(bytes.to_vec()),
        Item::KeepAlive(bytes) => Kept::KeepAlive(bytes.to_vec()),
        Item::SuperFrame(_) => unreachable!("nobody agreed on super-frames"),
        Item::Dropped(_) => Kept::Dropped,
    }
}

fn check(items: &[Kept]) {
    for item in items {
        match item {
            Kept::Frame(bytes) => assert!((1..=LIMITS.frame).contains(&bytes.len())),
            Kept::KeepAlive(bytes) => assert!(bytes.len() <= LIMITS.keep_alive),
            Kept::Dropped => {}
        }
    }
}

/// What was accepted can be sent to the next, who accepts the same.
fn send_on(items: &[Kept]) {
    let mut out = Vec::new();
    for item in items {
        match item {
            Kept::Frame(bytes) => {
                let mut group = GroupEncoder::begin(&mut out);
                group.push(bytes, None).expect("nothing is compressed");
                group.finish();
            }
            Kept::KeepAlive(bytes) => encode_keep_alive(&mut out, bytes),
            Kept::Dropped => {}
        }
    }
    let (again, error) = decode(&out, out.len().max(1), false);
    assert_eq!(error, None);
    let accepted = items.iter().filter(|item| **item != Kept::Dropped);
    assert!(
        again.iter().eq(accepted),
        "sent on, it became something else"
    );
}
