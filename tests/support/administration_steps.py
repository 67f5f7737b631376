"""Calls about what belongs to a hub, in an order in which they make sense: the same for any server.

Each step is one call; `Different` says where two servers may differ, and why.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any

from etherloom.model.policy import Policy
from etherloom.rpc.catalog import (
    access_list,
    authority,
    cascade,
    group,
    hub,
    log,
    option,
    securenat,
    table,
    user,
)
from etherloom.rpc.catalog.blocks import Empty
from etherloom.rpc.catalog.call import AnyCall
from tests.support.certificates import make_certificate

HUB = "VALUES"
NOWHERE = "NOWHERE"
HUB_PASSWORD = "hubpw"
_DAY = 86_400_000
_EXPIRES = 20_000 * _DAY
# What a step may need of the reply of an earlier one: values of elements, by the call's name.
Memory = Mapping[str, Mapping[str, Sequence[Any]]]


@dataclass(frozen=True)
class Step:
    """One call. `request` is a record, or makes one of what earlier calls answered.

    `ignored`: elements of the reply that say nothing of what was set (times, numbers that the server makes).
    """

    call: AnyCall
    request: Any
    ignored: frozenset[str] = frozenset()
    as_hub: bool = False

    def make(self, memory: Memory) -> Any:
        return self.request(memory) if callable(self.request) else self.request


@dataclass(frozen=True)
class Different(Step):
    """A call that the two servers answer with different codes. `why` stands in docs/design/differences.md."""

    stock: int = 0
    ours: int = 0
    why: str = field(default="", kw_only=True)


def steps() -> Iterator[Step]:
    yield from _hubs()
    yield from _groups()
    yield from _users()
    yield from _access_lists()
    yield from _authorities()
    yield from _revocations()
    yield from _sources()
    yield from _options()
    yield from _logs()
    yield from _securenat()
    yield from _tables()
    yield from _cascades()
    yield from _limits()
    yield Step(hub.DELETE_HUB, hub.HubName(HUB))
    yield Step(hub.DELETE_HUB, hub.HubName(HUB))


def _here() -> hub.HubName:
    return hub.HubName(HUB)


def _hubs() -> Iterator[Step]:
    yield Step(hub.CREATE_HUB, hub.HubSettings(HUB, online=True, plain=HUB_PASSWORD, hidden=True))
    yield Step(hub.CREATE_HUB, hub.HubSettings(HUB.lower(), online=True))
    yield Step(hub.GET_HUB, hub.HubSettings(HUB))
    yield Step(hub.SET_HUB, hub.HubSettings(HUB, online=True, maximum_sessions=3))
    yield Step(hub.GET_HUB, hub.HubSettings(HUB))
    yield Step(hub.GET_HUB, hub.HubSettings(NOWHERE))


_STRICT = Policy(
    access=False, max_connection=7, time_out=33, max_mac=9, vlan_id=77, no_server_v6=True, auto_disconnect=60
)


def _groups() -> Iterator[Step]:
    def settings(name: str, **more: Any) -> group.GroupSettings:
        return group.GroupSettings(HUB, name, "Real Ä", "Note", **more)

    yield Step(group.CREATE_GROUP, settings("crew"))
    yield Step(group.CREATE_GROUP, settings("Strict", policy=_STRICT))
    yield Step(group.CREATE_GROUP, settings(" trimmed "))
    for wrong in ("CREW", "", "a@b", "a/b"):
        yield Step(group.CREATE_GROUP, settings(wrong))
    yield Step(group.CREATE_GROUP, replace(settings("x"), hub=NOWHERE))
    for name in ("crew", "Strict", "trimmed", "nobody", ""):
        yield Step(group.GET_GROUP, user.UserName(HUB, name))
    yield Step(group.ENUM_GROUP, _here())
    yield Step(group.SET_GROUP, replace(settings("crew"), note="changed", policy=Policy(no_qos=True)))
    yield Step(group.GET_GROUP, user.UserName(HUB, "crew"))
    yield Step(group.SET_GROUP, settings("nobody"))
    yield Step(group.SET_GROUP, settings(""))
    yield Step(group.ENUM_GROUP, hub.HubName(NOWHERE))


_USER_TIMES = frozenset({"CreatedTime", "UpdatedTime"})


def _users() -> Iterator[Step]:
    def settings(name: str, kind: int, **more: Any) -> user.UserSettings:
        return user.UserSettings(HUB, name, authentication=kind, **more)

    certificate = make_certificate("Alice")
    good = (
        settings("plain", 0, group="CREW", real_name="Real Ö", note="Note", expires=_EXPIRES),
        settings("word", 1, plain="secret", policy=_STRICT),
        settings("hashed", 1, hashed_key=b"h" * 20, nt_hash=b"n" * 16),
        settings("cert", 2, certificate=certificate),
        settings("signed", 3, common_name="CN", serial=b"\x01\x02"),
        settings("any", 3),
        settings("radius", 4, radius_name="other"),
        settings("nt", 5),
        settings("*", 4),
        settings(" trimmed ", 0, group="strict"),
    )
    wrong = (
        settings("PLAIN", 0),
        settings("nogroup", 0, group="nobody"),
        settings("link", 0),
        settings("a/b", 0),
        settings("", 0),
        settings("*", 0),
        settings("nocert", 2),
        settings("junk", 2, certificate=b"junk"),
        replace(settings("x", 0), hub=NOWHERE),
    )
    for request in (*good, *wrong):
        yield Step(user.CREATE_USER, request)
    yield Different(
        user.CREATE_USER, settings("kind", 9), stock=23, ours=38, why="an unknown kind of authentication"
    )
    yield Different(
        user.CREATE_USER,
        settings("nothing", 1),
        stock=0,
        ours=38,
        why="a user with a password and without one",
    )
    yield Step(user.DELETE_USER, user.UserName(HUB, "nobody"))
    for request in good:
        yield Step(user.GET_USER, user.UserName(HUB, request.name), _USER_TIMES)
    yield Step(user.SET_USER, settings("plain", 1, plain="x", group="Strict", note="new"))
    yield Step(user.SET_USER, settings("cert", 5, nt_name="DOM\\u"))
    yield Step(user.SET_USER, settings("word", 1, plain="other"))
    yield Step(user.SET_USER, settings("nobody", 0))
    yield Step(user.SET_USER, settings("plain", 0, group="nobody"))
    yield Step(user.SET_USER, settings("plain", 2))
    for name in ("plain", "cert", "word", "nobody", ""):
        yield Step(user.GET_USER, user.UserName(HUB, name), _USER_TIMES)
    yield Step(group.ENUM_GROUP, _here())
    yield Step(group.DELETE_GROUP, user.UserName(HUB, "STRICT"))
    yield Step(group.DELETE_GROUP, user.UserName(HUB, "STRICT"))
    yield Step(user.GET_USER, user.UserName(HUB, "plain"), _USER_TIMES)
    yield Different(
        user.DELETE_USER,
        user.UserName(HUB, "nothing"),
        stock=0,
        ours=29,
        why="a user with a password and without one",
    )
    yield Step(user.DELETE_USER, user.UserName(HUB, "any"))
    yield Step(user.ENUM_USER, _here())
    yield Step(user.ENUM_USER, hub.HubName(NOWHERE))


_RULE_NUMBERS = frozenset({"UniqueId", "Id"})


def _rule(priority: int, **more: Any) -> access_list.AccessRule:
    return access_list.AccessRule(active=True, priority=priority, note=f"rule {priority}", **more)


def _access_lists() -> Iterator[Step]:
    four = _rule(
        300,
        discard=True,
        protocol=6,
        source_address=ip_address("10.1.2.3"),
        source_mask=ip_address("255.255.0.0"),
        target_port_first=90,
        target_port_last=80,
        source_user=" crew ",
        redirect_url="http://example.org/",
        delay=20_000,
        jitter=200,
        loss=200,
        check_tcp_state=True,
        established=True,
    )
    six = _rule(
        200,
        ipv6=True,
        source_address6=ip_address("2001:db8::1").packed,
        source_mask6=ip_address("ffff::").packed,
        target_user="include:file",
    )
    mac = _rule(100, check_source_mac=True, source_mac=b"\1\2\3\4\5\6", source_mac_mask=b"\xff" * 6)
    for rule in (four, six, mac):
        request = access_list.AccessRuleAddition(HUB, (rule,))
        yield Step(
            access_list.ADD_ACCESS, request, _RULE_NUMBERS | {"Delay", "Jitter", "Loss", "DestPortEnd"}
        )
    yield Step(access_list.ENUM_ACCESS, _here(), frozenset({"UniqueId"}))
    yield Step(access_list.DELETE_ACCESS, access_list.AccessRuleName(HUB, 2))
    yield Step(access_list.DELETE_ACCESS, access_list.AccessRuleName(HUB, 0))
    yield Step(access_list.DELETE_ACCESS, access_list.AccessRuleName(HUB, 9))
    yield Step(access_list.DELETE_ACCESS, access_list.AccessRuleName(HUB, 0x7FFF_FFFF))
    yield Step(access_list.ENUM_ACCESS, _here(), _RULE_NUMBERS)

    def second(memory: Memory) -> access_list.AccessRuleName:
        return access_list.AccessRuleName(HUB, memory["EnumAccess"]["UniqueId"][1])

    yield Step(access_list.DELETE_ACCESS, second, _RULE_NUMBERS)
    yield Step(access_list.ENUM_ACCESS, _here(), _RULE_NUMBERS)
    yield Different(
        access_list.ADD_ACCESS,
        access_list.AccessRuleAddition(HUB, (_rule(400, protocol=999),)),
        ours=38,
        why="a protocol above 255",
    )
    many = access_list.AccessRuleTable(HUB, (_rule(9), _rule(3, protocol=17), _rule(7)))
    yield Step(access_list.SET_ACCESS_LIST, many, _RULE_NUMBERS)
    yield Step(access_list.ENUM_ACCESS, _here(), frozenset({"UniqueId"}))
    yield Step(access_list.ENUM_ACCESS, hub.HubName(NOWHERE))
    yield Step(access_list.ADD_ACCESS, access_list.AccessRuleAddition(NOWHERE, (four,)))


def _authorities() -> Iterator[Step]:
    first = make_certificate("Name, x", "Org Ä", "Unit", "State", "City", "DE")
    second = make_certificate("Alpha")
    for der in (first, second, second):
        yield Step(authority.ADD_CA, authority.AuthorityAddition(HUB, der))
    for wrong in (b"junk", None):
        yield Step(authority.ADD_CA, authority.AuthorityAddition(HUB, wrong))
    yield Step(authority.ADD_CA, authority.AuthorityAddition(NOWHERE, first))
    yield Step(authority.ENUM_CA, _here(), frozenset({"Key"}))

    def listed(place: int) -> Callable[[Memory], authority.AuthorityName]:
        return lambda memory: authority.AuthorityName(HUB, memory["EnumCa"]["Key"][place])

    yield Step(authority.GET_CA, listed(0), frozenset({"Key"}))
    yield Step(authority.GET_CA, authority.AuthorityName(HUB, 5))
    yield Step(authority.DELETE_CA, authority.AuthorityName(HUB, 5))
    yield Step(authority.DELETE_CA, listed(0), frozenset({"Key"}))
    yield Step(authority.DELETE_CA, listed(0), frozenset({"Key"}))
    yield Step(authority.ENUM_CA, _here(), frozenset({"Key"}))
    yield Step(authority.ENUM_CA, hub.HubName(NOWHERE))


def _revocations() -> Iterator[Step]:
    full = authority.Revocation(
        HUB, 0, b"\x01\x02\x03", "cn", "o", "ou", "c", "st", "l", b"\x05" * 16, b"\x06" * 20
    )
    for entry in (full, authority.Revocation(HUB, 0, None, "only"), authority.Revocation(HUB)):
        yield Step(authority.ADD_CRL, entry)
    yield Step(authority.ADD_CRL, replace(full, hub=NOWHERE))
    yield Step(authority.ENUM_CRL, _here(), frozenset({"Key"}))

    def listed(place: int, **more: Any) -> Callable[[Memory], authority.Revocation]:
        return lambda memory: authority.Revocation(HUB, memory["EnumCrl"]["Key"][place], **more)

    key = frozenset({"Key"})
    for place in (0, 1, 2):
        yield Step(authority.GET_CRL, listed(place), key)
    yield Step(authority.GET_CRL, authority.Revocation(HUB, 0xFFFF))
    yield Step(authority.SET_CRL, listed(1, common_name="new", organization="org"), key)
    yield Step(authority.SET_CRL, authority.Revocation(HUB, 0xFFFF))
    yield Step(authority.ENUM_CRL, _here(), key)
    yield Step(authority.DEL_CRL, listed(0), key)
    yield Step(authority.DEL_CRL, listed(0), key)
    yield Step(authority.ENUM_CRL, _here(), key)
    yield Step(authority.ENUM_CRL, hub.HubName(NOWHERE))


def _sources() -> Iterator[Step]:
    rules = (
        authority.SourceRule(ip_address("10.0.0.1"), 5, deny=True, priority=7),
        authority.SourceRule(
            ip_address("10.0.9.9"), 9, masked=True, mask=ip_address("255.255.255.0"), priority=3
        ),
        authority.SourceRule(
            ip_address("2001:db8::1"), masked=True, mask=ip_address("ffff:ffff::"), priority=7
        ),
    )
    yield Step(authority.SET_AC_LIST, authority.SourceRules(3, HUB, rules))
    yield Step(authority.GET_AC_LIST, _here())
    yield Step(authority.SET_AC_LIST, authority.SourceRules(0, HUB))
    yield Step(authority.GET_AC_LIST, _here())
    yield Step(authority.GET_AC_LIST, hub.HubName(NOWHERE))


_WORDS = frozenset({"Descrption"})


def _options() -> Iterator[Step]:
    def options(**values: int) -> option.OptionTable:
        rows = tuple(option.OptionRow(name, value) for name, value in values.items())
        return option.OptionTable(len(rows), HUB, rows)

    yield Step(option.GET_DEFAULT_HUB_ADMIN_OPTIONS, Empty(), _WORDS)
    yield Step(option.GET_HUB_ADMIN_OPTIONS, _here(), _WORDS)
    yield Step(option.SET_HUB_ADMIN_OPTIONS, options(max_users=50, Foo=7, max_groups=0))
    yield Step(option.GET_HUB_ADMIN_OPTIONS, _here(), _WORDS)
    yield Step(option.SET_HUB_ADMIN_OPTIONS, options())
    yield Step(option.GET_HUB_ADMIN_OPTIONS, _here(), _WORDS)
    yield Step(option.GET_HUB_ADMIN_OPTIONS, hub.HubName(NOWHERE))
    yield Step(option.GET_HUB_EXT_OPTIONS, _here(), _WORDS)
    yield Step(
        option.SET_HUB_EXT_OPTIONS,
        options(
            filteripv4=1,
            AccessListIncludeFileCacheLifetime=0,
            Foo=7,
            NoMacAddressLog=0xFFFF_FFFF,
            VlanTypeId=5,
        ),
    )
    yield Step(option.GET_HUB_EXT_OPTIONS, _here(), _WORDS)
    yield Step(option.SET_HUB_EXT_OPTIONS, options(DisableUdpAcceleration=1, FilterIPv4=0, VlanTypeId=33024))
    yield Step(option.GET_HUB_EXT_OPTIONS, _here(), _WORDS)
    yield Step(option.GET_HUB_EXT_OPTIONS, hub.HubName(NOWHERE))
    yield Step(option.GET_HUB_RADIUS, _here())
    for radius in (
        option.Radius(" a;b ", 1645, HUB, "sec", 700),
        option.Radius("a", 1812, HUB, "sec", 99_999),
        option.Radius("a", 1812, HUB, "sec", 0),
        option.Radius("", 0, HUB, "", 700),
    ):
        yield Step(option.SET_HUB_RADIUS, radius)
        yield Step(option.GET_HUB_RADIUS, _here())
    yield Step(option.SET_HUB_RADIUS, option.Radius("a", 1812, NOWHERE))
    yield Step(option.GET_HUB_MSG, _here())
    for text in ("Grüß\r\nGott", "x" * 20_000, ""):
        yield Step(option.SET_HUB_MSG, option.Message(HUB, text.encode()))
        yield Step(option.GET_HUB_MSG, _here())
    yield Step(option.SET_HUB_MSG, option.Message(HUB, b"x" * 20_001))
    yield Step(option.GET_HUB_MSG, hub.HubName(NOWHERE))


def _logs() -> Iterator[Step]:
    yield Step(log.GET_HUB_LOG, _here())
    yield Step(log.SET_HUB_LOG, log.HubLog(HUB, True, 3, True, 5, (1, 2, 0, 0, 1, 2, 0, 1, 2, 2)))
    yield Step(log.GET_HUB_LOG, _here())
    yield Step(log.SET_HUB_LOG, log.HubLog(HUB, False, 0, False, 1, ()))
    yield Step(log.GET_HUB_LOG, _here())
    yield Step(log.GET_HUB_LOG, hub.HubName(NOWHERE))
    yield Different(
        log.SET_HUB_LOG,
        log.HubLog(HUB, True, 99, True, 5),
        ours=38,
        why="an unknown way to begin new log files",
    )


def _securenat() -> Iterator[Step]:
    here = securenat.SecureNatHub(HUB)
    usual = securenat.SecureNatOptions(
        mac=b"\2\3\4\5\6\7",
        address=ip_address("10.0.0.1"),
        mask=ip_address("255.255.255.0"),
        nat=True,
        mtu=1_400,
        nat_tcp_timeout=100,
        nat_udp_timeout=50,
        dhcp=True,
        dhcp_first=ip_address("10.0.0.10"),
        dhcp_last=ip_address("10.0.0.20"),
        dhcp_mask=ip_address("255.255.255.0"),
        dhcp_seconds=3_600,
        dhcp_gateway=ip_address("10.0.0.1"),
        dhcp_dns=ip_address("10.0.0.1"),
        dhcp_dns2=ip_address("8.8.8.8"),
        dhcp_domain="example.org",
        save_log=True,
        hub=HUB,
        apply_push_routes=True,
        push_routes="192.168.5.0/24/192.168.4.254, 10.1.1.1/255.0.0.0/192.168.4.253",
    )
    yield Step(securenat.GET_SECURE_NATOPTION, here, frozenset({"MacAddress"}))
    changes: Sequence[Mapping[str, Any]] = (
        {},
        {"apply_push_routes": False, "push_routes": "zz", "mtu": 1_500},
        {"push_routes": "1.0.0.0/8/1.1.1.1 2.0.0.0/8/1.1.1.1,"},
        {"mac": bytes(6)},
        {"mac": b"\1" * 5},
        {"address": ip_address("0.0.0.0")},
        {"address": ip_address("10.0.0.0")},
        {"address": ip_address("10.0.0.255")},
        {"mask": ip_address("255.0.255.0")},
        {"mask": ip_address("255.255.255.255")},
        {"mask": ip_address("0.0.0.0")},
        {"push_routes": "junk"},
        {"push_routes": "192.168.5.0/255.255.255.0"},
        {"push_routes": ",".join(f"10.{number}.0.0/16/1.1.1.1" for number in range(65))},
        {"hub": NOWHERE},
        {"hub": NOWHERE, "mac": bytes(6)},
    )
    for change in changes:
        yield Step(
            securenat.SET_SECURE_NATOPTION,
            replace(usual, **change),
            frozenset({"DhcpPushRoutes", "MacAddress"}),
        )
        yield Step(securenat.GET_SECURE_NATOPTION, here)
    yield Step(securenat.ENUM_NAT, _here())
    yield Step(securenat.ENUM_DHCP, _here())
    yield Step(securenat.ENABLE_SECURE_NAT, _here())
    yield Step(hub.GET_HUB_STATUS, hub.HubStatus(HUB), frozenset(_STATUS_TIMES))
    yield Step(securenat.GET_SECURE_NATSTATUS, _here())
    yield Step(securenat.DISABLE_SECURE_NAT, _here())
    yield Step(hub.GET_HUB_STATUS, hub.HubStatus(HUB), frozenset(_STATUS_TIMES))
    for call in (securenat.ENABLE_SECURE_NAT, securenat.DISABLE_SECURE_NAT, securenat.ENUM_NAT):
        yield Step(call, hub.HubName(NOWHERE))
    yield Step(securenat.GET_SECURE_NATOPTION, securenat.SecureNatHub(NOWHERE))


# The original counts the sessions that SecureNAT has, and those that it had.
_STATUS_TIMES = (
    *("CreatedTime", "LastCommTime", "LastLoginTime", "NumLogin", "NumSessions", "NumSessionsClient"),
    *("NumMacTables", "NumIpTables"),
    *(f"{way}.{what}" for way in ("Recv", "Send") for what in ("BroadcastBytes", "BroadcastCount")),
    *(f"{way}.{what}" for way in ("Recv", "Send") for what in ("UnicastBytes", "UnicastCount")),
)


def _tables() -> Iterator[Step]:
    for where in (HUB, NOWHERE):
        yield Step(table.ENUM_IP_TABLE, hub.HubName(where))
        yield Step(table.ENUM_MAC_TABLE, hub.HubName(where))
        yield Step(table.DELETE_MAC_TABLE, table.TableEntry(where, 5))
        yield Step(table.DELETE_IP_TABLE, table.TableEntry(where, 5))


_ECHOED = frozenset(
    {
        *(
            "DeviceName",
            "NumRetry",
            "RetryInterval",
            "NoRoutingTracking",
            "RequireBridgeRoutingMode",
            "Online",
        ),
        *("policy:Access", "policy:MonitorPort", "policy:MaxConnection", "policy:TimeOut", "HostUniqueKey"),
    }
)

# How far it has come, and since when.
_TRYING = frozenset({"StartTime", "SessionStatus"})


def _cascades() -> Iterator[Step]:
    usual = cascade.CascadeSettings(
        hub=HUB,
        online=True,
        name="Alpha 1",
        host="host.example",
        remote_hub="REMOTE",
        port=443,
        connections=8,
        connection_interval=1,
        encrypt=True,
        authentication=1,
        user="bob",
        hashed_password=b"h" * 20,
        retries=3,
        retry_interval=5,
        device="x",
    )
    rich = replace(
        usual,
        name=" Beta ",
        udp_port=5,
        proxy_type=1,
        proxy_host="proxy",
        proxy_port=8080,
        proxy_user="pu",
        proxy_password="pw",
        http_headers="X: y",
        connections=32,
        connection_lifetime=77,
        compress=True,
        half_duplex=True,
        no_qos=True,
        hide_status=True,
        hide_nic_info=True,
        from_admin_pack=True,
        no_udp_acceleration=True,
        host_key=b"k" * 20,
        authentication=2,
        plain_password="pp",
        check_server_certificate=True,
        server_certificate=make_certificate("Peer"),
        policy=replace(_STRICT, monitor_port=True, max_connection=32, time_out=20, privacy_filter=True),
    )
    for request in (usual, rich, replace(usual, name="Gamma", authentication=0)):
        yield Step(cascade.CREATE_LINK, request, _ECHOED)
    for wrong in (replace(usual, name="ALPHA 1"), replace(usual, hub=NOWHERE)):
        yield Step(cascade.CREATE_LINK, wrong)
    for changes, why in (
        ({"name": ""}, "a cascade without a name"),
        ({"name": "z", "authentication": 9}, "an unknown kind of authentication"),
    ):
        yield Different(cascade.CREATE_LINK, replace(usual, **changes), stock=23, ours=38, why=why)
    for name in ("alpha 1", "Beta", "Gamma", "none"):
        yield Step(cascade.GET_LINK, cascade.CascadeStatusName(HUB, name))
    yield Step(cascade.ENUM_LINK, _here())
    yield Step(cascade.SET_LINK, replace(rich, name="GAMMA"), _ECHOED)
    yield Step(cascade.SET_LINK, replace(rich, name="none"))
    yield Step(cascade.GET_LINK, cascade.CascadeStatusName(HUB, "gamma"))
    for name in ("alpha 1", "", "none"):
        yield Step(cascade.GET_LINK_STATUS, cascade.CascadeStatusName(HUB, name))
    yield Step(cascade.SET_LINK_ONLINE, cascade.CascadeName(HUB, "alpha 1"))
    yield Step(cascade.GET_LINK, cascade.CascadeStatusName(HUB, "alpha 1"))
    yield Step(cascade.GET_LINK_STATUS, cascade.CascadeStatusName(HUB, "alpha 1"), _TRYING)
    yield Step(cascade.ENUM_LINK, _here(), frozenset({"LastError"}))
    yield Step(cascade.SET_LINK_OFFLINE, cascade.CascadeName(HUB, "alpha 1"))
    for call in (cascade.SET_LINK_ONLINE, cascade.SET_LINK_OFFLINE, cascade.DELETE_LINK):
        for where, name in ((HUB, ""), (HUB, "none"), (NOWHERE, "none")):
            yield Step(call, cascade.CascadeName(where, name))
    for old, new in (
        *(("alpha 1", "BETA"), ("alpha 1", "ALPHA 1"), ("none", "x"), ("", "x"), ("alpha 1", "")),
        ("alpha 1", " A new "),
    ):
        yield Step(cascade.RENAME_LINK, cascade.CascadeRenaming(HUB, old, new))
    yield Step(cascade.ENUM_LINK, _here())
    yield Step(cascade.DELETE_LINK, cascade.CascadeName(HUB, "a NEW"))
    yield Step(cascade.ENUM_LINK, _here())
    yield Step(cascade.ENUM_LINK, hub.HubName(NOWHERE))


def _limits() -> Iterator[Step]:
    """The same call by the hub's administrator with a limit and without it."""
    rule = access_list.AccessRuleAddition(HUB, (_rule(50, delay=10, source_user="include:x"),))
    nat = securenat.SecureNatOptions(
        mac=b"\2\3\4\5\6\7", address=ip_address("10.0.0.1"), mask=ip_address("255.0.0.0"), hub=HUB
    )
    cases: Sequence[tuple[str, AnyCall, Any]] = (
        ("no_change_users", user.CREATE_USER, user.UserSettings(HUB, "limited")),
        ("no_change_users", user.DELETE_USER, user.UserName(HUB, "limited")),
        ("no_change_groups", group.CREATE_GROUP, group.GroupSettings(HUB, "limited")),
        ("no_change_access_list", access_list.DELETE_ACCESS, access_list.AccessRuleName(HUB, 1)),
        ("no_change_access_control_list", authority.SET_AC_LIST, authority.SourceRules(0, HUB)),
        ("no_change_cert_list", authority.DELETE_CA, authority.AuthorityName(HUB, 1)),
        ("no_change_crl_list", authority.ADD_CRL, authority.Revocation(HUB)),
        ("no_cascade", cascade.DELETE_LINK, cascade.CascadeName(HUB, "none")),
        ("no_cascade", cascade.RENAME_LINK, cascade.CascadeRenaming(HUB, "Beta", "Beta 2")),
        ("no_securenat", securenat.DISABLE_SECURE_NAT, hub.HubName(HUB)),
        ("no_securenat_enablenat", securenat.SET_SECURE_NATOPTION, replace(nat, nat=True)),
        ("no_securenat_enabledhcp", securenat.SET_SECURE_NATOPTION, replace(nat, dhcp=True)),
        ("no_securenat_enabledhcp", securenat.SET_SECURE_NATOPTION, replace(nat, nat=True)),
        ("no_offline", hub.SET_HUB_ONLINE, hub.HubOnline(HUB, False)),
        ("no_online", hub.SET_HUB_ONLINE, hub.HubOnline(HUB, True)),
        ("no_change_log_config", log.SET_HUB_LOG, log.HubLog(HUB)),
        ("no_change_log_switch_type", log.SET_HUB_LOG, log.HubLog(HUB, security_switch=2)),
        ("no_change_msg", option.SET_HUB_MSG, option.Message(HUB, b"hello")),
        ("deny_hub_admin_change_ext_option", option.SET_HUB_EXT_OPTIONS, option.OptionTable(0, HUB)),
        ("no_delete_mactable", table.DELETE_MAC_TABLE, table.TableEntry(HUB, 5)),
        ("no_delete_iptable", table.DELETE_IP_TABLE, table.TableEntry(HUB, 5)),
        ("no_change_admin_password", hub.SET_HUB, hub.HubSettings(HUB, online=True, plain="hubpw")),
        ("no_delay_jitter_packet_loss", access_list.ADD_ACCESS, rule),
        ("no_access_list_include_file", access_list.ADD_ACCESS, rule),
        ("max_groups", group.CREATE_GROUP, group.GroupSettings(HUB, "another")),
        ("max_users", user.CREATE_USER, user.UserSettings(HUB, "another")),
        ("max_accesslists", access_list.ADD_ACCESS, rule),
        ("allow_hub_admin_change_option", option.SET_HUB_ADMIN_OPTIONS, option.OptionTable(0, HUB)),
    )
    ignored = frozenset({"Key", *_RULE_NUMBERS})
    for limit, call, request in cases:
        rows = (option.OptionRow(limit, 1),)
        yield Step(option.SET_HUB_ADMIN_OPTIONS, option.OptionTable(1, HUB, rows))
        yield Step(call, request, ignored, as_hub=True)
        yield Step(option.SET_HUB_ADMIN_OPTIONS, option.OptionTable(0, HUB))
        yield Step(call, request, ignored, as_hub=True)
    yield Step(log.GET_HUB_LOG, _here())
    yield Step(hub.GET_HUB, hub.HubSettings(HUB))
    other = user.UserName("OTHER", "x")
    yield Step(group.GET_GROUP, other, as_hub=True)
    yield Step(group.GET_GROUP, replace(other, hub=""), as_hub=True)
    yield Step(group.GET_GROUP, replace(other, hub=""))
    traffic = {f"Ex.{name}" for name in _STATUS_TIMES}
    yield Step(hub.ENUM_HUB, Empty(), frozenset({*_STATUS_TIMES, *traffic}), as_hub=True)
