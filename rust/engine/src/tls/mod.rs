//! TLS 1.2 and 1.3 over buffers the caller owns: the only file set that knows the TLS library.
//!
//! There is no socket in here, no clock, and no judgement of certificates. Bytes behind the last record
//! taken are never touched, because a raw byte stream may follow the Welcome on the same socket.

mod certificate;
mod error;
mod handshake;
mod settings;
#[cfg(test)]
mod tests;

use rustls::unbuffered::{ConnectionState, EncryptError};

pub use error::TlsError;
use handshake::{Handshake, Side};
pub use settings::{ClientSettings, Identity};

/// Type, version, length.
const HEADER_BYTES: usize = 5;
/// The most a record may carry besides its header (RFC 5246 §6.2.3; TLS 1.3 allows less).
const MAX_BODY_BYTES: usize = 16_384 + 2_048;

/// One side of one TLS connection.
pub struct Tls {
    handshake: Handshake,
    facts: TlsFacts,
    is_established: bool,
    is_closing: bool,
    has_failed: bool,
}

/// What one call of [`Tls::open`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// How many bytes at the start of the input are done with.
    pub consumed: usize,
    /// Whether the peer has said that nothing more will come.
    pub closed: bool,
}

/// What is known of an established connection; empty before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFacts {
    /// `TLSv1.3` or `TLSv1.2`.
    pub version: String,
    /// The cipher suite as rustls prints it, such as `TLS13_AES_256_GCM_SHA384`.
    pub cipher: String,
    /// The name the client asked for (server side only).
    pub server_name: Option<String>,
    /// The server's DER certificates, its own first (client side only).
    pub peer_chain: Vec<Vec<u8>>,
}

impl Tls {
    /// The accepting side: asks for no client certificate, sends no tickets, picks the cipher itself.
    pub fn server(identity: &Identity) -> Result<Tls, TlsError> {
        Ok(Self::new(Handshake::server(identity)?))
    }

    /// The connecting side. Call [`Tls::open`] with an empty input to get its first flight.
    ///
    /// `server_name` is sent as SNI if it is a host name; with an IP address no SNI is sent.
    pub fn client(settings: &ClientSettings, server_name: &str) -> Result<Tls, TlsError> {
        Ok(Self::new(Handshake::client(settings, server_name)?))
    }

    fn new(handshake: Handshake) -> Tls {
        Tls {
            handshake,
            facts: TlsFacts::default(),
            is_established: false,
            is_closing: false,
            has_failed: false,
        }
    }

    /// Whether the handshake is through, so that plaintext can be sealed and the facts are known.
    pub fn is_established(&self) -> bool {
        self.is_established
    }

    /// What is known of the connection once it is established.
    pub fn facts(&self) -> TlsFacts {
        self.facts.clone()
    }

    /// Takes whole records from the start of `input`, which it may overwrite.
    ///
    /// Plaintext is appended to `plain`, until `plain` holds at least `limit` bytes, the input has no
    /// whole record left, or what follows can't be a record (if that comes first of all, it is an
    /// error). What is to be sent is appended to `output`, also when an error is returned. Where raw
    /// bytes may follow, pass a `limit` that stops it before them.
    pub fn open(
        &mut self,
        input: &mut [u8],
        plain: &mut Vec<u8>,
        limit: usize,
        output: &mut Vec<u8>,
    ) -> Result<Opened, TlsError> {
        if self.has_failed {
            return Err(TlsError::Failed);
        }
        let result = self.open_records(input, plain, limit, output);
        self.has_failed = result.is_err();
        result
    }

    fn open_records(
        &mut self,
        input: &[u8],
        plain: &mut Vec<u8>,
        limit: usize,
        output: &mut Vec<u8>,
    ) -> Result<Opened, TlsError> {
        let mut consumed = 0;
        self.advance(&[], plain, output)?;
        while (plain.len() < limit || !self.is_established) && !self.handshake.is_closed {
            let rest = &input[consumed..];
            match record_bytes(rest) {
                Ok(Some(length)) if length <= rest.len() => {
                    self.advance(&rest[..length], plain, output)?;
                    consumed += length;
                }
                Ok(_) => break,
                Err(_) if consumed > 0 => break,
                Err(error) => return Err(error),
            }
        }
        let closed = self.handshake.is_closed;
        Ok(Opened { consumed, closed })
    }

    fn advance(
        &mut self,
        record: &[u8],
        plain: &mut Vec<u8>,
        output: &mut Vec<u8>,
    ) -> Result<(), TlsError> {
        self.handshake.advance(record, plain, output)?;
        if !self.is_established && !self.handshake.common().is_handshaking() {
            self.is_established = true;
            self.facts = self.collect_facts();
        }
        Ok(())
    }

    fn collect_facts(&self) -> TlsFacts {
        let common = self.handshake.common();
        let chain = common.peer_certificates().unwrap_or_default();
        let version = common
            .protocol_version()
            .and_then(|version| version.as_str());
        let suite = common.negotiated_cipher_suite().map(|suite| suite.suite());
        TlsFacts {
            version: version.unwrap_or_default().replace('_', "."),
            cipher: suite
                .and_then(|suite| suite.as_str())
                .unwrap_or_default()
                .to_owned(),
            server_name: self.handshake.server_name(),
            peer_chain: chain
                .iter()
                .map(|certificate| certificate.to_vec())
                .collect(),
        }
    }

    /// Seals `plain` as records of at most 16 KiB, appended to `output`.
    pub fn seal(&mut self, plain: &[u8], output: &mut Vec<u8>) -> Result<(), TlsError> {
        if self.has_failed {
            return Err(TlsError::Failed);
        }
        if !self.is_established {
            return Err(TlsError::NotEstablished);
        }
        if self.is_closing {
            return Err(TlsError::Closed);
        }
        let records = plain.len().div_ceil(16_384);
        let start = output.len();
        output.resize(start + plain.len() + records * 40, 0);
        let written = match &mut self.handshake.side {
            Side::Server(c) => encrypt(
                c.process_tls_records(&mut []).state,
                plain,
                &mut output[start..],
            ),
            Side::Client(c) => encrypt(
                c.process_tls_records(&mut []).state,
                plain,
                &mut output[start..],
            ),
        };
        output.truncate(start + written.as_ref().unwrap_or(&0));
        written.map(|_| ())
    }

    /// Appends the alert that says nothing more will come. Nothing can be sealed after it.
    pub fn close_notify(&mut self, output: &mut Vec<u8>) {
        if self.has_failed || self.is_closing {
            return;
        }
        self.is_closing = true;
        match &mut self.handshake.side {
            Side::Server(c) => close(c.process_tls_records(&mut []).state, output),
            Side::Client(c) => close(c.process_tls_records(&mut []).state, output),
        }
    }
}

fn close<Data>(state: Result<ConnectionState<'_, '_, Data>, rustls::Error>, output: &mut Vec<u8>) {
    if let Ok(ConnectionState::WriteTraffic(mut traffic)) = state {
        let start = output.len();
        output.resize(start + 64, 0);
        let written = traffic
            .queue_close_notify(&mut output[start..])
            .unwrap_or(0);
        output.truncate(start + written);
    }
}

fn encrypt<Data>(
    state: Result<ConnectionState<'_, '_, Data>, rustls::Error>,
    plain: &[u8],
    output: &mut [u8],
) -> Result<usize, TlsError> {
    match state.map_err(TlsError::Handshake)? {
        ConnectionState::WriteTraffic(mut traffic) => {
            traffic.encrypt(plain, output).map_err(|error| match error {
                EncryptError::EncryptExhausted => TlsError::Exhausted,
                EncryptError::InsufficientSize(_) => TlsError::Failed,
            })
        }
        _ => Err(TlsError::Closed),
    }
}

/// How many more bytes complete the record that begins at the start of `buffered`: 0 if it is whole. While
/// the header isn't complete, how many complete the header.
pub fn bytes_to_record_end(buffered: &[u8]) -> Result<usize, TlsError> {
    match record_bytes(buffered)? {
        Some(length) => Ok(length.saturating_sub(buffered.len())),
        None => Ok(HEADER_BYTES - buffered.len()),
    }
}

/// The length of the record at the start of `buffered`, its header included, as far as that is there.
fn record_bytes(buffered: &[u8]) -> Result<Option<usize>, TlsError> {
    let is_content_type = |byte: u8| (20..=23).contains(&byte);
    let is_tls = match buffered {
        [] => true,
        [content_type] => is_content_type(*content_type),
        [content_type, major, ..] => is_content_type(*content_type) && *major == 3,
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
