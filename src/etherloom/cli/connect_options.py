"""The options of `etherloom connect`: names, help and ranges. What they mean stands in connect.py."""

from pathlib import Path
from typing import Annotated

import typer

from etherloom.cli.values import Switch
from etherloom.client.account import MAXIMUM_CONNECTIONS

# -- where to, and as whom

Server = Annotated[str, typer.Argument(metavar="HOST[:PORT]", help="The server; port 443 if none is given.")]
Hub = Annotated[str, typer.Option(help="The hub to join.")]
User = Annotated[str, typer.Option(help="The user to log in as.")]
PasswordFile = Annotated[
    str, typer.Option(metavar="FILE", help="File whose first line is the password; - is standard input.")
]
PlainPassword = Annotated[
    bool,
    typer.Option("--plain-password", help="Send the password itself, for users of RADIUS or a domain."),
]
Anonymous = Annotated[bool, typer.Option("--anonymous", help="Log in without a password.")]
Ca = Annotated[str, typer.Option(metavar="FILE", help="Trust this certificate, or what its CA signed.")]
Pin = Annotated[str, typer.Option(metavar="SHA256", help="Trust exactly the certificate with this SHA-256.")]
Insecure = Annotated[bool, typer.Option("--insecure", help="Trust anybody. Only for tests.")]
Ipv4 = Annotated[bool, typer.Option("-4", help="Reach the server by IPv4 only.")]
Ipv6 = Annotated[bool, typer.Option("-6", help="Reach the server by IPv6 only.")]

# -- the adapter

Nic = Annotated[
    str, typer.Option(metavar="NAME", help="Name of the adapter.", show_default="first free vpnN")
]
Address = Annotated[
    list[str] | None,
    typer.Option(metavar="CIDR|dhcp|none", help="Address of the adapter, repeatable.", show_default="dhcp"),
]
Gateway = Annotated[
    list[str] | None,
    typer.Option(metavar="IP", help="Gateway for --default-route with a static address."),
]
DefaultRoute = Annotated[bool, typer.Option("--default-route", help="Send all traffic through the tunnel.")]
AcceptRoutes = Annotated[
    bool, typer.Option("--accept-routes", help="Take routes that the DHCP server offers.")
]
Dns = Annotated[bool, typer.Option("--dns", help="Use the name servers that the DHCP server offers.")]
Mtu = Annotated[int | None, typer.Option(min=576, max=1500, help="MTU of the adapter.", show_default="1500")]
Mac = Annotated[str, typer.Option(metavar="MAC", help="Hardware address.", show_default="always the same")]
NoUp = Annotated[bool, typer.Option("--no-up", help="Leave the adapter down, without address.")]

# -- the session

Connections = Annotated[int, typer.Option(min=1, max=MAXIMUM_CONNECTIONS, help="Number of TCP connections.")]
HalfDuplex = Annotated[bool, typer.Option("--half-duplex", help="Each connection carries one direction.")]
Compress = Annotated[bool, typer.Option("--compress", help="Compress frames.")]
NoEncrypt = Annotated[bool, typer.Option("--no-encrypt", help="Ask for PLAIN TEXT after the log-in.")]
SuperFrames = Annotated[
    Switch, typer.Option(help="Carry what the kernel joins whole, where the server does too.")
]
Congestion = Annotated[
    str, typer.Option(metavar="auto|NAME", help="Congestion control of the connections: cubic, bbr, ...")
]
UdpAcceleration = Annotated[
    Switch,
    typer.Option(help="Carry frames by UDP as well, where the server does and the path lets it through."),
]
ConnectionLifetime = Annotated[
    float,
    typer.Option(metavar="S", min=0, help="Replace each TCP connection after so long.", show_default="never"),
]
AdditionalInterval = Annotated[
    float, typer.Option(metavar="S", min=0.1, help="Pause between additional connections.")
]
Retry = Annotated[
    str,
    typer.Option(
        metavar="N|forever",
        help="How often to try again in a row.",
        show_default="forever, save for a first log-in that is refused",
    ),
]
RetryInterval = Annotated[
    float,
    typer.Option(metavar="S", min=0, help="Pause between tries.", show_default="1 s, growing to 60 s"),
]

# -- this machine

State = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="State directory (else ETHERLOOM_STATE, else the usual place)."),
]
Json = Annotated[bool, typer.Option("--json", help="Events as JSON lines on standard output.")]
