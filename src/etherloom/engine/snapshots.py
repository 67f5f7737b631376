"""Dictionaries that cross the seam: arguments of commands, answers of queries. Mirrored in rust/python."""

from typing import Literal, Required, TypedDict


class HubRulesArguments(TypedDict):
    """See commands.HubRules."""

    wire: bool
    mac_entries: int
    mac_age_ms: int
    ip_entries: int
    ip_age_ms: int
    dhcp_age_ms: int
    no_ip_table: bool
    only_private_ipv4: bool
    only_link_local_ipv6: bool
    no_ip_parsing: bool
    no_vlan_identity: bool
    no_bpdu_identity: bool
    vlan_type: int
    storm_threshold: int
    storm_strict: bool
    filter_pppoe: bool
    filter_ospf: bool
    filter_ipv4: bool
    filter_ipv6: bool
    filter_non_ip: bool
    filter_bpdu: bool
    mss_limit: int
    access_list_on_arp: bool
    no_check_mac_on_bridge: bool
    privacy_drops_broadcasts: bool
    privacy_drops_arp: bool
    privacy_allows_same_user: bool
    no_default_router_over_ipv6: bool
    station: bytes | None
    dormant_ms: int


class IpEntry(TypedDict):
    """An address that a hub has seen; not its own when a DHCP server allotted it."""

    session: int
    address: str
    vlan: int
    mac: bytes
    by_dhcp: bool
    created_ms_ago: int
    updated_ms_ago: int


class HubEventRow(TypedDict, total=False):
    """Something that a hub tells people: `event` says what, the facts that belong to it are there.

    `session` and `other` are numbers of sessions, None for one that is gone. Times are engine milliseconds.
    """

    event: Required[
        Literal[
            "new_mac",
            "too_many_macs",
            "too_many_addresses",
            "address_conflict",
            "not_allotted",
            "allotted",
            "storm",
            "server_refused",
            "dhcp_server_refused",
            "loop",
        ]
    ]
    session: Required[int | None]
    other: Required[int | None]
    mac: bytes
    vlan: int
    moved: bool
    count: int
    is_bridge_limit: bool
    is_routing_limit: bool
    address: str
    source: str
    source_port: int
    target: str
    target_port: int
    server: str
    server_mac: bytes
    client_mac: bytes
    by_dhcp: bool
    created_ms: int
    updated_ms: int
    now_ms: int
    rate: int
    silent_ms: int


class PortRulesArguments(TypedDict):
    """See commands.PortRules. `policy`: the items by the names that they have in model.policy."""

    kind: str
    monitor: bool
    user: str
    group: str
    over_ipv6: bool
    policy: dict[str, int]


class SessionRulesArguments(TypedDict):
    server: bool  # which end of the protocol we are
    timeout_ms: int
    compress: bool
    half_duplex: bool
    qos: bool  # urgent frames go first
    mss_limit: int  # TCP through the session is told to send no larger segments; 0: nothing
    super_frames: bool
    queue_bytes: int  # per link towards the peer, at most; what does not fit is dropped and counted


class AccelerationArguments(TypedDict):
    peers: list[
        tuple[str, int]
    ]  # where the other end may be, the likeliest first; all of the socket's family
    encrypt: bool  # False: datagrams are readable and unprotected
    compress: bool
    version: int  # 1 or 2
    send_key: bytes  # 20 bytes for version 1, 128 for version 2
    receive_key: bytes
    own_cookie: int  # what the other end shows us
    peer_cookie: int
    fast: bool  # both ends notice a dead path within 2.1 s instead of 9 s
    own: bool  # both ends number their datagrams and try the path for 1 s instead of 10 s


class LinkSettingsArguments(TypedDict):
    direction: int  # 0 both, 1 server to client only, 2 client to server only
    raw: bool  # after the farewell the TCP stream goes on without TLS


class ListenerLimitsArguments(TypedDict):
    unestablished_per_source: int
    unestablished_total: int
    deadline_ms: int  # TLS handshake; Python arms the deadline of the log-in itself


class ConnectionFacts(TypedDict):
    peer: tuple[str, int]
    local: tuple[str, int]
    listener: int | None
    tls_version: str  # "TLSv1.3"
    cipher: str  # "TLS13_AES_256_GCM_SHA384"
    server_name: str | None  # SNI
    peer_chain: list[bytes]  # DER, leaf first; empty on the server's side


class LinkSnapshot(TypedDict):
    connection: int
    peer: tuple[str, int]
    direction: int
    raw: bool
    tls_version: str
    cipher: str
    bytes_sent: int  # on the wire
    bytes_received: int


# All values together; then, for each magnitude that occurred, what its values are below and their number.
Histogram = tuple[int, list[tuple[int, int]]]


class AccelerationSnapshot(TypedDict):
    reached: bool  # the other end answers
    active: bool  # frames go by UDP
    fallbacks: int  # how often they did and had to go back to TCP
    sent: int  # datagrams
    received: int  # authentic ones
    forged: int  # not authentic
    replayed: int  # seen before, too old, or for another session
    peer: tuple[str, int] | None


class SessionSnapshot(TypedDict):
    kind: str  # "native" | "tap" | "memory"
    device: str | None
    attached: bool  # plugged into its hub: frames reach it
    ended: str | None  # why: "closed" | "timeout" | "device" | "failed"; None while it runs
    links: list[LinkSnapshot]
    links_opened: int  # in all, since the start
    frames_received: int  # from the peer into the hub
    frames_sent: int
    bytes_received: int
    bytes_sent: int
    broadcast_frames_received: int
    broadcast_frames_sent: int
    broadcast_bytes_received: int
    broadcast_bytes_sent: int
    wire_bytes_received: int
    wire_bytes_sent: int
    writes: int  # system calls that sent, of all links or the device
    reads: int
    queue_delay_us: Histogram  # of batches: from the first frame until the socket had taken all of it
    sent_batch: Histogram  # packets that were ready for one write; a super-frame is one packet
    received_batch: Histogram  # packets that one read, or one turn at a device, brought
    drops: dict[str, int]  # by named reason
    acceleration: AccelerationSnapshot | None  # None: not agreed on
    idle_ms: int  # since the last byte from the peer


class PacketLogArguments(TypedDict):
    hub: str  # its name
    levels: tuple[int, ...]  # 0 nothing, 1 headers, 2 all, for eight kinds of frames
    no_ipv4: bool
    no_ipv6: bool
    no_http: bool  # HTTP and TLS are not looked into
    folder: str | None  # None: no files
    switch: int  # when a new file begins
    file_bytes: int  # a file gets no longer; 0: the usual
    json: bool  # a file of JSON lines beside it
    lines: bool  # lines are kept for take_packet_lines
    no_addresses: bool  # the last two columns are left out
    per_minute: int  # records a minute and client; 0: any number


class PacketLogSnapshot(TypedDict):
    written: int
    lost: int  # more than the writer, or the disk, could take
    beyond: int  # not written because a client had so many


class TraceArguments(TypedDict):
    hub: int
    session: int | None  # one session alone
    drops: bool  # dropped frames only
    filter: str  # see docs/guide/trace.md; empty: all frames
    snap: int  # bytes kept of each frame; 0: all
    count: int  # it ends after so many records; 0: never
    about: str  # said at the head of a file
    descriptor: int | None  # pcapng goes there; non-blocking, and stays the caller's. None: lines are kept


class TraceSnapshot(TypedDict):
    records: int  # brought out
    lost: int  # to the trace: it was slower than the frames
    finished: bool
    error: str | None  # why it ended, unless it had enough or was told to


class TraceLine(TypedDict):
    unix_ns: int
    session: int
    port: str  # its label
    inward: bool  # from the session's peer into the hub
    reason: str | None  # why the frame was dropped
    summary: str


class MacEntry(TypedDict):
    session: int
    address: bytes
    vlan: int
    created_ms_ago: int
    updated_ms_ago: int


class ListenerSnapshot(TypedDict):
    accepted: int
    unestablished: int
    refused_per_source: int
    refused_total: int
    failed_handshakes: int
