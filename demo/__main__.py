"""`python -m demo`: with namespaces where that is possible, else in this process.

Exit status: 0 when every step worked, 1 with a sentence on stderr when one didn't, 130 after Ctrl-C.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType
from typing import Final

from demo import in_process, namespaces, tunnel
from demo.narration import StepFailed, tell, title
from etherloom.model.product import VERSION

_INTERRUPTS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Show everything and return the exit status."""
    options = _parse()
    for number in _INTERRUPTS:
        signal.signal(number, _interrupt)
    started = time.monotonic()
    title(f"Etherloom {VERSION}: two clients meet on a hub, through TLS")
    try:
        with tempfile.TemporaryDirectory(prefix="etherloom-demo-") as folder:
            _show(Path(folder), options.megabytes * 1_000_000, in_this_process=options.in_process)
    except StepFailed as error:
        sys.stdout.flush()
        sys.stderr.write(f"\netherloom demo: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\netherloom demo: interrupted; everything it started has been ended\n")
        return 130
    except BrokenPipeError:
        # The reader has seen enough; Python must not complain again on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    title(f"All of it worked, in {time.monotonic() - started:.1f} s.")
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description="Show Etherloom at work.")
    parser.add_argument(
        "--in-process", action="store_true", help="do without root: ports of this process, no adapters"
    )
    parser.add_argument("--megabytes", type=int, default=64, help="size of the file (default: %(default)s)")
    return parser.parse_args()


def _show(folder: Path, size: int, *, in_this_process: bool) -> None:
    missing = "" if in_this_process else namespaces.missing()
    if missing:
        tell(
            f"Network namespaces and adapters can't be had here: {missing}. So the clients are parts of this "
            "process; server, log-in and tunnel are the real ones."
        )
    if missing or in_this_process:
        in_process.show(folder, size)
    else:
        tunnel.show(folder, size)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    # Cleaning up takes seconds at most and must not be interrupted itself.
    for number in _INTERRUPTS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
