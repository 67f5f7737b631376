"""Webhooks: signed, judged by certificate, patient with nobody."""

import asyncio
import hmac
import json
import socket
import time
from hashlib import sha256

import pytest

from etherloom.model.hook import Event, EventKind, WebhookAction
from etherloom.services.hook_message import make_body
from etherloom.services.hooks import check_authority
from etherloom.services.lookups import Lookups
from etherloom.services.webhook import Answer, Receiver
from tests.support import receiver as far
from tests.support.receiver import answer, receiving

KEY = "correct horse battery staple"
BODY = make_body(Event(EventKind.SESSION_UP, 1_700_000_000_000, hub="LAB", user="alice"), "d1")
NOW = 1_700_000_001


async def post(url: str, authority: str = "", timeout_ms: int = 5_000) -> Answer:
    return await Receiver(WebhookAction(url, authority), KEY, Lookups()).post(BODY, NOW, timeout_ms)


async def test_a_message_is_signed_json() -> None:
    async with receiving(tls=True) as there:
        assert await post(there.url(), there.authority) == Answer(True, False)
        (request,) = there.requests
        assert request.target == "/hook?x=1"
        assert request.headers["host"] == f"127.0.0.1:{there.port}"
        assert request.headers["content-type"] == "application/json"
        members = json.loads(request.body)
        assert members == {
            "version": 1,
            "delivery": "d1",
            "event": "session-up",
            "time": "2023-11-14T22:13:20.000Z",
            "hub": "LAB",
            "user": "alice",
        }
        # As a receiver checks it, with what it was sent only.
        stamp, signature = request.headers["etherloom-timestamp"], request.headers["etherloom-signature"]
        expected = hmac.new(KEY.encode(), f"{stamp}.".encode() + request.body, sha256).hexdigest()
        assert (stamp, signature) == (str(NOW), f"sha256={expected}")


async def test_a_certificate_that_nobody_vouches_for_gets_nothing() -> None:
    async with receiving(tls=True) as there:
        came = await post(there.url())
        assert not came.delivered
        assert "certificate" in came.problem.lower()
        assert there.requests == []


async def test_a_certificate_for_another_name_gets_nothing() -> None:
    async with receiving(tls=True) as there:
        url = there.url().replace("127.0.0.1", "localhost")
        came = await post(url, there.authority)
        assert not came.delivered
        assert there.requests == []


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, (True, False)),
        (204, (True, False)),
        (301, (False, False)),
        (307, (False, False)),
        (400, (False, False)),
        (404, (False, False)),
        (429, (False, True)),
        (500, (False, True)),
        (503, (False, True)),
    ],
)
async def test_what_an_answer_means(status: int, expected: tuple[bool, bool]) -> None:
    async with receiving(answer(status)) as there:
        came = await post(there.url())
        assert (came.delivered, came.again) == expected
        assert came.delivered or str(status) in came.problem


async def test_a_redirection_is_not_followed() -> None:
    async with receiving() as elsewhere:
        async with receiving(answer(307, f"Location: {elsewhere.url()}")) as there:
            assert "redirections are not followed" in (await post(there.url())).problem
        assert elsewhere.requests == []


@pytest.mark.parametrize("reaction", [far.silence, far.rubbish, far.endless_head, far.hang_up])
async def test_a_bad_receiver_is_given_up_in_time(reaction: far.Reaction) -> None:
    async with receiving(reaction) as there:
        before = time.monotonic()
        came = await post(there.url(), timeout_ms=1_000)
        assert (came.delivered, came.again) == (False, True)
        assert came.problem
        assert time.monotonic() - before < 5


async def test_the_body_of_an_answer_is_not_read() -> None:
    async with receiving(far.endless_body) as there:
        assert await post(there.url()) == Answer(True, False)


async def test_nobody_at_the_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    came = await post(f"http://127.0.0.1:{port}/")
    assert (came.delivered, came.again) == (False, True)


async def test_a_name_that_is_none() -> None:
    came = await post("https://no.such.host.invalid/")
    assert not came.delivered
    assert "can't be looked up" in came.problem


async def test_lookups_are_shared_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def look_up(host: str, *_arguments: object, **_more: object) -> list[object]:
        asked.append(host)
        return [(0, 0, 0, "", ("192.0.2.1", 0)), (0, 0, 0, "", ("192.0.2.1", 0)), (0, 0, 0, "", ("::1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    lookups = Lookups()
    both = await asyncio.gather(lookups.find("a.example"), lookups.find("a.example"))
    assert [list(found) for found in both] == [["192.0.2.1", "::1"]] * 2
    assert asked == ["a.example"]
    await lookups.find("a.example")
    assert asked == ["a.example"] * 2
    assert await lookups.find("192.0.2.9") == ("192.0.2.9",)


def test_an_authority_is_looked_at() -> None:
    assert check_authority("") == ""
    assert check_authority("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert check_authority("no certificate at all")
