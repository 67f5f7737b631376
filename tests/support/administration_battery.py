"""A sequence of calls about the server itself, right and wrong ones, for any server."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address
from typing import Final

from cryptography.hazmat.primitives import serialization

from etherloom.model.server import ServerIdentity
from etherloom.wire.pack import Pack

Call = tuple[str, Pack] | tuple[str, Pack, str]
Step = tuple[str, str, Pack]
Plain = str | int | bool | bytes | IPv4Address | Sequence[str] | Sequence[int] | Sequence[bytes]
SWITCH: Final = "L3A"


def pack(**elements: Plain) -> Pack:
    """A request by the names of its elements."""
    made = Pack()
    for name, value in elements.items():
        match value:
            case IPv4Address():
                made.add_ip(name, value)
            case str():
                made.add_str(name, value)
            case bytes():
                made.add_data(name, value)
            case int():
                made.add_int(name, int(value))
            case [str(), *_]:
                made.add_str(name, *map(str, value))
            case [bytes(), *_]:
                made.add_data(name, *(one for one in value if isinstance(one, bytes)))
            case _:
                made.add_int(name, *(one for one in value if isinstance(one, int)))
    return made


def steps(identity: ServerIdentity, other: ServerIdentity) -> Iterator[Step]:
    """Yield a label, the function, and its request.

    Labels are unique: a number, the function, and a word about steps that servers answer differently.
    """
    for number, (function, request, *about) in enumerate(_calls(identity, other)):
        yield " ".join((f"{number:03}", function, *about)), function, request


def _calls(identity: ServerIdentity, other: ServerIdentity) -> Iterator[Call]:
    yield from _identities(identity, other)
    yield from _ciphers()
    yield from _line_and_logs()
    yield from _protocols()
    yield from _devices()
    yield from _bridges()
    yield from _switches()
    yield from _rest()


def _identities(identity: ServerIdentity, other: ServerIdentity) -> Iterator[Call]:
    key = traditional(identity)
    for request in (
        pack(),
        pack(Cert=identity.chain[0]),
        pack(Cert=b"none", Key=key),
        pack(Cert=identity.chain[0], Key=traditional(other)),
        pack(Cert=identity.chain[0], Key=key),
    ):
        yield "SetServerCert", request
    yield "GetServerCert", pack()
    yield "RegenerateServerCert", pack(StrValue="regenerated.example")


def traditional(identity: ServerIdentity) -> bytes:
    """The key as stock tools send it."""
    key = serialization.load_der_private_key(identity.private_key, None)
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def _ciphers() -> Iterator[Call]:
    yield "SetServerCipher", pack(String="aes128-sha:bogus"), "unsafe"
    yield "GetServerCipher", pack(), "unsafe"
    for names in ("ecdhe-rsa-aes256-gcm-sha384:TLS_AES_128_GCM_SHA256", "", "~default~"):
        yield "SetServerCipher", pack(String=names)
        yield "GetServerCipher", pack()


def _line_and_logs() -> Iterator[Call]:
    yield "GetKeep", pack(), "default"
    for enabled, host, port, protocol, interval in (
        (False, "host.example", 99, 1, 60),
        (True, "", 80, 1, 50),
        (True, "127.0.0.1", 0, 1, 50),
        (True, "127.0.0.1", 65_536, 1, 50),
        (True, "127.0.0.1", 9, 1, 1),
        (False, "", 0, 0, 9_999),
    ):
        yield (
            "SetKeep",
            pack(
                UseKeepConnect=enabled,
                KeepConnectHost=host,
                KeepConnectPort=port,
                KeepConnectProtocol=protocol,
                KeepConnectInterval=interval,
            ),
        )
        yield "GetKeep", pack()
    for level, host, port in ((3, "log.example", 5_514), (2, "", 514), (0, "log.example", 1)):
        yield "SetSysLog", pack(SaveType=level, Hostname=host, Port=port)
        yield "GetSysLog", pack()
    yield "SetSysLog", pack(SaveType=1, Hostname="log.example", Port=0)
    yield "GetSysLog", pack(), "port 0"
    yield "ReadLogFile", pack(FilePath="")
    yield "ReadLogFile", pack(FilePath="../vpn_server.config")


def _protocols() -> Iterator[Call]:
    yield "SetPortsUDP", pack(Ports=[1194, 1194, 0])
    yield "SetPortsUDP", pack(Ports=[70_000])
    yield "SetPortsUDP", pack(Ports=[500, 1194, 500])
    yield "GetPortsUDP", pack()
    yield "GetOpenVpnSstpConfig", pack(), "default"
    yield "SetOpenVpnSstpConfig", pack(EnableOpenVPN=True, EnableSSTP=True)
    for protocol in ("OpenVPN", "sstp", "none", ""):
        yield "GetProtoOptions", pack(Protocol=protocol)
    for name, kind, value in (
        ("Nope", 1, b"x\0"),
        ("Obfuscation", 1, b"x\0"),
        ("obfuscation", 2, b"\1\0\0\0"),
        ("ObfuscationMask", 1, b"mask\0"),
        ("DefaultClientOption", 1, b"dev-type tap\0"),
    ):
        yield "SetProtoOptions", pack(Protocol="openvpn", Name=[name], Type=[kind], Value=[value])
        yield "GetProtoOptions", pack(Protocol="OpenVPN")
    for openvpn, sstp in ((True, False), (False, True)):
        yield "SetOpenVpnSstpConfig", pack(EnableOpenVPN=openvpn, EnableSSTP=sstp)
        yield "GetOpenVpnSstpConfig", pack()
    yield "MakeOpenVpnConfigFile", pack()
    yield "GetSpecialListener", pack()
    yield "GetIPsecServices", pack()
    yield (
        "SetIPsecServices",
        pack(L2TP_Raw=True, EtherIP_IPsec=True, IPsec_Secret="sehr geheim", L2TP_DefaultHub="DEFAULT"),
    )
    yield "GetIPsecServices", pack()
    yield "GetAzureStatus", pack()
    yield "GetDDnsClientStatus", pack(), "sentence"
    yield "ChangeDDnsClientHostname", pack(StrValue="somebody")
    yield "GetDDnsInternetSettng", pack()
    yield (
        "SetDDnsInternetSettng",
        pack(ProxyType=1, ProxyHostName="proxy", ProxyPort=8080, ProxyUsername="user", ProxyPassword="pw"),
    )
    yield "GetDDnsInternetSettng", pack()


def _devices() -> Iterator[Call]:
    yield "EnumEtherIpId", pack()
    for identifier, hub in (("x", "H"), ("*", "H"), ("X", "H2")):
        yield "AddEtherIpId", pack(Id=identifier, HubName=hub, UserName="user", Password="pw")
    yield "EnumEtherIpId", pack()
    for identifier in ("x", "none"):
        yield "GetEtherIpId", pack(Id=identifier)
        yield "DeleteEtherIpId", pack(Id=identifier)
    yield "EnumEtherIpId", pack()


def _bridges() -> Iterator[Call]:
    yield "GetBridgeSupport", pack()
    yield "EnumEthVLan", pack()
    yield "SetEnableEthVLan", pack(StrValue="eth0", IntValue=1)
    for device, hub in (("", "DEFAULT"), ("nosuch", ""), ("nosuch", "NOHUB"), ("NOSUCH", "nohub")):
        yield "AddLocalBridge", pack(DeviceName=device, HubNameLB=hub, TapMode=0)
    yield "EnumLocalBridge", pack()
    for device in ("other", "NoSuch"):
        yield "DeleteLocalBridge", pack(DeviceName=device, HubNameLB="nohub")
    yield "EnumLocalBridge", pack()


def _interface(hub: str, address: str, mask: str, name: str = SWITCH) -> Pack:
    return pack(Name=name, HubName=hub, IpAddress=IPv4Address(address), SubnetMask=IPv4Address(mask))


def _route(network: str, mask: str, gateway: str, metric: int, name: str = SWITCH) -> Pack:
    return pack(
        Name=name,
        NetworkAddress=IPv4Address(network),
        SubnetMask=IPv4Address(mask),
        GatewayAddress=IPv4Address(gateway),
        Metric=metric,
    )


def _switches() -> Iterator[Call]:
    for name in ("", "bad/name", SWITCH, SWITCH.lower()):
        yield "AddL3Switch", pack(Name=name)
    for function in ("StartL3Switch", "StopL3Switch", "DelL3Switch", "EnumL3If", "EnumL3Table"):
        yield function, pack(Name="NONE")
    yield "StartL3Switch", pack(Name=SWITCH)
    for hub, address, mask in (
        ("H1", "10.0.0.0", "255.255.255.0"),
        ("H1", "10.0.0.1", "255.0.255.0"),
        ("H1", "10.0.0.1", "255.255.255.255"),
        ("H1", "0.0.0.0", "0.0.0.0"),
        ("H1", "10.0.0.1", "255.255.255.0"),
        ("h1", "10.0.1.1", "255.255.255.0"),
        ("H2", "10.0.0.255", "255.255.255.0"),
    ):
        yield "AddL3If", _interface(hub, address, mask)
    yield "AddL3If", _interface("H1", "10.0.0.1", "255.255.255.0", "NONE")
    yield "EnumL3If", pack(Name=SWITCH)
    for network, mask, gateway, metric in (
        ("10.1.0.1", "255.255.255.0", "10.0.0.9", 1),
        ("10.1.0.0", "255.0.255.0", "10.0.0.9", 1),
        ("10.1.0.0", "255.255.255.0", "0.0.0.0", 1),
        ("10.1.0.0", "255.255.255.0", "10.0.0.9", 0),
        ("10.1.0.0", "255.255.255.0", "10.0.0.9", 7),
        ("10.1.0.0", "255.255.255.0", "10.0.0.9", 7),
        ("0.0.0.0", "0.0.0.0", "10.0.0.10", 7),
    ):
        yield "AddL3Table", _route(network, mask, gateway, metric)
    yield "EnumL3Table", pack(Name=SWITCH)
    yield "DelL3Table", _route("10.1.0.0", "255.255.255.0", "10.0.0.9", 8)
    yield "DelL3Table", _route("10.1.0.0", "255.255.255.0", "10.0.0.9", 7, "NONE")
    yield from _running()


def _running() -> Iterator[Call]:
    """A switch that runs can't be changed."""
    yield "StartL3Switch", pack(Name=SWITCH)
    yield "EnumL3Switch", pack()
    yield "AddL3If", _interface("H9", "10.9.0.1", "255.255.255.0")
    yield "AddL3Table", _route("10.3.0.0", "255.255.255.0", "10.0.0.9", 7)
    yield "DelL3If", pack(Name=SWITCH, HubName="H1")
    yield "DelL3Table", _route("10.1.0.0", "255.255.255.0", "10.0.0.9", 7)
    yield "StopL3Switch", pack(Name=SWITCH)
    for hub in ("none", "h1"):
        yield "DelL3If", pack(Name=SWITCH, HubName=hub)
    yield "DelL3Table", _route("10.1.0.0", "255.255.255.0", "10.0.0.9", 7)
    yield "EnumL3If", pack(Name=SWITCH)
    yield "EnumL3Table", pack(Name=SWITCH)
    yield "DelL3Switch", pack(Name=SWITCH)
    yield "EnumL3Switch", pack()


def _rest() -> Iterator[Call]:
    for function in (
        *("GetFarmSetting", "EnumFarmMember", "GetFarmConnectionStatus", "GetFarmInfo", "GetAdminMsg"),
        *("AddLicenseKey", "DelLicenseKey", "EnumLicenseKey", "GetLicenseStatus"),
    ):
        yield function, pack()
    for name in ("", "CID-99999"):
        yield "GetConnectionInfo", pack(Name=name)
        yield "DisconnectConnection", pack(Name=name)
    yield "EnumConnection", pack()
    yield "Flush", pack()
    yield "Debug", pack(IntValue=99)
