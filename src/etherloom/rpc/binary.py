"""Administration calls as stock tools make them: PACKs behind their size, one after the other.

Pure framing and one call at a time; reading, writing and time-outs are the daemon's. A frame that is too
large or no PACK ends the connection without a word, as with the original.
"""

from typing import Any, Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.caller import Caller
from etherloom.rpc.dispatch import Dispatcher
from etherloom.rpc.pack_codec import decode_record, encode_record
from etherloom.wire.pack import Limits, Pack, PackError, decode, encode

SERVER_ADMINISTRATOR_BYTES: Final = 64 * 1_048_576
HUB_ADMINISTRATOR_BYTES: Final = 1_048_576
_HEAD_BYTES: Final = 4
_MAXIMUM_ELEMENTS: Final = 262_144
_NAME: Final = "function_name"


class BinaryRpc:
    """One administration connection: bytes in, calls carried out, bytes back."""

    def __init__(self, dispatcher: Dispatcher, caller: Caller) -> None:
        self._dispatcher: Final = dispatcher
        self._caller: Final = caller
        size = SERVER_ADMINISTRATOR_BYTES if caller.is_server_administrator else HUB_ADMINISTRATOR_BYTES
        self._limits: Final = Limits(size, _MAXIMUM_ELEMENTS, _MAXIMUM_ELEMENTS)
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Pack]:
        """Take bytes from the peer and return the calls that are complete. Raises PackError: hang up."""
        self._buffer += data
        frames = split_frames(self._buffer, self._limits.maximum_bytes)
        return [decode(frame, self._limits) for frame in frames]

    async def handle(self, pack: Pack) -> bytes:
        """Carry out one call and return the answer's frame."""
        try:
            answer = encode(encode_record(await self._call(pack)))
        except Refusal as refusal:
            answer = encode(_error(refusal.code))
        return len(answer).to_bytes(_HEAD_BYTES) + answer

    async def _call(self, pack: Pack) -> Any:
        call = self._dispatcher.find(self._caller, pack.str(_NAME))
        return await self._dispatcher.call(self._caller, call, decode_record(call.request, pack))


def split_frames(buffer: bytearray, maximum: int) -> list[bytes]:
    """Take the frames that are complete out of the buffer. Raises PackError for one over `maximum` bytes."""
    frames: list[bytes] = []
    while len(buffer) >= _HEAD_BYTES:
        size = int.from_bytes(buffer[:_HEAD_BYTES])
        if size > maximum:
            raise PackError(f"a call of {size} bytes is more than the {maximum} allowed")
        end = _HEAD_BYTES + size
        if len(buffer) < end:
            break
        frames.append(bytes(buffer[_HEAD_BYTES:end]))
        del buffer[:end]
    return frames


def _error(code: ErrorCode) -> Pack:
    pack = Pack()
    pack.add_int("error", code)
    return pack
