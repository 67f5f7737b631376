"""Our own programs in a namespace, driven only by the command line that every user has."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from etherloom.rpc.catalog import option
from etherloom.rpc.client import AdminClient
from tests.support.netns import Namespace
from tests.support.peers import Account, Kind, LinkFacts, SessionFacts
from tests.support.process import Process, process_tree
from tests.support.waiting import wait_until

# Not the installed script: tests run what is in this tree.
PROGRAM = (sys.executable, "-c", "import sys; from etherloom.cli.main import main; sys.exit(main())")
_SOURCES = Path(__file__).resolve().parents[2] / "src"


def environment() -> dict[str, str]:
    """Return what a fresh interpreter needs to find our package, installed or not."""
    paths = [str(_SOURCES), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": ":".join(paths), "PYTHONUNBUFFERED": "1"}


class EtherloomServer:
    """`etherloom serve` with a state directory of its own."""

    kind = Kind.OURS

    def __init__(self, namespace: Namespace, folder: Path) -> None:
        self.namespace = namespace
        self.state = folder / "state"
        self._log = folder / "serve.log"
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        assert self._process is not None, "the server was not started"
        return self._process

    def start(self) -> None:
        self.state.parent.mkdir(parents=True, exist_ok=True)
        argv = (
            *PROGRAM,
            "serve",
            "--state",
            str(self.state),
            "--listen",
            "*:443",
        )
        self._process = self.namespace.start(*argv, log=self._log, environment=environment())
        wait_until(self._answers, 30, lambda: f"the server does not answer: {self.process.output()}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop(8)

    def cli(self, *arguments: str, stdin: str = "", check: bool = True) -> str:
        """Run one command against this server and return what it printed."""
        return self.namespace.run(
            *PROGRAM,
            *arguments,
            check=check,
            stdin=stdin,
            environment=dict(environment(), ETHERLOOM_STATE=str(self.state)),
        ).stdout

    def table(self, *arguments: str) -> Any:
        """Run one command with --json and return its value."""
        return json.loads(self.cli(*arguments, "--json"))

    def set_admin_password(self, password: str) -> None:
        self.cli("passwd", "--password-stdin", stdin=f"{password}\n")

    def create_hub(self, hub: str, max_sessions: int = 0) -> None:
        self.cli("hub", "create", hub, "--max-sessions", str(max_sessions))

    def allow_plaintext(self, hub: str) -> None:
        self.cli("hub", "set", hub, "--require-encryption", "off")

    def delete_hub(self, hub: str) -> None:
        self.cli("hub", "delete", hub)

    def set_hub_online(self, hub: str, *, online: bool) -> None:
        self.cli("hub", "online" if online else "offline", hub)

    def create_user(self, hub: str, user: str, password: str | None = "secret") -> None:
        if password is None:
            self.cli("user", "create", hub, user, "--anonymous")
        else:
            self.cli("user", "create", hub, user, "--password-stdin", stdin=f"{password}\n")

    def expire_user(self, hub: str, user: str) -> None:
        self.cli("user", "set", hub, user, "--expires", "2001-01-01T00:00:00Z")

    def set_timeout(self, hub: str, user: str, seconds: int) -> None:
        self.cli("user", "set", hub, user, "--policy", f"TimeOut={seconds}")

    def set_policy(self, hub: str, user: str, **items: int) -> None:
        values = (f"--policy={name}={value}" for name, value in items.items())
        self.cli("user", "set", hub, user, *values)

    def set_options(self, hub: str, **options: int) -> None:
        rows = tuple(option.OptionRow(name, value) for name, value in options.items())
        with AdminClient(self.state) as client:
            client.call(option.SET_HUB_EXT_OPTIONS, option.OptionTable(len(rows), hub, rows))

    def sessions(self, hub: str) -> list[SessionFacts]:
        found: Sequence[Mapping[str, Any]] = self.table("session", "list", hub)
        return [SessionFacts(str(entry["name"]), str(entry["user"])) for entry in found]

    def disconnect(self, hub: str, session: str) -> None:
        self.cli("session", "disconnect", hub, session)

    def uses_udp(self, hub: str, session: str) -> bool:
        return bool(self.table("session", "show", hub, session)["acceleration"]["active"])

    def bridge(self, hub: str, tap: str) -> str:
        self.cli("bridge", "create", hub, "--tap", tap)
        wait_until(lambda: self.namespace.has_interface(tap), 10, f"no {tap}")
        return tap

    @property
    def log_folder(self) -> Path:
        """Where its log folders are."""
        return self.state

    def pids(self) -> list[int]:
        return process_tree(self.process.pid)

    def logs(self) -> Mapping[str, Path]:
        return {"serve.log": self._log}

    def _answers(self) -> bool:
        assert self.process.alive, f"the server ended: {self.process.output()}"
        done = self.namespace.run(
            *PROGRAM,
            "status",
            check=False,
            environment=dict(environment(), ETHERLOOM_STATE=str(self.state)),
        )
        return done.returncode == 0


class EtherloomClient:
    """`etherloom connect`, started anew for each account."""

    kind = Kind.OURS

    def __init__(self, namespace: Namespace, folder: Path) -> None:
        self.namespace = namespace
        self.folder = folder
        self._process: Process | None = None
        self._log = folder / "connect.log"

    @property
    def interface(self) -> str:
        return "el0"

    @property
    def process(self) -> Process:
        assert self._process is not None, "the client was not started"
        return self._process

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    def stop(self) -> None:
        self.disconnect()

    def connect(self, account: Account) -> None:
        self.disconnect()
        self._log.unlink(missing_ok=True)
        self._process = self.namespace.start(
            *PROGRAM, *self._arguments(account), log=self._log, environment=self._environment()
        )

    def _arguments(self, account: Account) -> list[str]:
        arguments = ["connect", account.destination, "--hub", account.hub, "--user", account.user]
        arguments += self._credential(account.password)
        arguments += ["--nic", self.interface, "--address", "none", "--insecure", "--json"]
        arguments += ["--retry", "forever", "--retry-interval", str(account.retry_seconds)]
        arguments += ["--connections", str(account.connections)]
        arguments += ["--compress"] if account.compress else []
        arguments += ["--half-duplex"] if account.half_duplex else []
        arguments += [] if account.encrypt else ["--no-encrypt"]
        arguments += [] if account.super_frames else ["--super-frames", "off"]
        arguments += ["--connection-lifetime", str(account.lifetime)] if account.lifetime else []
        arguments += ["--udp-acceleration", "on" if account.udp_acceleration else "off"]
        return arguments

    def _credential(self, password: str | None) -> list[str]:
        if password is None:
            return ["--anonymous"]
        secret = self.folder / "password"
        secret.write_text(password)
        secret.chmod(0o600)
        return ["--password-file", str(secret)]

    def _environment(self) -> dict[str, str]:
        return dict(environment(), ETHERLOOM_STATE=str(self.folder / "state"))

    def disconnect(self) -> None:
        if self._process is not None:
            self._process.stop(8)
            self._process = None

    def events(self, *kinds: str) -> list[Mapping[str, Any]]:
        """Return what the client reported since `connect`, only these kinds."""
        # The last line may be half written.
        text = self.process.output().rpartition("\n")[0] if self._process else ""
        found: list[Mapping[str, Any]] = [json.loads(line) for line in text.splitlines() if line[:1] == "{"]
        return [event for event in found if event["event"] in kinds]

    def established(self) -> bool:
        states = self.events("connecting", "established", "waiting", "ended")
        return bool(states) and states[-1]["event"] == "established"

    def link(self) -> LinkFacts:
        session = self.events("established")[-1]
        latest = self.events("established", "connections")[-1]
        return LinkFacts(
            # A session begins with one connection; what "established" tells is the number agreed on.
            connections=1 if latest["event"] == "established" else int(latest["connections"]),
            compressed=bool(session["compress"]),
            half_duplex=bool(session["half_duplex"]),
            encrypted=bool(session["encrypt"]),
        )

    def uses_udp(self) -> bool:
        said = self.events("established", "udp_acceleration")
        return bool(said) and bool(said[-1].get("active"))

    def failures(self) -> list[int]:
        return [int(event["code"]) for event in self.events("waiting", "ended")]

    def pids(self) -> list[int]:
        return process_tree(self.process.pid)

    def logs(self) -> Mapping[str, Path]:
        return {"connect.log": self._log}
