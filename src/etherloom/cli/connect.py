"""`etherloom connect`: from the command line to an order for the client, and its outcome to an exit status.

Exit status: 0 when it was told to stop, 2 on wrong use, 1 otherwise with one line on stderr.
"""

import asyncio
import getpass
import signal
import sys
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv6Address,
    IPv6Interface,
    ip_address,
    ip_interface,
)
from pathlib import Path
from typing import Final

import typer

from etherloom.cli import connect_options as options
from etherloom.cli import terminal
from etherloom.cli.connect_status import Reporter, choose_reporter
from etherloom.cli.values import Switch
from etherloom.client import events
from etherloom.client.account import (
    DEFAULT_PORT,
    Account,
    AdapterSettings,
    Addressing,
    CaTrust,
    DynamicAddress,
    Family,
    Login,
    NoAddress,
    NoTrust,
    PinTrust,
    RetryRule,
    StaticAddresses,
    SystemTrust,
    Trust,
    log_in_anonymously,
    log_in_by_password,
)
from etherloom.client.certificate import parse_fingerprint, read_certificates
from etherloom.client.program import Order, run
from etherloom.model.errors import ErrorCode, Refusal

_LIVE_INTERVAL_S: Final = 1.0
_JSON_INTERVAL_S: Final = 10.0


def connect(
    server: options.Server,
    hub: options.Hub,
    user: options.User,
    password_file: options.PasswordFile = "",
    plain_password: options.PlainPassword = False,
    anonymous: options.Anonymous = False,
    nic: options.Nic = "",
    address: options.Address = None,
    gateway: options.Gateway = None,
    default_route: options.DefaultRoute = False,
    accept_routes: options.AcceptRoutes = False,
    dns: options.Dns = False,
    mtu: options.Mtu = None,
    mac: options.Mac = "",
    no_up: options.NoUp = False,
    connections: options.Connections = 1,
    half_duplex: options.HalfDuplex = False,
    compress: options.Compress = False,
    no_encrypt: options.NoEncrypt = False,
    super_frames: options.SuperFrames = Switch.ON,
    congestion: options.Congestion = "auto",
    udp_acceleration: options.UdpAcceleration = Switch.ON,
    ca: options.Ca = "",
    pin: options.Pin = "",
    insecure: options.Insecure = False,
    retry: options.Retry = "",
    retry_interval: options.RetryInterval = 0,
    connection_lifetime: options.ConnectionLifetime = 0,
    additional_interval: options.AdditionalInterval = 1,
    ipv4: options.Ipv4 = False,
    ipv6: options.Ipv6 = False,
    state: options.State = None,
    as_json: options.Json = False,
) -> None:
    """Join a hub with a virtual network adapter, in the foreground; Ctrl-C puts everything back."""
    terminal.remember(state=state, as_json=as_json)
    host, port = parse_server(server)
    try:
        account = Account(
            host=host,
            port=port,
            hub=hub,
            user=user,
            login=read_login(user, password_file, anonymous=anonymous, plain=plain_password),
            trust=read_trust(ca, pin, insecure=insecure),
            family=_family(ipv4=ipv4, ipv6=ipv6),
            connections=connections,
            half_duplex=half_duplex,
            compress=compress,
            encrypt=not no_encrypt,
            super_frames=super_frames is Switch.ON,
            congestion=congestion,
            udp_acceleration=udp_acceleration is Switch.ON,
            additional_interval_s=additional_interval,
            connection_lifetime_s=connection_lifetime,
            retry=parse_retry(retry, retry_interval),
        )
        adapter = AdapterSettings(
            name=nic,
            addressing=parse_addressing(address or [], gateway or []),
            mtu=mtu or 0,
            up=not no_up,
            hardware=parse_hardware(mac),
            default_route=default_route,
            accept_routes=accept_routes,
            accept_dns=dns,
        )
    except Refusal as refusal:
        raise _fail(refusal.message) from refusal
    interval_s = _JSON_INTERVAL_S if terminal.wants_json() else _LIVE_INTERVAL_S
    order = Order(account, adapter, terminal.state_directory() / "client", interval_s)
    _carry_out(order, choose_reporter(as_json=terminal.wants_json()))


# -- running


def _carry_out(order: Order, reporter: Reporter) -> None:
    try:
        _warn(order.account, reporter)
        ended = asyncio.run(_run(order, reporter))
        reporter.report(ended)
    except Refusal as refusal:
        ended = events.Ended(refusal.code, refusal.message)
        if terminal.wants_json():
            reporter.report(ended)
    finally:
        reporter.close()
    if ended.code is not ErrorCode.USER_CANCEL:
        raise _fail(ended.message)


async def _run(order: Order, reporter: Reporter) -> events.Ended:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        stop.set()
        # Whoever asks twice doesn't want to wait: the journal is for the next start.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, on_signal)
    return await run(order, reporter.report, stop)


def _warn(account: Account, reporter: Reporter) -> None:
    if isinstance(account.trust, NoTrust):
        reporter.report(
            events.Notice(
                "--insecure: the server's certificate is NOT checked; whoever is in between can read and "
                "change everything, and gets the password or something to guess it by",
                warning=True,
            )
        )
    if not account.encrypt:
        reporter.report(
            events.Notice(
                "--no-encrypt: after the log-in everything travels in PLAIN TEXT for all to read and change",
                warning=True,
            )
        )


def _fail(message: str) -> typer.Exit:
    typer.echo(f"etherloom: {' '.join(message.split())}", err=True)
    return typer.Exit(1)


# -- reading the command line


def parse_server(text: str) -> tuple[str, int]:
    """Return host and port of HOST, HOST:PORT, [IPV6]:PORT or a bare IPv6 address."""
    host, port = text, ""
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        if rest and not rest.startswith(":"):
            raise typer.BadParameter(f"{text!r} is no HOST[:PORT]: write [IPV6]:PORT")
        port = rest[1:]
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    elif ":" in text:
        _check_address(text)
    if not host or (port and not port.isdecimal()) or not 0 < int(port or DEFAULT_PORT) < 65_536:
        raise typer.BadParameter(f"{text!r} is no HOST[:PORT]: give a name or address and a port up to 65535")
    return host, int(port or DEFAULT_PORT)


def read_login(user: str, password_file: str, *, anonymous: bool, plain: bool) -> Login:
    """Return the credential; asks for the password where somebody can answer. Raises Refusal."""
    if anonymous and password_file:
        raise typer.BadParameter("--anonymous and --password-file exclude each other")
    if anonymous:
        return log_in_anonymously()
    if password_file:
        return log_in_by_password(user, _read_password(password_file), plain=plain)
    if sys.stdin.isatty():
        password = getpass.getpass(f"Password of {user} (empty for none): ").encode()
        return log_in_by_password(user, password, plain=plain) if password else log_in_anonymously()
    return log_in_anonymously()


def _read_password(file: str) -> bytes:
    try:
        content = sys.stdin.buffer.readline() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise Refusal(
            ErrorCode.INVALID_PARAMETER, f"can't read the password file {file}: {error.strerror}"
        ) from error
    return content.partition(b"\n")[0].removesuffix(b"\r")


def read_trust(ca: str, pin: str, *, insecure: bool) -> Trust:
    """Return who the server must be. Raises Refusal."""
    if (bool(ca), bool(pin), insecure).count(True) > 1:
        raise typer.BadParameter("--ca, --pin and --insecure exclude each other")
    if ca:
        return CaTrust(read_certificates(Path(ca)))
    if pin:
        return PinTrust(parse_fingerprint(pin))
    return NoTrust() if insecure else SystemTrust()


def parse_retry(text: str, interval_s: float) -> RetryRule:
    """Return the rule; asked for explicitly it also covers refused log-ins."""
    interval = interval_s or None
    if not text:
        return RetryRule(interval_s=interval)
    if text == "forever":
        return RetryRule(interval_s=interval, stubborn=True)
    if not text.isdecimal():
        raise typer.BadParameter(f"--retry {text}: give a number, or forever")
    return RetryRule(int(text), interval, stubborn=True)


def parse_addressing(addresses: list[str], gateways: list[str]) -> Addressing:
    """Return what `--address` and `--gateway` say."""
    if addresses in ([], ["dhcp"]) and not gateways:
        return DynamicAddress()
    if addresses == ["none"] and not gateways:
        return NoAddress()
    if not addresses or {"dhcp", "none"} & set(addresses):
        raise typer.BadParameter("--address takes dhcp or none alone, and --gateway goes with CIDRs")
    return StaticAddresses(tuple(map(_interface, addresses)), tuple(map(_check_address, gateways)))


def _interface(text: str) -> IPv4Interface | IPv6Interface:
    try:
        if "/" not in text:
            raise ValueError  # noqa: TRY301 - the same sentence
        return ip_interface(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"--address {text}: give an address with its prefix such as 10.0.0.2/24, or dhcp, or none"
        ) from error


def _check_address(text: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no IP address") from error


def parse_hardware(text: str) -> bytes:
    """Return the six bytes of a MAC address; empty for none."""
    try:
        hardware = bytes.fromhex(text.replace(":", "").replace("-", ""))
    except ValueError:
        hardware = b"?"
    if text and (len(hardware) != 6 or hardware[0] & 1):
        raise typer.BadParameter(
            f"--mac {text}: give six bytes such as 02:00:00:00:00:01, not a group address"
        )
    return hardware


def _family(*, ipv4: bool, ipv6: bool) -> Family:
    if ipv4 and ipv6:
        raise typer.BadParameter("-4 and -6 exclude each other")
    return Family.IPV4 if ipv4 else Family.IPV6 if ipv6 else Family.ANY
