"""What parameters may look like."""

from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etherloom.vpncmd import values
from etherloom.vpncmd.values import Check, HostPort, Masked4, Masked6, MaskedMac, Wrong


@pytest.mark.parametrize(
    ("check", "text", "value"),
    [
        (values.leading_number, "12abc", 12),
        (values.leading_number, "abc", 0),
        (values.leading_number, "99999999999", 4_294_967_295),
        (values.port, "65535", 65_535),
        (values.port_list, "443, 992 1194", (443, 992, 1194)),
        (values.exactly("?", "tcp", "udp"), "TCP", "tcp"),
        (values.host_and_port(), "vpn.example:443", HostPort("vpn.example", 443)),
        (values.host_and_port(), "[2001:db8::1]:443", HostPort("2001:db8::1", 443)),
        (values.host_and_port(514), "log.example", HostPort("log.example", 514)),
        (values.host_and_port(514), "2001:db8::1", HostPort("2001:db8::1", 514)),
        (values.ip, "10.0.0.1", IPv4Address("10.0.0.1")),
        (values.ip, "", IPv4Address(0)),
        (values.ip_and_mask4, "10.1.2.3/8", Masked4(IPv4Address("10.1.2.3"), IPv4Address("255.0.0.0"))),
        (values.ip_and_mask4, "0.0.0.0/0", Masked4(IPv4Address(0), IPv4Address(0))),
        (
            values.ip_and_mask4,
            "10.0.0.0/255.0.255.0",
            Masked4(IPv4Address("10.0.0.0"), IPv4Address("255.0.255.0")),
        ),
        (values.ip_and_mask6, "::/0", Masked6(IPv6Address(0), IPv6Address(0))),
        (values.ip_and_mask6, "2001:db8::/ffff::", Masked6(IPv6Address("2001:db8::"), IPv6Address("ffff::"))),
        (values.network_and_mask4, "10.0.0.0/8", Masked4(IPv4Address("10.0.0.0"), IPv4Address("255.0.0.0"))),
        (values.port_range, "", (0, 0)),
        (values.port_range, "80", (80, 80)),
        (values.port_range, "1-1024", (1, 1024)),
        (values.protocol, "t", 6),
        (values.protocol, "icmpv6", 58),
        (values.protocol, "47", 47),
        (values.mac_and_mask, "", None),
        (
            values.mac_and_mask,
            "02:00:00-00-00-01/FFFFFFFFFFFF",
            MaskedMac(bytes.fromhex("020000000001"), b"\xff" * 6),
        ),
        (values.tcp_state, "", None),
        (values.tcp_state, "est", True),
        (values.tcp_state, "un", False),
        (values.yes, "true", True),
        (values.yes, "1", True),
        (values.yes, "no", False),
        (values.date_time, "", 0),
        (values.hexadecimal, "0a 1B", b"\x0a\x1b"),
        (values.hexadecimal, "abc", b"\xab"),
        (values.hexadecimal, "01 zz 02", b"\x01"),
        (values.hexadecimal, "", b""),
    ],
)
def test_good_values(check: Check, text: str, value: Any) -> None:
    assert check(text) == value


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (values.nonempty, ""),
        (values.port, "0"),
        (values.port, "abc"),
        (values.port_list, "80,abc"),
        (values.port_list, "80;81"),
        (values.port_list, ""),
        (values.host_and_port(), "vpn.example"),
        (values.host_and_port(), ":443"),
        (values.ip, "10.0.0"),
        (values.ip_and_mask4, "10.0.0.1"),
        (values.ip_and_mask4, "10.0.0.0/33"),
        (values.ip_and_mask6, "10.0.0.0/8"),
        (values.ip_and_mask6, "::/129"),
        (values.host_and_mask4, "10.0.0.0/255.0.255.0"),
        (values.network_and_mask4, "10.0.0.1/8"),
        (values.port_range, "2-1"),
        (values.port_range, "1-2-3"),
        (values.port_range, "99999"),
        (values.protocol, "nothing"),
        (values.protocol, "256"),
        (values.mac_and_mask, "02-00-00-00-00-01"),
        (values.exactly("?", "tcp", "udp"), "t"),
        (values.safe, "a*b"),
        (values.existing_file, "/nonexistent/file"),
        (values.date_time, "tomorrow"),
        (values.date_time, "2030/02/30 00:00:00"),
        (values.within(1, 3, "?"), "4"),
        (values.at_least_one("?"), "4294967296"),
    ],
)
def test_bad_values(check: Check, text: str) -> None:
    with pytest.raises(Wrong):
        check(text)


def test_a_time_is_local() -> None:
    at = datetime.fromtimestamp(values.date_time("2030/01/02 03:04:05") / 1000, UTC).astimezone()
    assert f"{at:%Y/%m/%d %H:%M:%S}" == "2030/01/02 03:04:05"


def test_a_file_must_be_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("")
    assert values.existing_file(str(path)) == path


@pytest.mark.parametrize(
    ("mask", "length"),
    [(IPv4Address("255.255.0.0"), 16), (IPv4Address("255.0.255.0"), None), (IPv6Address("ffff::"), 16)],
)
def test_prefixes(mask: IPv4Address | IPv6Address, length: int | None) -> None:
    assert values.prefix_length(mask) == length


CHECKS: tuple[Check, ...] = (
    values.port,
    values.port_list,
    values.host_and_port(),
    values.ip,
    values.ip_and_mask4,
    values.ip_and_mask6,
    values.network_and_mask4,
    values.port_range,
    values.protocol,
    values.mac_and_mask,
    values.tcp_state,
    values.date_time,
    values.hexadecimal,
)


@given(st.sampled_from(CHECKS), st.text(max_size=30))
def test_any_text_means_something_or_is_wrong(check: Check, text: str) -> None:
    with suppress(Wrong):
        check(text)
