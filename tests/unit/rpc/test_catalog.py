"""The catalog against what is known of the original: names, wire types, limits, who may call."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

import pytest

from etherloom.rpc.catalog.call import AnyCall
from etherloom.rpc.catalog.element import Kind, Rows, describe
from etherloom.rpc.catalog.index import CALLS, find_call
from etherloom.rpc.handlers.index import HANDLERS
from etherloom.rpc.json_codec import SUFFIXES
from tests.unit.rpc.elements import Flat, flatten

STOCK = json.loads((Path(__file__).parents[2] / "vectors" / "rpc_calls.json").read_text())["calls"]
WIRE_TYPES: Final = {
    Kind.NUMBER: "int",
    Kind.SWAPPED: "int",
    Kind.FLAG: "int",
    Kind.LONG: "int64",
    Kind.TIME: "int64",
    Kind.TEXT: "str",
    Kind.UNICODE: "unistr",
    Kind.DATA: "data",
    Kind.ADDRESS: "int",
}
# 4.x spells it so; we send both. The plain password is only ever read.
OURS_TOO: Final = {"NumConnectionsEatablished", "Auth_Password"}
WHO: Final = {"any": "ANY", "hub": "HUB", "server": "SERVER"}


def stock_calls() -> list[Any]:
    return [pytest.param(call, id=call.name) for call in CALLS if call.stock]


def test_the_catalog_has_exactly_the_stock_calls_that_are_known() -> None:
    assert {call.name for call in CALLS if call.stock} == set(STOCK)


@pytest.mark.parametrize("call", stock_calls())
def test_who_may_call_is_as_in_the_original(call: AnyCall) -> None:
    assert call.who.name == WHO[STOCK[call.name]["who"]]


@pytest.mark.parametrize("call", stock_calls())
def test_replies_have_the_originals_elements(call: AnyCall) -> None:
    wanted = {element["name"]: element for element in STOCK[call.name]["output"]}
    wanted.pop("caps_<CapsName>", None)
    ours = {flat.name: flat for flat in flatten(call.reply) if flat.name not in OURS_TOO}
    assert set(ours) == set(wanted)
    for name, flat in ours.items():
        assert_same(flat, wanted[name])


@pytest.mark.parametrize("call", stock_calls())
def test_requests_read_nothing_that_the_original_does_not(call: AnyCall) -> None:
    known = {element["name"]: element for kind in ("output", "input") for element in STOCK[call.name][kind]}
    for flat in flatten(call.request):
        if flat.name not in OURS_TOO:
            assert_same(flat, known[flat.name])


def assert_same(ours: Flat, stock: dict[str, Any]) -> None:
    assert WIRE_TYPES[ours.scalar.kind] == stock["wire_type"], ours.name
    assert SUFFIXES[ours.scalar.kind] == stock["json_suffix"], ours.name
    assert ours.array == stock.get("array", stock["type"] == "certlist"), ours.name
    if not ours.name.startswith("Ex."):
        assert (ours.group or None) == stock.get("json_group"), ours.name
    if ours.scalar.kind is Kind.DATA and "bytes" in stock:
        assert ours.scalar.limit == stock["bytes"], ours.name
    if "max_chars" in stock:
        assert ours.scalar.limit == stock["max_chars"], ours.name


def test_the_catalog_is_whole() -> None:
    assert len([call for call in CALLS if call.stock]) == 148


def test_every_call_has_one_handler() -> None:
    assert sorted(handler.call.name for handler in HANDLERS) == sorted(call.name for call in CALLS)


def test_both_spellings_of_misspelt_calls_are_served() -> None:
    for kind in ("Get", "Set"):
        right = find_call(f"{kind}DDnsInternetSetting", stock_only=True)
        assert right is find_call(f"{kind}DDnsInternetSettng", stock_only=True) is not None


def test_own_calls_bear_our_name_and_are_hidden_from_stock_peers() -> None:
    for call in CALLS:
        assert call.stock != call.name.startswith("Etherloom.")
        assert (find_call(call.name, stock_only=True) is None) == (not call.stock)


def test_names_are_found_without_regard_to_case() -> None:
    assert find_call("eNUMhUB", stock_only=True) is find_call("EnumHub", stock_only=True) is not None


@pytest.mark.parametrize("call", [pytest.param(call, id=call.name) for call in CALLS])
def test_rows_hold_plain_values_that_are_always_there(call: AnyCall) -> None:
    for record in (call.request, call.reply):
        for _, description in describe(record):
            if isinstance(description, Rows):
                inner = list(flatten(description.record))
                assert inner
                assert not any(flat.array or flat.scalar.optional for flat in inner)


@pytest.mark.parametrize("call", stock_calls())
def test_no_element_occurs_twice(call: AnyCall) -> None:
    for record in (call.request, call.reply):
        names = [flat.name.casefold() for flat in flatten(record)]
        assert len(names) == len(set(names))


SECRET: Final = {
    "password",
    "hashed",
    "hashed_as_user",
    "hashed_password",
    "hashed_key",
    "nt_hash",
    "plain",
    "key",
}


def test_secrets_are_kept_out_of_the_text_of_records() -> None:
    found: set[str] = set()
    for record in {kind for call in CALLS for kind in (call.request, call.reply)}:
        shown = {field.name for field in fields(record) if field.repr}
        assert not shown & SECRET, record
        found |= {name for name, _ in describe(record)} & SECRET
    assert found == SECRET
