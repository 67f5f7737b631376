//! Joining frames into super-frames.

use super::arrival::{Arrival, FlowKey, Segment};
use super::flow::{Flow, lay_alone};
use super::layers::{Layers, Protocol};
use super::virtio::Packet;

/// Super-frames that grow at one time; the oldest goes when one more flow comes.
const MOST_FLOWS: usize = 8;

/// Joins complete frames into super-frames, by the rules of the Linux kernel's GRO.
///
/// Frames of one flow never overtake each other. Of all that comes out, cutting it again gives the very frames that
/// went in (only the identification of unfragmentable IPv4 packets, which means nothing, may have been counted up).
pub struct Coalescer {
    udp: bool,
    /// The oldest first.
    open: Vec<Flow>,
    /// Memory of super-frames that were handed over.
    spare: Vec<Vec<u8>>,
    alone: Vec<u8>,
}

impl Coalescer {
    /// Holds nothing. `udp`: the device takes UDP super-frames too.
    pub fn new(udp: bool) -> Self {
        Self {
            udp,
            open: Vec::with_capacity(MOST_FLOWS),
            spare: Vec::with_capacity(MOST_FLOWS),
            alone: Vec::new(),
        }
    }

    /// Takes one complete frame. What must go to the device first is handed to `out`: header and frame in one piece.
    pub fn push(&mut self, frame: &[u8], out: &mut impl FnMut(&[u8])) {
        self.push_packet(&Packet::plain(frame), out);
    }

    /// Takes one frame, the checksum of which may be partial: then there is nothing to verify.
    pub fn push_packet(&mut self, packet: &Packet<'_>, out: &mut impl FnMut(&[u8])) {
        match Arrival::of(packet.bytes) {
            Arrival::Foreign => {}
            Arrival::Portless(pair) => self.close_all(|flow| flow.pair == pair, out),
            Arrival::Ported(key, layers) => {
                if self.push_ported(&key, layers, packet, out) {
                    return;
                }
            }
        }
        lay_alone(packet, &mut self.alone);
        out(&self.alone);
    }

    /// Hands over what `frame`, which goes to the device by itself, must not overtake.
    pub fn release(&mut self, frame: &[u8], out: &mut impl FnMut(&[u8])) {
        match Arrival::of(frame) {
            Arrival::Foreign => {}
            Arrival::Portless(pair) => self.close_all(|flow| flow.pair == pair, out),
            Arrival::Ported(key, _) => self.close_all(|flow| *flow == key, out),
        }
    }

    /// The end of a batch: hands over what is held.
    pub fn flush(&mut self, out: &mut impl FnMut(&[u8])) {
        self.close_all(|_| true, out);
    }

    /// Nothing is held.
    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// True: the frame is taken. Else it can't be joined with anything, and nothing of its flow is held any more.
    fn push_ported(
        &mut self,
        key: &FlowKey,
        layers: Layers,
        packet: &Packet<'_>,
        out: &mut impl FnMut(&[u8]),
    ) -> bool {
        let segment = if layers.protocol == Protocol::Udp && !self.udp {
            None
        } else {
            Segment::of(packet, layers)
        };
        let place = self.open.iter().position(|flow| flow.key == *key);
        if let Some(place) = place {
            let fitting = segment.as_ref().filter(|segment| {
                self.open[place].fits(segment, packet.bytes) && segment.is_intact(packet.bytes)
            });
            if let Some(segment) = fitting {
                if self.open[place].join(segment, packet.bytes) {
                    self.close(place, out);
                }
                return true;
            }
            self.close(place, out);
        }
        match segment.filter(|segment| !segment.is_pushed && segment.is_intact(packet.bytes)) {
            Some(segment) => self.begin(*key, &segment, packet, out),
            None => return false,
        }
        true
    }

    fn begin(
        &mut self,
        key: FlowKey,
        segment: &Segment,
        packet: &Packet<'_>,
        out: &mut impl FnMut(&[u8]),
    ) {
        if self.open.len() == MOST_FLOWS {
            self.close(0, out);
        }
        let buffer = self.spare.pop().unwrap_or_default();
        self.open.push(Flow::begin(key, segment, packet, buffer));
    }

    fn close(&mut self, place: usize, out: &mut impl FnMut(&[u8])) {
        let buffer = self.open.remove(place).finish(out);
        self.spare.push(buffer);
    }

    fn close_all(&mut self, which: impl Fn(&FlowKey) -> bool, out: &mut impl FnMut(&[u8])) {
        while let Some(place) = self.open.iter().position(|flow| which(&flow.key)) {
            self.close(place, out);
        }
    }
}
