"""calls: the calls of modules as plain data, each with the gates that it made."""

from __future__ import annotations

from ...nn.calls import Calls
from .plain import Edge, ModuleCall, Node

__all__ = ["module_calls"]


def module_calls(
    calls: Calls, births: list[tuple[int, int]], nodes: list[Node], edges: list[Edge], output: int
) -> tuple[ModuleCall, ...]:
    """Every call as plain data; `births`: of each gate's node, its id and birth."""
    inside: list[list[int]] = [[] for _ in calls.spans]
    for node, birth in births if calls.spans else ():
        at = calls.innermost.get(birth)
        while at is not None:
            inside[at].append(node)
            at = calls.parents[at]
    uses: dict[int, list[int]] = {}
    for edge in edges:
        uses.setdefault(edge.source, []).append(edge.target)
    found = []
    for i, (_, _, module) in enumerate(calls.spans):
        within = set(inside[i])
        out = [n for n in within if n == output or any(use not in within for use in uses.get(n, ()))]
        value = nodes[max(out or within)].value
        count = sum(p.numel() for p in module.parameters())
        shape = value.shape if value else None
        about = (type(module).__name__, module.extra_repr(), count, shape)
        found.append(ModuleCall(calls.paths[i], *about, tuple(sorted(within)), calls.parents[i]))
    return tuple(found)
