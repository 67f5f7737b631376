"""What the options of `etherloom connect` mean, and which are refused."""

import os
from ipaddress import IPv4Interface, IPv6Interface, ip_address
from pathlib import Path

import pytest
import typer

from etherloom.cli import connect as command
from etherloom.cli import main
from etherloom.cli.connect import (
    parse_addressing,
    parse_hardware,
    parse_retry,
    parse_server,
    read_login,
    read_trust,
)
from etherloom.client import events
from etherloom.client.account import (
    DynamicAddress,
    NoAddress,
    NoTrust,
    PinTrust,
    RetryRule,
    StaticAddresses,
    SystemTrust,
)
from etherloom.client.program import Order
from etherloom.handshake.client_login import AnonymousLogin, PasswordLogin, PlainPasswordLogin
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.wire.digest import hash_password

BASIC = ["vpn.example", "--hub", "LAB", "--user", "alice"]


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("vpn.example", ("vpn.example", 443)),
        ("vpn.example:992", ("vpn.example", 992)),
        ("192.0.2.1:5555", ("192.0.2.1", 5555)),
        ("[2001:db8::1]:5555", ("2001:db8::1", 5555)),
        ("[2001:db8::1]", ("2001:db8::1", 443)),
        ("2001:db8::1", ("2001:db8::1", 443)),
    ],
)
def test_servers(text: str, server: tuple[str, int]) -> None:
    assert parse_server(text) == server


@pytest.mark.parametrize(
    "text", ["", ":443", "host:", "host:0", "host:65536", "host:https", "[::1]x", "a:b:c"]
)
def test_no_servers(text: str) -> None:
    if text == "host:":
        assert parse_server(text) == ("host", 443)
        return
    with pytest.raises(typer.BadParameter):
        parse_server(text)


def test_trust(tmp_path: Path) -> None:
    assert read_trust("", "", insecure=False) == SystemTrust()
    assert read_trust("", "", insecure=True) == NoTrust()
    assert read_trust("", "ab" * 32, insecure=False) == PinTrust(b"\xab" * 32)
    with pytest.raises(typer.BadParameter):
        read_trust("", "ab" * 32, insecure=True)
    with pytest.raises(Refusal):
        read_trust(str(tmp_path / "absent"), "", insecure=False)


def test_retry() -> None:
    assert parse_retry("", 0) == RetryRule()
    assert parse_retry("forever", 5) == RetryRule(None, 5, stubborn=True)
    assert parse_retry("0", 0) == RetryRule(0, None, stubborn=True)
    for text in ("-1", "often", "1.5"):
        with pytest.raises(typer.BadParameter):
            parse_retry(text, 0)


def test_addressing() -> None:
    assert parse_addressing([], []) == DynamicAddress()
    assert parse_addressing(["dhcp"], []) == DynamicAddress()
    assert parse_addressing(["none"], []) == NoAddress()
    assert parse_addressing(["10.0.0.2/24", "fd00::2/64"], ["10.0.0.1"]) == StaticAddresses(
        (IPv4Interface("10.0.0.2/24"), IPv6Interface("fd00::2/64")), (ip_address("10.0.0.1"),)
    )


@pytest.mark.parametrize(
    ("addresses", "gateways"),
    [
        (["10.0.0.2"], []),
        (["10.0.0.2/33"], []),
        (["dhcp", "10.0.0.2/24"], []),
        (["none", "none"], []),
        ([], ["10.0.0.1"]),
        (["10.0.0.2/24"], ["here"]),
    ],
)
def test_no_addressing(addresses: list[str], gateways: list[str]) -> None:
    with pytest.raises(typer.BadParameter):
        parse_addressing(addresses, gateways)


def test_hardware() -> None:
    assert parse_hardware("") == b""
    assert parse_hardware("02-00-00-00-00-0a") == parse_hardware("02:00:00:00:00:0A") == b"\x02\0\0\0\0\x0a"
    for text in ("02:00", "03:00:00:00:00:01", "zz:00:00:00:00:01"):
        with pytest.raises(typer.BadParameter):
            parse_hardware(text)


@pytest.mark.parametrize("content", [b"secret", b"secret\n", b"secret\r\n", b"secret\nmore\n"])
def test_password_is_the_first_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    login = read_login("alice", str(file), anonymous=False, plain=False)
    assert login == PasswordLogin(hash_password("secret", "alice"))
    assert b"secret" not in repr(login).encode()
    assert read_login("alice", str(file), anonymous=False, plain=True) == PlainPasswordLogin("secret")


def test_no_password(tmp_path: Path) -> None:
    assert read_login("alice", "", anonymous=True, plain=False) == AnonymousLogin()
    with pytest.raises(Refusal, match="absent"):
        read_login("alice", str(tmp_path / "absent"), anonymous=False, plain=False)
    with pytest.raises(typer.BadParameter):
        read_login("alice", "file", anonymous=True, plain=False)


# -- the command


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """The orders that the command gives; each ends as if it had been stopped."""
    given: list[Order] = []

    async def run(order: Order, report: object, stop: object) -> events.Ended:
        given.append(order)
        code = ErrorCode.USER_CANCEL if order.account.hub == "LAB" else ErrorCode.HUB_NOT_FOUND
        return events.Ended(code, "that was\nit")

    monkeypatch.setattr(command, "run", run)
    return given


def invoke(*arguments: str) -> int:
    return main.run(["connect", *arguments])


def test_stopped_is_success(orders: list[Order]) -> None:
    assert invoke(*BASIC) == 0
    order = orders[0]
    assert (order.account.host, order.account.port, order.account.connections) == ("vpn.example", 443, 1)
    assert order.account.trust == SystemTrust()
    assert order.account.encrypt
    assert order.adapter.addressing == DynamicAddress()
    assert not order.adapter.default_route


def test_failure_is_one_line(orders: list[Order], capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke("vpn.example", "--hub", "OTHER", "--user", "alice", "--json") == 1
    assert capsys.readouterr().err == "etherloom: that was it\n"


def test_json_lines(orders: list[Order], capsys: pytest.CaptureFixture[str]) -> None:
    invoke(*BASIC, "--json", "--insecure", "--no-encrypt")
    assert [line.partition(",")[0] for line in capsys.readouterr().out.splitlines()] == [
        '{"event": "notice"',
        '{"event": "notice"',
        '{"event": "ended"',
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--connections", "33"],
        ["--connections", "0"],
        ["--mtu", "9000"],
        ["-4", "-6"],
        ["--insecure", "--pin", "00" * 32],
        ["--address", "nonsense"],
        ["--no-such-option"],
    ],
)
def test_wrong_use(orders: list[Order], arguments: list[str]) -> None:
    assert invoke(*BASIC, *arguments) == 2
    assert not orders


def test_state_directory(orders: list[Order], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    invoke(*BASIC, "--state", str(tmp_path))
    monkeypatch.setenv("ETHERLOOM_STATE", str(tmp_path / "other"))
    invoke(*BASIC)
    assert [order.state for order in orders] == [tmp_path / "client", tmp_path / "other" / "client"]
    assert os.environ["ETHERLOOM_STATE"]
