"""A client of a server's Unix socket: one call after the other, waiting for each.

For the command line and for scripts. Knows the catalog and JSON, nothing of services.
"""

import json
import socket
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.catalog.call import Call
from etherloom.rpc.json_codec import decode_record, encode_record
from etherloom.store.directory import StateDirectory
from etherloom.store.log import StoreError

SOCKET_NAME: Final = "admin.sock"
_NOT_THERE: Final = (FileNotFoundError, ConnectionRefusedError, NotADirectoryError)
_SECONDS: Final = 60.0
Request = TypeVar("Request")
Reply = TypeVar("Reply")


class ClientError(Exception):
    """The server can't be reached or doesn't make sense; the sentence says what to do."""


class NoServer(ClientError):
    """Nothing serves this state directory."""


class AdminClient:
    """A connection to the server that works on a state directory."""

    def __init__(self, directory: Path, seconds: float = _SECONDS) -> None:
        """Connect. `seconds`: how long an answer may take. Raises ClientError."""
        self._directory: Final = directory
        self._socket: Final = connect(directory, SOCKET_NAME, socket.SOCK_STREAM, seconds)
        self._lines: Final = self._socket.makefile("rb")
        self._number = 0

    def call(self, call: Call[Request, Reply], request: Request) -> Reply:
        """Make a call. Raises Refusal if the server refuses, ClientError if it can't be understood."""
        self._number += 1
        message = {
            "jsonrpc": "2.0",
            "id": self._number,
            "method": call.name,
            "params": encode_record(request),
        }
        return decode_record(call.reply, _result(self._exchange(message)))

    def _exchange(self, message: dict[str, Any]) -> Any:
        try:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
            line = self._lines.readline()
            return json.loads(line)
        except TimeoutError:
            raise ClientError(f"the server on {self._directory} doesn't answer: see its log") from None
        except (OSError, ValueError):
            raise ClientError(f"the server on {self._directory} hung up: is it being stopped?") from None

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _result(answer: Any) -> dict[str, Any]:
    match answer:
        case {"result": dict(result)}:
            return result
        case {"error": {"code": int(code), "message": str(message)}} if code in set(ErrorCode):
            raise Refusal(ErrorCode(code), message)
        case {"error": {"message": str(message)}}:
            raise ClientError(message)
        case _:
            raise ClientError("the server's answer makes no sense: do its version and this one differ?")


def connect(directory: Path, name: str, kind: socket.SocketKind, seconds: float) -> socket.socket:
    """Connect to one of the sockets of the server on a state directory. Raises ClientError."""
    connection = socket.socket(socket.AF_UNIX, kind)
    connection.settimeout(seconds)
    try:
        with StateDirectory.look(directory) as state:
            connection.connect(state.address(name))
    except (OSError, StoreError) as error:
        connection.close()
        raise _explained(error, directory) from None
    return connection


def _explained(error: OSError, directory: Path) -> ClientError:
    cause = error.__cause__ or error
    if isinstance(cause, _NOT_THERE):
        return NoServer(f"no server is running on {directory}: start one with `etherloom serve`")
    if isinstance(cause, PermissionError):
        return ClientError(f"{directory} is closed to you: run this as root or as the server's user")
    return ClientError(f"can't reach the server on {directory}: {error}")
