"""The whole configuration at one revision, frozen. Readers keep one and never see it change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self, TypeVar

from etherloom.model.access_list import AccessRule
from etherloom.model.authority import SourceRules
from etherloom.model.bridge import LocalBridge
from etherloom.model.cascade import Cascade
from etherloom.model.credential import PasswordSecret
from etherloom.model.group import Group
from etherloom.model.hook import Hook, HookSecret
from etherloom.model.hub import AdministratorSecret, Hub
from etherloom.model.l3switch import L3Switch
from etherloom.model.listener import Listener
from etherloom.model.names import fold
from etherloom.model.server import ServerIdentity, ServerSettings
from etherloom.model.user import User
from etherloom.state import keys, tree
from etherloom.state.documents import Record

_Record = TypeVar("_Record")
_NO_SETTINGS: Final = ServerSettings(identifier=b"")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Look-ups by name ignore case. Sequences are sorted by folded name, listeners by port."""

    revision: int
    root: tree.Node = field(repr=False)

    @classmethod
    def build(cls, revision: int, records: Mapping[str, Record]) -> Self:
        return cls(revision, tree.build(records))

    @property
    def server(self) -> ServerSettings:
        """The server's settings; before its first start has stored some, ones with an empty identifier."""
        return self.find(keys.SERVER_SETTINGS, ServerSettings) or _NO_SETTINGS

    @property
    def identity(self) -> ServerIdentity | None:
        return self.find(keys.SERVER_IDENTITY, ServerIdentity)

    def hub(self, name: str) -> Hub | None:
        return self.find(keys.hub_key(name), Hub)

    def hubs(self) -> Sequence[Hub]:
        return sorted(self.children("hub", Hub), key=lambda hub: fold(hub.name))

    def user(self, hub: str, name: str) -> User | None:
        return self.find(keys.user_key(hub, name), User)

    def users(self, hub: str) -> Sequence[User]:
        found = self.children(f"{keys.hub_key(hub)}/user", User)
        return sorted(found, key=lambda user: fold(user.name))

    def user_count(self, hub: str) -> int:
        return self.count(keys.users_prefix(hub))

    def count(self, prefix: str) -> int:
        """Return how many places there are one level below."""
        node = tree.find(self.root, prefix.removesuffix("/"))
        return len(node.children) if node else 0

    def password(self, hub: str, user: str) -> PasswordSecret | None:
        return self.find(keys.password_key(hub, user), PasswordSecret)

    def group(self, hub: str, name: str) -> Group | None:
        return self.find(keys.group_key(hub, name), Group)

    def groups(self, hub: str) -> Sequence[Group]:
        return sorted(self.children(keys.groups_prefix(hub), Group), key=lambda group: fold(group.name))

    def access_list(self, hub: str) -> Sequence[AccessRule]:
        """Return the rules of a hub in the order in which they are looked at."""
        found = self.children(keys.access_prefix(hub), AccessRule)
        return sorted(found, key=lambda rule: (*rule.rank, rule.unique_id))

    def sources(self, hub: str) -> SourceRules:
        """Return where the users of a hub may come from."""
        return self.find(keys.sources_key(hub), SourceRules) or SourceRules()

    def cascade(self, hub: str, name: str) -> Cascade | None:
        return self.find(keys.cascade_key(hub, name), Cascade)

    def cascades(self, hub: str) -> Sequence[Cascade]:
        found = self.children(keys.cascades_prefix(hub), Cascade)
        return sorted(found, key=lambda cascade: fold(cascade.name))

    def l3switch(self, name: str) -> L3Switch | None:
        return self.find(keys.l3switch_key(name), L3Switch)

    def l3switches(self) -> Sequence[L3Switch]:
        return sorted(self.children(keys.L3_SWITCHES_PREFIX, L3Switch), key=lambda one: fold(one.name))

    def hook(self, name: str) -> Hook | None:
        return self.find(keys.hook_key(name), Hook)

    def hooks(self) -> Sequence[Hook]:
        return sorted(self.children(keys.HOOKS_PREFIX, Hook), key=lambda hook: fold(hook.name))

    def hook_secret(self, name: str) -> HookSecret | None:
        return self.find(keys.hook_secret_key(name), HookSecret)

    def administrator(self, hub: str | None) -> AdministratorSecret | None:
        """Return a hub's administrator password, or the server's own for None."""
        return self.find(keys.administrator_key(hub), AdministratorSecret)

    def listener(self, port: int) -> Listener | None:
        return self.find(keys.listener_key(port), Listener)

    def listeners(self) -> Sequence[Listener]:
        return sorted(self.children("listener", Listener), key=lambda listener: listener.port)

    def bridge(self, hub: str, device: str) -> LocalBridge | None:
        return self.find(keys.bridge_key(hub, device), LocalBridge)

    def bridges(self, hub: str | None = None) -> Sequence[LocalBridge]:
        """Return the local bridges of one hub, or all of them."""
        node = tree.find(self.root, "bridge" if hub is None else keys.bridges_prefix(hub).removesuffix("/"))
        found = [record for _, record in tree.walk(node or tree.EMPTY) if isinstance(record, LocalBridge)]
        return sorted(found, key=lambda bridge: (fold(bridge.hub), fold(bridge.device)))

    def get(self, key: str) -> Record | None:
        node = tree.find(self.root, key)
        return node.record if node else None

    def documents(self) -> Iterator[tuple[str, Record]]:
        """Yield every key with its record, secrets among them, in no particular order."""
        return tree.walk(self.root)

    def find(self, key: str, record: type[_Record]) -> _Record | None:
        """Return the record under this key, if it is one of this type."""
        found = self.get(key)
        return found if isinstance(found, record) else None

    def children(self, prefix: str, record: type[_Record]) -> Iterator[_Record]:
        """Yield the records of this type one level below, in no particular order."""
        node = tree.find(self.root, prefix.removesuffix("/"))
        children = node.children.values() if node else ()
        return (child.record for child in children if isinstance(child.record, record))
