//! The life of the keys: renewed by itself on TLS 1.3, the connection replaced on TLS 1.2.

use std::sync::Arc;

use rustls::SupportedCipherSuite;
use rustls::crypto::CryptoProvider;
use rustls::version::{TLS12, TLS13};

use super::super::{ClientSettings, Identity, Tls, TlsError};
use super::super::{order::provider, settings::load_key};
use super::{End, STOCK_CERTIFICATE, STOCK_KEY, WHOLE, connect, count_records, established};

const KEY_LIFE: u64 = 8;

/// A provider whose keys last for eight records, not for 2^24.
fn short_lived() -> Arc<CryptoProvider> {
    let mut short = CryptoProvider::clone(&provider());
    for suite in &mut short.cipher_suites {
        *suite = shortened(*suite);
    }
    Arc::new(short)
}

fn shortened(suite: SupportedCipherSuite) -> SupportedCipherSuite {
    match suite {
        SupportedCipherSuite::Tls12(suite) => {
            let mut common = rustls::crypto::CipherSuiteCommon { ..suite.common };
            common.confidentiality_limit = KEY_LIFE;
            SupportedCipherSuite::Tls12(Box::leak(Box::new(rustls::Tls12CipherSuite {
                common,
                ..*suite
            })))
        }
        SupportedCipherSuite::Tls13(suite) => {
            let mut common = rustls::crypto::CipherSuiteCommon { ..suite.common };
            common.confidentiality_limit = KEY_LIFE;
            SupportedCipherSuite::Tls13(Box::leak(Box::new(rustls::Tls13CipherSuite {
                common,
                ..*suite
            })))
        }
    }
}

/// An identity whose TLS 1.2 connections wear out after a few records.
pub(crate) fn short_lived_identity() -> Identity {
    let key = load_key(&provider(), STOCK_KEY).unwrap();
    let chain = vec![STOCK_CERTIFICATE.to_vec()];
    Identity::with_provider(short_lived(), rustls::ALL_VERSIONS, chain, key).unwrap()
}

fn short_lived_pair(version: &'static rustls::SupportedProtocolVersion) -> (End, End) {
    let settings = ClientSettings::with_provider(short_lived(), &[version]).unwrap();
    connect(
        Tls::client(&settings, "").unwrap(),
        &short_lived_identity(),
        WHOLE,
    )
}

/// Sends one message and returns how many records that took.
fn send(from: &mut End, to: &mut End, message: &[u8]) -> usize {
    from.tls.seal(message, &mut to.inbox).unwrap();
    let records = count_records(&to.inbox);
    let answer = to.work().unwrap();
    from.inbox.extend_from_slice(&answer);
    assert!(to.inbox.is_empty());
    records
}

#[test]
fn tls13_renews_its_keys_both_ways() {
    let (mut client, mut server) = short_lived_pair(&TLS13);
    let (mut from_client, mut from_server) = (0, 0);
    for _ in 0..100 {
        from_client += send(&mut client, &mut server, b"ping");
        from_server += send(&mut server, &mut client, b"pong");
    }
    assert_eq!(server.plain, b"ping".repeat(100));
    assert_eq!(client.plain, b"pong".repeat(100));
    assert!(from_client > 110, "{from_client} records: no key update");
    assert!(from_server > 110, "{from_server} records: no key update");
    assert_eq!(client.tls.records_left(), u64::MAX);
}

#[test]
fn tls13_renews_its_keys_for_one_who_only_listens() {
    let (mut client, mut server) = short_lived_pair(&TLS13);
    for _ in 0..100 {
        send(&mut client, &mut server, b"ping");
    }
    assert_eq!(server.plain, b"ping".repeat(100));
    // The answer to the many requests goes out with the next data, and is one.
    assert_eq!(send(&mut server, &mut client, b"pong"), 2);
    assert_eq!(client.plain, b"pong");
    send(&mut client, &mut server, b"!");
    assert!(server.plain.ends_with(b"ping!"));
}

#[test]
fn large_data_across_a_key_update_is_whole() {
    let (mut client, mut server) = short_lived_pair(&TLS13);
    let data = vec![9; 5 * 16_384];
    for _ in 0..6 {
        send(&mut client, &mut server, &data);
    }
    assert_eq!(server.plain, data.repeat(6));
}

#[test]
fn tls12_counts_down_and_refuses_at_the_end() {
    let (mut client, mut server) = short_lived_pair(&TLS12);
    let mut sent = 0;
    while client.tls.records_left() > 0 {
        let before = client.tls.records_left();
        send(&mut client, &mut server, b"x");
        assert_eq!(client.tls.records_left(), before - 1);
        sent += 1;
    }
    assert_eq!(server.plain, b"x".repeat(sent));
    let refused = (0..3).find_map(|_| client.tls.seal(b"x", &mut server.inbox).err());
    assert!(matches!(refused, Some(TlsError::Exhausted)));
}

#[test]
fn tls12_keys_last_for_millions_of_records() {
    let (client, _) = established(&TLS12);
    assert_eq!(client.tls.records_left(), (1 << 24) - 2);
}

#[test]
fn keys_are_renewed_on_request_and_only_where_the_version_can() {
    for (version, records) in [(&TLS13, 2), (&TLS12, 1)] {
        let (mut client, mut server) = established(version);
        server.tls.renew_keys(&mut client.inbox).unwrap();
        assert_eq!(
            send(&mut server, &mut client, b"with the new keys"),
            records
        );
        assert_eq!(client.plain, b"with the new keys");
        send(&mut client, &mut server, b"heard");
        assert_eq!(server.plain, b"heard");
    }
}
