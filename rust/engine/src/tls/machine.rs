//! Drives rustls' unbuffered state machine, one record at a time.
//!
//! One record at a time, because rustls takes for a record whatever stands behind one, and raw bytes may
//! stand there. While a handshake message is spread over records, rustls wants the earlier ones to stay
//! where they are: they are kept here, so that the caller's buffer is always consumed by whole records.

use std::sync::{Arc, OnceLock};

use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::pki_types::{DnsName, IpAddr, Ipv4Addr, ServerName};
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, UnbufferedStatus, WriteTraffic,
};
use rustls::{CommonState, Error};

use super::error::TlsError;
use super::settings::{ClientSettings, Identity};

/// rustls refuses handshake messages over 64 KiB; this leaves room for the headers of their records.
const MAX_PENDING: usize = 96 * 1024;

/// rustls' connection, either side.
pub(super) enum Side {
    Server(UnbufferedServerConnection),
    Client(UnbufferedClientConnection),
}

/// Does the same with either side's connection.
macro_rules! on_side {
    ($side:expr, $connection:ident => $work:expr) => {
        match $side {
            Side::Server($connection) => $work,
            Side::Client($connection) => $work,
        }
    };
}

/// rustls' connection with the records it isn't done with.
pub(super) struct Machine {
    pub(super) side: Side,
    pending: Vec<u8>,
    server_name: Arc<OnceLock<String>>,
    is_peer_closed: bool,
}

impl Machine {
    pub(super) fn server(identity: &Identity) -> Result<Self, TlsError> {
        let (config, server_name) = identity.config_for_one();
        let connection = UnbufferedServerConnection::new(config).map_err(TlsError::Setup)?;
        Ok(Self::new(Side::Server(connection), server_name))
    }

    pub(super) fn client(settings: &ClientSettings, server_name: &str) -> Result<Self, TlsError> {
        let name = indicated_name(server_name);
        let connection =
            UnbufferedClientConnection::new(settings.0.clone(), name).map_err(TlsError::Setup)?;
        Ok(Self::new(Side::Client(connection), Arc::default()))
    }

    fn new(side: Side, server_name: Arc<OnceLock<String>>) -> Self {
        Self {
            side,
            pending: Vec::new(),
            server_name,
            is_peer_closed: false,
        }
    }

    pub(super) fn common(&self) -> &CommonState {
        on_side!(&self.side, connection => connection)
    }

    /// The name the client indicated, if it did.
    pub(super) fn server_name(&self) -> Option<String> {
        self.server_name.get().cloned()
    }

    /// Whether the peer has sent its `close_notify`.
    pub(super) fn is_peer_closed(&self) -> bool {
        self.is_peer_closed
    }

    /// Takes one whole record, or none, and goes on as far as possible.
    ///
    /// What is to be sent, a fatal alert among it, is appended to `output`, plaintext to `plain`.
    pub(super) fn advance(
        &mut self,
        record: &mut [u8],
        plain: &mut Vec<u8>,
        output: &mut Vec<u8>,
    ) -> Result<(), TlsError> {
        let mut sink = Sink {
            plain,
            output,
            is_peer_closed: &mut self.is_peer_closed,
        };
        if self.pending.is_empty() {
            let used = on_side!(&mut self.side, connection => run(connection, record, &mut sink))?;
            self.pending.extend_from_slice(&record[used..]);
        } else {
            if self.pending.len() + record.len() > MAX_PENDING {
                return Err(TlsError::TooManyPieces);
            }
            self.pending.extend_from_slice(record);
            let pending = &mut self.pending;
            let used = on_side!(&mut self.side, connection => run(connection, pending, &mut sink))?;
            self.pending.drain(..used);
        }
        Ok(())
    }

    /// Seals `outgoing`, appended to `output`, for which `expected_bytes` of room ought to do.
    pub(super) fn seal(
        &mut self,
        outgoing: Outgoing<'_>,
        expected_bytes: usize,
        output: &mut Vec<u8>,
    ) -> Result<(), TlsError> {
        let pending = &mut self.pending;
        on_side!(&mut self.side, connection => {
            seal_when_ready(connection, pending, outgoing, expected_bytes, output)
        })
    }

    /// Takes new keys for sending (TLS 1.3) and tells the peer in `output`.
    pub(super) fn renew_keys(&mut self, output: &mut Vec<u8>) -> Result<(), TlsError> {
        let pending = &mut self.pending;
        on_side!(&mut self.side, connection => renew_when_ready(connection, pending))?;
        self.advance(&mut [], &mut Vec::new(), output)
    }
}

/// The name to send as SNI. rustls sends none for an IP address, as RFC 6066 wants, nor can it send what
/// is no host name. Stock clients send whatever stands in their account, but no server relies on it.
fn indicated_name(server_name: &str) -> ServerName<'static> {
    match DnsName::try_from(server_name) {
        Ok(name) => ServerName::DnsName(name.to_owned()),
        Err(_) => ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0; 4]))),
    }
}

/// What both of rustls' connection types can do.
trait Step {
    type Role;
    /// `input` must be all that rustls isn't done with: it keeps positions in it, and panics if they
    /// are missing.
    fn step<'c, 'i>(&'c mut self, input: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Role>;
    /// Whether the next step yields something to send, without a look at its input.
    fn has_output(&self) -> bool;
}

impl Step for UnbufferedServerConnection {
    type Role = ServerConnectionData;
    fn step<'c, 'i>(&'c mut self, input: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Role> {
        self.process_tls_records(input)
    }
    fn has_output(&self) -> bool {
        self.wants_write()
    }
}

impl Step for UnbufferedClientConnection {
    type Role = ClientConnectionData;
    fn step<'c, 'i>(&'c mut self, input: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Role> {
        self.process_tls_records(input)
    }
    fn has_output(&self) -> bool {
        self.wants_write()
    }
}

/// Where the machine's results go.
struct Sink<'a> {
    plain: &'a mut Vec<u8>,
    output: &'a mut Vec<u8>,
    is_peer_closed: &'a mut bool,
}

/// Steps until there is nothing more to do without more input. Returns how much of `input` is done with.
fn run(
    connection: &mut impl Step,
    input: &mut [u8],
    sink: &mut Sink<'_>,
) -> Result<usize, TlsError> {
    let mut used = 0;
    loop {
        let UnbufferedStatus { discard, state } = connection.step(&mut input[used..]);
        let progress = match state {
            Ok(state) => settle(state, sink)?,
            Err(error) => {
                send_alert(connection, sink.output);
                return Err(error.into());
            }
        };
        used += discard;
        match progress {
            Progress::Stepped => {}
            Progress::Opened if used < input.len() => {}
            Progress::Opened | Progress::Waits => return Ok(used),
        }
    }
}

/// Whether the machine may have more to do.
enum Progress {
    Stepped,
    /// Plaintext came out: only more input can lead on.
    Opened,
    Waits,
}

/// Does what the state asks for.
fn settle<Role>(
    state: ConnectionState<'_, '_, Role>,
    sink: &mut Sink<'_>,
) -> Result<Progress, TlsError> {
    match state {
        ConnectionState::EncodeTlsData(chunk) => encode(chunk, sink.output)?,
        ConnectionState::TransmitTlsData(transmit) => transmit.done(),
        ConnectionState::PeerClosed => *sink.is_peer_closed = true,
        ConnectionState::ReadTraffic(mut traffic) => {
            while let Some(record) = traffic.next_record() {
                sink.plain.extend_from_slice(record?.payload);
            }
            return Ok(Progress::Opened);
        }
        ConnectionState::BlockedHandshake
        | ConnectionState::WriteTraffic(_)
        | ConnectionState::Closed => return Ok(Progress::Waits),
        other => return Err(unexpected(&other)),
    }
    Ok(Progress::Stepped)
}

/// After most errors rustls has an alert ready, perhaps behind what it was about to send.
fn send_alert(connection: &mut impl Step, output: &mut Vec<u8>) {
    while connection.has_output() {
        let Ok(ConnectionState::EncodeTlsData(chunk)) = connection.step(&mut []).state else {
            return;
        };
        if encode(chunk, output).is_err() {
            return;
        }
    }
}

fn encode<Role>(mut chunk: EncodeTlsData<'_, Role>, output: &mut Vec<u8>) -> Result<(), TlsError> {
    let Err(EncodeError::InsufficientSize(needed)) = chunk.encode(&mut []) else {
        return Ok(()); // an empty chunk
    };
    let start = output.len();
    output.resize(start + needed.required_size, 0);
    chunk
        .encode(&mut output[start..])
        .map_err(|error| unexpected(&error))?;
    Ok(())
}

/// What is to be sealed.
#[derive(Clone, Copy)]
pub(super) enum Outgoing<'a> {
    Plain(&'a [u8]),
    CloseNotify,
}

fn seal_when_ready(
    connection: &mut impl Step,
    pending: &mut Vec<u8>,
    outgoing: Outgoing<'_>,
    expected_bytes: usize,
    output: &mut Vec<u8>,
) -> Result<(), TlsError> {
    loop {
        let UnbufferedStatus { discard, state } = connection.step(pending);
        match state? {
            ConnectionState::WriteTraffic(mut traffic) => {
                seal_into(&mut traffic, outgoing, expected_bytes, output)?;
                pending.drain(..discard);
                return Ok(());
            }
            ConnectionState::EncodeTlsData(chunk) => encode(chunk, output)?,
            ConnectionState::TransmitTlsData(transmit) => transmit.done(),
            other => return Err(unexpected(&other)),
        }
        pending.drain(..discard);
    }
}

fn renew_when_ready(connection: &mut impl Step, pending: &mut Vec<u8>) -> Result<(), TlsError> {
    let UnbufferedStatus { discard, state } = connection.step(pending);
    match state? {
        ConnectionState::WriteTraffic(traffic) => traffic.refresh_traffic_keys()?,
        other => return Err(unexpected(&other)),
    }
    pending.drain(..discard);
    Ok(())
}

/// Tries the expected room first. A key update that is due needs more; rustls then says how much.
fn seal_into<Role>(
    traffic: &mut WriteTraffic<'_, Role>,
    outgoing: Outgoing<'_>,
    expected_bytes: usize,
    output: &mut Vec<u8>,
) -> Result<(), TlsError> {
    let start = output.len();
    let mut seal = |bytes: usize| {
        output.resize(start + bytes, 0);
        let room = &mut output[start..];
        let written = match outgoing {
            Outgoing::Plain(plain) => traffic.encrypt(plain, room),
            Outgoing::CloseNotify => traffic.queue_close_notify(room),
        };
        output.truncate(start + written.as_ref().unwrap_or(&0));
        written
    };
    match seal(expected_bytes) {
        Err(EncryptError::InsufficientSize(needed)) => seal(needed.required_size),
        result => result,
    }
    .map_err(|_| TlsError::Exhausted)?;
    Ok(())
}

fn unexpected(what: &impl std::fmt::Debug) -> TlsError {
    Error::General(format!("unexpected state of the library: {what:?}")).into()
}
