"""What files say: records, remarks, what is kept, and every fault by line and key."""

from base64 import b64encode
from ipaddress import IPv4Address, IPv6Address

import pytest

from etherloom.model.access_list import AccessRule
from etherloom.model.bridge import LocalBridge
from etherloom.model.cascade import AccountAuthentication, Cascade, CascadeSecret, ProxyType
from etherloom.model.credential import (
    CertificateCredential,
    NtDomainCredential,
    PasswordCredential,
    PasswordSecret,
    RadiusCredential,
    SignedCertificateCredential,
)
from etherloom.model.hub import AdministratorSecret, Hub, HubMessage, HubOptions, Radius
from etherloom.model.kept import KeptBlock, KeptConfiguration, KeptItem
from etherloom.model.listener import Listener
from etherloom.model.log import Syslog, SyslogLevel
from etherloom.model.protocol import DynamicDns, EtherIpClient, OptionType, ProtocolOption, Protocols
from etherloom.model.server import KeepAlive, ServerIdentity, ServerSettings
from etherloom.services.takeover.reading import FaultyConfiguration, Takeover, read_configuration
from etherloom.state import keys
from etherloom.state.snapshot import Snapshot
from etherloom.wire.digest import hash_administrator_password, hash_password
from tests.support.configuration_file import block, hub_file, read_vector, user_file

BEFORE = Snapshot.build(1, {keys.SERVER_SETTINGS: ServerSettings(bytes(16))})


def read(data: bytes | str) -> Takeover:
    return read_configuration(data.encode() if isinstance(data, str) else data, BEFORE)


def after(data: bytes | str, before: Snapshot = BEFORE) -> Snapshot:
    """What the file says, as a snapshot."""
    takeover = read_configuration(data.encode() if isinstance(data, str) else data, before)
    return Snapshot.build(2, {put.key: put.record for put in takeover.puts})


def faults(data: bytes | str) -> list[str]:
    with pytest.raises(FaultyConfiguration) as refused:
        read(data)
    return [str(fault) for fault in refused.value.faults]


def kept(data: bytes | str) -> list[str]:
    found = after(data).find(keys.KEPT, KeptConfiguration)
    return [
        f"{'/'.join(one.path)}:{item.name}" for one in (found.blocks if found else ()) for item in one.items
    ]


@pytest.fixture(scope="module")
def server() -> Snapshot:
    return after(read_vector("vpn_server.config"))


def test_the_server_itself(server: Snapshot) -> None:
    administrator = server.administrator(None)
    assert administrator is not None
    assert administrator.hashed.hex() == "927a1f3111b9d0f02bd12f9264eadc6d1a16ae43"
    assert server.find(keys.SYSLOG, Syslog) == Syslog(SyslogLevel.PACKETS, "192.0.2.50", 514)
    assert server.find(keys.KEEP_ALIVE, KeepAlive) == KeepAlive(True, "keepalive.example", 80, True, 50)
    ports = [(one.port, one.enabled) for one in server.listeners()]
    assert ports == [(443, True), (992, True), (1194, True), (5555, True), (8443, False)]
    assert server.bridges() == [
        LocalBridge("HUB1", "veth0", tap=False),
        LocalBridge("HUB2", "tap_mytap", tap=True),
    ]


def test_the_certificate_comes_with_its_key(server: Snapshot) -> None:
    identity = server.find(keys.SERVER_IDENTITY, ServerIdentity)
    assert identity is not None
    broken = read_vector("vpn_server.config").replace("byte ServerKey M", "byte ServerKey N", 1)
    takeover = read(broken)
    assert any("certificate of this server stays" in str(remark) for remark in takeover.remarks)
    assert keys.SERVER_IDENTITY not in {put.key for put in takeover.puts}


def test_other_protocols(server: Snapshot) -> None:
    protocols = server.find(keys.PROTOCOLS, Protocols)
    assert protocols is not None
    assert protocols.udp_ports == (1194, 5000)
    assert ProtocolOption("SSTP", "Enabled", OptionType.FLAG, b"\1\0\0\0") in protocols.options
    assert ProtocolOption("OpenVPN", "ObfuscationMask", OptionType.TEXT, b"\0") in protocols.options
    assert server.find(keys.etherip_key("peer1"), EtherIpClient) == EtherIpClient(
        "peer1", "HUB1", "pw", "secret"
    )
    dns = server.find(keys.DYNAMIC_DNS, DynamicDns)
    assert dns is not None
    assert (dns.disabled, len(dns.key)) == (False, 20)


def test_a_hub(server: Snapshot) -> None:
    hub = server.hub("HUB1")
    assert hub == Hub("HUB1", maximum_sessions=20, created=1_795_338_586_781)
    assert server.administrator("HUB1") == AdministratorSecret(
        hash_administrator_password("hubpw"), hash_password("hubpw", "administrator")
    )
    assert server.administrator("DEFAULT") is None
    assert server.find(keys.radius_key("HUB1"), Radius) == Radius("127.0.0.2", 1812, b"sec", 500)
    assert server.find(keys.message_key("HUB1"), HubMessage) == HubMessage("Hello é")
    limits = server.find(keys.limits_key("HUB1"), HubOptions)
    assert limits == HubOptions((("max_users", 50), ("no_cascade", 1)))


def test_users_by_all_credentials(server: Snapshot) -> None:
    users = {user.name: user for user in server.users("HUB1")}
    assert set(users) == {"*", "anon", "cert", "nt", "pw", "pw2", "radius", "root"}
    assert server.password("HUB1", "pw") == PasswordSecret(
        hash_password("secret", "pw"), bytes.fromhex("878d8014606cda29677a44efa1353fc7")
    )
    assert users["pw"].credential == PasswordCredential()
    assert (users["pw"].group, users["pw"].expires) == ("grp1", 1_900_032_400_000)
    assert users["pw"].policy is not None
    assert (users["pw"].policy.multi_logins, users["pw"].policy.vlan_id) == (3, 7)
    assert isinstance(users["cert"].credential, CertificateCredential)
    assert users["root"].credential == SignedCertificateCredential("cn", b"\x124")
    assert users["radius"].credential == RadiusCredential("r")
    assert users["nt"].credential == NtDomainCredential("n")
    assert users["anon"].policy is None


def test_access_lists(server: Snapshot) -> None:
    first, second = server.access_list("HUB1")
    assert isinstance(first, AccessRule)
    assert (first.priority, first.source_address) == (50, IPv6Address("2001:db8::"))
    assert (first.delay, first.jitter, first.loss, first.note) == (10, 5, 1, "note é")
    assert (second.discard, second.source_mask) == (True, IPv4Address("255.255.0.0"))
    assert second.source_mac.hex() == "000102030405"


def test_cascades_and_their_secrets(server: Snapshot) -> None:
    plain = server.cascade("HUB1", "link-plain")
    assert isinstance(plain, Cascade)
    assert (plain.host, plain.port, plain.remote_hub, plain.connections) == ("192.0.2.9", 443, "REMOTE", 4)
    assert plain.authentication is AccountAuthentication.PLAIN_PASSWORD
    assert (plain.proxy_type, plain.proxy_host, plain.proxy_port) == (ProxyType.HTTP, "proxy", 8080)
    secret = server.find(keys.cascade_secret_key("HUB1", "link-plain"), CascadeSecret)
    assert secret == CascadeSecret(plain_password="plain", proxy_password="pp")
    assert plain.policy.vlan_id == 7


def test_what_nobody_knows_is_kept_by_its_path() -> None:
    data = hub_file(
        "uint Novelty 1",
        block("Option", "bool Unknown true"),
        block("Strange", "string Text $", block("Inner")),
        server=block("GlobalParams", "uint FIFO_BUDGET 1"),
    )
    found = after(data).find(keys.KEPT, KeptConfiguration)
    assert found == KeptConfiguration(
        (
            KeptBlock(("ServerConfiguration", "GlobalParams"), (KeptItem("FIFO_BUDGET", "uint", "1"),)),
            KeptBlock(("VirtualHUB", "LAB"), (KeptItem("Novelty", "uint", "1"),)),
            KeptBlock(("VirtualHUB", "LAB", "Option"), (KeptItem("Unknown", "bool", "true"),)),
            KeptBlock(("VirtualHUB", "LAB", "Strange"), (KeptItem("Text", "string", "$"),)),
            KeptBlock(("VirtualHUB", "LAB", "Strange", "Inner")),
        )
    )


def test_a_bridge_to_what_can_be_no_device_here_is_only_kept() -> None:
    bridge = block("LocalBridge0", "string DeviceName Intel(R)$20PRO/1000", "string HubName LAB")
    data = (
        hub_file()
        .decode()
        .replace("declare VirtualHUB", block("LocalBridgeList", bridge) + "declare VirtualHUB")
    )
    takeover = read(data)
    assert any("can't be opened here" in str(remark) for remark in takeover.remarks)
    assert not after(data).bridges()
    assert "LocalBridgeList/Kept-LocalBridge0:DeviceName" in kept(data)


def test_no_password_opens_nothing() -> None:
    empty = f"byte HashedPassword {b64encode(hash_administrator_password('')).decode()}"
    takeover = read(hub_file(empty, server=empty))
    assert [remark.key for remark in takeover.remarks if "no password" in str(remark)] == [
        "ServerConfiguration/HashedPassword",
        "VirtualHUB/LAB/HashedPassword",
    ]
    snapshot = after(hub_file(empty, server=empty))
    assert (snapshot.administrator(None), snapshot.administrator("LAB")) == (None, None)


def test_what_no_file_says_stays() -> None:
    old = Hub("lab", require_encryption=False, super_frames=False)
    before = Snapshot.build(1, {keys.SERVER_SETTINGS: ServerSettings(b"i" * 16), keys.hub_key("lab"): old})
    found = after(hub_file("bool Online false"), before)
    assert found.hub("LAB") == Hub("LAB", online=False, require_encryption=False, super_frames=False)
    assert found.server.identifier == b"i" * 16


def test_a_file_of_release_4() -> None:
    server = (
        "string OpenVPN_UdpPortList 1194,$205001\nbool DisableOpenVPNServer true\n"
        "bool DisableSSTPServer false\nstring OpenVPNDefaultClientOption dev-type$20tun\n"
        "bool AcceptOnlyTls true\nstring CipherName AES128-SHA\nbool Tls_Disable1_2 true"
    )
    found = after(hub_file("bool RadiusRequireMessageAuthenticator true", server=server))
    protocols = found.find(keys.PROTOCOLS, Protocols)
    assert protocols == Protocols(
        (1194, 5001),
        (
            ProtocolOption("OpenVPN", "Enabled", OptionType.FLAG, bytes(4)),
            ProtocolOption("SSTP", "Enabled", OptionType.FLAG, b"\1\0\0\0"),
            ProtocolOption("OpenVPN", "DefaultClientOption", OptionType.TEXT, b"dev-type tun\0"),
        ),
    )
    assert (found.server.cipher_names, found.server.tls_minimum) == ("AES128-SHA", "1.3")


def test_caps_of_connections_are_those_of_all_ports() -> None:
    caps = "uint MaxConnectionsPerIP 10\nuint MaxUnestablishedConnections 0"
    ports = block("ListenerList", block("Listener0", "uint Port 443", "bool Enabled true"))
    data = hub_file(server=caps).decode().replace("declare VirtualHUB", ports + "declare VirtualHUB")
    assert after(data).listeners() == [Listener(443, True, 10, Listener(1).unestablished_total)]


def test_addresses_in_bytes_as_old_files_have_them() -> None:
    rule = block("1", "bool CheckSrcMac true", "byte SrcMacAddress AAECAwQF", "byte SrcMacMask ////////")
    (found,) = after(hub_file(block("AccessList", rule))).access_list("LAB")
    assert (found.source_mac.hex(), found.source_mac_mask.hex()) == ("000102030405", "ffffffffffff")


def test_members_of_lists_come_by_number() -> None:
    rules = [block(f"Acl{number}", f"string IpAddress 10.0.0.{number}") for number in (10, 2, 1)]
    found = after(hub_file(block("SecurityAccountDatabase", block("IPAccessControlList", *rules))))
    sources = found.get(keys.sources_key("LAB"))
    assert [str(rule.address) for rule in getattr(sources, "rules", ())] == [
        "10.0.0.1",
        "10.0.0.2",
        "10.0.0.10",
    ]


# --- faults


def test_all_faults_of_a_user_by_line_and_key() -> None:
    user = block(
        "bob",
        "uint AuthType 1",
        "byte AuthPassword AAAA",
        "byte AuthNtLmSecureHash AAAA",
        "string GroupName nobody",
        "uint ExpireTime x",
        block("Policy", "uint MaxConnection 33", "bool Access 1", "string TimeOut soon"),
    )
    assert faults(user_file(user)) == [
        "line 18: VirtualHUB/LAB/SecurityAccountDatabase/UserList/bob/AuthPassword:"
        " a password's hash has 20 bytes, not 3",
        "line 19: VirtualHUB/LAB/SecurityAccountDatabase/UserList/bob/AuthNtLmSecureHash:"
        " an NT password's hash has 16 bytes, not 3",
        "line 20: VirtualHUB/LAB/SecurityAccountDatabase/UserList/bob/GroupName:"
        " the hub has no group 'nobody'",
        "line 21: VirtualHUB/LAB/SecurityAccountDatabase/UserList/bob/ExpireTime: 'x' is no number",
        "line 24: VirtualHUB/LAB/SecurityAccountDatabase/UserList/bob/Policy/MaxConnection:"
        " it is 1 to 32, not 33",
        "line 26: VirtualHUB/LAB/SecurityAccountDatabase/UserList/bob/Policy/TimeOut:"
        " it has the type string, not uint",
    ]


@pytest.mark.parametrize(
    ("user", "sentence"),
    [
        (block("a/b"), "can't name a user"),
        (block("administrator"), "reserved"),
        (block("u", "uint AuthType 9"), "9 is no way to authenticate"),
        (block("u", "uint AuthType 2"), "certificate is missing"),
        (block("u", f"string Note {'x' * 600}"), "at most 511 characters"),
    ],
)
def test_users_that_cannot_be(user: str, sentence: str) -> None:
    (fault,) = faults(user_file(user))
    assert sentence in fault
    assert fault.startswith("line 1")


@pytest.mark.parametrize(
    ("content", "key", "sentence"),
    [
        ("uint RadiusServerPort 70000", "RadiusServerPort", "0 to 65535, not 70000"),
        (block("LogSetting", "uint PACKET_LOG_ARP 3"), "LogSetting/PACKET_LOG_ARP", "0 to 2"),
        (block("Option", "string VlanTypeId zzz"), "Option/VlanTypeId", "is no number"),
        (block("CascadeList", block("Cascade0")), "ClientOption/AccountName", "name is missing"),
        (block("AccessList", block("1", "string SrcIpAddress x")), "1/SrcIpAddress", "no IP address"),
        (block("AccessList", block("1", "string SrcMacAddress x")), "1/SrcMacAddress", "hexadecimal"),
        (block("AccessList", block("1", "string SrcMacAddress 01")), "1/SrcMacAddress", "no MAC"),
        (block("SecureNAT", block("VirtualHost", "string VirtualHostIp ::1")), "VirtualHostIp", "no IPv4"),
    ],
)
def test_hubs_that_cannot_be(content: str, key: str, sentence: str) -> None:
    (fault,) = faults(hub_file(content))
    assert f"{key}: " in fault
    assert sentence in fault


def test_two_users_whose_names_differ_in_case_only() -> None:
    (fault,) = faults(user_file(block("Straße"), block("STRASSE"), block("fine")))[-1:]
    assert "can't name a user" in fault or "same name" in fault


@pytest.mark.parametrize(
    "data",
    [b"", b"\0\1\2", b"declare root\n{\n}\n", read_vector("vpn_client.config").encode()],
)
def test_what_is_no_configuration_of_a_server(data: bytes) -> None:
    assert len(faults(data)) == 1


def test_a_member_of_a_cluster_has_no_hubs() -> None:
    takeover = read(block("root", block("ServerConfiguration", "uint ServerType 2")))
    assert "VirtualHUB" in {remark.key for remark in takeover.remarks}


def test_half_a_file_changes_nothing() -> None:
    whole = read_vector("vpn_server.config")
    found = faults(whole[: len(whole) // 2])
    assert any("are missing" in fault for fault in found)


def test_options_that_are_settings_of_the_hub_here() -> None:
    option = block(
        "Option", "bool DisableUdpAcceleration true", "string DefaultGateway 10.0.0.1", "bool FilterIPv4 1"
    )
    found = after(hub_file(option))
    hub = found.hub("LAB")
    assert hub is not None
    assert (hub.udp_acceleration, str(hub.default_gateway)) == (False, "10.0.0.1")
    assert found.find(keys.options_key("LAB"), HubOptions) == HubOptions((("FilterIPv4", 1),))


@pytest.mark.parametrize(
    ("names", "kept", "ciphers"),
    [
        ("~DEFAULT~", "", ()),
        ("ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384", ("AES-256-GCM",)),
        ("AES128-SHA", "AES128-SHA", ()),
    ],
)
def test_ciphers_by_their_old_names(names: str, kept: str, ciphers: tuple[str, ...]) -> None:
    settings = after(hub_file(server=f"string CipherName {names}")).server
    assert (settings.cipher_names, settings.ciphers) == (kept, ciphers)
