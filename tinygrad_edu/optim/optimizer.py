"""optimizer: what every optimizer has: groups of parameters, their options, and a state of each."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict

import numpy as np

from ..dtypes import float64, get_default_dtype
from ..errors import GradientShapeError, OptionError, StateDictError, TinygradError
from ..hooks import Handle
from ..modes import enable_grad
from ..nn.module import zero_grad
from ..tensor import Tensor, written

__all__ = ["Optimizer"]

Triple = tuple[np.ndarray, np.ndarray, np.ndarray]

_SCALARS = ("step", "mu_product", "eta", "mu")  # of a state: numbers, and not values of the parameter's dtype

Range = tuple[str, Callable[[Any], bool]]  # what an option must be, in words and as a test

NOT_NEGATIVE: Range = (
    "a number that is not negative",
    lambda value: isinstance(value, (int, float, np.number)) and bool(0 <= value < math.inf),
)
FRACTION: Range = ("from 0 to 1", lambda value: 0 <= value <= 1)
COUNT: Range = ("at least 1", lambda value: value >= 1)
BETAS: Range = (
    "two numbers from 0 to below 1",
    lambda value: np.shape(value) == (2,) and all(0 <= beta < 1 for beta in value),
)


class Hints(TypedDict, total=False):
    """Keywords that say how PyTorch is to compute a step, and change nothing of it."""

    foreach: bool | None
    fused: bool | None
    capturable: bool


class Optimizer:
    """The base of every optimizer: define `_update(p, g, group)`, which writes one parameter.

    A class names in `_ranges` what its options must be, beside those of every optimizer.

    Args:
        params: Tensors, or dicts with `params` and options of their own (parameter groups).
        defaults: the options of groups that do not set them.
        foreach, fused, capturable: how PyTorch is to compute a step; ignored.

    Attributes:
        param_groups: a list of dicts: `params`, and the options, which may be changed at any time.
        state: for each parameter, a dict of what the optimizer remembers of it.

    Raises:
        TinygradError: for no parameters, a Tensor that is not a leaf, or one given twice.
        OptionError: for an option outside its range, such as a negative learning rate.

    >>> import tinygrad_edu as tg
    >>> class SignDescent(Optimizer):
    ...     def _update(self, p, g, group):
    ...         p._data -= group["lr"] * np.sign(g)
    >>> w = tg.tensor([1.0, -2.0], requires_grad=True)
    >>> (w * w).sum().backward(); SignDescent([w], {"lr": 0.5}).step(); w
    tensor([ 0.5000, -1.5000], requires_grad=True)
    """

    _ranges: Mapping[str, Range] = {"lr": NOT_NEGATIVE, "weight_decay": NOT_NEGATIVE}

    def __init__(
        self,
        params: Iterable[Any],
        defaults: dict[str, Any],
        *,
        foreach: bool | None = None,
        fused: bool | None = None,
        capturable: bool = False,
    ) -> None:
        module = hasattr(params, "parameters")
        if isinstance(params, (Tensor, str)) or module:
            raise TinygradError(
                "an optimizer takes an iterable of Tensors, or of parameter groups.",
                got=type(params).__name__,
                mend="model.parameters()" if module else "put the Tensor in a list: [p]",
            )
        self.defaults = defaults
        self.param_groups: list[dict[str, Any]] = []
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self._before: dict[int, Callable[..., Any]] = {}  # hooks of a step
        self._after: dict[int, Callable[..., Any]] = {}
        self._room: dict[np.dtype, np.ndarray] = {}  # work space: one array for each dtype,
        self._work: dict[Tensor, tuple[np.ndarray, Triple]] = {}  # and its views, for each parameter's array
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

        Raises:
            TinygradError, OptionError: as the optimizer itself; nothing is added then.

        >>> import tinygrad_edu as tg
        >>> model = tg.nn.Sequential(tg.nn.Linear(4, 3), tg.nn.Linear(3, 2))
        >>> optimizer = tg.optim.SGD(model[0].parameters(), lr=0.01)
        >>> optimizer.add_param_group({"params": model[1].parameters(), "lr": 0.1})
        >>> [group["lr"] for group in optimizer.param_groups]
        [0.01, 0.1]
        """
        params = param_group.get("params") if isinstance(param_group, Mapping) else None
        if params is None or isinstance(params, (set, frozenset)):
            raise TinygradError(
                "a parameter group is a dict with its Tensors, in an order, at 'params'.",
                got=type(param_group if params is None else params).__name__,
                mend='{"params": [w, b], "lr": 0.1}',
            )
        params = [params] if isinstance(params, Tensor) else list(params)
        known = {id(p) for p in self._parameters()}
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
        group = {**self.defaults, **param_group, "params": params}
        self._check(group)
        self.param_groups.append(group)

    def _check(self, group: Mapping[str, Any]) -> None:
        """Raise OptionError for an option of `group` that is outside its range."""
        for option, (says, fits) in {**Optimizer._ranges, **self._ranges}.items():
            if option in group and not _fits(fits, value := group[option]):
                mend = "`maximize=True` walks uphill" if option == "lr" else ""
                mend = ".item() makes a Tensor a number" if isinstance(value, Tensor) else mend
                raise OptionError(f"{type(self).__name__}: {option} must be {says}.", got=str(value), mend=mend)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradient of every parameter, or set it to zeros."""
        for p in self._parameters():
            zero_grad(p, set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient, in place.

        Args:
            closure: computes the loss anew (zero_grad, forward, backward) and returns it.

        Returns:
            What the closure returned, or None.

        Raises:
            GradientShapeError: for a gradient of another shape than its parameter, which lost its
                own since; nothing is changed.
        """
        self._call(self._before, closure)
        loss = self._step(closure)
        self._call(self._after, closure)
        return loss

    def _call(self, hooks: dict[int, Callable[..., Any]], closure: Any) -> None:
        if hooks:
            for hook in tuple(hooks.values()):
                hook(self, (closure,), {})

    def _step(self, closure: Callable[[], Any] | None) -> Any:
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        ready = []  # all gradients are looked at before anything is written
        for group in self.param_groups:
            for p in group["params"]:
                if p._grad is not None:
                    g = p._grad._data
                    if g.shape != p._data.shape:
                        raise GradientShapeError(
                            f"the .grad of {p.name or 'a parameter'} has another shape than its values.",
                            expected=str(p.shape),
                            got=str(g.shape),
                        )
                    ready.append((p, g, group))
        for p, g, group in ready:
            self._update(p, g, group)
            written(p)
        return loss

    def _update(self, p: Tensor, g: np.ndarray, group: dict[str, Any]) -> None:
        """Write the memory of the parameter `p`, from its gradient `g`, which stays as it is."""
        raise NotImplementedError

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call `hook(optimizer, args, kwargs)` before every step; `args` holds the closure, or None.

        Returns:
            A handle whose `remove()` takes the hook away. What the hook returns is ignored.
        """
        return Handle(self._before, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call `hook(optimizer, args, kwargs)` after every step: to bound the weights, to count.

        >>> import tinygrad_edu as tg
        >>> w = tg.tensor([[3.0, 4.0]], requires_grad=True)
        >>> optimizer = tg.optim.SGD([w], lr=0.1)
        >>> handle = optimizer.register_step_post_hook(lambda *_: tg.nn.utils.max_norm_(w, 1.0))
        >>> w.sum().backward(); optimizer.step(); round(w.norm().item(), 3)
        1.0
        """
        return Handle(self._after, hook)

    # What the updates are made of.

    def _gradient(self, data: np.ndarray, g: np.ndarray, group: dict[str, Any], work: np.ndarray) -> np.ndarray:
        """The gradient that an update is to use: negated to maximize, the decay of the weights added."""
        decay = group["weight_decay"]
        if decay and group.get("decoupled_weight_decay"):
            np.multiply(data, 1 - group["lr"] * decay, out=data)
        elif decay:
            np.multiply(data, decay, out=work)
            return (np.subtract if group["maximize"] else np.add)(work, g, out=work)  # type: ignore[no-any-return]
        return np.negative(g, out=work) if group["maximize"] else g

    def _remembered(self, p: Tensor, *names: str) -> list[Any]:
        """The number of this step, counted on, and the arrays of those names; zeros at first."""
        state = self.state[p]
        count = state.get("step")
        if not isinstance(count, Tensor):  # new, or a plain number as PyTorch once kept it
            count = state["step"] = scalar(count or 0)
        count._data += 1
        return [float(count._data), *(self._kept(p, name) for name in names)]

    def _kept(self, p: Tensor, name: str) -> np.ndarray:
        """The array of that name in the state of `p`; zeros at first."""
        state = self.state[p]
        if name not in state:
            state[name] = Tensor(np.zeros_like(p._data, shape=self._shape_of(p, name)))
        return state[name]._data  # type: ignore[no-any-return]

    def _scratch(self, p: Tensor) -> Triple:
        """Work space, three arrays like `p`: one piece of memory for each dtype, shared by all parameters."""
        data = p._data
        held = self._work.get(p)
        if held is not None and held[0] is data:
            return held[1]
        room = self._room.get(data.dtype)
        if room is None or room.shape[1] < data.size:
            size = max(q._data.size for q in self._parameters() if q._data.dtype == data.dtype)
            room = self._room[data.dtype] = np.empty((3, size), data.dtype)
            self._work = {q: kept for q, kept in self._work.items() if kept[0].dtype != data.dtype}
        one, two, three = (row[: data.size].reshape(data.shape) for row in room)
        self._work[p] = (data, (one, two, three))
        return one, two, three

    # Saving and loading.

    def state_dict(self) -> dict[str, Any]:
        """The state and the options, with parameters as numbers: 0, 1, … in the order of the groups.

        `tg.save` writes it to a file, and `tg.load` reads it.

        Returns:
            `{"state": {number: {name: value}}, "param_groups": [{options, "params": [numbers]}]}`;
            Tensors in it are the optimizer's own, as in PyTorch.
        """
        number = {p: i for i, p in enumerate(self._parameters())}
        groups = [{**group, "params": [number[p] for p in group["params"]]} for group in self.param_groups]
        return {"state": {number[p]: dict(state) for p, state in self.state.items()}, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over the state and the options of a `state_dict()`, PyTorch's too; Tensors are copied.

        Raises:
            StateDictError: if its groups have other numbers of parameters, or a Tensor another
                shape. The optimizer is as it was.
            OptionError: for an option outside its range; the same.
        """
        if not {"state", "param_groups"} <= set(state_dict):
            raise StateDictError(
                "this is no state_dict of an optimizer.",
                expected="a dict with 'state' and 'param_groups'",
                got=", ".join(map(str, state_dict)),
            )
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
        if not parameter.keys() >= state_dict["state"].keys():
            raise StateDictError("this state_dict has states of parameters that are in none of its groups.")
        state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        for number, entries in state_dict["state"].items():
            p = parameter[number]
            state[p] = {name: self._taken_over(p, name, value) for name, value in entries.items()}
        groups = [{**mine, **group, "params": mine["params"]} for group, mine in zip(theirs, ours, strict=True)]
        for group in groups:
            self._check(group)
        self.state, self.param_groups = state, groups

    def _taken_over(self, p: Tensor, name: str, value: Any) -> Any:
        """A copy of one entry of a state, at the dtype of `p`."""
        if isinstance(value, list):
            return [self._taken_over(p, name, item) for item in value]
        if not hasattr(value, "__array__"):
            return value
        array = np.asarray(value).copy()
        if name in _SCALARS:
            return Tensor(array)
        if array.shape != self._shape_of(p, name):
            raise StateDictError(
                f"the {name} of {p.name or 'a parameter'} has another shape.",
                expected=str(self._shape_of(p, name)),
                got=str(array.shape),
            )
        return Tensor(array.astype(p.dtype) if array.dtype.kind == "f" else array)

    def _shape_of(self, p: Tensor, name: str) -> tuple[int, ...]:
        """What shape an array of that name has in the state of `p`."""
        return p.shape

    def _parameters(self) -> list[Tensor]:
        return [p for group in self.param_groups for p in group["params"]]

    def __repr__(self) -> str:
        lines = []
        for i, group in enumerate(self.param_groups):
            lines += [f"Parameter Group {i}", *(f"    {k}: {v}" for k, v in sorted(group.items()) if k != "params")]
        return f"{type(self).__name__} (\n" + "\n".join(lines) + "\n)"


def _fits(test: Callable[[Any], bool], value: Any) -> bool:
    try:
        return test(value)
    except TypeError:  # None, or a word, cannot be compared
        return False


def scalar(value: float) -> Tensor:
    """A number of a state as PyTorch holds it: float32, unless the default dtype is float64."""
    return Tensor(np.array(value, np.float64 if get_default_dtype() == float64 else np.float32))


def average(mean: np.ndarray, new: np.ndarray, weight: float, work: np.ndarray) -> None:
    """An exponential moving average, in place: mean <- mean + weight (new - mean)."""
    np.subtract(new, mean, out=work)
    np.multiply(work, weight, out=work)
    np.add(mean, work, out=mean)


def average_square(mean: np.ndarray, g: np.ndarray, weight: float, work: np.ndarray) -> None:
    """An exponential moving average of g^2, in place: mean <- (1 - weight) mean + weight g^2."""
    np.multiply(mean, 1 - weight, out=mean)
    np.multiply(g, g, out=work)
    np.multiply(work, weight, out=work)
    np.add(mean, work, out=mean)


def length(x: np.ndarray, work: np.ndarray) -> float:
    """The root of the sum of the squares; at float32 for float16, whose range they leave."""
    if x.dtype == np.float16:
        x = work = x.astype(np.float32)
    return math.sqrt(np.multiply(x, x, out=work).sum())


def descend(data: np.ndarray, direction: np.ndarray, rate: float, work: np.ndarray) -> None:
    """data <- data - rate direction, in place."""
    np.multiply(direction, rate, work)
    np.subtract(data, work, data)
