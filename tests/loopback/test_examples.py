"""The worked examples of docs/guide/programs.md, run as they are told to be run."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Raw
from scapy.utils import checksum

from etherloom.daemon.server import Server
from etherloom.model.hook import Event, EventKind
from etherloom.rpc.caller import Caller
from etherloom.rpc.catalog import hook
from etherloom.services.programs import Port
from tests.support.asynchronous import until
from tests.support.configuration import hub, put, user
from tests.support.engine import frame
from tests.support.guest import WAIT, guest, serving

ROOT = Path(__file__).resolve().parents[2]
PINGER = "02:00:00:00:00:01"
HOST = "02:00:0a:00:00:07"


@asynccontextmanager
async def furnished(folder: Path) -> AsyncIterator[Server]:
    async with serving(folder) as server:
        await put(server.owner, hub("LAB"), user("LAB", "alice", "secret"))
        yield server


class Program:
    """An example that runs; its lines are read as they come."""

    def __init__(self, popen: "subprocess.Popen[str]") -> None:
        self.popen = popen

    async def line(self, text: str) -> str:
        """Its next line with this text."""
        assert self.popen.stdout is not None
        while True:
            line = await asyncio.wait_for(asyncio.to_thread(self.popen.stdout.readline), WAIT)
            assert line, f"it ended before it said {text!r}"
            if text in line:
                return line.rstrip("\n")


@contextmanager
def example(server: Server | None, name: str, *arguments: str, stdin: str = "") -> Iterator[Program]:
    state = {"ETHERLOOM_STATE": str(server.directory.path)} if server else {}
    with subprocess.Popen(
        [sys.executable, str(ROOT / "examples" / name), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **state, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"},
    ) as popen:
        assert popen.stdin is not None
        popen.stdin.write(stdin)
        popen.stdin.close()
        try:
            yield Program(popen)
        finally:
            popen.kill()


async def ask(port: Port, question: Any) -> Any:
    """Put a question into the hub; returns what comes back."""
    await port.send(bytes(question))
    (reply,) = await asyncio.wait_for(port.receive(1), WAIT)
    return Ether(reply)


def ping(payload: bytes, **more: Any) -> Any:
    packet = IP(src="10.0.0.1", dst="10.0.0.7", **more) / ICMP(id=7, seq=9) / Raw(payload)
    return Ether(src=PINGER, dst=HOST) / packet


async def test_the_virtual_host_answers_arp_and_ping(tmp_path: Path) -> None:
    async with furnished(tmp_path) as server, server.house.programs.attach("LAB") as port:
        with example(server, "virtual_host.py", "LAB", "10.0.0.7") as program:
            assert HOST in await program.line("SID-PROGRAM-2")
            request = ARP(hwsrc=PINGER, psrc="10.0.0.1", pdst="10.0.0.7")
            reply = await ask(port, Ether(src=PINGER, dst="ff:ff:ff:ff:ff:ff") / request)
            assert (reply.src, reply.dst, reply[ARP].op) == (HOST, PINGER, 2)
            assert (reply[ARP].hwsrc, reply[ARP].psrc, reply[ARP].pdst) == (HOST, "10.0.0.7", "10.0.0.1")
            for payload in (b"", b"odd", bytes(range(256)) * 5):
                pong = await ask(port, ping(payload))
                assert (pong.src, pong.dst, pong[IP].src, pong[IP].dst) == (
                    *(HOST, PINGER, "10.0.0.7", "10.0.0.1"),
                )
                assert (pong[ICMP].type, pong[ICMP].id, pong[ICMP].seq) == (0, 7, 9)
                # Over right data with its checksum the checksum is zero.
                assert checksum(bytes(pong[IP])[:20]) == 0
                assert checksum(bytes(pong[IP])[20 : pong[IP].len]) == 0
                assert bytes(pong[ICMP].payload)[: len(payload)] == payload


async def test_the_virtual_host_survives_rubbish(tmp_path: Path) -> None:
    async with furnished(tmp_path) as server, server.house.programs.attach("LAB") as port:
        with example(server, "virtual_host.py", "LAB", "10.0.0.7") as program:
            await program.line("SID-PROGRAM-2")
            arp = bytes(Ether(src=PINGER, dst=HOST) / ARP(pdst="10.0.0.7"))
            whole = bytes(ping(b"payload"))
            rubbish = [
                *(arp[:size] for size in range(14, len(arp) - 1)),
                *(whole[:size] for size in range(14, len(whole) - 1)),
                bytes(ping(b"x", frag=1)),
                bytes(ping(b"x", flags="MF")),
                bytes(ping(b"x", ihl=15)),
                bytes(ping(b"x", len=1_500)),
                bytes(ping(b"x", version=6)),
                bytes(Ether(src=PINGER, dst=HOST) / Dot1Q(vlan=3) / Raw(b"x" * 40)),
                bytes(Ether(src=PINGER, dst=HOST) / ARP(op=2, pdst="10.0.0.7")),
                bytes(Ether(src=PINGER, dst=HOST) / ARP(pdst="10.0.0.8")),
            ]
            await port.send(*rubbish)
            # The first thing that it says is the answer to what comes behind all that.
            pong = await ask(port, ping(b"still there"))
            assert bytes(pong[ICMP].payload)[:11] == b"still there"


async def test_the_frame_counter_counts(tmp_path: Path) -> None:
    async with furnished(tmp_path) as server, server.house.programs.attach("LAB") as port:
        with example(server, "frame_counter.py", "LAB", "--seconds", "3") as program:
            await program.line("listens")
            await port.send(*[frame(0, 5, bytes(86))] * 7, frame(0, 6, ethertype=0x0806))
            assert await program.line("frames in 3 s") == "8 frames in 3 s, 0 missed"
            assert await program.line("0x88b5") == "0x88b5   02:00:00:00:00:05  7 frames  700 bytes"
            assert await program.line("ARP") == "ARP      02:00:00:00:00:06  1 frames  60 bytes"


async def test_the_webhook_receiver_says_who_logged_in(tmp_path: Path) -> None:
    secret = "a secret of some length"
    async with furnished(tmp_path) as server:
        with example(None, "webhook_receiver.py", "--port", "0", stdin=f"{secret}\n") as program:
            port = int((await program.line("listening")).rsplit(" ", 1)[1])
            wish = hook.HookWish(name="tell", url=f"http://127.0.0.1:{port}/", secret=secret)
            await server.dispatcher.call(Caller.local(), hook.ADD_HOOK, wish)
            async with guest(server) as alice, guest(server) as mallory:
                await alice.log_in("LAB", "alice", "secret")
                assert "alice logged in to LAB from 127.0.0.1" in await program.line("logged in")
                assert "SID-ALICE-1 of alice is on LAB" in await program.line("is on")
                await mallory.log_in("LAB", "alice", "wrong")
                assert "alice was refused at LAB" in await program.line("refused")
                server.sessions.disconnect("LAB", alice.welcome.session_name)
                assert "left LAB: disconnected by an administrator" in await program.line("left")


async def test_the_webhook_receiver_believes_only_who_knows_the_secret(tmp_path: Path) -> None:
    async with furnished(tmp_path) as server:
        with example(
            None, "webhook_receiver.py", "--port", "0", stdin="a secret of some length\n"
        ) as program:
            port = int((await program.line("listening")).rsplit(" ", 1)[1])
            for name, secret in (("liar", "another secret here"), ("friend", "a secret of some length")):
                wish = hook.HookWish(name=name, url=f"http://127.0.0.1:{port}/", secret=secret)
                await server.dispatcher.call(Caller.local(), hook.ADD_HOOK, wish)
            assert "403" in await server.house.deliveries.test("liar")
            assert await server.house.deliveries.test("friend") == ""
            assert "(test)" in await program.line("test")


async def test_examples_say_what_is_wrong(tmp_path: Path) -> None:
    async with furnished(tmp_path) as server:
        with example(server, "virtual_host.py", "NONE", "10.0.0.7") as program:
            assert "NONE" in await program.line("virtual_host: ")
            assert await asyncio.to_thread(program.popen.wait, WAIT) == 1
        with example(server, "frame_counter.py", "LAB", "--seconds", "60") as program:
            await program.line("listens")
            server.sessions.close_hub("LAB", "test")
            await program.line("the hub went off line")
            assert await asyncio.to_thread(program.popen.wait, WAIT) == 0


def test_a_replayed_message_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    import webhook_receiver as there  # type: ignore[import-not-found]

    from etherloom.services.hook_message import make_body, sign

    body = make_body(Event(EventKind.SESSION_UP, 1_700_000_000_000), "d")
    signature = sign("secret", 1_700_000_000, body)
    assert there.is_genuine(b"secret", "1700000000", body, signature, 1_700_000_200)
    assert not there.is_genuine(b"secret", "1700000000", body, signature, 1_700_000_301)
    assert not there.is_genuine(b"secret", "1700000001", body, signature, 1_700_000_200)
    assert not there.is_genuine(b"secret", "1700000000", body + b" ", signature, 1_700_000_200)
    assert not there.is_genuine(b"secret", "", body, "", 1_700_000_200)


async def test_a_killed_program_is_off_the_hub(tmp_path: Path) -> None:
    async with furnished(tmp_path) as server:
        with example(server, "virtual_host.py", "LAB", "10.0.0.7") as program:
            await program.line("SID-PROGRAM-1")
            assert server.sessions.count("LAB") == 1
        await until(lambda: server.sessions.count("LAB") == 0, "a killed program is gone")
