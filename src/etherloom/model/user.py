"""Users and groups of a hub."""

from dataclasses import dataclass

from etherloom.model.credential import ANONYMOUS, Credential
from etherloom.model.policy import Policy


@dataclass(frozen=True, slots=True)
class User:
    """A user of one hub. Times are Unix milliseconds (UTC); `expires` 0 means never.

    `policy` is None when the user has none of their own; then the group's, else the default one applies.
    """

    name: str
    credential: Credential = ANONYMOUS
    group: str = ""
    real_name: str = ""
    note: str = ""
    created: int = 0
    updated: int = 0
    expires: int = 0
    policy: Policy | None = None
