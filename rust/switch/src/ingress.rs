//! The way of a frame from its port to a verdict, one small function a step, in this order:
//!
//! 1. read the headers (done by the caller);
//! 2. refuse a source that is no station;
//! 3. refuse what comes from a port that is silent, or may only listen;
//! 4. the upload limit; a frame beyond it leaves no trace;
//! 5. the policy's filters; 6. learn what a DHCP server allots; 7. the hub's filters and access list;
//! 8. refuse the hub's own address; 9. learn the station;
//! 10. look up the destination;
//! 11. learn the address; 12. limit floods.
//!
//! The order is what peers can observe: a frame that is refused in 2 to 8 is not learned from, one that is refused
//! in 10 to 12 is. A frame that was delayed goes through 3 and 8 to 12 when it returns.

use crate::PortId;
use crate::access_list::{Stored, Treatment};
use crate::addresses;
use crate::drops::DropReason;
use crate::event::Event;
use crate::facts::{Facts, Network};
use crate::frame::Frame;
use crate::ip_table::IpKey;
use crate::ip_table::{IpView, Sighting};
use crate::loops::Return;
use crate::mac_key::MacKey;
use crate::mac_table::{Learned, MacTerms, MacView};
use crate::policy::{self, Look};
use crate::port::Port;
use crate::rules::PortKind;
use crate::storm::Flood;
use crate::switch::{Setup, Switch, Verdict};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::Ordering::Relaxed;

/// However few a policy allows, so many stations a port may have; so many one that may be no bridge.
const LEAST_STATIONS: u32 = 3;
const WITHOUT_BRIDGE: u32 = 3;
/// What hubs' own addresses begin with.
const HUB_MAC: [u8; 2] = [0x00, 0xae];
const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// What the steps are taken in.
pub(crate) struct Passage<'a, 'hub> {
    pub(crate) switch: &'hub Switch,
    pub(crate) setup: &'a Setup,
    pub(crate) macs: &'a mut MacView<'hub>,
    pub(crate) ips: &'a mut IpView<'hub>,
    pub(crate) ingress: PortId,
    pub(crate) source: &'a Port,
    pub(crate) frame: &'a Frame<'a>,
    pub(crate) facts: &'a Facts,
    pub(crate) now_ms: u64,
    /// What the access list said, if an entry was about the frame.
    pub(crate) treatment: Option<Treatment>,
}

impl Passage<'_, '_> {
    pub(crate) fn judge(&mut self) -> Result<Verdict, DropReason> {
        self.refuse_invalid_source()?;
        self.refuse_silent()?;
        self.note_activity();
        self.limit_upload()?;
        self.filter()?;
        self.learn_allotment();
        policy::refuse_for_all(self.setup.rules.filters, self.facts)?;
        if self.ask_access_list()? {
            return Ok(Verdict::Treat);
        }
        self.pass_on()
    }

    /// It was delayed; the port may have been silenced meanwhile.
    pub(crate) fn judge_again(&mut self) -> Result<Verdict, DropReason> {
        self.refuse_silent()?;
        self.pass_on()
    }

    /// True if there is more to do with the frame than to pass it on.
    fn ask_access_list(&mut self) -> Result<bool, DropReason> {
        let list = &self.setup.access_list;
        let on_arp = self.setup.rules.access_list_on_arp;
        match list.store(self.facts, &self.source.identity, on_arp) {
            Stored::NoMatch => Ok(false),
            Stored::Drop => Err(DropReason::AccessList),
            Stored::Pass(treatment) => {
                let is_treated = !treatment.is_none();
                self.treatment = Some(treatment);
                Ok(is_treated)
            }
        }
    }

    fn pass_on(&mut self) -> Result<Verdict, DropReason> {
        self.refuse_station()?;
        self.learn()?;
        let verdict = self.look_up()?;
        self.note_address()?;
        if verdict == Verdict::Flood {
            self.limit_flood()?;
            self.remember_flood();
        }
        Ok(verdict)
    }

    /// A group address as source is odd but passes and is learned, as on every stock hub.
    fn refuse_invalid_source(&self) -> Result<(), DropReason> {
        let header = &self.facts.header;
        let is_none = |mac: [u8; 6]| mac == [0xff; 6] || mac == [0; 6];
        let station = self.station();
        let invalid = is_none(header.src) || is_none(station) || header.src == header.dst;
        refuse_if(invalid, DropReason::InvalidSource)
    }

    fn refuse_silent(&self) -> Result<(), DropReason> {
        refuse_if(self.source.rules.monitor, DropReason::MonitorPort)?;
        let until_ms = self.source.state.silent_until_ms.load(Relaxed);
        refuse_if(self.now_ms < until_ms, DropReason::Loop)
    }

    fn note_activity(&self) {
        let is_watched =
            self.setup.rules.dormant_ms > 0 && self.source.rules.kind == PortKind::Client;
        if is_watched && self.facts.header.src[..2] != HUB_MAC {
            self.source
                .state
                .active_ms
                .store(self.now_ms.saturating_add(1), Relaxed);
        }
    }

    fn limit_upload(&self) -> Result<(), DropReason> {
        let rate = self.source.rules.policy.max_upload;
        if rate == 0 || policy::is_urgent(self.facts) {
            return Ok(());
        }
        let bytes = self.frame.wire_bytes();
        let passes = self
            .source
            .state
            .upload
            .lock()
            .take(bytes, rate, self.now_ms);
        refuse_if(!passes, DropReason::UploadLimit)
    }

    fn filter(&self) -> Result<(), DropReason> {
        if !self.source.filters {
            return Ok(());
        }
        let look = Look {
            bytes: self.frame.bytes,
            facts: self.facts,
        };
        policy::refuse_from(&self.source.rules.policy, &look).map_err(|(reason, event)| {
            if let Some(event) = event {
                self.tell(event);
            }
            reason
        })
    }

    /// The answer of a DHCP server gives its client an address, wherever the client is. A port that may use only
    /// what is allotted allots nothing to itself.
    fn learn_allotment(&mut self) {
        if self.setup.rules.no_ip_table {
            return;
        }
        let Some(dhcp) = addresses::allotment(self.facts, self.frame.bytes) else {
            return;
        };
        let station = MacKey::new(dhcp.client, self.vlan());
        let Some(client) = self.macs.lookup(station, self.now_ms) else {
            return;
        };
        if client == self.ingress && self.source.rules.policy.dhcp_force {
            return;
        }
        let address = IpAddr::V4(dhcp.yours());
        let sighting = Sighting {
            key: IpKey {
                address,
                vlan: self.vlan(),
            },
            port: client,
            mac: dhcp.client,
        };
        if self.switch.ips().allot(sighting, self.now_ms) {
            self.tell(Event::Allotted {
                address,
                server_mac: self.facts.header.src,
                server: self.facts.addresses().map_or(NOBODY, |(server, _)| server),
                client_mac: dhcp.client,
                client,
            });
        }
    }

    fn refuse_station(&self) -> Result<(), DropReason> {
        let is_own = self
            .setup
            .rules
            .station
            .is_some_and(|own| own == self.facts.header.src);
        refuse_if(is_own, DropReason::HubStation)
    }

    fn learn(&mut self) -> Result<(), DropReason> {
        let station = MacKey::new(self.station(), self.vlan());
        let terms = self.mac_terms();
        match self
            .macs
            .learn_on(terms, station, self.ingress, self.now_ms)
        {
            Learned::Known => Ok(()),
            Learned::New => {
                self.tell_of_station(station, false);
                Ok(())
            }
            Learned::Moved { .. } => {
                self.tell_of_station(station, true);
                self.suspect(station, true)
            }
            Learned::Taken { .. } => {
                self.suspect(station, false)?;
                Err(DropReason::CheckMac)
            }
            Learned::Full => Err(DropReason::MacTableFull),
            Learned::TooMany { count } => Err(self.refuse_one_more(station, count)),
        }
    }

    fn mac_terms(&self) -> MacTerms {
        let rules = &self.source.rules;
        let policy = &rules.policy;
        let is_guarded_bridge =
            rules.kind == PortKind::Bridge && !self.setup.rules.no_check_mac_on_bridge;
        MacTerms {
            most: addresses::most(
                policy.max_mac,
                policy.no_bridge,
                WITHOUT_BRIDGE,
                LEAST_STATIONS,
            ),
            is_exclusive: policy.check_mac || is_guarded_bridge,
        }
    }

    fn refuse_one_more(&self, station: MacKey, count: u32) -> DropReason {
        let is_bridge_limit = self.source.rules.policy.no_bridge;
        self.tell(Event::TooManyMacs {
            mac: station.mac(),
            count,
            is_bridge_limit,
        });
        if is_bridge_limit {
            DropReason::NoBridge
        } else {
            DropReason::MaxMac
        }
    }

    fn look_up(&self) -> Result<Verdict, DropReason> {
        let header = &self.facts.header;
        if header.broadcast {
            return Ok(Verdict::Flood);
        }
        let target = MacKey::new(header.dst, self.vlan());
        match self.macs.lookup(target, self.now_ms) {
            Some(port) if port == self.ingress => Err(DropReason::SamePort),
            Some(port) => Ok(Verdict::Unicast(port)),
            None => Ok(Verdict::Flood),
        }
    }

    fn note_address(&mut self) -> Result<(), DropReason> {
        let hub = &self.setup.rules;
        if hub.no_ip_table {
            return Ok(());
        }
        let Some(sighting) = addresses::source(self.facts, (self.ingress, self.vlan())) else {
            return Ok(());
        };
        let policy = &self.source.rules.policy;
        let address = sighting.key.address;
        let terms = addresses::terms(hub, policy, address, self.facts);
        let noted = self.ips.note(&sighting, terms, self.now_ms);
        match addresses::refusal(noted, policy, address, self.now_ms) {
            None => Ok(()),
            Some((reason, event)) => {
                self.tell(event);
                Err(reason)
            }
        }
    }

    fn limit_flood(&self) -> Result<(), DropReason> {
        if self.source.rules.policy.no_broadcast_limiter {
            return Ok(());
        }
        let hub = &self.setup.rules;
        let flood = self.flood();
        let judgement = self.source.state.storms.lock().judge(
            flood,
            self.frame.segments(),
            hub.storm_threshold,
            hub.storm_strict,
            self.now_ms,
        );
        if let Some(rate) = judgement.storm {
            self.tell(Event::Storm {
                mac: flood.mac,
                source: flood.source,
                target: flood.target,
                rate,
            });
        }
        refuse_if(!judgement.passes, DropReason::Storm)
    }

    fn flood(&self) -> Flood {
        let (source, target) = match self.facts.network {
            Network::Arp(arp) => (IpAddr::V4(arp.sender), NOBODY),
            _ => self.facts.addresses().unwrap_or((NOBODY, NOBODY)),
        };
        Flood {
            mac: self.facts.header.src,
            source,
            target,
        }
    }

    fn remember_flood(&self) {
        if self.setup.ports.looping == 0 || self.setup.rules.no_loop_detection {
            return;
        }
        let mut loops = self.switch.loops.lock();
        let digest = loops.digest(self.frame.bytes);
        loops.remember(digest, self.ingress, self.now_ms);
    }

    /// A station seems to be in two places: does what it says come back?
    fn suspect(&self, station: MacKey, moved: bool) -> Result<(), DropReason> {
        if !self.source.may_loop || self.setup.rules.no_loop_detection {
            return Ok(());
        }
        let mut loops = self.switch.loops.lock();
        let came = Return {
            digest: loops.digest(self.frame.bytes),
            port: self.ingress,
            joined: self.source.state.joined,
            moved,
        };
        let Some(found) = loops.suspect(came, self.now_ms) else {
            return Ok(());
        };
        drop(loops);
        let until_ms = self.now_ms.saturating_add(found.silent_ms);
        if let Some(port) = self.setup.ports.get(found.port) {
            port.state.silent_until_ms.store(until_ms, Relaxed);
            self.switch.all_speak_ms.fetch_max(until_ms, Relaxed);
        }
        self.switch.macs().remove_port(found.port);
        self.switch.events().tell(
            found.port,
            Event::Loop {
                mac: station.mac(),
                other: found.origin,
                silent_ms: found.silent_ms,
            },
        );
        refuse_if(found.port == self.ingress, DropReason::Loop)
    }

    /// Who has sent it: the bridge that a spanning tree message names, else the source address.
    fn station(&self) -> [u8; 6] {
        match self.facts.network {
            Network::Bpdu { bridge } if !self.setup.rules.no_bpdu_identity => bridge,
            _ => self.facts.header.src,
        }
    }

    fn vlan(&self) -> u16 {
        if self.setup.rules.no_vlan_identity {
            0
        } else {
            self.facts.header.vlan
        }
    }

    fn tell_of_station(&self, station: MacKey, moved: bool) {
        self.tell(Event::NewMac {
            mac: station.mac(),
            vlan: station.vlan(),
            moved,
        });
    }

    fn tell(&self, event: Event) {
        self.switch.events().tell(self.ingress, event);
    }
}

const fn refuse_if(hit: bool, reason: DropReason) -> Result<(), DropReason> {
    if hit { Err(reason) } else { Ok(()) }
}
