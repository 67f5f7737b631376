use super::{Visitor, answer, applies, checksum, fill, stamp};
use crate::facts::tcp;
use crate::{Facts, Network, Transport};

const URL: &str = "http://redir.example/?i=alice|SID-ALICE-1|10.91.1.2";
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\n\r\n";

fn segment(flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut segment = vec![
        0x9c, 0x40, 0, 80, 0xff, 0xff, 0xff, 0xfe, 1, 2, 3, 4, 0x50, flags,
    ];
    segment.extend_from_slice(&[0; 6]);
    segment.extend_from_slice(payload);
    segment
}

fn ipv4(flags: u8, payload: &[u8]) -> Vec<u8> {
    let segment = segment(flags, payload);
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0];
    frame.extend_from_slice(&(20 + segment.len() as u16).to_be_bytes());
    frame.extend_from_slice(&[0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    frame.extend_from_slice(&segment);
    frame
}

fn ipv6(payload: &[u8]) -> Vec<u8> {
    let segment = segment(tcp::ACK, payload);
    let mut frame = vec![
        2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x81, 0, 0, 5, 0x86, 0xdd,
    ];
    frame.extend_from_slice(&[0x60, 0, 0, 0]);
    frame.extend_from_slice(&(segment.len() as u16).to_be_bytes());
    frame.extend_from_slice(&[6, 64]);
    for last in [1, 2] {
        frame.extend_from_slice(&[0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    frame.extend_from_slice(&segment);
    frame
}

fn answered(frame: &[u8]) -> (Vec<u8>, Facts) {
    let facts = Facts::of(frame).expect("sound");
    let mut out = Vec::new();
    assert!(answer(frame, &facts, URL, 0x1234, &mut out));
    let facts = Facts::of(&out).expect("sound");
    (out, facts)
}

/// A checksum over what has its own in it is zero.
fn is_sound(frame: &[u8], facts: &Facts, begin: usize) -> bool {
    let segment = &frame[begin..];
    let addresses = match facts.network {
        Network::Ipv4(packet) => [packet.source.octets(), packet.target.octets()].concat(),
        Network::Ipv6(packet) => [packet.source.octets(), packet.target.octets()].concat(),
        _ => return false,
    };
    let rest = [0, 6, (segment.len() >> 8) as u8, segment.len() as u8];
    checksum(&[&addresses, &rest, segment]) == [0, 0]
}

#[test]
fn the_answer_comes_from_the_server_that_was_asked() {
    let (out, facts) = answered(&ipv4(tcp::ACK | tcp::PSH, REQUEST));
    assert_eq!(out[..14], [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]);
    assert_eq!(out[18..24], [0x12, 0x34, 0x40, 0, 128, 6]);
    assert_eq!(checksum(&[&out[14..34]]), [0, 0]);
    let Network::Ipv4(packet) = facts.network else {
        panic!("{facts:?}");
    };
    assert_eq!(
        (packet.source.octets(), packet.target.octets()),
        ([10, 0, 0, 2], [10, 0, 0, 1])
    );
    let wanted = Transport::Tcp {
        source: 80,
        target: 40_000,
        flags: tcp::ACK | tcp::PSH,
        begin: 34,
    };
    assert_eq!(facts.transport, wanted);
    assert_eq!(out[38..42], [1, 2, 3, 4]);
    // The sequence number goes on behind what was received, round the end of its range.
    assert_eq!(out[42..46], [0, 0, 0, 16]);
    assert_eq!(out[48..50], [255, 255]);
    assert!(is_sound(&out, &facts, 34));
}

#[test]
fn ipv6_is_answered_inside_its_vlan() {
    let (out, facts) = answered(&ipv6(REQUEST));
    assert_eq!(out[12..18], [0x81, 0, 0, 5, 0x86, 0xdd]);
    assert_eq!(out[18 + 7], 64);
    let Network::Ipv6(packet) = facts.network else {
        panic!("{facts:?}");
    };
    assert_eq!(
        (packet.source.octets()[15], packet.target.octets()[15]),
        (2, 1)
    );
    assert!(is_sound(&out, &facts, 58));
}

#[test]
fn the_browser_is_told_where_to_go() {
    let (out, facts) = answered(&ipv4(tcp::ACK, REQUEST));
    let text = std::str::from_utf8(&out[facts.payload..]).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head and a body");
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some("HTTP/1.1 302 Found"));
    assert!(lines.any(|line| line == format!("Location: {URL}")));
    assert!(head.ends_with(&format!("Content-Length: {}", body.len())));
    assert!(body.contains(URL));
}

#[test]
fn an_address_adds_no_header_fields_and_no_markup() {
    let frame = ipv4(tcp::ACK, REQUEST);
    let facts = Facts::of(&frame).expect("sound");
    let mut out = Vec::new();
    assert!(answer(
        &frame,
        &facts,
        "http://x/\r\nSet-Cookie: a=\"><script>",
        0,
        &mut out
    ));
    let text = String::from_utf8_lossy(&out[54..]).into_owned();
    assert!(
        !text.contains("\nSet-Cookie")
            && !text
                .split_once("\r\n\r\n")
                .expect("body")
                .1
                .contains("<script")
    );
}

#[test]
fn what_begins_or_breaks_off_or_carries_nothing_is_not_answered() {
    for (flags, payload) in [
        (tcp::SYN, REQUEST),
        (tcp::SYN | tcp::ACK, REQUEST),
        (tcp::ACK | tcp::RST, REQUEST),
        (tcp::ACK | tcp::URG, REQUEST),
        (tcp::PSH, REQUEST),
        (tcp::ACK, b""),
    ] {
        let mut frame = ipv4(flags, payload);
        frame.resize(frame.len().max(60), 0);
        let facts = Facts::of(&frame).expect("sound");
        assert!(!applies(&facts));
        assert!(!answer(&frame, &facts, URL, 0, &mut Vec::new()));
    }
}

const ALICE: Visitor<'_> = Visitor {
    user: "alice",
    session: "SID-ALICE-1",
    address: "10.91.1.2",
};

/// The form that was captured from a stock server.
#[test]
fn a_site_that_shares_a_secret_is_told_who_comes() {
    let template = "http://redir.example/?i=<INFO>|secret";
    let filled = fill(template, &ALICE, 1_795_338_708, |told| {
        assert_eq!(told, b"alice|SID-ALICE-1|10.91.1.2|20261122091148|secret");
        [0xa9; 20]
    });
    let hash = "A9".repeat(20);
    let told = "alice|SID-ALICE-1|10.91.1.2|20261122091148";
    assert_eq!(filled, format!("http://redir.example/?i={told}|{hash}"));
    assert_eq!(filled.len(), 107);
}

#[test]
fn without_a_secret_or_a_blank_the_address_stays_as_it_is() {
    for template in [
        "http://redir.example/?i=<INFO>",
        "http://redir.example/?a|b",
    ] {
        let filled = fill(template, &ALICE, 0, |_| panic!("nothing to hash"));
        assert_eq!(filled, template);
    }
}

#[test]
fn times_are_those_of_the_calendar() {
    for (second, text) in [
        (0, "19700101000000"),
        (951_782_399, "20000228235959"),
        (951_782_400, "20000229000000"),
        (1_709_251_199, "20240229235959"),
        (4_107_542_400, "21000301000000"),
    ] {
        assert_eq!(stamp(second), text);
    }
}
