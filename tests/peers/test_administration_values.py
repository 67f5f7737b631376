"""The same calls to a stock server and to ours: what was set comes back the same, and so do refusals.

What may differ is listed here and in docs/design/differences.md; everything else must be equal.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from etherloom.model.errors import ErrorCode
from etherloom.rpc.catalog.call import AnyCall
from etherloom.rpc.pack_codec import encode_record
from etherloom.wire.pack import Pack
from tests.support.administration_steps import HUB, HUB_PASSWORD, Different, Step, steps
from tests.support.administrator import Administrator
from tests.support.peers import Kind
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock]

_PASSWORD = "adminpw"
# Elements that the tested original doesn't have, those of later editions.
_NEWER = frozenset(
    {
        *("DefaultGateway", "DefaultSubnet", "RadiusRetryTimeout", "AddDefaultCA", "BindLocalPort"),
        *("BindLocalIP", "ProtocolVersion", "ProtocolDetails", "NumConnectionsEatablished"),
    }
)
# Passwords and hashes are not sent back to who has just sent them.
_SECRETS = frozenset(
    {
        *("HashedPassword", "SecurePassword", "AdminPasswordPlainText", "PlainPassword", "ProxyPassword"),
        *("HashedKey", "NtLmSecureHash", "Auth_Password", "RadiusSecret", "ClientK"),
    }
)
# Which hub a reply is about: the original repeats the request, spelling and all, or leaves it out.
_HUB_NAMES = frozenset({"HubName"})
Values = Mapping[str, Sequence[Any]]


def test_values_come_back_as_from_the_original(own_world: World) -> None:
    """Every step in turn on both servers; all differences at once, not the first."""
    own_world.server(Kind.OURS).set_admin_password(_PASSWORD)
    own_world.server(Kind.STOCK).set_admin_password(_PASSWORD)
    ends = {kind: _End(own_world, kind) for kind in Kind}
    found: list[str] = []
    for number, step in enumerate(steps()):
        stock, ours = (ends[kind].make(step) for kind in (Kind.STOCK, Kind.OURS))
        found += [
            f"{number} {step.call.name}({step.request}): {line}" for line in _differences(step, stock, ours)
        ]
    for end in ends.values():
        end.close()
    assert not found, "\n".join(found)


class _End:
    """One server: its administrator and its hub's, and what the calls have answered so far."""

    def __init__(self, world: World, kind: Kind) -> None:
        self._host = world.host(kind)
        self._chief = Administrator.arrive(self._host, _PASSWORD)
        self._keeper: Administrator | None = None
        self._memory: dict[str, Values] = {}

    def make(self, step: Step) -> Values:
        request = encode_record(step.make(self._memory))
        answer = _values((self._hubs() if step.as_hub else self._chief).call(step.call.name, request))
        if "error" not in answer:
            self._memory[step.call.name] = answer
        return answer

    def _hubs(self) -> Administrator:
        if self._keeper is None:
            self._keeper = Administrator.arrive(self._host, HUB_PASSWORD, HUB)
        return self._keeper

    def close(self) -> None:
        for one in (self._chief, self._keeper):
            if one is not None:
                one.close()


def _values(pack: Pack) -> Values:
    values = {element.name: tuple(element.values) for element in pack}
    return {name: _without_fours(values, name) for name in values}


def _without_fours(values: Values, name: str) -> Sequence[Any]:
    """What stands as IPv4 beside an IPv6 address means nothing."""
    sixes = values.get(f"{name}@ipv6_bool")
    if sixes is None:
        return values[name]
    return tuple(0 if is_six else value for value, is_six in zip(values[name], sixes, strict=True))


def _differences(step: Step, stock: Values, ours: Values) -> list[str]:
    codes = tuple(next(iter(answer.get("error", (0,)))) for answer in (stock, ours))
    expected = (step.stock, step.ours) if isinstance(step, Different) else (codes[0], codes[0])
    if codes != expected:
        return [f"{ErrorCode(codes[0])!r} from the original, {ErrorCode(codes[1])!r} from ours"]
    if any(codes):
        return []
    passed_over = step.ignored | _NEWER | (_SECRETS if _changes(step.call) else frozenset()) | _HUB_NAMES
    return [
        f"{name}: {stock.get(name)} from the original, {ours.get(name)} from ours"
        for name in sorted(stock.keys() | ours.keys())
        if name.partition("@")[0] not in passed_over and not _equal(stock.get(name), ours.get(name))
    ]


def _changes(call: AnyCall) -> bool:
    return call.changes


def _equal(one: Sequence[Any] | None, other: Sequence[Any] | None) -> bool:
    """A missing element means zero or nothing to every reader."""
    if one is None or other is None:
        return not any(one or other or ())
    return one == other
