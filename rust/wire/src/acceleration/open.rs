//! Opening datagrams, which anybody may have sent.

use aws_lc_rs::aead::{AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, Nonce};
use thiserror::Error;

use super::body::Header;
use super::seal::{aead, apply_v1};
use super::{IV_BYTES, KEY_V1_BYTES, NONCE_BYTES, Protection, ZERO_BYTES};

/// Why a datagram is nothing.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum OpenError {
    /// Too short for its parts.
    #[error("the datagram is too short")]
    Short,
    /// Forged, damaged or of somebody else.
    #[error("the datagram isn't authentic")]
    Forged,
    /// Authentic, and its length lies.
    #[error("the datagram's body is malformed")]
    Malformed,
}

/// An authentic datagram.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened<'a> {
    /// What it says about the path.
    pub header: Header,
    /// A frame, a compressed frame, or nothing.
    pub payload: &'a [u8],
    /// The number in the nonce of version 2; ends of this project count there.
    pub number: Option<u64>,
}

/// Opens the datagrams of one direction.
pub struct Opener(Cipher);

enum Cipher {
    Plain,
    V1([u8; KEY_V1_BYTES]),
    Aead(Box<LessSafeKey>),
}

impl Opener {
    /// With the key of the other end.
    pub fn new(protection: &Protection) -> Self {
        Self(match protection {
            Protection::Plain => Cipher::Plain,
            Protection::V1(key) => Cipher::V1(*key),
            Protection::V2(key) => Cipher::Aead(Box::new(aead(&CHACHA20_POLY1305, key))),
            Protection::Own(key) => Cipher::Aead(Box::new(aead(&AES_256_GCM, key))),
        })
    }

    /// Open a datagram in its place.
    pub fn open<'a>(&self, datagram: &'a mut [u8]) -> Result<Opened<'a>, OpenError> {
        let (body, number) = match &self.0 {
            Cipher::Plain => (&*datagram, None),
            Cipher::V1(key) => (open_v1(key, datagram)?, None),
            Cipher::Aead(key) => open_aead(key, datagram)?,
        };
        let (header, payload) = Header::read(body).ok_or(OpenError::Malformed)?;
        Ok(Opened {
            header,
            payload,
            number,
        })
    }
}

fn open_v1<'a>(key: &[u8; KEY_V1_BYTES], datagram: &'a mut [u8]) -> Result<&'a [u8], OpenError> {
    let (iv, body) = datagram
        .split_at_mut_checked(IV_BYTES)
        .ok_or(OpenError::Short)?;
    if body.len() < ZERO_BYTES || !apply_v1(key, iv, body) {
        return Err(OpenError::Short);
    }
    let (body, zeros) = body.split_at(body.len() - ZERO_BYTES);
    if zeros.iter().any(|byte| *byte != 0) {
        return Err(OpenError::Forged);
    }
    Ok(body)
}

fn open_aead<'a>(
    key: &LessSafeKey,
    datagram: &'a mut [u8],
) -> Result<(&'a [u8], Option<u64>), OpenError> {
    let (nonce, body) = datagram
        .split_first_chunk_mut::<NONCE_BYTES>()
        .ok_or(OpenError::Short)?;
    let number = nonce.last_chunk::<8>().copied().map(u64::from_be_bytes);
    let body = key
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::empty(), body)
        .map_err(|_| OpenError::Forged)?;
    Ok((body, number))
}
