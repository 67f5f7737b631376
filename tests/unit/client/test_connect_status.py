"""What people and scripts see of a running client."""

import json

import pytest

from etherloom.cli.connect_status import Summary, describe
from etherloom.client import events
from etherloom.model.errors import ErrorCode

ESTABLISHED = events.Established(
    session="SID-ALICE-1",
    connection="CID-1",
    server="Etherloom VPN Server",
    address="192.0.2.1",
    port=443,
    connections=4,
    encrypt=True,
    compress=False,
    half_duplex=False,
    super_frames=False,
    udp_acceleration="version 2",
    timeout_s=20.0,
    tls_version="TLSv1.3",
    cipher="TLS13_AES_256_GCM_SHA384",
    message="",
)
ALL = (
    events.Connecting("vpn.example", 443, 2),
    events.LoggingIn("192.0.2.1", 443, "TLSv1.3", "AES", "ab" * 32),
    ESTABLISHED,
    events.LinksChanged(2, 4),
    events.AddressesChanged("vpn0", ("10.0.0.2/24",), ("10.0.0.1",), (), "dhcp"),
    events.Traffic(1_234_567, 12),
    events.Notice("look", warning=True),
    events.Waiting(3.2, ErrorCode.DISCONNECTED, "lost"),
    events.Ended(ErrorCode.USER_CANCEL, "stopped"),
)


@pytest.mark.parametrize("event", ALL, ids=lambda event: type(event).__name__)
def test_every_event_is_a_line_and_a_json_object(event: events.Event) -> None:
    assert "\n" not in describe(event)
    told = json.loads(json.dumps(events.describe(event)))
    assert isinstance(told["event"], str)


def test_status_line() -> None:
    summary = Summary()
    for event in ALL[:6]:
        summary.take(event)
    assert summary.line() == (
        "connected · SID-ALICE-1 · 10.0.0.2/24 · 2/4 connections · "
        "TLSv1.3 TLS13_AES_256_GCM_SHA384 · 1.2 MB sent, 12 B received"
    )
    summary.take(ALL[7])
    assert summary.line() == "not connected: lost; trying again in 3 s · 10.0.0.2/24"


def test_plain_text_is_said() -> None:
    fields = {**events.describe(ESTABLISHED), "encrypt": False}
    fields.pop("event")
    plain = events.Established(**fields)  # type: ignore[arg-type]
    assert "NOT ENCRYPTED" in describe(plain)


def test_message_of_a_hub_cannot_move_the_cursor() -> None:
    fields = {**events.describe(ESTABLISHED), "message": "hello\x1b[2J\nworld"}
    fields.pop("event")
    line = describe(events.Established(**fields))  # type: ignore[arg-type]
    assert "\x1b" not in line
    assert "\n" not in line
