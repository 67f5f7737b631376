"""The comparison of frames finds every kind of damage: a test of endurance is worth what this is."""

from dataclasses import replace

import pytest

from tests.support.consignment import Flow, Shape, number_of, shapes

_HEADER = 10
_NO_OFFLOAD = bytes(_HEADER)


def _flow(shape: Shape) -> Flow:
    return Flow(shape, 3, b"\x02aaaaa", b"\x02bbbbb")


def _frames(flow: Flow, count: int) -> list[tuple[bytes, bytes]]:
    made = [flow.next() for _ in range(count)]
    return [(frame[:_HEADER], frame[_HEADER:]) for frame in made]


@pytest.mark.parametrize("shape", shapes(), ids=str)
def test_untouched_frames_pass(shape: Shape) -> None:
    flow = _flow(shape)
    for offload, frame in _frames(flow, 5):
        assert number_of(frame) == 3
        assert flow.check(offload, frame) == ""
    assert flow.received == flow.sent == 5 * shape.frame


@pytest.mark.parametrize("shape", [shape for shape in shapes() if not shape.super_bytes], ids=str)
def test_loss_doubles_and_haste_are_found(shape: Shape) -> None:
    for order in ([0, 2], [0, 0], [1, 0]):
        flow = _flow(shape)
        frames = _frames(flow, 3)
        assert any(flow.check(*frames[place]) for place in order), order


@pytest.mark.parametrize("shape", shapes(), ids=str)
def test_any_changed_byte_is_found(shape: Shape) -> None:
    (offload, frame), *_ = _frames(_flow(shape), 1)
    for place in [*range(min(len(frame), 120)), len(frame) - 1]:
        changed = bytearray(frame)
        changed[place] ^= 0x40
        assert _flow(shape).check(offload, bytes(changed)), place


@pytest.mark.parametrize("shape", [replace(shape, super_bytes=0) for shape in shapes()], ids=str)
def test_a_wrong_whole_checksum_is_found(shape: Shape) -> None:
    # Only a partial one was written: it is wrong where the header does not say so.
    (_, frame), *_ = _frames(_flow(shape), 1)
    assert "checksum" in _flow(shape).check(_NO_OFFLOAD, frame)


def test_another_cut_is_found() -> None:
    shape = Shape(4, "tcp", segment=1_000, super_bytes=3_000)
    (offload, frame), *_ = _frames(_flow(shape), 1)
    other = offload[:4] + (900).to_bytes(2, "little") + offload[6:]
    assert "cut" in _flow(shape).check(other, frame)
