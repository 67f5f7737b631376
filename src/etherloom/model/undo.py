"""What it takes to undo the last import of a configuration."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class ImportUndo:
    """The documents as they were before the import, packed by whoever reads them. They hold secrets.

    `revision` is the import's own, `at` Unix milliseconds, `source` what the file was called.
    """

    revision: int
    at: int
    source: str
    documents: bytes
