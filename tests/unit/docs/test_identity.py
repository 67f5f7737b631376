"""How we call ourselves, against the rules that stock peers have (docs/protocol/identity.md)."""

from etherloom.handshake.client_facts import ClientFacts
from etherloom.model import product
from tests.unit.docs.pages import ROOT

PAGE = (ROOT / "docs/protocol/identity.md").read_text()


def test_our_client_is_taken_for_a_client() -> None:
    ours = ClientFacts(product=product.CLIENT_PRODUCT)
    assert ours.is_client
    assert not ours.is_bridge


def test_tools_take_our_server_for_a_server() -> None:
    assert "server" in product.SERVER_PRODUCT.lower()
    assert "bridge" not in product.SERVER_PRODUCT.lower()


def test_nobody_is_misled_about_the_program() -> None:
    for name in (product.SERVER_PRODUCT, product.CLIENT_PRODUCT):
        assert "softether" not in name.lower()


def test_the_page_has_the_values() -> None:
    for constant in ("SERVER_PRODUCT", "CLIENT_PRODUCT", "WIRE_VERSION", "WIRE_BUILD", "VERSION"):
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{constant}` |"))
        assert row.split("|")[2].strip(" `") == str(getattr(product, constant))
