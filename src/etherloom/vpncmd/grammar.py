"""The grammar of vpncmd: words, options, abbreviations. Pure; must not know any command."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_MARKS: Final = "/-"
_EMPTY_WORDS: Final = ("none", "null")


@dataclass(frozen=True, slots=True)
class Option:
    """`/NAME:value`. Without a value it is the empty text."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Line:
    """A command and what was given with it."""

    command: str
    positional: tuple[str, ...]
    options: tuple[Option, ...]


def split_words(line: str) -> tuple[str, ...]:
    """Words are separated by blanks outside quotes; two quotes in a row are one quote, also outside."""
    words: list[str] = []
    word: str | None = None
    quoted = False
    position = 0
    while position < len(line):
        letter = line[position]
        position += 1
        if letter == '"' and line[position : position + 1] == '"':
            word = (word or "") + letter
            position += 1
        elif letter == '"':
            quoted = not quoted
            word = word or ""
        elif letter in " \t" and not quoted:
            words, word = (words if word is None else [*words, word]), None
        else:
            word = (word or "") + letter
    return tuple(words if word is None else [*words, word])


def join_words(words: Iterable[str]) -> str:
    """The line that split_words would take apart into these words."""
    return " ".join(_quote(word) for word in words)


def _quote(word: str) -> str:
    doubled = word.replace('"', '""')
    return f'"{doubled}"' if not word or " " in word or "\t" in word else doubled


def parse_words(words: Sequence[str]) -> Line:
    """The first word is the command, whatever it looks like."""
    positional: list[str] = []
    options: list[Option] = []
    for word in words[1:]:
        option = _parse_option(word)
        if option is None:
            positional.append(word[1:] if word[:1] in _MARKS and word[:1] == word[1:2] else word)
        else:
            options.append(option)
    return Line(words[0] if words else "", tuple(positional), tuple(options))


def parse_line(line: str) -> Line:
    return parse_words(split_words(line))


def _parse_option(word: str) -> Option | None:
    if word[:1] not in _MARKS or not word[1:] or word[1] == word[0]:
        return Option("help", "") if word == "--help" else None
    cut = min((at for at in (word.find(":"), word.find("=")) if at >= 0), default=len(word))
    return Option(word[1:cut], word[cut + 1 :])


def read_value(text: str) -> str:
    """What a value means: the words `none` and `null` are the empty text."""
    return "" if text.casefold() in _EMPTY_WORDS else text


# --- abbreviations -----------------------------------------------------------------------------------------


def short_form(name: str) -> str:
    """The capital letters and digits of a name: SIG for ServerInfoGet. Empty if it has no small letters."""
    if not any(letter.islower() for letter in name):
        return ""
    return "".join(letter for letter in name if letter.isupper() or letter.isdigit())


def find_names(typed: str, names: Iterable[str]) -> tuple[str, ...]:
    """All names that the typed one may mean; an exact one wins."""
    known = tuple(names)
    wanted = typed.casefold()
    exact = tuple(name for name in known if name.casefold() == wanted)
    return exact or tuple(name for name in known if wanted and _abbreviates(wanted, name))


def _abbreviates(wanted: str, name: str) -> bool:
    if name.casefold().startswith(wanted):
        return True
    short = short_form(name).casefold()
    if not short:
        return False
    return short.startswith(wanted) or (
        wanted.startswith(short) and name.casefold().endswith(wanted[len(short) :])
    )
