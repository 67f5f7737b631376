"""The Welcome, Redirect and error PACKs, written and read (reference: session protocol, section 6)."""

from typing import Final

from etherloom.handshake.acceleration import AccelerationGrant, read_grant, write_grant
from etherloom.handshake.client_facts import read_text
from etherloom.handshake.messages import Redirect, Refused, SessionWishes, WelcomeParameters
from etherloom.handshake.negotiation import MAXIMUM_CONNECTIONS, agree_super_frames, minimum_connections
from etherloom.model.errors import ErrorCode
from etherloom.model.policy import Policy
from etherloom.wire.pack import PADDING, Element, Pack, ValueType
from etherloom.wire.policy import add_policy, read_policy

SESSION_KEY_BYTES: Final = 20
TICKET_BYTES: Final = 20
# A server's say, but not one that would make a session die at once or never.
_MINIMUM_TIMEOUT_MS: Final = 1_000
_MAXIMUM_TIMEOUT_MS: Final = 600_000
_NO_POLICY: Final = Policy(access=False, max_connection=0, time_out=0)


def padded(pack: Pack, padding: bytes) -> Pack:
    """The PACK with random bytes behind it, so that its size on the wire tells nothing."""
    return Pack([*pack, Element(PADDING, ValueType.DATA, (padding,))])


def error_pack(code: ErrorCode, *, no_save_password: bool = False) -> Pack:
    """A refusal, or with NO_ERROR a plain yes."""
    pack = Pack()
    pack.add_int("error", code)
    pack.add_bool("no_save_password", no_save_password)
    return pack


def write_welcome(parameters: WelcomeParameters) -> Pack:
    """All elements that a stock server's Welcome over TCP has, and our own that the client asked for."""
    pack = Pack()
    pack.add_str("session_name", parameters.session_name)
    pack.add_str("connection_name", parameters.connection_name)
    pack.add_int("max_connection", parameters.max_connection)
    pack.add_bool("use_encrypt", parameters.use_encrypt)
    pack.add_bool("use_compress", parameters.use_compress)
    pack.add_bool("half_connection", parameters.half_connection)
    pack.add_int("timeout", parameters.timeout_ms)
    pack.add_bool("qos", parameters.qos)
    pack.add_bool("is_azure_session", False)
    pack.add_data("session_key", parameters.session_key)
    pack.add_int("session_key_32", parameters.session_key_32)
    add_policy(pack, parameters.policy)
    pack.add_int("vlan_id", parameters.vlan_id)
    pack.add_bool("enable_udp_recovery", False)
    pack.add_bool("suppress_client_update_notification", False)
    pack.add_data("Msg", parameters.message.encode("utf-8", "replace"))
    if parameters.super_frames:
        pack.add_int("etherloom_super_frames", parameters.super_frames)
    if parameters.acceleration:
        write_grant(pack, parameters.acceleration)
    return pack


def read_welcome(pack: Pack, wishes: SessionWishes) -> WelcomeParameters | Refused:
    """The session as granted, within the client's own limits; Refused if that can't be accepted."""
    session_key = pack.data("session_key") or b""
    if not pack.strs("session_name") or not pack.strs("connection_name"):
        return Refused(ErrorCode.PROTOCOL_ERROR, "the server's Welcome doesn't name the session")
    if len(session_key) != SESSION_KEY_BYTES:
        return Refused(ErrorCode.PROTOCOL_ERROR, "the server's Welcome has no session key of 20 bytes")
    if pack.int("timeout") == 0:
        return Refused(ErrorCode.PROTOCOL_ERROR, "the server's Welcome has no session time-out")
    if wishes.use_encrypt and not pack.bool("use_encrypt"):
        return Refused(
            ErrorCode.PROTOCOL_ERROR, "the server wants plain text though encryption was asked for"
        )
    return _accept(pack, wishes, session_key)


def _accept(pack: Pack, wishes: SessionWishes, session_key: bytes) -> WelcomeParameters:
    qos, half = pack.bool("qos"), pack.bool("half_connection")
    return WelcomeParameters(
        session_name=read_text(pack, "session_name"),
        connection_name=read_text(pack, "connection_name"),
        max_connection=_connections(pack.int("max_connection"), wishes, qos=qos, half=half),
        use_encrypt=pack.bool("use_encrypt"),
        use_compress=pack.bool("use_compress"),
        half_connection=half,
        timeout_ms=max(_MINIMUM_TIMEOUT_MS, min(pack.int("timeout"), _MAXIMUM_TIMEOUT_MS)),
        qos=qos,
        session_key=session_key,
        session_key_32=pack.int("session_key_32"),
        policy=read_policy(pack) or _NO_POLICY,
        vlan_id=pack.int("vlan_id"),
        message=_message(pack),
        super_frames=_super_frames(pack, wishes),
        acceleration=_acceleration(pack, wishes),
    )


def _super_frames(pack: Pack, wishes: SessionWishes) -> int:
    return agree_super_frames(
        min(pack.int("etherloom_super_frames"), wishes.super_frames),
        encrypt=pack.bool("use_encrypt"),
        compress=pack.bool("use_compress"),
    )


def _acceleration(pack: Pack, wishes: SessionWishes) -> AccelerationGrant | None:
    offer = wishes.acceleration
    return read_grant(pack, offer, encrypt=pack.bool("use_encrypt")) if offer else None


def _connections(granted: int, wishes: SessionWishes, *, qos: bool, half: bool) -> int:
    limited = max(1, min(granted, wishes.max_connection, MAXIMUM_CONNECTIONS))
    # Stock clients forget half duplex without QoS here, and such a session of theirs would stay one-way.
    return max(limited, minimum_connections(qos=qos, half=half))


def _message(pack: Pack) -> str:
    return (pack.data("Msg") or b"").decode("utf-8", "replace")


def read_refusal(pack: Pack) -> Refused | None:
    """The error in the PACK, if there is one."""
    number = pack.int("error")
    if number == 0:
        return None
    try:
        code = ErrorCode(number)
    except ValueError:
        code = ErrorCode.PROTOCOL_ERROR
    return Refused(code, f"the peer answered with error {number}", pack.bool("no_save_password"))


def write_redirect(redirect: Redirect) -> Pack:
    """Send a client to a member of the cluster."""
    pack = Pack()
    pack.add_int("Redirect", 1)
    pack.add_ip("Ip", redirect.address)
    pack.add_int("Port", *redirect.ports)
    pack.add_data("Ticket", redirect.ticket)
    pack.add_data("Cert", redirect.certificate)
    pack.add_data("Msg", redirect.message.encode("utf-8", "replace"))
    return pack


def read_redirect(pack: Pack) -> Redirect | Refused:
    """Where to log in instead."""
    address, ports, ticket = pack.ip("Ip"), pack.ints("Port"), pack.data("Ticket") or b""
    ports = tuple(port for port in ports if 0 < port <= 65_535)
    if address is None or not ports or len(ticket) != TICKET_BYTES or not pack.data("Cert"):
        return Refused(
            ErrorCode.PROTOCOL_ERROR, "the server's redirection lacks address, port, ticket or certificate"
        )
    return Redirect(address, ports, ticket, pack.data("Cert") or b"", _message(pack))
