"""Stock SoftEther programs, unpacked by `python -m tests.support.stock --prepare` and run in private mounts.

The programs have their paths built in (/var/lib/softether, /run/softether, /tmp locks): each instance sees
folders of its own there. They run in the foreground and are killed at the end; the machine stays as it was.
"""

import argparse
import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.netns import Namespace
from tests.support.packages import Programs, Unpackable, prepare
from tests.support.peers import Account, Kind, LinkFacts, SessionFacts
from tests.support.process import Process, process_tree
from tests.support.vpncmd import CommandFailed, Vpncmd
from tests.support.waiting import wait_until

# $1 = the instance's folder, $2 = the unpacked tree, the rest = what to run. /tmp is covered last, since the
# folder itself may lie in there. --rbind takes the tree along into /run.
_PRIVATE = """
set -e
mount -t sysfs sysfs /sys
mount --bind "$2" "$1/run/stock"
mount --bind "$1/lib" /var/lib
mount --bind "$1/log" /var/log
mount --rbind "$1/run" /run
mount --bind "$1/tmp" /tmp
shift 2
exec "$@"
"""
_STOCK_ROOT = Path("/run/stock")
_FAILURE = re.compile(r"has been either disconnected or it failed\..*\(code (\d+)\)")
_CANCELLED = 6


class _Instance:
    """One running stock program with its private folders."""

    def __init__(self, program: str, namespace: Namespace, folder: Path, programs: Programs) -> None:
        self.folder = folder
        self._program = program
        self._namespace = namespace
        self._programs = programs
        self._process: Process | None = None

    @property
    def configuration(self) -> Path:
        """Where it keeps its configuration."""
        return self.folder / "lib" / "softether" / f"{self._program.replace('vpn', 'vpn_', 1)}.config"

    def start(self, configuration: bytes | None = None) -> None:
        """Start from nothing, or from a configuration: what an earlier run left is gone."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for part in ("lib/softether", "log/softether", "run/softether", "run/stock", "tmp"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        if configuration is not None:
            self.configuration.write_bytes(configuration)
        inside = _STOCK_ROOT / self._programs.softether(self._program).relative_to(self._programs.root)
        argv = self._namespace.privately(
            *("sh", "-c", _PRIVATE, "sh", str(self.folder), str(self._programs.root)),
            *("env", f"LD_LIBRARY_PATH={self._programs.libraries(_STOCK_ROOT)}", str(inside), "execsvc"),
        )
        self._process = Process(argv, self.folder / "log" / "output.log")

    @property
    def process(self) -> Process:
        assert self._process is not None, f"{self._program} was not started"
        return self._process

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def pids(self) -> list[int]:
        return process_tree(self.process.pid)

    def wait_ready(self, vpncmd: Vpncmd, command: str) -> None:
        def answers() -> bool:
            assert self.process.alive, f"{self._program} ended: {self.process.output()}"
            return vpncmd.call(command, check=False).code == 0

        wait_until(answers, 20, lambda: f"{self._program} does not answer: {self.process.output()}")

    @property
    def log_folder(self) -> Path:
        return self.folder / "log" / "softether"

    def logs(self, *kinds: str) -> dict[str, Path]:
        folder = self.log_folder
        return {str(path.relative_to(folder)): path for kind in kinds for path in sorted(folder.glob(kind))}


class StockServer:
    """The stock vpnserver."""

    kind = Kind.STOCK
    program = "vpnserver"

    def __init__(self, namespace: Namespace, folder: Path, programs: Programs) -> None:
        self.namespace = namespace
        self._instance = _Instance(self.program, namespace, folder, programs)
        self._programs = programs
        # 443 is opened first. Without a password administration is open to the same host.
        self._login = ["127.0.0.1:443", "/SERVER"]
        self.admin = Vpncmd(programs, namespace, *self._login)

    def start(self, configuration: bytes | None = None, password: str | None = None) -> None:
        """Start, perhaps from a configuration; `password` is the administrator's in there."""
        if password is not None:
            self._use(password)
        self._instance.start(configuration)
        self._instance.wait_ready(self.admin, "ServerInfoGet")

    def configuration(self) -> bytes:
        """Its configuration as it saves it."""
        self.admin.call("Flush")
        return self._instance.configuration.read_bytes()

    def stop(self) -> None:
        self._instance.kill()

    def hub(self, hub: str) -> Vpncmd:
        """Return vpncmd with this hub selected."""
        return Vpncmd(self._programs, self.namespace, *self._login, f"/ADMINHUB:{hub}")

    def set_admin_password(self, password: str) -> None:
        self.admin.call("ServerPasswordSet", password)
        self._use(password)

    def _use(self, password: str) -> None:
        self._login = ["127.0.0.1:443", "/SERVER", f"/PASSWORD:{password}"]
        self.admin = Vpncmd(self._programs, self.namespace, *self._login)

    def create_hub(self, hub: str, max_sessions: int = 0) -> None:
        self.admin.script(
            f"HubCreate {hub} /PASSWORD:none",
            f"Hub {hub}",
            "LogDisable packet",
            f"SetMaxSession {max_sessions}",
        )

    def allow_plaintext(self, hub: str) -> None:
        """Nothing to do: a stock server lets the client choose."""

    def delete_hub(self, hub: str) -> None:
        self.admin.call("HubDelete", hub)

    def set_hub_online(self, hub: str, *, online: bool) -> None:
        self.hub(hub).call("Online" if online else "Offline")

    def create_user(self, hub: str, user: str, password: str | None = "secret") -> None:
        self.admin.script(
            f"Hub {hub}",
            f"UserCreate {user} /GROUP:none /REALNAME:none /NOTE:none",
            f"UserPasswordSet {user} /PASSWORD:{password}" if password else f"UserAnonymousSet {user}",
        )

    def expire_user(self, hub: str, user: str) -> None:
        self.hub(hub).call("UserExpiresSet", user, "/EXPIRES:2001/01/01 00:00:00")

    def set_timeout(self, hub: str, user: str, seconds: int) -> None:
        self.hub(hub).call("UserPolicySet", user, "/NAME:TimeOut", f"/VALUE:{seconds}")

    def set_policy(self, hub: str, user: str, **items: int) -> None:
        lines = (f"UserPolicySet {user} /NAME:{name} /VALUE:{value}" for name, value in items.items())
        self.admin.script(f"Hub {hub}", *lines)

    def set_options(self, hub: str, **options: int) -> None:
        lines = (f"ExtOptionSet {name} /VALUE:{value}" for name, value in options.items())
        self.admin.script(f"Hub {hub}", *lines)

    def sessions(self, hub: str) -> list[SessionFacts]:
        rows = self.hub(hub).call("SessionList").rows()
        return [SessionFacts(row["Session Name"], row["User Name"]) for row in rows]

    def disconnect(self, hub: str, session: str) -> None:
        self.hub(hub).call("SessionDisconnect", session)

    def uses_udp(self, hub: str, session: str) -> bool:
        facts = self.hub(hub).call("SessionGet", session).items()
        return facts["UDP Acceleration is Active"].startswith("Yes")

    def bridge(self, hub: str, tap: str) -> str:
        self.admin.call("BridgeCreate", hub, f"/DEVICE:{tap}", "/TAP:yes")
        interface = f"tap_{tap}"
        wait_until(lambda: self.namespace.has_interface(interface), 10, f"no {interface}")
        return interface

    @property
    def log_folder(self) -> Path:
        """Where its log folders are."""
        return self._instance.log_folder

    def pids(self) -> list[int]:
        return self._instance.pids()

    def logs(self) -> Mapping[str, Path]:
        return self._instance.logs("server_log/*", "security_log/*/*")


class StockBridge(StockServer):
    """The stock vpnbridge, which is a server with one hub."""

    program = "vpnbridge"


class StockClient:
    """The stock vpnclient with one virtual adapter and one account at a time."""

    kind = Kind.STOCK
    _NIC = "t0"
    _ACCOUNT = "peer"

    def __init__(self, namespace: Namespace, folder: Path, programs: Programs) -> None:
        self.namespace = namespace
        self._instance = _Instance("vpnclient", namespace, folder, programs)
        self.admin = Vpncmd(programs, namespace, "localhost", "/CLIENT")
        self._log_mark = 0
        self._has_account = False

    @property
    def interface(self) -> str:
        return f"vpn_{self._NIC}"

    def start(self) -> None:
        self._instance.start()
        self._instance.wait_ready(self.admin, "VersionGet")
        self.admin.call("NicCreate", self._NIC)
        wait_until(lambda: self.namespace.has_interface(self.interface), 10, f"no {self.interface}")

    def stop(self) -> None:
        self._instance.kill()

    def connect(self, account: Account) -> None:
        self.disconnect()
        self._log_mark = len(self._log())
        self._has_account = True
        self.admin.script(
            f"AccountCreate {self._ACCOUNT} /SERVER:{account.destination} /HUB:{account.hub}"
            f" /USERNAME:{account.user} /NICNAME:{self._NIC}",
            *self._settings(account),
            f"AccountConnect {self._ACCOUNT}",
        )

    def _settings(self, account: Account) -> list[str]:
        name = self._ACCOUNT
        return [
            f"AccountPasswordSet {name} /PASSWORD:{account.password} /TYPE:standard"
            if account.password is not None
            else f"AccountAnonymousSet {name}",
            f"AccountDetailSet {name} /MAXTCP:{account.connections} /INTERVAL:1 /TTL:{account.lifetime}"
            f" /HALF:{_yes(account.half_duplex)} /BRIDGE:no /MONITOR:no"
            f" /NOTRACK:yes /NOQOS:yes /DISABLEUDP:{_yes(not account.udp_acceleration)}",
            f"AccountCompress{_able(account.compress)} {name}",
            f"AccountEncrypt{_able(account.encrypt)} {name}",
            f"AccountRetrySet {name} /NUM:9999 /INTERVAL:{account.retry_seconds}",
        ]

    def disconnect(self) -> None:
        if not self._has_account:
            return
        self._has_account = False
        try:
            self.admin.call("AccountDisconnect", self._ACCOUNT)
        except CommandFailed as error:
            # 37: it was not connected any more.
            if error.reply.code != 37:
                raise
        self.admin.call("AccountDelete", self._ACCOUNT)

    def status(self) -> dict[str, str]:
        """Return the table of AccountStatusGet; empty while there is none."""
        reply = self.admin.call("AccountStatusGet", self._ACCOUNT, check=False)
        return reply.items() if reply.code == 0 else {}

    def established(self) -> bool:
        return "Session Established" in self.status().get("Session Status", "")

    def link(self) -> LinkFacts:
        status = self.status()
        return LinkFacts(
            connections=int(status["Number of TCP Connections"]),
            compressed=status["Use of Compression"].startswith("Yes"),
            half_duplex=status["Half Duplex TCP Connection Mode"].startswith("Yes"),
            encrypted=status["Encryption"].startswith("Enabled"),
        )

    def uses_udp(self) -> bool:
        return self.status().get("UDP Acceleration is Active", "").startswith("Yes")

    def failures(self) -> list[int]:
        codes = [int(code) for code in _FAILURE.findall(self._log()[self._log_mark :])]
        return [code for code in codes if code != _CANCELLED]

    def pids(self) -> list[int]:
        return self._instance.pids()

    def logs(self) -> Mapping[str, Path]:
        return self._instance.logs("client_log/*")

    def _log(self) -> str:
        return "".join(path.read_text(errors="replace") for path in self.logs().values())


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _able(value: bool) -> str:
    return "Enable" if value else "Disable"


def main() -> int:
    """Bring the stock programs."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.stock")
    parser.add_argument(
        "--prepare", action="store_true", required=True, help="fetch and unpack what is missing"
    )
    parser.add_argument("--folder", type=Path, help="where to (ETHERLOOM_STOCK, else build/stock)")
    folder = parser.parse_args().folder
    try:
        found = prepare(folder)
    except Unpackable as error:
        sys.stderr.write(f"the stock programs can't be brought: {error}\n")
        return 1
    sys.stdout.write(f"stock programs: {os.path.relpath(found.root)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
