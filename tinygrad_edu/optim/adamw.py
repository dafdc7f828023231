"""adamw: Adam, with the weights' decay apart from the gradient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

from .adam import Adam
from .optimizer import Hints

__all__ = ["AdamW"]


class AdamW(Adam):
    """Adam after p <- p - lr weight_decay p, so that the decay is not divided by sqrt(v).

    Loshchilov and Hutter, "Decoupled weight decay regularization" (2019). Arguments, attributes and
    errors are those of Adam.

    >>> import tinygrad_edu as tg
    >>> w = tg.tensor([10.0], requires_grad=True); w.grad = tg.tensor([0.0])
    >>> AdamW([w], lr=0.5, weight_decay=0.2).step(); w
    tensor([9.], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        **hints: Unpack[Hints],
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True, **hints
        )

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """As every optimizer's; the decay stays apart even if the state is Adam's, as in PyTorch."""
        super().load_state_dict(state_dict)
        for group in self.param_groups:
            group["decoupled_weight_decay"] = True
