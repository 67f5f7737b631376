//! Queries: what is so at this moment.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use etherloom_switch::{CountersSnapshot, Event, PortId};

use crate::acceleration::AccelerationShared;
use crate::admission::Gate;
use crate::shared::{LinkShared, PortKind, SessionShared, WireCounters};
use crate::sight::SightSnapshot;

/// Counts of a listener.
#[derive(Clone, Copy, Debug)]
pub struct ListenerSnapshot {
    /// Let in, ever.
    pub accepted: u64,
    /// Not logged in yet.
    pub unestablished: usize,
    /// Turned away for the cap per source.
    pub refused_per_source: u64,
    /// Turned away for the cap in all.
    pub refused_total: u64,
    /// TLS did not come up.
    pub failed_handshakes: u64,
}

impl ListenerSnapshot {
    /// Read the gate.
    pub fn of(gate: &Gate) -> Self {
        Self {
            accepted: gate.accepted.load(Relaxed),
            unestablished: gate.waiting(),
            refused_per_source: gate.refused_per_source.load(Relaxed),
            refused_total: gate.refused_total.load(Relaxed),
            failed_handshakes: gate.failed_handshakes.load(Relaxed),
        }
    }
}

/// One learned address.
#[derive(Clone, Debug)]
pub struct MacEntry {
    /// The session it was learned from.
    pub session: u64,
    /// MAC address.
    pub address: [u8; 6],
    /// VLAN identifier, 0 without a tag.
    pub vlan: u16,
    /// Since it was learned.
    pub created_ms_ago: u64,
    /// Since it was seen.
    pub updated_ms_ago: u64,
}

impl MacEntry {
    /// None when the session is gone meanwhile.
    pub fn of(
        entry: &etherloom_switch::MacEntry,
        sessions: &HashMap<PortId, u64>,
        now_ms: u64,
    ) -> Option<Self> {
        Some(Self {
            session: *sessions.get(&entry.port)?,
            address: entry.key.mac(),
            vlan: entry.key.vlan(),
            created_ms_ago: now_ms.saturating_sub(entry.created_ms),
            updated_ms_ago: now_ms.saturating_sub(entry.updated_ms),
        })
    }
}

/// One address that was seen.
#[derive(Clone, Debug)]
pub struct IpEntry {
    /// The session it was seen on.
    pub session: u64,
    /// The address.
    pub address: IpAddr,
    /// VLAN identifier, 0 without a tag.
    pub vlan: u16,
    /// Its station.
    pub mac: [u8; 6],
    /// A DHCP server allotted it.
    pub by_dhcp: bool,
    /// Since it is known.
    pub created_ms_ago: u64,
    /// Since it was seen.
    pub updated_ms_ago: u64,
}

impl IpEntry {
    /// None when the session is gone meanwhile.
    pub fn of(
        entry: &etherloom_switch::IpEntry,
        sessions: &HashMap<PortId, u64>,
        now_ms: u64,
    ) -> Option<Self> {
        Some(Self {
            session: *sessions.get(&entry.port)?,
            address: entry.key.address,
            vlan: entry.key.vlan,
            mac: entry.mac,
            by_dhcp: entry.by_dhcp,
            created_ms_ago: now_ms.saturating_sub(entry.created_ms),
            updated_ms_ago: now_ms.saturating_sub(entry.updated_ms),
        })
    }
}

/// Something that a hub tells people.
#[derive(Clone, Debug)]
pub struct HubEvent {
    /// The session it is about; None when it is gone meanwhile.
    pub session: Option<u64>,
    /// Another session that takes part.
    pub other: Option<u64>,
    /// What happened.
    pub event: Event,
    /// Engine milliseconds of this moment, for the times in it.
    pub now_ms: u64,
}

impl HubEvent {
    /// With sessions in the place of ports.
    pub fn of(port: PortId, event: Event, sessions: &HashMap<PortId, u64>, now_ms: u64) -> Self {
        let other = match event {
            Event::AddressConflict { owner, .. } => Some(owner),
            Event::Allotted { client, .. } => Some(client),
            Event::Loop { other, .. } => Some(other),
            _ => None,
        };
        Self {
            session: sessions.get(&port).copied(),
            other: other.and_then(|port| sessions.get(&port).copied()),
            event,
            now_ms,
        }
    }
}

/// One link.
#[derive(Clone, Debug)]
pub struct LinkSnapshot {
    /// Number of the connection.
    pub connection: u64,
    /// Peer address.
    pub peer: SocketAddr,
    /// 0 both, 1 server to client, 2 client to server.
    pub direction: u8,
    /// Without TLS.
    pub raw: bool,
    /// As TLS prints it.
    pub tls_version: String,
    /// As TLS prints it.
    pub cipher: String,
    /// On the wire.
    pub bytes_sent: u64,
    /// On the wire.
    pub bytes_received: u64,
}

impl LinkSnapshot {
    fn of(link: &LinkShared) -> Self {
        Self {
            connection: link.connection,
            peer: link.peer,
            direction: link.direction,
            raw: link.raw,
            tls_version: link.facts.version.clone(),
            cipher: link.facts.cipher.clone(),
            bytes_sent: link.wire.sent.load(Relaxed),
            bytes_received: link.wire.received.load(Relaxed),
        }
    }
}

/// UDP acceleration of a session.
#[derive(Clone, Debug)]
pub struct AccelerationSnapshot {
    /// The other end answers.
    pub reached: bool,
    /// Frames go this way.
    pub active: bool,
    /// How often they did and had to go back.
    pub fallbacks: u64,
    /// Datagrams to the other end.
    pub sent: u64,
    /// Authentic ones of the other end.
    pub received: u64,
    /// Not authentic.
    pub forged: u64,
    /// Authentic, and seen before, too old or for another session.
    pub replayed: u64,
    /// Where the other end is.
    pub peer: Option<SocketAddr>,
}

impl AccelerationSnapshot {
    fn of(shared: &AccelerationShared, ended: bool) -> Self {
        Self {
            reached: shared.reached.load(Relaxed) && !ended,
            active: shared.active.load(Relaxed) && !ended,
            fallbacks: shared.fallbacks.load(Relaxed),
            sent: shared.sent.load(Relaxed),
            received: shared.received.load(Relaxed),
            forged: shared.forged.load(Relaxed),
            replayed: shared.replayed.load(Relaxed),
            peer: *shared.peer.lock(),
        }
    }
}

/// A session.
#[derive(Clone, Debug)]
pub struct SessionSnapshot {
    /// "native", "tap" or "memory".
    pub kind: &'static str,
    /// Name of the TAP adapter.
    pub device: Option<String>,
    /// Plugged into its hub.
    pub attached: bool,
    /// Why it is over.
    pub ended: Option<&'static str>,
    /// Its links.
    pub links: Vec<LinkSnapshot>,
    /// Links since the start.
    pub links_opened: u64,
    /// Frames and bytes through the port.
    pub counters: CountersSnapshot,
    /// Drops by name, those that happened.
    pub drops: BTreeMap<&'static str, u64>,
    /// On the wire, all links.
    pub wire_bytes_sent: u64,
    /// On the wire, all links.
    pub wire_bytes_received: u64,
    /// System calls that wrote, all links or the device.
    pub writes: u64,
    /// System calls that read.
    pub reads: u64,
    /// Batches and delays.
    pub sight: SightSnapshot,
    /// Since the last complete item from the peer.
    pub idle_ms: u64,
    /// UDP acceleration, where both ends agreed on it.
    pub acceleration: Option<AccelerationSnapshot>,
}

impl SessionSnapshot {
    /// Read a session.
    pub fn of(session: &SessionShared, now_ms: u64) -> Self {
        let present = session.links.lock().clone();
        let sum = |count: fn(&WireCounters) -> &AtomicU64| -> u64 {
            present
                .iter()
                .map(|link| count(&link.wire).load(Relaxed))
                .sum()
        };
        // One that the peer has left is no connection any more, though its last bytes are.
        let links = present.iter().filter(|link| !link.ended.load(Relaxed));
        let links: Vec<_> = links.map(|link| LinkSnapshot::of(link)).collect();
        let (kind, device) = match &session.kind {
            PortKind::Native => ("native", None),
            PortKind::Tap(name) => ("tap", Some(name.clone())),
            PortKind::Memory => ("memory", None),
        };
        let counters = session.counters.snapshot();
        Self {
            kind,
            device,
            attached: session.port.get().is_some() && session.ended.get().is_none(),
            ended: session.ended.get().map(|reason| reason.as_str()),
            links_opened: session.links_opened.load(Relaxed),
            drops: named_drops(&counters),
            wire_bytes_sent: session.wire.sent.load(Relaxed) + sum(|wire| &wire.sent),
            wire_bytes_received: session.wire.received.load(Relaxed) + sum(|wire| &wire.received),
            writes: session.wire.writes.load(Relaxed) + sum(|wire| &wire.writes),
            reads: session.wire.reads.load(Relaxed) + sum(|wire| &wire.reads),
            sight: session.sight.snapshot(),
            idle_ms: now_ms.saturating_sub(session.last_received_ms.load(Relaxed)),
            acceleration: session
                .acceleration
                .get()
                .map(|shared| AccelerationSnapshot::of(shared, session.ended.get().is_some())),
            counters,
            links,
        }
    }
}

fn named_drops(counters: &CountersSnapshot) -> BTreeMap<&'static str, u64> {
    let happened = counters.drops().filter(|(_, count)| *count > 0);
    happened
        .map(|(reason, count)| (reason.name(), count))
        .collect()
}
