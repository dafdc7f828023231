"""viz: the graph behind a Tensor, as plain records, text, pictures and a page.

`record` is the only one that looks at the engine; everything else is made from what it returns.
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
