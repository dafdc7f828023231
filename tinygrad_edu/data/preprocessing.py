"""preprocessing: inputs centred, scaled and rotated by what the training data is like.

Each is fitted on the training data alone and then applied everywhere: to validation, test, and whatever
is predicted later, for which `state_dict` keeps what was fitted. The formulas are those of CS231n,
"Neural Networks Part 2: Setting up the Data and the Loss".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import OptionError, ShapeError, StateDictError, TinygradError
from ..random import as_generator, drawing_from
from ..tensor import Tensor

__all__ = ["PCA", "ZCA", "Compose", "Preprocessor", "Standardize", "Whiten", "ZeroCenter"]

_ROWS = 4096  # taken at a time to double precision


class Preprocessor:
    """The base of what is fitted on training data: define `_fit`, `_transform` and, if there is one, `_inverse`.

    Inputs are Tensors or arrays of shape (N, …), or for `fit` a dataset, and come back as what they were.
    Statistics are computed in double precision and kept in the data's.

    >>> class Scaled(Preprocessor):
    ...     def _transform(self, x):
    ...         return x / 255
    >>> Scaled().transform(np.array([[51.0, 255.0]]))
    array([[0.2, 1. ]])
    """

    FITTED: tuple[str, ...] = ()  # the names of the arrays that `_fit` sets

    def fit(self, inputs: Any) -> Any:
        """Learn from training inputs; returns itself.

        Raises:
            ShapeError: without samples.
            TinygradError: for NaN or infinity, which would turn all that is transformed into NaN.
        """
        x = _array(inputs)
        if not len(x):
            raise ShapeError(f"{type(self).__name__}.fit needs samples.", got=f"shape {x.shape}")
        if not np.isfinite(x).all():
            n = int(x.size - np.isfinite(x).sum())
            raise TinygradError(
                f"{type(self).__name__}.fit: NaN or infinity among the inputs.",
                got=f"{n} of {x.size} values",
                mend="leave such samples out, or fill them in",
            )
        self._fit(x)
        return self

    def transform(self, inputs: Any) -> Any:
        """Apply what was learnt."""
        return self._applied(self._transform, inputs)

    def inverse_transform(self, outputs: Any) -> Any:
        """Undo `transform`, as far as it can be undone."""
        return self._applied(self._inverse, outputs)

    def __call__(self, inputs: Any, labels: Any = None) -> Any:
        """`transform`; with labels, both: what `Transformed` takes."""
        return self.transform(inputs) if labels is None else (self.transform(inputs), labels)

    def state_dict(self) -> dict[str, np.ndarray]:
        """What was learnt, as arrays by name."""
        self._check_fitted()
        return {name: getattr(self, name) for name in self.FITTED}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up what another one learnt.

        Raises:
            StateDictError: if names are missing or unexpected; nothing is changed then.
        """
        if set(state) != set(self.FITTED):
            raise StateDictError(
                f"This is not the state of {type(self).__name__}.",
                expected=", ".join(self.FITTED),
                got=", ".join(state) or "nothing",
            )
        for name in self.FITTED:
            setattr(self, name, _array(state[name]))

    def _applied(self, function: Any, inputs: Any) -> Any:
        self._check_fitted()
        try:
            found = function(_array(inputs))
        except ValueError as error:
            raise ShapeError(
                f"{type(self).__name__} was fitted on inputs of another shape.",
                expected=", ".join(f"{name} {getattr(self, name).shape}" for name in self.FITTED),
                got=f"inputs {np.shape(inputs)}: {error}",
            ) from None
        return Tensor(found) if isinstance(inputs, Tensor) else found

    def _check_fitted(self) -> None:
        if not all(hasattr(self, name) for name in self.FITTED):
            raise TinygradError(
                f"{type(self).__name__} has not been fitted.",
                mend="call .fit(training inputs) first, or load_state_dict",
            )

    def _fit(self, x: np.ndarray) -> None:
        raise NotImplementedError

    def _transform(self, x: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def _inverse(self, y: np.ndarray) -> np.ndarray:
        raise NotImplementedError(f"{type(self).__name__} cannot be undone")


class ZeroCenter(Preprocessor):
    """x - mean: every feature around zero.

    Args:
        per_channel: one mean for each channel of images (N, C, H, W) (VGG), not for each pixel (AlexNet).

    >>> center = ZeroCenter().fit(np.array([[1.0, 2.0], [3.0, 6.0]]))
    >>> center.transform(np.array([[2.0, 5.0]])), center.mean
    (array([[0., 1.]]), array([2., 4.]))
    """

    FITTED: tuple[str, ...] = ("mean",)

    def __init__(self, per_channel: bool = False) -> None:
        self.per_channel = per_channel

    def _fit(self, x: np.ndarray) -> None:
        self.mean = self._average(x, lambda rows: rows)

    def _transform(self, x: np.ndarray) -> np.ndarray:
        _same_features(x, self.mean)
        return x - self.mean

    def _inverse(self, y: np.ndarray) -> np.ndarray:
        return y + self.mean

    def _average(self, x: np.ndarray, of: Any) -> np.ndarray:
        """The mean of `of(x)` over samples, and over pixels if per channel."""
        blocks = (x[i : i + _ROWS].astype(np.float64) for i in range(0, len(x), _ROWS))
        total = sum(np.sum(of(block), axis=self._over(x), keepdims=True) for block in blocks)
        return np.asarray(total / (x.size / total.size))[0].astype(_float_of(x))

    def _over(self, x: np.ndarray) -> tuple[int, ...]:
        """The axes that a mean goes over."""
        return (0, *range(2, x.ndim)) if self.per_channel else (0,)


class Standardize(ZeroCenter):
    """(x - mean) / std: every feature around zero, and of unit variance. Constant features become 0.

    The arguments are those of `ZeroCenter`; the standard deviation is that of the population.

    >>> Standardize().fit(np.array([[1.0, 7.0], [3.0, 7.0]])).transform(np.array([[1.0, 7.0]]))
    array([[-1.,  0.]])
    """

    FITTED = ("mean", "std")

    def _fit(self, x: np.ndarray) -> None:
        super()._fit(x)
        std = np.sqrt(self._average(x, lambda rows: (rows - self.mean) ** 2))
        varies = (x.max(axis=self._over(x), keepdims=True) > x.min(axis=self._over(x), keepdims=True))[0]
        self.std = np.where(varies & (std > 0), std, std.dtype.type(1))  # a rounded mean leaves constants some std

    def _transform(self, x: np.ndarray) -> np.ndarray:
        return super()._transform(x) / self.std

    def _inverse(self, y: np.ndarray) -> np.ndarray:
        return super()._inverse(y * self.std)


class PCA(Preprocessor):
    """(x - mean) U: inputs, flattened, along the directions in which the training data varies most.

    Args:
        n_components: how many directions to keep; a fraction below 1 keeps as many as hold that share of
            the variance; default: all.

    Attributes:
        components: U, of shape (features, k): unit vectors, each with its largest entry positive.
        variances: the variance along each, in falling order.

    >>> x = np.array([[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]])
    >>> pca = PCA(1).fit(x)
    >>> pca.transform(x).round(3).tolist(), pca.variances.round(3).tolist()
    ([[-2.828], [0.0], [2.828]], [5.333])
    """

    FITTED = ("mean", "components", "variances")

    def __init__(self, n_components: float | None = None) -> None:
        if n_components is not None and not (0 < n_components < 1 or (n_components >= 1 and n_components % 1 == 0)):
            raise OptionError(f"n_components must be a count, or a fraction between 0 and 1; got {n_components}")
        self.n_components = n_components

    def _fit(self, x: np.ndarray) -> None:
        flat = x.reshape(len(x), -1)
        mean = np.mean(flat, axis=0, dtype=np.float64)
        covariance = np.zeros((mean.size, mean.size))
        for i in range(0, len(flat), _ROWS):
            block = flat[i : i + _ROWS] - mean
            covariance += block.T @ block
        variances, vectors = np.linalg.eigh(covariance / len(flat))
        variances, vectors = np.maximum(variances[::-1], 0), vectors[:, ::-1]
        vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(mean.size)])
        k, dtype = self._count(variances), _float_of(x)
        self.mean = mean.reshape(x.shape[1:]).astype(dtype)
        self.components, self.variances = vectors[:, :k].astype(dtype), variances[:k].astype(dtype)

    def _count(self, variances: np.ndarray) -> int:
        """How many components to keep."""
        if self.n_components is None:
            return variances.size
        if self.n_components > variances.size:
            raise OptionError(f"n_components is {self.n_components}, but the inputs have {variances.size} features")
        if self.n_components >= 1:
            return int(self.n_components)
        share = np.cumsum(variances) / max(variances.sum(), np.finfo(float).tiny)
        return min(int(np.searchsorted(share, self.n_components)) + 1, variances.size)

    def _transform(self, x: np.ndarray) -> np.ndarray:
        _same_features(x, self.mean)
        return (x - self.mean).reshape(len(x), -1) @ self.components

    def _inverse(self, y: np.ndarray) -> np.ndarray:
        return (y @ self.components.T).reshape(-1, *self.mean.shape) + self.mean


class Whiten(PCA):
    """(x - mean) U / sqrt(variance + eps): uncorrelated, each direction of unit variance.

    Args:
        n_components: as for `PCA`.
        eps: keeps directions in which hardly anything varies, noise mostly, from being blown up.

    >>> x = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 10.0], [0.0, -10.0]])
    >>> np.abs(np.cov(Whiten().fit(x).transform(x).T, bias=True)).round(3).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    def __init__(self, n_components: float | None = None, eps: float = 1e-5) -> None:
        super().__init__(n_components)
        self.eps = eps

    def _transform(self, x: np.ndarray) -> np.ndarray:
        return super()._transform(x) / self._scale()

    def _inverse(self, y: np.ndarray) -> np.ndarray:
        return super()._inverse(y * self._scale())

    def _scale(self) -> np.ndarray:
        return np.sqrt(self.variances + self.variances.dtype.type(self.eps))


class ZCA(Whiten):
    """Whitened, then rotated back by Uᵀ: of all whitenings the one nearest to the inputs, and of their shape.

    From Bell and Sejnowski, "The independent components of natural scenes are edge filters" (1997).
    The arguments are those of `Whiten`.

    >>> x = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 10.0], [0.0, -10.0]])
    >>> np.abs(ZCA().fit(x).transform(x)).round(3)[::2].tolist()  # the axes are where they were
    [[1.414, 0.0], [0.0, 1.414]]
    """

    def _transform(self, x: np.ndarray) -> np.ndarray:
        return (super()._transform(x) @ self.components.T).reshape(x.shape)

    def _inverse(self, y: np.ndarray) -> np.ndarray:
        return super()._inverse(y.reshape(len(y), -1) @ self.components)


class Compose:
    """Several steps, one after another: preprocessing, augmentation, or both.

    >>> steps = Compose([ZeroCenter(), PCA(1)]).fit(np.array([[0.0, 0.0], [2.0, 2.0]]))
    >>> steps.transform(np.array([[2.0, 2.0]])).round(3), sorted(steps.state_dict())[:2]
    (array([[1.414]]), ['0.mean', '1.components'])
    """

    def __init__(self, steps: Any) -> None:
        self.steps = list(steps)

    def __call__(self, inputs: Any, labels: Any = None, generator: np.random.Generator | int | None = None) -> Any:
        """Every step in order; with labels, from both to both. A Generator or a seed serves all steps."""
        rng = as_generator(generator)
        with drawing_from(lambda: rng):
            for step in self.steps:
                if labels is None:
                    inputs = step(inputs)
                else:
                    inputs, labels = step(inputs, labels)
        return inputs if labels is None else (inputs, labels)

    def fit(self, inputs: Any) -> Compose:
        """Fit each preprocessing step on what those before it make of the training inputs."""
        x = _array(inputs)
        for step in self._fitted():
            x = step.fit(x).transform(x)
        return self

    def transform(self, inputs: Any) -> Any:
        """The preprocessing steps alone."""
        for step in self._fitted():
            inputs = step.transform(inputs)
        return inputs

    def inverse_transform(self, outputs: Any) -> Any:
        """The preprocessing steps undone, the last one first."""
        for step in reversed(self._fitted()):
            outputs = step.inverse_transform(outputs)
        return outputs

    def state_dict(self) -> dict[str, np.ndarray]:
        """What the steps have learnt; names begin with the step's number."""
        return {f"{i}.{name}": v for i, s in enumerate(self._fitted()) for name, v in s.state_dict().items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up what the same steps learnt elsewhere; raises as theirs."""
        for i, step in enumerate(self._fitted()):
            step.load_state_dict({n.removeprefix(f"{i}."): v for n, v in state.items() if n.startswith(f"{i}.")})

    def _fitted(self) -> list[Any]:
        return [step for step in self.steps if hasattr(step, "fit")]


def _array(inputs: Any) -> np.ndarray:
    """The inputs of a dataset, or a Tensor's array."""
    if hasattr(inputs, "fetch"):
        inputs = inputs.fetch(np.arange(len(inputs)))[0]
    return inputs._data if isinstance(inputs, Tensor) else np.asarray(inputs)


def _float_of(x: np.ndarray) -> np.dtype:
    return x.dtype if x.dtype.kind == "f" else np.dtype(np.float32)


def _same_features(x: np.ndarray, mean: np.ndarray) -> None:
    """Broadcasting would hide a wrong shape."""
    if x.ndim != mean.ndim + 1 or any(m not in (1, n) for n, m in zip(x.shape[1:], mean.shape, strict=True)):
        raise ValueError("samples of another shape")
