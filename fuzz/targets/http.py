"""HTTP: any bytes are refused with HttpError or read, and no byte is lost, however they are cut."""

from etherloom.wire.http import HttpError, Request, RequestReader, ResponseReader
from fuzz.targets.cutting import cut


def fuzz_one(data: bytes) -> None:
    if not data:
        return
    size, stream = data[0], data[1:]
    assert _requests(stream, 0) == _requests(stream, size)
    assert _responses(stream, 0) == _responses(stream, size)


def _requests(stream: bytes, size: int) -> tuple[list[Request], bytes | None]:
    """The requests and what is left, or None instead of that if the stream went wrong."""
    reader = RequestReader()
    requests: list[Request] = []
    try:
        for piece in cut(stream, size):
            reader.feed(piece)
            while (request := reader.next()) is not None:
                requests.append(request)
    except HttpError:
        return requests, None
    assert b"".join(request.raw for request in requests) + reader.leftover == stream
    return requests, reader.leftover


def _responses(stream: bytes, size: int) -> tuple[list[tuple[int, bytes]], bytes | None]:
    reader = ResponseReader()
    responses: list[tuple[int, bytes]] = []
    try:
        for piece in cut(stream, size):
            reader.feed(piece)
            while (response := reader.next()) is not None:
                responses.append((response.status, response.body))
    except HttpError:
        return responses, None
    return responses, reader.leftover
