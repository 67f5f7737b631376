//! The one thing we must know of a certificate to finish a handshake: its public key.
//!
//! Everything else about certificates is decided above, on opaque DER. Stock servers make certificates
//! that strict parsers refuse (serial number 0, no extensions, version 1), so this walks only as far as
//! the key, and judges nothing it passes.

use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls13_signature_with_raw_key};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::{CertificateError, DigitallySignedStruct, Error, PeerMisbehaved};

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const EXPLICIT_VERSION: u8 = 0xa0;

/// One DER element: its content, and the element with its header.
struct Element<'a> {
    content: &'a [u8],
    whole: &'a [u8],
}

/// Takes the element with this tag off the front of `rest`, or leaves `rest` as it is.
fn take<'a>(rest: &mut &'a [u8], tag: u8) -> Option<Element<'a>> {
    let (&found, after_tag) = rest.split_first()?;
    let (&first, after_first) = after_tag.split_first()?;
    if found != tag {
        return None;
    }
    let (length, header) = match first {
        0..=0x7f => (first as usize, 2),
        // No certificate we can receive needs more than three bytes of length: 16 MiB.
        0x81..=0x83 => {
            let count = (first - 0x80) as usize;
            let bytes = after_first.get(..count)?;
            let length = bytes.iter().fold(0, |sum, &byte| sum << 8 | byte as usize);
            (length, 2 + count)
        }
        _ => return None,
    };
    let (whole, after) = rest.split_at_checked(header + length)?;
    *rest = after;
    Some(Element {
        content: &whole[header..],
        whole,
    })
}

/// The certificate's `SubjectPublicKeyInfo`, as it stands in the certificate (RFC 5280 §4.1).
pub(super) fn public_key_info(certificate: &[u8]) -> Option<&[u8]> {
    let mut rest = certificate;
    let mut rest = take(&mut rest, SEQUENCE)?.content;
    let mut fields = take(&mut rest, SEQUENCE)?.content;
    let _ = take(&mut fields, EXPLICIT_VERSION); // absent in version 1
    take(&mut fields, INTEGER)?; // serial number
    for _ in ["signature algorithm", "issuer", "validity", "subject"] {
        take(&mut fields, SEQUENCE)?;
    }
    Some(take(&mut fields, SEQUENCE)?.whole)
}

/// Algorithm identifier and key bits of a `SubjectPublicKeyInfo`.
fn split_key_info(info: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = info;
    let mut fields = take(&mut rest, SEQUENCE)?.content;
    let algorithm = take(&mut fields, SEQUENCE)?.content;
    let bits = take(&mut fields, BIT_STRING)?.content;
    match bits.split_first()? {
        (0, key) => Some((algorithm, key)),
        _ => None,
    }
}

/// Checks the signature by which a TLS 1.3 server proves that it holds the certificate's key.
pub(super) fn verify_tls13(
    message: &[u8],
    certificate: &[u8],
    signed: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<(), Error> {
    let info = public_key_info(certificate).ok_or(CertificateError::BadEncoding)?;
    let info = SubjectPublicKeyInfoDer::from(info);
    verify_tls13_signature_with_raw_key(message, &info, signed, algorithms).map(|_| ())
}

/// The same for TLS 1.2, where the scheme doesn't name the curve: whichever candidate fits the key.
pub(super) fn verify_tls12(
    message: &[u8],
    certificate: &[u8],
    signed: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<(), Error> {
    let info = public_key_info(certificate).ok_or(CertificateError::BadEncoding)?;
    let (algorithm, key) = split_key_info(info).ok_or(CertificateError::BadEncoding)?;
    let (_, candidates) = algorithms
        .mapping
        .iter()
        .find(|(scheme, _)| *scheme == signed.scheme)
        .ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
    let fitting = candidates
        .iter()
        .find(|candidate| candidate.public_key_alg_id().as_ref() == algorithm)
        .ok_or(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)?;
    fitting
        .verify_signature(key, message, signed.signature())
        .map_err(|_| CertificateError::BadSignature.into())
}
