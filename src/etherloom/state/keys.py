"""Keys of documents: names, case-folded and percent-encoded, between slashes.

The name as typed stands in the document, so nothing decodes a key.
"""

from typing import Final
from urllib.parse import quote

from etherloom.model.names import fold

SERVER_SETTINGS: Final = "server/settings"
SERVER_IDENTITY: Final = "server/identity"
SERVER_ADMINISTRATOR: Final = "server/administrator"


def encode_name(name: str) -> str:
    """Return `name` as one segment of a key."""
    return quote(fold(name), safe="", errors="surrogatepass")


def listener_key(port: int) -> str:
    return f"listener/{port}"


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
