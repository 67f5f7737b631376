"""Hooks as they are wanted: what is done about which events. Whether it works is the delivery's business."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from etherloom.model.errors import ErrorCode, Refusal
from etherloom.model.hook import Hook, HookSecret
from etherloom.state import keys
from etherloom.state.changes import DeletePrefix, Operation, Origin, Put
from etherloom.state.owner import Owner
from etherloom.state.snapshot import Snapshot

MAXIMUM_HOOKS: Final = 64


@dataclass(frozen=True, slots=True)
class HookCounts:
    """What a hook did since the server started, or since it was added. `problem`: of the last event."""

    delivered: int = 0
    failed: int = 0
    dropped: int = 0
    waiting: int = 0
    problem: str = ""


class Hooks:
    """The hooks of this server."""

    def __init__(self, owner: Owner) -> None:
        self._owner: Final = owner

    async def add(self, hook: Hook, secret: HookSecret | None, origin: Origin) -> None:
        """Add a hook; a webhook has a secret."""
        if not hook.name:
            raise Refusal(ErrorCode.INVALID_PARAMETER, "name the hook")

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            if snapshot.hook(hook.name) is not None:
                raise Refusal(ErrorCode.OBJECT_EXISTS, f"there is a hook {hook.name!r}: delete it first")
            if len(snapshot.hooks()) >= MAXIMUM_HOOKS:
                raise Refusal(ErrorCode.INVALID_PARAMETER, f"a server has at most {MAXIMUM_HOOKS} hooks")
            if hook.hub and snapshot.hub(hook.hub) is None:
                raise Refusal(ErrorCode.HUB_NOT_FOUND, f"there is no hub {hook.hub!r}: create it first")
            kept = [] if secret is None else [Put(keys.hook_secret_key(hook.name), secret)]
            return [Put(keys.hook_key(hook.name), hook), *kept]

        await self._owner.apply(derive, origin)

    async def delete(self, name: str, origin: Origin) -> None:
        """Delete a hook with its secret. What it has not done yet is not done."""

        def derive(snapshot: Snapshot) -> Sequence[Operation]:
            return [DeletePrefix(keys.hook_key(find_hook(snapshot, name).name))]

        await self._owner.apply(derive, origin)


def check_authority(authority: str) -> str:
    """What is wrong with a PEM text of certificates; empty if nothing is."""
    try:
        ssl.create_default_context(cadata=authority or None)
    except (ssl.SSLError, ValueError) as error:
        return str(error)
    return ""


def find_hook(snapshot: Snapshot, name: str) -> Hook:
    """Raises Refusal."""
    hook = snapshot.hook(name)
    if hook is None:
        raise Refusal(ErrorCode.OBJECT_NOT_FOUND, f"there is no hook {name!r}: see `etherloom hook list`")
    return hook
