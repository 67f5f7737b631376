"""The committed page of calls is what the catalog says."""

from pathlib import Path

from etherloom.rpc.catalog.index import CALLS
from etherloom.rpc.reference import make_page


def test_the_page_is_current(repository: Path) -> None:
    page = (repository / "docs" / "reference" / "calls.md").read_text()
    assert page == make_page(), "run `python -m etherloom.rpc.reference > docs/reference/calls.md`"


def test_every_call_is_on_the_page_with_a_sentence() -> None:
    page = make_page()
    for call in CALLS:
        assert f"### `{call.name}`" in page
        assert call.doc.endswith(".")
