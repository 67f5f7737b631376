"""How tables look: on a console, and as CSV."""

from etherloom.vpncmd.output import RULE, Text, items, listing, show, show_list, table, wrap


def lines(text: str) -> list[str]:
    return text.strip("\n").split("\n")


def test_a_table() -> None:
    shown = show(table("Name|Metric", [("a", 7), ("long name", 1_000_000)], right="Metric"), as_csv=False)
    assert shown == lines(
        """
Name     | Metric
---------+-------
a        |      7
long name|1000000
"""
    )


def test_an_empty_table_has_titles() -> None:
    assert show(table("A|Bc", []), as_csv=False) == ["A|Bc", "-+--"]
    assert show(listing("A|Bc", []), as_csv=False) == ["Item|Value", "----+-----"]
    assert show(listing("A|Bc", []), as_csv=True) == ["A,Bc"]


def test_a_listing_shows_row_after_row() -> None:
    rows = listing("Name|Note", [("a", "x"), ("b", "")])
    assert show(rows, as_csv=False) == lines(
        """
Item|Value
----+-----
Name|a
Note|x
----+-----
Name|b
Note|
"""
    )
    assert show(rows, as_csv=True) == ["Name,Note", "a,x", "b,"]


def test_csv_quotes_what_it_must() -> None:
    shown = show(items([("a, b", 'say "x"'), ("", "two\nlines")]), as_csv=True)
    assert shown == ["Item,Value", '"a, b","say ""x"""', ',"two', 'lines"']


def test_a_rule_between_items() -> None:
    one = items([("A", "1"), RULE, ("B", "2 ")])
    assert show(one, as_csv=False) == ["Item|Value", "----+-----", "A   |1", "----+-----", "B   |2"]
    assert show(one, as_csv=True) == ["Item,Value", "A,1", "---,---", "B,2 "]


def test_wide_letters_take_two_cells() -> None:
    assert show(table("名|B", [("a", "x")]), as_csv=False) == ["名|B", "--+-", "a |x"]


def test_text() -> None:
    assert show(Text("a\nb"), as_csv=True) == ["a", "b"]


def test_lists_wrap_in_a_column() -> None:
    shown = show_list([("A", "one two"), ("Long", "word " * 20)])
    assert shown[0] == " A    - one two"
    assert all(len(line) <= 79 for line in shown)
    assert shown[2].startswith("        word")
    assert wrap("") == [""]
