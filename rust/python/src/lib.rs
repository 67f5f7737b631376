//! Python bindings of the engine: they convert, nothing else. Mirrors `etherloom/engine/_core.pyi`.

mod access_rules;
mod arguments;
mod hub_events;
mod results;
mod rules;

use std::net::{IpAddr, SocketAddr};
use std::os::fd::IntoRawFd;
use std::time::Duration;

use etherloom_engine::engine::{Engine as Inner, EngineError};
use etherloom_engine::logging;
use etherloom_engine::tls::TlsRules;
use etherloom_switch::AccessList;
use pyo3::exceptions::{PyKeyError, PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::access_rules::Texts;
use crate::arguments::{
    AccelerationArguments, LimitArguments, LinkArguments, PacketLogArguments, SessionArguments,
    TraceArguments,
};
use crate::rules::{HubArguments, PortArguments};

/// The one conversion of errors.
fn refuse(error: EngineError) -> PyErr {
    match error {
        EngineError::Unknown(..) => PyKeyError::new_err(error.to_string()),
        EngineError::System(system) => match system.raw_os_error() {
            Some(number) => PyOSError::new_err((number, system.to_string())),
            None => PyOSError::new_err(system.to_string()),
        },
        EngineError::Invalid(_) | EngineError::Tls(_) => PyValueError::new_err(error.to_string()),
    }
}

fn address(text: &str) -> PyResult<IpAddr> {
    text.parse()
        .map_err(|_| PyValueError::new_err(format!("{text:?} is no IP address")))
}

/// Worker threads, sockets, TLS, sessions, hubs and devices.
#[pyclass(frozen, module = "etherloom.engine._core")]
struct Engine(Inner);

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (*, workers = 0, queue_budget_bytes = 0))]
    fn new(workers: usize, queue_budget_bytes: usize) -> PyResult<Self> {
        Inner::start(workers, queue_budget_bytes)
            .map(Self)
            .map_err(refuse)
    }

    fn set_congestion(&self, name: &str) -> PyResult<()> {
        self.0.set_congestion(name).map_err(refuse)
    }

    fn wake_descriptor(&self) -> i32 {
        self.0.wake_descriptor()
    }

    fn drain(&self, maximum: usize) -> Vec<(u8, u64, u32)> {
        self.0
            .drain(maximum)
            .into_iter()
            .map(|(subject, id, flags)| (subject as u8, id, flags))
            .collect()
    }

    #[allow(
        clippy::unused_self,
        reason = "the ring belongs to the process; Python sees it on the engine"
    )]
    fn take_log(&self) -> (Vec<logging::LogRecord>, u64) {
        logging::take()
    }

    #[allow(clippy::unused_self, reason = "it needs the threads to yield to")]
    fn yield_to_frames(&self) {
        etherloom_engine::yield_to_frames();
    }

    fn stop(&self, py: Python<'_>, deadline_ms: u64) -> bool {
        py.detach(|| self.0.stop(Duration::from_millis(deadline_ms)))
    }

    #[allow(
        clippy::needless_pass_by_value,
        reason = "PyO3 hands over owned values"
    )]
    #[pyo3(signature = (chain, private_key, ciphers = Vec::new(), tls13_only = false))]
    fn set_identity(
        &self,
        chain: Vec<Vec<u8>>,
        private_key: Vec<u8>,
        ciphers: Vec<String>,
        tls13_only: bool,
    ) -> PyResult<()> {
        let rules = TlsRules::named(&ciphers, tls13_only)
            .map_err(|error| refuse(EngineError::Tls(error)))?;
        self.0
            .set_identity(chain, &private_key, &rules)
            .map_err(refuse)
    }

    #[allow(
        clippy::needless_pass_by_value,
        reason = "PyO3 hands over owned values"
    )]
    fn retain_identity(&self, sources: Vec<String>) -> PyResult<()> {
        let sources: PyResult<Vec<_>> = sources.iter().map(|source| address(source)).collect();
        self.0.retain_identity(sources?);
        Ok(())
    }

    fn release_identity(&self, source: &str) -> PyResult<()> {
        self.0.release_identity(address(source)?);
        Ok(())
    }

    fn open_listener(&self, address: &str, port: u16, limits: LimitArguments) -> PyResult<u64> {
        self.0
            .open_listener(crate::address(address)?, port, limits.into())
            .map_err(refuse)
    }

    fn listener_port(&self, listener: u64) -> PyResult<u16> {
        self.0.listener_port(listener).map_err(refuse)
    }

    fn listener_snapshot<'py>(
        &self,
        py: Python<'py>,
        listener: u64,
    ) -> PyResult<Bound<'py, PyDict>> {
        results::listener(py, &self.0.listener_snapshot(listener).map_err(refuse)?)
    }

    fn close_listener(&self, listener: u64) -> PyResult<()> {
        self.0.close_listener(listener).map_err(refuse)
    }

    fn connect(
        &self,
        address: &str,
        port: u16,
        server_name: String,
        deadline_ms: u64,
    ) -> PyResult<u64> {
        let target = SocketAddr::new(crate::address(address)?, port);
        Ok(self
            .0
            .connect(target, server_name, Duration::from_millis(deadline_ms)))
    }

    fn facts<'py>(&self, py: Python<'py>, connection: u64) -> PyResult<Bound<'py, PyDict>> {
        results::facts(py, &self.0.facts(connection).map_err(refuse)?)
    }

    fn pull(&self, connection: u64, maximum: usize) -> PyResult<()> {
        self.0.pull(connection, maximum).map_err(refuse)
    }

    fn take<'py>(
        &self,
        py: Python<'py>,
        connection: u64,
    ) -> PyResult<(Bound<'py, PyBytes>, Option<String>)> {
        let (data, ended) = self.0.take(connection).map_err(refuse)?;
        Ok((PyBytes::new(py, &data), ended))
    }

    fn send(&self, connection: u64, data: Vec<u8>) -> PyResult<()> {
        self.0.send(connection, data).map_err(refuse)
    }

    fn set_deadline(&self, connection: u64, milliseconds: u64) -> PyResult<()> {
        self.0
            .set_deadline(connection, milliseconds)
            .map_err(refuse)
    }

    fn close(&self, connection: u64) -> PyResult<()> {
        self.0.close(connection).map_err(refuse)
    }

    fn splice(&self, connection: u64, replay: Vec<u8>) -> PyResult<i32> {
        self.0
            .splice(connection, replay)
            .map(IntoRawFd::into_raw_fd)
            .map_err(refuse)
    }

    fn open_hub(&self, rules: HubArguments) -> u64 {
        self.0.open_hub(rules.wire, rules.into())
    }

    fn set_hub_rules(&self, hub: u64, rules: HubArguments) -> PyResult<()> {
        self.0.set_hub_rules(hub, rules.into()).map_err(refuse)
    }

    fn set_access_list(
        &self,
        py: Python<'_>,
        hub: u64,
        records: &[u8],
        names: Vec<String>,
        lists: Vec<Vec<String>>,
    ) -> PyResult<()> {
        let texts = Texts::new(names, lists);
        let rules = access_rules::read(records, &texts)?;
        py.detach(|| self.0.set_access_list(hub, AccessList::compile(rules)))
            .map_err(refuse)
    }

    fn close_hub(&self, hub: u64) -> PyResult<()> {
        self.0.close_hub(hub).map_err(refuse)
    }

    fn mac_table<'py>(&self, py: Python<'py>, hub: u64) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let entries = self.0.mac_table(hub).map_err(refuse)?;
        entries
            .iter()
            .map(|entry| results::mac_entry(py, entry))
            .collect()
    }

    fn hub_events<'py>(
        &self,
        py: Python<'py>,
        hub: u64,
    ) -> PyResult<(Vec<Bound<'py, PyDict>>, u64)> {
        let (events, lost) = self.0.hub_events(hub).map_err(refuse)?;
        let events = events.iter().map(|one| hub_events::hub_event(py, one));
        Ok((events.collect::<PyResult<_>>()?, lost))
    }

    fn ip_table<'py>(&self, py: Python<'py>, hub: u64) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let entries = self.0.ip_table(hub).map_err(refuse)?;
        entries
            .iter()
            .map(|entry| results::ip_entry(py, entry))
            .collect()
    }

    fn ip_count(&self, hub: u64) -> PyResult<usize> {
        self.0.ip_count(hub).map_err(refuse)
    }

    fn delete_ip(&self, hub: u64, address: &str, vlan: u16) -> PyResult<bool> {
        let address = crate::address(address)?;
        self.0.delete_ip(hub, address, vlan).map_err(refuse)
    }

    fn mac_count(&self, hub: u64) -> PyResult<usize> {
        self.0.mac_count(hub).map_err(refuse)
    }

    fn delete_mac(&self, hub: u64, address: [u8; 6], vlan: u16) -> PyResult<bool> {
        self.0.delete_mac(hub, address, vlan).map_err(refuse)
    }

    fn open_session(
        &self,
        hub: u64,
        rules: SessionArguments,
        port: PortArguments,
    ) -> PyResult<u64> {
        let port = port.try_into()?;
        self.0.open_session(hub, rules.into(), port).map_err(refuse)
    }

    fn set_port_rules(&self, hub: u64, session: u64, port: PortArguments) -> PyResult<()> {
        let port = port.try_into()?;
        self.0.set_port_rules(hub, session, port).map_err(refuse)
    }

    fn promote(
        &self,
        connection: u64,
        session: u64,
        farewell: Vec<u8>,
        leftover: Vec<u8>,
        link: LinkArguments,
    ) -> PyResult<()> {
        self.0
            .promote(connection, session, farewell, leftover, link.into())
            .map_err(refuse)
    }

    fn open_datagrams(&self, address: &str, first: u16, last: u16) -> PyResult<u64> {
        self.0
            .open_datagrams(crate::address(address)?, first, last)
            .map_err(refuse)
    }

    fn datagrams_port(&self, datagrams: u64) -> PyResult<u16> {
        self.0.datagrams_port(datagrams).map_err(refuse)
    }

    fn close_datagrams(&self, datagrams: u64) -> PyResult<()> {
        self.0.close_datagrams(datagrams).map_err(refuse)
    }

    fn accelerate(
        &self,
        session: u64,
        datagrams: u64,
        rules: AccelerationArguments,
    ) -> PyResult<()> {
        self.0
            .accelerate(session, datagrams, rules.try_into()?)
            .map_err(refuse)
    }

    fn open_tap(&self, hub: u64, name: &str, port: PortArguments) -> PyResult<u64> {
        self.0.open_tap(hub, name, port.try_into()?).map_err(refuse)
    }

    fn open_memory(&self, hub: u64, queue_frames: usize, port: PortArguments) -> PyResult<u64> {
        let port = port.try_into()?;
        self.0.open_memory(hub, queue_frames, port).map_err(refuse)
    }

    fn send_frames(&self, session: u64, frames: Vec<Vec<u8>>) -> PyResult<()> {
        self.0.send_frames(session, frames).map_err(refuse)
    }

    fn take_frames<'py>(
        &self,
        py: Python<'py>,
        session: u64,
        maximum: usize,
    ) -> PyResult<Vec<Bound<'py, PyBytes>>> {
        let frames = self.0.take_frames(session, maximum).map_err(refuse)?;
        Ok(frames.iter().map(|frame| PyBytes::new(py, frame)).collect())
    }

    fn session_snapshot<'py>(&self, py: Python<'py>, session: u64) -> PyResult<Bound<'py, PyDict>> {
        results::session(py, &self.0.session_snapshot(session).map_err(refuse)?)
    }

    fn label_session(&self, session: u64, label: String) -> PyResult<()> {
        self.0.label_session(session, label).map_err(refuse)
    }

    fn locate_session(&self, session: u64, address: &str) -> PyResult<()> {
        self.0
            .locate_session(session, crate::address(address)?)
            .map_err(refuse)
    }

    #[pyo3(signature = (hub, settings))]
    fn set_packet_log(&self, hub: u64, settings: Option<PacketLogArguments>) -> PyResult<()> {
        let settings = settings.map(TryInto::try_into).transpose()?;
        self.0.set_packet_log(hub, settings).map_err(refuse)
    }

    fn packet_log_snapshot<'py>(&self, py: Python<'py>, hub: u64) -> PyResult<Bound<'py, PyDict>> {
        results::packet_log(py, self.0.packet_log_snapshot(hub).map_err(refuse)?)
    }

    fn take_packet_lines(&self, maximum: usize) -> (Vec<(String, u64, String)>, u64) {
        let (lines, lost) = self.0.take_packet_lines(maximum);
        let lines = lines
            .into_iter()
            .map(|line| (line.hub, line.unix_ms, line.text));
        (lines.collect(), lost)
    }

    #[staticmethod]
    fn check_filter(filter: &str) -> PyResult<()> {
        Inner::compile_filter(filter).map(drop).map_err(refuse)
    }

    fn open_trace(&self, trace: TraceArguments) -> PyResult<u64> {
        let descriptor = trace.descriptor;
        let settings = trace.settings().map_err(refuse)?;
        self.0.open_trace(settings, descriptor).map_err(refuse)
    }

    fn trace_snapshot<'py>(&self, py: Python<'py>, trace: u64) -> PyResult<Bound<'py, PyDict>> {
        results::trace(py, &self.0.trace_snapshot(trace).map_err(refuse)?)
    }

    fn take_trace_lines<'py>(
        &self,
        py: Python<'py>,
        trace: u64,
        maximum: usize,
    ) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let lines = self.0.take_trace_lines(trace, maximum).map_err(refuse)?;
        lines.iter().map(|one| results::line(py, one)).collect()
    }

    fn close_trace<'py>(
        &self,
        py: Python<'py>,
        trace: u64,
    ) -> PyResult<(Bound<'py, PyDict>, Vec<Bound<'py, PyDict>>)> {
        let closed = py.detach(|| self.0.close_trace(trace));
        let (snapshot, lines) = closed.map_err(refuse)?;
        let lines = lines.iter().map(|one| results::line(py, one));
        Ok((
            results::trace(py, &snapshot)?,
            lines.collect::<PyResult<_>>()?,
        ))
    }

    fn close_link(&self, session: u64, connection: u64) -> PyResult<()> {
        self.0.close_link(session, connection).map_err(refuse)
    }

    fn close_session(&self, session: u64) -> PyResult<()> {
        self.0.close_session(session).map_err(refuse)
    }

    fn forget_session(&self, session: u64) -> PyResult<()> {
        self.0.forget_session(session).map_err(refuse)
    }
}

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Engine>()
}
