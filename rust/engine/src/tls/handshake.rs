//! Drives rustls' unbuffered state machine, a record at a time.
//!
//! rustls may keep part of a handshake message in the buffer it reads from, so the records it has not
//! done with are kept here, and the caller's buffer is consumed record by record.

use std::sync::{Arc, OnceLock};

use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::pki_types::{DnsName, IpAddr, Ipv4Addr, ServerName};
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, UnbufferedConnectionCommon, UnbufferedStatus,
};
use rustls::{CommonState, Error};

use super::error::TlsError;
use super::settings::{ClientSettings, Identity};

/// rustls refuses handshake messages over 64 KiB; this leaves room for the headers of their records.
const MAX_PENDING: usize = 96 * 1024;

/// rustls's connection, either side.
pub(super) enum Side {
    Server(UnbufferedServerConnection),
    Client(UnbufferedClientConnection),
}

/// A handshake under way.
pub(super) struct Handshake {
    pub(super) side: Side,
    pending: Vec<u8>,
    server_name: Arc<OnceLock<String>>,
    pub(super) is_closed: bool,
}

impl Handshake {
    pub(super) fn server(identity: &Identity) -> Result<Self, TlsError> {
        let (config, server_name) = identity.config_for_one();
        let connection = UnbufferedServerConnection::new(config).map_err(TlsError::Setup)?;
        Ok(Self::new(Side::Server(connection), server_name))
    }

    pub(super) fn client(settings: &ClientSettings, server_name: &str) -> Result<Self, TlsError> {
        let connection =
            UnbufferedClientConnection::new(settings.0.clone(), indicated_name(server_name))
                .map_err(TlsError::Setup)?;
        Ok(Self::new(Side::Client(connection), Arc::default()))
    }

    fn new(side: Side, server_name: Arc<OnceLock<String>>) -> Self {
        Self {
            side,
            pending: Vec::new(),
            server_name,
            is_closed: false,
        }
    }

    /// The name the client indicated, if it did.
    pub(super) fn server_name(&self) -> Option<String> {
        self.server_name.get().cloned()
    }

    pub(super) fn common(&self) -> &CommonState {
        match &self.side {
            Side::Server(connection) => connection,
            Side::Client(connection) => connection,
        }
    }

    /// Hands `record` to rustls and goes on as far as possible. What is to be sent, a fatal alert among
    /// it, is appended to `output`, plaintext to `plain`.
    pub(super) fn advance(
        &mut self,
        record: &[u8],
        plain: &mut Vec<u8>,
        output: &mut Vec<u8>,
    ) -> Result<(), TlsError> {
        if self.pending.len() + record.len() > MAX_PENDING {
            return Err(TlsError::Misbehaved("its handshake messages are too long"));
        }
        self.pending.extend_from_slice(record);
        let pending = &mut self.pending;
        let is_closed = &mut self.is_closed;
        match &mut self.side {
            Side::Server(connection) => {
                let step = UnbufferedConnectionCommon::<ServerConnectionData>::process_tls_records;
                run(connection, step, pending, is_closed, plain, output)
            }
            Side::Client(connection) => {
                let step = UnbufferedConnectionCommon::<ClientConnectionData>::process_tls_records;
                run(connection, step, pending, is_closed, plain, output)
            }
        }
    }
}

/// The name to send as SNI. rustls sends none for an IP address, as RFC 6066 wants, nor can it send what
/// is no host name, though stock clients send whatever stands in their account; nobody relies on it.
fn indicated_name(server_name: &str) -> ServerName<'static> {
    let nothing = ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0; 4])));
    match DnsName::try_from(server_name) {
        Ok(name) => ServerName::DnsName(name.to_owned()),
        Err(_) => nothing,
    }
}

/// Steps until the machine wants more input.
fn run<Data>(
    connection: &mut UnbufferedConnectionCommon<Data>,
    step: impl for<'c, 'i> Fn(
        &'c mut UnbufferedConnectionCommon<Data>,
        &'i mut [u8],
    ) -> UnbufferedStatus<'c, 'i, Data>,
    pending: &mut Vec<u8>,
    is_closed: &mut bool,
    plain: &mut Vec<u8>,
    output: &mut Vec<u8>,
) -> Result<(), TlsError> {
    loop {
        let UnbufferedStatus { discard, state } = step(connection, pending);
        let goes_on = match state {
            Ok(state) => {
                *is_closed |= matches!(state, ConnectionState::PeerClosed);
                settle(state, plain, output)
            }
            Err(error) => {
                send_alert(connection, step, output);
                return Err(TlsError::Handshake(error));
            }
        };
        pending.drain(..discard);
        if !goes_on.map_err(TlsError::Handshake)? {
            return Ok(());
        }
    }
}

/// Does what the state asks for; says whether there may be more to do without more input.
fn settle<Data>(
    state: ConnectionState<'_, '_, Data>,
    plain: &mut Vec<u8>,
    output: &mut Vec<u8>,
) -> Result<bool, Error> {
    match state {
        ConnectionState::EncodeTlsData(chunk) => encode(chunk, output)?,
        ConnectionState::TransmitTlsData(transmit) => transmit.done(),
        ConnectionState::ReadTraffic(mut traffic) => {
            while let Some(record) = traffic.next_record() {
                plain.extend_from_slice(record?.payload);
            }
        }
        ConnectionState::PeerClosed => {}
        ConnectionState::BlockedHandshake
        | ConnectionState::WriteTraffic(_)
        | ConnectionState::Closed => return Ok(false),
        other => return Err(Error::General(format!("unexpected state {other:?}"))),
    }
    Ok(true)
}

/// After an error rustls has an alert ready, and after that only the error again.
fn send_alert<Data>(
    connection: &mut UnbufferedConnectionCommon<Data>,
    step: impl for<'c, 'i> Fn(
        &'c mut UnbufferedConnectionCommon<Data>,
        &'i mut [u8],
    ) -> UnbufferedStatus<'c, 'i, Data>,
    output: &mut Vec<u8>,
) {
    while let Ok(ConnectionState::EncodeTlsData(chunk)) = step(connection, &mut []).state {
        if encode(chunk, output).is_err() {
            return;
        }
    }
}

fn encode<Data>(mut chunk: EncodeTlsData<'_, Data>, output: &mut Vec<u8>) -> Result<(), Error> {
    let Err(EncodeError::InsufficientSize(needed)) = chunk.encode(&mut []) else {
        return Ok(()); // an empty chunk
    };
    let start = output.len();
    output.resize(start + needed.required_size, 0);
    match chunk.encode(&mut output[start..]) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::General(error.to_string())),
    }
}
