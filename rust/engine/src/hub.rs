//! A hub as the workers share it: the pure switch and the directory of its ports.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use arc_swap::{ArcSwap, ArcSwapOption, Guard};
use etherloom_switch::lock::Mutex;
use etherloom_switch::{HubRules, PortId, PortRules, Switch};

use crate::event::{Notice, Subject};
use crate::packet_log::{Counts, HubLog};
use crate::shared::SessionShared;

const NO_WORKER: usize = usize::MAX;
/// How much more than the least loaded worker a hub's first one may serve and still get its next port.
const TOGETHER: usize = 2;

/// One hub. Workers look up without a lock; ports come and go under one.
pub struct Hub {
    /// Number of this hub.
    pub identifier: u64,
    /// Two ports joined without learning: our client.
    pub wire: bool,
    /// MAC table and rules.
    pub switch: Switch,
    /// Frames are written down.
    packet_log: ArcSwapOption<HubLog>,
    /// What became of the records.
    pub packet_log_counts: Arc<Counts>,
    directory: ArcSwap<Vec<PortId>>,
    change: Mutex<()>,
    /// Flags towards Python.
    pub notice: Arc<Notice>,
    home: AtomicUsize,
    closed: AtomicBool,
}

impl Hub {
    /// A hub without ports.
    pub fn new(identifier: u64, wire: bool, rules: HubRules) -> Arc<Self> {
        Arc::new(Self {
            identifier,
            wire,
            switch: Switch::new(rules),
            packet_log: ArcSwapOption::empty(),
            packet_log_counts: Arc::default(),
            directory: ArcSwap::from_pointee(Vec::new()),
            change: Mutex::new(()),
            notice: Notice::new(Subject::Hub, identifier),
            home: AtomicUsize::new(NO_WORKER),
            closed: AtomicBool::new(false),
        })
    }

    /// What frames are written down in: to be asked once a batch.
    pub fn packet_log(&self) -> Option<Arc<HubLog>> {
        self.packet_log.load_full()
    }

    /// Another one, or none, for frames from the next batch on.
    pub fn set_packet_log(&self, log: Option<HubLog>) {
        self.packet_log.store(log.map(Arc::new));
    }

    /// All ports at this moment, in order, so that those of one worker stand together.
    pub fn ports(&self) -> Guard<Arc<Vec<PortId>>> {
        self.directory.load()
    }

    /// Make a port a target of floods. False when the hub was closed meanwhile.
    pub fn add_port(&self, port: PortId, rules: PortRules) -> bool {
        let _changing = self.change.lock();
        if self.closed.load(Ordering::Acquire) {
            return false;
        }
        let mut ports = self.directory.load().as_ref().clone();
        let place = ports.partition_point(|other| *other < port);
        ports.insert(place, port);
        self.switch.attach(port, rules);
        self.directory.store(Arc::new(ports));
        true
    }

    /// What a session's port may do has changed, or the port is new.
    pub fn renew_rules(&self, session: &SessionShared) {
        if let Some(port) = session.port.get() {
            let rules = session.rules.load().as_ref().clone();
            self.switch.set_port_rules(*port, rules);
        }
    }

    /// Forget a port and all that was learned from it.
    pub fn remove_port(&self, port: PortId) {
        let _changing = self.change.lock();
        let ports = self
            .directory
            .load()
            .iter()
            .copied()
            .filter(|other| *other != port)
            .collect();
        self.directory.store(Arc::new(ports));
        self.switch.detach(port);
    }

    /// Take no more ports; returns those that are there.
    pub fn close(&self) -> Vec<PortId> {
        let _changing = self.change.lock();
        self.closed.store(true, Ordering::Release);
        self.directory.load().as_ref().clone()
    }

    /// The worker for a new port. All ports of a wire hub share one: the device must see how full the session is.
    /// Others go to the least loaded worker, save that the first few of a hub stay together: a frame between two
    /// workers costs a wake-up more. `loads` are those of all workers.
    pub fn place(&self, loads: &[usize]) -> usize {
        let least = loads.iter().copied().min().unwrap_or(0);
        let proposal = loads.iter().position(|load| *load == least).unwrap_or(0);
        let claimed =
            self.home
                .compare_exchange(NO_WORKER, proposal, Ordering::AcqRel, Ordering::Acquire);
        match claimed {
            Err(home)
                if self.wire
                    || loads
                        .get(home)
                        .is_some_and(|load| *load <= least + TOGETHER) =>
            {
                home
            }
            _ => proposal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ports_of_a_hub_stay_together_and_later_ones_spread() {
        let hub = Hub::new(1, false, HubRules::default());
        assert_eq!(hub.place(&[5, 1, 3]), 1);
        assert_eq!(hub.place(&[5, 4, 3]), 1);
        assert_eq!(hub.place(&[5, 6, 3]), 2);
    }

    #[test]
    fn a_wire_hub_has_one_worker() {
        let hub = Hub::new(1, true, HubRules::default());
        assert_eq!(hub.place(&[0, 9]), 0);
        assert_eq!(hub.place(&[99, 0]), 0);
    }
}
