"""The compiled engine (rust/python). Numbers are identifiers handed out by the engine and never reused.

Every call returns at once and is safe from any thread. Unknown identifiers raise KeyError, refusals by the
operating system OSError, wrong arguments ValueError. Errors of a running object are state, not exceptions.
"""

from collections.abc import Sequence
from typing import Self, final

from etherloom.engine.snapshots import (
    AccelerationArguments,
    ConnectionFacts,
    HubEventRow,
    HubRulesArguments,
    IpEntry,
    LinkSettingsArguments,
    ListenerLimitsArguments,
    ListenerSnapshot,
    MacEntry,
    PacketLogArguments,
    PacketLogSnapshot,
    PortRulesArguments,
    SessionRulesArguments,
    SessionSnapshot,
    TraceArguments,
    TraceLine,
    TraceSnapshot,
)

__all__ = ["Engine"]

@final
class Engine:
    """Worker threads, sockets, TLS, sessions, hubs and devices."""

    def __new__(cls, *, workers: int = 0, queue_budget_bytes: int = 0) -> Self:
        """Start the threads; 0 means one worker a core, and the usual memory for frames that wait."""

    def set_congestion(self, name: str) -> None:
        """Congestion control of links from now on: "auto", or a name that the system knows and allows."""

    def wake_descriptor(self) -> int:
        """A descriptor that is readable while drain has something to return."""

    def drain(self, maximum: int) -> list[tuple[int, int, int]]:
        """Return (subject, identifier, flags) of what changed; see etherloom.engine.events."""

    def take_log(self) -> tuple[list[tuple[str, str, str]], int]:
        """Records (level, module, message) since the last call, and how many did not fit."""

    def yield_to_frames(self) -> None:
        """Lower the calling thread's priority, and that of the threads it starts, for good."""

    def stop(self, deadline_ms: int) -> bool:
        """Close everything politely, join the threads; False if the deadline passed first."""

    def set_identity(
        self,
        chain: Sequence[bytes],
        private_key: bytes,
        ciphers: Sequence[str] = ...,
        tls13_only: bool = False,
    ) -> None:
        """Certificate chain (DER, leaf first) and key (PKCS#8 DER) for connections accepted from now on.

        `ciphers` are the only ones that they may use; none means all, the fastest first."""

    def retain_identity(self, sources: Sequence[str]) -> None:
        """Go on showing what is shown now to connections from these addresses, until they are released.

        One that has been promised something older keeps that."""

    def release_identity(self, source: str) -> None:
        """Show this address what everybody is shown."""

    def open_listener(self, address: str, port: int, limits: ListenerLimitsArguments) -> int: ...
    def listener_port(self, listener: int) -> int: ...
    def listener_snapshot(self, listener: int) -> ListenerSnapshot: ...
    def close_listener(self, listener: int) -> None: ...
    def connect(self, address: str, port: int, server_name: str, deadline_ms: int) -> int:
        """Start TCP and TLS towards a server; ESTABLISHED or CLOSED follows as an event."""

    def facts(self, connection: int) -> ConnectionFacts: ...
    def pull(self, connection: int, maximum: int) -> None:
        """Ask for up to `maximum` bytes; READABLE follows when there are some, or the stream ended."""

    def take(self, connection: int) -> tuple[bytes, str | None]:
        """What the pull brought, and why the connection is over (None while it lives, "" for a clean end)."""

    def send(self, connection: int, data: bytes) -> None: ...
    def set_deadline(self, connection: int, milliseconds: int) -> None:
        """Close the connection when this much time has passed from now; 0 takes the deadline back."""

    def close(self, connection: int) -> None:
        """Send what was queued, then close politely. No event follows; the identifier is gone."""

    def splice(self, connection: int, replay: bytes) -> int:
        """Hand the plain stream over as one end of a socket pair: `replay` comes first. The caller owns the
        returned descriptor; the connection's identifier is gone."""

    def open_hub(self, rules: HubRulesArguments) -> int: ...
    def set_hub_rules(self, hub: int, rules: HubRulesArguments) -> None: ...
    def set_access_list(
        self, hub: int, records: bytes, names: Sequence[str], lists: Sequence[Sequence[str]]
    ) -> None:
        """Replace the rules for the frames of a hub, from the next frame on; see engine.access_records."""

    def close_hub(self, hub: int) -> None:
        """Ends all its sessions."""

    def hub_events(self, hub: int) -> tuple[list[HubEventRow], int]:
        """What the hub has to tell people since the last call, and how much of that was lost."""

    def mac_table(self, hub: int) -> list[MacEntry]: ...
    def mac_count(self, hub: int) -> int: ...
    def delete_mac(self, hub: int, address: bytes, vlan: int) -> bool: ...
    def ip_table(self, hub: int) -> list[IpEntry]: ...
    def ip_count(self, hub: int) -> int: ...
    def delete_ip(self, hub: int, address: str, vlan: int) -> bool: ...
    def open_session(self, hub: int, rules: SessionRulesArguments, port: PortRulesArguments) -> int: ...
    def set_port_rules(self, hub: int, session: int, port: PortRulesArguments) -> None:
        """Other rights for the port of a session, from the next frame on."""

    def promote(
        self, connection: int, session: int, farewell: bytes, leftover: bytes, link: LinkSettingsArguments
    ) -> None:
        """Send `farewell` by TLS, switch to blocks (raw where agreed) and plug the link into the session.

        `leftover` are bytes that the peer sent behind its last PACK, already pulled. The connection's
        identifier stays and names the link."""

    def open_datagrams(self, address: str, first: int, last: int) -> int:
        """Bind a UDP socket to the next free port of the range, else to any; 0 means any. Raises OSError."""

    def datagrams_port(self, datagrams: int) -> int: ...
    def close_datagrams(self, datagrams: int) -> None:
        """Close a socket that no session has got."""

    def accelerate(self, session: int, datagrams: int, rules: AccelerationArguments) -> None:
        """Give the socket to a session; its identifier is gone. Raises ValueError for rules without sense."""

    def open_tap(self, hub: int, name: str, port: PortRulesArguments) -> int:
        """Create a TAP adapter (not persistent) and plug it in as a session. Addresses and state are the
        caller's."""

    def open_memory(self, hub: int, queue_frames: int, port: PortRulesArguments) -> int:
        """A port fed by Python: send_frames and take_frames."""

    def send_frames(self, session: int, frames: Sequence[bytes]) -> None: ...
    def take_frames(self, session: int, maximum: int) -> list[bytes]: ...
    def session_snapshot(self, session: int) -> SessionSnapshot:
        """Works until forget_session, also after the end."""

    def label_session(self, session: int, label: str) -> None:
        """What a capture file calls the port of this session; the first label stays."""

    def locate_session(self, session: int, address: str) -> None:
        """Where a session's client is, for packet logs; the first address stays."""

    def set_packet_log(self, hub: int, settings: PacketLogArguments | None) -> None:
        """Write down what passes a hub from now on; None: nothing. No frame ever waits for that."""

    def packet_log_snapshot(self, hub: int) -> PacketLogSnapshot: ...
    def take_packet_lines(self, maximum: int) -> tuple[list[tuple[str, int, str]], int]:
        """Lines (hub, Unix ms, columns behind date and time) that were kept, and how many were lost."""

    @staticmethod
    def check_filter(filter: str) -> None:
        """Raises ValueError, which names the place, for a filter that makes no sense."""

    def open_trace(self, trace: TraceArguments) -> int:
        """Start to look at frames, from now on, until close_trace. No frame ever waits for that."""

    def trace_snapshot(self, trace: int) -> TraceSnapshot: ...
    def take_trace_lines(self, trace: int, maximum: int) -> list[TraceLine]: ...
    def close_trace(self, trace: int) -> tuple[TraceSnapshot, list[TraceLine]]:
        """End it, wait until what was seen is written (not for a pipe that nobody reads), and forget it.
        Returns its last lines, too."""

    def close_link(self, session: int, connection: int) -> None:
        """Close one connection of a session politely."""

    def close_session(self, session: int) -> None: ...
    def forget_session(self, session: int) -> None:
        """Drop the counters of a session that has ended."""
