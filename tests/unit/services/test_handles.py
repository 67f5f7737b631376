"""Numbers for the entries of tables."""

from etherloom.services.handles import Handles


def test_an_entry_keeps_its_number_while_it_is_there() -> None:
    handles = Handles()
    first, second = handles.number("t", ["a", "b"])
    assert first != second
    assert min(first, second) > 0
    again, third = handles.number("t", ["b", "c"])
    assert again == second
    assert third not in (first, second)
    assert handles.find("t", second) == "b"
    assert handles.find("t", first) is None
    assert handles.find("u", second) is None
    (back,) = handles.number("t", ["a"])
    assert back not in (first, second, third)
    assert max(first, second, third, back) < 2**32
