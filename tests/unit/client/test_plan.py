"""When connections are opened, replaced and given up, in virtual time."""

from hypothesis import given
from hypothesis import strategies as st

from etherloom.client.plan import DESERTED_S, CloseLink, LinkPlan, LinkState, OpenLink, Rebuild
from etherloom.engine.commands import Direction

UP, DOWN, BOTH = Direction.CLIENT_TO_SERVER, Direction.SERVER_TO_CLIENT, Direction.BOTH


def plan(
    maximum: int = 4, interval_s: float = 1.0, lifetime_s: float = 0.0, half_duplex: bool = False
) -> LinkPlan:
    return LinkPlan(
        100.0, maximum=maximum, interval_s=interval_s, lifetime_s=lifetime_s, half_duplex=half_duplex
    )


def links(*opened_at: float, direction: Direction = BOTH) -> list[LinkState]:
    return [LinkState(number, direction, at) for number, at in enumerate(opened_at, 1)]


def test_first_addition_comes_after_one_interval() -> None:
    machine = plan()
    assert machine.decide(100.0, links(100), 0) == []
    assert machine.wake_at == 101.0
    assert machine.decide(101.0, links(100), 0) == [OpenLink()]


def test_one_addition_an_interval() -> None:
    machine = plan()
    assert machine.decide(101.0, links(100), 0) == [OpenLink()]
    assert machine.decide(101.5, links(100), 1) == []
    assert machine.wake_at == 102.0
    assert machine.decide(102.0, links(100, 101.2), 0) == [OpenLink()]


def test_connections_being_opened_count() -> None:
    assert plan(maximum=2).decide(105.0, links(100), 1) == []


def test_complete_session_adds_nothing() -> None:
    assert plan(maximum=1).decide(500.0, links(100), 0) == []


def test_dropped_connection_is_added_at_the_next_chance() -> None:
    machine = plan(maximum=2)
    machine.decide(101.0, links(100), 0)
    assert machine.decide(200.0, links(100, 101), 0) == []
    assert machine.decide(200.1, links(100), 0) == [OpenLink()]


def test_deserted_session_is_rebuilt() -> None:
    machine = plan(maximum=1)
    assert machine.decide(110.0, [], 0) == [OpenLink()]
    assert Rebuild() not in machine.decide(110.0 + DESERTED_S - 0.1, [], 0)
    assert machine.decide(110.0 + DESERTED_S, [], 0) == [Rebuild()]


def come_and_go(machine: LinkPlan, count: int, stay_s: float, beside: list[LinkState]) -> list[object]:
    """One connection after the other appears and is dropped by the server; what the plan says at the end."""
    now, steps = 200.0, list[object]()
    for number in range(100, 100 + count):
        machine.decide(now, [*beside, LinkState(number, BOTH, now)], 0)
        now += stay_s
        steps = [*machine.decide(now, beside, 0)]
    return steps


def test_a_session_whose_connections_are_dropped_at_once_is_rebuilt() -> None:
    assert Rebuild() not in come_and_go(plan(), 3, 0.1, [])
    assert come_and_go(plan(), 4, 0.1, []) == [Rebuild()]


def test_dropped_connections_beside_one_that_stays_are_no_reason_to_rebuild() -> None:
    assert Rebuild() not in come_and_go(plan(), 20, 0.1, links(100))
    assert Rebuild() not in come_and_go(plan(), 20, 3.5, [])


def test_deserted_time_starts_again_with_every_connection() -> None:
    machine = plan(maximum=1)
    machine.decide(110.0, [], 0)
    machine.decide(120.0, links(119), 0)
    assert Rebuild() not in machine.decide(110.0 + DESERTED_S, [], 0)


def test_successor_comes_before_the_old_connection_goes() -> None:
    machine = plan(maximum=1, lifetime_s=7)
    assert machine.decide(106.9, links(100), 0) == []
    assert machine.wake_at == 107.0
    assert machine.decide(107.0, links(100), 0) == [OpenLink()]
    assert machine.decide(107.2, links(100, 107.1), 0) == [CloseLink(1)]


def test_old_connection_goes_even_without_successor() -> None:
    machine = plan(maximum=1, lifetime_s=7)
    machine.decide(107.0, links(100), 0)
    assert CloseLink(1) in machine.decide(117.0, links(100), 1)


def test_half_duplex_closes_first_so_that_the_direction_comes_back() -> None:
    machine = plan(maximum=2, lifetime_s=7, half_duplex=True)
    both = [LinkState(1, UP, 100.0), LinkState(2, DOWN, 101.0)]
    assert machine.decide(107.0, both, 0) == [CloseLink(1)]
    assert machine.decide(107.1, both[1:], 0) == [OpenLink()]


def test_half_duplex_with_one_direction_only_closes_the_last() -> None:
    machine = plan(maximum=2, half_duplex=True)
    assert machine.decide(100.5, links(100, 100.2, direction=UP), 0) == [CloseLink(2)]


def test_half_duplex_first_connection_alone_is_kept() -> None:
    assert plan(maximum=2, half_duplex=True).decide(100.5, links(100, direction=UP), 0) == []


@given(
    maximum=st.integers(1, 32),
    lifetime_s=st.sampled_from([0.0, 0.5, 7.0]),
    half_duplex=st.booleans(),
    moves=st.lists(st.tuples(st.floats(0.0, 40.0), st.booleans(), st.booleans()), max_size=60),
)
def test_never_more_than_one_beyond_the_maximum_and_never_busy(
    maximum: int, lifetime_s: float, half_duplex: bool, moves: list[tuple[float, bool, bool]]
) -> None:
    machine = plan(maximum, 1.0, lifetime_s, half_duplex)
    now, opening, number = 100.0, 0, 1
    present = [LinkState(number, BOTH, now)]
    for pause, succeeds, drops in moves:
        now += pause
        if opening and succeeds:
            number += 1
            present.append(LinkState(number, BOTH, now))
        opening = max(opening - 1, 0)
        if drops:
            present = present[1:]
        for step in machine.decide(now, present, opening):
            if isinstance(step, OpenLink):
                opening += 1
            elif isinstance(step, CloseLink):
                present = [link for link in present if link.connection != step.connection]
            else:
                return
        assert len(present) + opening <= maximum + 1
        assert machine.wake_at >= now
