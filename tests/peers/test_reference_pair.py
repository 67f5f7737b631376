"""Stock clients on a stock server: proves the harness itself, so that a failure against ours means ours."""

import pytest

from tests.support.peers import Account, Kind
from tests.support.traffic import check_reachable
from tests.support.world import World

pytestmark = [pytest.mark.root, pytest.mark.stock]


@pytest.mark.parametrize("family", [4, 6])
def test_two_stock_clients_meet_on_a_stock_hub(world: World, family: int) -> None:
    with world.hub(Kind.STOCK) as hub:
        left, right = world.connect(Kind.STOCK, Kind.STOCK, hub, Account("", "", ""), family)
        check_reachable(left, right)
