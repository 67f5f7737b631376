"""Calls of our own about whole configurations: taken over from files of the original, undone, written."""

from dataclasses import dataclass
from typing import Final

from etherloom.rpc.catalog import element
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.call import Call, Who


@dataclass(frozen=True, slots=True)
class File:
    """A configuration file. `source` is what it is called, for the log.

    `dry`: nothing is changed. `replacing`: hubs that the file doesn't have may be lost.
    """

    source: str = element.text("Source", 4095)
    content: bytes = element.data("Content", secret=True)
    dry: bool = element.flag("DryRun")
    replacing: bool = element.flag("Replacing")


@dataclass(frozen=True, slots=True)
class Count:
    """How many of a kind come over. What isn't `acting` is kept, but nothing acts on it in this version."""

    noun: str = element.text("Noun")
    count: int = element.number("Count")
    acting: bool = element.flag("Acting")


@dataclass(frozen=True, slots=True)
class Report:
    """What was taken over, or would be. With any `faults`, by line and key, nothing was changed.

    `kept` are the paths of what nothing here knows: it is written back when the configuration is.
    """

    taken: bool = element.flag("Taken")
    revision: int = element.long("Revision")
    faults: tuple[str, ...] = element.texts("Faults")
    remarks: tuple[str, ...] = element.texts("Remarks")
    kept: tuple[str, ...] = element.texts("Kept")
    lost_hubs: tuple[str, ...] = element.texts("LostHubs")
    counts: tuple[Count, ...] = element.rows(Count, "Counts")


@dataclass(frozen=True, slots=True)
class Undoing:
    """`discarding`: changes since the import may be lost."""

    discarding: bool = element.flag("Discarding")


@dataclass(frozen=True, slots=True)
class Content:
    """A configuration file, with all its secrets."""

    content: bytes = element.data("Content", secret=True)


IMPORT: Final = Call(
    "Etherloom.Import",
    File,
    Report,
    Who.SERVER,
    "Makes the server what a configuration file of the original says, in one step.",
    changes=True,
)
UNDO_IMPORT: Final = Call(
    "Etherloom.UndoImport",
    Undoing,
    Undoing,
    Who.SERVER,
    "Brings back what was before the last import, in one step.",
    changes=True,
)
EXPORT: Final = Call(
    "Etherloom.Export", Empty, Content, Who.SERVER, "The configuration as a file that the original loads."
)

CALLS: Final = (IMPORT, UNDO_IMPORT, EXPORT)
