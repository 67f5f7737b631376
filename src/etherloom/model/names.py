"""Which names hubs and users may have, and how names are compared (reference: administration §3.3)."""

import re
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal

MAXIMUM_NAME_CHARACTERS: Final = 255
_SAFE = re.compile(r"[A-Za-z0-9 ()\-_#%&.]+")
_USER = re.compile(r"[A-Za-z0-9 ()\-_#%&.@]+")
_RESERVED_USERS: Final = frozenset(
    {"administrator", "link", "cascade", "securenat", "localbridge", "local bridge"}
)


def fold(name: str) -> str:
    """Return the form under which names are compared and keyed: names differ only by more than case."""
    return name.casefold()


def check_hub_name(name: str) -> str:
    """Return `name` if it may name a hub. Raises Refusal (INVALID_PARAMETER) saying what is wrong."""
    if not name or len(name) > MAXIMUM_NAME_CHARACTERS or name != name.strip() or name.strip(".") != name:
        raise Refusal(
            ErrorCode.INVALID_PARAMETER,
            f"{name!r} can't name a hub: 1 to 255 characters, no blank or dot at either end",
        )
    if not _SAFE.fullmatch(name):
        raise Refusal(
            ErrorCode.INVALID_PARAMETER,
            f"{name!r} can't name a hub: use letters, digits, blank and ( ) - _ # % & .",
        )
    return name


def check_group_name(name: str) -> str:
    """Return `name` if it may name a group. Raises Refusal (INVALID_PARAMETER) saying what is wrong."""
    if not name or len(name) > MAXIMUM_NAME_CHARACTERS or name != name.strip() or not _SAFE.fullmatch(name):
        raise Refusal(
            ErrorCode.INVALID_PARAMETER,
            f"{name!r} can't name a group: use letters, digits, blank and ( ) - _ # % & .",
        )
    return name


def check_user_name(name: str) -> str:
    """Return `name` if it may name a user. Raises Refusal (INVALID_PARAMETER) saying what is wrong."""
    if name == "*":
        return name
    if not name or len(name) > MAXIMUM_NAME_CHARACTERS or name != name.strip() or not _USER.fullmatch(name):
        raise Refusal(
            ErrorCode.INVALID_PARAMETER,
            f"{name!r} can't name a user: use letters, digits, blank and ( ) - _ # % & . @, or * alone",
        )
    if fold(name) in _RESERVED_USERS or fold(name).startswith("l3sw_"):
        raise Refusal(ErrorCode.INVALID_PARAMETER, f"{name!r} is reserved for the server's own sessions")
    return name
