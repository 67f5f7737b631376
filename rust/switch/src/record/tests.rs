use super::{
    Application, Columns, Level, PacketLogRules, Parties, Services, Style, needed, write_json,
};
use crate::facts::Facts;
use proptest::prelude::*;
use std::net::IpAddr;

/// What a stock server wrote of each frame: see the head of the file.
const VECTORS: &str = include_str!("../../../../tests/vectors/packet_log.tsv");
const SERVICES: &str = "\
ftp 21/sctp
domain 53/tcp # name-domain server
domain 53/udp
bootps 67/udp
bootpc 68/udp
http 80/tcp www
ntp 123/udp
https 443/tcp
isakmp 500/udp
openvpn 1194/udp
ipsec-nat-t 4500/udp
mdns 5353/udp
rplay 5555/udp
http-alt 8080/tcp
nonsense
nonsense x/tcp
";

struct Vector {
    name: &'static str,
    frame: Vec<u8>,
    line: &'static str,
}

fn vectors() -> impl Iterator<Item = Vector> {
    let lines = VECTORS.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let mut fields = line.split('\t');
        let mut next = || fields.next().expect("three fields");
        Vector {
            name: next(),
            frame: unhex(next()),
            line: next(),
        }
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
    (0..text.len()).step_by(2).map(pair).collect()
}

fn vector(name: &str) -> Vector {
    vectors().find(|one| one.name == name).expect("its name")
}

fn style() -> Style {
    Style {
        services: Services::parse(SERVICES),
    }
}

fn line(frame: &[u8], level: Level, parties: &Parties<'_>, no_addresses: bool) -> String {
    let facts = Facts::of(frame).expect("a sound frame");
    let kept = &frame[..needed(&facts, frame, level)];
    let columns = Columns::of(&PacketLogRules::default(), &facts, kept, level);
    let mut out = String::new();
    style().write(&columns, parties, no_addresses, &mut out);
    out
}

fn parties(target: Option<&str>) -> Parties<'_> {
    Parties {
        source: "SID-LOCALBRIDGE-1",
        target,
        ..Parties::default()
    }
}

#[test]
fn lines_are_those_of_a_stock_server() {
    let mut seen = 0;
    for Vector {
        name,
        frame,
        line: expected,
    } in vectors()
    {
        let target = expected.split(',').nth(1).filter(|name| *name != "-");
        assert_eq!(
            line(&frame, Level::Headers, &parties(target), false),
            expected,
            "{name}"
        );
        seen += 1;
    }
    assert!(seen > 90, "vectors are missing");
}

#[test]
fn a_whole_frame_is_told_without_its_padding() {
    let padded = vector("arp padded").frame;
    let told = line(&padded, Level::All, &parties(None), false);
    assert_eq!(
        told.split(',').nth(15).map(str::len),
        Some(padded.len() * 2)
    );
    let mut syn = vector("syn").frame;
    let whole: Vec<_> = syn.iter().map(|byte| format!("{byte:02X}")).collect();
    syn.resize(60, 0);
    let told = line(&syn, Level::All, &parties(None), false);
    assert_eq!(told.split(',').nth(15), Some(whole.concat().as_str()));
}

#[test]
fn addresses_of_clients_are_the_last_columns_unless_unwanted() {
    let parties = Parties {
        source: "SID-ALICE-1",
        target: Some("SID-BOB-2"),
        source_address: Some(IpAddr::from([10, 91, 1, 2])),
        target_address: Some(IpAddr::from([10, 91, 2, 2])),
    };
    let frame = vector("syn").frame;
    let told = line(&frame, Level::Headers, &parties, false);
    assert!(told.ends_with(",-,10.91.1.2,10.91.2.2"));
    let told = line(&frame, Level::Headers, &parties, true);
    assert!(told.ends_with("WindowSize=65535,-"));
}

#[test]
fn a_name_can_neither_end_a_column_nor_a_line() {
    let parties = Parties {
        source: "SID-A,B\r\n-1",
        ..Parties::default()
    };
    let told = line(&vector("syn").frame, Level::Headers, &parties, true);
    assert!(told.starts_with("SID-A_B??-1,-,"));
}

fn level(rules: PacketLogRules, name: &str) -> Level {
    let frame = vector(name).frame;
    rules.level(&Facts::of(&frame).expect("a sound frame"), &frame)
}

/// Which kinds raise the level of a frame.
#[test]
fn each_kind_raises_the_level_of_its_frames() {
    let applicable: [(&str, &[usize]); 16] = [
        ("syn", &[0, 1, 5, 7]),
        ("data", &[1, 5, 7]),
        ("get", &[0, 1, 5, 7]),
        ("hello ipv6", &[0, 1, 5, 7]),
        ("udp", &[3, 5, 7]),
        ("dns", &[0, 3, 5, 7]),
        ("openvpn ipv6", &[0, 3, 5, 7]),
        ("ike main", &[0, 3, 5, 7]),
        ("dhcp request", &[2, 3, 5, 7]),
        ("echo request", &[4, 5, 7]),
        ("router solicitation", &[4, 5, 7]),
        ("gre", &[5, 7]),
        ("later fragment", &[5, 7]),
        ("arp request", &[6, 7]),
        ("other", &[7]),
        ("tagged other", &[7]),
    ];
    for (name, kinds) in applicable {
        for kind in 0..8 {
            let mut levels = [0; 8];
            levels[kind] = 1 + kind as u8 % 2;
            let raised = level(PacketLogRules::of_levels(levels), name);
            let expected = if kinds.contains(&kind) {
                levels[kind]
            } else {
                0
            };
            assert_eq!(raised, Level::of(expected), "{name}, kind {kind}");
        }
    }
}

#[test]
fn the_highest_level_counts() {
    let rules = PacketLogRules::of_levels([1, 2, 0, 0, 0, 1, 0, 0]);
    assert_eq!(level(rules, "syn"), Level::All);
    let rules = PacketLogRules::of_levels([2, 1, 2, 1, 0, 0, 0, 0]);
    assert_eq!(level(rules, "data"), Level::Headers);
    assert_eq!(level(rules, "get"), Level::All);
    assert_eq!(level(rules, "dhcp request"), Level::All);
    assert_eq!(level(rules, "udp"), Level::Headers);
}

#[test]
fn a_protocol_may_be_left_out() {
    let all = PacketLogRules::of_levels([1; 8]);
    let no_ipv4 = PacketLogRules {
        no_ipv4: true,
        ..all
    };
    let no_ipv6 = PacketLogRules {
        no_ipv6: true,
        ..all
    };
    for (name, with_no_ipv4, with_no_ipv6) in [
        ("syn", Level::Nothing, Level::Headers),
        ("arp request", Level::Nothing, Level::Headers),
        ("syn ipv6", Level::Headers, Level::Nothing),
        ("other", Level::Headers, Level::Headers),
    ] {
        assert_eq!(level(no_ipv4, name), with_no_ipv4, "{name}");
        assert_eq!(level(no_ipv6, name), with_no_ipv6, "{name}");
    }
}

#[test]
fn requests_are_told_only_where_they_are_looked_into() {
    let frame = vector("get").frame;
    let facts = Facts::of(&frame).expect("a sound frame");
    let rules = PacketLogRules {
        no_http: true,
        ..PacketLogRules::of_levels([1, 0, 0, 0, 0, 0, 0, 0])
    };
    assert_eq!(rules.application(&facts, &frame), Application::None);
    assert_eq!(rules.level(&facts, &frame), Level::Nothing);
    let columns = Columns::of(&rules, &facts, &frame, Level::Headers);
    assert_eq!(columns.note, "WindowSize=65535");
}

#[test]
fn as_json() {
    let frame = vector("dns").frame;
    let facts = Facts::of(&frame).expect("a sound frame");
    let columns = Columns::of(&PacketLogRules::default(), &facts, &frame, Level::Headers);
    let parties = Parties {
        source: "SID-\"A\\-1",
        source_address: Some(IpAddr::from([10, 91, 1, 2])),
        ..Parties::default()
    };
    let mut out = String::new();
    write_json(
        &columns,
        &parties,
        ("2026-11-23T06:48:05.197Z", "LAB"),
        false,
        &mut out,
    );
    assert_eq!(
        out,
        concat!(
            r#"{"event":"packet","time":"2026-11-23T06:48:05.197Z","hub":"LAB","source_session":"SID-\"A\\-1","#,
            r#""source_mac":"5e:b7:1b:74:43:09","target_mac":"5e:46:9e:f0:f6:c3","ethertype":2048,"bytes":75,"#,
            r#""type":"DNSv4","detail":"DNS_Query","source_ip":"192.168.77.2","source_port":40001,"#,
            r#""target_ip":"192.168.77.3","target_port":53,"note":"www.example.com","source_client":"10.91.1.2"}"#
        )
    );
}

proptest! {
    /// Any bytes, also a real frame with something in it changed or cut off.
    #[test]
    fn any_frame_gives_one_line(
        which in 0..90_usize,
        place in 0..200_usize,
        value: u8,
        length in 0..400_usize,
        level in 1..=2_u8,
    ) {
        let mut frame = vectors().nth(which).expect("so many").frame;
        if let Some(byte) = frame.get_mut(place) {
            *byte = value;
        }
        frame.truncate(length.max(14));
        if let Ok(facts) = Facts::of(&frame) {
            let level = Level::of(level);
            let kept = &frame[..needed(&facts, &frame, level)];
            let columns = Columns::of(&PacketLogRules::default(), &facts, kept, level);
            let whole = Columns::of(&PacketLogRules::default(), &facts, &frame, level);
            prop_assert_eq!(&columns, &whole);
            let mut out = String::new();
            style().write(&columns, &parties(None), false, &mut out);
            prop_assert_eq!(out.split(',').count(), 18);
            prop_assert!(!out.contains(char::is_control));
        }
    }
}
