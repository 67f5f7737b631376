//! Why a frame was not delivered. One list for a port's whole way, so that counters have one set of names.

/// A named reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum DropReason {
    /// A block without bytes.
    Empty,
    /// A block that is longer than a frame may be.
    TooLong,
    /// A body that is not a complete zlib stream, in a compressed session.
    BadCompression,
    /// A body that inflates to more than a frame may have.
    InflatesTooLong,
    /// Shorter than an Ethernet header.
    TooShort,
    /// Ends inside its VLAN tag.
    CutTag,
    /// Ends inside a header that it announces.
    CutPacket,
    /// Its headers contradict themselves.
    BadPacket,
    /// The source is no station's address, or equals the destination.
    InvalidSource,
    /// The hub knows as many stations as it may.
    MacTableFull,
    /// The destination is where the frame came from.
    SamePort,
    /// More was waiting for the target than its queue holds.
    QueueFull,
    /// What waits in all sessions together had no more room for this one.
    OverBudget,
    /// The target was gone, or had no connection that may carry frames.
    NoLink,
    /// The frame could not be compressed for the target.
    CompressionFailed,
    /// The device did not take it.
    DeviceRefused,
    /// The worker that serves the target had too much to do.
    WorkerQueueFull,
    /// The device or the peer said something impossible about a super-frame.
    BadOffload,
    /// Its port is not, or no longer, at the hub.
    NotAttached,
    /// The port may only listen.
    MonitorPort,
    /// The port is silenced because frames come back by it.
    Loop,
    /// More than the port may send.
    UploadLimit,
    /// More than the target may receive.
    DownloadLimit,
    /// An answer to a TCP connection from a port that may be no server.
    NoServer,
    /// The same over IPv6.
    NoServerV6,
    /// A broadcast that is neither ARP nor DHCP nor ICMPv6.
    ArpDhcpOnly,
    /// IPv4 or ARP where none may be.
    FilterIpv4,
    /// IPv6 where none may be.
    FilterIpv6,
    /// Something else where only IP may be.
    FilterNonIp,
    /// DHCP where none may be.
    DhcpFilter,
    /// DHCPv6 where none may be.
    Dhcpv6Filter,
    /// From a DHCP server where none may be.
    DhcpNoServer,
    /// From a DHCPv6 server where none may be.
    Dhcpv6NoServer,
    /// Router discovery where none may be.
    RsAndRaFilter,
    /// A router advertisement from a port that may be no router.
    RaFilter,
    /// Of a kind that the hub carries for nobody.
    HubFilter,
    /// A rule of the access list.
    AccessList,
    /// Lost on purpose, by a rule of the access list.
    Loss,
    /// Answered with a redirection, by a rule of the access list.
    Redirected,
    /// From or to the hub's own address.
    HubStation,
    /// One station more than the port may have.
    MaxMac,
    /// The same, because it may be no bridge.
    NoBridge,
    /// The source is another port's station.
    CheckMac,
    /// One IPv4 address more than the port may have.
    MaxIp,
    /// The same, because it may be no router.
    NoRouting,
    /// The source is another port's IPv4 address.
    CheckIp,
    /// The source is an address that no DHCP server has allotted.
    DhcpForce,
    /// One IPv6 address more than the port may have.
    MaxIpv6,
    /// The same, because it may be no router.
    NoRoutingV6,
    /// The source is another port's IPv6 address.
    CheckIpv6,
    /// Too many floods.
    Storm,
    /// Between ports that are apart.
    PrivacyFilter,
    /// Not of the target's VLAN.
    OtherVlan,
    /// A flood, and the target has not sent anything for long.
    Dormant,
}

impl DropReason {
    /// Every reason, in the order of counters.
    pub const ALL: [Self; 54] = [
        Self::Empty,
        Self::TooLong,
        Self::BadCompression,
        Self::InflatesTooLong,
        Self::TooShort,
        Self::CutTag,
        Self::CutPacket,
        Self::BadPacket,
        Self::InvalidSource,
        Self::MacTableFull,
        Self::SamePort,
        Self::QueueFull,
        Self::OverBudget,
        Self::NoLink,
        Self::CompressionFailed,
        Self::DeviceRefused,
        Self::WorkerQueueFull,
        Self::BadOffload,
        Self::NotAttached,
        Self::MonitorPort,
        Self::Loop,
        Self::UploadLimit,
        Self::DownloadLimit,
        Self::NoServer,
        Self::NoServerV6,
        Self::ArpDhcpOnly,
        Self::FilterIpv4,
        Self::FilterIpv6,
        Self::FilterNonIp,
        Self::DhcpFilter,
        Self::Dhcpv6Filter,
        Self::DhcpNoServer,
        Self::Dhcpv6NoServer,
        Self::RsAndRaFilter,
        Self::RaFilter,
        Self::HubFilter,
        Self::AccessList,
        Self::Loss,
        Self::Redirected,
        Self::HubStation,
        Self::MaxMac,
        Self::NoBridge,
        Self::CheckMac,
        Self::MaxIp,
        Self::NoRouting,
        Self::CheckIp,
        Self::DhcpForce,
        Self::MaxIpv6,
        Self::NoRoutingV6,
        Self::CheckIpv6,
        Self::Storm,
        Self::PrivacyFilter,
        Self::OtherVlan,
        Self::Dormant,
    ];

    /// Place in [`ALL`](Self::ALL).
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name in snapshots, logs and metrics; a contract with whoever reads them.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::BadCompression => "bad_compression",
            Self::InflatesTooLong => "inflates_too_long",
            Self::TooShort => "too_short",
            Self::CutTag => "cut_tag",
            Self::CutPacket => "cut_packet",
            Self::BadPacket => "bad_packet",
            Self::InvalidSource => "invalid_source",
            Self::MacTableFull => "mac_table_full",
            Self::SamePort => "same_port",
            Self::QueueFull => "queue_full",
            Self::OverBudget => "over_budget",
            Self::NoLink => "no_link",
            Self::CompressionFailed => "compression_failed",
            Self::DeviceRefused => "device_refused",
            Self::WorkerQueueFull => "worker_queue_full",
            Self::BadOffload => "bad_offload",
            Self::NotAttached => "not_attached",
            Self::MonitorPort => "monitor_port",
            Self::Loop => "loop",
            Self::UploadLimit => "upload_limit",
            Self::DownloadLimit => "download_limit",
            Self::NoServer => "no_server",
            Self::NoServerV6 => "no_server_v6",
            Self::ArpDhcpOnly => "arp_dhcp_only",
            Self::FilterIpv4 => "filter_ipv4",
            Self::FilterIpv6 => "filter_ipv6",
            Self::FilterNonIp => "filter_non_ip",
            Self::DhcpFilter => "dhcp_filter",
            Self::Dhcpv6Filter => "dhcpv6_filter",
            Self::DhcpNoServer => "dhcp_no_server",
            Self::Dhcpv6NoServer => "dhcpv6_no_server",
            Self::RsAndRaFilter => "rs_and_ra_filter",
            Self::RaFilter => "ra_filter",
            Self::HubFilter => "hub_filter",
            Self::AccessList => "access_list",
            Self::Loss => "loss",
            Self::Redirected => "redirected",
            Self::HubStation => "hub_station",
            Self::MaxMac => "max_mac",
            Self::NoBridge => "no_bridge",
            Self::CheckMac => "check_mac",
            Self::MaxIp => "max_ip",
            Self::NoRouting => "no_routing",
            Self::CheckIp => "check_ip",
            Self::DhcpForce => "dhcp_force",
            Self::MaxIpv6 => "max_ipv6",
            Self::NoRoutingV6 => "no_routing_v6",
            Self::CheckIpv6 => "check_ipv6",
            Self::Storm => "storm",
            Self::PrivacyFilter => "privacy_filter",
            Self::OtherVlan => "other_vlan",
            Self::Dormant => "dormant",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DropReason;
    use std::collections::HashSet;

    #[test]
    fn every_reason_has_its_place_and_its_name() {
        for (index, reason) in DropReason::ALL.into_iter().enumerate() {
            assert_eq!(reason.index(), index);
        }
        let names: HashSet<_> = DropReason::ALL.into_iter().map(DropReason::name).collect();
        assert_eq!(names.len(), DropReason::ALL.len());
    }

    #[test]
    fn every_reason_is_explained() {
        let page = include_str!("../../../docs/reference/drops.md");
        for reason in DropReason::ALL {
            let row = format!("| `{}` |", reason.name());
            assert_eq!(page.matches(&row).count(), 1, "{row}");
        }
    }
}
