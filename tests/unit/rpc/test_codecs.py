"""Every record goes through PACK and JSON unchanged, whatever is in it."""

import json
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.policy import DEFAULT_POLICY, Policy
from etherloom.rpc import json_codec, pack_codec
from etherloom.rpc.catalog import hub, own, protocol, server, session, user
from etherloom.rpc.catalog.blocks import NodeFacts
from etherloom.rpc.catalog.call import AnyCall
from etherloom.rpc.catalog.element import PolicyBlock, describe
from etherloom.rpc.catalog.index import CALLS
from etherloom.wire.pack import Limits, Pack, decode, encode
from tests.unit.rpc.elements import records
from tests.vectors import load

LIMITS = Limits(1 << 26, 262_144, 262_144)
STOCK: set[type[Any]] = {kind for call in CALLS if call.stock for kind in (call.request, call.reply)}
OWN: set[type[Any]] = {kind for call in CALLS if not call.stock for kind in (call.request, call.reply)}
ALL = [pytest.param(call, id=call.name) for call in CALLS]


def through_pack(record: Any) -> Any:
    return pack_codec.decode_record(type(record), decode(encode(pack_codec.encode_record(record)), LIMITS))


def through_json(record: Any) -> Any:
    text = json.dumps(json_codec.encode_record(record))
    return json_codec.decode_record(type(record), json.loads(text))


@pytest.mark.parametrize("kind", sorted(STOCK | OWN, key=str))
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(data=st.data())
def test_records_survive_both_codecs(kind: type[Any], data: st.DataObject) -> None:
    record = data.draw(records(kind))
    assert through_json(record) == record
    if kind in STOCK:
        assert through_pack(record) == record


@pytest.mark.parametrize("call", ALL)
def test_an_empty_request_reads_as_zeros(call: AnyCall) -> None:
    nothing = call.request()
    if any(isinstance(kind, PolicyBlock) and kind.flag is None for _, kind in describe(call.request)):
        # A policy that is always there reads as all zeros, which the default one is not.
        nothing = replace(nothing, policy=Policy(access=False, max_connection=0, time_out=0))
    assert pack_codec.decode_record(call.request, Pack()) == nothing
    assert json_codec.decode_record(call.request, {}) == nothing


def test_the_original_answer_to_test() -> None:
    reply = server.Echo(number=7, text="7")
    assert pack_codec.encode_record(reply) == decode(load("administration_test_response")[4:])


# --- PACK, as the original's readers do it


def test_text_is_cut_at_its_limit() -> None:
    pack = Pack()
    pack.add_str("HubName", "x" * 300)
    assert pack_codec.decode_record(hub.HubName, pack).hub == "x" * 255


def test_bytes_that_are_no_text_are_replaced() -> None:
    pack = Pack()
    pack.add_str("HubName", "a\udcffb")
    assert pack_codec.decode_record(hub.HubName, pack).hub == "a\ufffdb"


@pytest.mark.parametrize("size", [0, 19, 21])
def test_data_of_another_size_is_zeros(size: int) -> None:
    pack = Pack()
    pack.add_data("HashedPassword", b"x" * size)
    assert pack_codec.decode_record(server.Password, pack).hashed == bytes(20)


def test_a_value_of_another_type_is_missing() -> None:
    pack = Pack()
    pack.add_int("HubName", 1)
    pack.add_str("MaxSession", "7")
    assert pack_codec.decode_record(hub.HubSettings, pack) == hub.HubSettings()


def test_a_policy_is_there_only_with_its_flag() -> None:
    pack = pack_codec.encode_record(user.UserSettings("LAB", "alice"))
    assert not any(element.name.startswith("policy:") or element.name == "UsePolicy" for element in pack)
    with_policy = pack_codec.encode_record(user.UserSettings(policy=DEFAULT_POLICY))
    assert sum(element.name.startswith("policy:") for element in with_policy) == 39
    assert with_policy.bool("UsePolicy")
    assert with_policy.bool("policy:Ver3")


def test_a_sender_of_the_old_policy_knows_nothing_of_the_new_items() -> None:
    pack = Pack()
    pack.add_bool("UsePolicy", True)
    pack.add_int("policy:MaxConnection", 5)
    pack.add_int("policy:VLanId", 7)
    policy = pack_codec.decode_record(user.UserSettings, pack).policy
    assert policy == Policy(access=False, max_connection=5, time_out=0)


def test_only_the_elements_of_the_kind_of_authentication_are_there() -> None:
    pack = pack_codec.encode_record(user.UserSettings("LAB", "alice", authentication=0))
    assert not {"HashedKey", "NtLmSecureHash", "UserX", "Serial", "CommonName"} & {e.name for e in pack}
    # Counted live: 20 elements for a password user without a policy.
    stock = user.UserSettings("LAB", "alice", authentication=1, hashed_key=bytes(20), nt_hash=bytes(16))
    assert len(pack_codec.encode_record(stock)) == 20


def test_node_numbers_travel_with_their_bytes_reversed() -> None:
    pack = pack_codec.encode_record(NodeFacts(client_build=9674, client_port=42_768))
    assert pack.int("ClientProductBuild") == 3_391_422_464
    assert pack.int("ClientPort") == 279_379_968
    members = json_codec.encode_record(NodeFacts(client_build=9674))
    assert members["ClientProductBuild_u32"] == 3_391_422_464


def test_an_empty_table_has_no_elements() -> None:
    assert len(pack_codec.encode_record(hub.HubTable())) == 0
    assert json_codec.encode_record(hub.HubTable()) == {"HubList": []}


def test_an_empty_array_is_no_element() -> None:
    assert "Ports" not in pack_codec.encode_record(protocol.UdpPorts())
    assert json_codec.encode_record(protocol.UdpPorts()) == {}
    assert json_codec.decode_record(protocol.UdpPorts, {}) == protocol.UdpPorts()


def test_shorter_columns_read_as_zeros() -> None:
    pack = Pack()
    pack.add_str("HubName", "A", "B")
    pack.add_bool("Online", True)
    rows = pack_codec.decode_record(hub.HubTable, pack).rows
    assert [(row.hub, row.online) for row in rows] == [("A", True), ("B", False)]


def test_addresses_take_four_elements() -> None:
    row = session.SessionRow(address=IPv4Address("127.0.0.1"), client_address=IPv6Address("fd00::1"))
    pack = pack_codec.encode_record(session.SessionTable("LAB", (row,)))
    assert pack.int("Ip") == 0x0100007F
    assert pack.bool("ClientIP@ipv6_bool")
    assert pack_codec.decode_record(session.SessionTable, pack).rows == (row,)


# --- JSON


def test_json_has_the_originals_names() -> None:
    table = json_codec.encode_record(hub.HubTable((hub.HubRow("LAB", online=True),)))
    rows = table["HubList"]
    assert isinstance(rows, list)
    assert isinstance(rows[0], dict)
    assert rows[0]["HubName_str"] == "LAB"
    assert rows[0]["Online_bool"] is True
    assert rows[0]["Ex.Recv.UnicastBytes_u64"] == 0


@pytest.mark.parametrize(
    ("text", "unix_ms"),
    [
        ("1970-01-01T09:00:00.000Z", 0),
        ("1970-01-01T00:00:00.000Z", 0),
        ("2026-11-22T09:06:01.309Z", 1_795_338_361_309),
        ("2026-11-22T09:06:01.309+09:00", 1_795_338_361_309),
        (1_795_305_961_309, 1_795_338_361_309),
        (0, 0),
    ],
)
def test_times_as_the_original_reads_them(text: str | int, unix_ms: int) -> None:
    assert json_codec.decode_record(user.UserSettings, {"ExpireTime_dt": text}).expires == unix_ms


def test_never_is_written_as_the_wires_zero() -> None:
    assert json_codec.encode_record(user.UserSettings())["ExpireTime_dt"] == "1970-01-01T09:00:00.000Z"


@pytest.mark.parametrize(
    "members",
    [
        {"HubName_str": ["LAB"]},
        {"HubName_str": "x" * 256},
        {"MaxSession_u32": -1},
        {"MaxSession_u32": 1 << 32},
        {"MaxSession_u32": "many"},
        {"MaxSession_u32": 1.5},
        {"HashedPassword_bin": "not base64!"},
        {"Online_bool": {}},
    ],
)
def test_wrong_values_are_refused_by_name(members: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refused:
        json_codec.decode_record(hub.HubSettings, members)
    assert refused.value.code is ErrorCode.INVALID_PARAMETER
    assert next(iter(members)) in refused.value.message


@pytest.mark.parametrize("rows", ["x", [1], {"a": 1}])
def test_wrong_tables_are_refused(rows: Any) -> None:
    with pytest.raises(Refusal):
        json_codec.decode_record(own.UserChange, {"Policy": rows})


def test_numbers_and_flags_may_be_texts() -> None:
    read = json_codec.decode_record(hub.HubSettings, {"MaxSession_u32": "12", "Online_bool": "yes"})
    assert (read.maximum_sessions, read.online) == (12, True)


def test_blanks_around_names_are_cut_and_those_of_passwords_are_not() -> None:
    """The original reads texts so, those of replies too; line ends stay."""
    pack = Pack()
    pack.add_str("Name", " \tbob ")
    pack.add_unistr("Note", " a note\n")
    pack.add_str("Auth_Password", " secret ")
    found = pack_codec.decode_record(user.UserSettings, pack)
    assert (found.name, found.note, found.plain) == ("bob", "a note\n", " secret ")
