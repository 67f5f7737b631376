//! Dictionaries of Python as records of the engine.

use std::os::fd::RawFd;

use etherloom_engine::admission::Limits;
use etherloom_engine::capture::TraceSettings;
use etherloom_engine::engine::{Engine, EngineError};
use etherloom_engine::link::LinkSettings;
use etherloom_engine::session::SessionRules;
use etherloom_switch::HubRules;
use pyo3::prelude::*;

#[derive(FromPyObject, Clone, Copy)]
#[pyo3(from_item_all)]
pub struct HubArguments {
    pub wire: bool,
    mac_entries: usize,
    mac_age_ms: u64,
}

impl From<HubArguments> for HubRules {
    fn from(arguments: HubArguments) -> Self {
        Self {
            mac_entries: arguments.mac_entries,
            mac_age_ms: arguments.mac_age_ms,
        }
    }
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct SessionArguments {
    server: bool,
    timeout_ms: u64,
    compress: bool,
    half_duplex: bool,
    qos: bool,
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
