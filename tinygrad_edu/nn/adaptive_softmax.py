"""adaptive_softmax: a softmax over very many classes, of which few are frequent (Grave et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from .. import gates
from ..devices import dtype_on
from ..errors import DtypeError, OptionError, ShapeError, TinygradError
from ..tensor import Tensor, as_tensor
from .container import ModuleList, Sequential
from .linear import Linear
from .module import Module

__all__ = ["AdaptiveLogSoftmaxWithLoss"]


class AdaptiveOutput(NamedTuple):
    """What AdaptiveLogSoftmaxWithLoss returns: each target's log-probability, and the loss, minus their mean."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """The log-probabilities of the targets, in two steps where these are rare (Grave et al. 2017).

    Classes are numbered by how frequent they are, the most frequent 0. The head is a softmax over those below
    the first cutoff and over the clusters of all others; a cluster's own softmax, of features of a lower
    dimension, is computed only for the samples whose target it holds: log p(class) = log p(cluster) + log
    p(class | cluster).

    Args:
        in_features: the size of a sample.
        n_classes: how many classes there are.
        cutoffs: where the clusters begin: increasing, from 1 to n_classes - 1.
        div_value: the i-th cluster has in_features // div_value^i features.
        head_bias: whether the head has a bias.

    Raises:
        OptionError: for other cutoffs, or a div_value that is not positive.

    >>> import tinygrad_edu as tg
    >>> layer = AdaptiveLogSoftmaxWithLoss(8, 100, cutoffs=[10, 40], div_value=2.0)
    >>> output, loss = layer(tg.ones(3, 8), tg.tensor([0, 12, 99]))
    >>> output.shape, loss.shape, layer.log_prob(tg.ones(3, 8)).shape
    ((3,), (), (3, 100))
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        *,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        bounds = [0, *np.ravel(cutoffs).tolist(), n_classes]
        if len(bounds) < 3 or any(int(a) != a or a >= b for a, b in pairwise(bounds)):
            raise OptionError(
                "AdaptiveLogSoftmaxWithLoss: cutoffs say where the clusters of rare classes begin.",
                expected=f"increasing integers from 1 to {n_classes - 1}",
                got=str(bounds[1:-1]),
            )
        if not div_value > 0:
            raise OptionError("AdaptiveLogSoftmaxWithLoss: div_value is a number above 0.", got=str(div_value))
        self.in_features, self.n_classes, self.cutoffs = in_features, n_classes, bounds[1:]
        self.div_value, self.head_bias = div_value, head_bias
        self.shortlist_size, self.n_clusters = bounds[1], len(bounds) - 2
        self.head_size = self.shortlist_size + self.n_clusters
        dtype = dtype_on(device, dtype)
        self.head = Linear(in_features, self.head_size, bias=head_bias, dtype=dtype)
        self.tail = ModuleList()
        for i, (low, high) in enumerate(pairwise(self.cutoffs)):
            features = int(in_features // div_value ** (i + 1))
            down = Linear(in_features, features, bias=False, dtype=dtype)
            self.tail.append(Sequential(down, Linear(features, high - low, bias=False, dtype=dtype)))

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        for layer in self.modules():
            if isinstance(layer, Linear):
                layer.reset_parameters()

    def forward(self, input: Any, target: Any) -> AdaptiveOutput:
        """The log-probability of each target, (N,), and minus their mean.

        Args:
            input: (N, in_features), or one sample: (in_features,).
            target: classes from 0 to n_classes - 1: (N,), or () for one sample.

        Raises:
            ShapeError: if input and target do not fit together.
            DtypeError: if the targets are not integers.
            TinygradError: for a target that is no class.
        """
        x, target = as_tensor(input), as_tensor(target)
        self._check(x, target)
        rows, classes = gates.reshape(x, (-1, self.in_features)), target._data.reshape(-1)
        cluster = np.searchsorted(self.cutoffs, classes, side="right")  # 0: the shortlist
        heads = np.where(cluster == 0, classes, self.shortlist_size + cluster - 1)
        output = self._picked(self.head(rows), heads)
        for i in range(self.n_clusters):
            mine = np.flatnonzero(cluster == i + 1)
            if mine.size:
                inner = self._picked(self.tail[i](rows[mine]), classes[mine] - self.cutoffs[i])
                output = gates.index_add(output, 0, mine, inner)
        return AdaptiveOutput(gates.reshape(output, target.shape), -gates.mean(output))

    @staticmethod
    def _picked(scores: Tensor, classes: np.ndarray) -> Tensor:
        """The log-probability of one class of each row."""
        return gates.log_softmax(scores, 1)[np.arange(len(classes)), classes]  # type: ignore[no-any-return]

    def _check(self, x: Tensor, target: Tensor) -> None:
        if target.ndim > 1 or x.shape != (*target.shape, self.in_features):
            raise ShapeError(
                "AdaptiveLogSoftmaxWithLoss takes one class for each sample.",
                expected=f"input (N, {self.in_features}) and target (N,), or ({self.in_features},) and ()",
                got=f"input {x.shape} and target {target.shape}",
            )
        classes, last = target._data, self.n_classes - 1
        if classes.dtype.kind not in "iu":
            raise DtypeError("Targets are numbers of classes.", got=f"dtype {classes.dtype}", mend="target.long()")
        wrong = classes[(classes < 0) | (classes > last)]
        if wrong.size:
            raise TinygradError("A target is no class.", expected=f"0 to {last}", got=str(wrong.flat[0]))

    def log_prob(self, input: Any) -> Tensor:
        """The log-probabilities of all classes: (N, in_features) -> (N, n_classes).

        >>> import tinygrad_edu as tg
        >>> AdaptiveLogSoftmaxWithLoss(4, 6, [2]).log_prob(tg.ones(1, 4)).exp().sum().allclose(tg.tensor(1.0))
        True
        """
        head = gates.log_softmax(self.head(input), 1)
        parts = [head[:, : self.shortlist_size]]
        for i, cluster in enumerate(self.tail):
            at = self.shortlist_size + i
            parts.append(gates.log_softmax(cluster(input), 1) + head[:, at : at + 1])
        return gates.cat(parts, 1)  # type: ignore[no-any-return]

    def predict(self, input: Any) -> Tensor:
        """The most probable class of each sample: (N, in_features) -> (N,)."""
        return gates.argmax(self.log_prob(input), 1)  # type: ignore[no-any-return]
