"""transfer: what was learned elsewhere: load a part of it, freeze a part, train the rest at other rates.

Parameters are chosen by patterns of their dotted names, as in a shell: `features.*`, `*.bias`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import numpy as np

from ..errors import TinygradError
from ..nn.module import Module
from ..tensor import Tensor

__all__ = ["Loaded", "freeze", "load_part", "param_groups", "unfreeze"]


@dataclass
class Loaded:
    """What `load_part` did with every name; its text is a table of it.

    >>> print(Loaded(["a"], {"b": "(2,) here, (3,) there"}, ["c"]))
    1 loaded, 1 skipped, 1 left as it was
      loaded   a
      skipped  b: (2,) here, (3,) there
      as it was c
    """

    loaded: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    untouched: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        head = f"{len(self.loaded)} loaded, {len(self.skipped)} skipped, {len(self.untouched)} left as it was"
        lines = [f"  loaded   {name}" for name in self.loaded]
        lines += [f"  skipped  {name}: {why}" for name, why in self.skipped.items()]
        return "\n".join([head, *lines, *(f"  as it was {name}" for name in self.untouched)])


def load_part(
    model: Module, state_dict: Mapping[str, Any], only: str | Iterable[str] = "*", *, prefix: str = ""
) -> Loaded:
    """Load what fits of another network's `state_dict`, and say what did not.

    Args:
        only: patterns of the names, in the model, to load.
        prefix: what the names of the `state_dict` begin with and the model's do not.

    Returns:
        The names that were loaded; those of the `state_dict` that were skipped, and why; those of
        the model that are as they were.

    Raises:
        TinygradError: if nothing fits; the model is as it was.

    >>> import tinygrad_edu as tg
    >>> old, new = (tg.nn.Sequential(tg.nn.Linear(4, 3), tg.nn.Linear(3, n)) for n in (10, 2))
    >>> print(load_part(new, old.state_dict()))
    2 loaded, 2 skipped, 2 left as it was
      loaded   0.weight
      loaded   0.bias
      skipped  1.weight: (2, 3) here, (10, 3) there
      skipped  1.bias: (2,) here, (10,) there
      as it was 1.weight
      as it was 1.bias
    """
    own = model.state_dict()
    patterns = [only] if isinstance(only, str) else list(only)
    fitting, result = {}, Loaded()
    for there, value in state_dict.items():
        name = there.removeprefix(prefix)
        if name not in own or not there.startswith(prefix):
            result.skipped[there] = "no such name here"
        elif not _matches(name, patterns):
            result.skipped[there] = f"not asked for ({', '.join(patterns)})"
        elif np.shape(value) != own[name].shape:
            result.skipped[there] = f"{own[name].shape} here, {np.shape(value)} there"
        else:
            fitting[name] = value
    if not fitting:
        raise TinygradError(
            f"nothing of this state_dict fits {type(model).__name__}.",
            expected=", ".join(own),
            got="\n".join(f"{name}: {why}" for name, why in result.skipped.items()) or "no names at all",
            mend="pass prefix= if its names begin with one",
        )
    model.load_state_dict(fitting, strict=False)
    result.loaded = list(fitting)
    result.untouched = [name for name in own if name not in fitting]
    return result


def freeze(model: Module, *patterns: str) -> list[str]:
    """No gradients for the parameters whose names match; returns the names.

    An optimizer leaves them as they are, momentum and decay included. What a frozen BatchNorm has
    measured still moves in training mode: call its `eval()`, too; `fit` leaves it so.

    Raises:
        TinygradError: for a pattern that matches nothing; nothing is frozen then.

    >>> import tinygrad_edu as tg
    >>> model = tg.nn.Sequential(tg.nn.Linear(4, 3), tg.nn.Linear(3, 2))
    >>> freeze(model, "0.*")
    ['0.weight', '0.bias']
    """
    return _asked(model, patterns, False)


def unfreeze(model: Module, *patterns: str) -> list[str]:
    """Gradients again for the parameters whose names match; raises as `freeze`.

    >>> import tinygrad_edu as tg
    >>> model = tg.nn.Sequential(tg.nn.Linear(4, 3), tg.nn.Linear(3, 2))
    >>> _ = freeze(model, "*"); unfreeze(model, "1.*")
    ['1.weight', '1.bias']
    """
    return _asked(model, patterns, True)


def _asked(model: Module, patterns: Iterable[str], requires_grad: bool) -> list[str]:
    chosen: dict[str, Tensor] = {}
    for pattern in patterns:
        found = {name: p for name, p in model.named_parameters() if fnmatchcase(name, pattern)}
        chosen |= found or _nothing(model, pattern)
    for p in chosen.values():
        p.requires_grad_(requires_grad)
        p.grad = p.grad if requires_grad else None
    return list(chosen)


def param_groups(model: Module, options: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Parameter groups with options of their own: discriminative learning rates (Howard and Ruder, 2018).

    Args:
        options: from patterns to an optimizer's options; the first pattern that matches counts. What
            none matches comes last, with the optimizer's own options. Frozen parameters are left out.

    Raises:
        TinygradError: for a pattern that matches nothing.

    >>> import tinygrad_edu as tg
    >>> model = tg.nn.Sequential(tg.nn.Linear(4, 3), tg.nn.Linear(3, 2))
    >>> groups = param_groups(model, {"0.*": {"lr": 0.001}, "*.bias": {"weight_decay": 0.0}})
    >>> optimizer = tg.optim.SGD(groups, lr=0.1, weight_decay=1e-4)
    >>> [(group["lr"], group["weight_decay"], len(group["params"])) for group in optimizer.param_groups]
    [(0.001, 0.0001, 2), (0.1, 0.0, 1), (0.1, 0.0001, 1)]
    """
    left = dict(model.named_parameters())
    groups: list[dict[str, Any]] = []
    for pattern, chosen in options.items():
        names = [name for name in left if fnmatchcase(name, pattern)] or _nothing(model, pattern)
        groups.append({**chosen, "params": [left.pop(name) for name in names]})
    groups.append({"params": list(left.values())})
    for group in groups:
        group["params"] = [p for p in group["params"] if p.requires_grad]
    return [group for group in groups if group["params"]]


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _nothing(model: Module, pattern: str) -> Any:
    raise TinygradError(
        f"the pattern {pattern!r} matches no parameter (that an earlier pattern has not taken).",
        expected=", ".join(name for name, _ in model.named_parameters()),
    )
