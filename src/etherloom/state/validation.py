"""Which records may stand where, and how documents must hang together. Lists all faults, not the first."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from etherloom.model.access_list import AccessRule
from etherloom.model.bridge import LocalBridge
from etherloom.model.cascade import Cascade, CascadeSecret
from etherloom.model.credential import PasswordSecret
from etherloom.model.errors import ErrorCode
from etherloom.model.group import Group
from etherloom.model.hook import Hook, HookSecret
from etherloom.model.hub import Hub
from etherloom.model.l3switch import L3Switch
from etherloom.model.listener import Listener
from etherloom.model.protocol import EtherIpClient, WireguardKey
from etherloom.model.user import User
from etherloom.state import keys
from etherloom.state.documents import Record
from etherloom.state.faults import Fault
from etherloom.state.hook_faults import HOOK_CHECKS
from etherloom.state.hub_faults import HUB_CHECKS
from etherloom.state.server_faults import SERVER_CHECKS
from etherloom.state.snapshot import Snapshot

CHECKS: Final[Mapping[type, Callable[[Any], Iterator[Fault]]]] = {
    **SERVER_CHECKS,
    **HUB_CHECKS,
    **HOOK_CHECKS,
}


def find_record_faults(key: str, record: Record) -> Iterator[Fault]:
    """Yield what is wrong with a record by itself and with the key it is put under."""
    if _own_key(key, record) != key:
        yield Fault(ErrorCode.INVALID_PARAMETER, f"the name in the document doesn't belong to the key {key}")
    yield from CHECKS[type(record)](record)


def find_relation_faults(key: str, snapshot: Snapshot) -> Iterator[Fault]:
    """Yield what the document under `key` misses in the whole, once all operations are done."""
    record = snapshot.get(key)
    path = key.split("/")
    if isinstance(record, HookSecret) and snapshot.get("/".join(path[:2])) is None:
        yield Fault(ErrorCode.OBJECT_NOT_FOUND, f"there is no hook {path[1]!r}")
    if record is None or path[0] != "hub":
        return
    hub = "/".join(path[:2])
    if len(path) > 2 and snapshot.get(hub) is None:
        yield Fault(ErrorCode.HUB_NOT_FOUND, f"there is no hub {path[1]!r}: create it first")
    elif isinstance(record, PasswordSecret) and snapshot.get("/".join(path[:4])) is None:
        yield Fault(ErrorCode.OBJECT_NOT_FOUND, f"there is no user {path[3]!r} in hub {path[1]!r}")
    elif isinstance(record, CascadeSecret) and snapshot.get("/".join(path[:4])) is None:
        yield Fault(ErrorCode.OBJECT_NOT_FOUND, f"there is no cascade {path[3]!r} in hub {path[1]!r}")
    elif isinstance(record, User) and record.group and not _has_group(snapshot, hub, record.group):
        yield Fault(ErrorCode.GROUP_NOT_FOUND, f"there is no group {record.group!r} in hub {path[1]!r}")


def _has_group(snapshot: Snapshot, hub_key: str, group: str) -> bool:
    return snapshot.find(f"{hub_key}/group/{keys.encode_name(group)}", Group) is not None


def _own_key(key: str, record: Record) -> str:
    match record:
        case Hub():
            return keys.hub_key(record.name)
        case User() | Group() | Cascade():
            return f"{key.rpartition('/')[0]}/{keys.encode_name(record.name)}"
        case AccessRule():
            return f"{key.rpartition('/')[0]}/{record.unique_id:08x}"
        case L3Switch():
            return keys.l3switch_key(record.name)
        case EtherIpClient():
            return keys.etherip_key(record.id)
        case WireguardKey():
            return keys.wireguard_key(record.key)
        case Hook():
            return keys.hook_key(record.name)
        case Listener():
            return keys.listener_key(record.port)
        case LocalBridge():
            return keys.bridge_key(record.hub, record.device)
        case _:
            return key
