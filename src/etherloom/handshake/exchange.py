"""What all the client's machines share: the signature, the Hello, then PACKs back and forth over HTTP.

Must not know what is asked for: each machine brings its own phases.
"""

from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar

from etherloom.handshake.client_facts import ClientFacts, add_client_version, read_text
from etherloom.handshake.messages import Refused
from etherloom.handshake.welcome import padded, read_refusal
from etherloom.model.errors import ErrorCode
from etherloom.wire import http
from etherloom.wire.pack import Limits, Pack, PackError, decode, encode

CHALLENGE_BYTES: Final = 20
# A Welcome carries a message of up to 20,000 characters, a Redirect a certificate.
RESPONSE_LIMITS: Final = Limits(
    maximum_bytes=http.RESPONSE_LIMITS.maximum_body, maximum_elements=262_144, maximum_values=262_144
)
_MAXIMUM_NOOPS: Final = 30
_IGNORE: Final = 2
_A = TypeVar("_A")


@dataclass(frozen=True, slots=True)
class Hello:
    """The server's name for itself, and the challenge that proofs on this connection are bound to."""

    product: str
    version: int
    build: int
    challenge: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Step(Generic[_A]):
    """What a PACK led to."""

    actions: tuple[_A | Refused, ...]
    phase: "Phase[_A]"


class Phase(Protocol[_A]):
    """`fault` is the error if the server's answer makes no sense; None if no answer is awaited."""

    @property
    def fault(self) -> ErrorCode | None: ...

    def take(self, pack: Pack) -> "Step[_A]":
        """Judge the server's answer."""


class Exchange(Generic[_A]):
    """Feeds the answers to the current phase. `phase` is set by the machine that owns this."""

    def __init__(self, host: str, phase: Phase[_A]) -> None:
        self.phase = phase
        self._host = host
        self._date = ""
        self._reader = http.ResponseReader()
        self._noops = 0

    @property
    def leftover(self) -> bytes:
        """Bytes behind the last answer."""
        return self._reader.leftover

    def start(self) -> bytes:
        """The first bytes to send."""
        return http.signature_request(self._host)

    def request(self, pack: Pack, padding: bytes) -> bytes:
        """The bytes that carry the PACK to the server."""
        return http.pack_request(self._host, encode(padded(pack, padding)), self._date)

    def feed(self, data: bytes, date: str) -> list[_A | Refused]:
        """Take bytes from the server; after the last phase they are leftover."""
        self._date = date
        self._reader.feed(data)
        actions: list[_A | Refused] = []
        while (fault := self.phase.fault) is not None and (step := self._advance(fault)) is not None:
            actions += step.actions
            self.phase = step.phase
        return actions

    def _advance(self, fault: ErrorCode) -> Step[_A] | None:
        try:
            pack = self._receive()
        except (http.HttpError, PackError) as error:
            return Step((Refused(fault, f"the server's answer makes no sense: {error}"),), Finished())
        if pack is None:
            return None
        refused = read_refusal(pack)
        return Step((refused,), Finished()) if refused else self.phase.take(pack)

    def _receive(self) -> Pack | None:
        """The next PACK, passing over those that only say that the server is still there."""
        while (response := self._reader.next()) is not None:
            pack = _unwrap(response)
            if pack.int("noop") != _IGNORE:
                return pack
            self._noops += 1
            if self._noops > _MAXIMUM_NOOPS:
                raise PackError("too many empty answers")
        return None


def _unwrap(response: http.Response) -> Pack:
    if response.version != "HTTP/1.1" or response.status != 200:
        raise http.HttpError(f"the status is {response.status}")
    if response.headers.get("content-type", "").lower() != http.PACK_TYPE:
        raise http.HttpError("it carries no PACK")
    return decode(response.body, RESPONSE_LIMITS)


class Finished:
    """Nothing more is awaited."""

    @property
    def fault(self) -> None:
        return None

    def take(self, pack: Pack) -> Step[_A]:
        raise RuntimeError("no answer is awaited")


def read_hello(pack: Pack) -> Hello | Refused:
    """The Hello in the PACK, if it is one."""
    challenge = pack.data("random") or b""
    if not pack.strs("hello") or len(challenge) != CHALLENGE_BYTES:
        return Refused(ErrorCode.SERVER_IS_NOT_VPN, "the server doesn't greet as a VPN server")
    return Hello(read_text(pack, "hello"), pack.int("version"), pack.int("build"), challenge)


def begin_request(method: str, facts: ClientFacts) -> Pack:
    """A PACK with what every request has."""
    pack = Pack()
    pack.add_str("method", method)
    add_client_version(pack, facts)
    return pack


def add_operating_system(pack: Pack, facts: ClientFacts) -> None:
    """The description of the system that stock clients add; all but its title is about Windows."""
    for name in ("V_IsWindows", "V_IsNT", "V_IsServer", "V_IsBeta"):
        pack.add_bool(name, False)
    for name in ("V_VerMajor", "V_VerMinor", "V_Build", "V_ServicePack"):
        pack.add_int(name, 0)
    pack.add_str("V_Title", facts.os_name)
