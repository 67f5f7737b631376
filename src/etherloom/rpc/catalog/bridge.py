"""Calls about local bridges: hubs joined to devices of this machine."""

from dataclasses import dataclass
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.call import Call, Who
from etherloom.rpc.catalog.server import Echo


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One network adapter."""

    device: str = element.text("DeviceName", 511)
    description: str = element.unicode("NetworkConnectionName", 511)


@dataclass(frozen=True, slots=True)
class DeviceTable:
    """The network adapters of the machine."""

    count: int = element.number("NumItem")
    rows: tuple[DeviceRow, ...] = element.rows(DeviceRow, "EthList")


@dataclass(frozen=True, slots=True)
class LocalBridge:
    """A hub joined to a device; with `tap` to an adapter that the server makes."""

    device: str = element.text("DeviceName", 511)
    hub: str = element.text("HubNameLB")
    tap: bool = element.flag("TapMode")


@dataclass(frozen=True, slots=True)
class LocalBridgeRow:
    """One bridge. `online`: it is wanted and its hub is there; `active`: its device is open."""

    device: str = element.text("DeviceName", 511)
    hub: str = element.text("HubNameLB")
    online: bool = element.flag("Online")
    active: bool = element.flag("Active")
    tap: bool = element.flag("TapMode")


@dataclass(frozen=True, slots=True)
class LocalBridgeTable:
    """All local bridges."""

    count: int = element.number("NumItem")
    rows: tuple[LocalBridgeRow, ...] = element.rows(LocalBridgeRow, "LocalBridgeList")


@dataclass(frozen=True, slots=True)
class BridgeSupport:
    """Whether local bridges are possible here."""

    supported: bool = element.flag("IsBridgeSupportedOs")
    needs_driver: bool = element.flag("IsWinPcapNeeded")


@dataclass(frozen=True, slots=True)
class VlanDriverRow:
    """One adapter."""

    device: str = element.text("DeviceName", 511)
    guid: str = element.text("Guid", 511)
    device_instance_id: str = element.text("DeviceInstanceId", 511)
    driver_name: str = element.text("DriverName", 511)
    driver_type: str = element.text("DriverType", 511)
    support: bool = element.flag("Support")
    enabled: bool = element.flag("Enabled")


@dataclass(frozen=True, slots=True)
class VlanDriverTable:
    """Network drivers that hide VLAN tags (Windows)."""

    rows: tuple[VlanDriverRow, ...] = element.rows(VlanDriverRow, "Devices")


def check_bridge(request: LocalBridge) -> None:
    """Raises Refusal unless both ends are named."""
    if not request.device or not request.hub:
        raise Refusal(ErrorCode.INVALID_PARAMETER, "name the device and the hub")


ENUM_ETHERNET: Final = Call(
    "EnumEthernet", Empty, DeviceTable, Who.SERVER, "The network adapters of the machine."
)
ADD_LOCAL_BRIDGE: Final = Call(
    "AddLocalBridge",
    LocalBridge,
    LocalBridge,
    Who.SERVER,
    "Joins a hub to a device.",
    changes=True,
    check=check_bridge,
)
DELETE_LOCAL_BRIDGE: Final = Call(
    "DeleteLocalBridge", LocalBridge, LocalBridge, Who.SERVER, "Takes a hub off a device.", changes=True
)
ENUM_LOCAL_BRIDGE: Final = Call("EnumLocalBridge", Empty, LocalBridgeTable, Who.ANY, "All local bridges.")
GET_BRIDGE_SUPPORT: Final = Call(
    "GetBridgeSupport", Empty, BridgeSupport, Who.ANY, "Whether local bridges are possible here."
)
ENUM_ETHERNET_VLAN: Final = Call("EnumEthVLan", Empty, VlanDriverTable, Who.SERVER, "Not on this platform.")
SET_ENABLE_ETHERNET_VLAN: Final = Call(
    "SetEnableEthVLan", Echo, Echo, Who.SERVER, "Not on this platform.", changes=True
)

CALLS: Final = (
    ENUM_ETHERNET,
    ADD_LOCAL_BRIDGE,
    DELETE_LOCAL_BRIDGE,
    ENUM_LOCAL_BRIDGE,
    GET_BRIDGE_SUPPORT,
    ENUM_ETHERNET_VLAN,
    SET_ENABLE_ETHERNET_VLAN,
)
