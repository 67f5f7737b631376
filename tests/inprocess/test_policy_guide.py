"""The examples of the guide to policies, run by vpncmd against our server."""

import asyncio
from pathlib import Path

from etherloom.model.policy import POLICY_ITEMS
from etherloom.services.options import read_options
from etherloom.vpncmd.main import run
from tests.support.configuration import administrator, hub, put
from tests.support.guest import server_port, serving
from tests.unit.docs.pages import ROOT, blocks

_PAGE = ROOT / "docs/guide/policies.md"


async def test_the_examples_of_the_guide(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("Hub LAB\n" + "".join(blocks(_PAGE)))
    async with serving(tmp_path / "server") as server:
        await put(server.owner, administrator(None, "word"), hub("LAB"))
        to = [f"127.0.0.1:{server_port(server)}", "/SERVER", "/PASSWORD:word"]
        assert await asyncio.to_thread(run, [*to, "/PROGRAMMING", f"/IN:{script}"]) == 0
        snapshot = server.owner.snapshot
        bob, staff = snapshot.user("LAB", "bob"), snapshot.group("LAB", "staff")
        options = read_options(snapshot, "LAB")
    assert bob is not None
    assert bob.policy is not None
    assert (bob.policy.max_download, bob.policy.no_server, bob.policy.vlan_id) == (10_000_000, True, 5)
    assert staff is not None
    assert staff.policy is not None
    assert staff.policy.dhcp_no_server
    assert options["BroadcastStormDetectionThreshold"] == 100
    assert (options["FilterPPPoE"], options["DropArpInPrivacyFilterMode"]) == (1, 0)


def test_the_page_names_every_item() -> None:
    text = _PAGE.read_text()
    assert [item.name for item in POLICY_ITEMS if f"`{item.name}`" not in text] == []
