//! What a hub tells people about: for the security log. A ring that drops and counts; nothing waits for a reader.

use crate::PortId;
use crate::lock::Mutex;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};

const MOST_EVENTS: usize = 4_096;

/// One thing that happened on a port. Times are milliseconds of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A station was seen for the first time, or on another port.
    NewMac {
        /// Of the station.
        mac: [u8; 6],
        /// 0 for untagged.
        vlan: u16,
        /// It was on another port before.
        moved: bool,
    },
    /// One station more than the port may have; `is_bridge_limit`: because it may be no bridge.
    TooManyMacs {
        /// Of the station.
        mac: [u8; 6],
        /// How many it has.
        count: u32,
        /// Which rule it is.
        is_bridge_limit: bool,
    },
    /// One address more than the port may have; `is_routing_limit`: because it may be no router.
    TooManyAddresses {
        /// The address.
        address: IpAddr,
        /// How many it has.
        count: u32,
        /// Which rule it is.
        is_routing_limit: bool,
    },
    /// An address that another port uses.
    AddressConflict {
        /// The address.
        address: IpAddr,
        /// Who has it.
        owner: PortId,
        /// Station of who has it.
        mac: [u8; 6],
        /// Since when.
        created_ms: u64,
        /// Last seen.
        updated_ms: u64,
        /// A DHCP server allotted it.
        by_dhcp: bool,
        /// Now.
        now_ms: u64,
    },
    /// An address that no DHCP server has allotted.
    NotAllotted {
        /// The address.
        address: IpAddr,
    },
    /// A DHCP server behind the port allotted an address to a station behind another.
    Allotted {
        /// The address.
        address: IpAddr,
        /// The server's station.
        server_mac: [u8; 6],
        /// The server.
        server: IpAddr,
        /// The station that has it now.
        client_mac: [u8; 6],
        /// Its port.
        client: PortId,
    },
    /// More floods than the limit.
    Storm {
        /// Source.
        mac: [u8; 6],
        /// Source; unspecified where there is none.
        source: IpAddr,
        /// Target; unspecified where there is none.
        target: IpAddr,
        /// Frames a second.
        rate: u32,
    },
    /// A TCP connection to a port that may be no server was answered.
    ServerRefused {
        /// Who answers.
        source: IpAddr,
        /// Its port.
        source_port: u16,
        /// Who asked.
        target: IpAddr,
        /// Its port.
        target_port: u16,
    },
    /// A DHCP answer from a port that may be no DHCP server.
    DhcpServerRefused {
        /// Who answers.
        source: IpAddr,
        /// Its port.
        source_port: u16,
        /// To whom.
        target: IpAddr,
        /// Its port.
        target_port: u16,
    },
    /// Frames of this port come back on another: one of them was silenced for a while.
    Loop {
        /// The station that was seen at both.
        mac: [u8; 6],
        /// The other port.
        other: PortId,
        /// How long the port is silent.
        silent_ms: u64,
    },
}

/// Events that wait for a reader.
#[derive(Debug, Default)]
pub struct Events {
    waiting: Mutex<Waiting>,
    some: AtomicBool,
}

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<(PortId, Event)>,
    lost: u64,
}

impl Events {
    /// Tell; the newest are lost when nobody reads.
    pub fn tell(&self, port: PortId, event: Event) {
        let mut waiting = self.waiting.lock();
        if waiting.events.len() < MOST_EVENTS {
            waiting.events.push_back((port, event));
        } else {
            waiting.lost += 1;
        }
        self.some.store(true, Ordering::Release);
    }

    /// There may be some: cheap enough to ask after every batch. Says so once.
    pub fn has_news(&self) -> bool {
        self.some.load(Ordering::Relaxed) && self.some.swap(false, Ordering::AcqRel)
    }

    /// All that wait, and how many were lost before.
    pub fn take(&self) -> (Vec<(PortId, Event)>, u64) {
        let mut waiting = self.waiting.lock();
        let lost = std::mem::take(&mut waiting.lost);
        (waiting.events.drain(..).collect(), lost)
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, Events, MOST_EVENTS};

    fn event() -> Event {
        Event::NewMac {
            mac: [2; 6],
            vlan: 0,
            moved: false,
        }
    }

    #[test]
    fn what_nobody_reads_is_counted() {
        let events = Events::default();
        for _ in 0..MOST_EVENTS + 3 {
            events.tell(1, event());
        }
        let (taken, lost) = events.take();
        assert_eq!((taken.len(), lost), (MOST_EVENTS, 3));
        assert_eq!(events.take(), (Vec::new(), 0));
    }

    #[test]
    fn news_are_told_once() {
        let events = Events::default();
        assert!(!events.has_news());
        events.tell(1, event());
        assert!(events.has_news());
        assert!(!events.has_news());
    }
}
