//! Configuration of a hub and of its ports, compiled for the packet path. Plain values: who gets which rules is
//! decided elsewhere.

use std::sync::Arc;

/// What a hub does with every frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubRules {
    /// A frame from a new source beyond this is dropped.
    pub mac_entries: usize,
    /// A station that was not seen for this long is forgotten.
    pub mac_age_ms: u64,
    /// Where one more is noted than this, the port's own oldest goes, or the oldest of all if it has none.
    pub ip_entries: usize,
    /// An address that was not seen for this long is forgotten.
    pub ip_age_ms: u64,
    /// And one that a DHCP server has allotted.
    pub dhcp_age_ms: u64,
    /// Addresses are not noted at all: policies about them don't act.
    pub no_ip_table: bool,
    /// Only private IPv4 addresses are noted.
    pub only_private_ipv4: bool,
    /// Only link-local IPv6 addresses are noted.
    pub only_link_local_ipv6: bool,
    /// Frames are read as Ethernet only.
    pub no_ip_parsing: bool,
    /// The VLAN is no part of a station's identity.
    pub no_vlan_identity: bool,
    /// Spanning tree messages count for their sender, not for the bridge they name.
    pub no_bpdu_identity: bool,
    /// What marks the tags that ports with a VLAN get.
    pub vlan_type: u16,
    /// Flooded frames a second with the same source and target that make a storm.
    pub storm_threshold: u32,
    /// The same source or target is enough.
    pub storm_strict: bool,
    /// Refused from everybody.
    pub filters: HubFilters,
    /// TCP is told to send no larger segments; 0: it isn't told anything.
    pub mss_limit: u16,
    /// Access lists see the addresses in ARP.
    pub access_list_on_arp: bool,
    /// Bridges' ports may take over stations of others at once.
    pub no_check_mac_on_bridge: bool,
    /// Ports that are apart from each other don't even get each other's broadcasts.
    pub privacy_drops_broadcasts: bool,
    /// Nor ARP.
    pub privacy_drops_arp: bool,
    /// Ports of one user are not apart.
    pub privacy_allows_same_user: bool,
    /// Router advertisements to ports that came by IPv6 name no default router.
    pub no_default_router_over_ipv6: bool,
    /// The hub's own address as a station.
    pub station: Option<[u8; 6]>,
    /// Ports by which frames come back are not silenced.
    pub no_loop_detection: bool,
    /// A client's port that sent nothing for this long gets no floods; 0: it always does.
    pub dormant_ms: u64,
}

/// Kinds of frames that a hub carries for nobody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HubFilters {
    /// PPPoE.
    pub pppoe: bool,
    /// OSPF.
    pub ospf: bool,
    /// IPv4 and ARP.
    pub ipv4: bool,
    /// IPv6.
    pub ipv6: bool,
    /// Everything else.
    pub non_ip: bool,
    /// Spanning tree.
    pub bpdu: bool,
}

impl Default for HubRules {
    /// A new hub of the original's.
    fn default() -> Self {
        Self {
            mac_entries: 65_536,
            mac_age_ms: 600_000,
            ip_entries: 65_536,
            ip_age_ms: 60_000,
            dhcp_age_ms: 300_000,
            no_ip_table: false,
            only_private_ipv4: true,
            only_link_local_ipv6: true,
            no_ip_parsing: false,
            no_vlan_identity: false,
            no_bpdu_identity: false,
            vlan_type: 0x8100,
            storm_threshold: 32,
            storm_strict: false,
            filters: HubFilters::default(),
            mss_limit: 0,
            access_list_on_arp: false,
            no_check_mac_on_bridge: false,
            privacy_drops_broadcasts: true,
            privacy_drops_arp: true,
            privacy_allows_same_user: false,
            no_default_router_over_ipv6: false,
            station: None,
            no_loop_detection: false,
            dormant_ms: 0,
        }
    }
}

/// What is behind a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PortKind {
    /// A peer that has logged in.
    Client,
    /// A local network.
    Bridge,
    /// Another hub.
    Cascade,
    /// A part of this program, or a program that it serves.
    #[default]
    Program,
}

/// What one port may do, and who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortRules {
    /// What is behind it.
    pub kind: PortKind,
    /// It sees a copy of everything and may send nothing.
    pub monitor: bool,
    /// Folded name, as access lists know it.
    pub user: Arc<str>,
    /// Folded name, empty for none.
    pub group: Arc<str>,
    /// Its connections come by IPv6.
    pub over_ipv6: bool,
    /// What it may do.
    pub policy: PortPolicy,
}

/// The items of a security policy that concern frames (reference: virtual hub, section 2.2). The default allows all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PortPolicy {
    /// No DHCP either way.
    pub dhcp_filter: bool,
    /// May be no DHCP server.
    pub dhcp_no_server: bool,
    /// Only addresses that a DHCP server has allotted.
    pub dhcp_force: bool,
    /// Few stations.
    pub no_bridge: bool,
    /// Few IPv4 addresses.
    pub no_routing: bool,
    /// Stations of others can't be taken over at once.
    pub check_mac: bool,
    /// IPv4 addresses of others can't.
    pub check_ip: bool,
    /// Of broadcasts only ARP, DHCP and ICMPv6.
    pub arp_dhcp_only: bool,
    /// Apart from all other such ports.
    pub privacy_filter: bool,
    /// Accepts no TCP connections over IPv4.
    pub no_server: bool,
    /// Floods without bound.
    pub no_broadcast_limiter: bool,
    /// Stations at most; 0: any number.
    pub max_mac: u32,
    /// IPv4 addresses at most; 0: any number.
    pub max_ip: u32,
    /// Bits a second; 0: any.
    pub max_upload: u64,
    /// Bits a second; 0: any.
    pub max_download: u64,
    /// No router discovery either way.
    pub rs_and_ra_filter: bool,
    /// May be no IPv6 router.
    pub ra_filter: bool,
    /// No DHCPv6 either way.
    pub dhcpv6_filter: bool,
    /// May be no DHCPv6 server.
    pub dhcpv6_no_server: bool,
    /// Few IPv6 addresses.
    pub no_routing_v6: bool,
    /// IPv6 addresses of others can't be taken over at once.
    pub check_ipv6: bool,
    /// Accepts no TCP connections over IPv6.
    pub no_server_v6: bool,
    /// IPv6 addresses at most; 0: any number.
    pub max_ipv6: u32,
    /// No IPv4 and no ARP either way.
    pub filter_ipv4: bool,
    /// No IPv6 either way.
    pub filter_ipv6: bool,
    /// Nothing else either way.
    pub filter_non_ip: bool,
    /// Router advertisements to it name no default router.
    pub no_default_router: bool,
    /// Nor where it came by IPv6.
    pub no_default_router_over_ipv6: bool,
    /// Its frames are in this VLAN, without a tag at the port; 0: in none.
    pub vlan: u16,
}
