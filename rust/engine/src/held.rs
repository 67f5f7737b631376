//! Frames that wait until the link of their flow has gone, in order, bounded by bytes. Pure.

use std::collections::VecDeque;

use etherloom_wire::offload::{Packet, VirtioHeader};

/// One of them.
pub struct HeldFrame {
    flow: usize,
    header: VirtioHeader,
    bytes: Vec<u8>,
}

impl HeldFrame {
    /// As it came.
    pub fn packet(&self) -> Packet<'_> {
        Packet {
            header: self.header,
            bytes: &self.bytes,
        }
    }
}

/// Frames with the number of their flow.
#[derive(Default)]
pub struct Held {
    frames: VecDeque<HeldFrame>,
    bytes: usize,
}

impl Held {
    /// What waits.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Keep a frame; false when it does not fit below the limit.
    pub fn push(&mut self, flow: usize, packet: &Packet<'_>, limit: usize) -> bool {
        if self.bytes + packet.bytes.len() > limit {
            return false;
        }
        self.bytes += packet.bytes.len();
        self.frames.push_back(HeldFrame {
            flow,
            header: packet.header,
            bytes: packet.bytes.to_vec(),
        });
        true
    }

    /// Take out the frames of certain flows, in order.
    pub fn release(&mut self, is_free: impl Fn(usize) -> bool) -> VecDeque<HeldFrame> {
        let (free, kept): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut self.frames)
            .into_iter()
            .partition(|frame| is_free(frame.flow));
        self.bytes = kept.iter().map(|frame| frame.bytes.len()).sum();
        self.frames = kept;
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(held: &mut Held, flow: usize, byte: u8) -> bool {
        held.push(flow, &Packet::plain(&[byte; 10]), 40)
    }

    #[test]
    fn flows_are_released_one_by_one_and_in_order() {
        let mut held = Held::default();
        for (flow, byte) in [(1, 1), (2, 2), (1, 3), (2, 4)] {
            assert!(push(&mut held, flow, byte));
        }
        assert!(!push(&mut held, 3, 5));
        let free: Vec<_> = held
            .release(|flow| flow == 1)
            .iter()
            .map(|frame| frame.bytes[0])
            .collect();
        assert_eq!(free, [1, 3]);
        assert_eq!(held.bytes(), 20);
        assert!(push(&mut held, 3, 5));
        assert_eq!(held.release(|_| true).len(), 3);
        assert_eq!(held.bytes(), 0);
    }
}
