"""The file that is carried: random bytes, so that nothing on the way can make it smaller."""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from demo.narration import StepFailed

_PIECE = 1 << 20


@dataclass(frozen=True)
class Carried:
    """What came of it."""

    size: int
    seconds: float
    sha256: str

    def check(self, size: int, sha256: str) -> None:
        """Raise StepFailed unless the copy equals the file."""
        if (self.size, self.sha256) != (size, sha256):
            raise StepFailed(f"the file arrived changed: {self.size} of {size} bytes, SHA-256 {self.sha256}")

    def __str__(self) -> str:
        gigabits = self.size * 8 / self.seconds / 1e9
        return f"{self.size / 1e6:.0f} MB in {self.seconds:.2f} s: {gigabits:.2f} Gbit/s"


def make_file(path: Path, size: int) -> str:
    """Write a file of random bytes and return its SHA-256."""
    digest = hashlib.sha256()
    with path.open("wb") as out:
        for left in range(size, 0, -_PIECE):
            piece = secrets.token_bytes(min(left, _PIECE))
            digest.update(piece)
            out.write(piece)
    return digest.hexdigest()
