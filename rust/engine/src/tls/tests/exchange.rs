//! Two well-behaved sides: the handshake, data, the hand-over to raw bytes, the end.

use std::sync::Arc;

use proptest::prelude::*;
use rustls::version::{TLS12, TLS13};

use super::super::{ClientSettings, Identity, Tls, TlsError};
use super::{End, STOCK_CERTIFICATE, VERSIONS, WHOLE, client_of, connect, count_records};
use super::{established, stock_identity};

#[test]
fn both_versions_carry_data_both_ways_in_pieces_of_any_size() {
    let data: Vec<u8> = (0..100_000u32).map(|n| n as u8).collect();
    for version in VERSIONS {
        for piece in [1, 7, WHOLE] {
            let (mut client, mut server) = connect(client_of(version), &stock_identity(), piece);
            client.tls.seal(&data, &mut server.inbox).unwrap();
            server.tls.seal(&data, &mut client.inbox).unwrap();
            assert!(client.work().unwrap().is_empty());
            assert!(server.work().unwrap().is_empty());
            assert_eq!(client.plain, data);
            assert_eq!(server.plain, data);
        }
    }
}

#[test]
fn facts_tell_version_cipher_name_and_chain() {
    let (client, server) = established(&TLS13);
    let facts = client.tls.facts();
    assert_eq!(facts.version, "TLSv1.3");
    assert_eq!(facts.cipher, "TLS13_AES_256_GCM_SHA384");
    assert_eq!(facts.server_name, None);
    assert_eq!(facts.peer_chain, [STOCK_CERTIFICATE]);
    let facts = server.tls.facts();
    assert_eq!(facts.server_name.as_deref(), Some("host.example"));
    assert_eq!(facts.peer_chain.len(), 0);

    let facts = established(&TLS12).0.tls.facts();
    assert_eq!(facts.version, "TLSv1.2");
    assert_eq!(facts.cipher, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    assert_eq!(facts.peer_chain, [STOCK_CERTIFICATE]);
}

#[test]
fn of_an_address_and_of_no_name_nothing_is_indicated() {
    let settings = ClientSettings::new().unwrap();
    for name in ["192.0.2.1", "2001:db8::1", "", "not a name", "-"] {
        let client = Tls::client(&settings, name).unwrap();
        let (_, server) = connect(client, &stock_identity(), WHOLE);
        assert_eq!(server.tls.facts().server_name, None, "{name}");
    }
}

#[test]
fn data_behind_the_handshake_in_the_same_segment_comes_out() {
    for version in VERSIONS {
        let mut client = End::new(client_of(version));
        let mut server = End::new(Tls::server(&stock_identity()).unwrap());
        server.inbox = client.work().unwrap();
        client.inbox = server.work().unwrap();
        server.inbox = client.work().unwrap();
        if !client.tls.is_established() {
            // TLS 1.2: the server has the last word, so the data comes from it.
            client.inbox = server.work().unwrap();
            std::mem::swap(&mut client, &mut server);
        }
        let (mut first, mut last) = (client, server);
        first.tls.seal(b"early", &mut last.inbox).unwrap();
        last.inbox.extend_from_slice(b"\0\0\0\x01raw");
        last.work().unwrap();
        assert_eq!(last.plain, b"early");
        assert_eq!(last.inbox, b"\0\0\0\x01raw");
        assert!(last.tls.is_established());
    }
}

#[test]
fn raw_bytes_behind_the_last_record_stay() {
    for version in VERSIONS {
        let (mut client, mut server) = established(version);
        client
            .tls
            .seal(b"the last record", &mut server.inbox)
            .unwrap();
        server.inbox.extend_from_slice(b"\0\0\0\x01raw");
        server.work().unwrap();
        assert_eq!(server.plain, b"the last record");
        assert_eq!(server.inbox, b"\0\0\0\x01raw");
    }
}

#[test]
fn a_limit_stops_before_the_next_record_even_if_raw_bytes_look_like_one() {
    for version in VERSIONS {
        let (mut client, mut server) = established(version);
        client
            .tls
            .seal(b"the last record", &mut server.inbox)
            .unwrap();
        let raw = [23, 3, 3, 0, 3, 1, 2, 3];
        server.inbox.extend_from_slice(&raw);
        let (mut plain, mut output) = (Vec::new(), Vec::new());
        let opened = server
            .tls
            .open(&mut server.inbox, &mut plain, 1, &mut output)
            .unwrap();
        assert_eq!(plain, b"the last record");
        assert_eq!(server.inbox[opened.consumed..], raw);
    }
}

#[test]
fn a_record_carries_16_kib_and_no_more_room_is_taken_than_needed() {
    let (mut client, mut server) = established(&TLS13);
    let data = vec![7; 3 * 16_384 + 1];
    client.tls.seal(&data, &mut server.inbox).unwrap();
    assert_eq!(server.inbox.len(), data.len() + 4 * 22);
    assert_eq!(count_records(&server.inbox), 4);
    server.work().unwrap();
    assert_eq!(server.plain, data);
}

#[test]
fn sealing_nothing_sends_nothing() {
    let (mut client, mut server) = established(&TLS13);
    client.tls.seal(b"", &mut server.inbox).unwrap();
    assert!(server.inbox.is_empty());
}

#[test]
fn close_notify_is_seen_and_ends_sealing_in_one_direction_only() {
    for version in VERSIONS {
        let (mut client, mut server) = established(version);
        client.tls.seal(b"goodbye", &mut server.inbox).unwrap();
        client.tls.close_notify(&mut server.inbox);
        let said = server.inbox.len();
        client.tls.close_notify(&mut server.inbox);
        assert_eq!(server.inbox.len(), said, "said twice");
        server.inbox.extend_from_slice(b"raw");
        server.work().unwrap();
        assert!(server.closed);
        assert_eq!(server.plain, b"goodbye");
        assert_eq!(server.inbox, b"raw");
        let refused = client.tls.seal(b"x", &mut Vec::new());
        assert!(matches!(refused, Err(TlsError::Closed)));

        server.tls.seal(b"and you", &mut client.inbox).unwrap();
        server.tls.close_notify(&mut client.inbox);
        client.work().unwrap();
        assert!(client.closed);
        assert_eq!(client.plain, b"and you");
    }
}

/// A server that cuts everything it sends into records of 32 bytes, tickets among it.
fn shredding_identity() -> Identity {
    let mut config = rustls::ServerConfig::clone(&stock_identity().0);
    config.max_fragment_size = Some(32);
    config.send_tls13_tickets = 2;
    config.session_storage = rustls::server::ServerSessionMemoryCache::new(8);
    Identity(Arc::new(config))
}

#[test]
fn sealing_between_the_pieces_of_a_ticket_works() {
    let mut client = End::new(client_of(&TLS13));
    let mut server = End::new(Tls::server(&shredding_identity()).unwrap());
    server.inbox = client.work().unwrap();
    client.inbox = server.work().unwrap();
    server.inbox = client.work().unwrap();
    let mut tickets = server.work().unwrap();
    let pieces = count_records(&tickets);
    assert!(pieces > 4, "two tickets in {pieces} pieces");
    server.tls.seal(b"after the tickets", &mut tickets).unwrap();
    for byte in tickets {
        client.inbox.push(byte);
        assert!(client.work().unwrap().is_empty());
        client.tls.seal(b".", &mut server.inbox).unwrap();
    }
    server.work().unwrap();
    assert!(server.plain.len() > 200);
    assert_eq!(client.plain, b"after the tickets");
}

#[test]
fn before_the_handshake_is_through_nothing_can_be_sealed_or_closed() {
    let mut client = client_of(&TLS13);
    let mut output = Vec::new();
    let refused = client.seal(b"x", &mut output);
    assert!(matches!(refused, Err(TlsError::NotEstablished)));
    client.close_notify(&mut output);
    assert!(output.is_empty());
    assert_eq!(client.facts(), super::super::TlsFacts::default());
}

#[test]
fn one_identity_and_one_settings_serve_many_connections() {
    let settings = ClientSettings::new().unwrap();
    let identity: Identity = stock_identity();
    for name in ["a.example", "b.example"] {
        let client = Tls::client(&settings, name).unwrap();
        let (_, server) = connect(client, &identity.clone(), WHOLE);
        assert_eq!(server.tls.facts().server_name.as_deref(), Some(name));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_cutting_gives_the_same_plaintext(
        newer in any::<bool>(),
        writes in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20_000), 1..6),
        cuts in prop::collection::vec(1usize..9_000, 1..12),
        limit in 1usize..40_000,
    ) {
        let version = VERSIONS[usize::from(newer)];
        let (mut client, mut server) = established(version);
        let mut stream = Vec::new();
        for write in &writes {
            client.tls.seal(write, &mut stream).unwrap();
        }
        let mut cuts = cuts.into_iter().cycle();
        let mut rest = &stream[..];
        let mut plain = Vec::new();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(cuts.next().unwrap().min(rest.len()));
            rest = later;
            server.inbox.extend_from_slice(now);
            open_with_limit(&mut server, limit, &mut plain);
        }
        prop_assert!(server.inbox.is_empty());
        prop_assert_eq!(plain, writes.concat());
    }
}

/// Opens the inbox in turns of `limit`, each of which takes at most one record beyond it.
fn open_with_limit(end: &mut End, limit: usize, plain: &mut Vec<u8>) {
    loop {
        let mut some = Vec::new();
        let opened = end
            .tls
            .open(&mut end.inbox, &mut some, limit, &mut Vec::new())
            .unwrap();
        assert!(some.len() < limit + 16_384);
        plain.append(&mut some);
        end.inbox.drain(..opened.consumed);
        if opened.consumed == 0 {
            return;
        }
    }
}
