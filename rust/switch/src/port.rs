//! A hub's ports: what each may do, compiled, and what is kept for it from frame to frame.

use crate::PortId;
use crate::access_list::{AccessList, Identity};
use crate::bucket::Bucket;
use crate::lock::Mutex;
use crate::rules::{PortKind, PortPolicy, PortRules};
use crate::storm::Storms;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Parts of the directory: a change copies one of them.
const PARTS: usize = 64;

/// One port as it is in force. Replaced whole when its rules change; its state stays.
#[derive(Debug)]
pub(crate) struct Port {
    pub(crate) rules: PortRules,
    pub(crate) state: Arc<PortState>,
    /// An item of its policy looks at the frames that come from it.
    pub(crate) filters: bool,
    /// Something has to be looked at before a frame goes to it.
    pub(crate) guarded: bool,
    /// Frames may come back by it.
    pub(crate) may_loop: bool,
    /// Who it is to the hub's access list.
    pub(crate) identity: Identity,
}

/// What outlives a change of rules.
#[derive(Debug, Default)]
pub(crate) struct PortState {
    pub(crate) upload: Mutex<Bucket>,
    pub(crate) download: Mutex<Bucket>,
    pub(crate) storms: Mutex<Storms>,
    /// When it last sent something, and one; 0: never.
    pub(crate) active_ms: AtomicU64,
    /// Nothing passes before this time.
    pub(crate) silent_until_ms: AtomicU64,
    /// Ports that came later have higher numbers.
    pub(crate) joined: u64,
}

impl Port {
    pub(crate) fn new(rules: PortRules, state: Arc<PortState>, list: &AccessList) -> Self {
        let policy = &rules.policy;
        let is_client = rules.kind == PortKind::Client;
        Self {
            filters: filters(policy),
            guarded: guards(policy) || rules.monitor,
            may_loop: match rules.kind {
                PortKind::Bridge | PortKind::Cascade => true,
                PortKind::Client => is_client && !policy.no_bridge,
                PortKind::Program => false,
            },
            identity: list.resolve(&rules),
            rules,
            state,
        }
    }
}

fn filters(policy: &PortPolicy) -> bool {
    filters_both_ways(policy)
        || policy.dhcp_no_server
        || policy.no_server
        || policy.ra_filter
        || policy.dhcpv6_no_server
        || policy.no_server_v6
}

fn filters_both_ways(policy: &PortPolicy) -> bool {
    policy.dhcp_filter
        || policy.arp_dhcp_only
        || policy.rs_and_ra_filter
        || policy.dhcpv6_filter
        || policy.filter_ipv4
        || policy.filter_ipv6
        || policy.filter_non_ip
}

fn guards(policy: &PortPolicy) -> bool {
    filters_both_ways(policy)
        || policy.privacy_filter
        || policy.max_download > 0
        || policy.no_default_router
        || policy.no_default_router_over_ipv6
        || policy.vlan > 0
}

/// All ports of a hub. Cheap to copy but for the part that changes.
#[derive(Clone, Debug)]
pub(crate) struct Ports {
    parts: Vec<Arc<Part>>,
    /// How many have to be looked at before a frame goes there.
    pub(crate) guarded: usize,
    /// How many frames may come back by.
    pub(crate) looping: usize,
    /// Those that see everything, in order.
    pub(crate) monitors: Arc<[PortId]>,
}

type Part = HashMap<PortId, Arc<Port>, BuildHasherDefault<PortHasher>>;

impl Ports {
    pub(crate) fn new() -> Self {
        Self {
            parts: vec![Arc::default(); PARTS],
            guarded: 0,
            looping: 0,
            monitors: Arc::default(),
        }
    }

    pub(crate) fn get(&self, port: PortId) -> Option<&Arc<Port>> {
        self.parts[port as usize % PARTS].get(&port)
    }

    pub(crate) fn insert(&mut self, port: PortId, entry: Arc<Port>) {
        self.remove(port);
        self.guarded += usize::from(entry.guarded);
        self.looping += usize::from(entry.may_loop);
        if entry.rules.monitor {
            let all = self.monitors.iter().copied().chain([port]);
            let mut monitors: Vec<_> = all.collect();
            monitors.sort_unstable();
            self.monitors = monitors.into();
        }
        self.part(port).insert(port, entry);
    }

    pub(crate) fn remove(&mut self, port: PortId) {
        if let Some(entry) = self.part(port).remove(&port) {
            self.guarded -= usize::from(entry.guarded);
            self.looping -= usize::from(entry.may_loop);
            if entry.rules.monitor {
                let others = self.monitors.iter().filter(|other| **other != port);
                self.monitors = others.copied().collect();
            }
        }
    }

    /// There is another access list.
    pub(crate) fn resolve(&mut self, list: &AccessList) {
        for part in self.parts.iter_mut().filter(|part| !part.is_empty()) {
            let resolved = part.iter().map(|(number, port)| {
                let renewed = Port::new(port.rules.clone(), Arc::clone(&port.state), list);
                (*number, Arc::new(renewed))
            });
            *part = Arc::new(resolved.collect());
        }
    }

    fn part(&mut self, port: PortId) -> &mut Part {
        Arc::make_mut(&mut self.parts[port as usize % PARTS])
    }
}

/// Port numbers are the engine's own, nobody can choose them.
#[derive(Debug, Default)]
pub(crate) struct PortHasher(u64);

impl Hasher for PortHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}
