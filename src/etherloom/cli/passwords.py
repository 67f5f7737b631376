"""Passwords from people: a line of standard input, or typed twice without echo; never an argument."""

import getpass
import sys

import typer


def read_password(*, from_stdin: bool, what: str) -> str:
    """Return a new password. Wrong use if there is nobody to ask, or nothing comes."""
    if from_stdin:
        return _checked(sys.stdin.readline().rstrip("\r\n"))
    if not sys.stdin.isatty():
        raise typer.BadParameter("nobody is there to ask for a password: give it with --password-stdin")
    password = _checked(getpass.getpass(f"New password {what}: "))
    if getpass.getpass("Once more: ") != password:
        raise typer.BadParameter("the two passwords differ: try again")
    return password


def _checked(password: str) -> str:
    if not password:
        raise typer.BadParameter("the password is empty: give one of at least one character")
    return password
