"""`etherloom connect` as a process between network namespaces: adapter, addresses, routes, and their end."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.etherloom import PROGRAM, EtherloomServer, environment
from tests.support.netns import Namespace, join
from tests.support.packages import machine_tool
from tests.support.process import Process, wait_ended
from tests.support.traffic import Station, transfer
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.root, pytest.mark.timeout(120)]
ROOT = Path(__file__).resolve().parents[2]
HUB_ADDRESS = "10.50.0.1"
STATIC = ("--address", "10.50.0.2/24")


@dataclass
class Client:
    """A running client and the events that it told."""

    process: Process

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        lines = (line for line in self.process.output().splitlines() if line.startswith("{"))
        found = [json.loads(line) for line in lines]
        return [event for event in found if kind in (None, event["event"])]

    def until(self, kind: str, count: int = 1, timeout: float = 20.0) -> dict[str, Any]:
        wait_until(lambda: len(self.events(kind)) >= count, timeout, self.process.output)
        return self.events(kind)[count - 1]

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.signal(number)
        return wait_ended(self.process, 15)


@dataclass
class Site:
    """Two namespaces: the server with an adapter on its hub, and the client's."""

    server: Namespace
    client: Namespace
    folder: Path
    server_address: str
    program: EtherloomServer
    running: list[Process] = field(default_factory=list)

    def begin(self) -> None:
        """Start the server with a hub, a user and an adapter on the hub."""
        self.program.start()
        self.program.create_hub("LAB")
        self.program.create_user("LAB", "alice", None)
        self.program.bridge("LAB", "hub0")
        self.set_up_hub_adapter()

    def restart_server(self) -> None:
        self.program.stop()
        self.program.start()
        wait_until(lambda: self.server.has_interface("hub0"), 10, "no hub0")
        self.set_up_hub_adapter()

    def set_up_hub_adapter(self) -> None:
        # The same hardware address at every start, as a router on the hub would have.
        self.server.ip("link set hub0 address 02:00:00:00:50:01 up", f"addr add {HUB_ADDRESS}/24 dev hub0")

    def start(self, where: Namespace, name: str, *argv: str) -> Process:
        log = self.folder / f"{name}-{len(self.running)}.log"
        path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
        process = where.start(*argv, log=log, environment=environment() | {"PYTHONPATH": path})
        self.running.append(process)
        return process

    def start_dhcp(self, lease_s: int) -> Process:
        module = "tests.netns.client_dhcp_server"
        process = self.start(self.server, "dhcp", sys.executable, "-m", module, "hub0", str(lease_s))
        wait_until(lambda: "ready" in process.output(), 20, process.output)
        return process

    def connect(self, *arguments: str, nic: str = "vpn7", insecure: bool = True) -> Client:
        common = (self.server_address, "--hub", "LAB", "--user", "alice", "--json", "--nic", nic)
        ours = ("--state", str(self.folder / "client"), "--retry-interval", "0.2")
        trust = ("--insecure",) if insecure else ()
        process = self.start(self.client, "connect", *PROGRAM, "connect", *common, *ours, *trust, *arguments)
        return Client(process)

    def journals(self) -> list[Path]:
        return list((self.folder / "client" / "client").glob("*.journal"))

    def routes(self) -> list[str]:
        return self.client.run("ip", "route", "show").stdout.splitlines()

    def addresses(self, device: str) -> list[str]:
        listing = json.loads(self.client.run("ip", "-json", "addr", "show", "dev", device).stdout)
        return [f"{info['local']}/{info['prefixlen']}" for info in listing[0]["addr_info"]]

    def link(self, device: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.client.run("ip", "-json", "link", "show", "dev", device).stdout
        )[0]
        return found

    def ping(self, target: str = HUB_ADDRESS) -> None:
        """Wait for an answer: the first frames may be lost."""
        program, environment = machine_tool("ping")
        command = (program, "-c", "1", "-W", "1", target)
        wait_until(
            lambda: self.client.run(*command, check=False, environment=environment).returncode == 0,
            15,
            f"no answer from {target}",
        )


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    server, client = Namespace("server"), Namespace("client")
    try:
        ends = join(server, client)
        program = EtherloomServer(server, tmp_path / "server")
        place = Site(server, client, tmp_path, ends[0].v4, program)
        place.begin()
        yield place
        for process in place.running:
            process.kill()
        program.stop()
    finally:
        client.delete()
        server.delete()


@pytest.mark.parametrize(("wish", "allowed"), [("on", "on"), ("off", "on"), ("on", "off")])
def test_super_frames_where_both_ends_want_them(site: Site, wish: str, allowed: str) -> None:
    site.program.cli("hub", "set", "LAB", "--super-frames", allowed)
    client = site.connect(*STATIC, "--super-frames", wish)
    agreed = wish == allowed == "on"
    assert client.until("established")["super_frames"] is agreed
    (session,) = (one for one in site.program.sessions("LAB") if one.user == "alice")
    assert site.program.table("session", "show", "LAB", session.name)["super_frames"] is agreed
    site.ping()
    here = Station(site.client, "vpn7", "10.50.0.2", "")
    transfer(here, Station(site.server, "hub0", HUB_ADDRESS, ""), 3_000_000, HUB_ADDRESS)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_static_address_and_a_clean_end(site: Site, number: signal.Signals) -> None:
    client = site.connect(*STATIC, "--connections", "2")
    assert client.until("addresses")["addresses"] == ["10.50.0.2/24"]
    site.ping()
    assert site.journals()
    assert client.stop(number) == 0
    assert not site.client.has_interface("vpn7")
    assert not site.journals()
    assert client.events()[-1]["event"] == "ended"


def test_hardware_address_is_the_same_at_every_start(site: Site) -> None:
    found = []
    for _ in range(2):
        client = site.connect("--address", "none")
        client.until("established")
        found.append(site.link("vpn7")["address"])
        client.stop()
    assert found[0] == found[1]
    assert int(found[0][:2], 16) & 0b11 == 0b10


def test_mtu_hardware_and_down(site: Site) -> None:
    client = site.connect("--address", "none", "--mtu", "1400", "--mac", "02:aa:bb:cc:dd:ee", "--no-up")
    client.until("established")
    link = site.link("vpn7")
    assert (link["mtu"], link["address"]) == (1400, "02:aa:bb:cc:dd:ee")
    assert "UP" not in link["flags"]
    client.stop()


def test_restarted_server_is_joined_again(site: Site) -> None:
    client = site.connect(*STATIC)
    client.until("established")
    site.ping()
    site.restart_server()
    client.until("established", count=2, timeout=30)
    site.ping()
    assert client.stop() == 0


def test_killed_client_is_cleaned_up_by_the_next(site: Site) -> None:
    before = site.routes()
    client = site.connect(*STATIC, "--default-route", "--gateway", HUB_ADDRESS)
    client.until("addresses")
    wait_until(lambda: any("128.0.0.0/1" in line for line in site.routes()), 10, "no default route")
    site.ping()
    client.process.kill()
    wait_until(lambda: not site.client.has_interface("vpn7"), 10, "the adapter stays")
    left = [line for line in site.routes() if line not in before]
    assert [line.split()[0] for line in left] == [site.server_address]
    assert site.journals()
    second = site.connect(*STATIC, nic="vpn8")
    assert "put back" in second.until("notice", count=2)["message"]
    second.until("established")
    assert [line for line in site.routes() if "vpn8" not in line] == before
    assert second.stop() == 0
    assert not site.journals()
    assert site.routes() == before


def test_default_route_goes_with_the_session_and_spares_the_server(site: Site) -> None:
    before = site.routes()
    client = site.connect(*STATIC, "--default-route", "--gateway", HUB_ADDRESS)
    client.until("addresses")
    way = site.client.run("ip", "route", "get", site.server_address).stdout
    assert "vpn7" not in way
    assert "vpn7" in site.client.run("ip", "route", "get", "198.51.100.1").stdout
    site.program.set_hub_online("LAB", online=False)
    client.until("waiting")
    wait_until(lambda: not any("0.0.0.0/1" in line for line in site.routes()), 10, "the route stays")
    assert client.stop() == 0
    assert site.routes() == before


def test_adapter_that_was_there_before_is_given_back(site: Site) -> None:
    site.client.ip("tuntap add tap9 mode tap", "link set tap9 address 02:00:00:00:09:09 mtu 1300")
    client = site.connect(*STATIC, nic="tap9")
    client.until("addresses")
    site.ping()
    assert site.link("tap9")["address"] == "02:00:00:00:09:09"
    client.process.kill()
    assert "10.50.0.2/24" in site.addresses("tap9")
    second = site.connect("--address", "none", nic="tap9")
    second.until("established")
    assert "10.50.0.2/24" not in site.addresses("tap9")
    assert second.stop() == 0
    link = site.link("tap9")
    assert (link["address"], link["mtu"]) == ("02:00:00:00:09:09", 1300)
    assert "UP" not in link["flags"]


def test_address_by_dhcp(site: Site) -> None:
    dhcp = site.start_dhcp(3600)
    client = site.connect()
    told = client.until("addresses")
    assert (told["addresses"], told["origin"]) == (["10.50.0.99/24"], "dhcp")
    assert told["name_servers"] == [HUB_ADDRESS]
    site.ping()
    # What was not asked for is not taken.
    assert not any(line.startswith(("default", "0.0.0.0", "172.31.5.0")) for line in site.routes())
    assert client.stop() == 0
    wait_until(lambda: "release from 10.50.0.99" in dhcp.output(), 5, dhcp.output)


def test_routes_by_dhcp_when_asked(site: Site) -> None:
    site.start_dhcp(3600)
    client = site.connect("--accept-routes")
    client.until("addresses")
    wait_until(
        lambda: any(line.startswith("172.31.5.0/24 via 10.50.0.1 dev vpn7") for line in site.routes()),
        10,
        lambda: "\n".join(site.routes()),
    )
    client.stop()


def test_lease_is_renewed_and_asked_for_again_after_a_reconnect(site: Site) -> None:
    dhcp = site.start_dhcp(60)
    client = site.connect()
    client.until("addresses")
    wait_until(lambda: "request from 10.50.0.99 has 10.50.0.99 wants -" in dhcp.output(), 15, dhcp.output)
    dhcp.kill()
    site.restart_server()
    again = site.start_dhcp(3600)
    client.until("established", count=2, timeout=30)
    client.until("addresses", count=2)
    assert "request from 0.0.0.0 has 0.0.0.0 wants 10.50.0.99" in again.output()
    site.ping()
    client.stop()


@pytest.mark.slow
def test_lost_lease_takes_the_address_away(site: Site) -> None:
    dhcp = site.start_dhcp(10)
    client = site.connect()
    client.until("addresses")
    dhcp.kill()
    wait_until(lambda: client.events("addresses")[-1]["origin"] == "lost", 20, client.process.output)
    assert not any(address.startswith("10.50.") for address in site.addresses("vpn7"))
    client.stop()


def connect_with_resolver(site: Site, resolver: Path) -> Client:
    """With mounts of its own, where the resolver's file is one of the test's."""
    script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
    command = (site.server_address, "--hub", "LAB", "--user", "alice", "--insecure", "--json", "--dns")
    ours = ("--state", str(site.folder / "client"), "--nic", "vpn7")
    argv = ("sh", "-c", script, str(resolver), *PROGRAM, "connect", *command, *ours)
    private = ("unshare", "--mount", "--propagation", "private", "--", *argv)
    return Client(site.start(site.client, "connect", *private))


def test_name_servers_are_taken_when_asked_and_given_back(site: Site) -> None:
    site.start_dhcp(3600)
    resolver = site.folder / "resolv.conf"
    resolver.write_text("nameserver 192.0.2.53\n")
    client = connect_with_resolver(site, resolver)
    client.until("addresses")
    assert f"nameserver {HUB_ADDRESS}\nsearch lab.example\n" in resolver.read_text()
    client.process.kill()
    assert HUB_ADDRESS in resolver.read_text()
    second = connect_with_resolver(site, resolver)
    assert "put back" in second.until("notice", count=2)["message"]
    second.until("addresses")
    assert second.stop() == 0
    assert resolver.read_text() == "nameserver 192.0.2.53\n"


def refused(site: Site, *arguments: str) -> str:
    client = site.connect(*arguments)
    assert wait_ended(client.process, 15) == 1
    plain = [line for line in client.process.output().splitlines() if not line.startswith("{")]
    assert len(plain) == 1
    assert not site.client.has_interface("vpn7")
    return plain[0]


def test_taken_adapter_is_refused(site: Site) -> None:
    first = site.connect(*STATIC)
    first.until("established")
    second = site.connect(*STATIC)
    assert wait_ended(second.process, 15) == 1
    assert "vpn7" in second.process.output()
    assert first.process.alive
    assert first.stop() == 0


def test_adapter_deleted_by_somebody(site: Site) -> None:
    client = site.connect(*STATIC)
    client.until("established")
    site.client.ip("link del vpn7")
    assert wait_ended(client.process, 15) == 1
    assert "adapter is gone" in client.process.output()
    assert not site.journals()


def test_nobody_listening_and_no_retry(site: Site) -> None:
    site.program.stop()
    assert "can't connect" in refused(site, *STATIC, "--retry", "0")


def test_untrusted_certificate_is_refused_with_its_fingerprint(site: Site) -> None:
    client = site.connect(*STATIC, insecure=False)
    assert wait_ended(client.process, 15) == 1
    assert client.events("logging_in") == []
    pin = client.process.output().partition("--pin ")[2][:64]
    pinned = site.connect(*STATIC, "--pin", pin, insecure=False)
    assert pinned.until("logging_in")["fingerprint"] == pin
    pinned.until("established")
    assert pinned.stop() == 0


def test_end_while_connecting(site: Site) -> None:
    # Somebody who never answers.
    site.client.ip("neigh add 10.77.0.9 lladdr 02:00:00:00:00:99 dev lan0")
    site.server_address = "10.77.0.9"
    client = site.connect(*STATIC)
    client.until("connecting")
    assert client.stop() == 0
    assert not site.client.has_interface("vpn7")


def test_end_while_waiting(site: Site) -> None:
    site.program.stop()
    client = site.connect(*STATIC, "--retry-interval", "3600")
    client.until("waiting")
    assert client.stop(signal.SIGTERM) == 0
