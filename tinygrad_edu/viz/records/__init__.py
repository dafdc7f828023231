"""records: a graph and its backward pass as plain data; nothing else in viz looks at the engine."""

from .plain import Edge, ModuleCall, Node, Record, Values
from .recording import record

__all__ = ["Edge", "ModuleCall", "Node", "Record", "Values", "record"]
