//! TLS 1.2 and 1.3 over buffers the caller owns: the only files that know the TLS library.
//!
//! There is no socket in here, no clock, and no judgement of certificates. Bytes behind the last record
//! taken are never touched, because a raw byte stream may follow the Welcome on the same socket.

mod certificate;
mod error;
mod machine;
mod order;
mod rate;
mod record;
mod settings;
#[cfg(test)]
pub(crate) mod tests;

pub use error::TlsError;
use machine::{Machine, Outgoing};
pub use order::{Cipher, TlsRules, fastest_first};
pub use rate::{open_rate, seal_rate};
pub use record::bytes_to_record_end;
use record::{MAX_PLAIN_BYTES, record_bytes};
pub use settings::{ClientSettings, Identity};

/// One side of one TLS connection.
pub struct Tls {
    machine: Machine,
    phase: Phase,
    facts: TlsFacts,
    wear: Wear,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Handshake,
    Established,
    /// Our `close_notify` is out; the peer may go on sending.
    Closing,
    Failed,
}

/// What one call of [`Tls::open`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// How many bytes at the start of the input are done with: whole records.
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
    /// How the keys were agreed on, such as `X25519MLKEM768`.
    pub key_exchange: String,
    /// The server's DER certificates, its own first (client side only).
    pub peer_chain: Vec<Vec<u8>>,
}

impl Tls {
    /// The accepting side: asks for no client certificate, sends no tickets, picks the cipher itself.
    pub fn server(identity: &Identity) -> Result<Tls, TlsError> {
        Ok(Self::new(Machine::server(identity)?))
    }

    /// The connecting side. Call [`Tls::open`] with an empty input to get its first flight.
    ///
    /// `server_name` is sent as SNI if it is a host name; of an IP address nothing is sent.
    pub fn client(settings: &ClientSettings, server_name: &str) -> Result<Tls, TlsError> {
        Ok(Self::new(Machine::client(settings, server_name)?))
    }

    fn new(machine: Machine) -> Tls {
        Tls {
            machine,
            phase: Phase::Handshake,
            facts: TlsFacts::default(),
            wear: Wear::default(),
        }
    }

    /// Whether the handshake is through, so that plaintext can be sealed and the facts are known.
    pub fn is_established(&self) -> bool {
        matches!(self.phase, Phase::Established | Phase::Closing)
    }

    /// What is known of the connection once it is established.
    pub fn facts(&self) -> TlsFacts {
        self.facts.clone()
    }

    /// How many more records can be sealed; only ever few on TLS 1.2, since TLS 1.3 renews its keys by itself.
    #[cfg(test)]
    fn records_left(&self) -> u64 {
        self.wear
            .limit
            .map_or(u64::MAX, |limit| limit.saturating_sub(self.wear.sealed))
    }

    /// Whether it is time to replace the connection: half of its keys' life (2^23 records) is over. The other half
    /// is far more than a link still has to say then.
    pub fn is_worn_out(&self) -> bool {
        self.wear
            .limit
            .is_some_and(|limit| self.wear.sealed > limit / 2)
    }

    /// Takes whole records from the start of `input`, which it may overwrite.
    ///
    /// Plaintext is appended to `plain`, until `plain` holds at least `limit` bytes, the input has no
    /// whole record left, or what follows a taken record can't be one. If the input *begins* with what
    /// can't be a record, that is an error. What is to be sent is appended to `output`, also when an
    /// error is returned. Where raw bytes may follow, pass a `limit` that stops it before them.
    pub fn open(
        &mut self,
        input: &mut [u8],
        plain: &mut Vec<u8>,
        limit: usize,
        output: &mut Vec<u8>,
    ) -> Result<Opened, TlsError> {
        if self.phase == Phase::Failed {
            return Err(TlsError::Failed);
        }
        let result = self.open_records(input, plain, limit, output);
        if result.is_err() {
            self.phase = Phase::Failed;
        }
        result
    }

    fn open_records(
        &mut self,
        input: &mut [u8],
        plain: &mut Vec<u8>,
        limit: usize,
        output: &mut Vec<u8>,
    ) -> Result<Opened, TlsError> {
        let mut consumed = 0;
        self.advance(&mut [], plain, output)?;
        while !self.machine.is_peer_closed() && (plain.len() < limit || !self.is_established()) {
            let rest = &mut input[consumed..];
            match record_bytes(rest) {
                Ok(Some(bytes)) if bytes <= rest.len() => {
                    self.advance(&mut rest[..bytes], plain, output)?;
                    consumed += bytes;
                }
                Ok(_) => break,
                Err(_) if consumed > 0 => break,
                Err(error) => return Err(self.refuse(error, rest, output)),
            }
        }
        let closed = self.machine.is_peer_closed();
        Ok(Opened { consumed, closed })
    }

    fn advance(
        &mut self,
        record: &mut [u8],
        plain: &mut Vec<u8>,
        output: &mut Vec<u8>,
    ) -> Result<(), TlsError> {
        self.machine.advance(record, plain, output)?;
        if self.phase == Phase::Handshake && !self.machine.common().is_handshaking() {
            self.phase = Phase::Established;
            self.facts = TlsFacts::of(&self.machine);
            self.wear = Wear::of(&self.machine);
        }
        Ok(())
    }

    /// Lets rustls see a header that can't be one, for the alert it sends then. Who hasn't begun a
    /// handshake, as one who speaks plain HTTP, is told nothing, as stock servers do.
    fn refuse(&mut self, error: TlsError, rest: &mut [u8], output: &mut Vec<u8>) -> TlsError {
        if self.is_established() {
            let header = rest.len().min(record::HEADER_BYTES);
            // It fails by design, and the caller's error says more.
            let _ = self
                .machine
                .advance(&mut rest[..header], &mut Vec::new(), output);
        }
        error
    }

    /// Seals `plain` as records of at most 16 KiB, appended to `output`.
    pub fn seal(&mut self, plain: &[u8], output: &mut Vec<u8>) -> Result<(), TlsError> {
        match self.phase {
            Phase::Established => {}
            Phase::Handshake => return Err(TlsError::NotEstablished),
            Phase::Closing => return Err(TlsError::Closed),
            Phase::Failed => return Err(TlsError::Failed),
        }
        let records = plain.len().div_ceil(MAX_PLAIN_BYTES);
        let expected_bytes = plain.len() + records * self.wear.overhead;
        let result = self
            .machine
            .seal(Outgoing::Plain(plain), expected_bytes, output);
        self.wear.sealed += records as u64;
        if result.is_err() {
            self.phase = Phase::Failed;
        }
        result
    }

    /// Takes new keys for what is sealed from now on, and tells the peer in `output`: a `KeyUpdate`
    /// (RFC 8446 §4.6.3). Nothing happens on TLS 1.2, which has no such message.
    pub fn renew_keys(&mut self, output: &mut Vec<u8>) -> Result<(), TlsError> {
        if self.phase != Phase::Established || self.wear.limit.is_some() {
            return Ok(());
        }
        self.machine.renew_keys(output)
    }

    /// Appends the alert that says nothing more will come; nothing can be sealed after it.
    ///
    /// Before the handshake is through, and after a failure, there is nothing to say.
    pub fn close_notify(&mut self, output: &mut Vec<u8>) {
        if self.phase != Phase::Established {
            return;
        }
        let expected_bytes = 2 + self.wear.overhead;
        self.phase = match self
            .machine
            .seal(Outgoing::CloseNotify, expected_bytes, output)
        {
            Ok(()) => Phase::Closing,
            Err(_) => Phase::Failed,
        };
    }
}

impl TlsFacts {
    fn of(machine: &Machine) -> TlsFacts {
        let common = machine.common();
        let version = common
            .protocol_version()
            .and_then(|version| version.as_str());
        let suite = common.negotiated_cipher_suite().map(|suite| suite.suite());
        let key_exchange = common
            .negotiated_key_exchange_group()
            .map(|group| format!("{:?}", group.name()));
        let chain = common.peer_certificates().unwrap_or_default();
        TlsFacts {
            version: version.unwrap_or_default().replace('_', "."),
            cipher: suite
                .and_then(|suite| suite.as_str())
                .unwrap_or_default()
                .to_owned(),
            server_name: machine.server_name(),
            key_exchange: key_exchange.unwrap_or_default(),
            peer_chain: chain
                .iter()
                .map(|certificate| certificate.to_vec())
                .collect(),
        }
    }
}

/// What sealing costs: bytes a record, and records of the keys' life.
#[derive(Default)]
struct Wear {
    overhead: usize,
    sealed: u64,
    limit: Option<u64>,
}

impl Wear {
    fn of(machine: &Machine) -> Wear {
        use rustls::SupportedCipherSuite::{Tls12, Tls13};
        let (overhead, limit) = match machine.common().negotiated_cipher_suite() {
            Some(Tls12(suite)) => (
                record::TLS12_OVERHEAD_BYTES,
                // rustls closes at the limit; our Finished was the first record.
                Some(suite.common.confidentiality_limit.saturating_sub(2)),
            ),
            Some(Tls13(_)) | None => (record::TLS13_OVERHEAD_BYTES, None),
        };
        let sealed = 0;
        Wear {
            overhead,
            sealed,
            limit,
        }
    }
}
