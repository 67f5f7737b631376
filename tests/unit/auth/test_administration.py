"""Passwords of administrators, and the list of addresses they may come from."""

import pytest

from etherloom.auth.administration import (
    address_permitted,
    check_administrator,
    is_empty_password,
    parse_peer,
)
from etherloom.model.errors import ErrorCode
from etherloom.model.hub import AdministratorSecret
from etherloom.wire.digest import hash_administrator_password, secure_password

CHALLENGE = bytes(range(20))


def secret(password: str) -> AdministratorSecret:
    return AdministratorSecret(hash_administrator_password(password))


def response(password: str) -> bytes:
    return secure_password(hash_administrator_password(password), CHALLENGE)


@pytest.mark.parametrize("of_hub", [True, False])
def test_right_password(of_hub: bool) -> None:
    assert check_administrator(secret("geheim"), response("geheim"), CHALLENGE, of_hub=of_hub) is None


@pytest.mark.parametrize(
    ("stored", "shown", "of_hub", "code"),
    [
        (secret("geheim"), response("geheim2"), False, ErrorCode.ACCESS_DENIED),
        (secret("geheim"), response(""), True, ErrorCode.ACCESS_DENIED),
        (None, response(""), False, ErrorCode.ACCESS_DENIED),
        (secret(""), response(""), False, ErrorCode.ACCESS_DENIED),
        (secret(""), response(""), True, ErrorCode.NULL_PASSWORD_LOCAL_ONLY),
        (AdministratorSecret(), response(""), False, ErrorCode.ACCESS_DENIED),
        (None, response(""), True, ErrorCode.NULL_PASSWORD_LOCAL_ONLY),
        (None, response("x"), True, ErrorCode.ACCESS_DENIED),
        (None, secure_password(bytes(20), CHALLENGE), False, ErrorCode.ACCESS_DENIED),
        (None, secure_password(b"", CHALLENGE), True, ErrorCode.ACCESS_DENIED),
    ],
)
def test_refusals(stored: AdministratorSecret | None, shown: bytes, of_hub: bool, code: ErrorCode) -> None:
    denied = check_administrator(stored, shown, CHALLENGE, of_hub=of_hub)
    assert denied is not None
    assert denied.code == code


def test_empty_password_is_known_only_if_it_was_set() -> None:
    assert is_empty_password(secret(""))
    assert not is_empty_password(secret("x"))
    assert not is_empty_password(AdministratorSecret())
    assert not is_empty_password(None)


@pytest.mark.parametrize(
    ("rules", "address", "hub", "permitted"),
    [
        ("", "10.0.0.1", "", False),
        ("# 10.0.0.1\n// 10.0.0.1\n", "10.0.0.1", "", False),
        ("10.0.0.1", "10.0.0.1", "", True),
        ("10.0.0.1 # the desk", "10.0.0.1", "LAB", True),
        ("10.0.0.1", "10.0.0.2", "", False),
        ("10.0.0.0/24", "10.0.0.2", "", True),
        ("10.0.0.9/255.255.255.0", "10.0.0.2", "", True),
        ("*", "2001:db8::1", "", True),
        ("2001:db8::/32", "2001:db8::1", "", True),
        ("2001:db8::/32", "10.0.0.2", "", False),
        ("* lab", "10.0.0.2", "LAB", True),
        ("* lab", "10.0.0.2", "", False),
        ("* lab", "10.0.0.2", "lab2", False),
        ("nonsense\n10.0.0.2", "10.0.0.2", "", True),
        ("10.0.0.2", "::ffff:10.0.0.2", "", True),
    ],
)
def test_address_list(rules: str, address: str, hub: str, permitted: bool) -> None:
    assert address_permitted(rules, parse_peer(address), hub) is permitted
