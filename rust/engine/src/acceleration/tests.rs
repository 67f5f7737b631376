//! What becomes of frames that datagrams can't carry: none goes without a named reason.

#![allow(clippy::unwrap_used)]

use etherloom_wire::acceleration::Header;
use etherloom_wire::offload::Packet;

use super::*;

const KEY: [u8; 32] = [7; 32];

/// One end that sends to `peer`, whatever the state of its path.
fn end(peer: &str) -> Acceleration {
    let rules = AccelerationRules {
        peers: vec![peer.parse().unwrap()],
        send: Protection::V2(KEY),
        receive: Protection::V2(KEY),
        own_cookie: 1,
        peer_cookie: 2,
        fast: false,
        own: false,
        compress: false,
    };
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    let (shared, sight) = (Arc::default(), Arc::default());
    Acceleration::new(1, socket, rules, [3; SALT_BYTES], shared, sight)
}

fn queue(end: &mut Acceleration, bytes: &[u8]) {
    let passing = Passing::of(Packet::plain(bytes)).unwrap();
    end.enqueue(&passing, &mut Compressor::default(), &mut Vec::new())
        .unwrap();
}

#[test]
fn frames_of_a_path_that_fails_are_dropped_by_name() {
    // Broadcasts are refused unless the socket asks for them.
    let mut end = end("255.255.255.255:9");
    for length in [60, 60, 1_000] {
        queue(&mut end, &vec![1; length]);
    }
    end.flush();
    assert_eq!(end.take_outcome().lost, [(DropReason::NoLink, 3)]);
    assert_eq!(end.backlog(), 0);
    assert!(end.take_outcome().lost.is_empty());
}

#[test]
fn what_a_flush_in_between_sends_is_seen_too() {
    let sink = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut end = end(&sink.local_addr().unwrap().to_string());
    let frames = FLUSH_BYTES / 1_000 + 10;
    for _ in 0..frames {
        queue(&mut end, &[1; 1_000]);
    }
    assert!(end.backlog() < FLUSH_BYTES);
    end.flush();
    let outcome = end.take_outcome();
    assert!(outcome.bytes > frames as u64 * 1_000);
    assert!((2..frames as u64).contains(&outcome.calls));
    assert!(outcome.lost.is_empty());
    let seen = end.sight.snapshot();
    assert_eq!(seen.sent_batch.sum, frames as u64);
    assert_eq!(seen.queue_delay_us.buckets.iter().sum::<u64>(), 2);
}

#[test]
fn a_body_that_does_not_inflate_is_dropped_by_name() {
    let mut sealer = Sealer::new(&Protection::V2(KEY), [4; SALT_BYTES]);
    let header = Header {
        cookie: 1,
        tick: 1,
        echo: 0,
        compressed: true,
    };
    let mut datagram = Vec::new();
    let body = b"this is no zlib stream";
    sealer.seal(&header, body.len() as u16, 0, &mut datagram, |out| {
        out.extend_from_slice(body);
    });
    let mut found = Vec::new();
    let mut end = end("127.0.0.1:9");
    let authentic = end.take(
        "127.0.0.1:9".parse().unwrap(),
        &mut datagram,
        &mut |frame| {
            found.push(frame.map(<[u8]>::to_vec));
        },
    );
    assert!(authentic);
    assert_eq!(found, [Err(DropReason::BadCompression)]);
}
