//! The ports of a hub: what each may do, and what is remembered of it. Read without a lock.

use crate::PortId;
use crate::lock::Mutex;
use crate::rules::PortRules;
use arc_swap::{ArcSwap, Guard};
use std::collections::HashMap;
use std::sync::Arc;

/// One port.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) rules: ArcSwap<PortRules>,
}

/// All ports at one moment.
#[derive(Debug, Default, Clone)]
pub(crate) struct Directory {
    ports: HashMap<PortId, Arc<Port>>,
    monitors: Vec<PortId>,
}

impl Directory {
    pub(crate) fn monitors(&self) -> &[PortId] {
        &self.monitors
    }

    fn find_monitors(&mut self) {
        let found = self
            .ports
            .iter()
            .filter(|(_, port)| port.rules.load().monitor);
        self.monitors = found.map(|(port, _)| *port).collect();
        self.monitors.sort_unstable();
    }
}

/// The ports, as they come and go.
#[derive(Debug, Default)]
pub(crate) struct Ports {
    directory: ArcSwap<Directory>,
    change: Mutex<()>,
}

impl Ports {
    pub(crate) fn view(&self) -> Guard<Arc<Directory>> {
        self.directory.load()
    }

    pub(crate) fn attach(&self, port: PortId, rules: PortRules) {
        let added = Arc::new(Port {
            rules: ArcSwap::from_pointee(rules),
        });
        self.update(|directory| {
            directory.ports.insert(port, added);
        });
    }

    /// A port that is not there has no rules.
    pub(crate) fn set_rules(&self, port: PortId, rules: PortRules) {
        self.update(|directory| {
            if let Some(port) = directory.ports.get(&port) {
                port.rules.store(Arc::new(rules));
            }
        });
    }

    pub(crate) fn detach(&self, port: PortId) {
        self.update(|directory| {
            directory.ports.remove(&port);
        });
    }

    fn update(&self, change: impl FnOnce(&mut Directory)) {
        let _changing = self.change.lock();
        let mut directory = self.directory.load().as_ref().clone();
        change(&mut directory);
        directory.find_monitors();
        self.directory.store(Arc::new(directory));
    }
}
