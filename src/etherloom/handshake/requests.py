"""From the PACK of a client's request to a record, and nothing else: no decision about rights."""

from collections.abc import Callable
from typing import Final

from etherloom.handshake.acceleration import read_offer
from etherloom.handshake.client_facts import ClientFacts, read_client_facts, read_text
from etherloom.handshake.messages import (
    AdditionalConnection,
    AdminLogin,
    AnonymousAuth,
    Auth,
    CertificateAuth,
    ClientRequest,
    EnumerateHubs,
    LoginRequest,
    PasswordAuth,
    PasswordChange,
    PlainPasswordAuth,
    SessionWishes,
    TicketAuth,
    UnknownMethod,
    UnsupportedAuth,
)
from etherloom.wire.pack import Pack


class MissingElement(ValueError):
    """A request lacks what its method needs."""


def read_request(pack: Pack) -> ClientRequest:
    """The request in the PACK. Raises MissingElement."""
    client = read_client_facts(pack)
    method = read_text(pack, "method")
    read = _READERS.get(method.lower())
    return read(pack, client) if read else UnknownMethod(method, client)


def _require_text(pack: Pack, name: str) -> str:
    if not pack.strs(name):
        raise MissingElement(f"{name} is missing")
    return read_text(pack, name)


def _require_data(pack: Pack, name: str, size: int) -> bytes:
    data = pack.data(name)
    if data is None or len(data) != size:
        raise MissingElement(f"{name} must be {size} bytes")
    return data


def _read_login(pack: Pack, client: ClientFacts) -> LoginRequest:
    return LoginRequest(
        hub=_require_text(pack, "hubname"),
        user=_require_text(pack, "username"),
        auth=_read_auth(pack),
        client=client,
        wishes=_read_wishes(pack, client),
    )


def _read_auth(pack: Pack) -> Auth:
    match pack.int("authtype"):
        case 0:
            return AnonymousAuth()
        case 1:
            return PasswordAuth(pack.data("secure_password") or b"")
        case 2:
            return PlainPasswordAuth(pack.str("plain_password"))
        case 3:
            return CertificateAuth(pack.data("cert") or b"", pack.data("sign") or b"")
        case 99:
            return TicketAuth(pack.data("ticket") or b"")
        case number:
            return UnsupportedAuth(number)


def _read_wishes(pack: Pack, client: ClientFacts) -> SessionWishes:
    return SessionWishes(
        max_connection=pack.int("max_connection"),
        use_encrypt=pack.bool("use_encrypt"),
        use_compress=pack.bool("use_compress"),
        half_connection=pack.bool("half_connection"),
        bridge_mode=pack.bool("require_bridge_routing_mode") or client.is_bridge,
        monitor_mode=pack.bool("require_monitor_mode"),
        qos=pack.bool("qos"),
        super_frames=pack.int("etherloom_super_frames"),
        acceleration=read_offer(pack),
    )


def _read_additional(pack: Pack, client: ClientFacts) -> AdditionalConnection:
    return AdditionalConnection(_require_data(pack, "session_key", 20), client)


def _read_admin(pack: Pack, client: ClientFacts) -> AdminLogin:
    return AdminLogin(
        hub=read_text(pack, "hubname"),
        secure_password=_require_data(pack, "secure_password", 20),
        accept_empty_password=pack.bool("accept_empty_password"),
        client=client,
    )


def _read_password_change(pack: Pack, client: ClientFacts) -> PasswordChange:
    nt_hash = pack.data("new_password_ntlm") or b""
    return PasswordChange(
        hub=_require_text(pack, "hubname"),
        user=_require_text(pack, "username"),
        secure_old_password=_require_data(pack, "secure_old_password", 20),
        new_hashed_key=_require_data(pack, "new_password", 20),
        new_nt_hash=nt_hash if len(nt_hash) == 16 else b"",
        client=client,
    )


def _read_enumeration(_pack: Pack, client: ClientFacts) -> EnumerateHubs:
    return EnumerateHubs(client)


_READERS: Final[dict[str, Callable[[Pack, ClientFacts], ClientRequest]]] = {
    "login": _read_login,
    "additional_connect": _read_additional,
    "admin": _read_admin,
    "enum_hub": _read_enumeration,
    "password": _read_password_change,
}
