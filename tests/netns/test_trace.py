"""A capture beside real traffic: every frame is in it, byte for byte, super-frames as they passed."""

import json
import os
import secrets
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from scapy.layers.inet import TCP, UDP
from scapy.utils import PcapNgReader

from tests.support import packages
from tests.support.etherloom import PROGRAM, EtherloomServer, environment
from tests.support.peers import Account, Kind
from tests.support.process import Process
from tests.support.traffic import Station, transfer, wait_ping
from tests.support.waiting import wait_until
from tests.support.world import World

pytestmark = [pytest.mark.root]

_STREAM_BYTES = 4 << 20
_DATAGRAMS = 50


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EtherloomServer, str, list[Station]]]:
    """The server, a hub, and two stations on it."""
    world = World(tmp_path_factory.mktemp("trace"), None)
    try:
        with world.hub(Kind.OURS) as hub:
            ends = world.connect(Kind.OURS, Kind.OURS, hub, Account("", "", ""))
            wait_ping(ends[0], ends[1].v4)
            server = world.server(Kind.OURS)
            assert isinstance(server, EtherloomServer)
            yield server, hub, ends
    finally:
        world.close()


def start_capture(server: EtherloomServer, hub: str, file: Path, *options: str) -> Process:
    argv = (*PROGRAM, "trace", "--state", str(server.state), hub, "--write", str(file), *options)
    capture = server.namespace.start(*argv, log=file.with_suffix(".log"), environment=environment())
    # The head of the file is written when frames are being looked at.
    wait_until(lambda: (file.exists() and file.stat().st_size) or not capture.alive, 10, capture.output)
    return capture


def end_capture(capture: Process) -> None:
    capture.signal(signal.SIGINT)
    assert capture.wait(10) == 0, capture.output()
    assert "lost" not in capture.output()


def send_datagrams(sender: Station, receiver: Station) -> tuple[int, list[bytes]]:
    """Returns the port that they went to, and what they held."""
    contents = [secrets.token_bytes(200 + number) for number in range(_DATAGRAMS)]
    with receiver.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind((receiver.v4, 0))
        sink.settimeout(10)
        with sender.namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as source:
            for content in contents:
                source.sendto(content, sink.getsockname())
        assert [sink.recv(2_000) for _ in contents] == contents
        return sink.getsockname()[1], contents


def test_datagrams_are_in_the_file_at_both_ports(
    place: tuple[EtherloomServer, str, list[Station]], tmp_path: Path
) -> None:
    server, hub, (sender, receiver) = place
    file = tmp_path / "datagrams.pcapng"
    capture = start_capture(server, hub, file, "--filter", f"udp and src ip {sender.v4}")
    port, contents = send_datagrams(sender, receiver)
    end_capture(capture)
    seen: dict[tuple[object, int], list[bytes]] = {}
    with PcapNgReader(str(file)) as reader:
        for packet in reader:
            if packet[UDP].dport == port:
                held = bytes(packet[UDP].payload)[: packet[UDP].len - 8]
                seen.setdefault((packet.sniffed_on, packet.direction), []).append(held)
    assert list(seen.values()) == [contents, contents]
    assert sorted(direction for _, direction in seen) == [1, 2]
    names = {session["name"] for session in server.table("session", "list", hub)}
    assert {str(name) for name, _ in seen} <= names


def test_super_frames_are_recorded_as_they_pass(
    place: tuple[EtherloomServer, str, list[Station]], tmp_path: Path
) -> None:
    server, hub, (sender, receiver) = place
    file = tmp_path / "stream.pcapng"
    capture = start_capture(server, hub, file, "--filter", f"tcp and src ip {sender.v4}")
    transfer(sender, receiver, _STREAM_BYTES, receiver.v4)
    end_capture(capture)
    covered: dict[int, set[tuple[int, int]]] = {1: set(), 2: set()}
    whole = 0
    with PcapNgReader(str(file)) as reader:
        for packet in reader:
            whole += any(b"super-frame" in comment for comment in packet.comments or [])
            size = len(packet[TCP].payload)
            covered[packet.direction].add((packet[TCP].seq, size))
    assert whole > 0
    for pieces in covered.values():
        assert sum(size for _, size in pieces) >= _STREAM_BYTES


@pytest.mark.timeout(300)
def test_tshark_reads_it(place: tuple[EtherloomServer, str, list[Station]], tmp_path: Path) -> None:
    server, hub, (sender, receiver) = place
    file = tmp_path / "tshark.pcapng"
    capture = start_capture(server, hub, file, "--filter", "udp", "--count", str(_DATAGRAMS))
    send_datagrams(sender, receiver)
    assert capture.wait(10) == 0
    program, needed = packages.analyser()
    command = [program, "-r", str(file), "-T", "json"]
    text = subprocess.run(command, capture_output=True, check=True, env={**os.environ, **needed}).stdout
    assert len(json.loads(text)) == _DATAGRAMS


def test_figures_of_a_busy_session(place: tuple[EtherloomServer, str, list[Station]]) -> None:
    server, hub, (sender, receiver) = place
    transfer(sender, receiver, _STREAM_BYTES, receiver.v4)
    name = min(session["name"] for session in server.table("session", "list", hub))
    shown = server.table("session", "show", hub, name)
    work, traffic = shown["work"], shown["traffic"]
    frames = traffic["received_unicast_frames"] + traffic["received_broadcast_frames"]
    # Carried whole between our ends: several frames a packet.
    assert 0 < work["packets_received"] < frames
    assert 0 < work["reads"] < frames
    assert {row["figure"] for row in shown["magnitudes"]} == {
        "queue_delay_us",
        "sent_batch",
        "received_batch",
    }
