"""Facts of the machine, and how traffic of running sessions joins the counters."""

from pathlib import Path

from etherloom.services.status import Memory, read_machine, read_memory


def test_the_kernels_own_words(tmp_path: Path) -> None:
    file = tmp_path / "meminfo"
    file.write_text("MemTotal:       1000 kB\nMemFree:  1 kB\nMemAvailable:    400 kB\nHugePages:\n")
    memory = read_memory(file)
    assert memory == Memory(1_024_000, 409_600)
    assert memory.used == 614_400


def test_a_kernel_that_says_nothing(tmp_path: Path) -> None:
    assert read_memory(tmp_path / "missing") == Memory()
    for text in ("", "MemTotal:\n", "MemTotal: x kB\nMemAvailable: 1 kB\n"):
        (tmp_path / "odd").write_text(text)
        assert read_memory(tmp_path / "odd") == Memory()


def test_this_machine() -> None:
    machine = read_machine()
    assert machine.host
    assert machine.os_type == 3100
    assert machine.kernel_version
