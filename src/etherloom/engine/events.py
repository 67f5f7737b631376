"""Events, from the engine upwards: flags per object, never messages, so nothing can pile up."""

from enum import IntEnum, IntFlag


class Subject(IntEnum):
    """What an event is about."""

    LISTENER = 1
    CONNECTION = 2
    SESSION = 3
    LOG = 4
    HUB = 5
    LINES = 6


class ConnectionEvent(IntFlag):
    """`ACCEPTED`: a new connection of a listener has finished its TLS handshake. `ESTABLISHED`: one of ours
    has. `READABLE`: take() has something. `CLOSED`: over before or outside of a pull; take() says why."""

    ACCEPTED = 1
    ESTABLISHED = 2
    READABLE = 4
    CLOSED = 8


class SessionEvent(IntFlag):
    """`LINK_OPENED` and `LINK_CLOSED`: see the snapshot. `FRAMES`: a memory port has frames. `ENDED`."""

    LINK_OPENED = 1
    LINK_CLOSED = 2
    FRAMES = 4
    ENDED = 8


class HubEvent(IntFlag):
    """`NEWS`: hub_events() has something to tell people."""

    NEWS = 1


class ListenerEvent(IntFlag):
    """`FAILED`: the socket stopped accepting; the listener is gone."""

    FAILED = 1
