"""`etherloom user`: the users of a hub."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from etherloom.cli import terminal
from etherloom.cli.passwords import read_password
from etherloom.cli.terminal import Failure
from etherloom.cli.values import parse_expiry, parse_policy
from etherloom.model.policy import DEFAULT_POLICY, POLICY_ITEMS, Policy
from etherloom.rpc.catalog import own, user
from etherloom.rpc.catalog.hub import HubName

app = terminal.new_group("Users: create, change, look at, delete.")

Hub = Annotated[str, typer.Argument(help="The hub's name.", show_default=False)]
Name = Annotated[str, typer.Argument(help="The user's name.", show_default=False)]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]
Anonymous = Annotated[bool, typer.Option("--anonymous", help="Anybody who names this user gets in.")]
Expires = Annotated[str | None, typer.Option("--expires", metavar="TIME|never", help="When it ends.")]
PolicyTexts = Annotated[
    list[str] | None, typer.Option("--policy", metavar="KEY=VALUE", help="May be given repeatedly.")
]
RealName = Annotated[str | None, typer.Option("--real-name", help="For people.")]
Note = Annotated[str | None, typer.Option("--note", help="For people.")]
_KINDS: Final = ("anonymous", "password", "certificate", "signed certificate", "RADIUS", "NT domain")
_PASSWORD: Final = 1


def list_users(hub: Hub) -> None:
    """List the users of a hub."""
    table = terminal.call(user.ENUM_USER, HubName(hub))
    rows = [
        (
            row.name,
            _kind(row.authentication),
            row.logins,
            terminal.format_time(row.last_login) or "never",
            terminal.format_time(row.expires) or "never",
            row.real_name,
        )
        for row in table.rows
    ]
    columns = ("USER", "LOGS IN BY", "LOG-INS", "LAST", "EXPIRES", "REAL NAME")
    terminal.show_table(table.rows, columns, rows)


def _kind(number: int) -> str:
    return _KINDS[number] if number < len(_KINDS) else str(number)


def create_user(
    hub: Hub,
    name: Name,
    password_stdin: PasswordStdin = False,
    anonymous: Anonymous = False,
    certificate: Annotated[Path | None, typer.Option("--cert", help="Not there yet.")] = None,
    radius: Annotated[bool, typer.Option("--radius", help="Not there yet.")] = False,
    expires: Expires = None,
    policy: PolicyTexts = None,
    real_name: RealName = None,
    note: Note = None,
) -> None:
    """Create a user; the password is asked for unless it comes otherwise."""
    if certificate is not None or radius:
        raise Failure("this version knows passwords and anonymous users only: leave out --cert and --radius")
    request = user.UserSettings(
        hub,
        name,
        real_name=real_name or "",
        note=note or "",
        expires=parse_expiry(expires or "never"),
        policy=_policy(policy or []),
    )
    if password_stdin and anonymous:
        raise typer.BadParameter("--anonymous and --password-stdin exclude each other")
    if not anonymous:
        password = read_password(from_stdin=password_stdin, what=f"of {name}")
        request = replace(request, authentication=_PASSWORD, plain=password)
    terminal.call(user.CREATE_USER, request)
    terminal.show_done({"hub": hub, "name": name}, f"hub {hub} has a user {name}")


def _policy(texts: list[str]) -> Policy | None:
    fields = {item.name: item for item in POLICY_ITEMS}
    values: dict[str, Any] = {}
    for given in parse_policy(texts):
        item = fields[given.name]
        values[item.field] = bool(given.value) if item.is_flag else given.value
    return replace(DEFAULT_POLICY, **values) if values else None


def set_user(
    hub: Hub,
    name: Name,
    password_stdin: PasswordStdin = False,
    anonymous: Anonymous = False,
    expires: Expires = None,
    policy: PolicyTexts = None,
    drop_policy: Annotated[bool, typer.Option("--drop-policy", help="No policy of their own.")] = False,
    real_name: RealName = None,
    note: Note = None,
) -> None:
    """Change a user; what isn't given stays as it is."""
    request = own.UserChange(
        hub,
        name,
        real_name=real_name,
        note=note,
        expires=None if expires is None else parse_expiry(expires),
        anonymous=anonymous,
        drop_policy=drop_policy,
        policy=parse_policy(policy or []),
    )
    if password_stdin and anonymous:
        raise typer.BadParameter("--anonymous and --password-stdin exclude each other")
    if password_stdin:
        request = replace(request, password=read_password(from_stdin=True, what=f"of {name}"))
    if request == own.UserChange(hub, name):
        raise typer.BadParameter("nothing to change: give an option, see `etherloom user set --help`")
    terminal.call(own.CHANGE_USER, request)
    terminal.show_done({"hub": hub, "name": name}, f"user {name} of hub {hub} is changed")


def delete_user(hub: Hub, name: Name) -> None:
    """Delete a user. Sessions that run go on."""
    terminal.call(user.DELETE_USER, user.UserName(hub, name))
    terminal.show_done({"hub": hub, "name": name}, f"user {name} of hub {hub} is deleted")


def show_user(hub: Hub, name: Name) -> None:
    """Show a user's settings."""
    one = terminal.call(user.GET_USER, user.UserName(hub, name))
    facts = {
        "User": one.name,
        "Logs in by": _kind(one.authentication),
        "Real name": one.real_name,
        "Note": one.note,
        "Created": terminal.format_time(one.created),
        "Updated": terminal.format_time(one.updated),
        "Expires": terminal.format_time(one.expires) or "never",
        "Log-ins": one.logins,
        "Received": terminal.format_traffic(one.traffic, received=True),
        "Sent": terminal.format_traffic(one.traffic, received=False),
        **_differences(one.policy),
    }
    terminal.show_facts(one, facts)


def _differences(policy: Policy | None) -> dict[str, Any]:
    """Items of a policy that aren't as the default has them."""
    if policy is None:
        return {"Policy": "default"}
    return {
        f"Policy {item.name}": getattr(policy, item.field)
        for item in POLICY_ITEMS
        if getattr(policy, item.field) != getattr(DEFAULT_POLICY, item.field)
    }


terminal.add_command(app, "list", list_users)
terminal.add_command(app, "create", create_user)
terminal.add_command(app, "set", set_user)
terminal.add_command(app, "delete", delete_user)
terminal.add_command(app, "show", show_user)
