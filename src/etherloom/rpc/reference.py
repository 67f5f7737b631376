"""The page docs/reference/calls.md, made from the catalog: `python -m etherloom.rpc.reference > PAGE`."""

import sys
from collections.abc import Iterator
from typing import Any, Final

from etherloom.model.policy import POLICY_ITEMS
from etherloom.rpc.catalog.call import AnyCall
from etherloom.rpc.catalog.element import (
    Array,
    Block,
    Kind,
    Named,
    PolicyBlock,
    Rows,
    Scalar,
    describe,
)
from etherloom.rpc.catalog.index import CALLS
from etherloom.rpc.json_codec import SUFFIXES

_HEAD: Final = """\
# Administration calls

Made from the catalog by `python -m etherloom.rpc.reference`; don't edit.

Each call has one description, from which the binary form that stock tools speak (PACK), the JSON form and
this page are derived. In JSON an element's name gets a suffix that tells its type: `_u32` and `_u64` numbers,
`_bool`, `_dt` (ISO 8601, UTC), `_str` and `_utf` texts, `_bin` (base64), `_ip`. Elements marked *optional*
may be missing; any other that is missing means zero, no, or the empty text.

Who may call: *any* administrator, the administrator of the *hub* that is named (and the server's), or the
*server*'s administrator alone. Calls of the second part have no counterpart in the original and exist at the
local socket only, as JSON-RPC 2.0, one request a line.
"""
_POLICY: Final = "the items of a policy (`policy:` and the item's name)"


def make_page(*, stock_only: bool = False) -> str:
    """Return the whole page, or what it says of stock calls."""
    parts = [_HEAD, "## Calls that stock tools know\n"]
    parts += [describe_call(call) for call in CALLS if call.stock]
    if not stock_only:
        parts.append("## Calls of our own\n")
        parts += [describe_call(call) for call in CALLS if not call.stock]
    parts.append("## Policy items\n\n" + ", ".join(f"`{item.name}`" for item in POLICY_ITEMS) + "\n")
    return "\n".join(parts)


def describe_call(call: AnyCall) -> str:
    """Return what the page says of one call."""
    lines = [f"### `{call.name}`", "", call.doc, "", f"Who: {call.who.name.lower()}", ""]
    if call.request is call.reply:
        lines += _section("Request and reply", call.request)
    else:
        lines += _section("Request", call.request)
        lines += _section("Reply", call.reply)
    return "\n".join(lines)


def _section(title: str, record: type[Any]) -> Iterator[str]:
    items = list(_items(record))
    yield f"{title}: {', '.join(items) if items else 'nothing'}"
    yield ""


def _items(record: type[Any], prefix: str = "") -> Iterator[str]:
    for _, description in describe(record):
        match description:
            case Scalar(name):
                yield _scalar(prefix + name, description)
            case Array(item):
                yield f"{_scalar(prefix + item.name, item)} (list)"
            case Rows(row, group):
                yield f"table `{group}` of {{{', '.join(_items(row))}}}"
            case Block(block):
                yield from _items(block, prefix + description.prefix)
            case PolicyBlock(flag):
                yield f"{_scalar(flag, Scalar(flag, Kind.FLAG))} and, with it, {_POLICY}" if flag else _POLICY
            case Named():
                yield f"`{description.prefix}`*name*`{SUFFIXES[Kind.NUMBER]}`"


def _scalar(name: str, scalar: Scalar) -> str:
    return f"`{name}{SUFFIXES[scalar.kind]}`" + (" *optional*" if scalar.optional else "")


if __name__ == "__main__":
    sys.stdout.write(make_page())
