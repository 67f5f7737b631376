"""The grammar of configuration files: what is read, what is refused and where, and what is written."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etherloom.wire.config_text import (
    MAXIMUM_BYTES,
    MAXIMUM_DEPTH,
    MAXIMUM_FAULTS,
    TYPES,
    Block,
    Item,
    parse_text,
    write_text,
)
from etherloom.wire.config_value import escape, write_bytes
from tests.support.configuration_file import read_vector

FILES = ("vpn_server.config", "vpn_bridge.config", "vpn_client.config")


def root(*lines: str) -> bytes:
    return "\n".join(["declare root", "{", *lines, "}"]).encode()


def content(data: bytes) -> str:
    """What is written, without mark, comments and line ends of its own."""
    text = data.decode("utf-8-sig")
    return text[text.index("declare root") :].replace("\r\n", "\n")


@pytest.mark.parametrize("name", FILES)
def test_what_the_original_wrote_is_written_again(name: str) -> None:
    text = read_vector(name)
    parsed = parse_text(text.encode())
    assert (parsed.faults, parsed.remarks) == ((), ())
    assert content(write_text(parsed.root)) == text[text.index("declare root") :]


def test_the_file_begins_with_a_mark_and_comments_and_has_crlf() -> None:
    data = write_text(Block("root"))
    assert data.startswith(b"\xef\xbb\xbf# ")
    assert data.endswith(b"declare root\r\n{\r\n}\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")


def test_items_come_first_and_names_are_sorted_without_case() -> None:
    tree = Block("root", (Item("b", "uint", "1"), Item("A", "uint", "2")), (Block("Z"), Block("y")))
    assert content(write_text(tree)) == (
        "declare root\n{\n\tuint A 2\n\tuint b 1\n\n\tdeclare y\n\t{\n\t}\n\tdeclare Z\n\t{\n\t}\n}\n"
    )


def test_what_readers_of_the_original_take_is_taken() -> None:
    parsed = parse_text(
        b"\xef\xbb\xbf# comment\n\nanything before the root\nDECLARE Root\n"
        b"  {\n UINT\tPort  0x1BB \r\n# comment\nbool On 1\ndeclare Inner {\n}\n}\n"
    )
    assert parsed.faults == ()
    assert [(item.name, item.value, item.line) for item in parsed.root.items] == [
        ("Port", "0x1BB", 6),
        ("On", "1", 8),
    ]
    assert [block.name for block in parsed.root.blocks] == ["Inner"]


def test_of_two_by_one_name_the_first_counts_and_it_is_said() -> None:
    lines = ("uint Port 1", "uint PORT 2", "declare A", "{", "uint x 1", "}", "declare a", "{", "}")
    parsed = parse_text(root(*lines, "string Text a b"))
    assert parsed.faults == ()
    assert parsed.root.items[0].value == "1"
    assert [block.items for block in parsed.root.blocks] == [(Item("x", "uint", "1", 7),)]
    assert [str(remark) for remark in parsed.remarks] == [
        "line 4: PORT: it stands there twice; the first one counts",
        "line 9: a: it stands there twice; the first one counts",
        "line 12: Text: what follows the value is passed over",
    ]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b" \n\t\n", "empty"),
        (b"\x7fELF" + bytes(range(256)), "no block named root"),
        (b"server {\n listen 443;\n}\n", "no block named root"),
        (b"declare other\n{\n}\n", "outside of the root"),
        (b" " * (MAXIMUM_BYTES + 1), "are the most"),
    ],
)
def test_foreign_files_are_refused(data: bytes, sentence: str) -> None:
    faults = parse_text(data).faults
    assert sentence in str(faults[0])
    assert len(faults) <= 2


def test_every_part_of_a_file_is_refused() -> None:
    data = b"declare root\n{\n\tuint A 1\n\tdeclare B\n\t{\n\t\tdeclare C\n\t\t{\n\t\t}\n\t}\n}\n"
    whole = data.rindex(b"}") + 1
    for end in range(whole):
        assert parse_text(data[:end]).faults, end
    assert not parse_text(data[:whole]).faults


def test_a_file_that_ends_early_is_refused_where_its_last_block_begins() -> None:
    (fault,) = parse_text(b"declare root\n{\ndeclare A\n{\ndeclare B\n{\nuint x 1\n").faults
    assert str(fault) == "line 5: A/B: the file ends inside the block that begins here: 3 '}' are missing"


def test_all_faults_are_named_by_line_and_key() -> None:
    parsed = parse_text(
        root(
            "declare Server",
            "{",
            "uint Port 4x3",
            "uint Big 4294967296",
            "uint64 Huge 18446744073709551616",
            "bool On perhaps",
            "byte Key $$$",
            "byte Odd abc",
            "string Note a$2",
            "string Bytes $FF",
            "uint Missing",
            "uint",
            "portt 443",
            "}",
        )
    )
    assert [str(fault) for fault in parsed.faults] == [
        "line 5: Server/Port: '4x3' is no number",
        "line 6: Server/Big: '4294967296' is too large for a number of 32 bits",
        "line 7: Server/Huge: '18446744073709551616' is too large for a number of 64 bits",
        "line 8: Server/On: 'perhaps' is neither true nor false",
        "line 9: Server/Key: '$$$' has a $ that isn't followed by two hexadecimal digits",
        "line 10: Server/Odd: 'abc' is no base64",
        "line 11: Server/Note: 'a$2' has a $ that isn't followed by two hexadecimal digits",
        "line 12: Server/Bytes: '$FF' is no UTF-8",
        "line 13: Server/Missing: the value is missing",
        "line 14: Server/uint: the name is missing",
        "line 15: Server/portt: this is neither an item nor a block",
    ]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (("string Note \udcff",), "line 3: Note: the value is no UTF-8"),
        (("string \udcff x",), "line 3: \ufffd: the name is no UTF-8"),
        (("string $4 x",), "line 3: $4: the name has a $ that isn't followed by two hexadecimal digits"),
        (("declare",), "line 3: declare: the name is missing"),
        (("}", "uint A 1"), "line 4: uint: this stands behind the end of the root"),
        (("}", "}"), "line 4: }: this stands behind the end of the root"),
        (("}", "declare root", "{"), "line 4: root: this block stands outside of the root"),
    ],
)
def test_single_faults(lines: tuple[str, ...], sentence: str) -> None:
    data = "\n".join(["declare root", "{", *lines, "}"]).encode(errors="surrogateescape")
    assert sentence in [str(fault) for fault in parse_text(data).faults]


def test_blocks_may_be_nested_so_deep_only() -> None:
    def nested(depth: int) -> bytes:
        return b"declare root\n{\n" + b"declare x\n{\nuint a 1\n" * (depth - 1) + b"}\n" * depth

    assert not parse_text(nested(MAXIMUM_DEPTH)).faults
    (fault,) = parse_text(nested(MAXIMUM_DEPTH + 5)).faults
    assert "nested more than" in str(fault)


def test_endless_faults_end() -> None:
    assert (
        len(parse_text(root(*(f"uint A{number} x" for number in range(MAXIMUM_FAULTS * 2)))).faults)
        == MAXIMUM_FAULTS
    )


_NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
_VALUES = {
    "uint": st.integers(0, 2**32 - 1).map(str),
    "uint64": st.integers(0, 2**64 - 1).map(str),
    "bool": st.sampled_from(["true", "false"]),
    "string": st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(escape),
    "byte": st.binary(max_size=30).map(write_bytes),
}
_ITEMS = st.lists(
    st.sampled_from(TYPES).flatmap(lambda kind: st.builds(Item, _NAMES, st.just(kind), _VALUES[kind])),
    max_size=4,
    unique_by=lambda item: item.name.upper(),
).map(tuple)


def _blocks(inner: st.SearchStrategy[tuple[Block, ...]]) -> st.SearchStrategy[tuple[Block, ...]]:
    block = st.builds(Block, _NAMES, _ITEMS, inner)
    return st.lists(block, max_size=3, unique_by=lambda block: block.name.upper()).map(tuple)


_TREES = st.builds(Block, st.just("root"), _ITEMS, st.recursive(st.just(()), _blocks, max_leaves=6))


def _bare(block: Block) -> object:
    """A tree without lines and order."""
    items = sorted((item.name, item.type, item.value) for item in block.items)
    return (block.name, items, sorted(repr(_bare(inner)) for inner in block.blocks))


@settings(deadline=None)
@given(_TREES)
def test_reading_undoes_writing(tree: Block) -> None:
    data = write_text(tree)
    parsed = parse_text(data)
    assert (parsed.faults, parsed.remarks) == ((), ())
    assert _bare(parsed.root) == _bare(tree)
    assert write_text(parsed.root) == data


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    parse_text(b"declare root\n{\n" + data)
    parse_text(data)
