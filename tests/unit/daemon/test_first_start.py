"""What a first start adds, and that later ones add nothing."""

from pathlib import Path

from etherloom.daemon.first_start import complete_configuration
from etherloom.model.listener import Listener
from etherloom.state import keys
from etherloom.state.changes import Delete
from tests.support.configuration import open_configuration, put


async def test_identifier_certificate_and_default_ports(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "state") as owner:
        await complete_configuration(owner, lambda: "box")
        snapshot = owner.snapshot
        assert len(snapshot.server.identifier) == 16
        assert snapshot.identity is not None
        assert snapshot.listeners() == [Listener(443), Listener(992), Listener(5555)]
        await complete_configuration(owner, lambda: "box")
        assert owner.snapshot is snapshot


async def test_a_deleted_default_port_stays_deleted(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "state") as owner:
        await complete_configuration(owner, lambda: "box")
        await put(owner, Delete(keys.listener_key(443)))
        await complete_configuration(owner, lambda: "box")
        assert [listener.port for listener in owner.snapshot.listeners()] == [992, 5555]


async def test_a_missing_certificate_is_made_again(tmp_path: Path) -> None:
    async with open_configuration(tmp_path / "state") as owner:
        await complete_configuration(owner, lambda: "box")
        identifier = owner.snapshot.server.identifier
        await put(owner, Delete(keys.SERVER_IDENTITY))
        await complete_configuration(owner, lambda: "box")
        assert owner.snapshot.identity is not None
        assert owner.snapshot.server.identifier == identifier
