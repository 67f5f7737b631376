"""Records in a persistent tree along the segments of their keys: a change costs what it touches.

It knows keys and shares every untouched branch between versions; what a record means is not its business.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from immutables import Map

from etherloom.state.documents import Record


@dataclass(frozen=True, slots=True)
class Node:
    """One place of the tree: the record there, if any, and what lies beneath."""

    record: Record | None
    children: "Map[str, Node]"

    @property
    def is_empty(self) -> bool:
        return self.record is None and not self.children


EMPTY: Final = Node(None, Map())


def build(records: Mapping[str, Record]) -> Node:
    """Return a tree of all these records, faster than one by one."""
    root: dict[str, Any] = {}
    for key, record in records.items():
        branch = root
        for segment in key.split("/"):
            branch = branch.setdefault(segment, {})
        branch[""] = record
    return _freeze(root)


def find(root: Node, key: str) -> Node | None:
    """Return the place of `key`, if anything is there or beneath."""
    node: Node | None = root
    for segment in key.split("/"):
        if node is None:
            return None
        node = node.children.get(segment)
    return node


def put(root: Node, key: str, record: Record) -> Node:
    """Return the tree with `record` at `key`; the same tree if it was there already."""
    node = find(root, key)
    if node is not None and node.record == record:
        return root
    return _replace(root, key.split("/"), Node(record, node.children if node else EMPTY.children))


def delete(root: Node, key: str) -> Node:
    """Return the tree without the record at `key`; the same tree if there was none."""
    node = find(root, key)
    if node is None or node.record is None:
        return root
    return _replace(root, key.split("/"), Node(None, node.children))


def delete_prefix(root: Node, prefix: str) -> Node:
    """Return the tree without `prefix` and all beneath; with a slash at its end, only what is beneath."""
    key = prefix.removesuffix("/")
    node = find(root, key)
    kept = Node(node.record if node and key != prefix else None, EMPTY.children)
    if node is None or node == kept:
        return root
    return _replace(root, key.split("/"), kept)


def walk(root: Node, key: str = "") -> Iterator[tuple[str, Record]]:
    """Yield every key with its record."""
    if root.record is not None:
        yield key, root.record
    for segment, child in root.children.items():
        yield from walk(child, f"{key}/{segment}" if key else segment)


def differences(old: Node, new: Node, key: str = "") -> Iterator[tuple[str, Record | None]]:
    """Yield what has to be put (or, with None, deleted) to come from `old` to `new`."""
    if old is new:
        return
    if old.record != new.record:
        yield key, new.record
    for segment in {**old.children, **new.children}:
        before, after = old.children.get(segment, EMPTY), new.children.get(segment, EMPTY)
        yield from differences(before, after, f"{key}/{segment}" if key else segment)


def _replace(node: Node, path: Sequence[str], new: Node) -> Node:
    if not path:
        return new
    child = _replace(node.children.get(path[0], EMPTY), path[1:], new)
    if child.is_empty:
        return Node(node.record, node.children.delete(path[0]) if path[0] in node.children else node.children)
    return Node(node.record, node.children.set(path[0], child))


def _freeze(branch: dict[str, Any]) -> Node:
    record = branch.pop("", None)
    return Node(record, Map({segment: _freeze(child) for segment, child in branch.items()}))
