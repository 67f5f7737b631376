//! Making datagrams.

use aws_lc_rs::aead::{
    AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey,
};
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use rc4::{KeyInit, Rc4, StreamCipher};

use super::body::Header;
use super::{IV_BYTES, KEY_V1_BYTES, NONCE_BYTES, PADDING_LIMIT, Protection, ZERO_BYTES};

/// Random bytes that a sealer starts from.
pub const SALT_BYTES: usize = IV_BYTES;

/// Seals the datagrams of one direction. No number is given twice: what is sent under one key never has one nonce.
pub struct Sealer {
    cipher: Cipher,
    salt: [u8; SALT_BYTES],
    number: u64,
}

enum Cipher {
    Plain,
    V1([u8; KEY_V1_BYTES]),
    Aead(Box<LessSafeKey>),
}

impl Sealer {
    /// With random bytes of which nobody knows before what they are.
    pub fn new(protection: &Protection, salt: [u8; SALT_BYTES]) -> Self {
        let cipher = match protection {
            Protection::Plain => Cipher::Plain,
            Protection::V1(key) => Cipher::V1(*key),
            Protection::V2(key) => Cipher::Aead(Box::new(aead(&CHACHA20_POLY1305, key))),
            Protection::Own(key) => Cipher::Aead(Box::new(aead(&AES_256_GCM, key))),
        };
        Self {
            cipher,
            salt,
            number: 0,
        }
    }

    /// Append one datagram: the frame is what `append` appends (the header says how long that must be). `padding`
    /// zeros hide its length. `false`, and `out` as before, where it could not be sealed.
    pub fn seal(
        &mut self,
        header: &Header,
        length: u16,
        padding: usize,
        out: &mut Vec<u8>,
        append: impl FnOnce(&mut Vec<u8>),
    ) -> bool {
        let start = out.len();
        self.number += 1;
        match &self.cipher {
            Cipher::Plain => {}
            Cipher::V1(_) => out.extend_from_slice(&self.initialization()),
            Cipher::Aead(_) => out.extend_from_slice(&self.nonce()),
        }
        let body = out.len();
        out.extend_from_slice(&header.write(length));
        append(out);
        if !matches!(self.cipher, Cipher::Plain) {
            out.resize(out.len() + padding.min(PADDING_LIMIT - 1), 0);
        }
        let sealed = self.finish(start, body, out);
        if !sealed {
            out.truncate(start);
        }
        sealed
    }

    fn finish(&self, start: usize, body: usize, out: &mut Vec<u8>) -> bool {
        match &self.cipher {
            Cipher::Plain => true,
            Cipher::V1(key) => {
                out.resize(out.len() + ZERO_BYTES, 0);
                let (iv, body) = out[start..].split_at_mut(body - start);
                apply_v1(key, iv, body)
            }
            Cipher::Aead(key) => {
                let nonce = Nonce::assume_unique_for_key(self.nonce());
                let sealed = key.seal_in_place_separate_tag(nonce, Aad::empty(), &mut out[body..]);
                sealed.is_ok_and(|tag| {
                    out.extend_from_slice(tag.as_ref());
                    true
                })
            }
        }
    }

    /// Salt and number: a receiver that wants to may tell by the number what it has seen.
    fn nonce(&self) -> [u8; NONCE_BYTES] {
        let mut nonce = [0; NONCE_BYTES];
        nonce[..4].copy_from_slice(&self.salt[..4]);
        nonce[4..].copy_from_slice(&self.number.to_be_bytes());
        nonce
    }

    fn initialization(&self) -> [u8; IV_BYTES] {
        let mut iv = self.salt;
        iv[IV_BYTES - 8..].copy_from_slice(&self.number.to_be_bytes());
        iv
    }
}

/// The key has the right length by its type.
pub(super) fn aead(algorithm: &'static Algorithm, key: &[u8; 32]) -> LessSafeKey {
    #[allow(clippy::unwrap_used, reason = "32 bytes are what both algorithms want")]
    LessSafeKey::new(UnboundKey::new(algorithm, key).unwrap())
}

/// RC4 with a key for this datagram alone: there and back.
pub(super) fn apply_v1(key: &[u8; KEY_V1_BYTES], iv: &[u8], body: &mut [u8]) -> bool {
    let mut both = [0; KEY_V1_BYTES + IV_BYTES];
    both[..KEY_V1_BYTES].copy_from_slice(key);
    both[KEY_V1_BYTES..].copy_from_slice(iv);
    let key = digest(&SHA1_FOR_LEGACY_USE_ONLY, &both);
    let Ok(mut cipher) = Rc4::new_from_slice(key.as_ref()) else {
        return false;
    };
    cipher.try_apply_keystream(body).is_ok()
}
