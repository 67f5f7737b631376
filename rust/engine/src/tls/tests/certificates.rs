//! Certificates of every shape a server may have, and the proof that it holds their key.

use std::sync::Arc;

use proptest::prelude::*;
use rustls::{CertificateError, Error};

use super::super::certificate::public_key_info;
use super::super::{ClientSettings, Identity, Tls, TlsError};
use super::super::{order::provider, settings::load_key};
use super::{End, STOCK_CERTIFICATE, STOCK_KEY, VERSIONS, WHOLE, client_of, connect, shake_hands};

const STOCK_PKCS1: &[u8] = include_bytes!("../vectors/stock-shape.pkcs1.der");
const VERSION_1: &[u8] = include_bytes!("../vectors/version-1.der");
const VERSION_1_KEY: &[u8] = include_bytes!("../vectors/version-1.key.der");
const P256: &[u8] = include_bytes!("../vectors/p256.der");
const P256_KEY: &[u8] = include_bytes!("../vectors/p256.key.der");
const P256_SEC1: &[u8] = include_bytes!("../vectors/p256.sec1.der");

#[test]
fn every_shape_of_certificate_and_key_shakes_hands() {
    for (certificate, key) in [
        (STOCK_CERTIFICATE, STOCK_KEY),
        (STOCK_CERTIFICATE, STOCK_PKCS1),
        (VERSION_1, VERSION_1_KEY),
        (P256, P256_KEY),
        (P256, P256_SEC1),
    ] {
        let identity = Identity::new(vec![certificate.to_vec()], key).unwrap();
        for version in VERSIONS {
            let (client, _) = connect(client_of(version), &identity, WHOLE);
            assert_eq!(client.tls.facts().peer_chain, [certificate]);
        }
    }
}

#[test]
fn the_whole_chain_comes_up_in_order() {
    let chain = vec![P256.to_vec(), VERSION_1.to_vec(), b"not even DER".to_vec()];
    let identity = Identity::new(chain.clone(), P256_KEY).unwrap();
    let client = Tls::client(&ClientSettings::new().unwrap(), "").unwrap();
    let (client, _) = connect(client, &identity, WHOLE);
    assert_eq!(client.tls.facts().peer_chain, chain);
}

#[test]
fn an_identity_needs_a_certificate_and_its_key() {
    let refusal = |chain: &[&[u8]], key: &[u8]| {
        let chain = chain
            .iter()
            .map(|certificate| certificate.to_vec())
            .collect();
        Identity::new(chain, key).unwrap_err().to_string()
    };
    assert!(refusal(&[], STOCK_KEY).contains("no certificate"));
    assert!(refusal(&[STOCK_CERTIFICATE], P256_KEY).contains("doesn't belong"));
    assert!(!refusal(&[STOCK_CERTIFICATE], b"no key").is_empty());
    assert!(!refusal(&[STOCK_CERTIFICATE], &STOCK_KEY[..600]).is_empty());
    assert!(!refusal(&[STOCK_CERTIFICATE], b"").is_empty());
}

fn shake_hands_with(chain: Vec<Vec<u8>>, key: &[u8], newer: bool) -> TlsError {
    let key = load_key(&provider(), key).unwrap();
    let identity = Identity::with_provider(provider(), rustls::ALL_VERSIONS, chain, key).unwrap();
    let mut client = End::new(client_of(VERSIONS[usize::from(newer)]));
    let mut server = End::new(Tls::server(&identity).unwrap());
    shake_hands(&mut client, &mut server, WHOLE).unwrap_err()
}

#[test]
fn a_server_without_the_certificates_key_is_refused() {
    for newer in [false, true] {
        let error = shake_hands_with(vec![STOCK_CERTIFICATE.to_vec()], VERSION_1_KEY, newer);
        let TlsError::Protocol(Error::InvalidCertificate(why)) = error else {
            panic!("{error}");
        };
        assert_eq!(why, CertificateError::BadSignature);
    }
}

#[test]
fn a_server_with_a_key_of_another_kind_is_refused() {
    for newer in [false, true] {
        let error = shake_hands_with(vec![STOCK_CERTIFICATE.to_vec()], P256_KEY, newer);
        assert!(matches!(error, TlsError::Protocol(_)), "{error}");
    }
}

#[test]
fn an_opaque_certificate_can_be_served_but_proves_nothing() {
    let opaque = vec![b"not even DER".to_vec()];
    assert!(Identity::new(opaque.clone(), STOCK_KEY).is_ok());
    for newer in [false, true] {
        let error = shake_hands_with(opaque.clone(), STOCK_KEY, newer);
        let TlsError::Protocol(Error::InvalidCertificate(why)) = error else {
            panic!("{error}");
        };
        assert_eq!(why, CertificateError::BadEncoding);
    }
}

#[test]
fn the_walk_finds_the_key_that_belongs_to_the_private_key() {
    for (certificate, key) in [
        (STOCK_CERTIFICATE, STOCK_KEY),
        (VERSION_1, VERSION_1_KEY),
        (P256, P256_KEY),
    ] {
        let key: Arc<_> = load_key(&provider(), key).unwrap();
        let own = key.public_key().unwrap();
        assert_eq!(public_key_info(certificate), Some(own.as_ref()));
    }
}

#[test]
fn a_cut_certificate_has_no_key() {
    for length in 0..STOCK_CERTIFICATE.len() {
        assert_eq!(public_key_info(&STOCK_CERTIFICATE[..length]), None);
    }
}

#[test]
fn lengths_that_lie_lead_nowhere() {
    for lie in [
        &[0x30, 0x80, 0x30, 0x80][..],         // indefinite
        &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], // 4 GiB
        &[0x30, 0x83, 0xff, 0xff, 0xff, 0x30], // 16 MiB
        &[0x30, 0xff],
        &[0x30],
        &[0x30, 0x81],
        &[0x30, 0x00],
        &[],
    ] {
        assert_eq!(public_key_info(lie), None, "{lie:?}");
    }
}

proptest! {
    #[test]
    fn no_changed_byte_makes_the_walk_panic_or_leave_the_certificate(
        position in 0..STOCK_CERTIFICATE.len(),
        byte in any::<u8>(),
    ) {
        let mut certificate = STOCK_CERTIFICATE.to_vec();
        certificate[position] = byte;
        if let Some(info) = public_key_info(&certificate) {
            prop_assert!(certificate.as_ptr_range().contains(&info.as_ptr()));
            prop_assert!(info.len() < certificate.len());
        }
    }
}
