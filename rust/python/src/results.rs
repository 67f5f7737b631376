//! Records of the engine as dictionaries of Python.

use std::net::SocketAddr;

use etherloom_engine::capture::{Line, TraceSnapshot};
use etherloom_engine::engine::ConnectionFacts;
use etherloom_engine::packet_log::PacketLogSnapshot;
use etherloom_engine::sight::HistogramSnapshot;
use etherloom_engine::snapshot::{
    AccelerationSnapshot, IpEntry, LinkSnapshot, ListenerSnapshot, MacEntry, SessionSnapshot,
};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

type Dictionary<'py> = PyResult<Bound<'py, PyDict>>;

/// Addresses as people know them: an IPv4 peer of an IPv6 socket is an IPv4 peer.
fn endpoint(address: SocketAddr) -> (String, u16) {
    (address.ip().to_canonical().to_string(), address.port())
}

pub fn listener<'py>(py: Python<'py>, snapshot: &ListenerSnapshot) -> Dictionary<'py> {
    let result = PyDict::new(py);
    result.set_item("accepted", snapshot.accepted)?;
    result.set_item("unestablished", snapshot.unestablished)?;
    result.set_item("refused_per_source", snapshot.refused_per_source)?;
    result.set_item("refused_total", snapshot.refused_total)?;
    result.set_item("failed_handshakes", snapshot.failed_handshakes)?;
    Ok(result)
}

pub fn facts<'py>(py: Python<'py>, facts: &ConnectionFacts) -> Dictionary<'py> {
    let result = PyDict::new(py);
    let chain: Vec<_> = facts
        .tls
        .peer_chain
        .iter()
        .map(|der| PyBytes::new(py, der))
        .collect();
    result.set_item("peer", endpoint(facts.peer))?;
    result.set_item("local", endpoint(facts.local))?;
    result.set_item("listener", facts.listener)?;
    result.set_item("tls_version", &facts.tls.version)?;
    result.set_item("cipher", &facts.tls.cipher)?;
    result.set_item("server_name", &facts.tls.server_name)?;
    result.set_item("peer_chain", chain)?;
    Ok(result)
}

pub fn mac_entry<'py>(py: Python<'py>, entry: &MacEntry) -> Dictionary<'py> {
    let result = PyDict::new(py);
    result.set_item("session", entry.session)?;
    result.set_item("address", PyBytes::new(py, &entry.address))?;
    result.set_item("vlan", entry.vlan)?;
    result.set_item("created_ms_ago", entry.created_ms_ago)?;
    result.set_item("updated_ms_ago", entry.updated_ms_ago)?;
    Ok(result)
}

pub fn ip_entry<'py>(py: Python<'py>, entry: &IpEntry) -> Dictionary<'py> {
    let result = PyDict::new(py);
    result.set_item("session", entry.session)?;
    result.set_item("address", entry.address.to_string())?;
    result.set_item("vlan", entry.vlan)?;
    result.set_item("mac", PyBytes::new(py, &entry.mac))?;
    result.set_item("by_dhcp", entry.by_dhcp)?;
    result.set_item("created_ms_ago", entry.created_ms_ago)?;
    result.set_item("updated_ms_ago", entry.updated_ms_ago)?;
    Ok(result)
}

fn link<'py>(py: Python<'py>, snapshot: &LinkSnapshot) -> Dictionary<'py> {
    let result = PyDict::new(py);
    result.set_item("connection", snapshot.connection)?;
    result.set_item("peer", endpoint(snapshot.peer))?;
    result.set_item("direction", snapshot.direction)?;
    result.set_item("raw", snapshot.raw)?;
    result.set_item("tls_version", &snapshot.tls_version)?;
    result.set_item("cipher", &snapshot.cipher)?;
    result.set_item("bytes_sent", snapshot.bytes_sent)?;
    result.set_item("bytes_received", snapshot.bytes_received)?;
    Ok(result)
}

fn histogram(snapshot: &HistogramSnapshot) -> (u64, Vec<(u64, u64)>) {
    (snapshot.sum, snapshot.filled().collect())
}

fn acceleration<'py>(py: Python<'py>, snapshot: &AccelerationSnapshot) -> Dictionary<'py> {
    let result = PyDict::new(py);
    result.set_item("reached", snapshot.reached)?;
    result.set_item("active", snapshot.active)?;
    result.set_item("fallbacks", snapshot.fallbacks)?;
    result.set_item("sent", snapshot.sent)?;
    result.set_item("received", snapshot.received)?;
    result.set_item("forged", snapshot.forged)?;
    result.set_item("replayed", snapshot.replayed)?;
    result.set_item("peer", snapshot.peer.map(endpoint))?;
    Ok(result)
}

pub fn session<'py>(py: Python<'py>, snapshot: &SessionSnapshot) -> Dictionary<'py> {
    let result = PyDict::new(py);
    let links = snapshot
        .links
        .iter()
        .map(|one| link(py, one))
        .collect::<PyResult<Vec<_>>>()?;
    let (received, sent) = (&snapshot.counters.received, &snapshot.counters.sent);
    result.set_item("kind", snapshot.kind)?;
    result.set_item("device", &snapshot.device)?;
    result.set_item("attached", snapshot.attached)?;
    result.set_item("ended", snapshot.ended)?;
    result.set_item("links", links)?;
    result.set_item("links_opened", snapshot.links_opened)?;
    result.set_item("frames_received", received.frames())?;
    result.set_item("frames_sent", sent.frames())?;
    result.set_item("bytes_received", received.bytes())?;
    result.set_item("bytes_sent", sent.bytes())?;
    result.set_item("broadcast_frames_received", received.broadcast_frames)?;
    result.set_item("broadcast_frames_sent", sent.broadcast_frames)?;
    result.set_item("broadcast_bytes_received", received.broadcast_bytes)?;
    result.set_item("broadcast_bytes_sent", sent.broadcast_bytes)?;
    result.set_item("wire_bytes_received", snapshot.wire_bytes_received)?;
    result.set_item("wire_bytes_sent", snapshot.wire_bytes_sent)?;
    result.set_item("writes", snapshot.writes)?;
    result.set_item("reads", snapshot.reads)?;
    result.set_item("queue_delay_us", histogram(&snapshot.sight.queue_delay_us))?;
    result.set_item("sent_batch", histogram(&snapshot.sight.sent_batch))?;
    result.set_item("received_batch", histogram(&snapshot.sight.received_batch))?;
    result.set_item("drops", &snapshot.drops)?;
    result.set_item("idle_ms", snapshot.idle_ms)?;
    let datagrams = snapshot.acceleration.as_ref();
    let datagrams = datagrams.map(|one| acceleration(py, one)).transpose()?;
    result.set_item("acceleration", datagrams)?;
    Ok(result)
}

pub fn trace<'py>(py: Python<'py>, snapshot: &TraceSnapshot) -> Dictionary<'py> {
    let result = PyDict::new(py);
    result.set_item("records", snapshot.records)?;
    result.set_item("lost", snapshot.lost)?;
    result.set_item("finished", snapshot.finished)?;
    result.set_item("error", &snapshot.error)?;
    Ok(result)
}

pub fn line<'py>(py: Python<'py>, line: &Line) -> Dictionary<'py> {
    let result = PyDict::new(py);
    result.set_item("unix_ns", line.unix_ns)?;
    result.set_item("session", line.session)?;
    result.set_item("port", &line.port)?;
    result.set_item("inward", line.inward)?;
    result.set_item("reason", line.reason)?;
    result.set_item("summary", &line.summary)?;
    Ok(result)
}

pub fn packet_log(py: Python<'_>, snapshot: PacketLogSnapshot) -> Dictionary<'_> {
    let result = PyDict::new(py);
    result.set_item("written", snapshot.written)?;
    result.set_item("lost", snapshot.lost)?;
    result.set_item("beyond", snapshot.beyond)?;
    Ok(result)
}
