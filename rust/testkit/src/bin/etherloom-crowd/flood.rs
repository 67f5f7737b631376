//! The second phase: neighbours (0 and 1, 2 and 3, …) send to each other, each with so many frames under way.
//!
//! Who sends and who receives are in this process, so a sender knows at once what has arrived. What a server drops
//! shows as a gap in front of the next frame; where nothing comes any more, a long pause stands for the gap.

use crate::arguments::Order;
use crate::crowd::Crowd;
use crate::frame;
use crate::member::Member;
use etherloom_testkit::clock::now_ns;
use etherloom_wire::block::{append_frame, begin_group, patch_group};
use mio::Events;
use std::io;
use std::time::Duration;

/// Frames of one record; a TLS record has at most 16 KiB.
const RECORD_BYTES: usize = 16 << 10;
/// When nothing has arrived for so long, all that was under way is lost. A busy machine alone must not look so.
const PAUSE_NS: u64 = 2_000_000_000;
/// How often that is looked at.
const REVIEW_NS: u64 = 100_000_000;
/// The server learns the addresses, windows open.
const WARM_UP_NS: u64 = 500_000_000;

/// One direction between two neighbours, kept at the sender's place.
struct Flow {
    template: Vec<u8>,
    sent: u64,
    /// All before this one have arrived or are lost.
    next: u64,
    arrived: u64,
    lost: u64,
    /// Came behind later ones, or twice, or when it had been given up.
    disordered: u64,
    moved_ns: u64,
}

#[derive(Clone, Copy, Default)]
struct Totals {
    arrived: u64,
    lost: u64,
    disordered: u64,
}

/// Let them send for so long, and print what arrived.
pub fn run(crowd: &mut Crowd, order: &Order, duration: Duration) -> io::Result<()> {
    let mut flows: Vec<_> = (0..order.sessions)
        .map(|place| Flow::new(place, order.size))
        .collect();
    let warm_ns = now_ns() + WARM_UP_NS;
    exchange(crowd, &mut flows, order, warm_ns)?;
    let (before, start_ns, start_cpu) = (totals(&flows), now_ns(), crowd.processor_seconds()?);
    exchange(
        crowd,
        &mut flows,
        order,
        start_ns + duration.as_nanos() as u64,
    )?;
    let (after, seconds) = (totals(&flows), (now_ns() - start_ns) as f64 / 1e9);
    let cpu_seconds = crowd.processor_seconds()? - start_cpu;
    let frames = (after.arrived - before.arrived) as f64;
    crowd.print(&[
        ("frames", frames),
        ("lost", (after.lost - before.lost) as f64),
        ("disordered", (after.disordered - before.disordered) as f64),
        ("flood_seconds", seconds),
        ("frames_a_second", frames / seconds),
        ("flood_cpu_seconds", cpu_seconds),
        ("still_inside", crowd.inside() as f64),
    ]);
    Ok(())
}

fn exchange(crowd: &mut Crowd, flows: &mut [Flow], order: &Order, end_ns: u64) -> io::Result<()> {
    let mut events = Events::with_capacity(1024);
    let mut review_ns = 0;
    while now_ns() < end_ns {
        let now = now_ns();
        if now >= review_ns {
            review_ns = now + REVIEW_NS;
            for (place, flow) in flows.iter_mut().enumerate() {
                flow.give_up(now);
                fill(crowd, flow, place, order);
            }
        }
        crowd.serve(&mut events, &mut |place, bytes| {
            flows[neighbour(place)].note(bytes, place, order.size, now);
        })?;
        for event in &events {
            // Its neighbour may have room now, and so may its own socket.
            let place = event.token().0;
            for sender in [neighbour(place), place] {
                fill(crowd, &mut flows[sender], sender, order);
            }
        }
    }
    Ok(())
}

/// Send full records as long as the window and the socket take them.
fn fill(crowd: &mut Crowd, flow: &mut Flow, place: usize, order: &Order) {
    let batch = (RECORD_BYTES / (order.size + 4)).clamp(1, order.window);
    let both_inside = [place, neighbour(place)]
        .into_iter()
        .all(|place| crowd.members[place].as_ref().is_some_and(Member::is_inside));
    while both_inside && flow.under_way() + batch as u64 <= order.window as u64 {
        let Some(member) = &mut crowd.members[place] else {
            return;
        };
        if !member.link.is_drained() {
            return;
        }
        let group = flow.group(batch);
        if let Err(error) = member.link.send(&group) {
            crowd.drop_member(place, error.into());
            return;
        }
    }
}

fn neighbour(place: usize) -> usize {
    place ^ 1
}

fn totals(flows: &[Flow]) -> Totals {
    flows.iter().fold(Totals::default(), |sum, flow| Totals {
        arrived: sum.arrived + flow.arrived,
        lost: sum.lost + flow.lost,
        disordered: sum.disordered + flow.disordered,
    })
}

impl Flow {
    fn new(place: usize, size: usize) -> Self {
        Self {
            template: frame::build(place, neighbour(place), size),
            sent: 0,
            next: 0,
            arrived: 0,
            lost: 0,
            disordered: 0,
            moved_ns: now_ns(),
        }
    }

    fn under_way(&self) -> u64 {
        self.sent - self.next
    }

    /// The next frames as one group.
    fn group(&mut self, count: usize) -> Vec<u8> {
        let mut plain = Vec::with_capacity((self.template.len() + 4) * count + 4);
        let place = begin_group(&mut plain);
        for _ in 0..count {
            frame::number(&mut self.template, self.sent as u32);
            append_frame(&mut plain, &self.template);
            self.sent += 1;
        }
        patch_group(&mut plain, place, count as u32);
        plain
    }

    /// A frame came to `to`.
    fn note(&mut self, bytes: &[u8], to: usize, size: usize, now: u64) {
        let Some(sequence) = frame::sequence(bytes, to, size) else {
            return;
        };
        // Sequence numbers are cut to 32 bits; far less than half of that is under way.
        let ahead = sequence.wrapping_sub(self.next as u32) as i32;
        if let Ok(gap) = u64::try_from(ahead) {
            self.lost += gap;
            self.next += gap + 1;
        } else {
            self.disordered += 1;
        }
        self.arrived += 1;
        self.moved_ns = now;
    }

    /// What has not come for a while will not come.
    fn give_up(&mut self, now: u64) {
        if now - self.moved_ns.min(now) >= PAUSE_NS {
            self.lost += self.under_way();
            self.next = self.sent;
            self.moved_ns = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 60;

    fn arrive(flow: &mut Flow, sequence: u32, now: u64) {
        let mut frame = frame::build(0, 1, SIZE);
        frame::number(&mut frame, sequence);
        flow.note(&frame, 1, SIZE, now);
    }

    #[test]
    fn a_gap_is_a_loss_and_makes_room() {
        let mut flow = Flow::new(0, SIZE);
        flow.group(10);
        arrive(&mut flow, 0, 1);
        arrive(&mut flow, 4, 1);
        assert_eq!((flow.arrived, flow.lost, flow.under_way()), (2, 3, 5));
        arrive(&mut flow, 2, 1);
        assert_eq!((flow.disordered, flow.under_way()), (1, 5));
    }

    #[test]
    fn a_long_pause_gives_up_what_was_under_way() {
        let mut flow = Flow::new(0, SIZE);
        flow.group(10);
        arrive(&mut flow, 0, 7);
        flow.give_up(7 + PAUSE_NS - 1);
        assert_eq!(flow.under_way(), 9);
        flow.give_up(7 + PAUSE_NS);
        assert_eq!((flow.lost, flow.under_way()), (9, 0));
    }

    #[test]
    fn numbers_may_run_over() {
        let mut flow = Flow::new(0, SIZE);
        flow.sent = u64::from(u32::MAX);
        flow.next = flow.sent;
        flow.group(3);
        for sequence in [u32::MAX, 0, 1] {
            arrive(&mut flow, sequence, 1);
        }
        assert_eq!((flow.arrived, flow.lost, flow.under_way()), (3, 0, 0));
    }
}
