//! Devices on their worker: reading in turns, waiting for the session they are joined to.

use std::io::ErrorKind;
use std::sync::Arc;

use etherloom_switch::DropReason;
use etherloom_wire::offload::Packet;

use super::ports::{Source, Stream};
use super::slots::{Body, Slot, place_of};
use super::{Target, Worker};
use crate::capture::Spot;
use crate::device::Written;
use crate::shared::{Ended, SessionShared, Shared};

/// The longest super-frame with its header.
const DEVICE_READ_BYTES: usize = 66 * 1024;
/// What a device may read before others have their turn.
const DEVICE_BYTES_PER_TURN: usize = 192 * 1024;
/// A short frame costs as much as this many bytes.
const DEVICE_FRAME_COST_BYTES: usize = 1_400;

impl Worker {
    /// Read frames of a device into its hub, a bounded amount a turn.
    pub(super) fn read_device(&mut self, index: usize) {
        let Some(source) = self.source(index) else {
            return;
        };
        let mut buffer = std::mem::take(&mut self.scratch.device);
        // Once: it keeps its length.
        buffer.resize(DEVICE_READ_BYTES, 0);
        let mut stream = Stream::of(&source);
        let mut bytes = 0;
        let mut packets = 0;
        let mut more = true;
        while more && bytes < DEVICE_BYTES_PER_TURN {
            more = !self.pause_device(&source, index);
            if !more {
                break;
            }
            match self.read_frame(index, &mut buffer) {
                Ok((length, has_header)) => {
                    bytes += length + DEVICE_FRAME_COST_BYTES;
                    packets += 1;
                    self.ingress_read(&mut stream, &buffer[..length], has_header);
                }
                Err(ErrorKind::Interrupted) => {}
                Err(kind) => {
                    more = false;
                    if kind != ErrorKind::WouldBlock {
                        self.end_slot(index, Ended::Device);
                    }
                }
            }
        }
        self.scratch.device = buffer;
        source.session.count_device_reads(packets);
        self.send_batches(&source);
        self.flush_dirty();
        if more {
            self.again.push_back(Target::Device { slot: index });
        }
    }

    fn read_frame(&mut self, index: usize, buffer: &mut [u8]) -> Result<(usize, bool), ErrorKind> {
        match self.slots.get_mut(index) {
            Some(Slot {
                body: Body::Device(device),
                ..
            }) => Ok((device.read(buffer)?, device.has_header())),
            _ => Err(ErrorKind::WouldBlock),
        }
    }

    /// What one read brought.
    fn ingress_read(&mut self, from: &mut Stream<'_>, bytes: &[u8], has_header: bool) {
        let packet = if has_header {
            Packet::read(bytes)
        } else {
            Some(Packet::plain(bytes))
        };
        match packet {
            Some(packet) => self.ingress(from, packet),
            None => self.drop_unseen(from.source, DropReason::BadOffload),
        }
    }

    /// Our client's device waits while its only session has no connection: what the system keeps meanwhile is sent
    /// when there is one again.
    fn pause_device(&mut self, source: &Source, index: usize) -> bool {
        if !source.hub.wire {
            return false;
        }
        let cut_off = source
            .hub
            .ports()
            .iter()
            .filter(|port| **port != source.port)
            .any(|port| {
                matches!(self.slots.get(place_of(*port).1),
                Some(Slot { body: Body::Native(native), .. }) if native.is_cut_off())
            });
        if cut_off && let Some(slot) = self.slots.get_mut(index) {
            slot.paused = true;
        }
        cut_off
    }

    /// A session of a wire hub has room again, or new links: its device may go on.
    pub(super) fn resume_devices(&mut self, index: usize) {
        let Some(slot) = self.slots.get(index) else {
            return;
        };
        if !slot.hub.wire {
            return;
        }
        let hub = Arc::clone(&slot.hub);
        for port in hub.ports().iter() {
            let place = place_of(*port).1;
            if let Some(other) = self.slots.get_mut(place)
                && other.paused
            {
                other.paused = false;
                self.again.push_back(Target::Device { slot: place });
            }
        }
    }
}

/// Frames that a device refuses are known only after they were counted as sent: it may hold some back.
pub(super) fn count_written(session: &SessionShared, written: Written) {
    session.wire.add_device_writes(written.writes);
    for (reason, frames) in written.reasons() {
        if frames > 0 {
            session.counters.dropped_many(reason, frames);
        }
    }
}

/// The frame that was refused may have been held back for a while: traces see the count only.
pub(super) fn lose_written(shared: &Shared, spot: &Spot<'_>, written: Written) {
    for (reason, frames) in written.reasons() {
        shared.tap.lose(spot, reason, frames);
    }
}
