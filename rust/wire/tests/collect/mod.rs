//! Owned copies of what a decoder hands out, to compare with.

use etherloom_wire::block::{BlockDecoder, BlockError, DropReason, Item};
use etherloom_wire::offload::VirtioHeader;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Got {
    Frame(Vec<u8>),
    KeepAlive(Vec<u8>),
    SuperFrame(VirtioHeader, Vec<u8>),
    Dropped(DropReason),
}

impl From<Item<'_>> for Got {
    fn from(item: Item<'_>) -> Self {
        match item {
            Item::Frame(bytes) => Self::Frame(bytes.to_vec()),
            Item::KeepAlive(bytes) => Self::KeepAlive(bytes.to_vec()),
            Item::SuperFrame(packet) => Self::SuperFrame(packet.header, packet.bytes.to_vec()),
            Item::Dropped(reason) => Self::Dropped(reason),
        }
    }
}

pub fn decode_all(
    decoder: &mut BlockDecoder,
    input: &[u8],
) -> (Vec<Got>, Result<usize, BlockError>) {
    let mut items = Vec::new();
    let result = decoder.decode(input, &mut |item| items.push(item.into()));
    (items, result)
}
