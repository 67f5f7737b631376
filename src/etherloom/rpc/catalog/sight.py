"""How a session's port works: batches and delays. Records that calls of our own share."""

from dataclasses import dataclass

from etherloom.rpc.catalog import element


@dataclass(frozen=True, slots=True)
class Magnitude:
    """One bucket of a figure: `count` values were less than `below` and not less than half of it.

    Figures: `queue_delay_us`, microseconds from a batch's first frame until the socket had taken all of it;
    `sent_batch`, packets that were ready for one write; `received_batch`, packets that one read brought, or
    one turn at a device. A super-frame is one packet.
    """

    figure: str = element.text("Figure")
    below: int = element.long("Below")
    count: int = element.long("Count")


@dataclass(frozen=True, slots=True)
class PortWork:
    """What a port cost: system calls at all connections or at the device, and the packets they moved.

    A super-frame is one packet.
    """

    writes: int = element.long("Writes")
    reads: int = element.long("Reads")
    packets_sent: int = element.long("PacketsSent")
    packets_received: int = element.long("PacketsReceived")
