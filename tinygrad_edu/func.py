"""func: derivatives of functions instead of Tensors (`torch.func`): grad, vjp, jvp, Jacobians; modules as functions.

Everything here is composed of `engine.grad`. A forward-mode product is two reverse ones: the
gradient of <Jᵀu, v> with respect to u is Jv, whatever u is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

import numpy as np

from . import engine, record
from .batching import stack_module_state, vmap
from .errors import DtypeError, NonScalarError, OptionError, ShapeError, StateDictError, TinygradError
from .modes import enable_grad
from .tensor import Tensor, as_tensor
from .trees import flatten, spread

if TYPE_CHECKING:
    from .nn import Module

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "hvp",
    "jacfwd",
    "jacrev",
    "jvp",
    "stack_module_state",
    "vjp",
    "vmap",
]


def _opened(leaves: list[Any]) -> list[Tensor]:
    """The primals as Tensors to differentiate by: on an outer graph if they are, else leaves."""
    opened = []
    for leaf in leaves:
        t = as_tensor(leaf)
        if t.dtype.kind != "f":
            raise DtypeError("a derivative is taken with respect to floats.", got=f"dtype {t.dtype}")
        opened.append(record.clone(t) if t.requires_grad else t.detach().requires_grad_())
    return opened


def _matched(tree: Any, like: Any, what: str) -> list[Tensor]:
    """The leaves of `tree` in the order of those of `like`, whose structure it has; `what` they are, for an error."""
    given, wished = (len(flatten(each)[0]) for each in (tree, like))
    if given != wished:
        raise ShapeError(what, expected=str(wished), got=str(given))
    return [as_tensor(leaf) for leaf in spread(tree, like)]


def _outputs(value: Any) -> Any:
    """`flatten` of what a function returned: Tensors, as only they know how they were made."""
    leaves, back = flatten(value)
    for z in leaves:
        if not isinstance(z, Tensor):
            raise DtypeError("a function that is differentiated returns Tensors.", got=f"{type(z).__name__}: {z!r:.60}")
    return leaves, back


def _closed(tree: Any, opened: list[Tensor]) -> Any:
    """Results on the graph only if something outside needs it: else `opened` is all they reach."""
    leaves, back = flatten(tree)
    own = {id(x) for x in opened}
    return back([t.detach() if isinstance(t, Tensor) and not _reaches_outside(t, own) else t for t in leaves])


def _reaches_outside(t: Tensor, own: set[int]) -> bool:
    """Whether a Tensor that requires a gradient, other than our own leaves, is behind `t`."""
    seen, stack = set(), [t]
    while stack:
        z = stack.pop()
        if not z.requires_grad or id(z) in seen:
            continue
        seen.add(id(z))
        if z.gate is None:
            if id(z) not in own:
                return True
        elif not isinstance(z.inputs, engine.Freed):
            stack.extend(x for x in z.inputs if isinstance(x, Tensor))
    return False


def pulled_back(outputs: Any, inputs: list[Tensor], upstreams: Any, create_graph: bool = True) -> list[Any]:
    """The gradients by the inputs, the graph kept; zeros where an output does not depend on an input."""
    flowing = [(z, g) for z, g in zip(outputs, upstreams, strict=True) if z.requires_grad]
    if not flowing:
        return [Tensor(np.zeros_like(x._data)) for x in inputs]
    zs, gs = zip(*flowing, strict=True)
    return list(engine.grad(zs, inputs, list(gs), True, create_graph, allow_unused=True, materialize_grads=True))


def _with(args: tuple[Any, ...], argnums: int | tuple[int, ...]) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """The chosen arguments, and all arguments with those replaced."""
    n = len(args)
    if not all(-n <= i < n for i in ((argnums,) if isinstance(argnums, int) else argnums)):
        raise OptionError(
            "func: argnums are numbers of positional arguments.",
            expected=f"0 to {n - 1}" if n else "an argument",
            got=str(argnums),
        )
    chosen = args[argnums] if isinstance(argnums, int) else tuple(args[i] for i in argnums)

    def replaced(values: Any) -> tuple[Any, ...]:
        changed = list(args)
        if isinstance(argnums, int):
            changed[argnums] = values
        else:
            for i, value in zip(argnums, values, strict=True):
                changed[i] = value
        return tuple(changed)

    return chosen, replaced


def _called(
    func: Callable[..., Any], args: tuple[Any, ...], keywords: Mapping[str, Any], argnums: int | tuple[int, ...],
    has_aux: bool,
) -> tuple[list[Tensor], Callable[[list[Any]], Any], Any, Any]:  # fmt: skip
    """The chosen arguments opened, what gives them back their structure, the value, and what came besides."""
    chosen, replaced = _with(args, argnums)
    leaves, back = flatten(chosen)
    opened = _opened(leaves)
    result = func(*replaced(back(opened)), **keywords)
    if has_aux and not (isinstance(result, tuple) and len(result) == 2):
        raise TinygradError(
            "with has_aux=True a function returns a pair: its value, and what is handed on.",
            got=f"{type(result).__name__}: {result!r:.60}",
        )
    value, aux = result if has_aux else (result, None)
    return opened, back, value, aux


def grad_and_value(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Any:
    """A function that returns the gradient of `func` and its value.

    Args:
        func: returns a Tensor of one element, or with `has_aux` a pair of that and anything.
        argnums: which argument to differentiate by, or several; each may be nested tuples, lists
            or dicts of Tensors.

    Raises:
        NonScalarError: if `func` returns more than one element.
        TinygradError: with `has_aux`, if it returns no pair.

    >>> import tinygrad_edu as tg
    >>> grad_and_value(lambda x: x * x)(tg.tensor(3.0))
    (tensor(6.), tensor(9.))
    """

    @wraps(func)
    def called(*args: Any, **keywords: Any) -> Any:
        with enable_grad():
            opened, back, value, aux = _called(func, args, keywords, argnums, has_aux)
            if not isinstance(value, Tensor) or value.numel() != 1:
                raise NonScalarError(
                    "func.grad differentiates a function to one number.",
                    got=f"shape {value.shape}" if isinstance(value, Tensor) else type(value).__name__,
                    mend="reduce it, or use func.jacrev",
                )
            found = back(pulled_back([value], opened, [Tensor(np.ones_like(value._data))]))
        found, value, aux = (_closed(part, opened) for part in (found, value, aux))
        return (found, (value, aux)) if has_aux else (found, value)

    return called


def grad(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Any:
    """A function that returns the gradient of `func`; can be applied to itself.

    >>> import tinygrad_edu as tg
    >>> grad(grad(lambda x: x ** 3))(tg.tensor(2.0))
    tensor(12.)
    """
    both = grad_and_value(func, argnums, has_aux)

    @wraps(func)
    def called(*args: Any, **keywords: Any) -> Any:
        found, value = both(*args, **keywords)
        return (found, value[1]) if has_aux else found

    return called


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of `func`, and the function from an upstream v to the vector-Jacobian product vᵀJ.

    >>> import tinygrad_edu as tg
    >>> value, back = vjp(lambda x: x * x, tg.tensor([1.0, 2.0]))
    >>> back(tg.tensor([1.0, 10.0]))
    (tensor([ 2., 40.]),)
    """
    with enable_grad():
        opened, back, value, aux = _called(func, primals, {}, tuple(range(len(primals))), has_aux)
    outputs, _ = _outputs(value)

    def pulled(*cotangents: Any) -> Any:
        given = cotangents[0] if len(cotangents) == 1 else cotangents
        upstreams = _matched(given, value, "vjp: one upstream for each output.")
        with enable_grad():
            found = pulled_back(outputs, opened, upstreams)
        return _closed(back(found), opened)

    closed = _closed(value, opened)
    return (closed, pulled, _closed(aux, opened)) if has_aux else (closed, pulled)


def _pushed(outputs: list[Tensor], opened: list[Tensor], tangents: list[Any]) -> list[Any]:
    """J v, as the derivative of <Jᵀu, v> by u."""
    us = [Tensor(np.zeros_like(z._data), requires_grad=True) for z in outputs]
    pulled = pulled_back(outputs, opened, us)
    return pulled_back(pulled, us, tangents)


def _check_along(primals: Any, tangents: Any) -> None:
    if not all(isinstance(xs, (tuple, list)) for xs in (primals, tangents)) or len(primals) != len(tangents):
        raise ShapeError(
            "primals and tangents are tuples of one length, an element for each argument.",
            got=f"{primals!r:.60} and {tangents!r:.60}",
            mend="(x,) and (v,) for a function of one",
        )


def jvp(func: Callable[..., Any], primals: tuple[Any, ...], tangents: tuple[Any, ...], has_aux: bool = False) -> Any:
    """The value of `func` and the Jacobian-vector product J v: how it moves when the primals do.

    >>> import tinygrad_edu as tg
    >>> jvp(lambda x: x * x, (tg.tensor([1.0, 2.0]),), (tg.tensor([1.0, 10.0]),))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    _check_along(primals, tangents)
    primals = tuple(primals)
    along = _matched(tuple(tangents), primals, "jvp: one tangent for each Tensor among the primals.")
    for x, v in zip(flatten(primals)[0], along, strict=True):
        if np.shape(x) != v.shape:
            raise ShapeError("a tangent has the shape of its primal.", expected=str(np.shape(x)), got=str(v.shape))
    with enable_grad():
        opened, _, value, aux = _called(func, primals, {}, tuple(range(len(primals))), has_aux)
        outputs, put_back = _outputs(value)
        moved = put_back(_pushed(outputs, opened, along))
    value, moved, aux = (_closed(part, opened) for part in (value, moved, aux))
    return (value, moved, aux) if has_aux else (value, moved)


def _basis(t: Tensor) -> Any:
    """Each unit vector of t's shape in turn."""
    for i in range(t.numel()):
        unit = np.zeros_like(t._data)
        unit.flat[i] = 1
        yield Tensor(unit)


def _stacked(rows: list[Tensor], before: tuple[int, ...], after: tuple[int, ...]) -> Tensor:
    from .gates import reshape, stack

    return reshape(stack(rows), before + after) if rows else Tensor(np.zeros(before + after))


def _jacobian(func: Callable[..., Any], argnums: Any, has_aux: bool, rows: bool) -> Any:
    """The shared part of jacrev (by rows, one walk per output) and jacfwd (by columns)."""

    @wraps(func)
    def called(*args: Any, **keywords: Any) -> Any:
        with enable_grad():
            opened, back, value, aux = _called(func, args, keywords, argnums, has_aux)
            outputs, put_back = _outputs(value)
            found = [(_by_rows if rows else _by_columns)(z, opened) for z in outputs]
        found = _closed(put_back([back(each) for each in found]), opened)
        return (found, _closed(aux, opened)) if has_aux else found

    return called


def _by_rows(z: Tensor, opened: list[Tensor]) -> list[Tensor]:
    rows = [pulled_back([z], opened, [unit]) for unit in _basis(z)]
    return [_stacked([row[i] for row in rows], z.shape, x.shape) for i, x in enumerate(opened)]


def _by_columns(z: Tensor, opened: list[Tensor]) -> list[Tensor]:
    u = Tensor(np.zeros_like(z._data), requires_grad=True)
    pulled = pulled_back([z], opened, [u])
    found = []
    for x, p in zip(opened, pulled, strict=True):
        columns = [pulled_back([p], [u], [unit])[0] for unit in _basis(x)]
        stacked = _stacked(columns, x.shape, z.shape)
        found.append(stacked.permute(*range(x.ndim, x.ndim + z.ndim), *range(x.ndim)))
    return found


def jacrev(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Any:
    """A function that returns the Jacobian of `func`, shape (*output, *input): a walk per output.

    >>> import tinygrad_edu as tg
    >>> jacrev(lambda x: x * x)(tg.tensor([1.0, 2.0])).tolist()
    [[2.0, 0.0], [0.0, 4.0]]
    """
    return _jacobian(func, argnums, has_aux, rows=True)


def jacfwd(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False) -> Any:
    """As `jacrev`, computed a column (an input element) at a time: for few inputs, many outputs.

    >>> import tinygrad_edu as tg
    >>> jacfwd(lambda x: x * x)(tg.tensor([1.0, 2.0])).tolist()
    [[2.0, 0.0], [0.0, 4.0]]
    """
    return _jacobian(func, argnums, has_aux, rows=False)


def hessian(func: Callable[..., Any], argnums: int | tuple[int, ...] = 0) -> Any:
    """A function that returns the matrix of second derivatives of `func`, shape (*input, *input).

    >>> import tinygrad_edu as tg
    >>> hessian(lambda x: x[0] * x[1] ** 2)(tg.tensor([1.0, 3.0])).tolist()
    [[0.0, 6.0], [6.0, 2.0]]
    """
    return jacfwd(jacrev(func, argnums), argnums)


def hvp(func: Callable[..., Any], primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> Any:
    """The value of `func` and its Hessian times the tangents, without forming the Hessian.

    The gradient of <grad f, v>: Pearlmutter, "Fast exact multiplication by the Hessian" (1994).

    >>> import tinygrad_edu as tg
    >>> hvp(lambda x: (x ** 3).sum(), (tg.tensor([1.0, 2.0]),), (tg.tensor([1.0, 1.0]),))
    (tensor(9.), (tensor([ 6., 12.]),))
    """
    _check_along(primals, tangents)
    numbers = tuple(range(len(primals)))
    gradient, back = vjp(lambda *x: grad_and_value(func, numbers)(*x), *primals)
    return gradient[1], back((tuple(tangents), Tensor(np.zeros_like(gradient[1]._data))))


def functional_call(
    module: Module, parameter_and_buffer_dicts: Any, args: Any = None, kwargs: Any = None, *,
    tie_weights: bool = True, strict: bool = False,
) -> Any:  # fmt: skip
    """What `module` computes with other parameters and buffers, as a function of them; it keeps its own.

    Args:
        parameter_and_buffer_dicts: Tensors by dotted name, or several such dicts. The graph goes on
            through them: this is how a step of training becomes a part of a graph (MAML).
        args: the positional arguments: a tuple, or the only one.
        kwargs: the keyword arguments.
        tie_weights: a parameter that the module has under several names is replaced under all of them.
        strict: whether every parameter and buffer must be given.

    Raises:
        StateDictError: for names that the module does not have, or (if `strict`) that are missing.

    >>> import tinygrad_edu as tg
    >>> layer = tg.nn.Linear(1, 1, bias=False)
    >>> w = tg.tensor([[3.0]])
    >>> grad(lambda w: functional_call(layer, {"weight": w}, tg.tensor([2.0])).sum())(w)
    tensor([[2.]])
    """
    dicts = parameter_and_buffer_dicts
    given = {name: t for one in ((dicts,) if isinstance(dicts, Mapping) else dicts) for name, t in one.items()}
    parts = dict(module.named_modules(remove_duplicate=False))
    own: dict[str, Tensor] = dict(module.named_parameters(remove_duplicate=False))
    own |= module.named_buffers(remove_duplicate=False)
    unexpected, missing = given.keys() - own.keys(), own.keys() - given.keys() if strict else set()
    if unexpected or missing:
        raise StateDictError(
            f"functional_call: these are not the parameters and buffers of {type(module).__name__}.",
            got=f"unexpected: {sorted(unexpected)}; missing: {sorted(missing)}",
        )
    if tie_weights:
        tied = {id(own[name]): t for name, t in given.items()}
        given = {name: tied[id(t)] for name, t in own.items() if id(t) in tied}

    def put(tensors: dict[str, Tensor]) -> None:
        for name in given:
            path, _, attribute = name.rpartition(".")
            vars(parts[path])[attribute] = tensors[name]

    put(given)
    try:
        return module(*(args if isinstance(args, tuple) else () if args is None else (args,)), **(kwargs or {}))
    finally:
        put(own)
