"""The tree of records behaves like a dictionary of keys, and shares what a change doesn't touch."""

from hypothesis import given
from hypothesis import strategies as st

from etherloom.model.hub import Hub
from etherloom.state import tree
from etherloom.state.documents import Record

RECORDS = [Hub("a"), Hub("b"), Hub("c")]
SEGMENT = st.sampled_from(["a", "ab", "b"])
KEY = st.lists(SEGMENT, min_size=1, max_size=4).map("/".join)
STEP = st.tuples(st.sampled_from(["put", "delete", "prefix", "beneath"]), KEY, st.sampled_from(RECORDS))


def _do(root: tree.Node, model: dict[str, Record], step: tuple[str, str, Hub]) -> tree.Node:
    what, key, record = step
    if what == "put":
        model[key] = record
        return tree.put(root, key, record)
    if what == "delete":
        model.pop(key, None)
        return tree.delete(root, key)
    for name in [name for name in model if name.startswith(key + "/") or (name == key and what == "prefix")]:
        del model[name]
    return tree.delete_prefix(root, key if what == "prefix" else key + "/")


@given(st.lists(STEP, max_size=30))
def test_it_is_a_dictionary_of_keys(steps: list[tuple[str, str, Hub]]) -> None:
    root, model = tree.EMPTY, dict[str, Record]()
    for step in steps:
        before, old = root, dict(model)
        root = _do(root, model, step)
        assert (root is before) == (model == old)
    assert dict(tree.walk(root)) == model
    assert root == tree.build(model)
    for key, record in model.items():
        node = tree.find(root, key)
        assert node is not None
        assert node.record == record


@given(st.lists(STEP, max_size=20), st.lists(STEP, max_size=20))
def test_differences_lead_from_one_tree_to_the_other(
    first: list[tuple[str, str, Hub]], more: list[tuple[str, str, Hub]]
) -> None:
    model = dict[str, Record]()
    old = tree.EMPTY
    for step in first:
        old = _do(old, model, step)
    new = old
    for step in more:
        new = _do(new, model, step)
    root = old
    for key, record in tree.differences(old, new):
        root = tree.delete(root, key) if record is None else tree.put(root, key, record)
    assert root == new


def test_a_prefix_is_made_of_whole_segments() -> None:
    root = tree.build({"hub/lab": RECORDS[0], "hub/lab2": RECORDS[1], "hub/lab/user/x": RECORDS[2]})
    assert dict(tree.walk(tree.delete_prefix(root, "hub/lab"))) == {"hub/lab2": RECORDS[1]}
    assert set(dict(tree.walk(tree.delete_prefix(root, "hub/lab/")))) == {"hub/lab", "hub/lab2"}


def test_untouched_branches_are_shared() -> None:
    root = tree.build({"hub/a": RECORDS[0], "hub/b/user/x": RECORDS[1]})
    changed = tree.put(root, "hub/a", RECORDS[2])
    assert tree.find(changed, "hub/b") is tree.find(root, "hub/b")
