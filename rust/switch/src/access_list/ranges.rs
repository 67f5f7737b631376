//! Which of many ranges of ports that overlap is the first in order, for each port. Found by halving.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Number of an entry in its list; this one is none.
pub(super) const NONE: u32 = u32::MAX;

/// Stretches of ports, each with the first entry that covers it.
#[derive(Debug, Default)]
pub(super) struct Ranges(Box<[(u16, u32)]>);

impl Ranges {
    /// Of ranges (first, last, number of the entry).
    pub(super) fn of(mut ranges: Vec<(u16, u16, u32)>) -> Self {
        ranges.sort_unstable();
        let mut starts: Vec<u16> = ranges.iter().map(|range| range.0).collect();
        starts.extend(ranges.iter().filter_map(|range| range.1.checked_add(1)));
        starts.sort_unstable();
        starts.dedup();
        let mut waiting = ranges.into_iter().peekable();
        let mut open = BinaryHeap::new();
        let mut stretches: Vec<(u16, u32)> = Vec::with_capacity(starts.len());
        for start in starts {
            while let Some((_, last, number)) = waiting.next_if(|range| range.0 <= start) {
                open.push(Reverse((number, last)));
            }
            while open.peek().is_some_and(|Reverse((_, last))| *last < start) {
                open.pop();
            }
            let first = open.peek().map_or(NONE, |Reverse((number, _))| *number);
            if stretches.last().is_none_or(|before| before.1 != first) {
                stretches.push((start, first));
            }
        }
        Self(stretches.into())
    }

    /// The first entry whose range has the port.
    pub(super) fn find(&self, port: u16) -> u32 {
        let behind = self.0.partition_point(|stretch| stretch.0 <= port);
        behind.checked_sub(1).map_or(NONE, |place| self.0[place].1)
    }
}

#[cfg(test)]
mod tests {
    use super::{NONE, Ranges};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_in_order_is_found(
            pairs in prop::collection::vec((0..40_u16, 0..40_u16, prop::bool::ANY), 0..20),
        ) {
            let ranges: Vec<_> = pairs
                .iter()
                .zip(0_u32..)
                .map(|((one, other, high), number)| {
                    let up = if *high { u16::MAX - 39 } else { 0 };
                    (up + one.min(other), up + one.max(other), number)
                })
                .collect();
            let found = Ranges::of(ranges.clone());
            for port in (0..45).chain(u16::MAX - 45..=u16::MAX) {
                let wanted = ranges.iter().find(|(first, last, _)| (*first..=*last).contains(&port));
                prop_assert_eq!(found.find(port), wanted.map_or(NONE, |range| range.2));
            }
        }
    }
}
