"""viz: the graph behind a Tensor, as plain records, text, pictures and a page.

`record` keeps a graph as plain data, from which texts, pictures and pages are made. What computes again
asks the graph itself: `explain` for Jacobians, paths and finite differences, `gradient_flow` for a network.
"""

from .dot import to_dot
from .explanation import Explanation, explain
from .flow import LayerFlow, gradient_flow
from .page import to_html
from .records import Edge, ModuleCall, Node, Record, Values, record
from .saving import save, to_svg
from .text import text

__all__ = [
    "Edge",
    "Explanation",
    "LayerFlow",
    "ModuleCall",
    "Node",
    "Record",
    "Values",
    "explain",
    "gradient_flow",
    "record",
    "save",
    "text",
    "to_dot",
    "to_html",
    "to_svg",
]
