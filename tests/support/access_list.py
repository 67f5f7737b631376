"""The access list of a hub, set on a stock server or ours by the call that administrators' tools make."""

from collections.abc import Sequence
from dataclasses import replace

from etherloom.model.access_list import AccessRule
from etherloom.rpc import pack_codec
from etherloom.rpc.catalog import access_list
from etherloom.rpc.client import AdminClient
from etherloom.rpc.handlers.access_list import write_rule
from tests.support.administrator import Administrator
from tests.support.etherloom import EtherloomServer
from tests.support.peers import Kind
from tests.support.world import World


def set_access_list(world: World, kind: Kind, hub: str, rules: Sequence[AccessRule]) -> None:
    """Replace the rules; those without a priority get theirs in order."""
    numbered = [replace(rule, priority=rule.priority or place) for place, rule in enumerate(rules, 1)]
    rows = tuple(write_rule(rule, place) for place, rule in enumerate(numbered, 1))
    request = access_list.AccessRuleTable(hub, rows)
    server = world.server(kind)
    if isinstance(server, EtherloomServer):
        with AdminClient(server.state) as client:
            client.call(access_list.SET_ACCESS_LIST, request)
        return
    administrator = Administrator.arrive(world.host(kind))
    try:
        answer = administrator.call(access_list.SET_ACCESS_LIST.name, pack_codec.encode_record(request))
        assert answer.int("error") == 0, f"the server refuses with {answer.int('error')}"
    finally:
        administrator.close()
