//! What hubs tell people, as dictionaries of Python: `event` is its kind, the rest its facts. Mirrors
//! `etherloom.engine.snapshots.HubEventRow`.

use std::net::IpAddr;

use etherloom_engine::snapshot::HubEvent;
use etherloom_switch::Event;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

/// One event.
pub fn hub_event<'py>(py: Python<'py>, told: &HubEvent) -> PyResult<Bound<'py, PyDict>> {
    let result = PyDict::new(py);
    result.set_item("session", told.session)?;
    result.set_item("other", told.other)?;
    Facts {
        py,
        told,
        result: &result,
    }
    .fill()?;
    Ok(result)
}

struct Facts<'a, 'py> {
    py: Python<'py>,
    told: &'a HubEvent,
    result: &'a Bound<'py, PyDict>,
}

impl Facts<'_, '_> {
    fn fill(&self) -> PyResult<()> {
        match &self.told.event {
            Event::NewMac { mac, vlan, moved } => {
                self.kind("new_mac")?;
                self.flag("moved", *moved)?;
                self.mac("mac", *mac)?;
                self.number("vlan", u64::from(*vlan))
            }
            Event::TooManyMacs {
                mac,
                count,
                is_bridge_limit,
            } => {
                self.kind("too_many_macs")?;
                self.mac("mac", *mac)?;
                self.flag("is_bridge_limit", *is_bridge_limit)?;
                self.number("count", u64::from(*count))
            }
            Event::TooManyAddresses {
                address,
                count,
                is_routing_limit,
            } => {
                self.kind("too_many_addresses")?;
                self.address("address", *address)?;
                self.flag("is_routing_limit", *is_routing_limit)?;
                self.number("count", u64::from(*count))
            }
            Event::NotAllotted { address } => {
                self.kind("not_allotted")?;
                self.address("address", *address)
            }
            Event::Storm {
                mac,
                source,
                target,
                rate,
            } => {
                self.kind("storm")?;
                self.mac("mac", *mac)?;
                self.address("source", *source)?;
                self.address("target", *target)?;
                self.number("rate", u64::from(*rate))
            }
            Event::Loop { mac, silent_ms, .. } => {
                self.kind("loop")?;
                self.mac("mac", *mac)?;
                self.number("silent_ms", *silent_ms)
            }
            other => self.fill_longer(other),
        }
    }

    fn fill_longer(&self, event: &Event) -> PyResult<()> {
        match event {
            Event::AddressConflict {
                address,
                mac,
                created_ms,
                updated_ms,
                by_dhcp,
                now_ms,
                ..
            } => {
                self.kind("address_conflict")?;
                self.address("address", *address)?;
                self.mac("mac", *mac)?;
                self.flag("by_dhcp", *by_dhcp)?;
                self.number("created_ms", *created_ms)?;
                self.number("updated_ms", *updated_ms)?;
                self.number("now_ms", *now_ms)
            }
            Event::Allotted {
                address,
                server_mac,
                server,
                client_mac,
                ..
            } => {
                self.kind("allotted")?;
                self.address("address", *address)?;
                self.mac("server_mac", *server_mac)?;
                self.address("server", *server)?;
                self.mac("client_mac", *client_mac)
            }
            Event::ServerRefused {
                source,
                source_port,
                target,
                target_port,
            } => {
                self.kind("server_refused")?;
                self.flow((*source, *source_port), (*target, *target_port))
            }
            Event::DhcpServerRefused {
                source,
                source_port,
                target,
                target_port,
            } => {
                self.kind("dhcp_server_refused")?;
                self.flow((*source, *source_port), (*target, *target_port))
            }
            _ => Ok(()),
        }
    }

    fn kind(&self, kind: &str) -> PyResult<()> {
        self.result.set_item("event", kind)
    }

    fn number(&self, name: &str, value: u64) -> PyResult<()> {
        self.result.set_item(name, value)
    }

    fn flag(&self, name: &str, value: bool) -> PyResult<()> {
        self.result.set_item(name, value)
    }

    fn mac(&self, name: &str, mac: [u8; 6]) -> PyResult<()> {
        self.result.set_item(name, PyBytes::new(self.py, &mac))
    }

    fn address(&self, name: &str, address: IpAddr) -> PyResult<()> {
        self.result.set_item(name, address.to_string())
    }

    fn flow(&self, source: (IpAddr, u16), target: (IpAddr, u16)) -> PyResult<()> {
        self.address("source", source.0)?;
        self.number("source_port", u64::from(source.1))?;
        self.address("target", target.0)?;
        self.number("target_port", u64::from(target.1))
    }
}
