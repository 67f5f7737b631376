//! Both roles against each other, in memory.

#![allow(clippy::unwrap_used)]

mod certificates;
mod exchange;
mod hostile;
pub(crate) mod keys;
mod order;
mod records;

use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};

use super::order::provider;
use super::{ClientSettings, Identity, Tls, TlsError};

const STOCK_CERTIFICATE: &[u8] = include_bytes!("../vectors/stock-shape.der");
const STOCK_KEY: &[u8] = include_bytes!("../vectors/stock-shape.key.der");
const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];
/// Larger than any flight of a handshake.
const WHOLE: usize = 100_000;

pub(crate) fn stock_identity() -> Identity {
    Identity::new(vec![STOCK_CERTIFICATE.to_vec()], STOCK_KEY).unwrap()
}

pub(crate) fn client_of(version: &'static SupportedProtocolVersion) -> Tls {
    let settings = ClientSettings::with_provider(provider(), &[version]).unwrap();
    Tls::client(&settings, "host.example").unwrap()
}

/// A side with the bytes on their way to it.
struct End {
    tls: Tls,
    inbox: Vec<u8>,
    plain: Vec<u8>,
    closed: bool,
}

impl End {
    fn new(tls: Tls) -> End {
        End {
            tls,
            inbox: Vec::new(),
            plain: Vec::new(),
            closed: false,
        }
    }

    /// Opens what is in the inbox and returns what is to be sent.
    fn work(&mut self) -> Result<Vec<u8>, TlsError> {
        let mut output = Vec::new();
        let opened = self
            .tls
            .open(&mut self.inbox, &mut self.plain, usize::MAX, &mut output)?;
        self.inbox.drain(..opened.consumed);
        self.closed |= opened.closed;
        Ok(output)
    }

    /// Opens what is in the inbox, which must fail, and returns what is to be sent all the same.
    fn fail(&mut self) -> (TlsError, Vec<u8>) {
        let mut output = Vec::new();
        let result = self
            .tls
            .open(&mut self.inbox, &mut self.plain, usize::MAX, &mut output);
        (result.unwrap_err(), output)
    }
}

/// Carries bytes to and fro until neither side has more to say, in pieces of at most `piece` bytes.
fn shake_hands(client: &mut End, server: &mut End, piece: usize) -> Result<(), TlsError> {
    let mut to_server = client.work()?;
    while !to_server.is_empty() {
        let to_client = deliver(server, &to_server, piece)?;
        to_server = deliver(client, &to_client, piece)?;
    }
    Ok(())
}

fn deliver(to: &mut End, bytes: &[u8], piece: usize) -> Result<Vec<u8>, TlsError> {
    let mut answer = Vec::new();
    for chunk in bytes.chunks(piece) {
        to.inbox.extend_from_slice(chunk);
        answer.extend(to.work()?);
    }
    Ok(answer)
}

fn connect(client: Tls, identity: &Identity, piece: usize) -> (End, End) {
    let mut client = End::new(client);
    let mut server = End::new(Tls::server(identity).unwrap());
    shake_hands(&mut client, &mut server, piece).unwrap();
    assert!(client.tls.is_established() && server.tls.is_established());
    (client, server)
}

fn established(version: &'static SupportedProtocolVersion) -> (End, End) {
    connect(client_of(version), &stock_identity(), WHOLE)
}

/// How many records stand in `bytes`, which must be nothing but whole records.
fn count_records(mut bytes: &[u8]) -> usize {
    let mut count = 0;
    while !bytes.is_empty() {
        let record = super::record_bytes(bytes).unwrap().unwrap();
        bytes = &bytes[record..];
        count += 1;
    }
    count
}
