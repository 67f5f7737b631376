"""The examples of the guide to access lists, run by vpncmd against our server."""

import asyncio
from ipaddress import ip_address
from pathlib import Path

from etherloom.model.access_list import AccessRule
from etherloom.vpncmd.main import run
from tests.support.configuration import administrator, hub, put
from tests.support.guest import server_port, serving
from tests.unit.docs.pages import ROOT, blocks

_PAGE = ROOT / "docs/guide/access-lists.md"


async def test_the_examples_of_the_guide(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("Hub LAB\n" + "".join(blocks(_PAGE)))
    async with serving(tmp_path / "server") as server:
        await put(server.owner, administrator(None, "word"), hub("LAB"))
        to = [f"127.0.0.1:{server_port(server)}", "/SERVER", "/PASSWORD:word"]
        assert await asyncio.to_thread(run, [*to, "/PROGRAMMING", f"/IN:{script}"]) == 0
        rules = server.owner.snapshot.access_list("LAB")
        sources = server.owner.snapshot.sources("LAB").rules
    by_priority = {rule.priority: rule for rule in rules}
    assert list(by_priority) == [50, 100, 200, 300]
    assert by_priority[50].source_address == ip_address("fd00:1::")
    assert (by_priority[100].source_user, by_priority[100].target_port_last) == ("staff", 25)
    assert _way(by_priority[200]) == (80, 20, 1)
    assert by_priority[300].source_user == "exclude:staff.txt"
    assert [(str(rule.address), rule.deny) for rule in sources] == [
        ("192.0.2.8", False),
        ("192.0.2.0", True),
        ("2001:db8::", True),
    ]


def _way(rule: AccessRule) -> tuple[int, int, int]:
    return rule.delay, rule.jitter, rule.loss
