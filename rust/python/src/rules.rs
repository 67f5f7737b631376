//! Dictionaries of Python as the rules of hubs and ports. Items keep the names they have in policies.

use etherloom_switch::{HubFilters, HubRules, PortKind, PortPolicy, PortRules};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

#[derive(FromPyObject, Clone, Copy)]
#[pyo3(from_item_all)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "they are the options of a hub"
)]
pub struct HubArguments {
    pub wire: bool,
    mac_entries: usize,
    mac_age_ms: u64,
    ip_entries: usize,
    ip_age_ms: u64,
    dhcp_age_ms: u64,
    no_ip_table: bool,
    only_private_ipv4: bool,
    only_link_local_ipv6: bool,
    no_ip_parsing: bool,
    no_vlan_identity: bool,
    no_bpdu_identity: bool,
    vlan_type: u16,
    storm_threshold: u32,
    storm_strict: bool,
    filter_pppoe: bool,
    filter_ospf: bool,
    filter_ipv4: bool,
    filter_ipv6: bool,
    filter_non_ip: bool,
    filter_bpdu: bool,
    mss_limit: u16,
    access_list_on_arp: bool,
    no_check_mac_on_bridge: bool,
    privacy_drops_broadcasts: bool,
    privacy_drops_arp: bool,
    privacy_allows_same_user: bool,
    no_default_router_over_ipv6: bool,
    station: Option<[u8; 6]>,
    dormant_ms: u64,
}

impl From<HubArguments> for HubRules {
    fn from(arguments: HubArguments) -> Self {
        Self {
            mac_entries: arguments.mac_entries,
            mac_age_ms: arguments.mac_age_ms,
            ip_entries: arguments.ip_entries,
            ip_age_ms: arguments.ip_age_ms,
            dhcp_age_ms: arguments.dhcp_age_ms,
            no_ip_table: arguments.no_ip_table,
            only_private_ipv4: arguments.only_private_ipv4,
            only_link_local_ipv6: arguments.only_link_local_ipv6,
            no_ip_parsing: arguments.no_ip_parsing,
            no_vlan_identity: arguments.no_vlan_identity,
            no_bpdu_identity: arguments.no_bpdu_identity,
            vlan_type: arguments.vlan_type,
            storm_threshold: arguments.storm_threshold,
            storm_strict: arguments.storm_strict,
            filters: HubFilters {
                pppoe: arguments.filter_pppoe,
                ospf: arguments.filter_ospf,
                ipv4: arguments.filter_ipv4,
                ipv6: arguments.filter_ipv6,
                non_ip: arguments.filter_non_ip,
                bpdu: arguments.filter_bpdu,
            },
            mss_limit: arguments.mss_limit,
            access_list_on_arp: arguments.access_list_on_arp,
            no_check_mac_on_bridge: arguments.no_check_mac_on_bridge,
            privacy_drops_broadcasts: arguments.privacy_drops_broadcasts,
            privacy_drops_arp: arguments.privacy_drops_arp,
            privacy_allows_same_user: arguments.privacy_allows_same_user,
            no_default_router_over_ipv6: arguments.no_default_router_over_ipv6,
            station: arguments.station,
            dormant_ms: arguments.dormant_ms,
            no_loop_detection: false,
        }
    }
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "they are the items of a policy"
)]
pub struct PortArguments {
    kind: String,
    monitor: bool,
    user: String,
    group: String,
    over_ipv6: bool,
    policy: PolicyArguments,
}

#[derive(FromPyObject, Clone, Copy)]
#[pyo3(from_item_all)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "they are the items of a policy"
)]
struct PolicyArguments {
    dhcp_filter: bool,
    dhcp_no_server: bool,
    dhcp_force: bool,
    no_bridge: bool,
    no_routing: bool,
    check_mac: bool,
    check_ip: bool,
    arp_dhcp_only: bool,
    privacy_filter: bool,
    no_server: bool,
    no_broadcast_limiter: bool,
    max_mac: u32,
    max_ip: u32,
    max_upload: u64,
    max_download: u64,
    rs_and_ra_filter: bool,
    ra_filter: bool,
    dhcpv6_filter: bool,
    dhcpv6_no_server: bool,
    no_routing_v6: bool,
    check_ipv6: bool,
    no_server_v6: bool,
    max_ipv6: u32,
    filter_ipv4: bool,
    filter_ipv6: bool,
    filter_non_ip: bool,
    no_ipv6_default_router_in_ra: bool,
    no_ipv6_default_router_in_ra_when_ipv6: bool,
    vlan_id: u16,
}

impl TryFrom<PortArguments> for PortRules {
    type Error = PyErr;

    fn try_from(arguments: PortArguments) -> PyResult<Self> {
        let kind = match arguments.kind.as_str() {
            "client" => PortKind::Client,
            "bridge" => PortKind::Bridge,
            "cascade" => PortKind::Cascade,
            "program" => PortKind::Program,
            other => return Err(PyValueError::new_err(format!("no kind of port: {other}"))),
        };
        Ok(Self {
            kind,
            monitor: arguments.monitor,
            user: arguments.user.into(),
            group: arguments.group.into(),
            over_ipv6: arguments.over_ipv6,
            policy: arguments.policy.into(),
        })
    }
}

impl From<PolicyArguments> for PortPolicy {
    fn from(arguments: PolicyArguments) -> Self {
        Self {
            dhcp_filter: arguments.dhcp_filter,
            dhcp_no_server: arguments.dhcp_no_server,
            dhcp_force: arguments.dhcp_force,
            no_bridge: arguments.no_bridge,
            no_routing: arguments.no_routing,
            check_mac: arguments.check_mac,
            check_ip: arguments.check_ip,
            arp_dhcp_only: arguments.arp_dhcp_only,
            privacy_filter: arguments.privacy_filter,
            no_server: arguments.no_server,
            no_broadcast_limiter: arguments.no_broadcast_limiter,
            max_mac: arguments.max_mac,
            max_ip: arguments.max_ip,
            max_upload: arguments.max_upload,
            max_download: arguments.max_download,
            rs_and_ra_filter: arguments.rs_and_ra_filter,
            ra_filter: arguments.ra_filter,
            dhcpv6_filter: arguments.dhcpv6_filter,
            dhcpv6_no_server: arguments.dhcpv6_no_server,
            no_routing_v6: arguments.no_routing_v6,
            check_ipv6: arguments.check_ipv6,
            no_server_v6: arguments.no_server_v6,
            max_ipv6: arguments.max_ipv6,
            filter_ipv4: arguments.filter_ipv4,
            filter_ipv6: arguments.filter_ipv6,
            filter_non_ip: arguments.filter_non_ip,
            no_default_router: arguments.no_ipv6_default_router_in_ra,
            no_default_router_over_ipv6: arguments.no_ipv6_default_router_in_ra_when_ipv6,
            vlan: arguments.vlan_id,
        }
    }
}
