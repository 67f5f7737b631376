"""An access list, asked entry by entry, for the reference hub."""

from ipaddress import ip_network

from tests.support.reference_frame import Address, Read
from tests.support.reference_rules import AccessRule, PortSetting


class ReferenceList:
    """Entries in their order, and where those about targets' users begin."""

    def __init__(self, rules: list[AccessRule]) -> None:
        self.rules = sorted(rules, key=lambda rule: (rule.priority, rule.discard))
        about_targets = [place for place, rule in enumerate(self.rules) if rule.target_user]
        self.split = about_targets[0] if about_targets else len(self.rules)

    def on_entry(self, frame: Read, source: PortSetting) -> AccessRule | None:
        """The entry about a frame where it comes in."""
        found = (rule for rule in self.rules[: self.split] if _matches(rule, frame, source))
        return next(found, None)

    def on_exit(self, frame: Read, source: PortSetting, target: PortSetting) -> AccessRule | None:
        """The entry about a frame where it goes out to one port."""
        for rule in self.rules[self.split :]:
            if rule.target_user in {0, target.user + 1} and _matches(rule, frame, source):
                return rule
        return None


def _matches(rule: AccessRule, frame: Read, source: PortSetting) -> bool:
    if not rule.active or frame.arp_sender is not None or rule.source_user not in {0, source.user + 1}:
        return False
    version = 6 if rule.ipv6 else 4
    addresses = frame.addresses or (None, None)
    for block, address in zip((rule.source, rule.target), addresses, strict=True):
        if block is not None and not _is_within(block, address):
            return False
    if rule.protocol and (frame.version, frame.protocol) != (version, rule.protocol):
        return False
    if rule.target_ports is None:
        return True
    first, last = min(rule.target_ports), rule.target_ports[1]
    return frame.version == version and frame.ports is not None and first <= frame.ports[1] <= last


def _is_within(block: tuple[Address, int], address: Address | None) -> bool:
    network = ip_network(block, strict=False)
    return address is not None and address.version == network.version and address in network
