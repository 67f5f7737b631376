"""Programs at a hub: what a port of theirs takes, and how they learn that it is gone."""

from typing import Final

from etherloom.model.errors import ErrorCode, Refusal

PORTS_SOCKET: Final = "ports.sock"
# An Ethernet header, and what stock peers take at most.
SHORTEST_FRAME: Final = 14
LONGEST_FRAME: Final = 1_600
USUAL_QUEUE_FRAMES: Final = 1_024
LONGEST_QUEUE_FRAMES: Final = 65_536
_LONGEST_NAME: Final = 63


class PortClosed(Exception):
    """The port is gone: its hub went off line or was deleted, it was disconnected, or the server stops."""


def is_frame(data: bytes) -> bool:
    """True if it has the size of an Ethernet frame."""
    return SHORTEST_FRAME <= len(data) <= LONGEST_FRAME


def check_port(name: str, queue_frames: int) -> None:
    """Raises Refusal (INVALID_PARAMETER) if a program can't be called so or can't have such a queue."""
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise Refusal(
            ErrorCode.INVALID_PARAMETER,
            f"{name!r} can't name a program: 1 to {_LONGEST_NAME} printable characters",
        )
    if not 1 <= queue_frames <= LONGEST_QUEUE_FRAMES:
        raise Refusal(
            ErrorCode.INVALID_PARAMETER,
            f"a port's queue has room for 1 to {LONGEST_QUEUE_FRAMES} frames, not {queue_frames}",
        )
