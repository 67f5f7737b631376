"""From what a file says to the one change that takes it over, and to the change that undoes that. Pure."""

import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.listener import Listener
from etherloom.model.undo import ImportUndo
from etherloom.services.takeover.reading import Takeover
from etherloom.state import keys, tree
from etherloom.state.changes import Delete, Operation, Put
from etherloom.state.documents import Record, decode_document, encode_record, find_kind
from etherloom.state.snapshot import Snapshot

_SHOWN: Final = 5
# What no file says, or need not say: it stays as it is where a file says nothing.
_STAYING: Final = frozenset({keys.SERVER_SETTINGS, keys.SERVER_IDENTITY, keys.UNDO})


def lost_hubs(takeover: Takeover, snapshot: Snapshot) -> Sequence[str]:
    """Return the hubs of this server that the file doesn't have."""
    named = {put.key for put in takeover.puts}
    return [hub.name for hub in snapshot.hubs() if keys.hub_key(hub.name) not in named]


def take_over(
    takeover: Takeover, snapshot: Snapshot, source: str, at_ms: int, *, replacing: bool
) -> Sequence[Operation]:
    """Return the change. Raises Refusal if hubs would be lost without `replacing`."""
    lost = lost_hubs(takeover, snapshot)
    if lost and not replacing:
        names = ", ".join(lost[:_SHOWN]) + (", ..." if len(lost) > _SHOWN else "")
        raise Refusal(
            ErrorCode.OBJECT_EXISTS,
            f"the file doesn't have {names}, which would be lost: repeat it with --replace if that is meant",
        )
    undo = ImportUndo(snapshot.revision + 1, at_ms, source, _pack(snapshot))
    named = {put.key for put in takeover.puts}
    return [*_deletions(snapshot, named), *takeover.puts, Put(keys.UNDO, undo)]


def _deletions(snapshot: Snapshot, named: set[str]) -> Iterator[Operation]:
    without_ports = not any(key.startswith(keys.LISTENERS_PREFIX) for key in named)
    for key, record in snapshot.documents():
        stays = key in _STAYING or key.startswith(keys.HOOKS_PREFIX)
        stays = stays or (without_ports and isinstance(record, Listener))
        if key not in named and not stays:
            yield Delete(key)


def undo(snapshot: Snapshot, *, discarding: bool) -> Sequence[Operation]:
    """Return the change that brings back what was before the last import. Raises Refusal."""
    kept = snapshot.find(keys.UNDO, ImportUndo)
    if kept is None:
        raise Refusal(ErrorCode.OBJECT_NOT_FOUND, "there is no import to undo")
    later = snapshot.revision - kept.revision
    if later and not discarding:
        raise Refusal(
            ErrorCode.OBJECT_EXISTS,
            f"{later} changes were made since the import and would be lost: "
            "add --discard-later if that is meant",
        )
    former = tree.build(_unpack(kept))
    return [
        Delete(key) if record is None else Put(key, record)
        for key, record in tree.differences(snapshot.root, former)
    ]


def _pack(snapshot: Snapshot) -> bytes:
    documents = {key: _encode(key, record) for key, record in snapshot.documents() if key != keys.UNDO}
    return zlib.compress(json.dumps(documents).encode(), 1)


def _encode(key: str, record: Record) -> str:
    kind = find_kind(key)
    assert kind is not None, f"{key} is in the snapshot"
    return encode_record(kind, record).decode()


def _unpack(kept: ImportUndo) -> dict[str, Record]:
    documents = json.loads(zlib.decompress(kept.documents))
    return {key: _decode(key, document) for key, document in documents.items()}


def _decode(key: str, document: str) -> Record:
    kind = find_kind(key)
    if kind is None:
        raise Refusal(ErrorCode.NOT_SUPPORTED, f"the import was made by another release, which knew {key}")
    record: Record = decode_document(kind, document.encode())
    return record
