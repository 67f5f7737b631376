"""Programs of the tests' own: Debian packages fetched and unpacked into a folder, never installed.

Works without root. Nothing outside the folder changes: no service, no user, no package list.
"""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

STOCK_PACKAGES = (
    "softether-common",
    "softether-vpnserver",
    "softether-vpnclient",
    "softether-vpnbridge",
    "softether-vpncmd",
)
TOOL_PACKAGES = ("iperf3", "iputils-ping", "nftables", "iproute2")
ANALYSER_PACKAGES = ("tshark",)
# Other VPNs, which only the benchmark sets beside.
RIVAL_PACKAGES = ("openvpn",)
# The machine's own C library must serve its programs; what it surely has is not fetched a second time.
_NOT_FETCHED = re.compile(r"lib(c6|gcc-s1|crypt1|perl.*|pam.*|debian-installer.*|textwrap.*|newt.*|slang.*)$")
_COMPLETE = "complete"


class Unpackable(RuntimeError):
    """The packages could not be brought; says why."""


@dataclass(frozen=True)
class Programs:
    """The unpacked tree."""

    root: Path

    @property
    def ready(self) -> bool:
        return (self.root.parent / _COMPLETE).exists()

    def libraries(self, root: Path | None = None) -> str:
        """Return LD_LIBRARY_PATH for the programs in here, or for the same tree mounted at `root`."""
        folders = [
            path for base in ("lib", "usr/lib") for path in sorted((self.root / base).glob("*-linux-gnu"))
        ]
        return ":".join(str((root or self.root) / path.relative_to(self.root)) for path in folders)

    def environment(self) -> dict[str, str]:
        return {"LD_LIBRARY_PATH": self.libraries()}

    def softether(self, name: str) -> Path:
        return self.root / "usr/libexec/softether" / name / name

    def tool(self, name: str) -> Path:
        """Return an unpacked tool (iperf3, ping, nft)."""
        for folder in ("usr/bin", "bin", "usr/sbin", "sbin"):
            candidate = self.root / folder / name
            if candidate.exists():
                return candidate
        raise Unpackable(f"{name} is not in {self.root}: run python -m tests.support.stock --prepare")


def default_folder() -> Path:
    """Return ETHERLOOM_STOCK, else build/stock of this repository."""
    chosen = os.environ.get("ETHERLOOM_STOCK")
    return Path(chosen) if chosen else Path(__file__).resolve().parents[2] / "build" / "stock"


def programs(folder: Path | None = None) -> Programs:
    """Return the programs in the folder, there or not."""
    return Programs((folder or default_folder()) / "root")


def rivals() -> Programs:
    """Return the other VPNs, there or not."""
    return programs(default_folder().with_name("rivals"))


def machine_tool(name: str) -> tuple[str, dict[str, str]]:
    """Return the machine's own tool, else the unpacked one, with the environment that it needs."""
    own = shutil.which(name)
    if own:
        return own, {}
    unpacked = programs()
    return str(unpacked.tool(name)), unpacked.environment()


def prepare_rivals() -> Programs:
    """Fetch and unpack the other VPNs."""
    return prepare(default_folder().with_name("rivals"), RIVAL_PACKAGES)


def analyser() -> tuple[str, dict[str, str]]:
    """Return the machine's own tshark, else an unpacked one, fetched first, and the environment it needs."""
    if own := shutil.which("tshark"):
        return own, {}
    unpacked = prepare(default_folder().with_name("analyser"), ANALYSER_PACKAGES)
    return str(unpacked.tool("tshark")), unpacked.environment()


def prepare(
    folder: Path | None = None, packages: Sequence[str] = (*STOCK_PACKAGES, *TOOL_PACKAGES)
) -> Programs:
    """Fetch and unpack what is missing; several processes may ask at once."""
    base = folder or default_folder()
    base.mkdir(parents=True, exist_ok=True)
    with (base / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = Programs(base / "root")
        if not found.ready:
            _fill(base, packages)
        return found


def _fill(base: Path, packages: Sequence[str]) -> None:
    apt = _Apt(base)
    names = apt.with_libraries(packages)
    archives = base / "archives"
    shutil.rmtree(archives, ignore_errors=True)
    archives.mkdir()
    apt.download(names, archives)
    for archive in sorted(archives.glob("*.deb")):
        _run("dpkg", "-x", str(archive), str(base / "root"))
    (base / _COMPLETE).write_text("".join(f"{path.stem}\n" for path in sorted(archives.glob("*.deb"))))
    shutil.rmtree(archives)


class _Apt:
    """apt with the machine's package lists, or with lists of our own where the machine has none."""

    def __init__(self, base: Path) -> None:
        self._options = ["-o", "APT::Sandbox::User="]
        if not self._knows(STOCK_PACKAGES[0]):
            for part in ("state/lists/partial", "cache/archives/partial"):
                (base / "apt" / part).mkdir(parents=True, exist_ok=True)
            self._options += [
                "-o", f"Dir::State={base}/apt/state",
                "-o", f"Dir::Cache={base}/apt/cache",
                "-o", "Dir::State::status=/var/lib/dpkg/status",
            ]  # fmt: skip
            _run("apt-get", *self._options, "--quiet", "update")
        if not self._knows(STOCK_PACKAGES[0]):
            raise Unpackable("apt knows no softether packages: the tests need Debian's or Ubuntu's archive")

    def _knows(self, name: str) -> bool:
        policy = _run("apt-cache", *self._options, "policy", name)
        return "Candidate:" in policy and "Candidate: (none)" not in policy

    def with_libraries(self, names: Iterable[str]) -> list[str]:
        """Return the packages and the libraries they need, and those these need."""
        known, frontier = set(names), sorted(names)
        while frontier:
            listing = _run("apt-cache", *self._options, "depends", "--important", *frontier)
            needed = set(re.findall(r"^ *\|?(?:Pre)?Depends: (lib[^\s:]+)", listing, re.MULTILINE))
            frontier = sorted(name for name in needed - known if not _NOT_FETCHED.match(name))
            known.update(frontier)
        return sorted(known)

    def download(self, names: Sequence[str], folder: Path) -> None:
        _run("apt-get", *self._options, "--quiet", "download", *names, cwd=folder)


def _run(*argv: str, cwd: Path | None = None) -> str:
    done = subprocess.run(
        argv, cwd=cwd, capture_output=True, text=True, check=False, env=dict(os.environ, LC_ALL="C")
    )
    if done.returncode:
        raise Unpackable(f"{' '.join(argv[:3])} … failed: {done.stderr.strip()}")
    return done.stdout
