"""One of everything that vpncmd can set, on a stock server or bridge: what a configuration has to hold."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.support.stock import StockBridge, StockServer

PASSWORD: Final = "administrator's password"
HUB_PASSWORD: Final = "hub's password"
USER_PASSWORD: Final = "user's password"
_EVERY_SOURCE: Final = "/SRCUSERNAME: /DESTUSERNAME: /SRCMAC: /DESTMAC:"


def make_certificate(name: str, folder: Path) -> tuple[Path, Path]:
    """A certificate and its key, as PEM files."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    paths = (folder / f"{name}.cer", folder / f"{name}.key")
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return paths


def _script(server: StockServer, *commands: str) -> None:
    """Run commands, all of which must succeed: wrong parameters end no script by themselves."""
    output = server.admin.script(*commands).output
    wrong = re.search(r"(?s).*\[PROMPT:(?!0:)", output)
    assert wrong is None, output


def fill_server(server: StockServer, folder: Path) -> None:
    """Make one of everything."""
    server.set_admin_password(PASSWORD)
    _script(
        server,
        f'HubCreate HUB1 /PASSWORD:"{HUB_PASSWORD}"',
        "HubCreate HUB2 /PASSWORD:none",
        "ListenerCreate 8443",
        "ListenerDisable 8443",
        "SyslogEnable 3 /HOST:192.0.2.50:514",
        "KeepEnable",
        "KeepSet /HOST:keepalive.example:80 /PROTOCOL:udp /INTERVAL:60",
        "IPsecEnable /L2TP:yes /L2TPRAW:no /ETHERIP:yes /PSK:shared /DEFAULTHUB:HUB1",
        "EtherIpClientAdd peer1 /HUB:HUB1 /USERNAME:pw /PASSWORD:secret",
        "EtherIpClientAdd * /HUB:HUB2 /USERNAME:u /PASSWORD:p",
        "PortsUDPSet 1194,5000",
        "ProtoOptionsSet SSTP /NAME:Enabled /VALUE:false",
        "ProtoOptionsSet OpenVPN /NAME:ObfuscationMask /VALUE:mask",
        "VpnOverIcmpDnsEnable /ICMP:yes /DNS:no",
        "ServerCertRegenerate vpn.example.org",
        "ServerCipherSet ECDHE-RSA-AES256-GCM-SHA384",
        "BridgeCreate HUB2 /DEVICE:moving0 /TAP:yes",
        "BridgeCreate HUB1 /DEVICE:absent0 /TAP:no",
        "RouterAdd L3A",
        "RouterIfAdd L3A /HUB:HUB1 /IP:10.1.0.254/255.255.0.0",
        "RouterIfAdd L3A /HUB:HUB2 /IP:192.168.30.254/255.255.255.0",
        "RouterTableAdd L3A /NETWORK:172.16.0.0/255.240.0.0 /GATEWAY:10.1.0.1 /METRIC:10",
        "RouterStart L3A",
        "RouterAdd idle",
    )
    _fill_hub(server, folder)
    _fill_users(server, folder)
    _script(
        server,
        "Hub HUB2",
        "SecureNatEnable",
        "SecureNatHostSet /MAC:5E-01-02-03-04-05 /IP:192.168.40.1 /MASK:255.255.255.0",
        "NatSet /MTU:1400 /TCPTIMEOUT:1000 /UDPTIMEOUT:50 /LOG:no",
        "DhcpSet /START:192.168.40.10 /END:192.168.40.99 /MASK:255.255.255.0 /EXPIRE:3600 /GW:192.168.40.1"
        " /DNS:192.168.40.1 /DNS2:9.9.9.9 /DOMAIN:example.org /LOG:no"
        " /PUSHROUTE:10.0.0.0/255.0.0.0/192.168.40.2",
        "Offline",
    )


def _fill_hub(server: StockServer, folder: Path) -> None:
    authority, _ = make_certificate("authority", folder)
    other, _ = make_certificate("other", folder)
    _script(
        server,
        "Hub HUB1",
        "SetMaxSession 20",
        "SetEnumDeny",
        "RadiusServerSet 127.0.0.2:1813 /SECRET:shared /RETRY_INTERVAL:1000",
        f"CAAdd /{authority}",
        f"CAAdd /{other}",
        "CrlAdd /SERIAL:1234ab /MD5:00112233445566778899aabbccddeeff /CN:bad /O:org",
        "CrlAdd /CN:worse /C:US /ST:state /L:here /OU:unit",
        "AcAdd allow /PRIORITY:10 /IP:10.0.0.0/8",
        "AcAdd deny /PRIORITY:20 /IP:192.0.2.1/32",
        "AcAdd6 deny /PRIORITY:5 /IP:2001:db8::/32",
        "LogSwitchSet security /SWITCH:hour",
        "LogSwitchSet packet /SWITCH:minute",
        "LogPacketSaveType /TYPE:tcpdata /SAVE:header",
        "LogPacketSaveType /TYPE:icmp /SAVE:full",
        "AdminOptionSet max_users /VALUE:50",
        "AdminOptionSet no_cascade /VALUE:1",
        "ExtOptionSet NoAddressPollingIPv4 /VALUE:1",
        "ExtOptionSet VlanTypeId /VALUE:34984",
        "ExtOptionSet NoMacAddressLog /VALUE:0",
        "ExtOptionSet AdjustTcpMssValue /VALUE:1300",
        f"AccessAdd discard /MEMO:first /PRIORITY:100 {_EVERY_SOURCE} /SRCIP:10.1.0.0/16 /DESTIP:0.0.0.0/0"
        " /PROTOCOL:tcp /SRCPORT:1-65535 /DESTPORT:80 /TCPSTATE:established",
        'AccessAddEx pass /MEMO:"second note" /PRIORITY:50 /SRCUSERNAME:pw /DESTUSERNAME:'
        " /SRCMAC:00-01-02-03-04-05/FF-FF-FF-00-00-00 /DESTMAC: /SRCIP:0.0.0.0/0 /DESTIP:0.0.0.0/0"
        " /PROTOCOL:0 /SRCPORT: /DESTPORT: /TCPSTATE: /DELAY:10 /JITTER:5 /LOSS:1 /REDIRECTURL:",
        f"AccessAddEx6 discard /MEMO:six /PRIORITY:60 {_EVERY_SOURCE} /SRCIP:2001:db8::/32 /DESTIP:::/0"
        " /PROTOCOL:udp /SRCPORT: /DESTPORT:53 /TCPSTATE: /DELAY:0 /JITTER:0 /LOSS:0 /REDIRECTURL:",
    )
    _fill_cascades(server, folder)


def _fill_cascades(server: StockServer, folder: Path) -> None:
    certificate, key = make_certificate("cascade", folder)
    target = "/SERVER:192.0.2.9:443 /HUB:REMOTE /USERNAME:user1"
    _script(
        server,
        "Hub HUB1",
        f"CascadeCreate hashed {target}",
        "CascadePasswordSet hashed /PASSWORD:word /TYPE:standard",
        f"CascadeCreate plain {target}",
        "CascadePasswordSet plain /PASSWORD:word /TYPE:radius",
        "CascadeProxyHttp plain /SERVER:proxy.example:8080 /USERNAME:pu /PASSWORD:pp",
        "CascadePolicySet plain /NAME:MaxDownload /VALUE:1000000",
        "CascadeDetailSet plain /MAXTCP:4 /INTERVAL:2 /TTL:300 /HALF:yes /NOQOS:yes",
        "CascadeCompressEnable plain",
        "CascadeEncryptDisable plain",
        f"CascadeCreate signed {target}",
        f"CascadeCertSet signed /LOADCERT:{certificate} /LOADKEY:{key}",
        "CascadeServerCertEnable signed",
        f"CascadeServerCertSet signed /LOADCERT:{certificate}",
        f'CascadeCreate "with blank" {target}',
        'CascadeOnline "with blank"',
    )


def _fill_users(server: StockServer, folder: Path) -> None:
    certificate, _ = make_certificate("user", folder)
    make = "/REALNAME:none /NOTE:none"
    _script(
        server,
        "Hub HUB1",
        'GroupCreate grp1 /REALNAME:"A group" /NOTE:"with a note"',
        "GroupPolicySet grp1 /NAME:MultiLogins /VALUE:3",
        "GroupCreate grp2 /REALNAME:none /NOTE:none",
        'UserCreate pw /GROUP:grp1 /REALNAME:"Real name" /NOTE:"50$ a month"',
        f'UserPasswordSet pw /PASSWORD:"{USER_PASSWORD}"',
        'UserExpiresSet pw /EXPIRES:"2035/05/06 07:08:09"',
        "UserPolicySet pw /NAME:TimeOut /VALUE:30",
        "UserPolicySet pw /NAME:VLanId /VALUE:7",
        f"UserCreate free /GROUP:none {make}",
        "UserAnonymousSet free",
        f"UserCreate cert /GROUP:none {make}",
        f"UserCertSet cert /LOADCERT:{certificate}",
        f"UserCreate signed /GROUP:none {make}",
        "UserSignedSet signed /CN:name /SERIAL:1234",
        f"UserCreate radius /GROUP:none {make}",
        "UserRadiusSet radius /ALIAS:r",
        f"UserCreate nt /GROUP:none {make}",
        "UserNTLMSet nt /ALIAS:n",
        f"UserCreate * /GROUP:none {make}",
        "UserRadiusSet * /ALIAS:none",
    )


def fill_bridge(bridge: StockBridge) -> None:
    """Make one of everything that a bridge has."""
    bridge.set_admin_password(PASSWORD)
    _script(
        bridge,
        "ListenerDelete 992",
        "BridgeCreate BRIDGE /DEVICE:moving1 /TAP:yes",
        "Hub BRIDGE",
        "CascadeCreate up /SERVER:192.0.2.9:443 /HUB:REMOTE /USERNAME:user1",
        "CascadePasswordSet up /PASSWORD:word /TYPE:standard",
        "CascadeOnline up",
        "SecureNatEnable",
    )
