"""The state of a session, as cascades and sessions show it. Not a command: rows for their tables."""

from collections.abc import Iterator
from typing import Final

from etherloom.rpc.catalog.blocks import ConnectionStatus, NodeFacts
from etherloom.vpncmd import formats

Row = tuple[str, object]
# What stock servers call the connection of a session that has none.
_NO_CONNECTION: Final = "INITING"
_STATES: Final = (
    "Connection to VPN Server Started",
    "Negotiating",
    "Authenticating User",
    "Connection Completed (Session Established)",
    "Retrying",
    "Idle",
)


def rows(status: ConnectionStatus, *, server: bool) -> Iterator[Row]:
    """`server`: as the server that serves the session sees it."""
    if not server:
        yield "VPN Connection Setting Name", status.account
        yield "Session Status", _STATES[status.state] if status.state < len(_STATES) else status.state
    else:
        yield "VLAN ID", status.vlan or "-"
    if status.connected:
        yield from _peer(status, server=server)
    yield "Connection Started at", formats.long_time(status.started)
    yield "First Session has been Established since", formats.long_time(status.first_connected, "-")
    if status.connected:
        yield "Current Session has been Established since", formats.long_time(status.current_connected, "-")
    if not server:
        yield "Number of Established Sessions", f"{_established(status)} Times"
    if status.connected:
        yield from _links(status)
        yield from _session(status)


def _established(status: ConnectionStatus) -> int:
    return status.connections_established or status.connections_established_stable


def _peer(status: ConnectionStatus, *, server: bool) -> Iterator[Row]:
    if not server:
        yield "VLAN ID", status.vlan or "-"
        yield "Server Name", status.server
        yield "Port Number", f"TCP Port {status.server_port}"
    yield "Server Product Name", status.server_product
    yield "Server Version", f"{status.server_version // 100}.{status.server_version % 100:02}"
    yield "Server Build", f"Build {status.server_build}"


def _links(status: ConnectionStatus) -> Iterator[Row]:
    half = status.half_duplex
    yield "Half Duplex TCP Connection Mode", "Yes (Half Duplex Mode)" if half else "No (Full Duplex Mode)"
    yield "VoIP / QoS Function", formats.enabled(status.qos)
    yield "Number of TCP Connections", status.connections
    if half:
        yield "Number of Uplink TCP Connections", status.connections_upload
        yield "Number of Downlink TCP Connections", status.connections_download
    yield "Maximum Number of TCP Connections", status.connections_maximum
    yield "Encryption", _encryption(status)
    yield "Use of Compression", _compression(status)
    if status.rudp:
        yield "TCP over UDP (NAT Traversal)", "Yes"
    if status.underlay:
        yield "Physical Underlay Protocol", status.underlay
    yield "UDP Acceleration is Supported", formats.yes_no(status.udp_acceleration)
    yield "UDP Acceleration is Active", formats.yes_no(status.udp_acceleration_used)


def _encryption(status: ConnectionStatus) -> str:
    if not status.encrypted:
        return "Disabled (No Encryption)"
    return f"Enabled (Algorithm: {status.cipher})" if status.cipher else "Enabled"


def _compression(status: ConnectionStatus) -> str:
    if not status.compressed:
        return "No (No Compression)"
    carried = status.bytes_sent + status.bytes_received
    real = status.wire_bytes_sent + status.wire_bytes_received
    saved = max(0, 100 - real * 100 // carried) if carried else 0
    return f"Yes ({saved} %)"


def _session(status: ConnectionStatus) -> Iterator[Row]:
    yield "Session Name", status.session
    if status.connection not in ("", _NO_CONNECTION):
        yield "Connection Name", status.connection
    yield "Session Key (160 bit)", status.key.hex().upper()
    yield "Bridge / Router Mode", formats.yes_no(status.bridge)
    yield "Monitoring Mode", formats.yes_no(status.monitor)
    yield "Outgoing Data Size", formats.in_bytes(status.bytes_sent)
    yield "Incoming Data Size", formats.in_bytes(status.bytes_received)
    yield from formats.traffic_rows(status.traffic)


def node_rows(node: NodeFacts) -> Iterator[Row]:
    """What a client said of itself; nothing of what it didn't say."""
    if node.client_product:
        yield "Client Product Name (Reported)", node.client_product
        yield "Client Version (Reported)", f"{node.client_version // 100}.{node.client_version % 100:02}"
        yield "Client Build (Reported)", f"Build {node.client_build}"
    said: tuple[tuple[str, object, object], ...] = (
        ("Client OS Name", node.client_os, node.client_os),
        ("Client OS Version", node.client_os_version, node.client_os_version),
        ("Client OS Product ID", node.client_os_product_id, node.client_os_product_id),
        ("Client Host Name", node.client_host, node.client_host),
        ("Client IP Address ", node.client_address, int(node.client_address)),
        ("Client Port", node.client_port, node.client_port),
        ("Server Host Name", node.server_host, node.server_host),
        ("Server IP Address", node.server_address, int(node.server_address)),
        ("Server Port", node.server_port, node.server_port),
        ("Proxy Host Name", node.proxy_host, node.proxy_host),
        ("Proxy IP Address", node.proxy_address, node.proxy_host and int(node.proxy_address)),
        ("Proxy Port", node.proxy_port, node.proxy_host and node.proxy_port),
    )
    for title, value, there in said:
        if there:
            yield f"{title} (Reported)", value
