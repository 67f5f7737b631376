"""A server as a process: its first start, its clean end, a second one on the same state."""

import asyncio
import signal
import socket
import time
from pathlib import Path

from etherloom.handshake.messages import Welcome
from tests.support.guest import Guest
from tests.support.server_process import fill, serve, started_port, wait_for_line


async def test_sigterm_ends_it_within_three_seconds_and_politely(tmp_path: Path) -> None:
    await fill(tmp_path / "state")
    with serve(tmp_path) as process:
        port = started_port(process)
        guests = [await Guest.arrive(port) for _ in range(5)]
        for guest in guests[:3]:
            assert isinstance(await guest.log_in("LAB", "guest"), Welcome)
        before = time.monotonic()
        process.signal(signal.SIGTERM)
        # A TLS end without close_notify would raise here.
        await asyncio.gather(*(guest.reader.read() for guest in guests[:3]))
        assert await asyncio.to_thread(process.wait, 5) == 0
        assert time.monotonic() - before < 3
        assert not (tmp_path / "state" / "admin.sock").exists()
        assert "Traceback" not in process.output()
        for guest in guests:
            guest.writer.transport.abort()


def test_sigint_ends_it_too(tmp_path: Path) -> None:
    with serve(tmp_path) as process:
        started_port(process)
        process.signal(signal.SIGINT)
        assert process.wait(5) == 0


def test_a_second_one_on_the_same_state_says_why_it_does_not_start(tmp_path: Path) -> None:
    with serve(tmp_path) as first:
        started_port(first)
        with serve(tmp_path) as second:
            assert second.wait(20) == 1
            (line,) = second.output().splitlines()
            assert "in use by another server" in line
            assert str(first.pid) in line
        assert first.alive


def test_a_wrong_address_says_how_it_is_written(tmp_path: Path) -> None:
    with serve(tmp_path, "nonsense") as process:
        assert process.wait(20) == 1
        assert "write ADDRESS:PORT" in process.output()


def test_a_busy_port_is_no_end(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with serve(tmp_path, f"127.0.0.1:{port}") as process:
            wait_for_line(process, "can't listen")
            wait_for_line(process, '"server started"')
            busy.close()
            wait_for_line(process, " listening ")


async def test_the_certificate_stays_from_start_to_start(tmp_path: Path) -> None:
    seen = set()
    for _ in range(2):
        with serve(tmp_path) as process:
            guest = await Guest.arrive(started_port(process))
            seen.add(guest.writer.get_extra_info("ssl_object").getpeercert(binary_form=True))
            guest.writer.transport.abort()
            process.stop()
    assert len(seen) == 1


def test_the_service_manager_is_told(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(20)
        with serve(tmp_path, notify=address) as process:
            assert manager.recv(100) == b"READY=1"
            process.signal(signal.SIGTERM)
            assert manager.recv(100) == b"STOPPING=1"
            assert process.wait(5) == 0


async def test_a_killed_server_starts_again_and_knows_its_users(tmp_path: Path) -> None:
    await fill(tmp_path / "state")
    with serve(tmp_path) as process:
        started_port(process)
        process.kill()
        process.wait(5)
    with serve(tmp_path) as process:
        guest = await Guest.arrive(started_port(process))
        assert isinstance(await guest.log_in("LAB", "guest"), Welcome)
        guest.writer.transport.abort()


def _niceness(task: Path) -> int:
    """How nice a thread is: the 17th field behind its name, which stands in parentheses (proc(5))."""
    return int((task / "stat").read_text().rpartition(")")[2].split()[16])


def test_log_ins_stand_behind_frames(tmp_path: Path) -> None:
    with serve(tmp_path) as process:
        started_port(process)
        tasks = Path(f"/proc/{process.pid}/task")
        named = {(task / "comm").read_text().strip(): _niceness(task) for task in tasks.iterdir()}
        frames = named["el-worker-0"]
        assert named["el-reception-0"] == min(frames + 5, 19)
        assert _niceness(tasks / str(process.pid)) == min(frames + 5, 19)
