//! The frame of a TLS record, as far as one can see it from outside (RFC 8446 §5.1).

use super::error::TlsError;

/// Type, version, length.
pub(super) const HEADER_BYTES: usize = 5;
/// The most plaintext in one record.
pub(super) const MAX_PLAIN_BYTES: usize = 16_384;
/// The most a record may carry besides its header (RFC 5246 §6.2.3; TLS 1.3 allows less).
const MAX_BODY_BYTES: usize = MAX_PLAIN_BYTES + 2_048;
/// Header, content type, tag.
pub(super) const TLS13_OVERHEAD_BYTES: usize = HEADER_BYTES + 1 + 16;
/// Header, the part of the nonce that AES-GCM sends along, tag.
pub(super) const TLS12_OVERHEAD_BYTES: usize = HEADER_BYTES + 8 + 16;

/// How many more bytes complete the record that begins at the start of `buffered`: 0 if it is whole. While
/// the header isn't complete, how many complete the header.
pub fn bytes_to_record_end(buffered: &[u8]) -> Result<usize, TlsError> {
    match record_bytes(buffered)? {
        Some(bytes) => Ok(bytes.saturating_sub(buffered.len())),
        None => Ok(HEADER_BYTES - buffered.len()),
    }
}

/// The length of the record at the start of `buffered`, its header included, once the header is there.
pub(super) fn record_bytes(buffered: &[u8]) -> Result<Option<usize>, TlsError> {
    let is_content_type = |byte: u8| (20..=23).contains(&byte);
    let is_tls = match *buffered {
        [] => true,
        [content_type] => is_content_type(content_type),
        [content_type, major_version, ..] => is_content_type(content_type) && major_version == 3,
    };
    if !is_tls {
        return Err(TlsError::NotTls);
    }
    let Some(&[_, _, _, high, low]) = buffered.first_chunk() else {
        return Ok(None);
    };
    let body = usize::from(u16::from_be_bytes([high, low]));
    if body > MAX_BODY_BYTES {
        return Err(TlsError::RecordTooLong(body));
    }
    Ok(Some(HEADER_BYTES + body))
}
