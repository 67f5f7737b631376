//! Frames that wait for one connection, fair among their flows: a bulk stream must not hold up a ping beside it.
//!
//! Flows are served in turns of some bytes each (deficit round robin); a flow that has just begun, or begins again
//! after it was served, comes first (RFC 8290), and flows of high priority before all. When the
//! queue is full its fattest flow loses its oldest frames; when it doesn't even move, who has his share waiting gets
//! nothing more in, which costs no copy. Frames are kept as they will stand in a block. Pure.

use std::collections::VecDeque;

use etherloom_wire::block::split_block;

/// Flows are told apart by so many values of their hash.
const FLOWS: usize = 64;
/// Bytes of a turn.
const TURN_BYTES: i64 = 8 * 1024;
/// A flow's empty buffer is kept up to this size.
const KEPT_BYTES: usize = 64 * 1024;

/// Which list a flow is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stand {
    #[default]
    Idle,
    Priority,
    New,
    Old,
}

#[derive(Debug, Default)]
struct Flow {
    /// Blocks with their sizes, one behind the other, from `head` on.
    blocks: Vec<u8>,
    head: usize,
    deficit: i64,
    stand: Stand,
}

impl Flow {
    fn bytes(&self) -> usize {
        self.blocks.len() - self.head
    }

    /// The first block with its size, and how many frames it is.
    fn first(&self) -> Option<(&[u8], u64)> {
        split_block(&self.blocks[self.head..])
    }

    fn drop_first(&mut self, bytes: usize) {
        self.head += bytes;
        if self.head == self.blocks.len() {
            self.blocks.clear();
            self.blocks.shrink_to(KEPT_BYTES);
            self.head = 0;
        } else if self.head > self.blocks.len() / 2 {
            self.blocks.drain(..self.head);
            self.head = 0;
        }
    }
}

/// The queue. Takes memory when first used.
#[derive(Debug, Default)]
pub struct FairQueue {
    flows: Vec<Flow>,
    priority: VecDeque<u8>,
    new: VecDeque<u8>,
    old: VecDeque<u8>,
    bytes: usize,
    /// Nothing has left it in turn since it was trimmed.
    stuck: bool,
}

impl FairQueue {
    /// What waits, sizes included.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Nothing waits.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// True where `trim` would have to make room for `bytes` of this flow, as ever since something left in turn last,
    /// and the flow has no less than its share waiting: to refuse them is as fair.
    pub fn refuses(&self, hash: u64, bytes: usize, limit: usize) -> bool {
        let flows = self.priority.len() + self.new.len() + self.old.len();
        self.stuck
            && self.bytes + bytes > limit
            && self.flows[hash as usize % FLOWS].bytes() * flows >= self.bytes
    }

    /// Append blocks of one flow, written by `write`; it is the writer's matter that they are whole.
    pub fn push(&mut self, hash: u64, priority: bool, write: impl FnOnce(&mut Vec<u8>)) {
        if self.flows.is_empty() {
            self.flows.resize_with(FLOWS, Flow::default);
        }
        let index = hash as usize % FLOWS;
        let flow = &mut self.flows[index];
        let before = flow.blocks.len();
        write(&mut flow.blocks);
        self.bytes += flow.blocks.len() - before;
        if flow.stand == Stand::Idle && flow.bytes() > 0 {
            flow.deficit = TURN_BYTES;
            flow.stand = if priority {
                Stand::Priority
            } else {
                Stand::New
            };
            self.list(flow_stand(&self.flows, index))
                .push_back(index as u8);
        }
    }

    /// Move the block that is next in turn to the end of `out`; false when nothing waits.
    pub fn pop(&mut self, out: &mut Vec<u8>) -> bool {
        while let Some(index) = self.next_flow() {
            let flow = &mut self.flows[index];
            let Some((block, _)) = flow.first() else {
                self.retire(index);
                continue;
            };
            let bytes = block.len();
            out.extend_from_slice(block);
            flow.drop_first(bytes);
            flow.deficit -= bytes as i64;
            self.bytes -= bytes;
            self.stuck = false;
            return true;
        }
        false
    }

    /// Drop the oldest frames of the fattest flows until no more than `limit` bytes wait. Returns how many frames.
    pub fn trim(&mut self, limit: usize) -> u64 {
        let mut dropped = 0;
        while self.bytes > limit {
            let Some(flow) = self.flows.iter_mut().max_by_key(|flow| flow.bytes()) else {
                break;
            };
            let Some((block, frames)) = flow.first() else {
                break;
            };
            let bytes = block.len();
            flow.drop_first(bytes);
            self.bytes -= bytes;
            self.stuck = true;
            dropped += frames;
        }
        dropped
    }

    /// Give memory back that isn't needed.
    pub fn rest(&mut self) {
        if self.bytes == 0 {
            *self = Self::default();
        }
    }

    /// The flow whose turn it is.
    fn next_flow(&mut self) -> Option<usize> {
        loop {
            let lists = [&mut self.priority, &mut self.new, &mut self.old];
            let list = lists.into_iter().find(|list| !list.is_empty())?;
            let index = *list.front()?;
            let flow = &mut self.flows[usize::from(index)];
            if flow.deficit > 0 {
                return Some(usize::from(index));
            }
            flow.deficit += TURN_BYTES;
            list.pop_front();
            if flow.stand == Stand::New {
                flow.stand = Stand::Old;
            }
            self.list(flow_stand(&self.flows, usize::from(index)))
                .push_back(index);
        }
    }

    /// A flow without frames leaves its list; one that was new first waits a turn, lest it stays new for ever.
    fn retire(&mut self, index: usize) {
        let stand = flow_stand(&self.flows, index);
        self.list(stand).pop_front();
        let flow = &mut self.flows[index];
        if stand == Stand::New && !self.old.is_empty() {
            flow.stand = Stand::Old;
            self.old.push_back(index as u8);
        } else {
            flow.stand = Stand::Idle;
        }
    }

    fn list(&mut self, stand: Stand) -> &mut VecDeque<u8> {
        match stand {
            Stand::Priority => &mut self.priority,
            Stand::New => &mut self.new,
            Stand::Idle | Stand::Old => &mut self.old,
        }
    }
}

fn flow_stand(flows: &[Flow], index: usize) -> Stand {
    flows[index].stand
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherloom_wire::block::append_frame;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn push(queue: &mut FairQueue, flow: u8, number: u16, size: usize) {
        let mut frame = vec![flow; size.max(3)];
        frame[1..3].copy_from_slice(&number.to_be_bytes());
        queue.push(u64::from(flow), false, |out| append_frame(out, &frame));
    }

    fn pop(queue: &mut FairQueue) -> Option<(u8, u16, usize)> {
        let mut out = Vec::new();
        queue.pop(&mut out).then(|| {
            let number = u16::from_be_bytes([out[5], out[6]]);
            (out[4], number, out.len() - 4)
        })
    }

    #[test]
    fn a_ping_passes_a_bulk_stream() {
        let mut queue = FairQueue::default();
        for number in 0..1000 {
            push(&mut queue, 1, number, 1500);
        }
        for _ in 0..20 {
            pop(&mut queue);
        }
        push(&mut queue, 2, 0, 98);
        assert_eq!(pop(&mut queue).map(|frame| frame.0), Some(2));
    }

    #[test]
    fn priority_goes_before_all() {
        let mut queue = FairQueue::default();
        push(&mut queue, 1, 0, 100);
        queue.push(9, true, |out| append_frame(out, &[9; 100]));
        assert_eq!(pop(&mut queue).map(|frame| frame.0), Some(9));
    }

    #[test]
    fn memory_is_given_back() {
        let mut queue = FairQueue::default();
        push(&mut queue, 1, 0, 100);
        queue.rest();
        assert!(pop(&mut queue).is_some());
        queue.rest();
        assert_eq!(queue.flows.capacity(), 0);
        assert_eq!(pop(&mut queue), None);
    }

    #[test]
    fn the_fattest_flow_loses_its_oldest() {
        let mut queue = FairQueue::default();
        for number in 0..10 {
            push(&mut queue, 1, number, 1000);
        }
        push(&mut queue, 2, 0, 1000);
        assert_eq!(queue.trim(5 * 1004), 6);
        let left: Vec<_> = std::iter::from_fn(|| pop(&mut queue)).collect();
        let of_one: Vec<_> = left.iter().filter(|frame| frame.0 == 1).collect();
        assert_eq!((of_one.len(), of_one[0].1), (4, 6));
        assert_eq!(left.len(), 5);
    }

    #[test]
    fn a_queue_that_does_not_move_refuses_all_but_those_with_less_than_their_share() {
        let mut queue = FairQueue::default();
        let limit = 10 * 1004;
        assert!(!queue.refuses(1, limit + 1, limit), "it may move yet");
        for number in 0..11 {
            push(&mut queue, 1, number, 1000);
        }
        assert_eq!(queue.trim(limit), 1);
        assert!(queue.refuses(1, 1004, limit));
        assert!(!queue.refuses(2, 1004, limit));
        push(&mut queue, 2, 0, 1000);
        assert_eq!(queue.trim(limit), 1);
        assert!(!queue.refuses(2, 1004, limit));
        assert!(pop(&mut queue).is_some());
        assert!(!queue.refuses(1, 3000, limit), "it moves");
    }

    #[test]
    fn bulk_flows_share_whatever_their_frames_are() {
        let mut queue = FairQueue::default();
        let sizes = [60_000, 1500, 200];
        for number in 0..4000 {
            for (flow, size) in sizes.iter().enumerate() {
                if usize::from(number) * size < 3_000_000 {
                    push(&mut queue, flow as u8, number, *size);
                }
            }
        }
        let mut served = [0; 3];
        for (flow, _, bytes) in std::iter::from_fn(|| pop(&mut queue)).take(1500) {
            served[usize::from(flow)] += bytes;
        }
        let (least, most) = (served.iter().min(), served.iter().max());
        let (least, most) = (*least.expect("three"), *most.expect("three"));
        assert!(
            most - least <= 60_000 + 2 * TURN_BYTES as usize,
            "{served:?}"
        );
    }

    proptest! {
        #[test]
        fn nothing_is_lost_but_what_is_dropped_and_flows_keep_their_order(
            steps in vec((0_u8..6, 3_usize..3000, 0_u8..4), 1..400),
            limit in 2_000_usize..100_000,
        ) {
            let mut queue = FairQueue::default();
            let (mut pushed, mut dropped, mut got) = ([0_u16; 6], 0, Vec::new());
            for (flow, size, what) in steps {
                if what == 0 {
                    got.extend(pop(&mut queue));
                } else {
                    push(&mut queue, flow, pushed[usize::from(flow)], size);
                    pushed[usize::from(flow)] += 1;
                    dropped += queue.trim(limit);
                    prop_assert!(queue.bytes() <= limit);
                }
            }
            got.extend(std::iter::from_fn(|| pop(&mut queue)));
            let all: u64 = pushed.iter().map(|count| u64::from(*count)).sum();
            prop_assert_eq!(got.len() as u64 + dropped, all);
            for flow in 0..6 {
                let numbers: Vec<_> = got.iter().filter(|one| one.0 == flow).map(|one| one.1).collect();
                prop_assert!(numbers.is_sorted());
            }
            prop_assert!(queue.is_empty());
        }
    }
}
