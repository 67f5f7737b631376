//! Which ciphers are offered and picked, and in which order: what this machine does fastest, or what the
//! administrator says.
//!
//! Both roles use it. Must not weigh anything but speed: whatever stands here is strong enough.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use aws_lc_rs::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey};
use rustls::crypto::{CryptoProvider, aws_lc_rs as library};
use rustls::{CipherSuite, SupportedCipherSuite};

use super::error::TlsError;

/// One record, as a bulk stream fills it.
const SAMPLE_BYTES: usize = 16 * 1024;
/// The best of so many counts: whatever else the machine does only makes a sample slower.
const SAMPLES: usize = 8;

/// A cipher, whichever TLS version or key exchange it goes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cipher {
    /// AES-256-GCM.
    Aes256Gcm,
    /// AES-128-GCM.
    Aes128Gcm,
    /// ChaCha20-Poly1305.
    ChaCha20Poly1305,
}

impl Cipher {
    /// All that we speak.
    pub const ALL: [Cipher; 3] = [
        Cipher::Aes256Gcm,
        Cipher::Aes128Gcm,
        Cipher::ChaCha20Poly1305,
    ];

    /// As administrators write it.
    pub fn name(self) -> &'static str {
        match self {
            Cipher::Aes256Gcm => "AES-256-GCM",
            Cipher::Aes128Gcm => "AES-128-GCM",
            Cipher::ChaCha20Poly1305 => "CHACHA20-POLY1305",
        }
    }

    /// The cipher of this name, in any case.
    pub fn named(name: &str) -> Option<Cipher> {
        Self::ALL
            .into_iter()
            .find(|cipher| cipher.name().eq_ignore_ascii_case(name))
    }

    fn of(suite: SupportedCipherSuite) -> Option<Cipher> {
        use CipherSuite as S;
        match suite.suite() {
            S::TLS13_AES_256_GCM_SHA384
            | S::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
            | S::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 => Some(Cipher::Aes256Gcm),
            S::TLS13_AES_128_GCM_SHA256
            | S::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
            | S::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => Some(Cipher::Aes128Gcm),
            S::TLS13_CHACHA20_POLY1305_SHA256
            | S::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
            | S::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 => Some(Cipher::ChaCha20Poly1305),
            _ => None,
        }
    }

    fn algorithm(self) -> &'static aead::Algorithm {
        match self {
            Cipher::Aes256Gcm => &aead::AES_256_GCM,
            Cipher::Aes128Gcm => &aead::AES_128_GCM,
            Cipher::ChaCha20Poly1305 => &aead::CHACHA20_POLY1305,
        }
    }
}

/// What an administrator asks of the connections that a server accepts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsRules {
    /// The only ciphers, the preferred one first; none means all, the fastest first.
    pub ciphers: Vec<Cipher>,
    /// No TLS 1.2.
    pub tls13_only: bool,
}

impl TlsRules {
    /// From names. Unknown ones are refused, so that a slip of the pen can't weaken anything.
    pub fn named(ciphers: &[String], tls13_only: bool) -> Result<TlsRules, TlsError> {
        let found = ciphers.iter().map(|name| {
            Cipher::named(name).ok_or_else(|| TlsError::UnknownCipher(name.to_owned()))
        });
        Ok(TlsRules {
            ciphers: found.collect::<Result<_, _>>()?,
            tls13_only,
        })
    }
}

/// AES before `ChaCha20`, or the other way round, as the machine is faster. The two sizes of AES stay together, the
/// larger first: it costs little more, and lasts longer against whoever records now and computes later.
pub fn fastest_first(bytes_per_second: impl Fn(Cipher) -> f64) -> [Cipher; 3] {
    use Cipher::{Aes128Gcm, Aes256Gcm, ChaCha20Poly1305};
    if bytes_per_second(ChaCha20Poly1305) > bytes_per_second(Aes256Gcm) {
        [ChaCha20Poly1305, Aes256Gcm, Aes128Gcm]
    } else {
        [Aes256Gcm, Aes128Gcm, ChaCha20Poly1305]
    }
}

/// The cryptography with these ciphers alone, in this order, and post-quantum key exchange preferred.
pub(super) fn provider_of(order: &[Cipher]) -> Arc<CryptoProvider> {
    let mut provider = library::default_provider();
    let place = |suite: &SupportedCipherSuite| {
        let cipher = Cipher::of(*suite)?;
        order.iter().position(|wanted| *wanted == cipher)
    };
    provider
        .cipher_suites
        .retain(|suite| place(suite).is_some());
    provider.cipher_suites.sort_by_key(place);
    let hybrid = library::kx_group::X25519MLKEM768.name();
    provider
        .kx_groups
        .sort_by_key(|group| group.name() != hybrid);
    Arc::new(provider)
}

/// All ciphers, as this machine does them fastest. It is measured once, in a few milliseconds.
pub(super) fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    PROVIDER
        .get_or_init(|| provider_of(&fastest_first(measured_rate)))
        .clone()
}

/// Bytes a second that one core seals; 0 for what can't be sealed.
fn measured_rate(cipher: Cipher) -> f64 {
    let Ok(key) = UnboundKey::new(
        cipher.algorithm(),
        &[0x5a; 32][..cipher.algorithm().key_len()],
    ) else {
        return 0.0;
    };
    let key = LessSafeKey::new(key);
    let mut record = vec![0; SAMPLE_BYTES];
    let mut best = Duration::MAX;
    for number in 0..SAMPLES {
        let mut nonce = [0; aead::NONCE_LEN];
        nonce[0] = number as u8;
        let start = Instant::now();
        let nonce = Nonce::assume_unique_for_key(nonce);
        if key
            .seal_in_place_separate_tag(nonce, Aad::empty(), &mut record)
            .is_err()
        {
            return 0.0;
        }
        best = best.min(start.elapsed());
    }
    SAMPLE_BYTES as f64 / best.as_secs_f64().max(1e-9)
}
