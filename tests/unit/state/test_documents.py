"""Documents: what is written is what is read, and what can't be read says where, never what."""

import json
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etherloom.model.access_list import AccessRule
from etherloom.model.authority import Revocation, SourceRule, SourceRules, TrustedCertificate
from etherloom.model.bridge import LocalBridge
from etherloom.model.cascade import Cascade, CascadeSecret, ProxyType
from etherloom.model.credential import (
    AnonymousCredential,
    CertificateCredential,
    Credential,
    NtDomainCredential,
    PasswordCredential,
    PasswordSecret,
    RadiusCredential,
    SignedCertificateCredential,
)
from etherloom.model.group import Group
from etherloom.model.hook import CommandAction, EventKind, Hook, HookSecret, WebhookAction
from etherloom.model.hub import AdministratorSecret, Hub, HubMessage, HubOptions, HubType, Radius
from etherloom.model.kept import KeptBlock, KeptConfiguration, KeptItem
from etherloom.model.l3switch import L3Interface, L3Route, L3Switch
from etherloom.model.listener import Listener
from etherloom.model.log import HubLog, LogSwitch, Syslog, SyslogLevel
from etherloom.model.policy import Policy
from etherloom.model.protocol import (
    DynamicDns,
    EtherIpClient,
    IpsecServices,
    OptionType,
    ProtocolOption,
    Protocols,
    WireguardKey,
)
from etherloom.model.securenat import SecureNat
from etherloom.model.server import ClusterSettings, KeepAlive, ServerIdentity, ServerSettings
from etherloom.model.undo import ImportUndo
from etherloom.model.user import User
from etherloom.state.documents import (
    KINDS,
    DocumentError,
    Kind,
    Record,
    check_record,
    decode_document,
    encode_record,
    find_kind,
)
from etherloom.state.validation import CHECKS

EXAMPLES: dict[str, Record] = {
    "server/settings": ServerSettings(bytes(range(16)), "Büro", ("AES-128-GCM",), "1.3"),
    "server/identity": ServerIdentity((b"\x30\x82\xff", b"\x00"), b"\xfe\xff"),
    "server/administrator": AdministratorSecret(b"\xff" * 20),
    "listener/443": Listener(443, False, 5, 6),
    "hub/lab": Hub("LAB", hidden=True, created=1 << 60, type=HubType.FARM_STATIC),
    "hub/lab/administrator": AdministratorSecret(b"\xff" * 20, b"\xfb" * 20),
    "hub/lab/user/alice": User("Alice", PasswordCredential(), real_name="Alice Ä", policy=Policy(max_mac=7)),
    "hub/lab/user/alice/password": PasswordSecret(b"\xfa" * 20, b"\xfb" * 16),
    "bridge/lab/tap0": LocalBridge("LAB", "tap0"),
    "server/keep-alive": KeepAlive(True, "keep.example", 81, False, 60),
    "server/syslog": Syslog(SyslogLevel.PACKETS, "log.example", 515),
    "server/cluster": ClusterSettings(50, True),
    "server/protocols": Protocols(
        (1194,), (ProtocolOption("SSTP", "Enabled", OptionType.FLAG, b"\1"),), True
    ),
    "server/ipsec": IpsecServices(True, secret="ä"),
    "server/dynamic-dns": DynamicDns(False, b"\xff" * 20, proxy_password="p"),
    "server/undo": ImportUndo(3, 5, "vpn_server.config", b"\xff"),
    "server/kept": KeptConfiguration((KeptBlock(("a", "b"), (KeptItem("n", "uint", "7"),)),)),
    "hook/notify": Hook(
        "Notify", WebhookAction("https://a.example/ä", "PEM"), (EventKind.SESSION_UP,), "LAB"
    ),
    "hook/notify/secret": HookSecret("ä" * 16),
    "etherip/%2a": EtherIpClient("*", "LAB", "alice", "p"),
    "wireguard/Ab%2F%3D": WireguardKey("Ab/=", "LAB", "alice"),
    "l3switch/core": L3Switch(
        "Core",
        True,
        (L3Interface("LAB", IPv4Address("10.0.0.1"), IPv4Address("255.0.0.0")),),
        (L3Route(IPv4Address("172.16.0.0"), IPv4Address("255.240.0.0"), IPv4Address("10.0.0.2"), 3),),
    ),
    "hub/lab/group/staff": Group("Staff", "Ä", policy=Policy(max_mac=7)),
    "hub/lab/access/0000000f": AccessRule(
        15,
        1,
        source_address=IPv6Address("2001:db8::"),
        source_mask=IPv6Address("ffff::"),
        source_mac=b"\xff" * 6,
    ),
    "hub/lab/trusted/00": TrustedCertificate(b"\x30\x82\xff"),
    "hub/lab/revocation/00": Revocation(b"\x01", "cn", md5=b"\xff" * 16),
    "hub/lab/sources": SourceRules(
        (SourceRule(IPv4Address("10.0.0.0"), True, 5, True, IPv4Address("255.0.0.0")),)
    ),
    "hub/lab/cascade/up": Cascade("Up", "vpn.example", proxy_type=ProxyType.SOCKS5, certificate=b"\xff"),
    "hub/lab/cascade/up/secret": CascadeSecret(b"\xff" * 20, "p", b"\xfe", "q"),
    "hub/lab/securenat": SecureNat(True, b"\xfe" * 6),
    "hub/lab/log": HubLog(packet_switch=LogSwitch.MONTH),
    "hub/lab/radius": Radius("r1;r2", secret=b"\xff"),
    "hub/lab/message": HubMessage("Grüße"),
    "hub/lab/options": HubOptions((("NoIpTable", 1),)),
    "hub/lab/limits": HubOptions((("max_users", 5),)),
}
CREDENTIALS: tuple[Credential, ...] = (
    AnonymousCredential(),
    PasswordCredential(),
    CertificateCredential(b"\xff\xfe"),
    SignedCertificateCredential("cn", b"\x01"),
    SignedCertificateCredential(),
    RadiusCredential(),
    RadiusCredential("r"),
    NtDomainCredential(),
    NtDomainCredential("r"),
)


def _kind(key: str) -> Kind:
    kind = find_kind(key)
    assert kind is not None
    return kind


def test_there_is_an_example_of_every_kind() -> None:
    assert {_kind(key) for key in EXAMPLES} == set(KINDS)


def test_every_kind_of_record_is_checked() -> None:
    assert set(CHECKS) == {kind.record for kind in KINDS}


@pytest.mark.parametrize("key", EXAMPLES)
def test_what_is_written_is_read_again(key: str) -> None:
    kind, record = _kind(key), EXAMPLES[key]
    checked = check_record(kind, record)
    assert decode_document(kind, encode_record(kind, checked)) == record == checked


@pytest.mark.parametrize("credential", CREDENTIALS, ids=repr)
def test_every_credential_stays_what_it_is(credential: Credential) -> None:
    kind = _kind("hub/lab/user/x")
    found = decode_document(kind, encode_record(kind, check_record(kind, User("x", credential)))).credential
    assert found == credential
    assert type(found) is type(credential)


def test_a_hook_keeps_the_kind_of_its_action() -> None:
    kind = _kind("hook/x")
    hook = Hook("x", CommandAction(("/bin/true", "ä")))
    assert decode_document(kind, encode_record(kind, check_record(kind, hook))) == hook


@given(st.text(), st.text(), st.integers(0, 1 << 63), st.binary())
def test_any_text_time_and_bytes_are_kept(name: str, note: str, at_ms: int, certificate: bytes) -> None:
    kind = _kind("hub/lab/user/x")
    user = User(name, CertificateCredential(certificate), note=note, created=at_ms)
    assert decode_document(kind, encode_record(kind, check_record(kind, user))) == user


@pytest.mark.parametrize(
    ("key", "record"),
    [
        ("hub/lab", Hub(5)),  # type: ignore[arg-type]
        ("hub/lab", Hub("LAB", maximum_sessions=True)),
        ("hub/lab", Hub("LAB", type=0)),  # type: ignore[arg-type]
        ("hub/lab", User("LAB")),
        ("hub/lab/user/x", User("x", credential="password")),  # type: ignore[arg-type]
        ("hub/lab/user/x", User("x", CertificateCredential("text"))),  # type: ignore[arg-type]
        ("hub/lab/user/x", User("x", policy=Policy(max_mac=1.5))),  # type: ignore[arg-type]
    ],
)
def test_fields_of_the_wrong_type_are_refused(key: str, record: Record) -> None:
    with pytest.raises(DocumentError):
        check_record(_kind(key), record)


def test_text_that_is_no_unicode_is_refused() -> None:
    kind = _kind("hub/lab/user/x")
    with pytest.raises(DocumentError, match="no Unicode text"):
        encode_record(kind, check_record(kind, User("x", note="\ud800")))


def test_an_error_about_a_secret_does_not_tell_it() -> None:
    kind = _kind("hub/lab/user/x/password")
    with pytest.raises(DocumentError) as caught:
        check_record(kind, PasswordSecret("hunter2"))  # type: ignore[arg-type]
    assert "hashed_key" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    with pytest.raises(DocumentError) as caught:
        decode_document(kind, b'["password",1,{"hashed_key":"aHVudGVyMg==","wrong":"hunter2"}]')
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "no document"),
        (b"{}", "no document"),
        (b'["user",1,{"name":"x"}]', "holds a user"),
        (b'["hub",2,{"name":"x","more":1}]', "another release"),
        (b'["hub",2,{"name":"x"}]', "another release"),
        (b'["hub",1,{}]', "name"),
        (b'["hub",1,{"name":"x","more":1}]', "more"),
        (b'["hub",1,{"name":"\xff"}]', "no document"),
    ],
)
def test_documents_that_cannot_be_read_say_why(document: bytes, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        decode_document(_kind("hub/lab"), document)


def test_documents_are_readable_json() -> None:
    kind = _kind("hub/lab")
    assert json.loads(encode_record(kind, Hub("LAB")))[:2] == ["hub", 1]
