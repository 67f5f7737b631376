//! A hub: rules that are swapped whole, a MAC table, and a verdict for every frame.

use crate::PortId;
use crate::drops::DropReason;
use crate::frame::Frame;
use crate::ingress::Passage;
use crate::mac_table::{MacTable, MacView};
use crate::rules::HubRules;
use arc_swap::ArcSwap;
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

/// A layer-2 hub.
#[derive(Debug)]
pub struct Switch {
    rules: ArcSwap<HubRules>,
    macs: MacTable,
}

impl Switch {
    /// An empty hub.
    pub fn new(rules: HubRules) -> Self {
        let macs = MacTable::new(rules.mac_entries, rules.mac_age_ms);
        Self {
            rules: ArcSwap::from_pointee(rules),
            macs,
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

    /// Who was seen where.
    pub const fn macs(&self) -> &MacTable {
        &self.macs
    }

    /// Judge a frame that came from `ingress`, and learn from it.
    pub fn forward(&self, ingress: PortId, frame: &Frame<'_>, now_ms: u64) -> Verdict {
        self.batch().forward(ingress, frame, now_ms)
    }

    /// The same for many frames in a row, at half the cost. Hold it for one batch, not longer:
    /// a station that moves meanwhile may still be sent to where it was.
    pub fn batch(&self) -> Batch<'_> {
        Batch {
            macs: self.macs.view(),
        }
    }

    /// A port is gone: nothing goes there any more. Returns how many stations were forgotten with it.
    pub fn detach(&self, port: PortId) -> usize {
        self.macs.remove_port(port)
    }
}

/// A hub's verdicts on the frames of one batch.
#[derive(Debug)]
pub struct Batch<'a> {
    macs: MacView<'a>,
}

impl Batch<'_> {
    /// See [`Switch::forward`].
    pub fn forward(&mut self, ingress: PortId, frame: &Frame<'_>, now_ms: u64) -> Verdict {
        let mut passage = Passage {
            macs: &mut self.macs,
            ingress,
            now_ms,
        };
        passage.judge(frame).unwrap_or_else(Verdict::Drop)
    }
}
