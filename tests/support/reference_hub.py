"""A hub as the facts about the original describe it: small, slow, for comparison with the real one.

Written from the description, step by step in its order. It differs where `docs/design/differences.md` says
that we do; how stations and addresses are kept is in `reference_tables`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from tests.support import reference_policy as policy
from tests.support.reference_access import ReferenceList
from tests.support.reference_frame import GROUP, NOBODY, Address, Dropped, Read, read, read_ethernet
from tests.support.reference_rules import STATION, HubSetting, PortSetting
from tests.support.reference_tables import EXCLUSIVE_MS, NOTED_MS, Addresses, Entry, Stations, Storm, Tokens

PRIVATE = [
    IPv4Network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10")
]


class Treated(Exception):
    """An access list has more to do with a frame."""


@dataclass
class Port:
    """One port and what is kept for it."""

    rules: PortSetting
    upload: Tokens = field(default_factory=Tokens)
    download: Tokens = field(default_factory=Tokens)
    storms: list[tuple[tuple[bytes, object, object], Storm]] = field(default_factory=list)
    active: int | None = None


@dataclass
class Judged:
    """What is to be done with a frame."""

    verdict: str
    frame: Read | None = None
    target: int | None = None
    checked: bool = False


class ReferenceHub:
    """Attach ports, put frames in, see what comes of them."""

    def __init__(self) -> None:
        self.rules = HubSetting(always=frozenset())
        self.ports: dict[int, Port] = {}
        self.stations = Stations()
        self.addresses = Addresses()
        self.access_list = ReferenceList([])
        self.checked = False
        self.events: list[str] = []
        self.now = 1000

    def attach(self, port: int, rules: PortSetting) -> bool:
        if port in self.ports:
            return False
        self.ports[port] = Port(rules)
        return True

    def set_port_rules(self, port: int, rules: PortSetting) -> None:
        if port in self.ports:
            self.ports[port].rules = rules

    def detach(self, port: int) -> int:
        self.ports.pop(port, None)
        before = len(self.stations.known)
        self.stations.known = {key: it for key, it in self.stations.known.items() if it.port != port}
        self.addresses.known = {key: it for key, it in self.addresses.known.items() if it.port != port}
        return before - len(self.stations.known)

    def judge(self, port: int, data: bytes, *, again: bool = False) -> Judged:
        if port not in self.ports:
            return Judged("drop not_attached")
        self.checked = again
        try:
            frame = (
                read_ethernet(data)[0]
                if "no_ip_parsing" in self.rules.options
                else read(data, self.rules.vlan_type)
            )
            target = self._judge_again(port, frame) if again else self._judge(port, frame)
        except Treated:
            return Judged("treat")
        except Dropped as dropped:
            return Judged(f"drop {dropped.reason}")
        if target is None:
            return Judged("flood", frame, None, self.checked)
        return Judged(f"unicast {target}", frame, target, self.checked)

    def egress(self, ingress: int, judged: Judged) -> Iterator[tuple[int, str]]:
        """What each port gets, in order."""
        if judged.frame is None:
            return
        for number, port in sorted(self.ports.items()):
            is_target = judged.target == number or port.rules.monitor
            if number != ingress and (judged.target is None or is_target):
                try:
                    yield number, self._egress(self.ports[ingress], port, judged)
                except Dropped as dropped:
                    yield number, dropped.reason

    # The way in.

    def _judge(self, number: int, frame: Read) -> int | None:
        port = self.ports[number]
        station = self._station(frame)
        if {frame.source, station} & {GROUP, NOBODY} or frame.source == frame.target:
            raise Dropped("invalid_source")
        if port.rules.monitor:
            raise Dropped("monitor_port")
        if self.rules.dormant_ms and port.rules.kind == "client" and frame.source[:2] != b"\x00\xae":
            port.active = self.now
        rate = port.rules.max_upload
        if rate and not policy.is_urgent(frame) and not port.upload.take(len(frame.data), rate, self.now):
            raise Dropped("upload_limit")
        for told in policy.refuse_from(port.rules.policy, frame):
            self._tell(number, told)
        self._learn_allotment(number, frame)
        policy.refuse_for_all(self.rules.options, frame)
        entry = self.access_list.on_entry(frame, port.rules)
        self.checked = entry is not None
        if entry and entry.discard:
            raise Dropped("access_list")
        if entry and entry.delayed:
            raise Treated
        return self._pass_on(number, frame)

    def _judge_again(self, number: int, frame: Read) -> int | None:
        if self.ports[number].rules.monitor:
            raise Dropped("monitor_port")
        return self._pass_on(number, frame)

    def _pass_on(self, number: int, frame: Read) -> int | None:
        if "station" in self.rules.options and frame.source == STATION:
            raise Dropped("hub_station")
        self._learn(number, frame)
        target = self._look_up(number, frame)
        self._note_address(number, frame)
        if target is None:
            self._limit_flood(number, frame)
        return target

    def _station(self, frame: Read) -> bytes:
        if frame.bridge is not None and "no_bpdu_identity" not in self.rules.options:
            return frame.bridge
        return frame.source

    def _vlan(self, frame: Read) -> int:
        return 0 if "no_vlan_identity" in self.rules.options else frame.vlan

    def _learn(self, number: int, frame: Read) -> None:
        key = (self._station(frame), self._vlan(frame))
        rules = self.ports[number].rules
        entry = self.stations.alive(key, self.rules.mac_age_ms, self.now)
        if entry is None:
            self._learn_new(number, key)
        elif entry.port == number:
            if self.now - entry.updated >= NOTED_MS:
                entry.updated = self.now
        else:
            guarded = rules.kind == "bridge" and "no_check_mac_on_bridge" not in self.rules.options
            if ("check_mac" in rules.policy or guarded) and self.now - entry.updated <= EXCLUSIVE_MS:
                raise Dropped("check_mac")
            self.stations.known[key] = Entry(number, self.now, self.now)
            self._tell(number, "new_mac true")

    def _learn_new(self, number: int, key: tuple[bytes, int]) -> None:
        rules = self.ports[number].rules
        self.stations.sweep(self.rules.mac_age_ms, self.now)
        known = self.stations.known.pop(key, None)
        most = policy.most(rules.max_mac, "no_bridge" in rules.policy, 3, 3)
        count = self.stations.count(number)
        is_full = known is None and len(self.stations.known) >= self.rules.mac_entries
        if known and (most is not None and count >= most):
            self.stations.known[key] = known
        if most is not None and count >= most:
            self._tell(number, f"too_many_macs {count}")
            raise Dropped("no_bridge" if "no_bridge" in rules.policy else "max_mac")
        if is_full:
            raise Dropped("mac_table_full")
        self.stations.known[key] = Entry(number, self.now, self.now)
        self._tell(number, "new_mac false")

    def _look_up(self, number: int, frame: Read) -> int | None:
        if frame.is_broadcast:
            return None
        entry = self.stations.alive((frame.target, self._vlan(frame)), self.rules.mac_age_ms, self.now)
        if entry and entry.port == number:
            raise Dropped("same_port")
        return entry.port if entry else None

    # Addresses.

    def _learn_allotment(self, number: int, frame: Read) -> None:
        allotment = frame.allotment
        if allotment is None or "no_ip_table" in self.rules.options:
            return
        address, station = allotment
        owner = self.stations.alive((station, self._vlan(frame)), self.rules.mac_age_ms, self.now)
        if owner is None or (owner.port == number and "dhcp_force" in self.ports[number].rules.policy):
            return
        key = (address, self._vlan(frame))
        known = self._alive(key)
        is_new = known is None or not known.by_dhcp or known.port != owner.port
        self.addresses.sweep((self.rules.ip_age_ms, self.rules.dhcp_age_ms), self.now)
        self.addresses.make_room(key, owner.port, self.rules.ip_entries)
        self.addresses.known[key] = Entry(owner.port, self.now, self.now, station, by_dhcp=True)
        if is_new:
            self._tell(number, f"allotted {owner.port}")

    def _alive(self, key: tuple[Address, int]) -> Entry | None:
        entry = self.addresses.known.get(key)
        ages = (self.rules.ip_age_ms, self.rules.dhcp_age_ms)
        return entry if entry and self.now - entry.updated < ages[entry.by_dhcp] else None

    def _note_address(self, number: int, frame: Read) -> None:
        address = policy.source_address(frame)
        if address is None or "no_ip_table" in self.rules.options:
            return
        rules = self.ports[number].rules
        key = (address, self._vlan(frame))
        forced = address.version == 4 and "dhcp_force" in rules.policy
        entry = self._alive(key)
        if entry is None:
            if forced:
                self._refuse_address(number, "dhcp_force", "not_allotted")
            self._note_new(number, key, frame)
            return
        guarded = forced or ("check_ip" if address.version == 4 else "check_ipv6") in rules.policy
        if entry.port != number and guarded and self.now - entry.updated <= EXCLUSIVE_MS:
            reason = "check_ip" if address.version == 4 else "check_ipv6"
            self._refuse_address(number, reason, f"conflict {entry.port}")
        if forced and not entry.by_dhcp:
            self._refuse_address(number, "dhcp_force", "not_allotted")
        if entry.port != number or entry.mac != frame.source or self.now - entry.updated >= NOTED_MS:
            entry.port, entry.mac, entry.updated = number, frame.source, self.now

    def _note_new(self, number: int, key: tuple[Address, int], frame: Read) -> None:
        rules, version = self.ports[number].rules, key[0].version
        if version == 4:
            few, reasons = "no_routing" in rules.policy, ("max_ip", "no_routing")
            most = policy.most(rules.max_ip, few, 4, 4)
        else:
            few, reasons = "no_routing_v6" in rules.policy, ("max_ipv6", "no_routing_v6")
            most = policy.most(rules.max_ipv6, few, 15, 5)
            if frame.is_router_discovery or frame.is_dhcpv6:
                most = None
        ages = (self.rules.ip_age_ms, self.rules.dhcp_age_ms)
        if most is not None:
            self.addresses.sweep(ages, self.now)
            own = self.addresses.known.get(key)
            count = self.addresses.count(number, version) - (own is not None and own.port == number)
            if count >= most:
                self._refuse_address(number, reasons[few], f"too_many_addresses {count}")
        if self._is_noted(key[0]):
            self.addresses.sweep(ages, self.now)
            self.addresses.make_room(key, number, self.rules.ip_entries)
            self.addresses.known[key] = Entry(number, self.now, self.now, frame.source)

    def _is_noted(self, address: Address) -> bool:
        if isinstance(address, IPv4Address):
            is_private = any(address in network for network in PRIVATE)
            return is_private or "only_private_ipv4" not in self.rules.options
        return address.is_link_local or "only_link_local_ipv6" not in self.rules.options

    def _refuse_address(self, number: int, reason: str, told: str) -> None:
        self._tell(number, told)
        raise Dropped(reason)

    # Floods, and the way out.

    def _limit_flood(self, number: int, frame: Read) -> None:
        port = self.ports[number]
        if "no_broadcast_limiter" in port.rules.policy:
            return
        source, target = frame.addresses or (frame.arp_sender, None)
        # What has no addresses has the same ones everywhere, and so has ARP as its target.
        none = IPv4Address(0)
        key = (frame.source, source or none, target or none)
        is_strict = "storm_strict" in self.rules.options
        near = [
            storm
            for known, storm in port.storms
            if known == key
            or (is_strict and known[0] == key[0] and (known[1] == key[1] or known[2] == key[2]))
        ]
        storm = near[0] if near else Storm()
        if not near:
            port.storms.append((key, storm))
        passes, rate = storm.judge(max(self.rules.storm_threshold, 1), self.now)
        if rate is not None:
            self._tell(number, f"storm {rate}")
        if not passes:
            raise Dropped("storm")

    def _egress(self, source: Port, target: Port, judged: Judged) -> str:
        frame = judged.frame
        assert frame is not None
        strip, hide = False, False
        if not target.rules.monitor:
            policy.refuse_apart(source.rules, target.rules, self.rules.options, frame)
            policy.refuse_to(target.rules.policy, frame)
        if target.rules.vlan:
            tag = frame.data[12:14], int.from_bytes(frame.data[14:16], "big") & 0xFFF
            if tag != (self.rules.vlan_type.to_bytes(2, "big"), target.rules.vlan) or len(frame.data) < 16:
                raise Dropped("other_vlan")
            strip = True
        if not target.rules.monitor:
            if "station" in self.rules.options and STATION in {frame.source, frame.target}:
                raise Dropped("hub_station")
            self._refuse_dormant(target, judged)
            hide = self._hides_router(target.rules, frame)
        entry = self.access_list.on_exit(frame, source.rules, target.rules)
        if entry and entry.discard and not judged.checked:
            raise Dropped("access_list")
        rate = target.rules.max_download
        if rate and not policy.is_urgent(frame) and not target.download.take(len(frame.data), rate, self.now):
            raise Dropped("download_limit")
        changes = ["strip_tag"] * strip + ["no_default_router"] * hide
        return "+".join(changes) or "as_is"

    def _refuse_dormant(self, target: Port, judged: Judged) -> None:
        dormant = self.rules.dormant_ms
        if not dormant or target.rules.kind != "client" or judged.target is not None:
            return
        if target.active is None or self.now - target.active >= dormant:
            raise Dropped("dormant")

    def _hides_router(self, rules: PortSetting, frame: Read) -> bool:
        if frame.icmpv6 != 134 or len(frame.payload) < 16:
            return False
        over_ipv6 = "no_default_router_over_ipv6"
        hub_or_policy = over_ipv6 in rules.policy or over_ipv6 in self.rules.options
        return "no_default_router" in rules.policy or (rules.over_ipv6 and hub_or_policy)

    def _tell(self, number: int, event: str) -> None:
        self.events.append(f"{number} {event};")
