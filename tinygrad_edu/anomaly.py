"""anomaly: find where the first inf or nan was born, and keep arrays from being written behind the graph's back."""

from __future__ import annotations

from typing import Any

import numpy as np

from .engine import Freed
from .errors import AnomalyError, ChangedAfterUseError
from .inplace import settled
from .inspecting import inspect
from .locking import Locks
from .messages import told
from .tensor import Tensor

__all__ = ["detect_anomaly"]

_MEND = {
    "log": "keep its input above 0: add a small eps, or use log_softmax, log1p, logsumexp",
    "log2": "keep its input above 0: add a small eps",
    "log10": "keep its input above 0: add a small eps",
    "sqrt": "keep its input above 0: sqrt(x + eps); its slope at 0 is infinite",
    "rsqrt": "keep its input above 0: rsqrt(x + eps)",
    "div": "keep the denominator away from 0: add a small eps",
    "reciprocal": "keep its input away from 0: add a small eps",
    "exp": "keep its input small: subtract the maximum, or use softmax, logsumexp, expm1",
    "pow": "keep the base above 0, or the exponent a whole number of at least 1",
}


class detect_anomaly(inspect):
    """Within this block the first inf or nan raises where it is born, forward or backward.

    Every recorded gate's output is looked at, every gradient that a gate sends back, and every
    parameter that is written. An inf without an inf or nan among the gate's inputs is born there,
    and so is a nan without a nan. An inf in a constant, or in a Tensor that requires no gradient,
    is taken as meant (`masked_fill(mask, -inf)`), and what it makes infinite, too; the nan that it
    may become is not. Gates under `no_grad`, and those behind which nothing requires a gradient,
    are not recorded, and not looked at.

    It is `tg.inspect()`, too: errors name lines. Arrays that gates used or made are read-only until
    the end of the outermost block: NumPy raises `ValueError` at the line that would write one. The
    engine's own writes (`no_grad` updates, optimizers, running averages) go on.

    Args:
        check_nan: look for inf and nan; else only note lines and lock arrays.

    Raises:
        AnomalyError: it names the gate, its inputs' ranges, the line and the layer, and its `record`
            is the graph with the place marked.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([0.0, 1.0], requires_grad=True)
    >>> try:
    ...     with detect_anomaly():
    ...         y = tg.log(x).sum()
    ... except tg.errors.AnomalyError as error:
    ...     print(str(error).splitlines()[0], "Marked:", [n.gate for n in error.record.nodes if n.mark])
    log made the first -inf of the forward pass: 1 of 2 elements. Marked: ['log']
    """

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__()
        self._check = check_nan
        self._locks = Locks()
        self._meant: set[int] = set()  # births of what holds an inf that is taken as meant
        self._walked: list[tuple[Tensor, Any]] = []  # of the present walk, to give back what it frees

    def __enter__(self) -> Any:
        self._quiet = np.errstate(all="ignore" if self._check else None)  # an error says more than NumPy's warning
        self._quiet.__enter__()
        return super().__enter__()

    def __exit__(self, *exc: Any) -> None:
        super().__exit__(*exc)
        self._quiet.__exit__(*exc)
        self._locks.release()
        self._walked = []

    def made(self, z: Tensor) -> None:
        """Lock what a gate used and made, and look at what it made."""
        super().made(z)
        self._walked = []
        for x in z.inputs:
            if isinstance(x, np.ndarray) or (isinstance(x, Tensor) and x.gate is None):
                self._locks.lock(x)
        if not isinstance(z._data, tuple):
            self._locks.lock_made(z)
        if self._check and not _finite(z):
            self._judge(z)

    def wrote(self, t: Tensor) -> None:
        """Look at a parameter that was updated."""
        super().wrote(t)
        if self._check and t._needs and not _finite(t):
            gradient = [f"its .grad: {_span(t._grad)}"] if t._grad is not None else []
            raise AnomalyError(
                f"a write made {t.name or 'a parameter'} not finite.",
                got="\n".join([_told(t), *gradient]),
                mend="a smaller lr=, or nn.utils.clip_grad_norm_ before the step",
                born=t,
            )

    def sent(self, z: Tensor, g: Any, back: Any, start: Any) -> Any:
        """Look at what a gate sends back; a walk that fails gives back the graph that it freed."""
        back = super().sent(z, g, back, start)
        if not self._check:
            return back
        try:
            if not _finite(z) and z.born not in self._meant:
                self._judge(z)
            self._meant.discard(z.born)
            _judge_gradients(z, g, back, start)
        except AnomalyError:
            for w, inputs in self._walked:
                w.inputs = inputs
            raise
        self._walked.append((z, z.inputs))
        return back

    def _judge(self, z: Tensor) -> None:
        """Raise for what is not finite in `z`, unless it is an inf that is meant."""
        found = self._birth(z)
        if found is None:
            self._meant.add(z.born)
            return
        w, culprit = found
        if culprit is not None:
            whose = f"{getattr(culprit, 'name', None) or 'an input'} of {w.gate.name}"
            raise AnomalyError(
                f"{whose} holds {_kind(culprit)} already: no recorded gate made it.",
                got=_inputs_told(w),
                mend="look at where it comes from: data (np.isfinite), an update (a smaller lr=), a load, no_grad()",
                born=w if not isinstance(culprit, Tensor) else culprit,
                output=z,
            )
        raise _placed(
            AnomalyError(
                f"{w.gate.name} made the first {_kind(w)} of the forward pass: {_count(w)}.",
                got=f"{_told(w)}\nfrom {_inputs_told(w)}",
                mend=_MEND.get(w.gate.name, ""),
                born=w,
                output=z,
            )
        )

    def _birth(self, z: Tensor) -> tuple[Tensor, Any] | None:
        """The oldest gate's output behind `z` that is not finite without reason, and the input to blame, if one is.

        None if there is none: every inf comes from one that is meant.
        """
        found: list[tuple[Tensor, Any]] = []
        stack, seen = [z], {id(z)}
        while stack:
            w = stack.pop()
            bad = [x for x in (*_inputs(w), *w.keywords.values()) if not _finite(x)]
            for x in bad:
                if isinstance(x, Tensor) and x.gate is not None:
                    if id(x) not in seen and x.born not in self._meant:
                        seen.add(id(x))
                        stack.append(x)
                elif _nan(x) or (isinstance(x, Tensor) and x._needs):
                    found.append((w, x))
            if not bad or (_nan(w) and not any(map(_nan, bad))):
                found.append((w, None))
        return min(found, key=lambda pair: pair[0].born, default=None)


def _judge_gradients(z: Tensor, g: Any, back: Any, start: Any) -> None:
    """Raise for what is not finite in what arrived at a gate, or in what it sends back."""
    name = z.gate.name
    if not _finite(g):
        raise _in_walk(
            f"the gradient that arrived at {name} holds {_kind(g)}, though no gate sent any: it was given to "
            "backward(), made by a hook, or overflowed as the terms of several uses were added.",
            f"upstream: {_span(g)}",
            z,
            g,
            start,
        )
    for x, c in back:
        if not _finite(c):
            i = next((i for i, y in enumerate(_inputs(z)) if y is x), 0)
            local = f", upstream times {z.gate.local[min(i, len(z.gate.local) - 1)]}" if z.gate.local else ""
            raise _in_walk(
                f"{name} made the first {_kind(c)} of the backward pass: {_count(c)} of what it sends to "
                f"{x.name or ('input ' + str(i))}.",
                f"sent: {_span(c)}{local}\nupstream: {_span(g)}",
                z,
                g,
                start,
            )


def _in_walk(what: str, got: str, z: Tensor, g: Any, start: Any) -> AnomalyError:
    """The error of a walk, which ends its graph where the walk began."""
    roots, upstreams = start
    whole = len(roots) == 1
    return _placed(
        AnomalyError(
            what,
            got=f"{got}\n{_told(z)}\nfrom {_inputs_told(z)}",
            mend=_MEND.get(z.gate.name, ""),
            born=z,
            output=roots[0] if whole else z,
            gradient=_array(upstreams[0] if whole else g),
        )
    )


def _placed(error: AnomalyError) -> AnomalyError:
    """With the layer that made what it is about, if one did and its call has ended."""
    from .nn.calls import Calls

    z = error.born
    path = Calls([z.born]).path_at(z.born) if z.gate is not None else ""
    if path:
        error.placed(path)
    return error


def _inputs(z: Tensor) -> tuple[Any, ...]:
    """What the gate of `z` saw, as far as the graph still has it."""
    if z.gate is None or isinstance(z.inputs, Freed):
        return ()
    try:
        return settled(z)
    except ChangedAfterUseError:
        return z.inputs  # type: ignore[no-any-return]


# Arrays, in whatever they come: Tensors, numbers, the several outputs of one gate.


def _array(x: Any) -> Any:
    return x._data if isinstance(x, Tensor) else x


def _parts(x: Any) -> list[np.ndarray]:
    """The float arrays in `x`."""
    x = _array(x)
    held = x.values() if isinstance(x, dict) else x if isinstance(x, tuple) else (x,)
    arrays = [np.asarray(_array(a)) for a in held if isinstance(a, (Tensor, np.ndarray, np.generic, float))]
    return [a for a in arrays if a.dtype.kind == "f"]


def _finite(x: Any) -> bool:
    a = _array(x)
    if a.__class__ is np.ndarray:  # nearly always
        return bool(a.dtype.kind != "f" or np.isfinite(a).all())
    return all(np.isfinite(a).all() for a in _parts(x))


def _nan(x: Any) -> bool:
    return any(np.isnan(a).any() for a in _parts(x))


def _kind(x: Any) -> str:
    if _nan(x):
        return "nan"
    return "inf" if any((a == np.inf).any() for a in _parts(x)) else "-inf"


def _count(x: Any) -> str:
    bad = sum(int(np.count_nonzero(~np.isfinite(a))) for a in _parts(x))
    return f"{bad} of {sum(a.size for a in _parts(x))} elements"


def _span(x: Any) -> str:
    """How many elements are not finite, and the range of those that are."""
    finite = np.concatenate([a[np.isfinite(a)].ravel() for a in _parts(x)] or [np.empty(0)])
    ends = list(dict.fromkeys((f"{finite.min():.4g}", f"{finite.max():.4g}"))) if finite.size else []
    if _finite(x):
        return " to ".join(ends) if len(ends) == 2 or finite.size < 2 else f"all {ends[0]}"
    if not finite.size:
        return f"no element finite, {_kind(x)} among them"
    return f"{_count(x)} not finite, {_kind(x)} among them, the others {' to '.join(ends)}"


def _told(t: Tensor) -> str:
    return f"{_span(t)}: {told(t)}"


def _inputs_told(z: Tensor) -> str:
    """A line for each input that holds floats."""
    return "\nand ".join(
        _told(x) if isinstance(x, Tensor) else f"{_span(x)}: a constant of shape {np.shape(x)}"
        for x in _inputs(z)
        if _parts(x)
    )
