//! Dictionaries of Python as records of the engine.

use std::net::SocketAddr;
use std::os::fd::RawFd;
use std::path::PathBuf;

use etherloom_engine::acceleration::AccelerationRules;
use etherloom_engine::admission::Limits;
use etherloom_engine::capture::TraceSettings;
use etherloom_engine::engine::{Engine, EngineError};
use etherloom_engine::link::LinkSettings;
use etherloom_engine::packet_log::{PacketLogSettings, Switch};
use etherloom_engine::session::SessionRules;
use etherloom_switch::record::PacketLogRules;
use etherloom_wire::acceleration::Protection;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct SessionArguments {
    server: bool,
    timeout_ms: u64,
    compress: bool,
    half_duplex: bool,
    qos: bool,
    mss_limit: u16,
    super_frames: bool,
    queue_bytes: usize,
}

impl From<SessionArguments> for SessionRules {
    fn from(arguments: SessionArguments) -> Self {
        Self {
            server: arguments.server,
            timeout_ms: arguments.timeout_ms,
            compress: arguments.compress,
            half_duplex: arguments.half_duplex,
            qos: arguments.qos,
            mss_limit: arguments.mss_limit,
            super_frames: arguments.super_frames,
            queue_bytes: arguments.queue_bytes,
        }
    }
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct LinkArguments {
    direction: u8,
    raw: bool,
}

impl From<LinkArguments> for LinkSettings {
    fn from(arguments: LinkArguments) -> Self {
        Self {
            direction: arguments.direction,
            raw: arguments.raw,
        }
    }
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct AccelerationArguments {
    peers: Vec<(String, u16)>,
    encrypt: bool,
    compress: bool,
    version: u32,
    send_key: Vec<u8>,
    receive_key: Vec<u8>,
    own_cookie: u32,
    peer_cookie: u32,
    fast: bool,
    own: bool,
}

impl TryFrom<AccelerationArguments> for AccelerationRules {
    type Error = PyErr;

    fn try_from(arguments: AccelerationArguments) -> PyResult<Self> {
        let protection = |key: &[u8]| {
            Protection::of(arguments.encrypt, arguments.version, arguments.own, key)
                .ok_or_else(|| PyValueError::new_err("version and keys don't fit together"))
        };
        let peers = arguments.peers.iter().map(|(text, port)| {
            let address = crate::address(text)?;
            Ok(SocketAddr::new(address.to_canonical(), *port))
        });
        Ok(Self {
            peers: peers.collect::<PyResult<_>>()?,
            send: protection(&arguments.send_key)?,
            receive: protection(&arguments.receive_key)?,
            own_cookie: arguments.own_cookie,
            peer_cookie: arguments.peer_cookie,
            fast: arguments.fast,
            own: arguments.own,
            compress: arguments.compress,
        })
    }
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct LimitArguments {
    unestablished_per_source: usize,
    unestablished_total: usize,
    deadline_ms: u64,
}

impl From<LimitArguments> for Limits {
    fn from(arguments: LimitArguments) -> Self {
        Self {
            per_source: arguments.unestablished_per_source,
            total: arguments.unestablished_total,
            deadline_ms: arguments.deadline_ms,
        }
    }
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct TraceArguments {
    hub: u64,
    session: Option<u64>,
    drops: bool,
    filter: String,
    snap: usize,
    count: u64,
    about: String,
    pub descriptor: Option<RawFd>,
}

impl TraceArguments {
    /// A filter may be refused.
    pub fn settings(self) -> Result<TraceSettings, EngineError> {
        Ok(TraceSettings {
            hub: self.hub,
            session: self.session,
            drops: self.drops,
            filter: Engine::compile_filter(&self.filter)?,
            snap: self.snap,
            count: self.count,
            about: self.about,
        })
    }
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct PacketLogArguments {
    hub: String,
    levels: [u8; 8],
    no_ipv4: bool,
    no_ipv6: bool,
    no_http: bool,
    folder: Option<PathBuf>,
    switch: u8,
    file_bytes: u64,
    json: bool,
    lines: bool,
    no_addresses: bool,
    per_minute: u32,
}

impl TryFrom<PacketLogArguments> for PacketLogSettings {
    type Error = PyErr;

    fn try_from(arguments: PacketLogArguments) -> PyResult<Self> {
        let switch = Switch::of(arguments.switch)
            .ok_or_else(|| PyValueError::new_err("files are switched in six ways, 0 to 5"))?;
        Ok(Self {
            hub: arguments.hub,
            rules: PacketLogRules {
                no_ipv4: arguments.no_ipv4,
                no_ipv6: arguments.no_ipv6,
                no_http: arguments.no_http,
                ..PacketLogRules::of_levels(arguments.levels)
            },
            folder: arguments.folder,
            switch,
            file_bytes: arguments.file_bytes,
            json: arguments.json,
            lines: arguments.lines,
            no_addresses: arguments.no_addresses,
            per_minute: arguments.per_minute,
        })
    }
}
