"""PACK against captured bytes, the getters' manners, and hostile claims."""

import tracemalloc
from collections.abc import Callable
from ipaddress import ip_address

import pytest

from etherloom.wire.pack import Element, Limits, Pack, PackError, ValueType, decode, encode
from tests.vectors import load


def test_an_error_reply_of_a_stock_server_is_read_and_written_back() -> None:
    data = load("error_bad_password") + bytes(range(256)) * 2 + bytes(0x29B - 512)
    pack = decode(data)
    assert pack.int("error") == 9
    assert pack.count("no_save_password") == 1
    assert not pack.bool("no_save_password")
    assert len(pack.data("pencore") or b"") == 667
    assert encode(pack) == data


def test_a_hello_of_a_stock_server_is_read_and_written_back() -> None:
    data = load("hello") + b"\x5d" * 534
    assert len(data) == 729  # its Content-Length
    pack = decode(data)
    assert pack.str("hello") == "SoftEther VPN Server Developer Edition (64 bit) (Open Source)"
    assert (pack.int("version"), pack.int("build")) == (501, 9674)
    assert pack.data("random") == bytes.fromhex("c884f0e82c581b26a2f2b16d40e598eb6abae398")
    assert encode(pack) == data


@pytest.mark.parametrize("name", ["administration_test_request", "administration_test_response"])
def test_frames_of_binary_rpc_are_read_and_written_back(name: str) -> None:
    frame = load(name)
    assert int.from_bytes(frame[:4]) == len(frame) - 4
    pack = decode(frame[4:])
    assert pack.int("intvalue") == 7
    assert encode(pack) == frame[4:]


def test_names_are_compared_without_case_and_padding_stays_last() -> None:
    pack = Pack()
    pack.add_data("pencore", b"x")
    pack.add_int("b", 1)
    pack.add_int("client_build", 2)
    pack.add_int("ClientPort", 3)
    pack.add_int("A", 4)
    assert pack.int("B") == 1
    names = [element.name for element in decode(encode(pack))]
    # "A" was added last, so that stock peers would leave it behind the sorted ones.
    assert names == ["b", "ClientPort", "client_build", "A", "pencore"]


@pytest.mark.parametrize("second", ["error", "ERROR", "eRRor"])
def test_a_name_occurs_once(second: str) -> None:
    pack = Pack()
    pack.add_int("error", 1)
    with pytest.raises(PackError):
        pack.add_int(second, 2)
    one = encode(pack)[4:]
    with pytest.raises(PackError, match="twice"):
        decode(b"\0\0\0\2" + one + one.replace(b"error", second.encode()))


def test_a_value_of_the_wrong_type_is_a_missing_one() -> None:
    pack = Pack()
    pack.add_int("number", 5)
    pack.add_str("string", "s")
    pack.add_unistr("unistring", "u")
    assert pack.str("number") == ""
    assert pack.data("number") is None
    assert pack.int64("number", default=7) == 7
    assert pack.int("string", default=3) == 3
    assert (pack.unistr("string"), pack.text("string"), pack.text("unistring")) == ("", "s", "u")


def test_arrays_and_indices_out_of_range() -> None:
    pack = decode(encode(Pack([Element("port", ValueType.INT, (443, 992))])))
    assert pack.ints("port") == (443, 992)
    assert [pack.int("port", index) for index in (0, 1, 2, -1)] == [443, 992, 0, 0]
    assert pack.count("port") == 2
    assert pack.count("other") == 0


def test_no_values_means_no_element() -> None:
    pack = Pack()
    pack.add_str("name")
    assert "name" not in pack
    assert encode(pack) == bytes(4)


def test_remove_and_equality() -> None:
    one, other = Pack(), Pack()
    one.add_int("a", 1)
    one.add_int("b", 2)
    other.add_int("b", 2)
    assert one != other
    one.remove("A")
    one.remove("not there")
    assert one == other


def test_unknown_types_are_read_over_but_their_names_count() -> None:
    unknown = b"\0\0\0\5name" + (9).to_bytes(4) + (3).to_bytes(4)
    known = b"\0\0\0\6error" + (0).to_bytes(4) + (1).to_bytes(4) + (9).to_bytes(4)
    pack = decode(b"\0\0\0\2" + unknown + known)
    assert "name" not in pack
    assert pack.int("error") == 9
    with pytest.raises(PackError, match="twice"):
        decode(b"\0\0\0\2" + unknown + unknown)


def test_long_names_are_cut_and_what_follows_the_pack_is_ignored() -> None:
    element = (101).to_bytes(4) + b"n" * 100 + (0).to_bytes(4) + (1).to_bytes(4) + (6).to_bytes(4)
    pack = decode(b"\0\0\0\1" + element + b"rubbish")
    assert pack.int("n" * 63) == 6


def test_strings_end_at_the_first_nul_and_keep_undecodable_bytes() -> None:
    value = b"al\xffice\0bob"
    element = b"\0\0\0\2u" + (2).to_bytes(4) + (1).to_bytes(4) + len(value).to_bytes(4) + value
    pack = decode(b"\0\0\0\1" + element)
    assert pack.str("u").encode("utf-8", "surrogateescape") == b"al\xffice"
    assert b"al\xffice" in encode(pack)


def test_a_unistr_without_its_nul_is_read() -> None:
    element = b"\0\0\0\2u" + (3).to_bytes(4) + (1).to_bytes(4) + (2).to_bytes(4) + "é".encode()
    assert decode(b"\0\0\0\1" + element).unistr("u") == "é"


def test_characters_that_have_no_bytes_are_replaced() -> None:
    pack = Pack()
    pack.add_str("s", "a\ud800b")
    assert decode(encode(pack)).str("s") == "a?b"


def test_times_count_from_nine_o_clock() -> None:
    pack = Pack()
    # A live pair: 2026-11-22T09:06:01.309Z was sent as 1795305961309 (reference: administration, 2.2).
    pack.add_time("CurrentTime", 1_795_338_361_309)
    pack.add_time("never", 0)
    assert pack.int64("CurrentTime") == 1_795_305_961_309
    assert pack.time("CurrentTime") == 1_795_338_361_309
    assert (pack.int64("never"), pack.time("never"), pack.time("missing")) == (0, 0, 0)


def test_an_ipv4_address_is_a_number_with_reversed_bytes() -> None:
    pack = Pack()
    pack.add_ip("X", ip_address("127.0.0.1"))
    assert pack.int("X") == 16_777_343
    assert encode(pack).endswith(bytes.fromhex("0100007f"))
    assert pack.data("X@ipv6_array") == bytes(16)
    assert pack.ip("X") == ip_address("127.0.0.1")


def test_addresses_of_both_families_and_their_short_forms() -> None:
    pack = Pack()
    pack.add_ip("list", ip_address("192.0.2.1"), ip_address("2001:db8::1"), ip_address("fe80::1%7"))
    assert [str(pack.ip("list", index)) for index in range(3)] == ["192.0.2.1", "2001:db8::1", "fe80::1"]
    assert pack.ints("list@ipv6_scope_id") == (0, 0, 7)
    assert pack.ip("list", 3) is None
    assert pack.ip("missing") is None
    bare = Pack([Element("old", ValueType.INT, (16_777_343,))])
    assert bare.ip("old") == ip_address("127.0.0.1")


def test_an_address_without_its_bytes_is_a_missing_one_and_mapped_ones_are_ipv4() -> None:
    pack = Pack()
    pack.add_bool("X@ipv6_bool", True)
    pack.add_data("X@ipv6_array", b"short")
    assert pack.ip("X") is None
    mapped = Pack()
    mapped.add_bool("X@ipv6_bool", True)
    mapped.add_data("X@ipv6_array", bytes(10) + b"\xff\xff\xc0\0\2\1")
    assert mapped.ip("X") == ip_address("192.0.2.1")


def test_repr_shows_names_only() -> None:
    pack = Pack()
    pack.add_str("plain_password", "hunter2")
    pack.add_data("session_key", b"hunter3")
    shown = repr(pack) + repr(list(pack))
    assert "plain_password" in shown
    assert "hunter" not in shown


@pytest.mark.parametrize(
    "element",
    [
        Element("", ValueType.INT, (1,)),
        Element("n" * 64, ValueType.INT, (1,)),
        Element("a\0b", ValueType.INT, (1,)),
        Element("n", ValueType.INT, (-1,)),
        Element("n", ValueType.INT, (2**32,)),
        Element("n", ValueType.INT64, (2**64,)),
        Element("n", ValueType.INT, ("1",)),
        Element("n", ValueType.STR, (b"1",)),
        Element("n", ValueType.DATA, ("1",)),
    ],
)
def test_what_has_no_bytes_is_refused(element: Element) -> None:
    with pytest.raises(PackError):
        encode(Pack([element]))


def _element(count: int, kind: int, values: int, body: bytes = b"") -> bytes:
    return count.to_bytes(4) + b"\0\0\0\2n" + kind.to_bytes(4) + values.to_bytes(4) + body


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\0\0\0\1", id="no element"),
        pytest.param(b"\xff\xff\xff\xff", id="four thousand million elements"),
        pytest.param(b"\0\0\0\1" + bytes(13), id="no name"),
        pytest.param(b"\0\0\0\1" + b"\0\0\0\1" + bytes(9), id="an empty name"),
        pytest.param(b"\0\0\0\1\xff\xff\xff\xff" + bytes(9), id="a name of 4 GB"),
        pytest.param(b"\0\0\0\1\0\0\0\3a\0" + bytes(4) + b"\0\0\0\1" + bytes(4), id="a NUL in the name"),
        pytest.param(_element(1, 0, 0), id="no value"),
        pytest.param(_element(1, 0, 0xFFFFFFFF, bytes(64)), id="too many numbers"),
        pytest.param(_element(1, 4, 3, bytes(16)), id="one number too few"),
        pytest.param(_element(1, 9, 0xFFFFFFFF), id="too many values of an unknown type"),
        pytest.param(_element(1, 1, 1, b"\xff\xff\xff\xff" + bytes(64)), id="data of 4 GB"),
        pytest.param(_element(1, 2, 1, b"\0\0\0\5abcd"), id="half a string"),
        pytest.param(_element(2, 0, 1, bytes(4)), id="one element too few"),
        pytest.param(_element(1, 0, 1, bytes(3)), id="half a number"),
    ],
)
def test_false_claims_are_refused(data: bytes) -> None:
    with pytest.raises(PackError):
        decode(data)


def test_limits_are_the_caller_s() -> None:
    pack = Pack()
    pack.add_int("a", 1, 2, 3)
    pack.add_int("b", 1)
    data = encode(pack)
    assert decode(data, Limits(len(data), 2, 3)) == pack
    for limits in (Limits(len(data) - 1, 2, 3), Limits(len(data), 1, 3), Limits(len(data), 2, 2)):
        with pytest.raises(PackError):
            decode(data, limits)


def _peak(action: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(_element(1, 1, 1, b"\xff\xff\xff\xff" + bytes(64)), id="data of 4 GB"),
        pytest.param(_element(1, 0, 0x0004_0000, bytes(64)), id="a million bytes of numbers"),
        pytest.param(b"\0\4\0\0" + bytes(64), id="a quarter of a million elements"),
    ],
)
def test_a_claim_costs_no_memory(data: bytes) -> None:
    def refuse() -> None:
        with pytest.raises(PackError):
            decode(data)

    refuse()
    assert _peak(refuse) < 65_536


def test_the_greediest_body_is_bounded() -> None:
    # Nothing costs more memory per byte than elements that hold one empty string each.
    elements = [b"\0\0\0\6" + b"%05x" % i + b"\0\0\0\2\0\0\0\1" + bytes(4) for i in range(3_100)]
    data = len(elements).to_bytes(4) + b"".join(elements)
    assert len(data) <= 65_536
    assert _peak(lambda: decode(data)) < 2_500_000
