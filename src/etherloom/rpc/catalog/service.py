"""Calls about the server as a running program: its certificate, configuration, restarts."""

from dataclasses import dataclass
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.call import Call, Who
from etherloom.rpc.catalog.server import Echo, Identity, Text


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """Packets to a host on the Internet that keep a line open. Protocol: 0 TCP, 1 UDP; seconds."""

    enabled: bool = element.flag("UseKeepConnect")
    host: str = element.text("KeepConnectHost")
    port: int = element.number("KeepConnectPort")
    protocol: int = element.number("KeepConnectProtocol")
    interval: int = element.number("KeepConnectInterval")


@dataclass(frozen=True, slots=True)
class Configuration:
    """The whole configuration as a file of the original."""

    file_name: str = element.text("FileName", 259)
    content: bytes = element.data("FileData")


def check_keep_alive(request: KeepAlive) -> None:
    """Raises Refusal for packets that would have no destination."""
    if request.enabled and not (request.host and 0 < request.port < 65_536):
        raise Refusal(ErrorCode.INVALID_PARAMETER, "keeping a line open needs a host and a port")


def check_ciphers(request: Text) -> None:
    """Raises Refusal for no text at all."""
    if not request.text:
        raise Refusal(ErrorCode.INVALID_PARAMETER, "name ciphers, or ~DEFAULT~ for our own choice")


SET_KEEP: Final = Call(
    "SetKeep",
    KeepAlive,
    KeepAlive,
    Who.SERVER,
    "Changes the packets that keep a line open.",
    changes=True,
    check=check_keep_alive,
)
GET_KEEP: Final = Call("GetKeep", Empty, KeepAlive, Who.ANY, "The packets that keep a line open.")
GET_CONFIG: Final = Call(
    "GetConfig", Empty, Configuration, Who.SERVER, "The whole configuration as a file of the original."
)
SET_CONFIG: Final = Call(
    "SetConfig",
    Configuration,
    Configuration,
    Who.SERVER,
    "Takes over a configuration file of the original.",
    changes=True,
)
REBOOT_SERVER: Final = Call("RebootServer", Echo, Echo, Who.SERVER, "Starts the server anew.", changes=True)
CRASH: Final = Call(
    "Crash", Echo, Echo, Who.SERVER, "Kills the server, to see whether it comes back.", changes=True
)
FLUSH: Final = Call(
    "Flush", Echo, Echo, Who.SERVER, "Writes the configuration to the disk; every change is there already."
)
DEBUG: Final = Call("Debug", Echo, Echo, Who.SERVER, "Questions for developers.")
SET_SERVER_CERT: Final = Call(
    "SetServerCert", Identity, Identity, Who.SERVER, "Replaces the certificate and the key.", changes=True
)
SET_SERVER_CIPHER: Final = Call(
    "SetServerCipher",
    Text,
    Text,
    Who.SERVER,
    "Changes the ciphers that are accepted.",
    changes=True,
    check=check_ciphers,
)
REGENERATE_SERVER_CERT: Final = Call(
    "RegenerateServerCert",
    Echo,
    Echo,
    Who.SERVER,
    "Makes a new key and a self-signed certificate.",
    changes=True,
)

CALLS: Final = (
    SET_KEEP,
    GET_KEEP,
    GET_CONFIG,
    SET_CONFIG,
    REBOOT_SERVER,
    CRASH,
    FLUSH,
    DEBUG,
    SET_SERVER_CERT,
    SET_SERVER_CIPHER,
    REGENERATE_SERVER_CERT,
)
