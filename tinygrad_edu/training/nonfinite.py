"""nonfinite: where an inf or a nan was born, when a loss turns out to be one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

import tinygrad_edu as tg

from ..errors import NonFiniteError, TinygradError

if TYPE_CHECKING:
    from .run import Run

__all__ = ["explain"]


def explain(run: Run, inputs: list[Any], targets: Any, value: float, random: dict[str, Any]) -> NoReturn:
    """Raise the report on a loss that is not finite.

    The data is looked at first, then the parameters; if both are finite, the batch is run again,
    with the same random draws, under `detect_anomaly`, which names the gate.

    Args:
        random: the Generator's state before the forward.

    Raises:
        NonFiniteError: always.
    """
    names = ["the inputs" if len(inputs) == 1 else f"input {i}" for i in range(len(inputs))]
    batch = dict(zip([*names, "the targets"], [*inputs, targets], strict=True))
    parameters = dict(run.model.named_parameters())
    place = f"step {run.step + 1} (epoch {run.epoch + 1}, batch {run.batch})"
    bad = _first_bad(batch)
    if bad:
        born, mend = f"in {bad}, before any gate", "look at the data: np.isfinite(…), and what divides or takes logs"
    elif bad := _first_bad(parameters):
        born = f"in {bad}, before this step: the gradient of step {run.step} was not finite, or its update overflowed"
        mend = "a smaller lr=, or nn.utils.clip_grad_norm_ in a callback's on_before_optimizer_step"
    else:
        born, mend = _gate(run, inputs, targets, random), "a smaller lr=, or a form of this gate that cannot overflow"
    table = [_range(name, t) for name, t in batch.items()]
    table += [_range(name, p, p.grad) for name, p in parameters.items()]
    raise NonFiniteError(
        f"the loss is {value} in {place}; the parameters are those before this step.",
        expected="a finite number",
        got="\n".join([f"born {born}", *table]),
        mend=mend,
    )


def _first_bad(tensors: dict[str, Any]) -> str:
    """The first that holds inf or nan, and where; "" if none does."""
    for name, t in tensors.items():
        array = np.asarray(t)
        if array.dtype.kind == "f" and not (finite := np.isfinite(array)).all():
            at = tuple(int(i) for i in np.argwhere(~finite)[0])
            n = int(finite.size - finite.sum())
            return f"{name}: {n} of {finite.size} values, the first {array[at]} at {at}"
    return ""


def _gate(run: Run, inputs: list[Any], targets: Any, random: dict[str, Any]) -> str:
    """What the detective says of the batch, run again."""
    tg.set_rng_state(random)
    try:
        with tg.detect_anomaly():
            run.loss(run.model(*inputs), targets)
    except TinygradError as error:
        return "in a gate:\n" + str(error)
    return "in the loss: the detective saw every gate's output finite"


def _range(name: str, t: Any, grad: Any = None) -> str:
    """From the least to the greatest value, of a Tensor and of the gradient that the step before left."""
    said = f"{name}: {_span(t)}"
    return said if grad is None else f"{said}, gradient of the last step {_span(grad)}"


def _span(t: Any) -> str:
    array = np.asarray(t)
    if not array.size or array.dtype.kind not in "fiu":
        return f"shape {array.shape} of {array.dtype}"
    return f"{array.min():.3g} to {array.max():.3g}"
