//! What a hub does with frames, case by case (hub reference, sections 1.3 to 1.5).

#![allow(clippy::unwrap_used)]

use etherloom_switch::{
    DropReason, Frame, HubRules, Learned, MacKey, MacTable, PortId, PortPolicy, PortRules, Switch,
    Verdict,
};

const ALICE: [u8; 6] = [2, 0, 0, 0, 0, 1];
const BOB: [u8; 6] = [2, 0, 0, 0, 0, 2];
const ALL: [u8; 6] = [0xff; 6];
const AGE: u64 = 600_000;

fn frame(dst: [u8; 6], src: [u8; 6]) -> Vec<u8> {
    [&dst[..], &src, &[0x88, 0xb5], &[0; 46]].concat()
}

fn tagged(dst: [u8; 6], src: [u8; 6], vlan: u16) -> Vec<u8> {
    [
        &dst[..],
        &src,
        &[0x81, 0x00],
        &vlan.to_be_bytes(),
        &[0x88, 0xb5],
        &[0; 46],
    ]
    .concat()
}

/// With ports that nothing limits.
fn hub(rules: HubRules) -> Switch {
    let switch = Switch::new(rules);
    for port in 0..10 {
        attach(&switch, port);
    }
    switch
}

fn attach(switch: &Switch, port: PortId) {
    let policy = PortPolicy {
        no_broadcast_limiter: true,
        ..PortPolicy::default()
    };
    let rules = PortRules {
        policy,
        ..PortRules::default()
    };
    switch.attach(port, rules);
}

fn forward(switch: &Switch, port: PortId, bytes: &[u8], now_ms: u64) -> Verdict {
    switch.forward(port, &Frame::plain(bytes), now_ms)
}

#[test]
fn stations_find_each_other() {
    let switch = hub(HubRules::default());
    assert_eq!(forward(&switch, 1, &frame(BOB, ALICE), 0), Verdict::Flood);
    assert_eq!(
        forward(&switch, 2, &frame(ALICE, BOB), 0),
        Verdict::Unicast(1)
    );
    assert_eq!(
        forward(&switch, 1, &frame(BOB, ALICE), 0),
        Verdict::Unicast(2)
    );
}

#[test]
fn groups_are_flooded() {
    let switch = hub(HubRules::default());
    for dst in [ALL, [0x01, 0, 0x5e, 0, 0, 1], [0x33, 0x33, 0, 0, 0, 1]] {
        assert_eq!(forward(&switch, 1, &frame(dst, ALICE), 0), Verdict::Flood);
    }
}

#[test]
fn nothing_returns_to_its_port() {
    let switch = hub(HubRules::default());
    forward(&switch, 1, &frame(ALL, ALICE), 0);
    forward(&switch, 1, &frame(ALL, BOB), 0);
    let verdict = forward(&switch, 1, &frame(BOB, ALICE), 0);
    assert_eq!(verdict, Verdict::Drop(DropReason::SamePort));
}

/// Live on stock hubs: all three are dropped, a group address as source is not.
#[test]
fn sources_that_are_no_stations() {
    let switch = hub(HubRules::default());
    for (dst, src) in [(ALICE, ALL), (ALICE, [0; 6]), (ALICE, ALICE)] {
        let verdict = forward(&switch, 1, &frame(dst, src), 0);
        assert_eq!(verdict, Verdict::Drop(DropReason::InvalidSource));
    }
    assert!(switch.macs().is_empty(), "a refused frame leaves no trace");

    let group = [0x03, 0, 0, 0, 0, 9];
    assert_eq!(forward(&switch, 1, &frame(ALICE, group), 0), Verdict::Flood);
    assert_eq!(switch.macs().lookup(MacKey::new(group, 0), 0), Some(1));
}

#[test]
fn short_frames_are_dropped() {
    let switch = hub(HubRules::default());
    let whole = frame(BOB, ALICE);
    let verdict = forward(&switch, 1, &whole[..13], 0);
    assert_eq!(verdict, Verdict::Drop(DropReason::TooShort));
    assert_eq!(forward(&switch, 1, &whole[..14], 0), Verdict::Flood);
}

#[test]
fn vlans_are_apart() {
    let switch = hub(HubRules::default());
    forward(&switch, 1, &tagged(ALL, ALICE, 5), 0);
    assert_eq!(
        forward(&switch, 2, &tagged(ALICE, BOB, 5), 0),
        Verdict::Unicast(1)
    );
    assert_eq!(
        forward(&switch, 2, &tagged(ALICE, BOB, 6), 0),
        Verdict::Flood
    );
    assert_eq!(forward(&switch, 2, &frame(ALICE, BOB), 0), Verdict::Flood);
    let prioritised = tagged(ALICE, BOB, 0xe005);
    assert_eq!(forward(&switch, 2, &prioritised, 0), Verdict::Unicast(1));
}

#[test]
fn station_moves_at_once() {
    let switch = hub(HubRules::default());
    forward(&switch, 1, &frame(ALL, ALICE), 0);
    forward(&switch, 3, &frame(ALL, ALICE), 10);
    assert_eq!(
        forward(&switch, 2, &frame(ALICE, BOB), 10),
        Verdict::Unicast(3)
    );
    assert_eq!(switch.macs().snapshot()[0].created_ms, 10);
}

#[test]
fn aged_station_is_unknown() {
    let switch = hub(HubRules::default());
    forward(&switch, 1, &frame(ALL, ALICE), 0);
    assert_eq!(
        forward(&switch, 2, &frame(ALICE, BOB), AGE - 1),
        Verdict::Unicast(1)
    );
    assert_eq!(forward(&switch, 2, &frame(ALICE, BOB), AGE), Verdict::Flood);
}

#[test]
fn detached_port_is_forgotten() {
    let switch = hub(HubRules::default());
    forward(&switch, 1, &frame(ALL, ALICE), 0);
    forward(&switch, 1, &tagged(ALL, ALICE, 5), 0);
    forward(&switch, 2, &frame(ALL, BOB), 0);
    assert_eq!(switch.detach(1), 2);
    assert_eq!(forward(&switch, 2, &frame(ALICE, BOB), 0), Verdict::Flood);
    assert_eq!(switch.macs().len(), 1);
}

#[test]
fn full_table_refuses_the_new_only() {
    let switch = hub(HubRules {
        mac_entries: 1,
        ..HubRules::default()
    });
    forward(&switch, 1, &frame(ALL, ALICE), 0);
    let verdict = forward(&switch, 2, &frame(ALICE, BOB), 1);
    assert_eq!(verdict, Verdict::Drop(DropReason::MacTableFull));
    assert_eq!(forward(&switch, 1, &frame(ALL, ALICE), 2), Verdict::Flood);
    assert_eq!(
        forward(&switch, 2, &frame(BOB, ALICE), 3),
        Verdict::Flood,
        "moving needs no room"
    );

    switch.set_rules(HubRules {
        mac_entries: 2,
        ..HubRules::default()
    });
    assert_eq!(
        forward(&switch, 1, &frame(ALICE, BOB), 4),
        Verdict::Unicast(2)
    );
}

#[test]
fn unknown_source_sweeps_once_a_second() {
    let table = MacTable::new(2, 1000);
    let key = |last| MacKey::new([2, 0, 0, 0, 0, last], 0);
    assert_eq!(table.learn(key(1), 1, 0), Learned::New);
    assert_eq!(table.learn(key(2), 1, 500), Learned::New);
    assert_eq!(
        table.learn(key(3), 1, 1000),
        Learned::Full,
        "the first is aged, not yet swept"
    );
    assert_eq!(table.learn(key(3), 1, 1001), Learned::New);
    assert_eq!(table.len(), 2);
    assert_eq!(table.sweep(1500), 1);
    assert_eq!(table.snapshot()[0].key, key(3));
}

#[test]
fn entry_is_refreshed_once_a_second() {
    let table = MacTable::new(10, 5000);
    let key = MacKey::new(ALICE, 0);
    table.learn(key, 1, 0);
    let updated = |at| {
        assert_eq!(table.learn(key, 1, at), Learned::Known);
        table.snapshot()[0].updated_ms
    };
    assert_eq!(updated(999), 0);
    assert_eq!(updated(1000), 1000);
    assert_eq!(table.snapshot()[0].created_ms, 0);
    assert_eq!(
        table.learn(key, 1, 6000),
        Learned::New,
        "nobody was there in between"
    );
    assert_eq!(table.snapshot()[0].created_ms, 6000);
}

#[test]
fn one_entry_is_removed() {
    let table = MacTable::new(10, 1000);
    table.learn(MacKey::new(ALICE, 0), 1, 0);
    table.learn(MacKey::new(ALICE, 7), 1, 0);
    assert!(table.remove(MacKey::new(ALICE, 0)));
    assert!(!table.remove(MacKey::new(ALICE, 0)));
    assert_eq!(table.lookup(MacKey::new(ALICE, 0), 0), None);
    assert_eq!(table.lookup(MacKey::new(ALICE, 7), 0), Some(1));
    assert_eq!(table.len_of_port(1), 1);
    assert_eq!(table.learn(MacKey::new(ALICE, 0), 2, 0), Learned::New);
}

/// Any number is a port, the largest too.
#[test]
fn largest_port_number() {
    let table = MacTable::new(10, 1000);
    table.learn(MacKey::new(ALICE, 0), PortId::MAX, 0);
    assert_eq!(table.lookup(MacKey::new(ALICE, 0), 0), Some(PortId::MAX));
}

#[test]
fn table_grows_and_shrinks() {
    let table = MacTable::new(10_000, 1000);
    let key = |n: u32| {
        let [_, a, b, c] = n.to_be_bytes();
        MacKey::new([2, 0, 0, a, b, c], 0)
    };
    for now_ms in 0..3 {
        for n in 0..10_000 {
            assert_eq!(table.learn(key(n), n % 10, now_ms), Learned::New);
        }
        assert_eq!(table.learn(key(10_000), 0, now_ms), Learned::Full);
        for n in 0..10_000 {
            assert_eq!(table.lookup(key(n), now_ms), Some(n % 10));
        }
        for port in 0..10 {
            assert_eq!(table.remove_port(port), 1000);
        }
        assert!(table.is_empty());
    }
}

/// The table is rebuilt several times under a batch: by what is learned through it, and by others.
#[test]
fn batch_survives_growth() {
    let switch = hub(HubRules::default());
    (0..3001).for_each(|port| attach(&switch, port));
    let mut batch = switch.batch();
    let station = |n: u16| [2, 0, 0, 9, (n >> 8) as u8, n as u8];
    for n in 1..500 {
        let port = PortId::from(n);
        let to_previous = frame(station(n - 1), station(n));
        let verdict = batch.judge(port, &Frame::plain(&to_previous), 0).verdict;
        let expected = if n == 1 {
            Verdict::Flood
        } else {
            Verdict::Unicast(port - 1)
        };
        assert_eq!(verdict, expected);
    }
    for n in 500..2000 {
        forward(&switch, 7, &frame(ALL, station(n)), 0);
    }
    let verdict = batch
        .judge(1, &Frame::plain(&frame(station(2), station(1))), 0)
        .verdict;
    assert_eq!(verdict, Verdict::Unicast(2));
    let verdict = batch
        .judge(3000, &Frame::plain(&frame(station(1999), ALICE)), 0)
        .verdict;
    assert_eq!(
        verdict,
        Verdict::Unicast(7),
        "learning shows the others' stations too"
    );
    assert_eq!(switch.macs().len(), 2000);
}
