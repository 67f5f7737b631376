"""Calls as JSON-RPC over HTTP: who is let in, what is answered, and what browsers can't be made to do."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from etherloom.api.application import HUB_ADMINISTRATOR_BYTES, MAXIMUM_STRANGER_REQUESTS
from etherloom.daemon.server import Server
from etherloom.model.errors import ErrorCode
from etherloom.model.hub import Hub
from etherloom.state import keys
from etherloom.state.changes import Put
from tests.support.asynchronous import until
from tests.support.configuration import administrator, hub, put, user
from tests.support.guest import Guest, guest, serving

CHIEF = {"X-VPNADMIN-HUBNAME": "", "X-VPNADMIN-PASSWORD": "adminpw"}
KEEPER = {"X-VPNADMIN-HUBNAME": "lab", "X-VPNADMIN-PASSWORD": "hubpw"}


async def fill(server: Server) -> None:
    await put(
        server.owner,
        hub("LAB"),
        Put(keys.hub_key("open"), Hub("open")),
        user("LAB", "alice", "secret"),
        administrator(None, "adminpw"),
        administrator("LAB", "hubpw"),
    )


@dataclass(frozen=True)
class Reply:
    """One HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def ask(
    one: Guest, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None
) -> Reply:
    fields = {"Host": "vpn.example", **headers}
    if body is not None:
        fields["Content-Length"] = str(len(body))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    one.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + (body or b""))
    head, _, content = (await one.response()).partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    found = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    return Reply(int(first.split()[1]), found, content)


def envelope(method: str, parameters: Mapping[str, Any], identifier: Any = "1") -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": identifier, "method": method, "params": parameters}).encode()


async def call(one: Guest, headers: Mapping[str, str], method: str, parameters: Mapping[str, Any]) -> Any:
    reply = await ask(one, "POST", "/api/", headers, envelope(method, parameters))
    assert reply.status == 200
    return reply.json


def basic(user_name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user_name}:{password}".encode()).decode()}


async def test_several_calls_on_one_connection(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as one:
        await fill(server)
        echo = await call(one, CHIEF, "test", {"IntValue_u32": 7, "UniStrValue_utf": "Ü"})
        assert echo["result"] == {
            "IntValue_u32": 7,
            "Int64Value_u64": 0,
            "StrValue_str": "7",
            "UniStrValue_utf": "Ü",
        }
        assert list(echo) == ["result", "jsonrpc", "id"]
        created = await call(one, CHIEF, "CreateHub", {"HubName_str": "New", "Online_bool": True})
        assert created["result"]["HubName_str"] == "New"
        hubs = (await call(one, CHIEF, "EnumHub", {}))["result"]["HubList"]
        assert [row["HubName_str"] for row in hubs] == ["LAB", "New", "open"]


async def test_the_connection_itself_is_listed_until_it_ends(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        await fill(server)
        async with guest(server) as one:
            answer = await call(one, CHIEF, "EnumConnection", {})
            (row,) = answer["result"]["ConnectionList"]
            assert (row["Ip_ip"], row["Type_u32"]) == ("127.0.0.1", 0xFFFF_FFFF)
            server.house.connections.disconnect(row["Name_str"])
            assert await one.ended()
        await until(lambda: server.house.connections.count() == 0, "the connection is forgotten")


async def test_text_is_as_the_original_writes_it(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as one:
        await fill(server)
        reply = await ask(one, "POST", "/API", CHIEF, envelope("Test", {"StrValue_str": "a/b"}))
        assert reply.headers["content-type"] == "application/json"
        assert reply.body.decode() == (
            '{\n    "result": {\n        "IntValue_u32": 0,\n        "Int64Value_u64": 0,\n'
            '        "StrValue_str": "0",\n        "UniStrValue_utf": ""\n    },\n'
            '    "jsonrpc": "2.0",\n    "id": "1"\n}'
        )
        refused = await call(one, CHIEF, "GetHub", {"HubName_str": "a/b"})
        assert refused["error"]["code"] == ErrorCode.HUB_NOT_FOUND
        assert refused["error"]["message"].startswith("Error code 8: ")


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        (CHIEF, 200, None),
        ({"X-VPNADMIN-PASSWORD": "adminpw"}, 200, None),
        ({"X-VPNADMIN-HUBNAME": "Administrator", "X-VPNADMIN-PASSWORD": "adminpw"}, 200, None),
        (basic("administrator", "adminpw"), 200, None),
        (basic("", "adminpw"), 200, None),
        (KEEPER, 200, ErrorCode.NOT_ENOUGH_RIGHT),
        (basic("LAB", "hubpw"), 200, ErrorCode.NOT_ENOUGH_RIGHT),
        ({}, 401, None),
        ({"X-VPNADMIN-PASSWORD": "wrong"}, 401, None),
        ({"X-VPNADMIN-PASSWORD": ""}, 401, None),
        ({"X-VPNADMIN-HUBNAME": "open", "X-VPNADMIN-PASSWORD": ""}, 401, None),
        ({"X-VPNADMIN-HUBNAME": "nowhere", "X-VPNADMIN-PASSWORD": "adminpw"}, 401, None),
        ({"X-VPNADMIN-HUBNAME": "LAB", "X-VPNADMIN-PASSWORD": "adminpw"}, 401, None),
        ({"Authorization": "Basic %%%"}, 401, None),
        ({"Authorization": "Bearer adminpw"}, 401, None),
    ],
)
async def test_who_is_let_in(
    tmp_path: Path, headers: dict[str, str], status: int, code: ErrorCode | None
) -> None:
    async with serving(tmp_path) as server, guest(server) as one:
        await fill(server)
        reply = await ask(one, "POST", "/api", headers, envelope("EnumConnectionX", {}))
        assert reply.status == status
        reply = await ask(one, "POST", "/api", headers, envelope("SetServerPassword", {}))
        assert reply.status == status
        if status == 401:
            assert reply.headers["www-authenticate"].startswith("Basic realm=")
        elif code is not None:
            assert reply.json["error"]["code"] == code


async def test_an_empty_server_password_opens_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as one:
        assert (await ask(one, "GET", "/api/", {"X-VPNADMIN-PASSWORD": ""})).status == 401
        await put(server.owner, administrator(None, ""))
        assert (await ask(one, "GET", "/api/", {"X-VPNADMIN-PASSWORD": ""})).status == 401
        assert (await ask(one, "GET", "/api/", basic("", ""))).status == 401


async def test_the_address_list_holds_here_too(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as one:
        await fill(server)
        (server.directory.path / "adminip.txt").write_text("127.0.0.1 LAB\n")
        assert (await ask(one, "POST", "/api", CHIEF, envelope("Test", {}))).status == 401
        assert (await ask(one, "POST", "/api", KEEPER, envelope("Test", {}))).status == 200


@pytest.mark.parametrize(
    ("text", "code", "identifier"),
    [
        (b"{", ErrorCode.INVALID_PARAMETER, "0"),
        (b"[]", ErrorCode.INVALID_PARAMETER, "0"),
        (b"[" * 100_000, ErrorCode.INVALID_PARAMETER, "0"),
        (b'{"jsonrpc":"1.0","method":"Test","params":{},"id":"5"}', ErrorCode.INVALID_PARAMETER, "0"),
        (b'{"jsonrpc":"2.0","method":"","params":{},"id":"5"}', ErrorCode.INVALID_PARAMETER, "5"),
        (b'{"jsonrpc":"2.0","method":"Test","id":"5"}', ErrorCode.INVALID_PARAMETER, "5"),
        (b'{"jsonrpc":"2.0","method":"Test","params":[],"id":null}', ErrorCode.INVALID_PARAMETER, "0"),
        (envelope("Nonsense", {}), ErrorCode.NOT_SUPPORTED, "1"),
        (envelope("Etherloom.GetSummary", {}), ErrorCode.NOT_SUPPORTED, "1"),
        (envelope("Test", {"IntValue_u32": "x"}), ErrorCode.INVALID_PARAMETER, "1"),
        (envelope("Test", {"IntValue_u32": -1}), ErrorCode.INVALID_PARAMETER, "1"),
    ],
)
async def test_what_is_wrong_is_said(tmp_path: Path, text: bytes, code: ErrorCode, identifier: str) -> None:
    async with serving(tmp_path) as server, guest(server) as one:
        await fill(server)
        reply = await ask(one, "POST", "/api", CHIEF, text)
        assert (reply.status, reply.json["error"]["code"], reply.json["id"]) == (200, code, identifier)
        assert await call(one, CHIEF, "Test", {})


async def test_reading_calls_by_get(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as one:
        await fill(server)
        reply = await ask(one, "GET", "/api/GetHub?HubName_str=L%41B&HubName_str=x", CHIEF)
        assert reply.headers["content-type"].startswith("text/plain")
        assert reply.json["result"]["HubName_str"] == "LAB"
        reply = await ask(one, "GET", "/api/DeleteHub?HubName_str=LAB", CHIEF)
        assert reply.json["error"]["code"] == ErrorCode.NOT_SUPPORTED
        assert server.owner.snapshot.hub("LAB") is not None
        page = await ask(one, "GET", "/api/", CHIEF)
        assert b"<h3>`CreateHub`</h3>" in page.body
        assert b"Etherloom.GetSummary" not in page.body
        assert (await ask(one, "GET", "/api/a/b", CHIEF)).status == 404
        assert (await ask(one, "DELETE", "/api/", CHIEF)).status == 405


async def test_pages_of_other_sites_use_no_stored_password(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as one:
        await fill(server)
        evil = {"Origin": "https://evil.example"}
        stored = basic("", "adminpw")
        assert (await ask(one, "POST", "/api", {**stored, **evil}, envelope("Test", {}))).status == 401
        cross = {**stored, "Sec-Fetch-Site": "cross-site"}
        assert (await ask(one, "GET", "/api/Test", cross)).status == 401
        own = {**stored, "Origin": "https://vpn.example"}
        assert (await ask(one, "POST", "/api", own, envelope("Test", {}))).status == 200
        reply = await ask(one, "POST", "/api", {**CHIEF, **evil}, envelope("Test", {}))
        assert reply.headers["access-control-allow-origin"] == "https://evil.example"
        assert "access-control-allow-credentials" not in reply.headers


async def test_what_a_browser_asks_first(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as one:
        reply = await ask(one, "OPTIONS", "/api", {"Origin": "https://console.example"})
        assert (reply.status, reply.headers["allow"]) == (200, "OPTIONS, GET, POST")
        assert "X-VPNADMIN-PASSWORD" in reply.headers["access-control-allow-headers"]


async def test_a_stranger_is_sent_away(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as one:
        for _ in range(MAXIMUM_STRANGER_REQUESTS - 1):
            assert (await ask(one, "GET", "/api", {})).headers.get("connection") != "close"
        assert (await ask(one, "GET", "/api", {})).headers["connection"] == "close"
        await one.ended()


async def test_a_body_that_is_too_long_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, guest(server) as one:
        await fill(server)
        reply = await ask(one, "POST", "/api", KEEPER, bytes(HUB_ADMINISTRATOR_BYTES + 1))
        assert reply.status == 413
        await one.ended()
