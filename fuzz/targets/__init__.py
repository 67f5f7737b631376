"""One module a target. Each has `fuzz_one(data)`, which returns, or raises if the target misbehaved."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final, cast

NAMES: Final = ("pack", "http", "server_login", "client_login", "binary_rpc", "json_rpc", "configuration")
CORPUS: Final = Path(__file__).parent.parent / "corpus"
FuzzOne = Callable[[bytes], None]


def load(name: str) -> FuzzOne:
    """The target's function."""
    return cast(FuzzOne, import_module(f"fuzz.targets.{name}").fuzz_one)


def corpus(name: str) -> list[bytes]:
    """The kept inputs of the target."""
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]
