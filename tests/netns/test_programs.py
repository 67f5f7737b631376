"""A program's host on a hub, and the kernel's own ping towards it through a TAP bridge."""

import sys
from pathlib import Path

import pytest

from tests.netns.test_server_bridge import TAP, is_up, serving
from tests.support.process import Process
from tests.support.server_process import SOURCE, wait_for_line
from tests.support.waiting import wait_until

pytestmark = pytest.mark.root
EXAMPLE = SOURCE.parent / "examples" / "virtual_host.py"


async def test_the_kernel_pings_a_program(tmp_path: Path) -> None:
    async with serving(tmp_path) as (namespace, process):
        wait_until(lambda: is_up(namespace), 20, process.output)
        namespace.ip(f"address add 10.0.0.1/24 dev {TAP}")
        environment = {"PYTHONPATH": str(SOURCE), "ETHERLOOM_STATE": str(tmp_path / "state")}
        argv = [sys.executable, "-u", str(EXAMPLE), "LAB", "10.0.0.7"]
        program = Process(argv, tmp_path / "program", environment)
        try:
            wait_for_line(program, "SID-PROGRAM-")
            for size in ("0", "56", "1472"):
                said = namespace.run(
                    "ping", "-c", "3", "-i", "0.1", "-W", "10", "-s", size, "10.0.0.7"
                ).stdout
                assert "3 received" in said, said
            assert namespace.neighbours(TAP)["10.0.0.7"] == "02:00:0a:00:00:07"
        finally:
            program.kill()
