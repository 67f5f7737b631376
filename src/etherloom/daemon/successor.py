"""The same program once more, in place of this process: what follows a restart that was asked for.

The process keeps its number, so a service manager sees one service all the time.
"""

import os
import sys
import threading
from typing import Final, Never


class Successor:
    """Made before anything else starts, by the thread that later waits for the end of everything.

    A program inherits how nice the thread was that started it, and whoever has yielded to the engine's
    threads can't take that back. So a thread does it that never yielded.
    """

    def __init__(self) -> None:
        self._wanted: Final = threading.Event()
        self._failed: Final = threading.Event()
        self._problem: OSError | None = None
        threading.Thread(target=self._await, name="successor", daemon=True).start()

    def take_over(self) -> Never:
        """Become the same program with the same arguments. Raises OSError if that can't be."""
        self._wanted.set()
        self._failed.wait()
        raise self._problem or OSError("the program could not be started again")

    def _await(self) -> None:
        self._wanted.wait()
        try:
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - it is ourselves
        except OSError as error:
            self._problem = error
            self._failed.set()
