//! The hub against a slow one made of a map, over random histories.
//!
//! The slow hub is written from the reference, with the two deliberate differences: an aged entry counts for nothing,
//! and an entry is refreshed once a second.

use etherloom_switch::{
    DropReason, Frame, HubRules, MacEntry, MacKey, PortId, PortPolicy, PortRules, Switch, Verdict,
};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::HashMap;

const AGE_MS: u64 = 5000;
const MOST: usize = 6;

#[derive(Clone, Debug)]
enum Step {
    Frame {
        port: PortId,
        dst: u8,
        src: u8,
        vlan: u16,
    },
    Pass {
        ms: u64,
    },
    Detach {
        port: PortId,
    },
    Remove {
        station: u8,
        vlan: u16,
    },
    Sweep,
}

fn step() -> impl Strategy<Value = Step> {
    let vlan = prop_oneof![3 => Just(0_u16), 1 => 1..3_u16];
    prop_oneof![
        12 => (0..4_u32, 0..10_u8, 0..10_u8, vlan.clone())
            .prop_map(|(port, dst, src, vlan)| Step::Frame { port, dst, src, vlan }),
        3 => (0..AGE_MS * 3 / 2).prop_map(|ms| Step::Pass { ms }),
        2 => prop_oneof![0..20_u64, 980..1020_u64].prop_map(|ms| Step::Pass { ms }),
        1 => (0..4_u32).prop_map(|port| Step::Detach { port }),
        1 => (0..10_u8, vlan).prop_map(|(station, vlan)| Step::Remove { station, vlan }),
        1 => Just(Step::Sweep),
    ]
}

/// 0 is nobody's address, 8 a group, 9 everybody.
fn address(station: u8) -> [u8; 6] {
    match station {
        0 => [0; 6],
        8 => [0x01, 0, 0x5e, 0, 0, 8],
        9 => [0xff; 6],
        _ => [2, 0, 0, 0, 0, station],
    }
}

fn frame(dst: u8, src: u8, vlan: u16) -> Vec<u8> {
    let mut bytes = [address(dst), address(src)].concat();
    if vlan != 0 {
        bytes.extend([0x81, 0x00]);
        bytes.extend(vlan.to_be_bytes());
    }
    bytes.extend([0x88, 0xb5]);
    bytes
}

/// Ports that nothing limits.
fn attach(hub: &Switch, ports: impl IntoIterator<Item = PortId>) {
    let policy = PortPolicy {
        no_broadcast_limiter: true,
        ..PortPolicy::default()
    };
    for port in ports {
        hub.attach(
            port,
            PortRules {
                policy,
                ..PortRules::default()
            },
        );
    }
}

#[derive(Default)]
struct SlowHub {
    table: HashMap<(u8, u16), MacEntry>,
    swept_ms: Option<u64>,
}

impl SlowHub {
    fn forward(&mut self, port: PortId, (dst, src, vlan): (u8, u8, u16), now_ms: u64) -> Verdict {
        if src == 0 || src == 9 || src == dst {
            return Verdict::Drop(DropReason::InvalidSource);
        }
        if !self.learn(port, (src, vlan), now_ms) {
            return Verdict::Drop(DropReason::MacTableFull);
        }
        if dst >= 8 {
            return Verdict::Flood;
        }
        match self
            .table
            .get(&(dst, vlan))
            .filter(|entry| now_ms < entry.updated_ms + AGE_MS)
        {
            Some(entry) if entry.port == port => Verdict::Drop(DropReason::SamePort),
            Some(entry) => Verdict::Unicast(entry.port),
            None => Verdict::Flood,
        }
    }

    fn learn(&mut self, port: PortId, (src, vlan): (u8, u16), now_ms: u64) -> bool {
        let new = MacEntry {
            key: MacKey::new(address(src), vlan),
            port,
            created_ms: now_ms,
            updated_ms: now_ms,
        };
        let alive = |entry: &&mut MacEntry| now_ms < entry.updated_ms + AGE_MS;
        if let Some(entry) = self.table.get_mut(&(src, vlan)).filter(alive) {
            if entry.port != port {
                *entry = new;
            } else if now_ms - entry.updated_ms >= 1000 {
                entry.updated_ms = now_ms;
            }
            return true;
        }
        if self
            .swept_ms
            .is_none_or(|swept_ms| now_ms - swept_ms > 1000)
        {
            self.sweep(now_ms);
        }
        if self.table.len() >= MOST && !self.table.contains_key(&(src, vlan)) {
            return false;
        }
        self.table.insert((src, vlan), new);
        true
    }

    fn sweep(&mut self, now_ms: u64) {
        self.swept_ms = Some(now_ms);
        self.table
            .retain(|_, entry| now_ms < entry.updated_ms + AGE_MS);
    }

    fn entries(&self) -> Vec<MacEntry> {
        let mut entries: Vec<_> = self.table.values().copied().collect();
        entries.sort_by_key(|entry| entry.key);
        entries
    }
}

fn take(step: &Step, hub: &Switch, slow: &mut SlowHub, now_ms: &mut u64) {
    match *step {
        Step::Frame {
            port,
            dst,
            src,
            vlan,
        } => {
            let bytes = frame(dst, src, vlan);
            let verdict = hub.forward(port, &Frame::plain(&bytes), *now_ms);
            assert_eq!(verdict, slow.forward(port, (dst, src, vlan), *now_ms));
            assert_ne!(verdict, Verdict::Unicast(port), "an echo");
        }
        Step::Pass { ms } => *now_ms += ms,
        Step::Detach { port } => {
            let before = slow.table.len();
            slow.table.retain(|_, entry| entry.port != port);
            assert_eq!(hub.detach(port), before - slow.table.len());
            attach(hub, [port]);
        }
        Step::Remove { station, vlan } => {
            let was_there = slow.table.remove(&(station, vlan)).is_some();
            assert_eq!(
                hub.macs().remove(MacKey::new(address(station), vlan)),
                was_there
            );
        }
        Step::Sweep => {
            slow.sweep(*now_ms);
            hub.macs().sweep(*now_ms);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn hub_does_what_the_slow_one_does(steps in vec(step(), 1..120)) {
        let hub = Switch::new(HubRules { mac_entries: MOST, mac_age_ms: AGE_MS, ..HubRules::default() });
        attach(&hub, 0..4);
        let mut slow = SlowHub::default();
        let mut now_ms = 0;
        for step in &steps {
            take(step, &hub, &mut slow, &mut now_ms);
            prop_assert_eq!(hub.macs().snapshot(), slow.entries());
            prop_assert_eq!(hub.macs().len(), slow.table.len());
        }
        for port in 0..4 {
            let count = slow.table.values().filter(|entry| entry.port == port).count();
            prop_assert_eq!(hub.macs().len_of_port(port), count);
        }
    }

    #[test]
    fn arbitrary_bytes_are_judged(bytes in vec(any::<u8>(), 0..40), port: PortId, now_ms: u64) {
        let hub = Switch::new(HubRules::default());
        attach(&hub, [port]);
        let verdict = hub.forward(port, &Frame::plain(&bytes), now_ms);
        if bytes.len() < 14 {
            prop_assert_eq!(verdict, Verdict::Drop(DropReason::TooShort));
        }
        prop_assert_ne!(verdict, Verdict::Unicast(port));
    }
}
