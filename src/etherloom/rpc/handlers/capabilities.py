"""What this server can do, under the original's names: stock tools hide what isn't there.

Grows with the rooms that bring the things. A missing name means 0 to every reader.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from etherloom.model.access_list import MAXIMUM_RULES
from etherloom.model.l3switch import MAXIMUM_INTERFACES, MAXIMUM_ROUTES, MAXIMUM_SWITCHES
from etherloom.services.groups import MAXIMUM_GROUPS_PER_HUB
from etherloom.services.hubs import MAXIMUM_HUBS
from etherloom.services.users import MAXIMUM_USERS_PER_HUB

_UNLIMITED: Final = 0xFFFF_FFFF
_LARGEST_FRAME: Final = 1_600
_MAC_ENTRIES: Final = 65_536
_IP_ENTRIES: Final = 65_536

_NUMBERS: Final = {
    "i_max_packet_size": _LARGEST_FRAME,
    "i_max_hubs": MAXIMUM_HUBS,
    "i_max_sessions": _UNLIMITED,
    "i_max_user_creation": _UNLIMITED,
    "i_max_clients": _UNLIMITED,
    "i_max_bridges": _UNLIMITED,
    "i_max_users_per_hub": MAXIMUM_USERS_PER_HUB,
    "i_max_groups_per_hub": MAXIMUM_GROUPS_PER_HUB,
    "i_max_access_lists": MAXIMUM_RULES,
    "i_max_mac_tables": _MAC_ENTRIES,
    "i_max_ip_tables": _IP_ENTRIES,
    "i_max_secnat_tables": 0,
    "i_max_l3_sw": MAXIMUM_SWITCHES,
    "i_max_l3_if": MAXIMUM_INTERFACES,
    "i_max_l3_table": MAXIMUM_ROUTES,
}
# What can be configured, whether it is acted on yet or not: docs/reference/compatibility.md says which.
_SERVED: Final = (
    "b_support_limit_multilogin",
    "b_standalone",
    "b_support_config_hub",
    "b_vpn_client_connect",
    "b_support_hide_hub",
    "b_support_policy_ver_3",
    "b_vpn3",
    "b_vpn4",
    "b_support_securenat",
    "b_suppport_push_route",
    "b_suppport_push_route_config",
    "b_support_cascade",
    "b_support_radius",
    "b_support_cascade_cert",
    "b_support_config_log",
    "b_support_hub_admin_option",
    "b_support_cascade_client_cert",
    "b_support_crl",
    "b_support_ac",
    "b_support_rename_cascade",
    "b_support_check_mac",
    "b_support_check_tcp_state",
    "b_support_radius_retry_interval_and_several_servers",
    "b_support_hub_ext_options",
    "b_support_ipv6_acl",
    "b_support_ex_acl",
    "b_support_redirect_url_acl",
    "b_support_acl_group",
    "b_support_ipv6_ac",
    "b_support_msg",
    "b_support_config_rw",
    "b_support_syslog",
    "b_support_ipsec",
    "b_support_sstp",
    "b_support_openvpn",
    "b_support_ddns",
    "b_support_ddns_proxy",
    "b_support_special_listener",
    "b_cluster_hub_type_fixed",
    "b_local_bridge",
    "b_tap_supported",
    "b_support_layer3",
    "b_support_read_log",
    "b_support_udp_acceleration",
    "b_support_azure",
)
_NOT_SERVED: Final = (
    "b_support_qos",
    "b_must_install_pcap",
    "b_support_autodelete",
    "b_support_cluster_admin",
    "b_is_softether",
    "b_support_cluster",
    "b_is_in_vm",
    "b_support_vlan",
    "b_support_eth_vlan",
    "b_support_aes_ni",
)

CAPABILITIES: Final[Mapping[str, int]] = MappingProxyType(
    {**_NUMBERS, **dict.fromkeys(_SERVED, 1), **dict.fromkeys(_NOT_SERVED, 0)}
)
