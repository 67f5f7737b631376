"""Two pinned workers against one, in one process, with ports of memory: what locks and messages cost."""

from bench.tools import Figures, Plan


def two_workers(plan: Plan) -> Figures:
    return {}
