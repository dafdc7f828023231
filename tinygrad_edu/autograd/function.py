"""function: a gate of your own, as a class with a forward and a backward (`torch.autograd.Function`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from ..axes import broadcasts_to
from ..errors import ChangedAfterUseError, GradientShapeError, TinygradError
from ..modes import is_grad_enabled, no_grad, on
from ..record import Gate, Parts, clone, recorded, run
from ..tensor import Tensor, as_tensor, tick

__all__ = ["Function", "once_differentiable"]


class Context:
    """What a Function's forward leaves for its backward.

    Attributes:
        needs_input_grad: per input of `forward`, whether its gradient is wanted.
        saved_tensors: what `save_for_backward` was given, in order.
    """

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self._saved: tuple[Tensor | None, ...] = ()
        self._places: list[tuple[str, int] | None] = []  # per saved Tensor: which input or output it is
        self._flat: set[int] = set()
        self._materialize = True
        self._born = 0
        self._now: dict[str, Any] = {}  # during backward: the inputs and outputs as the walk hands them

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep Tensors for the backward; a write to them in between is noticed there."""
        self._saved = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say that these outputs have no gradient."""
        self._flat = {id(t) for t in tensors}

    def set_materialize_grads(self, value: bool) -> None:
        """Whether backward gets zeros (True) or None for an output that no gradient came back to."""
        self._materialize = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was saved: inputs and outputs as the walk knows them, so that they record too."""
        if not self._now:
            return self._saved
        return tuple(
            self._unchanged(t) if place is None else as_tensor(self._now[place[0]][place[1]])
            for t, place in zip(self._saved, self._places, strict=True)
        )

    def _settle(self, inputs: tuple[Any, ...], outputs: list[Any]) -> None:
        """Keep places instead of inputs and outputs: the gate holds those, and must not hold itself."""
        for saved in self._saved:
            place = None
            for kind, tensors in (("outputs", outputs), ("inputs", inputs)):
                for i, t in enumerate(tensors):
                    if t is saved and saved is not None:
                        place = (kind, i)
            self._places.append(place)
        self._saved = tuple(t if place is None else None for t, place in zip(self._saved, self._places, strict=True))
        self._born = tick()

    def _unchanged(self, saved: Tensor | None) -> Tensor | None:
        if saved is not None and max(saved.born, saved._memory.stamp if saved._memory else 0) > self._born:
            raise ChangedAfterUseError(
                "a Tensor kept by save_for_backward was written after the forward.",
                got=f"shape {saved.shape}",
                mend="save a .clone() of it, or call backward() before the write",
            )
        return saved


class Function:
    """A gate of your own: write `forward(ctx, …)` and `backward(ctx, …)`, call `apply`.

    `backward` gets one upstream Tensor per output, and returns one gradient per input of `forward`
    (None where there is none). It runs recorded under `create_graph=True`, so what it computes from
    `ctx.saved_tensors` can be differentiated again. `kind` and `local` may be set on the class for
    the pictures.

    Raises:
        GradientShapeError: if a gradient has not the shape of its input.

    >>> import tinygrad_edu as tg
    >>> class Cube(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x ** 3
    ...     @staticmethod
    ...     def backward(ctx, upstream):
    ...         (x,) = ctx.saved_tensors
    ...         return upstream * 3 * x ** 2
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward(); x.grad
    tensor(12.)
    """

    kind = "custom"
    local: tuple[str, ...] = ()

    @staticmethod
    def forward(*args: Any, **keywords: Any) -> Any:
        """From the inputs to a Tensor or a tuple of Tensors; runs without recording."""
        raise NotImplementedError("a Function needs a static method forward(ctx, *inputs)")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """From the upstream of each output to the gradient of each input."""
        raise NotImplementedError("a Function needs a static method backward(ctx, *grad_outputs)")

    setup_context: Any = None  # PyTorch's other form: forward(*inputs), setup_context(ctx, inputs, output)

    @classmethod
    def apply(cls, *inputs: Any, **keywords: Any) -> Any:
        """Run the forward and record it as one gate."""
        ctx = Context(tuple(isinstance(x, Tensor) and x.requires_grad for x in inputs))
        result = cls._run(ctx, inputs, keywords)
        if not any(ctx.needs_input_grad) or not is_grad_enabled():
            return result
        outputs = result if isinstance(result, tuple) else (result,)
        flowing = [i for i, z in enumerate(outputs) if _flows(z, ctx._flat)]
        if not flowing:
            return result
        ctx._settle(inputs, [outputs[i] for i in flowing])
        made = Gate(
            cls.__name__, _Forward(cls, inputs, keywords, flowing), (), cls.kind,
            jointly=_Backward(cls, ctx, outputs, flowing), local=cls.local, outputs=len(flowing),
            view=True, blind=False,
        )  # fmt: skip
        data = tuple(outputs[i]._data for i in flowing)
        made_of = recorded(made, inputs, {}, data if len(data) > 1 else data[0], on())
        final = list(outputs)
        for i, z in zip(flowing, made_of if isinstance(made_of, tuple) else (made_of,), strict=True):
            final[i] = z
        return tuple(final) if isinstance(result, tuple) else final[0]

    @classmethod
    def _run(cls, ctx: Context, inputs: Sequence[Any], keywords: dict[str, Any]) -> Any:
        with no_grad():
            if cls.setup_context is None:
                return cls.forward(ctx, *inputs, **keywords)
            result = cls.forward(*inputs, **keywords)
            cls.setup_context(ctx, inputs, result)
            return result


class _Forward:
    """A Function's forward as its gate's, from arrays to arrays: what computes it again from other values."""

    def __init__(self, function: Any, inputs: tuple[Any, ...], keywords: dict[str, Any], flowing: list[int]) -> None:
        self.function, self.keywords, self.flowing = function, keywords, flowing
        self.tensors = [isinstance(x, Tensor) for x in inputs]

    def __call__(self, *arrays: Any) -> Any:
        inputs = [Tensor(a) if tensor else a for a, tensor in zip(arrays, self.tensors, strict=True)]
        result = self.function._run(Context((False,) * len(inputs)), inputs, self.keywords)
        outputs = result if isinstance(result, tuple) else (result,)
        data = tuple(outputs[i]._data for i in self.flowing)
        return data if len(data) > 1 else data[0]


def _flows(z: Any, flat: set[int]) -> bool:
    """Whether a gradient can come back to an output: a float Tensor that was not marked."""
    return isinstance(z, Tensor) and z.dtype.kind == "f" and id(z) not in flat


class _Backward:
    """A Function's backward as the joint rule of its gate."""

    def __init__(self, function: Any, ctx: Context, outputs: tuple[Any, ...], flowing: list[int]) -> None:
        self.function, self.ctx, self.flowing = function, ctx, flowing
        self.forms = [(z.shape, z.dtype) if isinstance(z, Tensor) else None for z in outputs]

    def __call__(self, g: Any, z: Any, *inputs: Any, needs: tuple[bool, ...]) -> tuple[Any, ...]:
        several = isinstance(g, Parts)
        came = dict(zip(self.flowing, [g[i] for i in range(len(self.flowing))] if several else [g], strict=True))
        create_graph = any(isinstance(u, Tensor) for u in came.values())
        self.ctx._now = {"inputs": inputs, "outputs": z if several else (z,)}
        try:
            found = self.function.backward(self.ctx, *(self._upstream(i, came.get(i)) for i in range(len(self.forms))))
        finally:
            self.ctx._now = {}
        found = found if isinstance(found, tuple) else (found,)
        name = self.function.__name__
        if len(found) < len(inputs) or any(c is not None for c in found[len(inputs) :]):
            raise GradientShapeError(
                f"{name}.backward must return one gradient for each input of forward.",
                expected=f"{len(inputs)} (None where there is none)",
                got=str(len(found)),
            )
        return tuple(
            _checked(name, i, x, c, create_graph) if need else None
            for i, (x, c, need) in enumerate(zip(inputs, found, needs, strict=False))
        )

    def _upstream(self, i: int, g: Any) -> Tensor | None:
        """What came back to output `i` as a Tensor; zeros or None where nothing did."""
        if g is not None:
            return g if isinstance(g, Tensor) else Tensor(np.asarray(g))
        form = self.forms[i]
        return Tensor(np.zeros(*form)) if form is not None and self.ctx._materialize else None


def _checked(name: str, i: int, x: Any, c: Any, create_graph: bool) -> Any:
    """A returned gradient in memory of its own; the edge sums what is of a stretched shape."""
    if c is None:
        return None
    c = as_tensor(c)
    if not broadcasts_to(x.shape, c.shape):
        raise GradientShapeError(
            f"{name}.backward returned a gradient of the wrong shape for input {i}.",
            expected=str(x.shape),
            got=str(c.shape),
            mend="a gradient has the shape of its input",
        )
    return run(clone, c) if create_graph else np.array(c._data)


def once_differentiable(function: Callable[..., Any]) -> Callable[..., Any]:
    """For a Function's `backward` that must not be differentiated again; trying to raises.

    >>> from tinygrad_edu.autograd import once_differentiable
    >>> once_differentiable(lambda ctx, upstream: upstream)(None, as_tensor(1.0))
    tensor(1.)
    """

    @wraps(function)
    def called(ctx: Any, *upstreams: Any) -> Any:
        if is_grad_enabled() and any(isinstance(u, Tensor) and u.requires_grad for u in upstreams):
            raise TinygradError("this backward is once differentiable.", mend="do not pass create_graph=True")
        with no_grad():
            return function(ctx, *upstreams)

    return called
