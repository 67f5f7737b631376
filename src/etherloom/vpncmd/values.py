"""What parameters may look like, and what they then mean. Pure; Wrong carries the sentence for the user."""

import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any, Final

_NUMBER: Final = re.compile(r"\s*(\d+)")
_TIME: Final = re.compile(r"(\d{4})[/-](\d+)[/-](\d+) +(\d+):(\d+):(\d+)$")
_NO_TIME: Final = 'Specify year/month/day hour:minute:second, such as "2030/12/31 23:59:59".'
_PROTOCOLS: Final = {"ip": 0, "tcp": 6, "udp": 17, "icmpv4": 1, "icmpv6": 58}
_ANY_ADDRESS: Final = IPv4Address(0)
_SEPARATORS: Final = " -:,;\t"
MAXIMUM_NUMBER: Final = 4_294_967_295

Check = Callable[[str], Any]


class Wrong(Exception):
    """A value that can't be read; the sentence says what is needed."""


@dataclass(frozen=True, slots=True)
class HostPort:
    """Where something is."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Masked4:
    """IPv4 addresses that are equal under a mask."""

    address: IPv4Address
    mask: IPv4Address


@dataclass(frozen=True, slots=True)
class Masked6:
    """IPv6 addresses that are equal under a mask."""

    address: IPv6Address
    mask: IPv6Address


@dataclass(frozen=True, slots=True)
class MaskedMac:
    """MAC addresses that are equal under a mask."""

    mac: bytes
    mask: bytes


# --- texts and numbers -------------------------------------------------------------------------------------


def text(value: str) -> str:
    return value


def nonempty(value: str) -> str:
    if not value:
        raise Wrong("You cannot make a blank specification.")
    return value


def leading_number(value: str) -> int:
    """The digits that a text begins with; 0 if there are none, as the original reads numbers."""
    found = _NUMBER.match(value)
    return min(int(found[1]), MAXIMUM_NUMBER) if found else 0


def within(low: int, high: int, sentence: str) -> Check:
    """A number in a range, or the sentence."""

    def check(value: str) -> int:
        found = _NUMBER.match(value)
        number = int(found[1]) if found else 0
        if not low <= number <= high:
            raise Wrong(sentence)
        return number

    return check


def at_least_one(sentence: str) -> Check:
    return within(1, MAXIMUM_NUMBER, sentence)


def yes(value: str) -> bool:
    """Yes, true, or a number that isn't zero."""
    return value[:1].casefold() in ("y", "t") or leading_number(value) != 0


def exactly(sentence: str, *words: str) -> Check:
    """One of the words, whole."""

    def check(value: str) -> str:
        if value.casefold() not in words:
            raise Wrong(sentence)
        return value.casefold()

    return check


def safe(value: str) -> str:
    if not value or re.search(r'[\x00-\x1f"*/:<>?\\|]', value):
        raise Wrong("The string contains unusable characters.")
    return value


# --- ports and addresses -----------------------------------------------------------------------------------

_PORT: Final = "Port number is invalid. Specify a port number that is within the range of 1 to 65535."
_HOST_AND_PORT: Final = (
    "The host name and port number specification is invalid. \n"
    "Please specify using the format of host name:port number, or IP address:port number."
)
port = within(1, 65_535, _PORT)


def port_list(value: str) -> tuple[int, ...]:
    """Numbers; whether they are ports is for whoever takes them to say."""
    words = [word for word in re.split(r"[\s,]+", value) if word]
    if not words or not all(word.isdecimal() for word in words):
        raise Wrong('Specify port numbers, separated by commas, such as "443,992,8888".')
    return tuple(leading_number(word) for word in words)


def host_and_port(default: int = 0) -> Check:
    """A host and a port; without a default the port is needed."""

    def check(value: str) -> HostPort:
        host, number = split_host(value)
        found = leading_number(number) if number else default
        if not host or not 0 < found < 65_536:
            raise Wrong(_HOST_AND_PORT)
        return HostPort(host, found)

    return check


def split_host(value: str) -> tuple[str, str]:
    """`host:port` or `[host]:port`; an IPv6 address without brackets has no port."""
    if value.startswith("["):
        host, _, rest = value[1:].partition("]")
        return host, rest.removeprefix(":")
    if value.count(":") > 1:
        return value, ""
    host, _, number = value.partition(":")
    return host.strip(), number


def ip(value: str) -> IPv4Address:
    if not value:
        return _ANY_ADDRESS
    try:
        return IPv4Address(value)
    except ValueError:
        raise Wrong("The IP address is incorrectly specified.") from None


_MASK4: Final = (
    'Specify an IPv4 address and a mask, such as "192.168.0.0/24" or "192.168.0.0/255.255.255.0". '
    'For a single host use the mask "32".'
)
_MASK6: Final = (
    'Specify an IPv6 address and a mask, such as "2001:db8::/32". For a single host use the mask "128".'
)
_NO_NETWORK: Final = "The specified IP address is not a network address."


def ip_and_mask4(value: str) -> Masked4:
    address, slash, mask = value.partition("/")
    try:
        return Masked4(IPv4Address(address), _mask4(mask if slash else ""))
    except ValueError:
        raise Wrong(_MASK4) from None


def _mask4(mask: str) -> IPv4Address:
    if not mask.isdecimal():
        return IPv4Address(mask)
    if int(mask) > 32:
        raise ValueError(mask)
    return IPv4Address((1 << 32) - (1 << (32 - int(mask))))


def ip_and_mask6(value: str) -> Masked6:
    address, slash, mask = value.partition("/")
    try:
        return Masked6(IPv6Address(address), _mask6(mask if slash else ""))
    except ValueError:
        raise Wrong(_MASK6) from None


def _mask6(mask: str) -> IPv6Address:
    if not mask.isdecimal():
        return IPv6Address(mask)
    if int(mask) > 128:
        raise ValueError(mask)
    return IPv6Address((1 << 128) - (1 << (128 - int(mask))))


def host_and_mask4(value: str) -> Masked4:
    """An address in a subnet, whose mask is one run of ones."""
    found = ip_and_mask4(value)
    if prefix_length(found.mask) is None:
        raise Wrong(_MASK4)
    return found


def network_and_mask4(value: str) -> Masked4:
    found = host_and_mask4(value)
    if int(found.address) & ~int(found.mask) & 0xFFFFFFFF:
        raise Wrong(_NO_NETWORK)
    return found


def prefix_length(mask: IPv4Address | IPv6Address) -> int | None:
    """How many ones the mask begins with, if that is all there is to it."""
    bits = bin(int(mask))[2:].zfill(mask.max_prefixlen)
    ones = len(bits) - len(bits.lstrip("1"))
    return ones if "1" not in bits[ones:] else None


def any_ip(value: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(value)
    except ValueError:
        return None


# --- rules of access lists ---------------------------------------------------------------------------------


def port_range(value: str) -> tuple[int, int]:
    """One port or two with a dash between; nothing means all."""
    if not value:
        return 0, 0
    words = [word.strip() for word in value.split("-")]
    numbers = [int(word) if word.isdecimal() else 0 for word in words]
    if len(numbers) > 2 or any(not 0 < number < 65_536 for number in numbers) or numbers[0] > numbers[-1]:
        raise Wrong('Specify a port from 1 to 65535, or two ports with a dash between, such as "1024-2047".')
    return numbers[0], numbers[-1]


def protocol(value: str) -> int:
    wanted = value.casefold()
    for name, number in _PROTOCOLS.items():
        if name.startswith(wanted):
            return number
    if value.isdecimal() and int(value) < 256:
        return int(value)
    raise Wrong(
        "The protocol is incorrectly specified. Specify either ip, tcp, udp, icmpv4, icmpv6 "
        "or a protocol number (0 to 255) for the protocol."
    )


def mac(value: str) -> bytes | None:
    digits = re.sub(r"[-:.\s]", "", value)
    return bytes.fromhex(digits) if re.fullmatch(r"[0-9A-Fa-f]{12}", digits) else None


def mac_and_mask(value: str) -> MaskedMac | None:
    if not value:
        return None
    address, _, mask = value.partition("/")
    found = mac(address), mac(mask)
    if found[0] is None or found[1] is None:
        raise Wrong(
            "The MAC address and mask specification is invalid. Use hexadecimal number with the separators, "
            '"-" or ":", and without the separators. An example is "00-AC-84-EA-33-BC/FF-FF-FF-FF-FF-FF".'
        )
    return MaskedMac(found[0], found[1])


def tcp_state(value: str) -> bool | None:
    """True for established connections, False for others, None for all."""
    if not value:
        return None
    return not "unestablished".startswith(value.casefold())


# --- others ------------------------------------------------------------------------------------------------


def existing_file(value: str) -> Path:
    path = Path(value)
    if not value or not path.is_file():
        raise Wrong(f'Cannot find specified file "{value}".')
    return path


def date_time(value: str) -> int:
    """Local time as Unix milliseconds; 0 for never."""
    if not value:
        return 0
    found = _TIME.match(value.strip())
    if not found:
        raise Wrong(_NO_TIME)
    year, month, day, hour, minute, second = (int(part) for part in found.groups())
    try:
        at = datetime(year, month, day, hour, minute, second).astimezone()
    except (ValueError, OverflowError):
        raise Wrong(_NO_TIME) from None
    return int(at.timestamp() * 1000)


def hexadecimal(value: str) -> bytes:
    """The bytes in a text of hexadecimal digits, as far as it is one; blanks and dashes may separate them."""
    digits = ""
    for letter in value:
        if letter in string.hexdigits:
            digits += letter
        elif letter not in _SEPARATORS:
            break
    return bytes.fromhex(digits[: len(digits) // 2 * 2])
