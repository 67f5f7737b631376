"""What holds for any PACK and for any bytes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from etherloom.wire.pack import Element, Pack, PackError, ValueType, decode, encode

_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
_VALUES = {
    ValueType.INT: st.integers(0, 2**32 - 1),
    ValueType.INT64: st.integers(0, 2**64 - 1),
    ValueType.DATA: st.binary(max_size=40),
    ValueType.STR: _TEXT,
    ValueType.UNISTR: _TEXT,
}
_NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=63)


def _elements(kind: ValueType) -> st.SearchStrategy[Element]:
    values = st.lists(_VALUES[kind], min_size=1, max_size=5).map(tuple)
    return st.builds(Element, _NAMES, st.just(kind), values)


PACKS = st.lists(
    st.sampled_from(ValueType).flatmap(_elements), max_size=8, unique_by=lambda element: element.name.upper()
).map(Pack)


@settings(deadline=None)
@given(PACKS)
def test_reading_undoes_writing(pack: Pack) -> None:
    data = encode(pack)
    assert decode(data) == pack
    assert encode(decode(data)) == data


@settings(deadline=None)
@given(PACKS, st.data())
def test_no_part_of_a_pack_is_a_pack(pack: Pack, data: st.DataObject) -> None:
    whole = encode(pack)
    part = whole[: data.draw(st.integers(0, len(whole) - 1))]
    try:
        decode(part)
    except PackError:
        return
    raise AssertionError("a cut PACK was read")


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_pack_or_an_error(data: bytes) -> None:
    try:
        pack = decode(data)
    except PackError:
        return
    assert decode(encode(pack)) == pack


@settings(deadline=None)
@given(PACKS, st.data())
def test_damage_is_read_or_refused_but_never_anything_else(pack: Pack, data: st.DataObject) -> None:
    damaged = bytearray(encode(pack))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = decode(bytes(damaged))
    except PackError:
        return
    assert decode(encode(read)) == read
