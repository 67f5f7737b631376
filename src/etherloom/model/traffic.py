"""Totals of frames and bytes between sessions and their hubs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Traffic:
    """ "received" is what came from the peers into the hub, "sent" what went to them."""

    received_broadcast_bytes: int = 0
    received_broadcast_frames: int = 0
    received_unicast_bytes: int = 0
    received_unicast_frames: int = 0
    sent_broadcast_bytes: int = 0
    sent_broadcast_frames: int = 0
    sent_unicast_bytes: int = 0
    sent_unicast_frames: int = 0

    def __add__(self, other: "Traffic") -> "Traffic":
        return Traffic(
            self.received_broadcast_bytes + other.received_broadcast_bytes,
            self.received_broadcast_frames + other.received_broadcast_frames,
            self.received_unicast_bytes + other.received_unicast_bytes,
            self.received_unicast_frames + other.received_unicast_frames,
            self.sent_broadcast_bytes + other.sent_broadcast_bytes,
            self.sent_broadcast_frames + other.sent_broadcast_frames,
            self.sent_unicast_bytes + other.sent_unicast_bytes,
            self.sent_unicast_frames + other.sent_unicast_frames,
        )
