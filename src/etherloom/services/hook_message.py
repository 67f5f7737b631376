"""An event as others get it: JSON, environment variables, a signature. Pure.

Names and reasons come from peers: whatever isn't printable is replaced, whatever is long is cut.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from etherloom.model.hook import Event

SIGNATURE_HEADER: Final = "Etherloom-Signature"
TIMESTAMP_HEADER: Final = "Etherloom-Timestamp"
_VERSION: Final = 1
_LONGEST_TEXT: Final = 255
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def make_body(event: Event, delivery: str) -> bytes:
    """The JSON object that commands read and webhooks get. `delivery` is the same for each attempt."""
    moment = datetime.fromtimestamp(event.at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    head = {"version": _VERSION, "delivery": delivery, "event": event.kind.value}
    return json.dumps({**head, "time": moment.replace("+00:00", "Z"), **_members(event)}).encode()


def make_environment(event: Event, delivery: str) -> Mapping[str, str]:
    """All that a command finds in its environment."""
    said = {f"EL_{name.upper()}": str(value) for name, value in _members(event).items()}
    return {"PATH": _PATH, "LANG": "C.UTF-8", "EL_EVENT": event.kind.value, "EL_DELIVERY": delivery, **said}


def sign(key: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 over the decimal Unix time, a dot and the body, as the signature header has it."""
    signed = str(timestamp).encode() + b"." + body
    return "sha256=" + hmac.new(key.encode(), signed, sha256).hexdigest()


def _members(event: Event) -> dict[str, str | int | bool]:
    """What the event has, without what is empty."""
    found = {f.name: getattr(event, f.name) for f in fields(event) if f.name not in ("kind", "at_ms")}
    return {
        name: _clean(value) if isinstance(value, str) else value for name, value in found.items() if value
    }


def _clean(text: str) -> str:
    printable = "".join(c if c.isprintable() else "\ufffd" for c in text[:_LONGEST_TEXT])
    return printable.encode("utf-8", "replace").decode()
