"""The options of a hub and the limits of its administrators, described once: names and defaults.

What they do is the business of those who obey them.
"""

from dataclasses import dataclass
from typing import Final

DEFAULT_VLAN_TYPE: Final = 0x8100


@dataclass(frozen=True, slots=True)
class HubOption:
    """One option: its name in calls and its default. `file_name`: its name in configuration files.

    A number is `wide`, the others are on or off. The `rare` ones stand in
    configuration files only where somebody changed them.
    """

    name: str
    default: int = 0
    file_name: str = ""
    wide: bool = False
    rare: bool = False

    @property
    def item(self) -> str:
        return self.file_name or self.name


def _number(name: str, default: int = 0, *, rare: bool = False) -> HubOption:
    return HubOption(name, default, wide=True, rare=rare)


HUB_OPTIONS: Final = (
    HubOption("NoAddressPollingIPv4", file_name="NoArpPolling"),
    HubOption("NoAddressPollingIPv6", file_name="NoIPv6AddrPolling"),
    HubOption("NoIpTable"),
    HubOption("NoMacAddressLog", 1),
    HubOption("ManageOnlyPrivateIP", 1),
    HubOption("ManageOnlyLocalUnicastIPv6", 1),
    HubOption("DisableIPParsing"),
    HubOption("YieldAfterStorePacket"),
    HubOption("NoSpinLockForPacketDelay"),
    _number("BroadcastStormDetectionThreshold"),
    _number("ClientMinimumRequiredBuild"),
    HubOption("FilterPPPoE"),
    HubOption("FilterOSPF"),
    HubOption("FilterIPv4"),
    HubOption("FilterIPv6"),
    HubOption("FilterNonIP"),
    HubOption("NoIPv4PacketLog"),
    HubOption("NoIPv6PacketLog"),
    HubOption("FilterBPDU"),
    HubOption("NoIPv6DefaultRouterInRAWhenIPv6", 1),
    HubOption("NoLookBPDUBridgeId"),
    HubOption("NoManageVlanId"),
    _number("VlanTypeId", DEFAULT_VLAN_TYPE),
    HubOption("FixForDLinkBPDU", rare=True),
    _number("RequiredClientId"),
    _number("AdjustTcpMssValue"),
    HubOption("DisableAdjustTcpMss"),
    HubOption("NoDhcpPacketLogOutsideHub", 1),
    HubOption("DisableHttpParsing"),
    HubOption("DisableUdpAcceleration"),
    HubOption("DisableUdpFilterForLocalBridgeNic"),
    HubOption("ApplyIPv4AccessListOnArpPacket"),
    HubOption("RemoveDefGwOnDhcpForLocalhost", 1),
    _number("SecureNAT_MaxTcpSessionsPerIp"),
    _number("SecureNAT_MaxTcpSynSentPerIp"),
    _number("SecureNAT_MaxUdpSessionsPerIp"),
    _number("SecureNAT_MaxDnsSessionsPerIp"),
    _number("SecureNAT_MaxIcmpSessionsPerIp"),
    _number("AccessListIncludeFileCacheLifetime", 30),
    HubOption("DisableKernelModeSecureNAT"),
    HubOption("DisableIpRawModeSecureNAT"),
    HubOption("DisableUserModeSecureNAT"),
    HubOption("DisableCheckMacOnLocalBridge"),
    HubOption("DisableCorrectIpOffloadChecksum"),
    HubOption("BroadcastLimiterStrictMode"),
    _number("MaxLoggedPacketsPerMinute"),
    HubOption("DoNotSaveHeavySecurityLogs"),
    HubOption("DropBroadcastsInPrivacyFilterMode", 1),
    HubOption("DropArpInPrivacyFilterMode", 1),
    HubOption("SuppressClientUpdateNotification"),
    _number("FloodingSendQueueBufferQuota", 33_554_432),
    HubOption("AssignVLanIdByRadiusAttribute"),
    HubOption("DenyAllRadiusLoginWithNoVlanAssign"),
    HubOption("SecureNAT_RandomizeAssignIp"),
    _number("DetectDormantSessionInterval"),
    HubOption("NoPhysicalIPOnPacketLog"),
    HubOption("UseHubNameAsDhcpUserClassOption"),
    HubOption("UseHubNameAsRadiusNasId"),
    HubOption("AllowSameUserInPrivacyFilterMode", rare=True),
    HubOption("AllowEapMatchUserByCert", rare=True),
    _number("DhcpDiscoverTimeoutMs", 5_000, rare=True),
)
HUB_LIMITS: Final = (
    "allow_hub_admin_change_option",
    "max_users",
    "max_multilogins_per_user",
    "max_groups",
    "max_accesslists",
    "max_sessions_client_bridge_apply",
    "max_sessions",
    "max_sessions_client",
    "max_sessions_bridge",
    "max_bitrates_download",
    "max_bitrates_upload",
    "deny_empty_password",
    "deny_bridge",
    "deny_routing",
    "deny_qos",
    "deny_change_user_password",
    "no_change_users",
    "no_change_groups",
    "no_securenat",
    "no_securenat_enablenat",
    "no_securenat_enabledhcp",
    "no_cascade",
    "no_online",
    "no_offline",
    "no_change_log_config",
    "no_disconnect_session",
    "no_delete_iptable",
    "no_delete_mactable",
    "no_enum_session",
    "no_query_session",
    "no_change_admin_password",
    "no_change_log_switch_type",
    "no_change_access_list",
    "no_change_access_control_list",
    "no_change_cert_list",
    "no_change_crl_list",
    "no_read_log_file",
    "deny_hub_admin_change_ext_option",
    "no_delay_jitter_packet_loss",
    "no_change_msg",
    "no_access_list_include_file",
)
