"""Figures of a port in words."""

from etherloom.cli.sight import bound, describe_work
from etherloom.rpc.catalog import own
from etherloom.rpc.catalog.blocks import Traffic
from etherloom.rpc.catalog.sight import Magnitude, PortWork


def test_a_bound_is_the_least_that_enough_values_are_below() -> None:
    rows = [Magnitude("x", 1024, 1), Magnitude("x", 2, 50), Magnitude("x", 64, 49)]
    assert [bound(rows, percent) for percent in (1, 50, 51, 99, 100)] == [2, 2, 64, 64, 1024]
    assert bound([], 50) == 0


def test_frames_a_call_and_frames_a_packet() -> None:
    details = own.SessionDetails(
        traffic=Traffic(received_unicast_frames=90, received_broadcast_frames=10, sent_unicast_frames=7),
        work=PortWork(writes=0, reads=4, packets_sent=0, packets_received=50),
        magnitudes=(Magnitude("queue_delay_us", 64, 98), Magnitude("queue_delay_us", 2_097_152, 2)),
    )
    assert describe_work(details) == {
        "Read": "4 system calls, 25.0 frames each; 2.0 frames a packet",
        "Written": "0 system calls",
        "Waited": "half less than 64 µs, 99 % less than 2.1 s",
    }
