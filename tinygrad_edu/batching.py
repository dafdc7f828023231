"""batching: a function of one sample as a function of a batch (`vmap`), and modules stacked for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import DtypeError, OptionError, ShapeError, TinygradError
from .gates import stack, unbind
from .random import get_generator
from .tensor import Tensor, as_tensor
from .trees import flatten, spread

if TYPE_CHECKING:
    from .nn import Module

__all__ = ["stack_module_state", "vmap"]


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """`func` of one sample as a function of a batch: the gradient of each sample is `vmap(grad(loss))`.

    Each sample is a call, and the results are stacked: NumPy would need every gate written for one more
    axis. So it takes the time of a loop; where the gates broadcast, giving them the batch is faster.

    Args:
        func: takes and returns Tensors, or nested tuples, lists and dicts of them.
        in_dims: the axis of the batch in each argument, None for one that all samples share: one for all,
            or in the structure of the arguments. All samples share keyword arguments.
        out_dims: the axis of the batch in the results, in their structure; None for one that is the same
            for all samples.
        randomness: "error" if a draw in `func` is a mistake, "different" for each sample, or "same".
        chunk_size: ignored: samples go one by one.

    Raises:
        ShapeError: if the arguments have batches of different sizes, or none, or the results are not of one
            structure and shape.
        DtypeError: if `func` returns something else than Tensors.
        TinygradError: if it draws random numbers, and `randomness` is "error".

    >>> import tinygrad_edu as tg
    >>> w, X, y = tg.tensor([1.0, 2.0]), tg.tensor([[1.0, 0.0], [1.0, 1.0]]), tg.tensor([0.0, 1.0])
    >>> loss = lambda w, x, y: (w @ x - y) ** 2
    >>> vmap(tg.func.grad(loss), in_dims=(None, 0, 0))(w, X, y)
    tensor([[2., 0.],
            [4., 4.]])
    """
    if randomness not in ("error", "different", "same"):
        raise OptionError("vmap does not know this randomness.", expected="error, different or same", got=randomness)

    @wraps(func)
    def called(*args: Any, **keywords: Any) -> Any:
        leaves, back = flatten(args)
        leaves = [as_tensor(x) if isinstance(x, np.ndarray) else x for x in leaves]
        samples = _drawing(randomness, _samples(leaves, spread(in_dims, args)))
        results = [flatten(func(*back(sample), **keywords)) for sample in samples]
        first, *others = (put_back(["…"] * len(parts)) for parts, put_back in results)
        if any(other != first for other in others):
            raise ShapeError(
                "vmap: the function does not return the same structure for each sample.",
                expected=str(first),
                got=str(next(other for other in others if other != first)),
            )
        stacked = zip(zip(*(parts for parts, _ in results), strict=True), spread(out_dims, first), strict=True)
        return results[0][1]([_together(parts, dim) for parts, dim in stacked])

    return called


def _samples(leaves: Sequence[Any], dims: Sequence[int | None]) -> Iterator[list[Any]]:
    """The leaves of each sample."""
    for x, dim in zip(leaves, dims, strict=True):
        if dim is not None and not (isinstance(x, Tensor) and dim in range(-x.ndim, x.ndim)):
            raise ShapeError(
                f"vmap: in_dims is {dim} for an argument without that axis.",
                got=f"{x!r:.60}",
                mend="in_dims=None for what all samples share",
            )
    sizes = {x.shape[dim] for x, dim in zip(leaves, dims, strict=True) if dim is not None}
    if len(sizes) != 1 or 0 in sizes:
        raise ShapeError("vmap needs batches of one size, of a sample at least.", got=f"sizes {sorted(sizes)}")
    columns = [repeat(x) if dim is None else unbind(x, dim) for x, dim in zip(leaves, dims, strict=True)]
    for _, *sample in zip(range(sizes.pop()), *columns, strict=False):
        yield sample


def _drawing(randomness: str, samples: Iterator[Any]) -> Iterator[Any]:
    """The samples, and around each what `randomness` says of the Generator."""
    source = get_generator().bit_generator
    start = source.state
    for sample in samples:
        if randomness == "same":
            source.state = start
        yield sample
        if randomness == "error" and source.state != start:
            raise TinygradError(
                "vmap: the function draws random numbers.", mend='randomness="different" for each sample, or "same"'
            )


def _together(parts: Sequence[Any], dim: int | None) -> Any:
    for part in parts:
        if not isinstance(part, Tensor):
            raise DtypeError("vmap: the function returns Tensors.", got=f"{type(part).__name__}: {part!r:.60}")
    return parts[0] if dim is None else stack(parts, dim)


def stack_module_state(models: Sequence[Module]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The parameters and the buffers of several modules of one kind, each stacked: an ensemble for `vmap`.

    Raises:
        TinygradError: for modules of several kinds or with other parameters, or of which some are in training mode.
        ShapeError: for parameters of other shapes.

    >>> import tinygrad_edu as tg
    >>> models = [tg.nn.Linear(2, 1) for _ in range(3)]
    >>> params, buffers = stack_module_state(models)
    >>> run = lambda p, x: tg.func.functional_call(models[0], p, (x,))
    >>> vmap(run, in_dims=(0, None))(params, tg.ones(5, 2)).shape
    (3, 5, 1)
    """
    models = list(models)
    parameters = [dict(model.named_parameters()) for model in models]
    buffers = [dict(model.named_buffers()) for model in models]
    kinds = {(type(model), model.training, *state) for model, state in zip(models, parameters, strict=True)}
    if len(kinds) != 1:
        raise TinygradError(
            "stack_module_state takes modules of one kind, with parameters of the same names, all in one mode.",
            got=", ".join(f"{type(model).__name__}(training={model.training})" for model in models) or "none",
        )

    def stacked(states: list[dict[str, Any]]) -> dict[str, Tensor]:
        first = states[0].items()
        return {
            name: stack([state[name] for state in states]).detach().requires_grad_(t.requires_grad) for name, t in first
        }

    return stacked(parameters), stacked(buffers)
