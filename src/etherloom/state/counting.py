"""Joins counters to the configuration: what is deleted is no longer counted."""

from etherloom.state.changes import Change, Delete, DeletePrefix
from etherloom.state.documents import find_kind
from etherloom.state.owner import Subscriber
from etherloom.state.snapshot import Snapshot
from etherloom.store.counters import Counters


def forget_deleted(counters: Counters) -> Subscriber:
    """Return a subscriber of the owner that drops the counters of deleted hubs and users."""

    def notice(_old: Snapshot, _new: Snapshot, change: Change) -> None:
        for operation in change.operations:
            match operation:
                case Delete(key):
                    counters.forget(key)
                case DeletePrefix(prefix):
                    _forget(counters, prefix)
                case _:
                    pass

    return notice


def _forget(counters: Counters, prefix: str) -> None:
    kind = find_kind(prefix)
    if kind is not None and kind.name == "user":
        counters.forget(prefix)  # nothing beneath a user is counted, and looking would cost every counter
    else:
        counters.forget_beneath(prefix)
