"""What can be measured, by name: where, by which function, and on which courses."""

import enum
import functools
from collections.abc import Callable
from dataclasses import dataclass

from bench import cores, halls, lanes
from bench.course import Course, Lane
from bench.halls import Hall
from bench.tools import Figures, Plan, Tools


class Place(enum.Enum):
    """What has to be built for a measurement."""

    LANE = "lane"
    IMPAIRED_LANE = "impaired lane"
    HALL = "hall"
    NOWHERE = "nowhere"


@dataclass(frozen=True)
class Measure:
    """One measurement. `once`: what hardly varies and takes long is taken in the first round only."""

    place: Place
    on_lane: Callable[[Lane, Tools, Plan], Figures] | None = None
    in_hall: Callable[[Hall, Tools, Plan], Figures] | None = None
    alone: Callable[[Plan], Figures] | None = None
    needs_server: bool = False
    once: bool = False

    def suits(self, course: Course) -> bool:
        """Tell whether this course has what is measured."""
        if self.place is Place.NOWHERE:
            return course.name == "ours-ours"
        if self.place is Place.HALL or self.needs_server:
            return course.represents is not None
        return True


def _lane(run: Callable[[Lane, Tools, Plan], Figures]) -> Measure:
    return Measure(Place.LANE, on_lane=run)


MEASURES: dict[str, Measure] = {
    "ping": _lane(lanes.idle_ping),
    "tcp": _lane(lanes.single_stream),
    "tcp8": _lane(lanes.eight_streams),
    "udp64": _lane(functools.partial(lanes.datagrams, size=64)),
    "udp512": _lane(functools.partial(lanes.datagrams, size=512)),
    "udp1400": _lane(functools.partial(lanes.datagrams, size=1400)),
    "rr": _lane(lanes.requests),
    "shaped": _lane(lanes.shaped),
    "logins": Measure(Place.LANE, on_lane=lanes.storm, needs_server=True),
    "administration": Measure(Place.LANE, on_lane=lanes.administration, needs_server=True, once=True),
    "impaired": Measure(Place.IMPAIRED_LANE, on_lane=lanes.impaired),
    "fanout": Measure(Place.HALL, in_hall=halls.fan_out),
    "memory": Measure(Place.HALL, in_hall=halls.memory, once=True),
    "aftermath": Measure(Place.HALL, in_hall=halls.aftermath, once=True),
    "cores": Measure(Place.NOWHERE, alone=cores.two_workers),
}
