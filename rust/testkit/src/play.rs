//! A hub that does as it is told, command by command, and says what came of it: for a comparison with a slow hub
//! written by itself, and for fuzzers. Takes any bytes: what a command lacks is 0.

use etherloom_switch::access_list::{Block, Rule, Who};
use etherloom_switch::{
    AccessList, Egress, Event, Frame, HubFilters, HubRules, IpKey, Judged, MacKey, PortId,
    PortKind, PortPolicy, PortRules, Switch, Treatment, Verdict,
};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An access list has fewer entries than this.
const MOST_RULES: u8 = 16;

/// A hub, its ports, and the time there.
pub struct Play {
    switch: Switch,
    ports: BTreeSet<PortId>,
    now_ms: u64,
}

impl Default for Play {
    fn default() -> Self {
        Self {
            switch: Switch::new(HubRules::default()),
            ports: BTreeSet::new(),
            now_ms: 1_000,
        }
    }
}

impl Play {
    /// Obey one command: a byte that says what, then what it needs. Returns what came of it, as text.
    pub fn obey(&mut self, command: &[u8]) -> String {
        let mut fields = Fields(command);
        match fields.byte() % 12 {
            0 => self.attach(&mut fields),
            1 => {
                let port = fields.port();
                self.switch.set_port_rules(port, fields.port_rules());
                String::new()
            }
            2 => self.detach(&mut fields),
            3 => {
                self.switch.set_rules(fields.hub_rules());
                String::new()
            }
            4 => self.frame(&mut fields, false),
            5 => self.frame(&mut fields, true),
            6 => {
                self.now_ms += u64::from(fields.word());
                String::new()
            }
            7 => self.tables(),
            8 => {
                let key = MacKey::new(fields.mac(), fields.half());
                self.switch.macs().remove(key).to_string()
            }
            9 => self.switch.ips().remove(fields.ip_key()).to_string(),
            10 => self.events(),
            _ => {
                self.switch.set_access_list(fields.access_list());
                String::new()
            }
        }
    }

    fn attach(&mut self, fields: &mut Fields<'_>) -> String {
        let port = fields.port();
        let is_new = self.ports.insert(port);
        if is_new {
            self.switch.attach(port, fields.port_rules());
        }
        is_new.to_string()
    }

    fn detach(&mut self, fields: &mut Fields<'_>) -> String {
        let port = fields.port();
        self.ports.remove(&port);
        self.switch.detach(port).to_string()
    }

    /// The verdict, then what goes where.
    fn frame(&mut self, fields: &mut Fields<'_>, again: bool) -> String {
        let ingress = fields.port();
        let frame = Frame::plain(fields.0);
        let mut batch = self.switch.batch();
        let judged = if again {
            batch.judge_again(ingress, &frame, self.now_ms)
        } else {
            batch.judge(ingress, &frame, self.now_ms)
        };
        let mut said = name(judged.verdict);
        for target in self.targets(ingress, &judged, batch.monitors()) {
            let egress = batch.egress(&judged, &frame, target, self.now_ms);
            say(&mut said, &format!(" {target}:{}", name_of(egress)));
        }
        said
    }

    fn targets(&self, ingress: PortId, judged: &Judged, monitors: &[PortId]) -> BTreeSet<PortId> {
        let copies = monitors.iter().copied();
        match judged.verdict {
            Verdict::Drop(_) | Verdict::Treat => BTreeSet::new(),
            Verdict::Unicast(port) => copies.chain([port]).collect(),
            Verdict::Flood => {
                let others = self.ports.iter().copied().filter(|port| *port != ingress);
                others.collect()
            }
        }
    }

    fn tables(&self) -> String {
        let mut said = String::new();
        for entry in self.switch.macs().snapshot() {
            let (port, created, updated) = (entry.port, entry.created_ms, entry.updated_ms);
            say(
                &mut said,
                &format!("{:?} {port} {created} {updated};", entry.key),
            );
        }
        say(&mut said, "|");
        for entry in self.switch.ips().snapshot() {
            let mac = MacKey::new(entry.mac, 0);
            let (key, port, by_dhcp) = (entry.key, entry.port, u8::from(entry.by_dhcp));
            let (created, updated) = (entry.created_ms, entry.updated_ms);
            let line = format!(
                "{}/{} {port} {mac:?} {by_dhcp} {created} {updated};",
                key.address, key.vlan
            );
            say(&mut said, &line);
        }
        said
    }

    /// What people would be told since the last time.
    fn events(&self) -> String {
        let (events, _) = self.switch.events().take();
        let lines = events.iter().map(|(port, event)| {
            let line = match event {
                Event::NewMac { moved, .. } => format!("new_mac {moved}"),
                Event::TooManyMacs { count, .. } => format!("too_many_macs {count}"),
                Event::TooManyAddresses { count, .. } => format!("too_many_addresses {count}"),
                Event::AddressConflict { owner, .. } => format!("conflict {owner}"),
                Event::NotAllotted { .. } => "not_allotted".to_owned(),
                Event::Allotted { client, .. } => format!("allotted {client}"),
                Event::Storm { rate, .. } => format!("storm {rate}"),
                Event::ServerRefused { .. } => "server_refused".to_owned(),
                Event::DhcpServerRefused { .. } => "dhcp_server_refused".to_owned(),
                Event::Loop { .. } => "loop".to_owned(),
            };
            format!("{port} {line};")
        });
        lines.collect()
    }
}

fn say(said: &mut String, more: &str) {
    // Writing to a String can't fail.
    let _ = said.write_str(more);
}

fn name(verdict: Verdict) -> String {
    match verdict {
        Verdict::Unicast(port) => format!("unicast {port}"),
        Verdict::Flood => "flood".to_owned(),
        Verdict::Treat => "treat".to_owned(),
        Verdict::Drop(reason) => format!("drop {}", reason.name()),
    }
}

fn name_of(egress: Egress) -> &'static str {
    match egress {
        Egress::AsIs => "as_is",
        Egress::Changed(change) => match (change.strip_tag, change.no_default_router) {
            (true, true) => "strip_tag+no_default_router",
            (true, false) => "strip_tag",
            (false, _) => "no_default_router",
        },
        Egress::Drop(reason) => reason.name(),
    }
}

/// What is left of a command.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn array<const N: usize>(&mut self) -> [u8; N] {
        let taken = self.0.len().min(N);
        let (head, rest) = self.0.split_at(taken);
        self.0 = rest;
        std::array::from_fn(|index| head.get(index).copied().unwrap_or(0))
    }

    fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    fn half(&mut self) -> u16 {
        u16::from_be_bytes(self.array())
    }

    fn word(&mut self) -> u32 {
        u32::from_be_bytes(self.array())
    }

    fn mac(&mut self) -> [u8; 6] {
        self.array()
    }

    fn port(&mut self) -> PortId {
        PortId::from(self.byte())
    }

    fn ip_key(&mut self) -> IpKey {
        let vlan = self.half();
        let address = if self.byte() == 6 {
            IpAddr::V6(Ipv6Addr::from(self.array::<16>()))
        } else {
            IpAddr::V4(Ipv4Addr::from(self.array::<4>()))
        };
        IpKey { address, vlan }
    }

    fn access_list(&mut self) -> AccessList {
        let count = self.byte() % MOST_RULES;
        AccessList::compile((0..count).map(|_| self.rule()).collect())
    }

    fn rule(&mut self) -> Rule {
        let (priority, flags, protocol) = (u32::from(self.byte()), self.byte(), self.byte());
        let (source_user, target_user) = (self.who(), self.who());
        let ipv6 = flags & 4 != 0;
        let source = self.block(ipv6);
        let target = self.block(ipv6);
        let ports = (self.half(), self.half());
        Rule {
            priority,
            discard: flags & 1 != 0,
            active: flags & 2 != 0,
            ipv6,
            source: (flags & 8 != 0).then_some(source),
            target: (flags & 16 != 0).then_some(target),
            protocol,
            target_ports: (ports.1 != 0).then_some((ports.0.min(ports.1), ports.1)),
            source_user,
            target_user,
            treatment: Treatment {
                delay_ms: u32::from(flags >> 5 & 1) * 100,
                ..Treatment::default()
            },
            ..Rule::default()
        }
    }

    fn who(&mut self) -> Who {
        match self.byte() % 4 {
            0 => Who::Any,
            number => Who::Name(format!("user{}", number - 1).into()),
        }
    }

    fn block(&mut self, ipv6: bool) -> Block {
        let prefix = self.byte();
        let address = self.array::<16>();
        if ipv6 {
            let mask = u128::MAX
                .checked_shl(128 - u32::from(prefix.min(128)))
                .unwrap_or(0);
            Block::V6(Ipv6Addr::from(address), Ipv6Addr::from(mask))
        } else {
            let mask = u32::MAX
                .checked_shl(32 - u32::from(prefix.min(32)))
                .unwrap_or(0);
            let [.., a, b, c, d] = address;
            Block::V4(Ipv4Addr::new(a, b, c, d), Ipv4Addr::from(mask))
        }
    }

    fn port_rules(&mut self) -> PortRules {
        let kind = match self.byte() % 4 {
            0 => PortKind::Client,
            1 => PortKind::Bridge,
            2 => PortKind::Cascade,
            _ => PortKind::Program,
        };
        let flags = self.byte();
        PortRules {
            kind,
            monitor: flags & 1 != 0,
            over_ipv6: flags & 2 != 0,
            user: format!("user{}", self.byte()).into(),
            group: "".into(),
            policy: self.policy(),
        }
    }

    fn policy(&mut self) -> PortPolicy {
        let bits = self.word();
        let bit = |place: u32| bits >> place & 1 != 0;
        PortPolicy {
            dhcp_filter: bit(0),
            dhcp_no_server: bit(1),
            dhcp_force: bit(2),
            no_bridge: bit(3),
            no_routing: bit(4),
            check_mac: bit(5),
            check_ip: bit(6),
            arp_dhcp_only: bit(7),
            privacy_filter: bit(8),
            no_server: bit(9),
            no_broadcast_limiter: bit(10),
            rs_and_ra_filter: bit(11),
            ra_filter: bit(12),
            dhcpv6_filter: bit(13),
            dhcpv6_no_server: bit(14),
            no_routing_v6: bit(15),
            check_ipv6: bit(16),
            no_server_v6: bit(17),
            filter_ipv4: bit(18),
            filter_ipv6: bit(19),
            filter_non_ip: bit(20),
            no_default_router: bit(21),
            no_default_router_over_ipv6: bit(22),
            max_mac: u32::from(self.half()),
            max_ip: u32::from(self.half()),
            max_ipv6: u32::from(self.half()),
            max_upload: u64::from(self.word()),
            max_download: u64::from(self.word()),
            vlan: self.half() & 0x0fff,
        }
    }

    fn hub_rules(&mut self) -> HubRules {
        let bits = self.word();
        let bit = |place: u32| bits >> place & 1 != 0;
        HubRules {
            no_ip_table: bit(0),
            only_private_ipv4: bit(1),
            only_link_local_ipv6: bit(2),
            no_ip_parsing: bit(3),
            no_vlan_identity: bit(4),
            no_bpdu_identity: bit(5),
            storm_strict: bit(6),
            no_check_mac_on_bridge: bit(7),
            privacy_drops_broadcasts: bit(8),
            privacy_drops_arp: bit(9),
            privacy_allows_same_user: bit(10),
            no_default_router_over_ipv6: bit(11),
            no_loop_detection: bit(12),
            filters: HubFilters {
                pppoe: bit(16),
                ospf: bit(17),
                ipv4: bit(18),
                ipv6: bit(19),
                non_ip: bit(20),
                bpdu: bit(21),
            },
            station: bit(24).then_some([0x00, 0xae, 1, 2, 3, 4]),
            mac_entries: usize::from(self.half()),
            ip_entries: usize::from(self.half()),
            mac_age_ms: u64::from(self.word()),
            ip_age_ms: u64::from(self.word()),
            dhcp_age_ms: u64::from(self.word()),
            vlan_type: self.half(),
            storm_threshold: u32::from(self.half()),
            dormant_ms: u64::from(self.word()),
            ..HubRules::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Play;

    #[test]
    fn commands_are_obeyed() {
        let mut play = Play::default();
        assert_eq!(play.obey(&[0, 1]), "true");
        assert_eq!(play.obey(&[0, 2]), "true");
        let frame = [&[4, 1][..], &[0xff; 6], &[2, 0, 0, 0, 0, 1], &[0x88, 0xb5]].concat();
        assert_eq!(play.obey(&frame), "flood 2:as_is");
        assert_eq!(play.obey(&[7]), "02:00:00:00:00:01/0 1 1000 1000;|");
        assert_eq!(play.obey(&[10]), "1 new_mac false;");
        assert_eq!(play.obey(&[2, 1]), "1");
        assert_eq!(play.obey(&frame), "drop not_attached");
    }
}
