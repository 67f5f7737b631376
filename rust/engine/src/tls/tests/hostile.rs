//! Peers that send what they must not. Each costs its own connection, and bounded memory.

use proptest::prelude::*;
use rustls::AlertDescription;
use rustls::version::TLS13;

use super::super::{Tls, TlsError};
use super::{End, VERSIONS, client_of, established, stock_identity};

fn server() -> End {
    End::new(Tls::server(&stock_identity()).unwrap())
}

#[test]
fn who_speaks_http_is_refused_without_a_word() {
    let mut server = server();
    server.inbox = b"GET / HTTP/1.1\r\n\r\n".to_vec();
    let (error, output) = server.fail();
    assert!(matches!(error, TlsError::NotTls));
    assert!(output.is_empty());
    let (error, _) = server.fail();
    assert!(matches!(error, TlsError::Failed));
}

#[test]
fn a_handshake_record_of_garbage_is_refused_with_an_alert() {
    let mut server = server();
    server.inbox = [&[22, 3, 1, 0, 8, 1, 0, 0, 4], &[0xaa; 4][..]].concat();
    let (error, output) = server.fail();
    assert!(matches!(error, TlsError::Protocol(_)), "{error}");
    assert_eq!(output[0], 21, "an alert, unprotected");
}

#[test]
fn a_header_that_claims_too_much_is_refused_before_its_body() {
    let mut server = server();
    server.inbox = vec![22, 3, 1, 0xff, 0xff];
    let (error, _) = server.fail();
    assert!(matches!(error, TlsError::RecordTooLong(65_535)));
}

#[test]
fn garbage_on_an_established_connection_is_answered_with_an_alert_the_peer_understands() {
    for version in VERSIONS {
        let (mut client, mut server) = established(version);
        server.inbox = b"garbage".to_vec();
        let (error, output) = server.fail();
        assert!(matches!(error, TlsError::NotTls));
        client.inbox = output;
        let (error, _) = client.fail();
        assert!(matches!(error, TlsError::Alert(_)), "{error}");
    }
}

#[test]
fn a_flipped_bit_anywhere_in_a_record_is_found() {
    for version in VERSIONS {
        let (mut client, _) = established(version);
        let mut record = Vec::new();
        client.tls.seal(b"twelve bytes", &mut record).unwrap();
        for position in 5..record.len() {
            let (mut client, mut server) = established(version);
            client.tls.seal(b"twelve bytes", &mut server.inbox).unwrap();
            server.inbox[position] ^= 0x10;
            let (error, output) = server.fail();
            assert!(matches!(error, TlsError::BadRecord), "{position}: {error}");
            assert!(server.plain.is_empty());
            client.inbox = output;
            let (error, _) = client.fail();
            assert!(matches!(
                error,
                TlsError::Alert(AlertDescription::BadRecordMac)
            ));
        }
    }
}

#[test]
fn a_repeated_a_left_out_and_a_swapped_record_are_found() {
    for version in VERSIONS {
        for order in [&[0, 0][..], &[1], &[1, 0]] {
            let (mut client, mut server) = established(version);
            let mut records = [Vec::new(), Vec::new()];
            client.tls.seal(b"first", &mut records[0]).unwrap();
            client.tls.seal(b"second", &mut records[1]).unwrap();
            for &number in order {
                server.inbox.extend_from_slice(&records[number]);
            }
            let (error, _) = server.fail();
            assert!(matches!(error, TlsError::BadRecord), "{order:?}: {error}");
        }
    }
}

#[test]
fn our_own_record_sent_back_is_found() {
    for version in VERSIONS {
        let (mut client, _) = established(version);
        let mut reflected = Vec::new();
        client.tls.seal(b"mine", &mut reflected).unwrap();
        client.inbox = reflected;
        let (error, _) = client.fail();
        assert!(matches!(error, TlsError::BadRecord), "{error}");
    }
}

#[test]
fn the_failure_of_one_connection_is_not_anothers() {
    let (mut client, mut server) = established(&TLS13);
    let (mut bad_client, mut bad_server) = established(&TLS13);
    bad_server.inbox = vec![23, 3, 3, 0, 20, 0];
    bad_server.inbox.resize(25, 0);
    bad_server.fail();
    assert!(matches!(
        bad_server.tls.seal(b"x", &mut Vec::new()),
        Err(TlsError::Failed)
    ));
    bad_server.tls.close_notify(&mut bad_client.inbox);
    assert!(bad_client.inbox.is_empty());
    client.tls.seal(b"still here", &mut server.inbox).unwrap();
    server.work().unwrap();
    assert_eq!(server.plain, b"still here");
}

/// The same handshake message in records of one byte each.
fn shred(record: &[u8]) -> Vec<u8> {
    record[5..]
        .iter()
        .flat_map(|&byte| [22, 3, 1, 0, 1, byte])
        .collect()
}

#[test]
fn a_hello_in_records_of_one_byte_is_understood() {
    for version in VERSIONS {
        let mut client = End::new(client_of(version));
        let mut server = server();
        server.inbox = shred(&client.work().unwrap());
        client.inbox = server.work().unwrap();
        assert!(server.inbox.is_empty());
        server.inbox = client.work().unwrap();
        server.work().unwrap();
        assert!(client.tls.is_established() || server.tls.is_established());
    }
}

#[test]
fn a_hello_in_endless_pieces_ends() {
    let mut server = server();
    let mut hello = vec![1, 0, 0xff, 0xff, 3, 3];
    hello.resize(65_000, 0);
    server.inbox = shred(&[&[22, 3, 1, 0, 0], &hello[..]].concat());
    let (error, _) = server.fail();
    assert!(matches!(error, TlsError::TooManyPieces), "{error}");
}

#[test]
fn a_hello_larger_than_any_is_refused() {
    let mut server = server();
    server.inbox = vec![22, 3, 1, 0, 5, 1, 0xff, 0xff, 0xff, 3];
    let (error, _) = server.fail();
    assert!(matches!(error, TlsError::Protocol(_)), "{error}");
}

#[test]
fn empty_records_without_end_are_refused() {
    let mut server = server();
    server.inbox = [22, 3, 1, 0, 0].repeat(1_000);
    let (error, _) = server.fail();
    assert!(matches!(error, TlsError::Protocol(_)), "{error}");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_run_past_its_input(
        mut input in prop::collection::vec(any::<u8>(), 0..600),
        content_type in 20u8..24,
        tame in any::<bool>(),
    ) {
        if tame && input.len() > 5 {
            let body = input.len() as u16 - 5;
            input[..3].copy_from_slice(&[content_type, 3, 3]);
            input[3..5].copy_from_slice(&body.to_be_bytes());
        }
        let mut server = server();
        let mut output = Vec::new();
        let length = input.len();
        if let Ok(opened) = server.tls.open(&mut input, &mut Vec::new(), usize::MAX, &mut output) {
            prop_assert!(opened.consumed <= length);
        }
    }

    #[test]
    fn a_hello_with_changed_bytes_never_panics(
        changes in prop::collection::vec((5usize..200, any::<u8>()), 1..6),
    ) {
        let mut hello = End::new(client_of(&TLS13)).work().unwrap();
        for (position, byte) in changes {
            let position = position.min(hello.len() - 1);
            hello[position] = byte;
        }
        let length = hello.len();
        let mut server = server();
        if let Ok(opened) = server.tls.open(&mut hello, &mut Vec::new(), 1, &mut Vec::new()) {
            prop_assert!(opened.consumed <= length);
        }
    }
}
