"""Commands about users and groups."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from etherloom.model.errors import ErrorCode
from etherloom.rpc.catalog import group as group_calls
from etherloom.rpc.catalog import user as user_calls
from etherloom.rpc.catalog.group import GroupSettings
from etherloom.rpc.catalog.hub import HubName
from etherloom.rpc.catalog.user import UserName, UserSettings
from etherloom.vpncmd import certificates, formats, output, policies, values
from etherloom.vpncmd.command import Command, Desk, Failure, Given, main, option, optional, password
from etherloom.vpncmd.commands.server import CERTIFICATE_TO_READ, CERTIFICATE_TO_SAVE
from etherloom.vpncmd.output import RULE, Part, items, listing
from etherloom.vpncmd.policy_notes import NOTES
from etherloom.wire.digest import hash_password, nt_hash

_ANONYMOUS, _PASSWORD, _CERTIFICATE, _SIGNED, _RADIUS, _DOMAIN = range(6)
_METHODS: Final = (
    "Anonymous Authentication",
    "Password Authentication",
    "Individual Certificate Authentication",
    "Signed Certificate Authentication",
    "RADIUS Authentication",
    "NT Domain Authentication",
)
_ANYBODY: Final = "*"
_NO_PROOF: Final[dict[str, Any]] = {
    "hashed_key": None,
    "nt_hash": None,
    "plain": None,
    "certificate": None,
    "serial": None,
    "common_name": None,
    "radius_name": None,
    "nt_name": None,
}


def _method(number: int) -> str:
    return _METHODS[number] if number < len(_METHODS) else str(number)


# --- users -------------------------------------------------------------------------------------------------


def list_users(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(user_calls.ENUM_USER, HubName(desk.hub)).rows
    yield listing(
        "User Name|Full Name|Group Name|Description|Auth Method|Num Logins|Last Login|Expiration Date|"
        "Transfer Bytes|Transfer Packets",
        (
            (
                row.name,
                row.real_name,
                row.group or "-",
                row.note,
                "Deny Access" if row.denied else _method(row.authentication),
                row.logins,
                formats.long_time(row.last_login),
                formats.long_time(row.expires, "No Expiration") if row.expires_filled else "-",
                formats.total_bytes(row.traffic) if row.traffic_filled else "-",
                formats.total_frames(row.traffic) if row.traffic_filled else "-",
            )
            for row in rows
        ),
    )


def create(desk: Desk, given: Given) -> None:
    """A new user has a password that nobody knows, until a way to log in is set."""
    anybody = given["name"] == _ANYBODY
    settings = UserSettings(
        hub=desk.hub,
        name=given["name"],
        group=given["GROUP"],
        real_name=given["REALNAME"],
        note=given["NOTE"],
        authentication=_RADIUS if anybody else _PASSWORD,
    )
    proof: dict[str, Any] = (
        {"radius_name": ""} if anybody else _password_proof(given["name"], secrets.token_hex())
    )
    desk.call(user_calls.CREATE_USER, replace(settings, **proof))


def _password_proof(name: str, text: str) -> dict[str, Any]:
    return {"hashed_key": hash_password(text, name), "nt_hash": nt_hash(text)}


def _get(desk: Desk, name: str) -> UserSettings:
    return desk.call(user_calls.GET_USER, UserName(desk.hub, name))


def _change(desk: Desk, name: str, **changes: Any) -> None:
    desk.call(user_calls.SET_USER, replace(_get(desk, name), hub=desk.hub, **changes))


def _prove(desk: Desk, name: str, method: int, **proof: Any) -> None:
    _change(desk, name, **{**_NO_PROOF, "authentication": method, **proof})


def change(desk: Desk, given: Given) -> None:
    _change(desk, given["name"], group=given["GROUP"], real_name=given["REALNAME"], note=given["NOTE"])


def delete(desk: Desk, given: Given) -> None:
    desk.call(user_calls.DELETE_USER, UserName(desk.hub, given["name"]))


def show(desk: Desk, given: Given) -> Iterable[Part]:
    found = _get(desk, given["name"])
    rows: list[tuple[str, object]] = [
        ("User Name", found.name),
        ("Full Name", found.real_name),
        ("Description", found.note),
    ]
    if found.group:
        rows.append(("Group Name", found.group))
    rows += [
        ("Expiration Date", formats.long_time(found.expires)),
        ("Auth Type", _method(found.authentication)),
        *_show_proof(found),
        RULE,
        ("Created on", formats.long_time(found.created)),
        ("Updated on", formats.long_time(found.updated)),
        *formats.traffic_rows(found.traffic),
        ("Number of Logins", found.logins),
    ]
    yield items(rows)
    if found.policy is not None:
        yield output.Text("\nSecurity Policy Set for this User")
        yield policies.show_policy(found.policy)


def _show_proof(user: UserSettings) -> Iterable[tuple[str, object]]:
    if user.authentication == _CERTIFICATE and user.certificate:
        yield "Registered User Individual Certificate", certificates.describe(user.certificate)
    if user.authentication == _SIGNED:
        if user.common_name:
            yield "Limit of Certificate CN Value", user.common_name
        if user.serial:
            yield "Limit of Certificate Serial Number", formats.hexadecimal(user.serial)
    name = user.radius_name if user.authentication == _RADIUS else user.nt_name
    if user.authentication in (_RADIUS, _DOMAIN) and name:
        yield "External Authentication Server Authentication User Name", name


def set_anonymous(desk: Desk, given: Given) -> None:
    _prove(desk, given["name"], _ANONYMOUS)


def set_password(desk: Desk, given: Given) -> None:
    _prove(desk, given["name"], _PASSWORD, **_password_proof(given["name"], given["PASSWORD"]))


def set_certificate(desk: Desk, given: Given) -> None:
    der = certificates.load_certificate(given["LOADCERT"])
    _prove(desk, given["name"], _CERTIFICATE, certificate=der)


def get_certificate(desk: Desk, given: Given) -> None:
    found = _get(desk, given["name"])
    if found.authentication != _CERTIFICATE or not found.certificate:
        raise Failure(
            ErrorCode.INVALID_PARAMETER,
            "Either the user is not set as individual certificate authentication or a unique certificate is "
            "not set.",
        )
    pem = certificates.certificate_file(found.certificate)
    certificates.save(given["SAVECERT"], pem, "Failed to save the certificate file.")


def set_signed(desk: Desk, given: Given) -> None:
    serial = values.hexadecimal(given["SERIAL"])
    _prove(desk, given["name"], _SIGNED, common_name=given["CN"], serial=serial or None)


def set_radius(desk: Desk, given: Given) -> None:
    _prove(desk, given["name"], _RADIUS, radius_name=given["ALIAS"])


def set_domain(desk: Desk, given: Given) -> None:
    _prove(desk, given["name"], _DOMAIN, nt_name=given["ALIAS"])


def remove_policy(desk: Desk, given: Given) -> None:
    _change(desk, given["name"], policy=None)


def set_policy(desk: Desk, given: Given) -> None:
    found = _get(desk, given["name"])
    policy = policies.change(found.policy, given["NAME"], given["VALUE"])
    desk.call(user_calls.SET_USER, replace(found, hub=desk.hub, policy=policy))


def set_expiry(desk: Desk, given: Given) -> None:
    _change(desk, given["name"], expires=given["EXPIRES"])


def list_policies(desk: Desk, given: Given) -> Iterable[Part]:
    if not given["name"]:
        yield policies.policy_list()
        return
    item = policies.find_item(given["name"])
    if item is None:
        yield output.Text("The specified policy name is invalid.")
        return
    default = policies.show_default(item)
    for title, text in (
        ("Policy Name", item.name),
        ("Simple Description of Policy", policies.TITLES[item.name]),
        ("Range of Settable Values", policies.show_range(item)),
        ("Default Value", default),
    ):
        yield output.Text(f"[{title}]\n {text}\n")
    yield output.Text(f"[Detailed Description of Policy]\n{NOTES[item.name]}\n")


# --- groups ------------------------------------------------------------------------------------------------


def list_groups(desk: Desk, given: Given) -> Iterable[Part]:
    rows = desk.call(group_calls.ENUM_GROUP, HubName(desk.hub)).rows
    yield listing(
        "Group Name|Full Name|Description|Num Users",
        ((row.name, row.real_name, row.note, row.users) for row in rows),
    )


def create_group(desk: Desk, given: Given) -> None:
    settings = GroupSettings(desk.hub, given["name"], given["REALNAME"], given["NOTE"])
    desk.call(group_calls.CREATE_GROUP, settings)


def _get_group(desk: Desk, name: str) -> GroupSettings:
    return desk.call(group_calls.GET_GROUP, UserName(desk.hub, name))


def _change_group(desk: Desk, name: str, alter: Callable[[GroupSettings], GroupSettings]) -> None:
    desk.call(group_calls.SET_GROUP, alter(replace(_get_group(desk, name), hub=desk.hub)))


def change_group(desk: Desk, given: Given) -> None:
    _change_group(
        desk, given["name"], lambda group: replace(group, real_name=given["REALNAME"], note=given["NOTE"])
    )


def delete_group(desk: Desk, given: Given) -> None:
    desk.call(group_calls.DELETE_GROUP, UserName(desk.hub, given["name"]))


def show_group(desk: Desk, given: Given) -> Iterable[Part]:
    found = _get_group(desk, given["name"])
    yield items([("Group Name", found.name), ("Full Name", found.real_name), ("Description", found.note)])
    if found.policy is not None:
        yield output.Text("\nThis is the security policy that is set for this group.")
        yield policies.show_policy(found.policy)
    users = desk.call(user_calls.ENUM_USER, HubName(desk.hub)).rows
    members = [user.name for user in users if user.group.casefold() == found.name.casefold()]
    if members:
        yield output.Text("\nThis is a list of user names of users who are assigned to this group.")
        yield output.Text("\n".join(f" {name}" for name in members) + "\n")


def join_group(desk: Desk, given: Given) -> None:
    _change(desk, given["USERNAME"], group=given["name"])


def leave_group(desk: Desk, given: Given) -> None:
    _change(desk, given["name"], group="")


def remove_group_policy(desk: Desk, given: Given) -> None:
    _change_group(desk, given["name"], lambda group: replace(group, policy=None))


def set_group_policy(desk: Desk, given: Given) -> None:
    _change_group(
        desk,
        given["name"],
        lambda group: replace(group, policy=policies.change(group.policy, given["NAME"], given["VALUE"])),
    )


_USER: Final = main("name", "User Name: ")
_USER_FACTS: Final = (
    _USER,
    option("GROUP", "Assigned Group Name: "),
    option("REALNAME", "User Full Name: "),
    option("NOTE", "User Description: "),
)
_GROUP: Final = main("name", "Group Name: ")
_GROUP_FACTS: Final = (_GROUP, option("REALNAME", "Group Full Name: "), option("NOTE", "Group Description: "))
POLICY_VALUE: Final = (
    option("NAME", "Name of Policy Whose Value you want to Change: ", values.nonempty),
    option("VALUE", "Value to newly set: ", values.nonempty),
)
_ALIAS: Final = option("ALIAS", "Alias Name for Authentication (Optional): ")
COMMANDS: Final = (
    Command("UserList", "List the users of the hub", list_users, at_hub=True),
    Command(
        "UserCreate",
        "Create a user",
        create,
        _USER_FACTS,
        at_hub=True,
        help="The user can't log in before a way to do so is set, for example with UserPasswordSet.",
    ),
    Command("UserSet", "Change a user's group, full name and description", change, _USER_FACTS, at_hub=True),
    Command("UserDelete", "Delete a user", delete, (_USER,), at_hub=True),
    Command("UserGet", "Show all about a user", show, (_USER,), at_hub=True),
    Command("UserAnonymousSet", "Let a user log in without proof", set_anonymous, (_USER,), at_hub=True),
    Command(
        "UserPasswordSet",
        "Let a user log in with a password",
        set_password,
        (_USER, password("PASSWORD")),
        at_hub=True,
    ),
    Command(
        "UserCertSet",
        "Let a user log in with one certificate",
        set_certificate,
        (_USER, option("LOADCERT", CERTIFICATE_TO_READ, values.existing_file)),
        at_hub=True,
    ),
    Command(
        "UserCertGet",
        "Save a user's certificate to a file",
        get_certificate,
        (_USER, option("SAVECERT", CERTIFICATE_TO_SAVE, values.nonempty)),
        at_hub=True,
    ),
    Command(
        "UserSignedSet",
        "Let a user log in with certificates that the hub trusts",
        set_signed,
        (
            _USER,
            option("CN", "Limit of Common Name (CN) Value: "),
            option("SERIAL", "Limit of Serial Number Value: "),
        ),
        at_hub=True,
    ),
    Command(
        "UserRadiusSet",
        "Let a RADIUS server check a user's password",
        set_radius,
        (_USER, _ALIAS),
        at_hub=True,
    ),
    Command(
        "UserNTLMSet", "Let an NT domain check a user's password", set_domain, (_USER, _ALIAS), at_hub=True
    ),
    Command("UserPolicyRemove", "Take away a user's policy", remove_policy, (_USER,), at_hub=True),
    Command(
        "UserPolicySet", "Change an item of a user's policy", set_policy, (_USER, *POLICY_VALUE), at_hub=True
    ),
    Command(
        "UserExpiresSet",
        "Set until when a user may log in",
        set_expiry,
        (
            _USER,
            option(
                "EXPIRES", "User Expiration Date (no expiration if nothing specified): ", values.date_time
            ),
        ),
        at_hub=True,
        help="Local time as year/month/day hour:minute:second, or none.",
    ),
    Command("GroupList", "List the groups of the hub", list_groups, at_hub=True),
    Command("GroupCreate", "Create a group", create_group, _GROUP_FACTS, at_hub=True),
    Command(
        "GroupSet", "Change a group's full name and description", change_group, _GROUP_FACTS, at_hub=True
    ),
    Command("GroupDelete", "Delete a group", delete_group, (_GROUP,), at_hub=True),
    Command("GroupGet", "Show all about a group", show_group, (_GROUP,), at_hub=True),
    Command(
        "GroupJoin",
        "Put a user into a group",
        join_group,
        (_GROUP, option("USERNAME", "Name of User to Join Group: ", values.nonempty)),
        at_hub=True,
    ),
    Command(
        "GroupUnjoin",
        "Take a user out of the group",
        leave_group,
        (main("name", "Name of User to Delete from Group: "),),
        at_hub=True,
    ),
    Command("GroupPolicyRemove", "Take away a group's policy", remove_group_policy, (_GROUP,), at_hub=True),
    Command(
        "GroupPolicySet",
        "Change an item of a group's policy",
        set_group_policy,
        (_GROUP, *POLICY_VALUE),
        at_hub=True,
    ),
    Command(
        "PolicyList",
        "List the items of policies, or explain one",
        list_policies,
        (optional("name", "The item to explain.", positional=True),),
    ),
)
