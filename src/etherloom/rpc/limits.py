"""What a hub's limits forbid its administrators: the one table of it, asked before a call is carried out.

The server's administrator is bound by none of them. Limits that bind everybody (how many users, groups and
access rules there may be, what a rule may say) stand in the services.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.securenat import SecureNat
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import (
    access_list,
    authority,
    cascade,
    group,
    hub,
    log,
    option,
    own,
    securenat,
    session,
    table,
    user,
)
from etherloom.rpc.catalog.call import AnyCall
from etherloom.services.options import limit_of
from etherloom.services.securenats import find_securenat
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot

ALLOWS_LIMITS: Final = "allow_hub_admin_change_option"
KEEPS_SWITCHES: Final = "no_change_log_switch_type"
Applies = Callable[[Snapshot, Any], bool]


def _nat(snapshot: Snapshot, request: securenat.SecureNatOptions) -> SecureNat:
    return find_securenat(snapshot, request.hub)


@dataclass(frozen=True, slots=True)
class Limit:
    """If the limit `name` is set, requests for which `applies` is true are refused; `unless`: if it isn't."""

    name: str
    calls: Sequence[AnyCall]
    applies: Applies = lambda _snapshot, _request: True
    unless: bool = False


LIMITS: Final = (
    Limit("no_change_users", (user.CREATE_USER, user.SET_USER, user.DELETE_USER, own.CHANGE_USER)),
    Limit("no_change_groups", (group.CREATE_GROUP, group.SET_GROUP, group.DELETE_GROUP)),
    Limit(
        "no_change_access_list",
        (access_list.ADD_ACCESS, access_list.DELETE_ACCESS, access_list.SET_ACCESS_LIST),
    ),
    Limit("no_change_access_control_list", (authority.SET_AC_LIST,)),
    Limit("no_change_cert_list", (authority.ADD_CA, authority.DELETE_CA)),
    Limit("no_change_crl_list", (authority.ADD_CRL, authority.DEL_CRL, authority.SET_CRL)),
    Limit(
        "no_cascade",
        (
            cascade.CREATE_LINK,
            cascade.SET_LINK,
            cascade.DELETE_LINK,
            cascade.RENAME_LINK,
            cascade.SET_LINK_ONLINE,
            cascade.SET_LINK_OFFLINE,
        ),
    ),
    Limit(
        "no_securenat",
        (securenat.ENABLE_SECURE_NAT, securenat.DISABLE_SECURE_NAT, securenat.SET_SECURE_NATOPTION),
    ),
    Limit(
        "no_securenat_enablenat", (securenat.SET_SECURE_NATOPTION,), lambda s, r: r.nat and not _nat(s, r).nat
    ),
    Limit(
        "no_securenat_enabledhcp",
        (securenat.SET_SECURE_NATOPTION,),
        lambda s, r: r.dhcp and not _nat(s, r).dhcp,
    ),
    Limit("no_online", (hub.SET_HUB_ONLINE,), lambda _, r: r.online),
    Limit("no_offline", (hub.SET_HUB_ONLINE,), lambda _, r: not r.online),
    Limit("no_change_admin_password", (hub.SET_HUB,), lambda _, r: hub.brings_password(r)),
    Limit("no_change_admin_password", (own.SET_HUB_OPTIONS,), lambda _, r: r.password is not None),
    Limit("no_change_log_config", (log.SET_HUB_LOG,)),
    Limit("no_read_log_file", (log.ENUM_LOG_FILE, log.READ_LOG_FILE)),
    Limit("no_enum_session", (session.ENUM_SESSION,)),
    Limit("no_query_session", (session.GET_SESSION_STATUS, own.GET_SESSION)),
    Limit("no_disconnect_session", (session.DELETE_SESSION,)),
    Limit("no_delete_mactable", (table.DELETE_MAC_TABLE,)),
    Limit("no_delete_iptable", (table.DELETE_IP_TABLE,)),
    Limit("no_change_msg", (option.SET_HUB_MSG,)),
    Limit("deny_hub_admin_change_ext_option", (option.SET_HUB_EXT_OPTIONS,)),
    Limit(ALLOWS_LIMITS, (option.SET_HUB_ADMIN_OPTIONS,), unless=True),
)
_BY_CALL: Final = {
    call.name: tuple(limit for limit in LIMITS if call in limit.calls)
    for call in {call for limit in LIMITS for call in limit.calls}
}


class Limits:
    """The limits of all hubs, as they stand now."""

    def __init__(self, owner: Owner) -> None:
        self._owner: Final = owner

    def check(self, caller: Caller, call: AnyCall, request: Any) -> None:
        """Raises Refusal if a limit of the caller's own hub forbids this request."""
        if caller.is_server_administrator:
            return
        snapshot = self._owner.snapshot
        for limit in _BY_CALL.get(call.name, ()):
            is_set = bool(limit_of(snapshot, caller.hub, limit.name))
            if is_set is not limit.unless and limit.applies(snapshot, request):
                raise Refusal(
                    ErrorCode.NOT_ENOUGH_RIGHT,
                    f"the hub's limit {limit.name} forbids this: ask the server's administrator",
                )
