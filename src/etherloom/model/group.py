"""Groups of a hub's users."""

from dataclasses import dataclass

from etherloom.model.policy import Policy


@dataclass(frozen=True, slots=True)
class Group:
    """A group of one hub. Its policy is for those of its users who have none of their own."""

    name: str
    real_name: str = ""
    note: str = ""
    policy: Policy | None = None
