"""The ASGI application under /api: JSON-RPC by POST, reading calls by GET, and a page that lists them.

One request at a time a connection. Decides nothing about rights: authentication says who calls, the
dispatcher what they may.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from etherloom.api.authentication import HttpGate, read_credentials
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog.call import AnyCall
from etherloom.rpc.dispatch import Dispatcher
from etherloom.rpc.json_api import answer_text, call_by_name, dump_error, dump_result
from etherloom.rpc.reference import make_page

ROOT: Final = "/api"
SERVER_ADMINISTRATOR_BYTES: Final = 64 * 1_048_576
HUB_ADMINISTRATOR_BYTES: Final = 8 * 1_048_576
# A connection may ask so often without being let in (reference 4.1), counted from the last time it was.
MAXIMUM_STRANGER_REQUESTS: Final = 19
_JSON: Final = "application/json"
_TEXT: Final = "text/plain; charset=UTF-8"
_HTML: Final = "text/html; charset=utf-8"
_METHODS: Final = "OPTIONS, GET, POST"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response. `last`: the connection ends with it."""

    status: int
    content: bytes
    content_type: str = _JSON
    headers: tuple[tuple[str, str], ...] = ()
    last: bool = False


def is_served(target: str) -> bool:
    """True if this application answers requests for the target of a request line."""
    path = urlsplit(target).path.casefold()
    return path == ROOT or path.startswith(f"{ROOT}/")


class Application:
    """Serves one connection, whose peer has the address `peer`."""

    def __init__(self, dispatcher: Dispatcher, gate: HttpGate, peer: str, date: Callable[[], str]) -> None:
        self._dispatcher: Final = dispatcher
        self._gate: Final = gate
        self._peer: Final = peer
        self._date: Final = date
        self._strangers = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        answer = await self._answer(scope, headers, receive)
        await _send(answer, headers.get("origin"), self._date(), send)

    async def _answer(self, scope: Message, headers: Mapping[str, str], receive: Receive) -> Answer:
        if scope["method"] == "OPTIONS":
            return Answer(200, b"", headers=(("Allow", _METHODS),))
        if scope["method"] not in ("GET", "POST"):
            return Answer(405, b"", headers=(("Allow", _METHODS),))
        caller = self._authenticate(headers)
        if caller is None:
            self._strangers += 1
            return _unauthorized(last=self._strangers >= MAXIMUM_STRANGER_REQUESTS)
        self._strangers = 0
        path = str(scope["path"])[len(ROOT) :].strip("/")
        if scope["method"] == "POST":
            return await self._post(path, caller, receive)
        return await self._get(path, scope["query_string"].decode("latin-1"), caller)

    def _authenticate(self, headers: Mapping[str, str]) -> Caller | None:
        shown = read_credentials(headers)
        if shown is None or (not shown.explicit and _is_foreign(headers)):
            return None
        return self._gate.admit(shown, self._peer)

    async def _post(self, path: str, caller: Caller, receive: Receive) -> Answer:
        if path:
            return _not_found()
        limit = SERVER_ADMINISTRATOR_BYTES if caller.is_server_administrator else HUB_ADMINISTRATOR_BYTES
        body = await _read_body(receive, limit)
        if body is None:
            refusal = Refusal(ErrorCode.TOO_MANY_ITEMS, f"a request has at most {limit} bytes")
            return Answer(413, dump_error(refusal, "0"), last=True)
        return Answer(200, await answer_text(self._dispatcher, caller, body))

    async def _get(self, path: str, query: str, caller: Caller) -> Answer:
        if not path:
            return Answer(200, _reference_page(), _HTML)
        if "/" in path:
            return _not_found()
        parameters = _read_query(query)
        identifier = self._date()
        try:
            _check_harmless(self._dispatcher.find(caller, path))
            result = await call_by_name(self._dispatcher, caller, path, parameters)
        except Refusal as refusal:
            return Answer(200, dump_error(refusal, identifier), _TEXT)
        return Answer(200, dump_result(result, identifier), _TEXT)


def _check_harmless(call: AnyCall) -> None:
    """Any page in a browser can make it send a GET request."""
    if call.changes:
        raise Refusal(ErrorCode.NOT_SUPPORTED, f"{call.name} changes something: send it by POST")


def _is_foreign(headers: Mapping[str, str]) -> bool:
    """A browser says that another site's page made it ask, and would add a stored password all the same."""
    origin = headers.get("origin")
    if origin is None:
        return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
    return urlsplit(origin).netloc.casefold() != headers.get("host", "").casefold()


def _read_query(query: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        found.setdefault(name, value)
    return found


async def _read_body(receive: Receive, limit: int) -> bytes | None:
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > limit:
            return None
    return bytes(body)


async def _send(answer: Answer, origin: str | None, date: str, send: Send) -> None:
    fields = [
        ("Date", date),
        ("Cache-Control", "no-cache"),
        ("Content-Type", answer.content_type),
        ("Content-Length", str(len(answer.content))),
        ("Access-Control-Allow-Methods", "OPTIONS,GET,POST"),
        ("Access-Control-Allow-Headers", "Content-Type,X-VPNADMIN-HUBNAME,X-VPNADMIN-PASSWORD"),
        ("X-Content-Type-Options", "nosniff"),
        *answer.headers,
        *([("Access-Control-Allow-Origin", origin)] if origin else []),
        *([("Connection", "close")] if answer.last else []),
    ]
    headers = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in fields]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content})


def _unauthorized(*, last: bool) -> Answer:
    page = b"<!doctype html>\n<title>401</title><h1>401</h1><p>Show an administrator's password.</p>\n"
    return Answer(401, page, _HTML, (("WWW-Authenticate", 'Basic realm="Etherloom administration"'),), last)


def _not_found() -> Answer:
    return Answer(
        404, b"<!doctype html>\n<title>404</title><h1>404</h1><p>There is no such page.</p>\n", _HTML
    )


@cache
def _reference_page() -> bytes:
    body = "\n".join(_paragraphs(make_page(stock_only=True)))
    head = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Etherloom calls</title></head>'
    )
    return f"{head}\n<body>\n{body}\n</body></html>\n".encode()


def _paragraphs(page: str) -> Iterator[str]:
    """As much of Markdown as the page of calls uses."""
    for paragraph in page.split("\n\n"):
        text = paragraph.strip()
        marks = len(text) - len(text.lstrip("#"))
        yield f"<h{marks}>{escape(text[marks:].strip())}</h{marks}>" if marks else f"<p>{escape(text)}</p>"
