//! The way of a frame to one port, one small function a step, in this order: is anybody there; are source and target
//! apart; the target's filters; its VLAN; the hub's own address; does it sleep; its download limit.
//!
//! The limit stands last: what is refused for another reason costs the target nothing.

use crate::PortId;
use crate::drops::DropReason;
use crate::facts::Facts;
use crate::frame::Frame;
use crate::policy::{self, Look};
use crate::port::Port;
use crate::rules::PortKind;
use crate::switch::{Batch, Judged, Verdict};
use crate::{router, tag};
use std::sync::atomic::Ordering::Relaxed;

/// What is to be done with a frame on its way to one port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Egress {
    /// It goes as it is.
    AsIs,
    /// It is changed first, each segment.
    Changed(Change),
    /// It doesn't go.
    Drop(DropReason),
}

/// How a frame is changed for one target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// It loses its tag: the target is in that VLAN.
    pub strip_tag: bool,
    /// It names no default router.
    pub no_default_router: bool,
}

impl Change {
    /// Append the changed frame to `out`. `facts` are those it was judged by.
    pub fn apply(self, frame: &[u8], facts: &Facts, out: &mut Vec<u8>) {
        match (self.strip_tag, self.no_default_router) {
            (false, false) => out.extend_from_slice(frame),
            (true, false) => tag::strip(frame, out),
            (false, true) => router::remove_default(frame, facts, out),
            (true, true) => {
                let mut rewritten = Vec::with_capacity(frame.len());
                router::remove_default(frame, facts, &mut rewritten);
                tag::strip(&rewritten, out);
            }
        }
    }
}

impl From<Change> for Egress {
    fn from(change: Change) -> Self {
        if change == Change::default() {
            Self::AsIs
        } else {
            Self::Changed(change)
        }
    }
}

impl Batch<'_> {
    pub(crate) fn judge_egress(
        &self,
        judged: &Judged,
        frame: &Frame<'_>,
        target: PortId,
        now_ms: u64,
    ) -> Result<Egress, DropReason> {
        let target = self.setup.ports.get(target).ok_or(DropReason::NoLink)?;
        let source = self
            .setup
            .ports
            .get(judged.source)
            .ok_or(DropReason::NotAttached)?;
        let facts = &judged.facts;
        refuse_if(
            now_ms < target.state.silent_until_ms.load(Relaxed),
            DropReason::Loop,
        )?;
        let change = if target.rules.monitor {
            Change {
                strip_tag: self.strips(target, frame)?,
                no_default_router: false,
            }
        } else {
            self.refuse_apart(source, target, facts)?;
            let look = Look {
                bytes: frame.bytes,
                facts,
            };
            policy::refuse_to(&target.rules.policy, &look)?;
            let strip_tag = self.strips(target, frame)?;
            self.refuse_station(facts)?;
            self.refuse_dormant(judged, target, now_ms)?;
            Change {
                strip_tag,
                no_default_router: self.hides_router(target, facts),
            }
        };
        self.ask_access_list(judged, source, target)?;
        limit_download(target, frame, facts, now_ms)?;
        Ok(change.into())
    }

    /// Reference: virtual hub, section 1.7.
    fn refuse_apart(&self, source: &Port, target: &Port, facts: &Facts) -> Result<(), DropReason> {
        let (one, other) = (&source.rules, &target.rules);
        if !one.policy.privacy_filter || !other.policy.privacy_filter {
            return Ok(());
        }
        let hub = &self.setup.rules;
        let is_arp = facts.header.ethertype == crate::facts::ethertype::ARP;
        let passes = facts.header.broadcast && !hub.privacy_drops_broadcasts
            || is_arp && !hub.privacy_drops_arp
            || hub.privacy_allows_same_user && !one.user.is_empty() && one.user == other.user;
        refuse_if(!passes, DropReason::PrivacyFilter)
    }

    /// A port in a VLAN gets the frames of its VLAN, without the tag; any other port gets tagged frames as they are.
    fn strips(&self, target: &Port, frame: &Frame<'_>) -> Result<bool, DropReason> {
        match target.rules.policy.vlan {
            0 => Ok(false),
            vlan if tag::vlan_of(frame.bytes, self.setup.rules.vlan_type) == Some(vlan) => Ok(true),
            _ => Err(DropReason::OtherVlan),
        }
    }

    fn refuse_station(&self, facts: &Facts) -> Result<(), DropReason> {
        let header = &facts.header;
        let is_own = |own| header.src == own || header.dst == own;
        let hit = self.setup.rules.station.is_some_and(is_own);
        refuse_if(hit, DropReason::HubStation)
    }

    fn refuse_dormant(
        &self,
        judged: &Judged,
        target: &Port,
        now_ms: u64,
    ) -> Result<(), DropReason> {
        let dormant_ms = self.setup.rules.dormant_ms;
        if dormant_ms == 0
            || target.rules.kind != PortKind::Client
            || judged.verdict != Verdict::Flood
        {
            return Ok(());
        }
        let active_ms = target.state.active_ms.load(Relaxed);
        let sleeps = active_ms == 0 || now_ms.saturating_sub(active_ms - 1) >= dormant_ms;
        refuse_if(sleeps, DropReason::Dormant)
    }

    fn ask_access_list(
        &self,
        judged: &Judged,
        source: &Port,
        target: &Port,
    ) -> Result<(), DropReason> {
        let list = &self.setup.access_list;
        let on_arp = self.setup.rules.access_list_on_arp;
        let passes = judged.checked
            || list.forward(&judged.facts, &source.identity, &target.identity, on_arp);
        refuse_if(!passes, DropReason::AccessList)
    }

    fn hides_router(&self, target: &Port, facts: &Facts) -> bool {
        let policy = &target.rules.policy;
        let over_ipv6 =
            policy.no_default_router_over_ipv6 || self.setup.rules.no_default_router_over_ipv6;
        (policy.no_default_router || over_ipv6 && target.rules.over_ipv6)
            && router::is_advertisement(facts)
    }
}

fn limit_download(
    target: &Port,
    frame: &Frame<'_>,
    facts: &Facts,
    now_ms: u64,
) -> Result<(), DropReason> {
    let rate = target.rules.policy.max_download;
    if rate == 0 || policy::is_urgent(facts) {
        return Ok(());
    }
    let bytes = frame.wire_bytes();
    let passes = target.state.download.lock().take(bytes, rate, now_ms);
    refuse_if(!passes, DropReason::DownloadLimit)
}

const fn refuse_if(hit: bool, reason: DropReason) -> Result<(), DropReason> {
    if hit { Err(reason) } else { Ok(()) }
}
