//! A hub: rules that are swapped whole, ports, a MAC table, and a verdict for every frame.

use crate::PortId;
use crate::access_list::AccessList;
use crate::drops::DropReason;
use crate::egress::Egress;
use crate::event::Events;
use crate::facts::Facts;
use crate::frame::Frame;
use crate::ingress::Passage;
use crate::mac_table::{MacTable, MacView};
use crate::ports::Ports;
use crate::rules::{HubRules, PortRules};
use arc_swap::{ArcSwap, Guard};
use std::sync::Arc;

/// What is to be done with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// To this port, which is not the one it came from.
    Unicast(PortId),
    /// To every port but the one it came from.
    Flood,
    /// To nobody.
    Drop(DropReason),
}

/// A frame that was judged, for the way to its targets.
#[derive(Debug)]
pub struct Judged {
    /// What is to be done with it.
    pub verdict: Verdict,
    /// What it says of itself.
    pub facts: Facts,
}

/// A layer-2 hub.
#[derive(Debug)]
pub struct Switch {
    rules: ArcSwap<HubRules>,
    ports: Ports,
    macs: MacTable,
    events: Events,
    access_list: ArcSwap<AccessList>,
}

impl Switch {
    /// An empty hub.
    pub fn new(rules: HubRules) -> Self {
        let macs = MacTable::new(rules.mac_entries, rules.mac_age_ms);
        Self {
            rules: ArcSwap::from_pointee(rules),
            ports: Ports::default(),
            macs,
            events: Events::default(),
            access_list: ArcSwap::default(),
        }
    }

    /// The rules in force.
    pub fn rules(&self) -> Arc<HubRules> {
        self.rules.load_full()
    }

    /// Other rules, from the next frame on.
    pub fn set_rules(&self, rules: HubRules) {
        self.macs.set_limits(rules.mac_entries, rules.mac_age_ms);
        self.rules.store(Arc::new(rules));
    }

    /// Another access list, from the next frame on.
    pub fn set_access_list(&self, list: AccessList) {
        self.access_list.store(Arc::new(list));
    }

    /// A port comes. Frames of one that was never attached are judged as if it had the default rules.
    pub fn attach(&self, port: PortId, rules: PortRules) {
        self.ports.attach(port, rules);
    }

    /// Other rules for a port, from the next frame on; what was learned and counted stays.
    pub fn set_port_rules(&self, port: PortId, rules: PortRules) {
        self.ports.set_rules(port, rules);
    }

    /// Who was seen where.
    pub const fn macs(&self) -> &MacTable {
        &self.macs
    }

    /// What people are told.
    pub const fn events(&self) -> &Events {
        &self.events
    }

    /// Judge one frame that came from `ingress`, and learn from it.
    pub fn forward(&self, ingress: PortId, frame: &Frame<'_>, now_ms: u64) -> Verdict {
        self.batch().forward(ingress, frame, now_ms)
    }

    /// The same for many frames in a row, at half the cost. Hold it for one batch, not longer:
    /// a station that moves meanwhile may still be sent to where it was.
    pub fn batch(&self) -> Batch<'_> {
        Batch {
            rules: self.rules.load(),
            ports: self.ports.view(),
            macs: self.macs.view(),
        }
    }

    /// A port is gone: nothing goes there any more. Returns how many stations were forgotten with it.
    pub fn detach(&self, port: PortId) -> usize {
        self.ports.detach(port);
        self.macs.remove_port(port)
    }
}

/// A hub's verdicts on the frames of one batch.
#[derive(Debug)]
pub struct Batch<'a> {
    pub(crate) rules: Guard<Arc<HubRules>>,
    pub(crate) ports: Guard<Arc<crate::ports::Directory>>,
    pub(crate) macs: MacView<'a>,
}

impl Batch<'_> {
    /// See [`Switch::forward`].
    pub fn forward(&mut self, ingress: PortId, frame: &Frame<'_>, now_ms: u64) -> Verdict {
        self.judge(ingress, frame, now_ms).verdict
    }

    /// Judge a frame that came from `ingress`, and learn from it.
    pub fn judge(&mut self, ingress: PortId, frame: &Frame<'_>, now_ms: u64) -> Judged {
        let facts = if self.rules.no_ip_parsing {
            Facts::of_ethernet(frame.bytes)
        } else {
            Facts::of(frame.bytes)
        };
        let facts = match facts {
            Ok(facts) => facts,
            Err(reason) => return Judged::unread(reason, frame.bytes.len()),
        };
        let mut passage = Passage {
            macs: &mut self.macs,
            ingress,
            now_ms,
        };
        let verdict = passage.judge(&facts).unwrap_or_else(Verdict::Drop);
        Judged { verdict, facts }
    }

    /// What becomes of a judged frame on its way to one target.
    pub fn egress(
        &self,
        _judged: &Judged,
        _frame: &Frame<'_>,
        _target: PortId,
        _now_ms: u64,
    ) -> Egress {
        Egress::AsIs
    }

    /// Ports that see everything.
    pub fn monitors(&self) -> &[PortId] {
        self.ports.monitors()
    }
}

impl Judged {
    fn unread(reason: DropReason, length: usize) -> Self {
        Self {
            verdict: Verdict::Drop(reason),
            facts: Facts::unread(length),
        }
    }
}
