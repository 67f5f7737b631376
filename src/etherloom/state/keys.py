"""Keys of documents: names, case-folded and percent-encoded, between slashes.

The name as typed stands in the document, so nothing decodes a key.
"""

from typing import Final
from urllib.parse import quote

from etherloom.model.names import fold

SERVER_SETTINGS: Final = "server/settings"
SERVER_IDENTITY: Final = "server/identity"
SERVER_ADMINISTRATOR: Final = "server/administrator"
KEEP_ALIVE: Final = "server/keep-alive"
SYSLOG: Final = "server/syslog"
CLUSTER: Final = "server/cluster"
PROTOCOLS: Final = "server/protocols"
IPSEC: Final = "server/ipsec"
DYNAMIC_DNS: Final = "server/dynamic-dns"
KEPT: Final = "server/kept"
UNDO: Final = "server/undo"
LISTENERS_PREFIX: Final = "listener/"
ETHERIP_PREFIX: Final = "etherip/"
WIREGUARD_PREFIX: Final = "wireguard/"
L3_SWITCHES_PREFIX: Final = "l3switch/"
HOOKS_PREFIX: Final = "hook/"


def encode_name(name: str) -> str:
    """Return `name` as one segment of a key."""
    return quote(fold(name), safe="", errors="surrogatepass")


def listener_key(port: int) -> str:
    return f"{LISTENERS_PREFIX}{port}"


def hub_key(hub: str) -> str:
    """Return the hub's key; `DeletePrefix` of it removes the hub with all that belongs to it."""
    return f"hub/{encode_name(hub)}"


def users_prefix(hub: str) -> str:
    return f"{hub_key(hub)}/user/"


def user_key(hub: str, user: str) -> str:
    """Return the user's key; `DeletePrefix` of it removes the user and their password."""
    return f"{hub_key(hub)}/user/{encode_name(user)}"


def password_key(hub: str, user: str) -> str:
    return f"{user_key(hub, user)}/password"


def administrator_key(hub: str | None = None) -> str:
    """Return the key of a hub's administrator password, or the server's own."""
    return SERVER_ADMINISTRATOR if hub is None else f"{hub_key(hub)}/administrator"


def bridge_key(hub: str, device: str) -> str:
    return f"bridge/{encode_name(hub)}/{encode_name(device)}"


def bridges_prefix(hub: str) -> str:
    return f"bridge/{encode_name(hub)}/"


def groups_prefix(hub: str) -> str:
    return f"{hub_key(hub)}/group/"


def group_key(hub: str, group: str) -> str:
    return f"{groups_prefix(hub)}{encode_name(group)}"


def access_prefix(hub: str) -> str:
    return f"{hub_key(hub)}/access/"


def access_key(hub: str, unique_id: int) -> str:
    return f"{access_prefix(hub)}{unique_id:08x}"


def trusted_prefix(hub: str) -> str:
    return f"{hub_key(hub)}/trusted/"


def trusted_key(hub: str, fingerprint: str) -> str:
    """Return the key of a trusted certificate; `fingerprint` is SHA-256 of its DER in hexadecimal."""
    return f"{trusted_prefix(hub)}{fingerprint}"


def revocations_prefix(hub: str) -> str:
    return f"{hub_key(hub)}/revocation/"


def revocation_key(hub: str, handle: int) -> str:
    return f"{revocations_prefix(hub)}{handle:08x}"


def sources_key(hub: str) -> str:
    return f"{hub_key(hub)}/sources"


def cascades_prefix(hub: str) -> str:
    return f"{hub_key(hub)}/cascade/"


def cascade_key(hub: str, cascade: str) -> str:
    """Return the cascade's key; `DeletePrefix` of it removes the cascade and its secret."""
    return f"{cascades_prefix(hub)}{encode_name(cascade)}"


def cascade_secret_key(hub: str, cascade: str) -> str:
    return f"{cascade_key(hub, cascade)}/secret"


def securenat_key(hub: str) -> str:
    return f"{hub_key(hub)}/securenat"


def hub_log_key(hub: str) -> str:
    return f"{hub_key(hub)}/log"


def radius_key(hub: str) -> str:
    return f"{hub_key(hub)}/radius"


def message_key(hub: str) -> str:
    return f"{hub_key(hub)}/message"


def options_key(hub: str) -> str:
    return f"{hub_key(hub)}/options"


def limits_key(hub: str) -> str:
    """Return the key of what a hub's administrators may do."""
    return f"{hub_key(hub)}/limits"


def l3switch_key(name: str) -> str:
    return f"{L3_SWITCHES_PREFIX}{encode_name(name)}"


def hook_key(name: str) -> str:
    """Return the hook's key; `DeletePrefix` of it removes the hook and its secret."""
    return f"{HOOKS_PREFIX}{encode_name(name)}"


def hook_secret_key(name: str) -> str:
    return f"{hook_key(name)}/secret"


def etherip_key(identifier: str) -> str:
    return f"{ETHERIP_PREFIX}{encode_name(identifier)}"


def wireguard_key(key: str) -> str:
    """Return the key of a WireGuard peer, whose own key is compared to the letter."""
    return f"{WIREGUARD_PREFIX}{quote(key, safe='', errors='surrogatepass')}"
