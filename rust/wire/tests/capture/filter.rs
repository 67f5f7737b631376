//! What filters mean, one by one.

use etherloom_wire::capture::{Fields, Filter};

use crate::frames::{arp, ethernet, ipv4, ipv6, ports, tagged};

fn holds(filter: &str, frame: &[u8]) -> bool {
    Filter::parse(filter)
        .expect(filter)
        .matches(&Fields::of(frame))
}

#[track_caller]
fn check(frame: &[u8], yes: &[&str], no: &[&str]) {
    for filter in yes {
        assert!(holds(filter, frame), "{filter} should hold");
        assert!(!holds(&format!("not ({filter})"), frame), "not {filter}");
    }
    for filter in no {
        assert!(!holds(filter, frame), "{filter} should not hold");
    }
}

#[test]
fn an_ipv4_datagram() {
    let frame = ipv4(17, 0x4000, [10, 0, 0, 1], [10, 9, 0, 2], &ports(5_000, 53));
    check(
        &frame,
        &[
            "udp",
            "ip4",
            "mac 02:00:00:00:00:01",
            "src mac 2-0-0-0-0-1",
            "dst mac 02:00:00:00:00:02",
            "ip 10.0.0.1",
            "dst ip 10.9.0.2",
            "net 10.0.0.0/8",
            "src net 10.0.0.0/24",
            "net 0.0.0.0/0",
            "port 53",
            "src port 5000",
            "dst port 50-60",
            "proto 17",
            "ethertype 0x0800",
            "ethertype 2048",
            "udp and port 53 or arp",
            "not tcp and not (vlan or ip6)",
            "not not udp",
        ],
        &[
            "tcp",
            "dst mac 02:00:00:00:00:01",
            "src ip 10.9.0.2",
            "dst net 10.0.0.0/16",
            "src port 53",
            "port 54-60",
            "net ::/0",
            "vlan",
            "broadcast",
            "multicast",
            "icmp",
            "udp and not port 53",
        ],
    );
}

#[test]
fn a_later_fragment_has_no_ports() {
    let frame = ipv4(6, 0x2001, [1, 1, 1, 1], [2, 2, 2, 2], &ports(80, 80));
    check(&frame, &["tcp"], &["port 80", "port 0-65535"]);
}

#[test]
fn ipv6_behind_extension_headers() {
    let options = [44, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let fragment = [6, 0, 0, 1, 0, 0, 0, 0];
    let body = [&options[..], &fragment, &ports(443, 9)].concat();
    let frame = ipv6(0, &body);
    check(
        &frame,
        &["tcp", "ip6", "src ip fd00::1", "net fd00::/8", "port 443"],
        &["udp", "ip fd00::3", "net 0.0.0.0/0"],
    );
    check(&ipv6(58, &[128, 0]), &["icmp", "proto 58"], &["tcp"]);
}

#[test]
fn a_later_fragment_is_not_looked_into() {
    // It begins like options that lead to TCP: bytes of anything.
    let fragment = [60, 0, 0, 8, 0, 0, 0, 0];
    let body = [&fragment[..], &[6, 0, 0, 0, 0, 0, 0, 0], &ports(443, 9)].concat();
    check(&ipv6(44, &body), &["ip6", "proto 60"], &["tcp", "port 443"]);
}

#[test]
fn arp_is_known_by_its_addresses() {
    let frame = arp([10, 0, 0, 1], [10, 0, 0, 2]);
    check(
        &frame,
        &[
            "arp",
            "broadcast",
            "multicast",
            "src ip 10.0.0.1",
            "dst ip 10.0.0.2",
        ],
        &["ip4", "proto 0", "port 0"],
    );
}

#[test]
fn tags_are_looked_behind() {
    let frame = tagged(7, &tagged(9, &arp([1, 2, 3, 4], [5, 6, 7, 8])));
    check(
        &frame,
        &[
            "vlan",
            "vlan 7",
            "arp",
            "vlan and arp",
            "(vlan)",
            "vlan or arp",
        ],
        &["vlan 9", "ethertype 0x8100"],
    );
}

#[test]
fn summaries_are_one_line() {
    let lines = [
        (
            ipv4(17, 0, [10, 0, 0, 1], [10, 0, 0, 2], &ports(5_000, 53)),
            "02:00:00:00:00:01 > 02:00:00:00:00:02 IPv4 10.0.0.1 port 5000 > 10.0.0.2 port 53 UDP, 42 bytes",
        ),
        (
            tagged(5, &ethernet([0xff; 6], 0x88cc, &[])),
            "02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff vlan 5 ethertype 0x88cc, 18 bytes",
        ),
        (vec![1, 2, 3], "3 bytes, no Ethernet header"),
    ];
    for (frame, line) in lines {
        assert_eq!(Fields::of(&frame).to_string(), line);
    }
}
