"""Configuration files: any bytes are refused with faults, or read, written and read again to the same."""

from etherloom.model.server import ServerSettings
from etherloom.services.takeover.reading import (
    FaultyConfiguration,
    Takeover,
    parse_configuration,
    read_configuration,
)
from etherloom.services.takeover.writing import write_configuration
from etherloom.state import keys
from etherloom.state.changes import Put
from etherloom.state.snapshot import Snapshot
from etherloom.store.counters import Counter
from etherloom.wire.config_text import write_text

_BEFORE = Snapshot.build(1, {keys.SERVER_SETTINGS: ServerSettings(bytes(16))})


def fuzz_one(data: bytes) -> None:
    parsed = parse_configuration(data)
    if parsed.faults:
        return
    written = write_text(parsed.root)
    again = parse_configuration(written)
    assert not again.faults, again.faults
    assert write_text(again.root) == written
    takeover = _read(data)
    if takeover is None:
        return
    exported = _write(takeover)
    second = _read(exported)
    assert second is not None, "what is written can be taken over"
    assert _write(second) == exported
    assert _lasting(second) == _lasting(takeover)


def _read(data: bytes) -> Takeover | None:
    try:
        return read_configuration(data, _BEFORE)
    except FaultyConfiguration:
        return None


def _write(takeover: Takeover) -> bytes:
    snapshot = Snapshot.build(1, {put.key: put.record for put in takeover.puts})
    return write_configuration(snapshot, lambda key: takeover.counters.get(key, Counter()))


def _lasting(takeover: Takeover) -> set[str]:
    """The objects; what is kept, and settings that are written although nobody set them, may be more."""
    objects = ("hub/", "listener/", "bridge/", "l3switch/", "etherip/", "wireguard/")
    return {put.key for put in takeover.puts if isinstance(put, Put) and _is_object(put.key, objects)}


def _is_object(key: str, objects: tuple[str, ...]) -> bool:
    return key.startswith(objects) and not key.endswith(("/log", "/securenat", "/radius"))
