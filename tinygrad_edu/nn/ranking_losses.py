"""ranking_losses: losses of samples against each other: which ranks higher, which are alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import gates
from ..errors import OptionError, ShapeError
from ..tensor import Tensor, as_tensor
from .reduction import LEAST, Loss, check_same_shape, reduced

__all__ = [
    "CosineEmbeddingLoss",
    "HingeEmbeddingLoss",
    "MarginRankingLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]

Distance = Callable[[Any, Any], Tensor]


def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Tensor:
    """max(0, -target (input1 - input2) + margin), elementwise, then its mean or sum.

    Args:
        input1, input2: of one shape.
        target: 1 where input1 should rank higher, -1 where input2 should; of the same shape.
        reduction: mean, sum, or none (the shape of the inputs).

    Raises:
        ShapeError: for more than one shape.

    >>> import tinygrad_edu as tg
    >>> margin_ranking_loss(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 1.0]), tg.tensor([1, 1]), reduction="none")
    tensor([2., 0.])
    """
    input1, input2, target = as_tensor(input1), as_tensor(input2), as_tensor(target)
    check_same_shape("margin_ranking_loss", input1, input2=input2, target=target)
    return reduced(gates.clamp_min(-target * (input1 - input2) + margin, 0), reduction)


def hinge_embedding_loss(input: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean") -> Tensor:
    """input where the target is 1, max(0, margin - input) where it is -1: the input is a distance.

    Args:
        input: of any shape.
        target: 1 for a pair that is alike, -1 for one that is not; of the same shape.
        reduction: mean, sum, or none (the shape of the input).

    Raises:
        ShapeError: if input and target are not of one shape.

    >>> import tinygrad_edu as tg
    >>> hinge_embedding_loss(tg.tensor([0.3, 0.3, 2.0]), tg.tensor([1, -1, -1]), reduction="none")
    tensor([0.3000, 0.7000, 0.0000])
    """
    input, target = as_tensor(input), as_tensor(target)
    check_same_shape("hinge_embedding_loss", input, target=target)
    alike = gates.where(target._data != -1, input, 0.0)
    apart = gates.where(target._data != 1, gates.clamp_min(margin - input, 0), 0.0)
    return reduced(alike + apart, reduction)


def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Tensor:
    """1 - cos where the target is 1, max(0, cos - margin) where it is -1; cos of the angle between two rows.

    As in PyTorch, cos = x·y / sqrt((x·x + 1e-12)(y·y + 1e-12)): a row of zeros is at right angles to all.

    Args:
        input1, input2: of one shape, (N, features) or (features,).
        target: 1 for a pair that is alike, -1 for one that is not; of shape (N,) or ().
        reduction: over the pairs: mean, sum, or none.

    Raises:
        ShapeError: if the shapes do not fit one another.

    >>> import tinygrad_edu as tg
    >>> x, y = tg.tensor([[1.0, 0.0], [1.0, 0.0]]), tg.tensor([[0.0, 2.0], [3.0, 4.0]])
    >>> cosine_embedding_loss(x, y, tg.tensor([1, -1]), reduction="none")
    tensor([1.0000, 0.6000])
    """
    input1, input2, target = as_tensor(input1), as_tensor(input2), as_tensor(target)
    check_same_shape("cosine_embedding_loss", input1, input2=input2)
    if input1.ndim not in (1, 2) or target.shape != input1.shape[:-1]:
        raise ShapeError(
            "cosine_embedding_loss: the target is one number for each pair of rows.",
            expected="inputs (N, features) and target (N,), or (features,) and ()",
            got=f"inputs {input1.shape} and target {target.shape}",
        )
    squares = [(x * x).sum(-1) + LEAST for x in (input1, input2)]
    cos = (input1 * input2).sum(-1) / gates.sqrt(squares[0] * squares[1])
    alike = gates.where(target._data == 1, 1 - cos, 0.0)
    return reduced(alike + gates.where(target._data == -1, gates.clamp_min(cos - margin, 0), 0.0), reduction)


def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Tensor:
    """max(0, |anchor - positive| - |anchor - negative| + margin): like is to be nearer than unlike, by a margin.

    The distances are `pairwise_distance(…, p, eps)`. Schroff et al., "FaceNet", 2015.

    Args:
        anchor, positive, negative: of one shape, (N, features) or (features,).
        margin: more than 0.
        swap: take |positive - negative| where it is less than |anchor - negative|.
        reduction: over the triplets: mean, sum, or none.

    Raises:
        ShapeError: for more than one shape.
        OptionError: for a margin of 0 or less.

    >>> import tinygrad_edu as tg
    >>> anchor, positive, negative = tg.tensor([0.0, 0.0]), tg.tensor([0.0, 3.0]), tg.tensor([2.0, 0.0])
    >>> triplet_margin_loss(anchor, positive, negative, eps=0.0)
    tensor(2.)
    """

    def distance(x: Any, y: Any) -> Tensor:
        return gates.pairwise_distance(x, y, p, eps)

    return _triplet("triplet_margin_loss", anchor, positive, negative, distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Distance | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """`triplet_margin_loss` with any distance: a function of two batches; default: `pairwise_distance`.

    >>> import tinygrad_edu as tg
    >>> anchor, positive, negative = tg.tensor([[0.0, 0.0]]), tg.tensor([[1.0, 3.0]]), tg.tensor([[2.0, 0.0]])
    >>> triplet_margin_with_distance_loss(
    ...     anchor, positive, negative, distance_function=lambda x, y: tg.abs(x - y).sum(-1)
    ... )
    tensor(3.)
    """
    name, distance = "triplet_margin_with_distance_loss", distance_function or gates.pairwise_distance
    return _triplet(name, anchor, positive, negative, distance, margin, swap, reduction)


def _triplet(
    name: str, anchor: Any, positive: Any, negative: Any, distance: Distance, margin: float, swap: bool, reduction: str
) -> Tensor:
    _check_margin(margin)
    anchor, positive, negative = as_tensor(anchor), as_tensor(positive), as_tensor(negative)
    if not anchor.shape == positive.shape == negative.shape:
        raise ShapeError(
            f"{name} compares each anchor with its own positive and negative.",
            expected=f"positive and negative {anchor.shape}",
            got=f"{positive.shape} and {negative.shape}",
        )
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = gates.minimum(far, distance(positive, negative))
    return reduced(gates.clamp_min(near - far + margin, 0), reduction)


def _check_margin(margin: float) -> None:
    if margin <= 0:
        raise OptionError(f"margin must be more than 0; got {margin}")


class MarginRankingLoss(Loss):
    """`margin_ranking_loss` as a module.

    >>> import tinygrad_edu as tg
    >>> MarginRankingLoss(1.0)(tg.tensor([3.0]), tg.tensor([2.5]), tg.tensor([1]))  # ahead by 0.5, not by 1
    tensor(0.5000)
    """

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Tensor:
        return margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)


class HingeEmbeddingLoss(Loss):
    """`hinge_embedding_loss` as a module.

    >>> import tinygrad_edu as tg
    >>> HingeEmbeddingLoss(2.0, reduction="none")(tg.tensor([0.5, 0.5]), tg.tensor([1, -1]))
    tensor([0.5000, 1.5000])
    """

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Tensor:
        return hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(Loss):
    """`cosine_embedding_loss` as a module.

    >>> import tinygrad_edu as tg
    >>> x, y = tg.tensor([[1.0, 0.0]]), tg.tensor([[3.0, 4.0]])  # the cosine is 3/5
    >>> CosineEmbeddingLoss()(x, y, tg.tensor([1])), CosineEmbeddingLoss()(x, y, tg.tensor([-1]))
    (tensor(0.4000), tensor(0.6000))
    """

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Tensor:
        return cosine_embedding_loss(input1, input2, target, self.margin, reduction=self.reduction)


class TripletMarginLoss(Loss):
    """`triplet_margin_loss` as a module.

    Raises:
        OptionError: for a margin of 0 or less.

    >>> import tinygrad_edu as tg
    >>> anchor, positive, negative = tg.tensor([0.0, 0.0]), tg.tensor([0.0, 3.0]), tg.tensor([2.0, 0.0])
    >>> TripletMarginLoss(eps=0.0)(anchor, positive, negative)  # 3 - 2 + 1
    tensor(2.)
    """

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False, *, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        _check_margin(margin)
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Tensor:
        return triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, reduction=self.reduction
        )


class TripletMarginWithDistanceLoss(Loss):
    """`triplet_margin_with_distance_loss` as a module.

    Raises:
        OptionError: for a margin of 0 or less.

    >>> import tinygrad_edu as tg
    >>> loss = TripletMarginWithDistanceLoss(distance_function=lambda x, y: tg.abs(x - y).sum(-1))
    >>> loss(tg.tensor([[0.0, 0.0]]), tg.tensor([[1.0, 3.0]]), tg.tensor([[2.0, 0.0]]))  # 4 - 2 + 1
    tensor(3.)
    """

    def __init__(
        self,
        *,
        distance_function: Distance | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        _check_margin(margin)
        self.distance_function, self.margin, self.swap = distance_function, margin, swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Tensor:
        return triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )
