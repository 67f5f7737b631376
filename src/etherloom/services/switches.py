"""The hubs that are on line, as the engine has them, and their MAC tables. Holds no configuration."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from etherloom.engine.commands import HubRules
from etherloom.engine.facade import Facade
from etherloom.engine.snapshots import HubEventRow, IpEntry, MacEntry
from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.names import fold

HubNews = Callable[[str, Sequence[HubEventRow], int], None]


class Switches:
    """One engine hub for each hub that is on line."""

    def __init__(self, engine: Facade) -> None:
        self._engine: Final = engine
        self._open: dict[str, int] = {}
        self._rules: dict[str, HubRules] = {}
        # Told the name of each hub before anything can be plugged into it.
        self.on_opened: Callable[[str], None] = lambda _name: None
        self._news: list[HubNews] = []

    def open(self, name: str, rules: HubRules) -> None:
        """Put a hub on the packet path; one that is there already gets other rules."""
        identifier = self._open.get(fold(name))
        if identifier is None:
            self._open[fold(name)] = self._engine.open_hub(rules, partial(self._tell, name))
            self._rules[fold(name)] = rules
            self.on_opened(name)
        elif rules != self._rules[fold(name)]:
            self._engine.set_hub_rules(identifier, rules)
            self._rules[fold(name)] = rules

    def on_news(self, callback: HubNews) -> None:
        """Have `callback` called with a hub's name, what it tells people, and how much was lost."""
        self._news.append(callback)

    def _tell(self, name: str, identifier: int) -> None:
        events, lost = self._engine.core.hub_events(identifier)
        for callback in self._news:
            callback(name, events, lost)

    def close(self, name: str) -> None:
        """Take the hub off the packet path; the engine ends whatever is still plugged in."""
        identifier = self._open.pop(fold(name), None)
        if identifier is not None:
            del self._rules[fold(name)]
            self._engine.close_hub(identifier)

    def names(self) -> set[str]:
        """Folded names of the hubs that are open."""
        return set(self._open)

    def find(self, name: str) -> int | None:
        return self._open.get(fold(name))

    def identifier(self, name: str) -> int:
        """Return the engine's number of a hub. Raises Refusal while it is off line."""
        identifier = self.find(name)
        if identifier is None:
            raise Refusal(ErrorCode.HUB_STOPPING, f"hub {name} is off line; bring it on line first")
        return identifier

    def mac_table(self, name: str) -> Sequence[MacEntry]:
        identifier = self.find(name)
        return self._engine.core.mac_table(identifier) if identifier is not None else ()

    def mac_count(self, name: str) -> int:
        identifier = self.find(name)
        return self._engine.core.mac_count(identifier) if identifier is not None else 0

    def ip_table(self, name: str) -> Sequence[IpEntry]:
        identifier = self.find(name)
        return self._engine.core.ip_table(identifier) if identifier is not None else ()

    def ip_count(self, name: str) -> int:
        identifier = self.find(name)
        return self._engine.core.ip_count(identifier) if identifier is not None else 0

    def delete_ip(self, name: str, address: str, vlan: int) -> bool:
        identifier = self.find(name)
        return identifier is not None and self._engine.core.delete_ip(identifier, address, vlan)

    def delete_mac(self, name: str, address: bytes, vlan: int) -> bool:
        identifier = self.find(name)
        return identifier is not None and self._engine.core.delete_mac(identifier, address, vlan)
