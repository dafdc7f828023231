"""expression: a formula as a book writes it, read against a list of what is allowed; Python never runs it."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

import numpy as np

from .. import gates, nn
from ..errors import ExpressionError
from ..tensor import Tensor, tensor

__all__ = ["evaluate", "value_of"]

_LENGTH = 4000  # characters of an expression
_VALUE = 100_000  # characters of a value
_DEPTH = 60  # how deep it may be nested
_SIZE = 10_000  # elements of a value
_LARGEST = 100_000  # elements of a result

_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.MatMult: operator.matmul,
}  # fmt: skip
_COMPARE: dict[type, Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
_OF_GATES = """
    abs acos acosh asin asinh atan atan2 atanh cos cosh erf exp exp2 expm1 hypot log log10 log1p log2 maximum minimum
    neg pow reciprocal relu rsqrt sigmoid sign sin sinh sqrt square tan tanh where clamp logaddexp
    amax amin logsumexp max mean min prod std sum var norm softmax log_softmax cumsum cumprod dot flatten
"""
_OF_NN = """
    elu gelu leaky_relu silu softplus selu hardtanh softsign mse_loss l1_loss smooth_l1_loss huber_loss
    binary_cross_entropy binary_cross_entropy_with_logits
"""
_OF_CLASSES = ["cross_entropy", "nll_loss"]  # whose second argument is classes
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(gates, name) for name in _OF_GATES.split()},
    **{name: getattr(nn.functional, name) for name in (*_OF_NN.split(), *_OF_CLASSES)},
    "matmul": operator.matmul, "transpose": lambda x: gates.transpose(x, -1, -2),
}  # fmt: skip
_CONSTANTS = {"pi": math.pi, "e": math.e}


def evaluate(text: str, values: Mapping[str, str]) -> Tensor:
    """The value of an expression, with its graph.

    Allowed are + - * / ** @, comparisons, indexing, numbers, the names of `values`, pi and e, and
    functions by name (exp, tanh, softmax, sum, maximum, where …) with keywords such as axis=0.

    Args:
        text: the expression.
        values: by name a number or nested lists of them, as text; each becomes a float64 leaf of
            that name.

    Raises:
        ExpressionError: for anything else, pointing at the character.

    >>> evaluate("(x + y) * z", {"x": "-2", "y": "5", "z": "-4"})
    tensor(-12., dtype=float64, grad_fn=<mul>)
    """
    text = " ".join(text.splitlines()).replace("\t", " ")
    _check(text, "the expression", _LENGTH)
    leaves: dict[str, Any] = {}
    for name, written in values.items():
        if not name.isidentifier():
            raise ExpressionError(f"{name!r:.60} cannot be the name of a value.", expected="a name such as x or w1")
        leaves[name] = tensor(value_of(written, name), requires_grad=True, name=name)
    with np.errstate(all="ignore"):
        result = _Reader(text, leaves).read(_parsed(text, "the expression"))
    if not isinstance(result, Tensor):
        raise _pointing("no value in it has a gradient: it is a plain number.", text, 0, mend="name a value: x=2")
    if result.gate is not None and "f" not in leaves:
        result.name = "f"
    return result


def value_of(text: str, name: str = "the value") -> np.ndarray:
    """A number, or nested lists of numbers, as a float64 array.

    Raises:
        ExpressionError: for anything else, pointing at the character.

    >>> value_of("[[1, -2.5], [3e2, 4]]").shape
    (2, 2)
    """
    _check(text, name, _VALUE)
    read = _numbers(_parsed(text, name), text, 0)
    try:
        array = np.array(read, np.float64)
    except ValueError:
        raise _pointing(f"the rows of {name} are not of one length.", text, 0) from None
    if array.size > _SIZE or array.ndim > 8:
        raise _pointing(f"{name} is too large to be read well.", text, 0, expected=f"at most {_SIZE} numbers")
    return array


def _pointing(what: str, text: str, at: int, **more: str) -> ExpressionError:
    """An error with the place: the part of the text around it, and a caret below."""
    start = max(0, at - 60)
    part = text[start : at + 40]
    cut = "…" if start else ""
    return ExpressionError(what, got=f"{cut}{part}\n{' ' * (len(cut) + at - start)}^", **more)


def _check(text: str, name: str, most: int) -> None:
    """What must be right before Python's own parser may see it: length, characters, nesting."""
    if not text.strip():
        raise ExpressionError(f"{name} is empty.", expected="such as (x + y) * z, or a number")
    if len(text) > most:
        raise _pointing(f"{name} is too long: {len(text)} characters.", text, most, expected=f"at most {most}")
    depth = 0
    for at, c in enumerate(text):
        if not c.isprintable():
            raise _pointing(f"{name} has a character that cannot be printed: {c!r}.", text.replace(c, "?"), at)
        depth += (c in "([{") - (c in ")]}")
        if depth > _DEPTH:
            raise _pointing(f"{name} is nested too deep.", text, at, expected=f"at most {_DEPTH} levels")


def _parsed(text: str, name: str) -> ast.expr:
    shift = len(text) - len(text.lstrip())
    try:
        return ast.parse(text[shift:], mode="eval").body
    except SyntaxError as error:
        at = min(shift + max((error.offset or 1) - 1, 0), len(text))
        raise _pointing(f"{name} cannot be read: {error.msg}.", text, at) from None
    except (RecursionError, MemoryError, ValueError):
        raise _pointing(f"{name} is nested too deep.", text, 0) from None


def _at(node: ast.AST, text: str) -> int:
    """Where a part begins, or its sign or dot is, in characters; Python counts bytes of what follows leading blanks."""
    shift = len(text) - len(text.lstrip())
    before = node.left if isinstance(node, ast.BinOp) else node.value if isinstance(node, ast.Attribute) else None
    column = getattr(node, "col_offset", 0) if before is None else before.end_col_offset
    at = shift + len(text[shift:].encode()[:column].decode(errors="ignore"))
    while before is not None and at < len(text) - 1 and text[at] in " )":
        at += 1
    return at


def _numbers(node: ast.expr, text: str, depth: int) -> Any:
    if isinstance(node, (ast.List, ast.Tuple)) and depth < 8:
        return [_numbers(item, text, depth + 1) for item in node.elts]
    sign = 1
    while isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        sign, node = -sign if isinstance(node.op, ast.USub) else sign, node.operand
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        try:
            return sign * float(node.value)  # type: ignore[arg-type]
        except OverflowError:
            raise _pointing("a number beyond what a float can hold.", text, _at(node, text)) from None
    raise _pointing(
        "a value is a number, or lists of numbers.", text, _at(node, text), expected="2, -1.5, [[1, 2], [3, 4]]"
    )


class _Reader:
    """Computes an expression by its parts; whatever is not named here is refused."""

    def __init__(self, text: str, names: Mapping[str, Any]) -> None:
        self.text, self.names = text, names

    def error(self, what: str, node: ast.AST, **more: str) -> ExpressionError:
        return _pointing(what, self.text, _at(node, self.text), **more)

    def read(self, node: ast.expr, depth: int = 0) -> Any:
        """The value of a part: a Tensor, or a plain number."""
        if depth > 3 * _DEPTH:
            raise self.error("nested too deep.", node, expected=f"at most {3 * _DEPTH} levels")
        read = _READ.get(type(node))
        if read is None:
            raise self.error(
                f"{_called(node)} is not allowed here.", node, expected="arithmetic, numbers, names, functions"
            )
        result = read(self, node, depth + 1)
        if isinstance(result, Tensor) and result.numel() > _LARGEST:
            raise self.error("this grows too large.", node, expected=f"at most {_LARGEST} elements")
        return result

    def constant(self, node: ast.Constant, depth: int) -> Any:
        if type(node.value) not in (int, float):
            raise self.error(f"{node.value!r:.40} is not a number.", node)
        return self.number(node.value, node)

    def number(self, value: Any, node: ast.AST) -> Any:
        """A whole number stays one (an axis, an exponent); one that no float can hold is refused."""
        try:
            float(value)
        except OverflowError:
            raise self.error("a number beyond what a float can hold.", node) from None
        return value

    def name(self, node: ast.Name, depth: int) -> Any:
        if node.id in self.names:
            return self.names[node.id]
        if node.id in _CONSTANTS:
            return _CONSTANTS[node.id]
        if node.id in _FUNCTIONS:
            raise self.error(f"{node.id} is a function: it needs its arguments.", node, expected=f"{node.id}(…)")
        given = f"one of {', '.join(self.names)}" if self.names else ""
        raise self.error(f"{node.id!r:.40} has no value.", node, expected=given, mend=f"{node.id:.40}=…")

    def unary(self, node: ast.UnaryOp, depth: int) -> Any:
        if not isinstance(node.op, (ast.USub, ast.UAdd)):
            raise self.error(f"{_called(node.op)} is not allowed here.", node, expected="- or +")
        x = self.read(node.operand, depth)
        return x if isinstance(node.op, ast.UAdd) else -x

    def binary(self, node: ast.BinOp, depth: int) -> Any:
        function = _BINARY.get(type(node.op))
        x, y = self.read(node.left, depth), self.read(node.right, depth)
        if function is None:
            raise self.error(f"{_called(node.op)} is not allowed here.", node, expected="+ - * / @, and ** for a power")
        return self.computed(node, function, x, y, matrix=isinstance(node.op, ast.MatMult))

    def compare(self, node: ast.Compare, depth: int) -> Any:
        function = _COMPARE.get(type(node.ops[0]))
        if function is None or len(node.ops) > 1:
            raise self.error("only one comparison at a time: < <= > >= == !=", node)
        x, y = self.read(node.left, depth), self.read(node.comparators[0], depth)
        return self.computed(node, function, x, y)

    def index(self, node: ast.Subscript, depth: int) -> Any:
        x = self.read(node.value, depth)
        if not isinstance(x, Tensor):
            raise self.error("only a value can be indexed.", node)
        return self.computed(node, lambda t: t[self.place(node.slice)], x)

    def place(self, node: ast.expr | None) -> Any:
        """An index: whole numbers, slices of them, None, …, or several."""
        if node is None:
            return None
        if isinstance(node, ast.Tuple):
            return tuple(self.place(item) for item in node.elts[:16])
        if isinstance(node, ast.Slice):
            return slice(*(self.place(part) for part in (node.lower, node.upper, node.step)))
        if isinstance(node, ast.Constant) and (node.value in (None, ...) or type(node.value) is int):
            return node.value
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            place = self.place(node.operand)
            if type(place) is int:
                return -place
        raise self.error("an index is whole numbers and slices of them.", node)

    def call(self, node: ast.Call, depth: int) -> Any:
        if not isinstance(node.func, ast.Name):
            raise self.error("only functions by name can be called.", node.func, expected="exp(x), sum(x, axis=0)")
        name = node.func.id
        function = _FUNCTIONS.get(name)
        if function is None:
            near = get_close_matches(name, _FUNCTIONS, 3)
            raise self.error(
                f"{name!r:.40} is not a function that is known here.", node,
                expected=", ".join(near or sorted(_FUNCTIONS)[:12]) + ("" if near else " …"),
            )  # fmt: skip
        args = [self.read(arg, depth) for arg in node.args]
        keywords = {}
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg.startswith("_"):
                raise self.error("keywords are written out: axis=0", keyword.value)
            keywords[keyword.arg] = self.option(keyword.value)
        if name in _OF_CLASSES and len(args) > 1 and isinstance(args[1], Tensor):
            args[1] = tensor(args[1].detach().numpy().astype(np.int64), name=args[1].name)
        if name in ("max", "min") and len(args) == 2:  # as books write it
            function = _FUNCTIONS[f"{name}imum"]
        return self.computed(node, function, *args, matrix=name == "matmul", **keywords)

    def option(self, node: ast.expr) -> Any:
        """What a keyword may be: a number, a truth, a short text, or whole numbers in a tuple."""
        if isinstance(node, (ast.Tuple, ast.List)) and len(node.elts) <= 8:
            return tuple(self.option(item) for item in node.elts)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = self.option(node.operand)
            if type(value) in (int, float):
                return -value
        if isinstance(node, ast.Constant) and (node.value is None or type(node.value) in (bool, int, float, str)):
            return self.number(node.value, node) if type(node.value) is int else node.value
        raise self.error("a keyword is a number, True, False, or a word in quotes.", node)

    def computed(
        self, node: ast.AST, function: Callable[..., Any], *args: Any, matrix: bool = False, **more: Any
    ) -> Any:
        """One step, if its result has room; what the engine says of it comes with the place."""
        shapes = [x.shape for x in args if isinstance(x, Tensor)]
        if not shapes:
            if function not in _BINARY.values() and function not in _COMPARE.values():
                args = tuple(tensor(float(x), dtype=np.float64) for x in args)
            else:
                args = tuple(np.float64(x) for x in args)  # never Python's whole numbers without end
        elif matrix and len(shapes) == 2:
            rows, columns = (math.prod(shape[:-1]) for shape in (shapes[0], shapes[1][::-1]))
            if rows * columns > _LARGEST:
                raise self.error("this grows too large.", node, expected=f"at most {_LARGEST} elements")
        elif len(shapes) > 1:
            self.fits(node, shapes)
        try:
            result = function(*args, **more)
        except Exception as error:  # whatever the engine says is said of this part
            what = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise self.error(what[:200], node) from None
        if isinstance(result, tuple):  # max along an axis: its values
            result = result[0]
        return float(result) if isinstance(result, np.generic) else result

    def fits(self, node: ast.AST, shapes: list[tuple[int, ...]]) -> None:
        try:
            size = math.prod(np.broadcast_shapes(*shapes))
        except ValueError:
            return  # the engine says it better
        if size > _LARGEST:
            raise self.error("this grows too large.", node, expected=f"at most {_LARGEST} elements")


_READ: dict[type, Callable[..., Any]] = {
    ast.Constant: _Reader.constant, ast.Name: _Reader.name, ast.UnaryOp: _Reader.unary, ast.BinOp: _Reader.binary,
    ast.Compare: _Reader.compare, ast.Subscript: _Reader.index, ast.Call: _Reader.call,
}  # fmt: skip

_WORDS = {
    "Attribute": "a dot (an attribute)", "Lambda": "lambda", "NamedExpr": ":=", "JoinedStr": "an f-string",
    "ListComp": "a comprehension", "GeneratorExp": "a comprehension", "List": "a list", "Dict": "a dict",
    "Set": "a set", "IfExp": "if … else", "BoolOp": "and, or", "Starred": "*", "Tuple": "a tuple", "Slice": "a slice",
    "Await": "await", "FloorDiv": "//", "Mod": "%", "BitXor": "^", "BitAnd": "&", "BitOr": "|", "LShift": "<<",
    "RShift": ">>", "Invert": "~", "Not": "not",
}  # fmt: skip


def _called(node: ast.AST) -> str:
    name = type(node).__name__
    return _WORDS.get(name, name)
