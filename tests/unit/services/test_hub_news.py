"""Which of a hub's news people hear of."""

import pytest

from etherloom.engine.snapshots import HubEventRow
from etherloom.model.hub_option import HUB_OPTIONS
from etherloom.services.hub_news import is_wanted

_DEFAULTS = {option.name: option.default for option in HUB_OPTIONS}
_NEW = HubEventRow(event="new_mac", session=1, other=None, moved=False)
_MOVED = HubEventRow(event="new_mac", session=1, other=None, moved=True)
_INSIDE = HubEventRow(event="allotted", session=1, other=1)
_ACROSS = HubEventRow(event="allotted", session=1, other=2)
_STORM = HubEventRow(event="storm", session=1, other=None)
_LOOP = HubEventRow(event="loop", session=1, other=2)


@pytest.mark.parametrize(
    ("changed", "heard"),
    [
        ({}, [_MOVED, _ACROSS, _STORM, _LOOP]),
        ({"NoMacAddressLog": 0}, [_NEW, _MOVED, _ACROSS, _STORM, _LOOP]),
        ({"NoDhcpPacketLogOutsideHub": 0}, [_MOVED, _INSIDE, _ACROSS, _STORM, _LOOP]),
        ({"DoNotSaveHeavySecurityLogs": 1}, [_LOOP]),
    ],
)
def test_options_say_what_is_heard(changed: dict[str, int], heard: list[HubEventRow]) -> None:
    everything = (_NEW, _MOVED, _INSIDE, _ACROSS, _STORM, _LOOP)
    assert [event for event in everything if is_wanted(event, _DEFAULTS | changed)] == heard
