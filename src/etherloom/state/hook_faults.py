"""What records about hooks may say."""

from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from etherloom.model.hook import CommandAction, Hook, HookSecret, WebhookAction
from etherloom.state.faults import Fault, invalid, range_faults, text_faults

_NAME: Final = 63
_ARGUMENTS: Final = 64
_ARGUMENT: Final = 4_095
_URL: Final = 2_000
_AUTHORITY: Final = 65_535
_TIMEOUT_MS: Final = (100, 30_000)
_KEY: Final = (16, 255)


def _hook_faults(hook: Hook) -> Iterator[Fault]:
    if not 1 <= len(hook.name) <= _NAME or not hook.name.isprintable() or hook.name != hook.name.strip():
        yield invalid(f"{hook.name!r} can't name a hook: 1 to {_NAME} printable characters")
    if not hook.events or len(set(hook.events)) < len(hook.events):
        yield invalid("a hook names the events that it is for, each once")
    yield from range_faults(hook.timeout_ms, *_TIMEOUT_MS, "the time-out of a hook in milliseconds")
    match hook.action:
        case CommandAction(arguments):
            yield from _command_faults(arguments)
        case WebhookAction(url, authority):
            yield from _url_faults(url)
            yield from text_faults(authority, "the certificate of an authority", _AUTHORITY)


def _command_faults(arguments: tuple[str, ...]) -> Iterator[Fault]:
    if not arguments or not arguments[0].startswith("/"):
        yield invalid("a hook's command begins with the absolute path of a program")
    if len(arguments) > _ARGUMENTS:
        yield invalid(f"a hook's command has at most {_ARGUMENTS} arguments")
    for argument in arguments:
        yield from text_faults(argument, "an argument of a hook's command", _ARGUMENT)
        if "\0" in argument:
            yield invalid("an argument of a hook's command holds a null character")


def _url_faults(url: str) -> Iterator[Fault]:
    yield from text_faults(url, "the address of a webhook", _URL)
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        yield invalid(f"{url!r} is no address of a web server")
        return
    if not url.isascii() or not url.isprintable() or " " in url or not usable:
        yield invalid(f"{url!r} is no address of a web server")
    elif parts.username is not None or parts.password is not None:
        yield invalid("the address of a webhook holds no password: its messages are signed instead")
    elif parts.scheme != "https" and not (parts.scheme == "http" and _is_here(parts.hostname or "")):
        yield invalid("a webhook's address begins with https:// (http:// for 127.0.0.1 and ::1 only)")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _secret_faults(secret: HookSecret) -> Iterator[Fault]:
    yield from range_faults(len(secret.key), *_KEY, "the length of a webhook's secret")


HOOK_CHECKS: Final[Mapping[type, Callable[[Any], Iterator[Fault]]]] = {
    Hook: _hook_faults,
    HookSecret: _secret_faults,
}
