"""Structured log lines on stderr: `time level event key=value ...`, one line an event.

Text of peers is escaped, so that a name can't forge a line or drive a terminal. No secret is ever logged.
"""

import logging
import sys
from typing import Final, TextIO

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

LEVELS: Final = ("debug", "info", "warning", "error")
_LONGEST_TEXT: Final = 512

Log = FilteringBoundLogger


def get_log(room: str) -> Log:
    """The logger of one part of the program."""
    log: Log = structlog.get_logger(room=room)
    return log


def configure_logs(level: str, stream: TextIO | None = None) -> None:
    """Send log lines of `level` and above to `stream` (stderr)."""
    structlog.configure(
        processors=_processors(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_Bridge()]
    root.setLevel(max(logging.getLevelName(level.upper()), logging.INFO))


class _Bridge(logging.Handler):
    """Lines of rooms and libraries that log by the standard library join ours."""

    def emit(self, record: logging.LogRecord) -> None:
        log = get_log(record.name.removeprefix("etherloom."))
        error = {"exc_info": record.exc_info} if record.exc_info else {}
        log.log(_level(record), record.getMessage(), **error)


def _level(record: logging.LogRecord) -> int:
    """The TLS library warns of habits that every stock client has, such as an address in the SNI."""
    of_tls = str(getattr(record, "module_path", "")).startswith("rustls")
    return logging.DEBUG if of_tls else record.levelno


def _processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        structlog.processors.format_exc_info,
        escape_text,
        render_line,
    ]


def escape_text(_log: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Make every value one printable line of bounded length."""
    return {key: _printable(value) if isinstance(value, str) else value for key, value in event.items()}


def render_line(_log: WrappedLogger, _method: str, event: EventDict) -> str:
    """`time level event` first, then the rest in the order given; texts with blanks are quoted."""
    head = [str(event.pop("time", "")), str(event.pop("level", "")), _quote(str(event.pop("event", "")))]
    return " ".join(head + [f"{key}={_quote(_text(value))}" for key, value in event.items()])


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)


def _printable(text: str) -> str:
    clean = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return clean if len(clean) <= _LONGEST_TEXT or "Traceback" in clean else clean[:_LONGEST_TEXT] + "…"


def _quote(text: str) -> str:
    if text and not any(c in ' "=' for c in text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
