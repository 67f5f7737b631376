"""One signed POST to a receiver, and what its answer means. The only room that knows the HTTP library.

Follows no redirection, reads no body, uses no proxy; the whole attempt has one time limit.
"""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpx

from etherloom.model.hook import WebhookAction
from etherloom.model.product import VERSION
from etherloom.services.hook_message import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from etherloom.services.lookups import Lookups

_MOST_ADDRESSES: Final = 4
_CONNECT_SECONDS: Final = 3.0
_AGAIN: Final = frozenset({408, 425, 429})
_REDIRECTIONS: Final = range(300, 400)
# It would write a line, with the whole address, for each message.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt. `again`: another one may do better."""

    delivered: bool
    again: bool
    problem: str = ""


class Receiver:
    """Where one webhook's messages go."""

    def __init__(self, action: WebhookAction, key: str, lookups: Lookups) -> None:
        self._action: Final = action
        self._parts: Final = urlsplit(action.url)
        self._key: Final = key
        self._lookups: Final = lookups
        self._trust: ssl.SSLContext | None = None

    async def post(self, body: bytes, timestamp: int, timeout_ms: int) -> Answer:
        """Make one attempt. Raises nothing."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"Etherloom/{VERSION}",
            "Host": _host_header(self._parts),
            TIMESTAMP_HEADER: str(timestamp),
            SIGNATURE_HEADER: sign(self._key, timestamp, body),
        }
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                return _judge(await self._exchange(body, headers))
        except TimeoutError:
            return Answer(False, True, f"no answer within {timeout_ms} ms")
        except (OSError, httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return Answer(False, True, str(error) or type(error).__name__)

    async def _exchange(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Try the host's addresses until one takes the connection; returns the status of its answer."""
        addresses = await self._lookups.find(self._parts.hostname or "")
        context = await self._context()
        timeout = httpx.Timeout(None, connect=_CONNECT_SECONDS)
        async with httpx.AsyncClient(verify=context, trust_env=False, timeout=timeout) as client:
            problem: Exception = OSError("the receiver has no address")
            for address in addresses[:_MOST_ADDRESSES]:
                try:
                    return await self._send(client, address, body, headers)
                except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                    problem = error
            raise problem

    async def _send(
        self, client: httpx.AsyncClient, address: str, body: bytes, headers: Mapping[str, str]
    ) -> int:
        host = f"[{address}]" if ":" in address else address
        port = f":{self._parts.port}" if self._parts.port else ""
        url = self._parts._replace(netloc=host + port, fragment="").geturl()
        # The certificate is judged by the name, whichever address was taken.
        names = {"sni_hostname": self._parts.hostname}
        request = client.build_request("POST", url, content=body, headers=headers, extensions=names)
        response = await client.send(request, stream=True, follow_redirects=False)
        await response.aclose()
        return response.status_code

    async def _context(self) -> ssl.SSLContext:
        if self._trust is None:
            # Reading the system's authorities takes long.
            self._trust = await asyncio.to_thread(_make_context, self._action.authority)
        return self._trust


def _make_context(authority: str) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority or None)


def _host_header(parts: SplitResult) -> str:
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{parts.port}" if parts.port else host


def _judge(status: int) -> Answer:
    if 200 <= status < 300:
        return Answer(True, False)
    if status in _REDIRECTIONS:
        return Answer(False, False, f"HTTP status {status}: redirections are not followed")
    return Answer(False, status >= 500 or status in _AGAIN, f"HTTP status {status}")
