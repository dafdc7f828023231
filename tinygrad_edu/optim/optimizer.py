"""optimizer: what every optimizer has: groups of parameters, their options, and a state of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import GradientShapeError, StateDictError, TinygradError
from ..modes import enable_grad
from ..nn.module import zero_grad
from ..tensor import Tensor

__all__ = ["Optimizer"]


class Optimizer:
    """The base of every optimizer: define `_update(p, g, group)`, which writes one parameter.

    Args:
        params: Tensors, or dicts with `params` and options of their own (parameter groups).
        defaults: the options of groups that do not set them.

    Attributes:
        param_groups: a list of dicts: `params`, and the options, which may be changed at any time.
        state: for each parameter, a dict of what the optimizer remembers of it.

    Raises:
        TinygradError: for no parameters, a Tensor that is not a leaf, or one given twice.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, (Tensor, str)):
            raise TinygradError(
                "an optimizer takes an iterable of Tensors, or of parameter groups.",
                got=type(params).__name__,
                mend="put the Tensor in a list: [p]",
            )
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self._room: dict[np.dtype, np.ndarray] = {}  # work space: one array for each dtype,
        self._work: dict[Any, np.ndarray] = {}  # and its views, by dtype and shape
        groups = list(params)
        if not groups:
            raise TinygradError(
                "an optimizer without parameters.", mend="an iterator such as model.parameters() can be used only once"
            )
        for group in groups if isinstance(groups[0], Mapping) else [{"params": groups}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Add parameters with options of their own; the options that are missing are the defaults.

        Args:
            param_group: a dict with `params`, a Tensor or an iterable of them, and options.
        """
        params = param_group["params"]
        params = [params] if isinstance(params, Tensor) else list(params)
        known = {id(p) for group in self.param_groups for p in group["params"]}
        for p in params:
            if not isinstance(p, Tensor):
                raise TinygradError(
                    "an optimizer takes Tensors.", got=type(p).__name__, mend="pass model.parameters(), without names"
                )
            if not p.is_leaf:
                raise TinygradError(
                    "an optimizer can only update leaves; this Tensor is computed from others.",
                    got=f"made by {p.gate.name}",
                    mend="pass the Tensors it is computed from, or its .detach().requires_grad_()",
                )
            if id(p) in known:
                raise TinygradError("a parameter was given twice.", got=f"{p.name or 'a Tensor'} of shape {p.shape}")
            known.add(id(p))
        self.param_groups.append({**self.defaults, **param_group, "params": params})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradient of every parameter, or set it to zeros."""
        for group in self.param_groups:
            for p in group["params"]:
                zero_grad(p, set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient, in place.

        Args:
            closure: computes the loss anew (zero_grad, forward, backward) and returns it.

        Returns:
            What the closure returned, or None.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    g = p.grad._data
                    if g.shape != p._data.shape:
                        raise GradientShapeError(
                            f"the .grad of {p.name or 'a parameter'} has another shape than its values.",
                            expected=str(p.shape),
                            got=str(g.shape),
                        )
                    self._update(p, g, group)
        return loss

    def _update(self, p: Tensor, g: np.ndarray, group: dict[str, Any]) -> None:
        """Write the parameter `p` from its gradient `g`, and note it with `written(p)`."""
        raise NotImplementedError

    def _scratch(self, p: Tensor) -> np.ndarray:
        """Work space like `p`: one piece of memory for each dtype, shared by all parameters."""
        data = p._data
        key = (data.dtype, data.shape)
        if key not in self._work:
            room = self._room.get(data.dtype)
            if room is None or room.size < data.size:
                room = self._room[data.dtype] = np.empty(data.size, data.dtype)
                self._work = {k: view for k, view in self._work.items() if k[0] != data.dtype}
            self._work[key] = room[: data.size].reshape(data.shape)
        return self._work[key]

    def state_dict(self) -> dict[str, Any]:
        """The state and the options, with parameters as numbers: 0, 1, … in the order of the groups.

        Returns:
            `{"state": {number: {name: value}}, "param_groups": [{options, "params": [numbers]}]}`;
            Tensors in it are the optimizer's own, as in PyTorch.
        """
        number = {p: i for i, p in enumerate(self._parameters())}
        groups = [{**group, "params": [number[p] for p in group["params"]]} for group in self.param_groups]
        return {"state": {number[p]: dict(state) for p, state in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over the state and the options of a `state_dict()`; Tensors are copied.

        Raises:
            StateDictError: if its groups have other numbers of parameters, or a Tensor another
                shape. The optimizer is as it was.
        """
        theirs, ours = state_dict["param_groups"], self.param_groups
        sizes = [[len(group["params"]) for group in groups] for groups in (theirs, ours)]
        if sizes[0] != sizes[1]:
            raise StateDictError(
                f"this state_dict does not fit {type(self).__name__}: its groups have other sizes.",
                expected=f"groups of {sizes[1]} parameters",
                got=f"groups of {sizes[0]}",
            )
        numbers = [number for group in theirs for number in group["params"]]
        parameter = dict(zip(numbers, self._parameters(), strict=True))
        state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        for number, entries in state_dict["state"].items():
            p = parameter[number]
            state[p] = {name: _taken_over(p, name, value) for name, value in entries.items()}
        self.state = state
        self.param_groups = [
            {**mine, **group, "params": mine["params"]} for group, mine in zip(theirs, ours, strict=True)
        ]

    def _parameters(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    def __repr__(self) -> str:
        lines = []
        for i, group in enumerate(self.param_groups):
            lines += [f"Parameter Group {i}", *(f"    {k}: {v}" for k, v in sorted(group.items()) if k != "params")]
        return f"{type(self).__name__} (\n" + "\n".join(lines) + "\n)"


def _taken_over(p: Tensor, name: str, value: Any) -> Any:
    """A copy of one entry of a state; what has the shape of `p` gets its dtype."""
    if not hasattr(value, "__array__"):
        return value
    array = np.asarray(value).copy()
    if array.ndim and array.shape != p.shape:
        raise StateDictError(
            f"the {name} of {p.name or 'a parameter'} has another shape.", expected=str(p.shape), got=str(array.shape)
        )
    return Tensor(array.astype(p.dtype) if array.dtype.kind == "f" and array.ndim == p.ndim else array)
