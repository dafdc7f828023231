"""records: a graph and its backward pass as plain data, all that texts, pictures and pages are made from."""

from .plain import Edge, ModuleCall, Node, Record, Values
from .recording import record

__all__ = ["Edge", "ModuleCall", "Node", "Record", "Values", "record"]
