"""Words, options and abbreviations, as the original reads them (each line was tried there)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etherloom.vpncmd.commands import SERVER_COMMANDS
from etherloom.vpncmd.grammar import (
    Option,
    find_names,
    join_words,
    parse_line,
    parse_words,
    read_value,
    short_form,
    split_words,
)

NAMES = [command.name for command in SERVER_COMMANDS]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", ()),
        ("  HubList \t", ("HubList",)),
        ('UserSet alice /NOTE:"a, b"', ("UserSet", "alice", "/NOTE:a, b")),
        ('"/NOTE:q r"', ("/NOTE:q r",)),
        ('/NOTE:"q r"s', ("/NOTE:q rs",)),
        ('/NOTE:"the staff, ""all"""', ('/NOTE:the staff, "all"',)),
        # Two quotes are one, also outside quotes.
        ('/NOTE:""', ('/NOTE:"',)),
    ],
)
def test_words(line: str, words: tuple[str, ...]) -> None:
    assert split_words(line) == words


@pytest.mark.parametrize(
    ("line", "positional", "options"),
    [
        ("X a b", ("a", "b"), ()),
        ("X /A:b -C=d /E", (), (Option("A", "b"), Option("C", "d"), Option("E", ""))),
        ("X //a --b", ("/a", "-b"), ()),
        ("X /NOTE:a:b=c", (), (Option("NOTE", "a:b=c"),)),
        ("X / -", ("/", "-"), ()),
        ("X --help", (), (Option("help", ""),)),
    ],
)
def test_options(line: str, positional: tuple[str, ...], options: tuple[Option, ...]) -> None:
    found = parse_line(line)
    assert (found.command, found.positional, found.options) == ("X", positional, options)


def test_the_first_word_is_the_command() -> None:
    assert parse_words(["/NOTHING"]).command == "/NOTHING"
    assert parse_words([]).command == ""


@pytest.mark.parametrize(("text", "value"), [("none", ""), ("NULL", ""), ("nones", "nones"), ("", "")])
def test_values(text: str, value: str) -> None:
    assert read_value(text) == value


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("serverinfoget", ("ServerInfoGet",)),
        ("ServerInf", ("ServerInfoGet",)),
        ("SIG", ("ServerInfoGet",)),
        ("ul", ("UserList",)),
        # An exact name wins over what begins with it.
        ("Hub", ("Hub",)),
        ("GL", ("GroupList",)),
        ("GLt", ("GroupList",)),
        ("GLs", ()),
        ("GrLi", ()),
        ("UPS", ("UserPasswordSet", "UserPolicySet")),
        ("Nothing", ()),
        ("", ()),
    ],
)
def test_abbreviations(typed: str, names: tuple[str, ...]) -> None:
    assert tuple(sorted(find_names(typed, NAMES))) == names


def test_a_name_without_small_letters_has_no_short_form() -> None:
    assert short_form("SERIAL") == ""
    assert short_form("MakeCert2048") == "MC2048"


@given(st.text(max_size=40))
def test_any_line_can_be_read(line: str) -> None:
    parse_line(line)
    find_names(line, NAMES)


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=12), max_size=5))
def test_joined_words_are_split_again(words: list[str]) -> None:
    sound = [word for word in words if word]
    assert list(split_words(join_words(sound))) == sound
