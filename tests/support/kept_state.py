"""Makes the state file of a release that is kept under tests/vectors/state.

`python -m tests.support.kept_state DIR`: run once a release, from that release. Extend it when there are new
kinds of documents.
"""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from etherloom.model.bridge import LocalBridge
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
from etherloom.model.hub import AdministratorSecret, Hub
from etherloom.model.listener import Listener
from etherloom.model.policy import Policy
from etherloom.model.server import ServerIdentity, ServerSettings
from etherloom.model.traffic import Traffic
from etherloom.model.user import User
from etherloom.state import keys
from etherloom.state.changes import DeletePrefix, Put
from etherloom.state.owner import open_owner
from etherloom.store.counters import open_counters
from tests.support.state import HASH, NOW, apply, execute, opened_store


def _user(name: str, credential: Credential, note: str = "") -> Put:
    return Put(keys.user_key("LAB", name), User(name, credential, note=note, created=NOW))


def _server() -> Sequence[Put]:
    return [
        Put(keys.SERVER_SETTINGS, ServerSettings(bytes(range(16)), "kept")),
        Put(keys.SERVER_IDENTITY, ServerIdentity((b"\x30\x82certificate",), b"\x30\x82private key")),
        Put(keys.SERVER_ADMINISTRATOR, AdministratorSecret(HASH)),
        Put(keys.listener_key(443), Listener(443)),
        Put(keys.listener_key(5555), Listener(5555, enabled=False)),
        Put(keys.bridge_key("LAB", "tap0"), LocalBridge("LAB", "tap0")),
    ]


def _hubs() -> Sequence[Put]:
    alice = User("Alice", PasswordCredential(), real_name="Alice Ä", policy=Policy(max_mac=3, no_qos=True))
    return [
        Put(keys.hub_key("LAB"), Hub("LAB", maximum_sessions=7, created=NOW)),
        Put(keys.hub_key("Zoo"), Hub("Zoo", online=False, require_encryption=False)),
        Put(keys.administrator_key("LAB"), AdministratorSecret(HASH, bytes(20))),
        Put(keys.user_key("LAB", "Alice"), alice),
        Put(keys.password_key("LAB", "Alice"), PasswordSecret(HASH, bytes(16))),
        _user("bob", AnonymousCredential()),
        _user("carl", CertificateCredential(b"\x30\x82der")),
        _user("dora", SignedCertificateCredential("Dora", b"\x01")),
        _user("emil", RadiusCredential("e")),
        _user("fritz", NtDomainCredential()),
        _user("gone", AnonymousCredential()),
    ]


async def make(path: Path) -> None:
    """Make a small state with every kind of document, a history and counters."""
    async with opened_store(path) as store:
        owner, counters = await open_owner(store, lambda: NOW), await open_counters(store)
        await apply(owner, *_server(), *_hubs())
        await apply(owner, DeletePrefix(keys.user_key("LAB", "gone")))
        await apply(owner, _user("bob", AnonymousCredential(), "changed"))
        counters.record_login(keys.user_key("LAB", "Alice"), NOW)
        counters.add_traffic(keys.hub_key("LAB"), Traffic(1, 2, 3, 4, 5, 6, 7, 8), NOW)
        await counters.flush()
        await execute(store, "VACUUM")
    (path / "lock").unlink()


if __name__ == "__main__":
    asyncio.run(make(Path(sys.argv[1])))
