"""The real hub as a program that takes commands, for the comparison with the reference hub."""

import ipaddress
import struct
import subprocess
from pathlib import Path

from tests.support.reference_frame import Address
from tests.support.reference_rules import AccessRule, HubSetting, PortSetting

ATTACH, SET_PORT_RULES, DETACH, SET_RULES, FRAME, FRAME_AGAIN, PASS, TABLES = range(8)
REMOVE_STATION, REMOVE_ADDRESS, EVENTS, SET_ACCESS_LIST = range(8, 12)


class SwitchProgram:
    """`etherloom-switch`, running."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def close(self) -> None:
        """Let it end, and see that it ends well."""
        self._process.communicate(timeout=10)
        assert self._process.returncode == 0

    def begin_anew(self) -> None:
        self._call(b"")

    def attach(self, port: int, rules: PortSetting) -> bool:
        return self._call(bytes([ATTACH, port]) + rules.encode()) == "true"

    def set_port_rules(self, port: int, rules: PortSetting) -> None:
        self._call(bytes([SET_PORT_RULES, port]) + rules.encode())

    def detach(self, port: int) -> int:
        return int(self._call(bytes([DETACH, port])))

    def set_rules(self, rules: HubSetting) -> None:
        self._call(bytes([SET_RULES]) + rules.encode())

    def set_access_list(self, rules: list[AccessRule]) -> None:
        self._call(bytes([SET_ACCESS_LIST, len(rules)]) + b"".join(rule.encode() for rule in rules))

    def frame(self, port: int, data: bytes, *, again: bool = False) -> str:
        return self._call(bytes([FRAME_AGAIN if again else FRAME, port]) + data)

    def let_pass(self, milliseconds: int) -> None:
        self._call(struct.pack(">BI", PASS, milliseconds))

    def remove_station(self, mac: bytes, vlan: int) -> bool:
        return self._call(struct.pack(">B6sH", REMOVE_STATION, mac, vlan)) == "true"

    def remove_address(self, address: Address, vlan: int) -> bool:
        key = struct.pack(">BHB", REMOVE_ADDRESS, vlan, address.version) + address.packed
        return self._call(key) == "true"

    def tables(self) -> tuple[list[str], list[str]]:
        stations, addresses = self._call(bytes([TABLES])).split("|")
        return sorted(stations.split(";")[:-1]), sorted(map(_plain, addresses.split(";")[:-1]))

    def events(self) -> str:
        return self._call(bytes([EVENTS]))

    def _call(self, command: bytes) -> str:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(struct.pack(">H", len(command)) + command)
        self._process.stdin.flush()
        (length,) = struct.unpack(">H", self._process.stdout.read(2))
        return self._process.stdout.read(length).decode()


def _plain(line: str) -> str:
    """Libraries write IPv6 addresses in more than one way."""
    key, rest = line.split(" ", 1)
    address, vlan = key.split("/")
    return f"{ipaddress.ip_address(address)}/{vlan} {rest}"
