//! Links on their worker: coming, read and written, going.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use etherloom_switch::DropReason;
use etherloom_wire::block::Item;
use etherloom_wire::capture::Way;
use etherloom_wire::offload::Packet;
use log::debug;
use mio::Interest;
use mio::event::Event;

use super::connections::{deregister, token};
use super::ports::{Source, Stream};
use super::slots::{Body, Slot};
use super::{Target, Worker};
use crate::capture::Spot;
use crate::congestion::PathWatch;
use crate::event::session as flag;
use crate::link::{Flushed, Link, Received};
use crate::message::Transfer;

const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);
/// A link may read so often before others have their turn.
const READS_PER_TURN: usize = 1;
/// More than the systems of both ends hold for a link that is about to go.
const GOING_READS_PER_TURN: usize = 64;

impl Worker {
    /// Second half of a promotion: the connection becomes a link.
    pub(super) fn on_attach(&mut self, session: u64, mut transfer: Transfer) {
        let now_ms = self.now_ms;
        let Some(index) = self
            .slots
            .find(session)
            .filter(|index| self.is_running(*index))
        else {
            transfer.say_goodbye();
            return;
        };
        let identifier = transfer.connection;
        let congestion = self.shared.congestion.load();
        congestion.apply(&transfer.socket);
        if self
            .poll
            .registry()
            .register(&mut transfer.socket, token(identifier), BOTH)
            .is_err()
        {
            return;
        }
        let Some(Slot {
            body: Body::Native(native),
            shared,
            ..
        }) = self.slots.get_mut(index)
        else {
            return;
        };
        let path = PathWatch::new(&congestion);
        let link = Link::new(transfer, &native.rules, path, now_ms);
        shared.links.lock().push(Arc::clone(&link.shared));
        shared.links_opened.fetch_add(1, Relaxed);
        shared.last_received_ms.store(now_ms, Relaxed);
        self.shared.events.raise(&shared.notice, flag::LINK_OPENED);
        native.links.push(link);
        self.targets.insert(
            identifier,
            Target::Link {
                slot: index,
                connection: identifier,
            },
        );
        self.shared.handles()[self.index].load.fetch_add(1, Relaxed);
        self.serve_session(index);
        self.read_link(index, identifier);
        self.resume_devices(index);
    }

    fn link_mut(&mut self, index: usize, connection: u64) -> Option<&mut Link> {
        match self.slots.get_mut(index) {
            Some(Slot {
                body: Body::Native(native),
                ..
            }) => native.link_mut(connection),
            _ => None,
        }
    }

    pub(super) fn on_link_event(&mut self, index: usize, connection: u64, event: &Event) {
        let Some(link) = self.link_mut(index, connection) else {
            return;
        };
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            link.readable = true;
        }
        link.hangup |= event.is_read_closed() || event.is_error();
        if event.is_writable() {
            self.write_link(index, connection);
        }
        self.read_link(index, connection);
        self.part_with(index, connection);
    }

    /// Forget a link whose both ends have come.
    fn part_with(&mut self, index: usize, connection: u64) {
        if self
            .link_mut(index, connection)
            .is_some_and(|link| link.is_gone())
        {
            self.remove_link(index, connection);
        }
    }

    fn write_link(&mut self, index: usize, connection: u64) {
        let Some(Slot {
            body: Body::Native(native),
            ..
        }) = self.slots.get_mut(index)
        else {
            return;
        };
        let Some(link) = native.link_mut(connection) else {
            return;
        };
        let flushed = link.flush(&mut self.scratch);
        native.settle();
        if flushed == Flushed::Broken {
            self.remove_link(index, connection);
        }
    }

    /// Read what a link has, a bounded amount a turn, into the hub. A link that is about to go is read to its
    /// end first: what its flows have sent since may be on this one.
    pub(super) fn read_link(&mut self, index: usize, connection: u64) {
        let Some(source) = self.source(index) else {
            return;
        };
        for going in self.going_links(index) {
            if going != connection {
                self.read_to_end(&source, index, going);
            }
        }
        for _ in 0..READS_PER_TURN {
            if !self.read_once(&source, index, connection) {
                return;
            }
        }
        self.again.push_back(Target::Link {
            slot: index,
            connection,
        });
    }

    fn going_links(&self, index: usize) -> Vec<u64> {
        match self.slots.get(index) {
            Some(Slot {
                body: Body::Native(native),
                ..
            }) => native.going(),
            _ => Vec::new(),
        }
    }

    fn read_to_end(&mut self, source: &Source, index: usize, connection: u64) {
        if let Some(link) = self.link_mut(index, connection) {
            // Its event may still stand behind the one that is served now.
            link.readable = true;
        }
        for _ in 0..GOING_READS_PER_TURN {
            if !self.read_once(source, index, connection) {
                return;
            }
        }
    }

    /// True if there may be more.
    fn read_once(&mut self, source: &Source, index: usize, connection: u64) -> bool {
        let Some(Slot {
            body: Body::Native(native),
            ..
        }) = self.slots.get_mut(index)
        else {
            return false;
        };
        let Some(link) = native.link_mut(connection) else {
            return false;
        };
        if !link.readable || link.ended {
            return false;
        }
        let received = link.receive(&mut self.scratch);
        let alive = self.take_received(source, index, connection, &received);
        self.send_batches(source);
        self.flush_dirty();
        alive && received != Received::Blocked
    }

    fn take_received(
        &mut self,
        source: &Source,
        index: usize,
        connection: u64,
        received: &Received,
    ) -> bool {
        match received {
            Received::Blocked => true,
            Received::Data => {
                let decoded = self.decode(source, index, connection);
                if let Err(reason) = &decoded {
                    debug!("link {connection}: {reason}");
                    self.remove_link(index, connection);
                }
                decoded.is_ok()
            }
            Received::Finished => {
                // What came in the same record or segment as the goodbye still counts.
                let _ = self.decode(source, index, connection);
                self.answer_goodbye(index, connection);
                false
            }
            Received::Broken(reason) => {
                debug!("link {connection}: {reason}");
                if let Some(link) = self.link_mut(index, connection) {
                    link.send_alert();
                }
                self.remove_link(index, connection);
                false
            }
        }
    }

    /// Walk over the opened blocks.
    fn decode(&mut self, source: &Source, index: usize, connection: u64) -> Result<(), String> {
        let now_ms = self.now_ms;
        let plain = std::mem::take(&mut self.scratch.plain);
        let Some(mut decoder) = self
            .link_mut(index, connection)
            .and_then(|link| link.decoder.take())
        else {
            self.scratch.plain = plain;
            return Ok(());
        };
        let mut items = 0u64;
        let mut stream = Stream::of(source);
        let result = decoder.decode(&plain, &mut |item| {
            items += 1;
            match item {
                Item::Frame(frame) => self.ingress(&mut stream, Packet::plain(frame)),
                Item::SuperFrame(packet) => self.ingress(&mut stream, packet),
                Item::KeepAlive(_) => {}
                Item::Dropped(reason) => self.drop_unseen(source, of_block(reason)),
            }
        });
        source.session.sight.received_batch.count_some(items);
        if let Some(link) = self.link_mut(index, connection) {
            link.decoder = Some(decoder);
            let consumed = *result.as_ref().unwrap_or(&plain.len());
            link.keep_partial(&plain[consumed..]);
            if items > 0 {
                link.last_received_ms = now_ms;
                source.session.last_received_ms.store(now_ms, Relaxed);
            }
        }
        self.scratch.plain = plain;
        self.scratch.plain.clear();
        result.map(drop).map_err(|error| error.to_string())
    }

    /// The peer has closed a link politely: what waits for it goes out, then our goodbye. The link is forgotten
    /// when the peer has all that, and only then its flows go on elsewhere.
    fn answer_goodbye(&mut self, index: usize, connection: u64) {
        let now_ms = self.now_ms;
        let Some(Slot {
            body: Body::Native(native),
            shared,
            ..
        }) = self.slots.get_mut(index)
        else {
            return;
        };
        let Some(link) = native.link_mut(connection) else {
            return;
        };
        link.ended = true;
        link.shared.ended.store(true, Relaxed);
        self.shared.events.raise(&shared.notice, flag::LINK_CLOSED);
        let broken = link.start_closing(now_ms, &mut self.scratch) == Flushed::Broken;
        let due = native.next_due_ms();
        if broken
            || self
                .link_mut(index, connection)
                .is_some_and(|link| link.is_gone())
        {
            self.remove_link(index, connection);
        } else {
            self.arm_session(index, due);
        }
    }

    pub(super) fn remove_link(&mut self, index: usize, connection: u64) {
        let Some(Slot {
            body: Body::Native(native),
            shared,
            hub,
            ..
        }) = self.slots.get_mut(index)
        else {
            return;
        };
        let Some(position) = native
            .links
            .iter()
            .position(|link| link.identifier == connection)
        else {
            return;
        };
        let mut link = native.links.swap_remove(position);
        let refused = native.release(&mut self.scratch);
        shared.counters.dropped_many(DropReason::NoLink, refused);
        let spot = Spot {
            hub: hub.identifier,
            session: shared,
            way: Way::Out,
        };
        self.shared.tap.lose(&spot, DropReason::NoLink, refused);
        shared
            .links
            .lock()
            .retain(|other| other.connection != connection);
        shared.wire.absorb(&link.shared.wire);
        self.shared.events.raise(&shared.notice, flag::LINK_CLOSED);
        self.shared.handles()[self.index].load.fetch_sub(1, Relaxed);
        deregister(self, &mut link.socket);
        self.targets.remove(&connection);
        self.mark_dirty(index);
        self.finish_ended(index);
        self.resume_devices(index);
    }

    pub(super) fn on_close_link(&mut self, session: u64, connection: u64) {
        if let Some(index) = self.slots.find(session) {
            self.close_link(index, connection);
        }
    }

    pub(super) fn close_link(&mut self, index: usize, connection: u64) {
        let now_ms = self.now_ms;
        let Some(Slot {
            body: Body::Native(native),
            ..
        }) = self.slots.get_mut(index)
        else {
            return;
        };
        let Some(link) = native.link_mut(connection) else {
            return;
        };
        let broken = link.start_closing(now_ms, &mut self.scratch) == Flushed::Broken;
        let due = native.next_due_ms();
        if broken {
            self.remove_link(index, connection);
        } else {
            self.arm_session(index, due);
        }
    }
}

fn of_block(reason: etherloom_wire::block::DropReason) -> DropReason {
    use etherloom_wire::block::DropReason as Block;
    match reason {
        Block::TooLong => DropReason::TooLong,
        Block::Empty => DropReason::Empty,
        Block::BadCompression => DropReason::BadCompression,
        Block::InflatesTooLong => DropReason::InflatesTooLong,
        Block::BadSuperFrame => DropReason::BadOffload,
    }
}
