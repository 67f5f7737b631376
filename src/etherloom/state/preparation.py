"""From wished operations to a checked next snapshot and the entry that makes it durable. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from etherloom.model.errors import ErrorCode
from etherloom.state import tree
from etherloom.state.changes import Delete, DeletePrefix, Operation, Put
from etherloom.state.documents import DocumentError, check_record, encode_record, find_kind
from etherloom.state.faults import Fault, refuse
from etherloom.state.snapshot import Snapshot
from etherloom.state.validation import find_record_faults, find_relation_faults
from etherloom.store.log import PutDocument, StoredOperation


@dataclass(frozen=True, slots=True)
class Prepared:
    """A change that may be appended: what to publish, what to tell, what to store."""

    snapshot: Snapshot
    operations: tuple[Operation, ...]
    stored: tuple[StoredOperation, ...] = field(repr=False)


def prepare(old: Snapshot, wished: Sequence[Operation]) -> Prepared:
    """Return the change that `wished` makes of `old`. Raises Refusal with all that is wrong with it."""
    faults: list[Fault] = []
    root = old.root
    operations: list[Operation] = []
    stored: list[StoredOperation] = []
    for operation in wished:
        checked = _check(operation, faults)
        if checked is None:
            continue
        root, before = _apply(root, checked[0]), root
        if root is not before:
            operations.append(checked[0])
            stored.append(checked[1])
    new = Snapshot(old.revision + 1, root)
    faults.extend(_relation_faults(operations, new))
    if faults:
        raise refuse(faults)
    return Prepared(new, tuple(operations), tuple(stored))


def _check(operation: Operation, faults: list[Fault]) -> tuple[Operation, StoredOperation] | None:
    if not isinstance(operation, Put):
        return operation, operation
    kind = find_kind(operation.key)
    if kind is None:
        faults.append(Fault(ErrorCode.INVALID_PARAMETER, f"no document can live under {operation.key!r}"))
        return None
    try:
        record = check_record(kind, operation.record)
        document = encode_record(kind, record)
    except DocumentError as error:
        faults.append(Fault(ErrorCode.INVALID_PARAMETER, f"{operation.key}: {error}"))
        return None
    faults.extend(find_record_faults(operation.key, record))
    return Put(operation.key, record), PutDocument(operation.key, document, kind.secret)


def _apply(root: tree.Node, operation: Operation) -> tree.Node:
    match operation:
        case Put(key, record):
            return tree.put(root, key, record)
        case Delete(key):
            return tree.delete(root, key)
        case DeletePrefix(prefix):
            return tree.delete_prefix(root, prefix)
        case _:
            assert_never(operation)


def _relation_faults(operations: Sequence[Operation], new: Snapshot) -> Iterator[Fault]:
    for operation in operations:
        match operation:
            case Put(key, _):
                yield from find_relation_faults(key, new)
            case Delete(key):
                node = tree.find(new.root, key)
                if node is not None and node.record is None:
                    yield Fault(
                        ErrorCode.INVALID_PARAMETER,
                        f"{key} can't go alone: something belongs to it (delete the whole prefix)",
                    )
            case _:
                pass
