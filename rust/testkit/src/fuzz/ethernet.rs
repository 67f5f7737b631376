//! A hub as its sessions may treat it: any frame from any port, time passing, ports leaving.

use etherloom_switch::{
    DropReason, Facts, Frame, HubRules, MacKey, Network, PortId, PortRules, Switch, Verdict,
};

const MOST_ENTRIES: usize = 24;

fn rules() -> HubRules {
    HubRules {
        mac_entries: MOST_ENTRIES,
        mac_age_ms: 10_000,
        ..HubRules::default()
    }
}

struct Hub {
    switch: Switch,
    now_ms: u64,
}

/// A history: each step is a byte that says what, a byte for which, and for a frame its length and bytes.
pub fn ethernet(mut data: &[u8]) {
    let mut hub = Hub {
        switch: Switch::new(rules()),
        now_ms: 0,
    };
    (0..8).for_each(|port| hub.switch.attach(port, PortRules::default()));
    while let [what, which, rest @ ..] = data {
        let port = PortId::from(*which % 8);
        data = match what % 8 {
            0 => {
                hub.now_ms += u64::from(*which) * 50;
                rest
            }
            1 => {
                hub.detach(port);
                rest
            }
            2 => {
                hub.switch.macs().sweep(hub.now_ms);
                rest
            }
            _ => hub.take_frame(port, rest),
        };
        hub.check();
    }
}

impl Hub {
    /// Returns what follows the frame.
    fn take_frame<'a>(&mut self, port: PortId, data: &'a [u8]) -> &'a [u8] {
        let Some((length, rest)) = data.split_first() else {
            return data;
        };
        let (frame, behind) = rest.split_at(rest.len().min(usize::from(*length)));
        let verdict = self.switch.forward(port, &Frame::plain(frame), self.now_ms);
        self.check_verdict(port, frame, verdict);
        behind
    }

    fn check_verdict(&self, port: PortId, frame: &[u8], verdict: Verdict) {
        assert_ne!(verdict, Verdict::Unicast(port), "an echo");
        let header = match Facts::of(frame) {
            Ok(facts) => facts.header,
            Err(reason) => return assert_eq!(verdict, Verdict::Drop(reason)),
        };
        let macs = self.switch.macs();
        match verdict {
            Verdict::Unicast(to) => {
                assert_eq!(macs.lookup(header.destination_key(), self.now_ms), Some(to));
                self.check_learned(frame, port);
            }
            Verdict::Flood | Verdict::Drop(DropReason::SamePort | DropReason::Storm) => {
                self.check_learned(frame, port);
            }
            Verdict::Drop(DropReason::MacTableFull | DropReason::InvalidSource) => {}
            Verdict::Treat => panic!("there is no access list"),
            Verdict::Drop(reason) => panic!("{reason:?} is not for a frame with a header"),
        }
    }

    /// Spanning tree counts for the bridge that it names.
    fn check_learned(&self, frame: &[u8], port: PortId) {
        let Ok(facts) = Facts::of(frame) else { return };
        let station = match facts.network {
            Network::Bpdu { bridge } => bridge,
            _ => facts.header.src,
        };
        let key = MacKey::new(station, facts.header.vlan);
        assert_eq!(self.switch.macs().lookup(key, self.now_ms), Some(port));
    }

    fn detach(&self, port: PortId) {
        self.switch.detach(port);
        assert_eq!(self.switch.macs().len_of_port(port), 0);
        let ips = self.switch.ips().snapshot();
        assert!(ips.iter().all(|entry| entry.port != port));
        self.switch.attach(port, PortRules::default());
    }

    fn check(&self) {
        let entries = self.switch.macs().snapshot();
        assert_eq!(entries.len(), self.switch.macs().len());
        assert!(entries.len() <= MOST_ENTRIES);
        assert!(
            entries.windows(2).all(|pair| pair[0].key < pair[1].key),
            "a key is there twice"
        );
    }
}
