"""Calls about licenses, which nobody needs: they are always refused."""

from dataclasses import dataclass
from typing import Final

from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.call import Call, Who
from etherloom.rpc.catalog.server import Echo


@dataclass(frozen=True, slots=True)
class LicenseRow:
    """One license key."""

    id: int = element.number("Id")
    license_key: str = element.text("LicenseKey", 41)
    license_id: str = element.text("LicenseId", 33)
    license_name: str = element.text("LicenseName")
    expires: int = element.time("Expires")
    status: int = element.number("Status")
    product_id: int = element.number("ProductId")
    system_id: int = element.long("SystemId")
    serial_id: int = element.number("SerialId")


@dataclass(frozen=True, slots=True)
class LicenseTable:
    """License keys."""

    count: int = element.number("NumItem")
    rows: tuple[LicenseRow, ...] = element.rows(LicenseRow, "LicenseKeyList")


@dataclass(frozen=True, slots=True)
class LicenseStatus:
    """What licenses allow."""

    edition_id: int = element.number("EditionId")
    edition_str: str = element.text("EditionStr")
    system_id: int = element.long("SystemId")
    system_expires: int = element.time("SystemExpires")
    num_client_connect_license: int = element.number("NumClientConnectLicense")
    num_bridge_connect_license: int = element.number("NumBridgeConnectLicense")
    need_subscription: bool = element.flag("NeedSubscription")
    allow_enterprise_function: bool = element.flag("AllowEnterpriseFunction")
    subscription_expires: int = element.time("SubscriptionExpires")
    is_subscription_expired: bool = element.flag("IsSubscriptionExpired")
    num_user_creation_license: int = element.number("NumUserCreationLicense")
    release_date: int = element.time("ReleaseDate")


ADD_LICENSE_KEY: Final = Call("AddLicenseKey", Echo, Echo, Who.ANY, "Always refused.")
DEL_LICENSE_KEY: Final = Call("DelLicenseKey", Echo, Echo, Who.ANY, "Always refused.")
ENUM_LICENSE_KEY: Final = Call("EnumLicenseKey", Empty, LicenseTable, Who.ANY, "Always refused.")
GET_LICENSE_STATUS: Final = Call(
    "GetLicenseStatus", Empty, LicenseStatus, Who.ANY, "Always refused, so that stock tools show no licenses."
)

CALLS: Final = (
    ADD_LICENSE_KEY,
    DEL_LICENSE_KEY,
    ENUM_LICENSE_KEY,
    GET_LICENSE_STATUS,
)
