//! Which cipher, version and key exchange two ends agree on.

use rustls::version::{TLS12, TLS13};

use super::super::order::{Cipher, TlsRules, fastest_first, provider_of};
use super::super::{ClientSettings, Identity, Tls};
use super::{End, STOCK_CERTIFICATE, STOCK_KEY, WHOLE, client_of, connect, shake_hands};

const AES: [Cipher; 2] = [Cipher::Aes256Gcm, Cipher::Aes128Gcm];

fn identity_with(rules: &TlsRules) -> Identity {
    Identity::with_rules(vec![STOCK_CERTIFICATE.to_vec()], STOCK_KEY, rules).unwrap()
}

fn client_with(order: &[Cipher]) -> Tls {
    let settings = ClientSettings::with_provider(provider_of(order), rustls::ALL_VERSIONS).unwrap();
    Tls::client(&settings, "host.example").unwrap()
}

/// Rates as a machine with AES instructions has them, or one without.
fn rates(aes: f64, chacha: f64) -> impl Fn(Cipher) -> f64 {
    move |cipher| {
        if AES.contains(&cipher) { aes } else { chacha }
    }
}

#[test]
fn a_machine_with_aes_instructions_prefers_aes() {
    assert_eq!(fastest_first(rates(6e9, 1.5e9)), Cipher::ALL);
}

#[test]
fn a_machine_without_aes_instructions_prefers_chacha20() {
    let order = fastest_first(rates(0.1e9, 0.4e9));
    assert_eq!(order[0], Cipher::ChaCha20Poly1305);
    assert_eq!(order[1..], AES);
}

#[test]
fn the_order_holds_in_both_roles_and_versions() {
    let slow_aes = fastest_first(rates(0.1e9, 0.4e9));
    for version in [&TLS12, &TLS13] {
        // The server picks by its own order, whatever the client prefers.
        let rules = TlsRules {
            ciphers: slow_aes.to_vec(),
            ..TlsRules::default()
        };
        let (client, _) = connect(client_of(version), &identity_with(&rules), WHOLE);
        assert!(client.tls.facts().cipher.contains("CHACHA20_POLY1305"));
    }
    let offered = provider_of(&slow_aes);
    assert!(format!("{:?}", offered.cipher_suites[0]).contains("CHACHA20"));
    assert!(format!("{:?}", offered.cipher_suites.last()).contains("AES_128"));
}

#[test]
fn only_the_ciphers_that_the_administrator_named_are_spoken() {
    let rules = TlsRules::named(&["aes-128-gcm".to_owned()], false).unwrap();
    let identity = identity_with(&rules);
    let (client, _) = connect(client_with(&Cipher::ALL), &identity, WHOLE);
    assert!(client.tls.facts().cipher.contains("AES_128_GCM"));

    let mut stranger = End::new(client_with(&[Cipher::ChaCha20Poly1305]));
    let mut server = End::new(Tls::server(&identity).unwrap());
    assert!(shake_hands(&mut stranger, &mut server, WHOLE).is_err());
}

#[test]
fn a_misspelt_cipher_is_refused() {
    let error = TlsRules::named(&["AES256".to_owned()], false).unwrap_err();
    assert!(error.to_string().contains("\"AES256\" is no cipher"));
}

#[test]
fn tls_1_2_can_be_shut_out() {
    let rules = TlsRules {
        tls13_only: true,
        ..TlsRules::default()
    };
    let identity = identity_with(&rules);
    let (client, _) = connect(client_of(&TLS13), &identity, WHOLE);
    assert_eq!(client.tls.facts().version, "TLSv1.3");
    let mut old = End::new(client_of(&TLS12));
    let mut server = End::new(Tls::server(&identity).unwrap());
    assert!(shake_hands(&mut old, &mut server, WHOLE).is_err());
}

#[test]
fn our_own_ends_agree_on_keys_that_a_quantum_computer_cannot_find() {
    let (client, server) = connect(client_of(&TLS13), &super::stock_identity(), WHOLE);
    for end in [client, server] {
        assert_eq!(end.tls.facts().key_exchange, "X25519MLKEM768");
    }
    let (client, _) = connect(client_of(&TLS12), &super::stock_identity(), WHOLE);
    assert_eq!(client.tls.facts().key_exchange, "X25519");
}
