"""What else a hub is told: options, limits, RADIUS servers, the message for clients, what is logged.

Keeps it; those who act on it read the snapshot. Judges no rights.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.hub import Hub, HubMessage, HubOptions, Radius
from etherloom.model.hub_option import HUB_LIMITS, HUB_OPTIONS
from etherloom.model.log import HubLog
from etherloom.services.hubs import find_hub
from etherloom.state import keys
from etherloom.state.changes import Delete, Operation, Origin, Put
from etherloom.state.documents import Record
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot

MAXIMUM_OPTIONS: Final = 4_096
NOT_GIVEN: Final = 0xFFFF_FFFF
NO_UDP: Final = "DisableUdpAcceleration"
# The tested original has no such options.
_NEWER: Final = frozenset(
    {"AllowSameUserInPrivacyFilterMode", "AllowEapMatchUserByCert", "DhcpDiscoverTimeoutMs"}
)
_LONGEST_RETRY_MS: Final = 15_000
_USUAL_RETRY_MS: Final = 1_000
_OPTION_NAMES: Final = {option.name.casefold(): option for option in HUB_OPTIONS}
_LIMIT_NAMES: Final = {name.casefold(): name for name in HUB_LIMITS}

Given = Iterable[tuple[str, int]]
_Key = Callable[[str], str]


def limit_of(snapshot: Snapshot, hub: str, name: str) -> int:
    """Return one limit of a hub's administrators; 0 if it isn't set."""
    kept = snapshot.find(keys.limits_key(hub), HubOptions)
    return dict(kept.values).get(name, 0) if kept else 0


def read_limits(snapshot: Snapshot, hub: str) -> Mapping[str, int]:
    """Return all limits of a hub, by name, those that nobody here knows among them."""
    kept = snapshot.find(keys.limits_key(find_hub(snapshot, hub).name), HubOptions)
    values = {**dict.fromkeys(HUB_LIMITS, 0), **dict(kept.values if kept else ())}
    return dict(sorted(values.items(), key=lambda item: item[0].casefold()))


def read_options(snapshot: Snapshot, hub: str) -> Mapping[str, int]:
    """Return the options of a hub in the usual order. Rare ones are there only if somebody set them."""
    settings = find_hub(snapshot, hub)
    kept = snapshot.find(keys.options_key(settings.name), HubOptions)
    changed = dict(kept.values if kept else ())
    changed[NO_UDP] = int(bool(changed.get(NO_UDP)) or not settings.udp_acceleration)
    return {
        option.name: changed.get(option.name, option.default)
        for option in HUB_OPTIONS
        if option.name not in _NEWER or option.name in changed
    }


class Options:
    """Options of all hubs."""

    def __init__(self, owner: Owner) -> None:
        self._owner: Final = owner

    async def set_limits(self, hub: str, given: Given, origin: Origin) -> None:
        """Replace all limits; one that isn't given is 0. Unknown names are kept."""
        values = tuple(given)
        if len(values) > MAXIMUM_OPTIONS:
            raise Refusal(ErrorCode.TOO_MANY_ITEMS, f"a hub has at most {MAXIMUM_OPTIONS} limits")
        named = {_LIMIT_NAMES.get(name.casefold(), name): value for name, value in values}
        wanted = HubOptions(tuple((n, v) for n, v in named.items() if v or n not in HUB_LIMITS))

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            return [_put_or_delete(keys.limits_key(find_hub(snapshot, hub).name), wanted)]

        await self._owner.apply(derive, origin)

    async def change_options(self, hub: str, given: Given, origin: Origin) -> None:
        """Change the options that are given; names that nobody knows are passed over."""
        known = [(_OPTION_NAMES.get(name.casefold()), value) for name, value in given]
        wanted = {option: value for option, value in known if option is not None and value != NOT_GIVEN}

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            settings = find_hub(snapshot, hub)
            old = snapshot.find(keys.options_key(settings.name), HubOptions)
            values = dict(old.values if old else ())
            for option, value in wanted.items():
                values.pop(option.name, None)
                if option.name != NO_UDP and value != option.default:
                    values[option.name] = value
            put = _put_or_delete(keys.options_key(settings.name), HubOptions(tuple(values.items())))
            return [put, *_udp_operations(settings, {o.name: v for o, v in wanted.items()})]

        await self._owner.apply(derive, origin)

    async def set_radius(self, hub: str, radius: Radius, origin: Origin) -> None:
        """Change the RADIUS servers; an empty host means none, the rest is remembered."""
        interval = min(radius.retry_interval, _LONGEST_RETRY_MS) or _USUAL_RETRY_MS
        await self._put(hub, keys.radius_key, replace(radius, retry_interval=interval), origin)

    async def set_message(self, hub: str, text: str, origin: Origin) -> None:
        """Change what clients are shown; nothing, if it is empty."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            key = keys.message_key(find_hub(snapshot, hub).name)
            return [Put(key, HubMessage(text)) if text else Delete(key)]

        await self._owner.apply(derive, origin)

    async def set_log(self, hub: str, log: HubLog, origin: Origin, *, keep_switches: bool) -> None:
        """Change what is logged. `keep_switches`: when a new file begins stays as it is."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            key = keys.hub_log_key(find_hub(snapshot, hub).name)
            old = snapshot.find(key, HubLog) or HubLog()
            kept = replace(log, security_switch=old.security_switch, packet_switch=old.packet_switch)
            return [Put(key, kept if keep_switches else log)]

        await self._owner.apply(derive, origin)

    async def _put(self, hub: str, key: _Key, record: Record, origin: Origin) -> None:
        await self._owner.apply(lambda s: [Put(key(find_hub(s, hub).name), record)], origin)


def _put_or_delete(key: str, options: HubOptions) -> Operation:
    return Put(key, options) if options.values else Delete(key)


def _udp_operations(hub: Hub, wanted: Mapping[str, int]) -> Sequence[Operation]:
    """UDP acceleration is a setting of the hub itself here."""
    if NO_UDP not in wanted:
        return []
    return [Put(keys.hub_key(hub.name), replace(hub, udp_acceleration=not wanted[NO_UDP]))]
