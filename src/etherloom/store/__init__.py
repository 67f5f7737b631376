"""The durable side of the state: the ordered log of changes, the state directory, counters, backups.

Documents are opaque bytes here; what they mean is the business of `etherloom.state`.
"""

from etherloom.store.log import (
    Conflict,
    Delete,
    DeletePrefix,
    Entry,
    Loaded,
    Logged,
    Origin,
    PutDocument,
    SecretChanged,
    Store,
    StoreError,
)

__all__ = [
    "Conflict",
    "Delete",
    "DeletePrefix",
    "Entry",
    "Loaded",
    "Logged",
    "Origin",
    "PutDocument",
    "SecretChanged",
    "Store",
    "StoreError",
]
