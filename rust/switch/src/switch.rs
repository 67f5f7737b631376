//! A hub: rules that are swapped whole, tables of who was seen where, and a verdict for every frame.

use crate::PortId;
use crate::access_list::{AccessList, Treatment};
use crate::drops::DropReason;
use crate::egress::Egress;
use crate::event::Events;
use crate::facts::Facts;
use crate::frame::Frame;
use crate::ingress::Passage;
use crate::ip_table::{IpTable, IpView};
use crate::lock::Mutex;
use crate::loops::Loops;
use crate::mac_table::{MacTable, MacView};
use crate::port::{Port, PortState, Ports};
use crate::rules::{HubRules, PortRules};
use arc_swap::{ArcSwap, Guard};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What is to be done with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// To this port, which is not the one it came from.
    Unicast(PortId),
    /// To every port but the one it came from and those that only listen.
    Flood,
    /// An access list has more to do with it: see [`Judged::treatment`]. If that lets it go on, at once or later, it
    /// is judged again.
    Treat,
    /// To nobody.
    Drop(DropReason),
}

/// A verdict, and what it rests on.
#[derive(Clone, Debug)]
pub struct Judged {
    /// What is to be done with the frame.
    pub verdict: Verdict,
    /// What the frame says of itself; zeros where it is too short to say anything.
    pub facts: Facts,
    /// What an access list does to it; nothing unless the verdict says so.
    pub treatment: Treatment,
    pub(crate) source: PortId,
    /// An access list has let it pass where it came in, so it is not asked again where it goes out.
    pub(crate) checked: bool,
}

/// A layer-2 hub.
#[derive(Debug)]
pub struct Switch {
    setup: ArcSwap<Setup>,
    /// Whoever changes the setup holds it; counts the ports that have joined.
    joined: Mutex<u64>,
    macs: MacTable,
    ips: IpTable,
    events: Events,
    pub(crate) loops: Mutex<Loops>,
    /// No port is silent from this time on.
    pub(crate) all_speak_ms: AtomicU64,
}

/// Everything that is decided elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) rules: Arc<HubRules>,
    pub(crate) ports: Ports,
    pub(crate) access_list: Arc<AccessList>,
}

impl Setup {
    /// Nothing has to be looked at on the way to a port.
    pub(crate) fn is_open(&self) -> bool {
        self.ports.guarded == 0
            && !self.access_list.judges_targets()
            && self.rules.station.is_none()
            && self.rules.dormant_ms == 0
            && !self.rules.no_default_router_over_ipv6
    }
}

impl Switch {
    /// An empty hub.
    pub fn new(rules: HubRules) -> Self {
        let macs = MacTable::new(rules.mac_entries, rules.mac_age_ms);
        let ips = IpTable::new(rules.ip_entries, rules.ip_age_ms, rules.dhcp_age_ms);
        Self {
            setup: ArcSwap::from_pointee(Setup {
                rules: Arc::new(rules),
                ports: Ports::new(),
                access_list: Arc::default(),
            }),
            joined: Mutex::new(0),
            macs,
            ips,
            events: Events::default(),
            loops: Mutex::default(),
            all_speak_ms: AtomicU64::new(0),
        }
    }

    /// The rules in force.
    pub fn rules(&self) -> Arc<HubRules> {
        Arc::clone(&self.setup.load().rules)
    }

    /// Other rules, from the next batch on.
    pub fn set_rules(&self, rules: HubRules) {
        self.macs.set_limits(rules.mac_entries, rules.mac_age_ms);
        self.ips
            .set_limits(rules.ip_entries, rules.ip_age_ms, rules.dhcp_age_ms);
        self.change(|setup, _| setup.rules = Arc::new(rules));
    }

    /// Another access list, from the next batch on.
    pub fn set_access_list(&self, list: AccessList) {
        self.change(|setup, _| {
            setup.ports.resolve(&list);
            setup.access_list = Arc::new(list);
        });
    }

    /// A port joins. Until then nothing passes from it.
    pub fn attach(&self, port: PortId, rules: PortRules) {
        self.change(|setup, joined| {
            *joined += 1;
            let state = PortState {
                joined: *joined,
                ..PortState::default()
            };
            let entry = Port::new(rules, Arc::new(state), &setup.access_list);
            setup.ports.insert(port, Arc::new(entry));
        });
    }

    /// Other rules for a port, from the next batch on. What was learned from it, and its limits' state, stay.
    pub fn set_port_rules(&self, port: PortId, rules: PortRules) {
        self.change(|setup, _| {
            let Some(before) = setup.ports.get(port) else {
                return;
            };
            let state = Arc::clone(&before.state);
            let entry = Port::new(rules, state, &setup.access_list);
            setup.ports.insert(port, Arc::new(entry));
        });
    }

    /// A port is gone: nothing goes there any more. Returns how many stations were forgotten with it.
    pub fn detach(&self, port: PortId) -> usize {
        self.change(|setup, _| setup.ports.remove(port));
        self.loops.lock().forget(port);
        self.ips.remove_port(port);
        self.macs.remove_port(port)
    }

    /// Who was seen where.
    pub const fn macs(&self) -> &MacTable {
        &self.macs
    }

    /// Which addresses were seen where.
    pub const fn ips(&self) -> &IpTable {
        &self.ips
    }

    /// What people are to be told.
    pub const fn events(&self) -> &Events {
        &self.events
    }

    /// The way in for the frames of one batch. Hold it for one batch, not longer: it goes by the rules and ports of
    /// its beginning, and a station that moves meanwhile may still be sent to where it was.
    pub fn batch(&self) -> Batch<'_> {
        Batch {
            switch: self,
            setup: self.setup.load(),
            macs: self.macs.view(),
            ips: self.ips.view(),
        }
    }

    /// Judge a single frame.
    pub fn forward(&self, ingress: PortId, frame: &Frame<'_>, now_ms: u64) -> Verdict {
        self.batch().judge(ingress, frame, now_ms).verdict
    }

    /// How long a port is still silent because frames come back by it.
    pub fn silent_ms(&self, port: PortId, now_ms: u64) -> u64 {
        let setup = self.setup.load();
        let until_ms = setup
            .ports
            .get(port)
            .map_or(0, |port| port.state.silent_until_ms.load(Relaxed));
        until_ms.saturating_sub(now_ms)
    }

    fn change(&self, change: impl FnOnce(&mut Setup, &mut u64)) {
        let mut joined = self.joined.lock();
        let mut setup = Setup::clone(&self.setup.load());
        change(&mut setup, &mut joined);
        self.setup.store(Arc::new(setup));
    }
}

/// A hub's verdicts on the frames of one batch.
#[derive(Debug)]
pub struct Batch<'a> {
    pub(crate) switch: &'a Switch,
    pub(crate) setup: Guard<Arc<Setup>>,
    macs: MacView<'a>,
    ips: IpView<'a>,
}

impl Batch<'_> {
    /// The way of a frame from its port to a verdict.
    pub fn judge(&mut self, ingress: PortId, frame: &Frame<'_>, now_ms: u64) -> Judged {
        self.judge_from(ingress, frame, now_ms, false)
    }

    /// The same for a frame that was judged before, and delayed: what a policy or an access list says about it
    /// has been done.
    pub fn judge_again(&mut self, ingress: PortId, frame: &Frame<'_>, now_ms: u64) -> Judged {
        self.judge_from(ingress, frame, now_ms, true)
    }

    /// What is to be done with a frame on its way to one port. To a port that only listens goes whatever is not
    /// refused, also what is for somebody else.
    pub fn egress(
        &self,
        judged: &Judged,
        frame: &Frame<'_>,
        target: PortId,
        now_ms: u64,
    ) -> Egress {
        let all_speak = now_ms >= self.switch.all_speak_ms.load(Relaxed);
        if all_speak && self.setup.is_open() {
            return Egress::AsIs;
        }
        self.judge_egress(judged, frame, target, now_ms)
            .unwrap_or_else(Egress::Drop)
    }

    /// Ports that get a copy of everything that is not dropped, in order.
    pub fn monitors(&self) -> &[PortId] {
        &self.setup.ports.monitors
    }

    fn judge_from(
        &mut self,
        ingress: PortId,
        frame: &Frame<'_>,
        now_ms: u64,
        again: bool,
    ) -> Judged {
        let rules = &self.setup.rules;
        let read = if rules.no_ip_parsing {
            Facts::of_ethernet(frame.bytes)
        } else {
            Facts::behind(frame.bytes, rules.vlan_type)
        };
        let mut judged = Judged {
            verdict: Verdict::Flood,
            facts: match read {
                Ok(facts) => facts,
                Err(_) => Facts::unread(frame.bytes.len()),
            },
            source: ingress,
            treatment: Treatment::default(),
            checked: again,
        };
        let Some(source) = self.setup.ports.get(ingress) else {
            judged.verdict = Verdict::Drop(DropReason::NotAttached);
            return judged;
        };
        let mut passage = Passage {
            switch: self.switch,
            setup: &self.setup,
            macs: &mut self.macs,
            ips: &mut self.ips,
            ingress,
            source,
            frame,
            facts: &judged.facts,
            now_ms,
            treatment: None,
        };
        let verdict = match read {
            Err(reason) => Err(reason),
            Ok(_) if again => passage.judge_again(),
            Ok(_) => passage.judge(),
        };
        let treatment = passage.treatment.take();
        judged.checked |= treatment.is_some();
        judged.treatment = treatment.unwrap_or_default();
        judged.verdict = verdict.unwrap_or_else(Verdict::Drop);
        judged
    }
}
