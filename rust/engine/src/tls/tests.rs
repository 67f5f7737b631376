//! Both roles against each other, in memory.

#![allow(clippy::unwrap_used)]

use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};

use super::*;

const STOCK_CERTIFICATE: &[u8] = include_bytes!("vectors/stock-shape.der");
const STOCK_KEY: &[u8] = include_bytes!("vectors/stock-shape.key.der");
const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

pub(super) fn stock_identity() -> Identity {
    Identity::new(vec![STOCK_CERTIFICATE.to_vec()], STOCK_KEY).unwrap()
}

pub(super) fn client(version: &'static SupportedProtocolVersion) -> Tls {
    let settings = ClientSettings::with_versions(&[version]).unwrap();
    Tls::client(&settings, "host.example").unwrap()
}

/// A side with the bytes on their way to it.
pub(super) struct End {
    pub(super) tls: Tls,
    pub(super) inbox: Vec<u8>,
    pub(super) plain: Vec<u8>,
    pub(super) closed: bool,
}

impl End {
    pub(super) fn new(tls: Tls) -> End {
        End {
            tls,
            inbox: Vec::new(),
            plain: Vec::new(),
            closed: false,
        }
    }

    /// Opens what is in the inbox and returns what is to be sent.
    pub(super) fn work(&mut self) -> Result<Vec<u8>, TlsError> {
        let mut output = Vec::new();
        let opened = self
            .tls
            .open(&mut self.inbox, &mut self.plain, usize::MAX, &mut output)?;
        self.inbox.drain(..opened.consumed);
        self.closed |= opened.closed;
        Ok(output)
    }
}

/// Carries bytes to and fro until both sides are established, in pieces of at most `piece` bytes.
pub(super) fn shake_hands(client: &mut End, server: &mut End, piece: usize) {
    for _ in 0..10_000 {
        let to_server = client.work().unwrap();
        deliver(server, &to_server, piece, client);
        if client.tls.is_established() && server.tls.is_established() {
            return;
        }
    }
    panic!("no handshake");
}

fn deliver(to: &mut End, bytes: &[u8], piece: usize, from: &mut End) {
    for chunk in bytes.chunks(piece) {
        to.inbox.extend_from_slice(chunk);
        let answer = to.work().unwrap();
        if !answer.is_empty() {
            deliver(from, &answer, piece, to);
        }
    }
}

pub(super) fn established(version: &'static SupportedProtocolVersion, piece: usize) -> (End, End) {
    let mut client = End::new(client(version));
    let mut server = End::new(Tls::server(&stock_identity()).unwrap());
    shake_hands(&mut client, &mut server, piece);
    (client, server)
}

#[test]
fn both_versions_carry_data_both_ways_in_any_piece() {
    for version in VERSIONS {
        for piece in [1, 7, 100_000] {
            let (mut client, mut server) = established(version, piece);
            let data: Vec<u8> = (0..100_000u32).map(|n| n as u8).collect();
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
    let (client, server) = established(&TLS13, 100_000);
    let facts = client.tls.facts();
    assert_eq!(facts.version, "TLSv1.3");
    assert_eq!(facts.cipher, "TLS13_AES_256_GCM_SHA384");
    assert_eq!(facts.server_name, None);
    assert_eq!(facts.peer_chain, [STOCK_CERTIFICATE]);
    let facts = server.tls.facts();
    assert_eq!(facts.server_name.as_deref(), Some("host.example"));
    assert_eq!(facts.peer_chain.len(), 0);
    let (client, _) = established(&TLS12, 100_000);
    assert_eq!(client.tls.facts().version, "TLSv1.2");
    assert_eq!(
        client.tls.facts().cipher,
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
    );
}

#[test]
fn raw_bytes_behind_the_last_record_stay() {
    for version in VERSIONS {
        let (mut client, mut server) = established(version, 100_000);
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
fn close_notify_is_seen_and_ends_sealing() {
    for version in VERSIONS {
        let (mut client, mut server) = established(version, 100_000);
        client.tls.close_notify(&mut server.inbox);
        assert!(!server.inbox.is_empty());
        server.work().unwrap();
        assert!(server.closed);
        let refused = client.tls.seal(b"x", &mut Vec::new());
        assert!(matches!(refused, Err(TlsError::Closed)));
    }
}
