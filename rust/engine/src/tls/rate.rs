//! How fast one core seals and opens through the interface the connections use.
//!
//! For the benchmark and for a look at a new machine; nothing else may depend on it.

use std::time::{Duration, Instant};

use super::{ClientSettings, Identity, Tls, TlsError};

/// Sealed and opened at once, as a busy connection does: it stays within the processor's caches.
const BURST_BYTES: usize = 64 * 1024;

/// Plaintext bytes a second that one core seals in records of `record_bytes` (at most 16 KiB).
pub fn seal_rate(
    identity: &Identity,
    record_bytes: usize,
    milliseconds: u64,
) -> Result<f64, TlsError> {
    measure(identity, record_bytes, milliseconds, |lap| lap.seal)
}

/// Plaintext bytes a second that one core opens from records of `record_bytes` (at most 16 KiB).
pub fn open_rate(
    identity: &Identity,
    record_bytes: usize,
    milliseconds: u64,
) -> Result<f64, TlsError> {
    measure(identity, record_bytes, milliseconds, |lap| lap.open)
}

/// How long each half of a burst took.
struct Lap {
    seal: Duration,
    open: Duration,
}

/// From the median burst, so that what else the machine does counts little.
fn measure(
    identity: &Identity,
    record_bytes: usize,
    milliseconds: u64,
    part: impl Fn(Lap) -> Duration,
) -> Result<f64, TlsError> {
    let (mut client, mut server) = connect(identity)?;
    let record = vec![0x5a; record_bytes.clamp(1, BURST_BYTES)];
    let records = BURST_BYTES.div_ceil(record.len());
    let (mut sealed, mut plain) = (Vec::new(), Vec::new());
    let mut bursts = Vec::new();
    let start = Instant::now();
    while bursts.is_empty() || start.elapsed() < Duration::from_millis(milliseconds) {
        let lap = run_burst(
            &mut client,
            &mut server,
            &record,
            records,
            &mut sealed,
            &mut plain,
        )?;
        bursts.push(part(lap));
    }
    let middle = bursts.len() / 2;
    let (_, median, _) = bursts.select_nth_unstable(middle);
    Ok((records * record.len()) as f64 / median.as_secs_f64())
}

fn run_burst(
    client: &mut Tls,
    server: &mut Tls,
    record: &[u8],
    records: usize,
    sealed: &mut Vec<u8>,
    plain: &mut Vec<u8>,
) -> Result<Lap, TlsError> {
    sealed.clear();
    plain.clear();
    let start = Instant::now();
    for _ in 0..records {
        client.seal(record, sealed)?;
    }
    let half = Instant::now();
    server.open(sealed, plain, usize::MAX, &mut Vec::new())?;
    Ok(Lap {
        seal: half - start,
        open: half.elapsed(),
    })
}

/// Two sides that have shaken hands.
fn connect(identity: &Identity) -> Result<(Tls, Tls), TlsError> {
    let mut client = Tls::client(&ClientSettings::new()?, "")?;
    let mut server = Tls::server(identity)?;
    let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
    while !(client.is_established() && server.is_established()) {
        let opened = client.open(&mut to_client, &mut Vec::new(), 1, &mut to_server)?;
        to_client.drain(..opened.consumed);
        let opened = server.open(&mut to_server, &mut Vec::new(), 1, &mut to_client)?;
        to_server.drain(..opened.consumed);
    }
    Ok((client, server))
}
