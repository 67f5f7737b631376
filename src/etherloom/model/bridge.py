"""Local bridges: a hub joined to a device of this machine."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LocalBridge:
    """`device` is a TAP adapter that the server creates (`tap` true) or an existing network interface."""

    hub: str
    device: str
    tap: bool = True
    online: bool = True
