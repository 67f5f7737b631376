"""Show what a running client does: one living line on a terminal, plain lines elsewhere, JSON for scripts."""

import json
import sys
from typing import Protocol, assert_never

from rich.console import Console
from rich.live import Live
from rich.text import Text

from etherloom.client import events


class Reporter(Protocol):
    """Takes the events of one run."""

    def report(self, event: events.Event) -> None: ...

    def close(self) -> None: ...


def choose_reporter(*, as_json: bool) -> Reporter:
    """JSON lines on stdout if asked for, else for people on stderr."""
    if as_json:
        return JsonReporter()
    console = Console(stderr=True, highlight=False)
    return LiveReporter(console) if console.is_terminal else LineReporter(console)


class JsonReporter:
    """One JSON object a line on stdout."""

    def report(self, event: events.Event) -> None:
        sys.stdout.write(json.dumps(events.describe(event), ensure_ascii=False) + "\n")
        sys.stdout.flush()

    def close(self) -> None:
        pass


class LineReporter:
    """One line an event."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def report(self, event: events.Event) -> None:
        line = describe(event)
        if line:
            self._console.print(line, markup=False, soft_wrap=True)

    def close(self) -> None:
        pass


class LiveReporter:
    """A status line that changes in place, with notices above it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._summary = Summary()
        self._live = Live(Text(), console=console, transient=True, auto_refresh=False)
        self._live.start()

    def report(self, event: events.Event) -> None:
        if isinstance(event, events.Notice | events.Ended | events.AddressesChanged):
            style = "bold red" if isinstance(event, events.Notice) and event.warning else ""
            self._console.print(Text(describe(event), style=style), soft_wrap=True)
        self._summary.take(event)
        self._live.update(Text(self._summary.line(), no_wrap=True, overflow="ellipsis"), refresh=True)

    def close(self) -> None:
        self._live.stop()


class Summary:
    """What the status line says: state, session, address, connections, cipher, bytes."""

    def __init__(self) -> None:
        self._state = "starting"
        self._session = ""
        self._address = ""
        self._connections = ""
        self._cipher = ""
        self._traffic = ""
        self._way = ""

    def take(self, event: events.Event) -> None:
        match event:
            case events.Connecting() | events.LoggingIn() | events.Waiting() | events.Ended():
                self._state, self._session, self._connections, self._traffic = describe(event), "", "", ""
            case events.Established():
                self._state, self._session, self._way = "connected", event.session, ""
                self._connections = f"1/{event.connections} connections"
                self._cipher = _cipher(event)
            case events.LinksChanged(connections, maximum):
                self._connections = f"{connections}/{maximum} connections"
            case events.AccelerationChanged():
                self._way = "by UDP" if event.active else ""
            case events.AddressesChanged():
                self._address = " ".join(event.addresses)
            case events.Traffic(sent, received):
                self._traffic = f"{_bytes(sent)} sent, {_bytes(received)} received"
            case events.Notice():
                pass
            case _:
                assert_never(event)

    def line(self) -> str:
        cipher = self._cipher if self._session else ""
        way = self._way if self._session else ""
        parts = (self._state, self._session, self._address, self._connections, way, cipher, self._traffic)
        return " · ".join(part for part in parts if part)


def describe(event: events.Event) -> str:
    """Return the event as a line for people; empty if it isn't worth one."""
    match event:
        case events.Connecting(host, port, attempt):
            again = f" (attempt {attempt})" if attempt > 1 else ""
            return f"connecting to {host} port {port}{again}"
        case events.LoggingIn(address, port, tls_version, cipher):
            return f"logging in at {address} port {port} ({tls_version}, {cipher})"
        case events.Established():
            return f"connected: {_established(event)}"
        case events.LinksChanged() | events.AccelerationChanged():
            return _ways(event)
        case events.Waiting(seconds, _, message):
            return f"not connected: {message}; trying again in {seconds:.0f} s"
        case events.AddressesChanged():
            return _addresses(event)
        case events.Traffic():
            return ""
        case events.Notice(message, warning):
            return f"warning: {message}" if warning else message
        case events.Ended(_, message):
            return message
        case _:
            assert_never(event)


def _established(event: events.Established) -> str:
    modes = [f"up to {event.connections} connections", _cipher(event)]
    if event.half_duplex:
        modes.append("half duplex")
    if event.super_frames:
        modes.append("super-frames")
    modes.append(f"UDP acceleration: {event.udp_acceleration}")
    if event.compress:
        modes.append("compressed")
    text = f"session {event.session} on {event.address} port {event.port}, {', '.join(modes)}"
    return f"{text}; the hub says: {_one_line(event.message)}" if event.message else text


def _ways(event: events.LinksChanged | events.AccelerationChanged) -> str:
    if isinstance(event, events.LinksChanged):
        return f"{event.connections} of {event.maximum} connections"
    if event.active:
        return "frames go by UDP"
    fallen = f" (fell back {event.fallbacks} times)" if event.fallbacks else ""
    reason = "the path is being tried" if event.reached else "no answer by UDP"
    return f"frames go by TCP: {reason}{fallen}"


def _cipher(event: events.Established) -> str:
    return f"{event.tls_version} {event.cipher}" if event.encrypt else "NOT ENCRYPTED"


def _addresses(event: events.AddressesChanged) -> str:
    if not event.addresses:
        return f"{event.adapter} has no address"
    text = f"{event.adapter} has {', '.join(event.addresses)} ({event.origin})"
    if event.gateways:
        text += f", gateway {', '.join(event.gateways)}"
    return text


def _one_line(text: str) -> str:
    """A server's text must not move the cursor."""
    return "".join(character if character.isprintable() else " " for character in text)[:500]


def _bytes(number: int) -> str:
    amount, units = float(number), ["B", "kB", "MB", "GB", "TB"]
    while amount >= 1000 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    return f"{amount:.0f} {units[0]}" if units[0] == "B" else f"{amount:.1f} {units[0]}"
