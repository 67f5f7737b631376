"""How a logged entry's operations are written in the log table. Pure; secrets leave only their keys."""

import json
from collections.abc import Sequence
from typing import Any, assert_never

from etherloom.store.log import Delete, DeletePrefix, LoggedOperation, PutDocument, SecretChanged


def encode_operations(operations: Sequence[LoggedOperation]) -> bytes:
    """Return the operations as one line of JSON."""
    items = [_encode(operation) for operation in operations]
    return json.dumps(items, ensure_ascii=False, separators=(",", ":")).encode()


def decode_operations(data: bytes) -> tuple[LoggedOperation, ...]:
    """Return what `encode_operations` wrote. Raises ValueError for anything else."""
    return tuple(_decode(item) for item in json.loads(data))


def _encode(operation: LoggedOperation) -> list[str]:
    match operation:
        case PutDocument(key, _, True) | SecretChanged(key):
            return ["secret", key]
        case PutDocument(key, document):
            return ["put", key, document.decode()]
        case Delete(key):
            return ["delete", key]
        case DeletePrefix(prefix):
            return ["delete prefix", prefix]
        case _:
            assert_never(operation)


def _decode(item: Any) -> LoggedOperation:
    match item:
        case ["put", str(key), str(document)]:
            return PutDocument(key, document.encode())
        case ["secret", str(key)]:
            return SecretChanged(key)
        case ["delete", str(key)]:
            return Delete(key)
        case ["delete prefix", str(prefix)]:
            return DeletePrefix(prefix)
        case _:
            raise ValueError("the log holds an operation of an unknown kind")
