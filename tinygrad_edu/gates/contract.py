"""contract: products of vectors, matrices and Tensors, summed over the axes they share: matmul, einsum, cross …

They are switches: the upstream times the other input, contracted as the output was.
"""

from __future__ import annotations

import math
import string
from collections.abc import Hashable, Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from .. import record
from ..axes import axis_of, broadcasts_to, either_name
from ..errors import ShapeError
from ..record import clone, run
from ..tensor import Tensor, as_tensor
from .binding import methods, methods_in_place
from .distribute import sum
from .reshape import permute, reshape

__all__ = [
    "addbmm",
    "addmm",
    "addmv",
    "addr",
    "baddbmm",
    "bmm",
    "chain_matmul",
    "cross",
    "dot",
    "einsum",
    "ger",
    "inner",
    "kron",
    "matmul",
    "matrix_power",
    "mm",
    "mv",
    "outer",
    "tensordot",
    "vdot",
]

gate = partial(record.gate, kind="switch")


# Matrix products.


def _for_left(g: Any, z: Any, x: Any, y: Any) -> Any:
    """g yᵀ; a vector on either side has its missing axis put in and taken out again."""
    if x.ndim > 1 and y.ndim > 1:
        return g @ y.mT
    if y.ndim == 1:
        return g * y if x.ndim == 1 else np.expand_dims(g, -1) * y
    return _sum_batch((y @ np.expand_dims(g, -1))[..., 0])


def _for_right(g: Any, z: Any, x: Any, y: Any) -> Any:
    """xᵀ g."""
    if x.ndim > 1 and y.ndim > 1:
        if x.ndim > 2 == y.ndim:  # one product over the whole batch, not one for each, summed afterwards
            x, g = _as_matrix(x), _as_matrix(g)
        return x.mT @ g
    if x.ndim == 1:
        return g * x if y.ndim == 1 else np.expand_dims(g, -2) * np.expand_dims(x, -1)
    return _sum_batch((x.mT @ np.expand_dims(g, -1))[..., 0])


def _as_matrix(x: Any) -> Any:
    return np.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))


def _sum_batch(g: Any) -> Any:
    return np.sum(g, axis=tuple(range(g.ndim - 1))) if g.ndim > 1 else g


matmul = gate(
    "matmul",
    np.matmul,
    _for_left,
    _for_right,
    local=("yᵀ", "xᵀ"),
    says="""The matrix product x @ y, of vectors, matrices and batches: (…, n, k) @ (…, k, m) -> (…, n, m).

    >>> import tinygrad_edu as tg
    >>> tg.matmul(tg.ones(2, 3), tg.ones(3)).tolist()
    [3.0, 3.0]
    """,
)


def _check(name: str, *terms: tuple[str, Any]) -> None:
    """Each Tensor has one axis for each letter of its term, and a letter one size everywhere."""
    sizes: dict[str, int] = {}
    for letters, x in terms:
        if x.ndim != len(letters) or any(
            sizes.setdefault(letter, n) != n for letter, n in zip(letters, x.shape, strict=True)
        ):
            last = {x.shape[-1] for letters, x in terms if x.ndim == len(letters) > 1}
            raise ShapeError(
                f"{name}: these shapes do not fit together.",
                expected=" and ".join(str(tuple(letters)).replace("'", "") for letters, _ in terms),
                got=" and ".join(str(tuple(x.shape)) for _, x in terms),
                mend="the same letter means the same size"
                + ("; transpose the second: y.mT" if name in ("mm", "bmm") and len(last) == 1 else ""),
            )


def mm(x: Any, y: Any) -> Tensor:
    """The product of two matrices: (n, k) @ (k, m) -> (n, m).

    Raises:
        ShapeError: for anything but matrices that fit; `bmm`, `mv` and `dot` likewise.

    >>> import tinygrad_edu as tg
    >>> tg.mm(tg.ones(2, 3), tg.ones(3, 1)).tolist()
    [[3.0], [3.0]]
    """
    _check("mm", ("nk", x), ("km", y))
    return matmul(x, y)


def bmm(x: Any, y: Any) -> Tensor:
    """The products of two batches of matrices: (b, n, k) @ (b, k, m) -> (b, n, m).

    >>> import tinygrad_edu as tg
    >>> tg.bmm(tg.ones(5, 2, 3), tg.ones(5, 3, 4)).shape
    (5, 2, 4)
    """
    _check("bmm", ("bnk", x), ("bkm", y))
    return matmul(x, y)


def mv(x: Any, vec: Any) -> Tensor:
    """The product of a matrix and a vector: (n, k) @ (k,) -> (n,).

    >>> import tinygrad_edu as tg
    >>> tg.mv(tg.ones(2, 3), tg.ones(3))
    tensor([3., 3.])
    """
    _check("mv", ("nk", x), ("k", vec))
    return matmul(x, vec)


def dot(x: Any, y: Any) -> Tensor:
    """The inner product of two vectors: (k,) and (k,) -> ().

    >>> import tinygrad_edu as tg
    >>> tg.dot(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
    tensor(11.)
    """
    _check("dot", ("k", x), ("k", y))
    return matmul(x, y)


vdot = dot  # the same for real numbers


def outer(x: Any, vec2: Any) -> Tensor:
    """All products of the elements of two vectors: (n,) and (m,) -> (n, m).

    >>> import tinygrad_edu as tg
    >>> tg.outer(tg.tensor([1, 2]), tg.tensor([3, 4])).tolist()
    [[3, 4], [6, 8]]
    """
    _check("outer", ("n", x), ("m", vec2))
    return as_tensor(x)[:, None] * vec2


ger = outer


def _plus(name: str, x: Any, product: Any, beta: float, alpha: float) -> Tensor:
    """beta x + alpha product; with beta 0, `x` and its nans are left out, as in PyTorch."""
    product = product if alpha == 1 else product * alpha
    if beta == 0:
        return product
    if not broadcasts_to(x.shape, product.shape):
        raise ShapeError(
            f"{name}: the first operand must broadcast to the product.",
            expected=f"a shape that broadcasts to {product.shape}",
            got=str(x.shape),
        )
    return product + (x if beta == 1 else x * beta)


def addmm(x: Any, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta x + alpha mat1 @ mat2: (n, k) @ (k, m), and x broadcasts to (n, m).

    Raises:
        ShapeError: for shapes that do not fit; the other `add…` products likewise.

    >>> import tinygrad_edu as tg
    >>> tg.addmm(tg.ones(2), tg.ones(1, 3), tg.ones(3, 2), alpha=2).tolist()
    [[7.0, 7.0]]
    """
    _check("addmm", ("nk", mat1), ("km", mat2))
    return _plus("addmm", x, matmul(mat1, mat2), beta, alpha)


def addmv(x: Any, mat: Any, vec: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta x + alpha mat @ vec: (n, k) @ (k,), and x broadcasts to (n,).

    >>> import tinygrad_edu as tg
    >>> tg.addmv(tg.ones(2), tg.ones(2, 3), tg.ones(3))
    tensor([4., 4.])
    """
    _check("addmv", ("nk", mat), ("k", vec))
    return _plus("addmv", x, matmul(mat, vec), beta, alpha)


def addr(x: Any, vec1: Any, vec2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta x + alpha outer(vec1, vec2): (n,) and (m,), and x broadcasts to (n, m).

    >>> import tinygrad_edu as tg
    >>> tg.addr(tg.zeros(1), tg.ones(2), tg.ones(1)).tolist()
    [[1.0], [1.0]]
    """
    _check("addr", ("n", vec1), ("m", vec2))
    return _plus("addr", x, outer(vec1, vec2), beta, alpha)


def addbmm(x: Any, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta x + alpha times the sum over b of batch1[b] @ batch2[b]; x broadcasts to (n, m).

    >>> import tinygrad_edu as tg
    >>> tg.addbmm(tg.ones(1), tg.ones(5, 2, 3), tg.ones(5, 3, 1)).tolist()
    [[16.0], [16.0]]
    """
    _check("addbmm", ("bnk", batch1), ("bkm", batch2))
    return _plus("addbmm", x, einsum("bnk,bkm->nm", batch1, batch2), beta, alpha)


def baddbmm(x: Any, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta x + alpha batch1 @ batch2, matrix by matrix; x broadcasts to (b, n, m).

    >>> import tinygrad_edu as tg
    >>> tg.baddbmm(tg.ones(1), tg.ones(5, 2, 3), tg.ones(5, 3, 1)).shape
    (5, 2, 1)
    """
    _check("baddbmm", ("bnk", batch1), ("bkm", batch2))
    return _plus("baddbmm", x, matmul(batch1, batch2), beta, alpha)


def multi_dot(tensors: Sequence[Any]) -> Tensor:
    """The product of several matrices in the order that takes the fewest multiplications.

    The first and the last may be vectors. The order is that of Cormen et al., Introduction to
    Algorithms, "Matrix-chain multiplication".

    Raises:
        ShapeError: for fewer than two, or for neighbours that do not fit.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.multi_dot([tg.ones(2, 3), tg.ones(3, 4), tg.ones(4)])
    tensor([12., 12.])
    """
    if len(tensors) < 2:
        raise ShapeError("multi_dot takes two Tensors or more.", got=str(len(tensors)))
    for i, x in enumerate(tensors):
        if x.ndim != 2 and not (x.ndim == 1 and i in (0, len(tensors) - 1)):
            raise ShapeError("multi_dot takes matrices; the first and the last may be vectors.", got=str(x.shape))
    sizes = [*(x.shape[0] for x in tensors), tensors[-1].shape[-1]]
    sizes[0] = 1 if tensors[0].ndim == 1 else sizes[0]
    sizes[-1] = 1 if tensors[-1].ndim == 1 else sizes[-1]

    @cache
    def cheapest(i: int, j: int) -> tuple[int, int]:
        """The least cost of the product of i to j, and where to split it."""
        if i == j:
            return 0, i
        return min(
            (cheapest(i, k)[0] + cheapest(k + 1, j)[0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j)
        )

    def product(i: int, j: int) -> Any:
        k = cheapest(i, j)[1]
        return tensors[i] if i == j else matmul(product(i, k), product(k + 1, j))

    return product(0, len(tensors) - 1)


def chain_matmul(*matrices: Any) -> Tensor:
    """The product of several matrices in the cheapest order; `linalg.multi_dot` takes them as a list.

    >>> import tinygrad_edu as tg
    >>> tg.chain_matmul(tg.ones(2, 3), tg.ones(3, 4), tg.ones(4, 1)).tolist()
    [[12.0], [12.0]]
    """
    for x in matrices:
        _check("chain_matmul", ("nk", x))
    return multi_dot(matrices) if len(matrices) > 1 else clone(matrices[0])


def matrix_power(x: Any, n: int) -> Tensor:
    """The n-th power of a square matrix, or of each of a batch: (…, m, m), by repeated squaring.

    The power 0 is the identity, a constant; a negative one is that of the inverse.

    >>> import tinygrad_edu as tg
    >>> tg.matrix_power(tg.tensor([[1, 1], [0, 1]]), 5).tolist()
    [[1, 5], [0, 1]]
    """
    x = as_tensor(x)
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeError("matrix_power takes square matrices.", expected="(…, m, m)", got=str(x.shape))
    if n == 0:
        return Tensor(np.broadcast_to(np.eye(x.shape[-1], dtype=x.dtype), x.shape).copy())
    if n == 1:
        return clone(x)  # type: ignore[no-any-return]
    if n < 0:
        from .linalg import inverse

        x, n = inverse(x), -n
    power: Any = None
    while n:
        if n % 2:
            power = x if power is None else power @ x
        n //= 2
        x = x @ x if n else x
    return power


# Contractions: sums of products over the labels that the output lacks.

_einsum: Any = gate(
    "einsum",
    lambda x, y, of_x, of_y, of_z: _contracted(x, y, of_x, of_y, of_z),
    lambda g, z, x, y, of_x, of_y, of_z: run(_einsum, g, y, of_x=of_z, of_y=of_y, of_z=of_x),
    lambda g, z, x, y, of_x, of_y, of_z: run(_einsum, x, g, of_x=of_x, of_y=of_z, of_z=of_y),
    local=("y, contracted with the upstream", "x, contracted with the upstream"),
    says="The sum of the products of x and y over the labels that z lacks; a label is in two of the three, or in all.",
)


def _contracted(x: Any, y: Any, of_x: Any, of_y: Any, of_z: Any) -> Any:
    """One batched matrix product: the labels of all three are the batch, those of x and y are summed."""
    size = {**dict(zip(of_x, x.shape, strict=True)), **dict(zip(of_y, y.shape, strict=True))}
    batch = [label for label in of_z if label in of_x and label in of_y]
    rows = [label for label in of_z if label not in of_y]
    columns = [label for label in of_z if label not in of_x]
    summed = [label for label in of_x if label not in of_z]
    if not summed:
        return _aligned(x, of_x, of_z) * _aligned(y, of_y, of_z)

    def matrices(array: Any, labels: Any, *groups: list[Any]) -> Any:
        array = np.transpose(array, [labels.index(label) for group in (batch, *groups) for label in group])
        sizes = [math.prod(size[label] for label in group) for group in groups]
        return np.reshape(array, [size[label] for label in batch] + sizes)

    z = matrices(x, of_x, rows, summed) @ matrices(y, of_y, summed, columns)
    labels = batch + rows + columns
    z = np.reshape(z, [size[label] for label in labels])
    return np.transpose(z, [labels.index(label) for label in of_z])


def _aligned(x: Any, of_x: Any, of_z: Any) -> Any:
    """`x` with its axes in the order of `of_z`, and axes of size 1 for the labels that it lacks."""
    x = np.transpose(x, [of_x.index(label) for label in of_z if label in of_x])
    return np.expand_dims(x, tuple(i for i, label in enumerate(of_z) if label not in of_x))


def _contract(name: str, operands: list[Tensor], terms: list[list[Hashable]], output: list[Hashable]) -> Tensor:
    """The contraction of any number of operands, from left to right, two at a time."""
    size = _label_sizes(name, operands, terms)
    pairs = [_labelled_once(x, labels, size) for x, labels in zip(operands, terms, strict=True)]
    x, of_x = pairs[0]
    for i, (y, of_y) in enumerate(pairs[1:], start=2):
        kept = {label for _, labels in pairs[i:] for label in labels} | set(output)
        x, of_x = _sum_over(x, of_x, kept | set(of_y))
        y, of_y = _sum_over(y, of_y, kept | set(of_x))
        of_z = [label for label in dict.fromkeys([*of_x, *of_y]) if label in kept]
        of_z = output if i == len(pairs) else of_z
        x, of_x = _einsum(x, y, of_x=tuple(of_x), of_y=tuple(of_y), of_z=tuple(of_z)), of_z
    x, of_x = _sum_over(x, of_x, set(output))
    order = [of_x.index(label) for label in output]
    return x if order == list(range(x.ndim)) else permute(x, order)


def _label_sizes(name: str, operands: list[Tensor], terms: list[list[Hashable]]) -> dict[Hashable, int]:
    size: dict[Hashable, int] = {}
    for x, labels in zip(operands, terms, strict=True):
        for label, n in zip(labels, x.shape, strict=True):
            if size.setdefault(label, n) == 1:
                size[label] = n
            if n not in (1, size[label]):
                raise ShapeError(
                    f"{name}: the axes labelled {label!r} have different sizes.",
                    expected=f"{size[label]}, or 1, everywhere",
                    got=", ".join(f"{''.join(map(str, t))}: {x.shape}" for x, t in zip(operands, terms, strict=True)),
                )
    return size


def _labelled_once(x: Tensor, labels: list[Hashable], size: dict[Hashable, int]) -> tuple[Tensor, list[Hashable]]:
    """`x` with every label once, by its diagonals, and without the axes that broadcast."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            i = labels.index(label)
            j = labels.index(label, i + 1)
            if x.shape[i] != x.shape[j]:
                raise ShapeError(
                    f"the axes labelled {label!r} have no diagonal: they differ in size.", got=str(x.shape)
                )
            others = [a for a in range(x.ndim) if a not in (i, j)]
            diagonal = np.arange(x.shape[i])
            x = permute(x, (i, j, *others))[diagonal, diagonal]
            labels = [label, *(labels[a] for a in others)]
    kept = [a for a, label in enumerate(labels) if x.shape[a] == size[label]]
    if len(kept) < x.ndim:
        x, labels = reshape(x, tuple(x.shape[a] for a in kept)), [labels[a] for a in kept]
    return x, labels


def _sum_over(x: Tensor, labels: list[Hashable], kept: set[Hashable]) -> tuple[Tensor, list[Hashable]]:
    """`x` summed over the labels that nobody else asks for."""
    axes = tuple(a for a, label in enumerate(labels) if label not in kept)
    return (sum(x, axes), [label for label in labels if label in kept]) if axes else (x, labels)


def einsum(equation: Any, *operands: Any) -> Tensor:
    """Einstein's summation: products of the operands, summed over the labels that the output lacks.

    Args:
        equation: labels for each operand's axes, "ij,jk->ik". A label twice in one operand takes
            its diagonal; `...` stands for any axes, which broadcast; without `->` the output has the
            labels that occur once, in alphabetical order.
        operands: one Tensor for each term. Or instead of the equation, in turn, an operand and
            the list of its labels as numbers: `einsum(x, [0, 1], y, [1, 2], [0, 2])`.

    Raises:
        ShapeError: for an equation that does not fit the operands.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([[1.0, 2.0], [0.0, 3.0]])
    >>> tg.einsum("ij,ij->i", x, x), tg.einsum("ii", x)
    (tensor([5., 9.]), tensor(4.))
    """
    if not isinstance(equation, str):
        equation, operands = _from_sublists((equation, *operands))
    elif len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    tensors = [as_tensor(x) for x in operands]
    return _contract(f'einsum("{equation}")', tensors, *_parsed(equation, tensors))


def _from_sublists(operands: tuple[Any, ...]) -> tuple[str, tuple[Any, ...]]:
    """The equation that `x, [0, 1], y, [1, 2], [0, 2]` stands for, and its operands."""
    letters = string.ascii_uppercase + string.ascii_lowercase

    def term(labels: Any) -> str:
        return "".join("..." if label is Ellipsis else letters[label] for label in labels)

    n = len(operands) // 2
    equation = ",".join(term(operands[2 * i + 1]) for i in range(n))
    return equation + (f"->{term(operands[-1])}" if len(operands) % 2 else ""), operands[: 2 * n : 2]


def _parsed(equation: str, operands: list[Tensor]) -> tuple[list[list[Hashable]], list[Hashable]]:
    """The labels of each operand's axes, and of the output's; an axis of `...` is an int, from the last, -1."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    words = left.split(",")
    if len(words) != len(operands):
        raise ShapeError(
            f'einsum("{equation}") needs as many operands as terms.', expected=str(len(words)), got=str(len(operands))
        )
    dots = [x.ndim - len(word.replace("...", "")) for x, word in zip(operands, words, strict=True)]
    for x, word, extra in zip(operands, words, dots, strict=True):
        if extra < 0 or (extra and "..." not in word):
            raise ShapeError(
                f'einsum("{equation}") needs a label for each axis.', expected=f"{x.ndim} labels, or ...", got=word
            )
    terms = [_labels(equation, word, extra) for word, extra in zip(words, dots, strict=True)]
    every = [label for term in terms for label in term]
    most = max((extra for word, extra in zip(words, dots, strict=True) if "..." in word), default=0)
    if arrow:
        output = _labels(equation, right, most)
    else:
        once = sorted(label for label in set(every) if isinstance(label, str) and every.count(label) == 1)
        output = [*range(-most, 0), *once]
    if len(set(output)) < len(output) or not set(output) <= set(every):
        raise ShapeError(f'einsum("{equation}"): the output names a label twice, or one that no operand has.')
    return terms, output


def _labels(equation: str, word: str, extra: int) -> list[Hashable]:
    before, dots, after = word.partition("...")
    if not (before + after).isalpha() and before + after:
        raise ShapeError(f'einsum("{equation}"): labels are letters.', got=word)
    return [*before, *(range(-extra, 0) if dots else ()), *after]


@either_name
def tensordot(x: Any, y: Any, dims: Any = 2) -> Tensor:
    """The sum of products over `dims`: the last n axes of x with the first n of y, or the axes listed for each.

    Args:
        dims: n, or two lists of axes: `([1, 0], [0, 1])`.

    Raises:
        ShapeError: if the paired axes differ in size.

    >>> import tinygrad_edu as tg
    >>> tg.tensordot(tg.ones(2, 3), tg.ones(3, 4), dims=1).shape
    (2, 4)
    """
    x, y = as_tensor(x), as_tensor(y)
    dims = dims.tolist() if isinstance(dims, Tensor) else dims
    if hasattr(dims, "__index__"):
        if not 0 <= dims <= min(x.ndim, y.ndim):
            raise ShapeError(f"tensordot cannot pair {dims} axes.", got=f"{x.shape} and {y.shape}")
        dims = range(x.ndim - dims, x.ndim), range(dims)
    of_x, of_y = (tuple(d) if hasattr(d, "__iter__") else (d,) for d in dims)
    if len(of_x) != len(of_y):
        raise ShapeError("tensordot pairs the axes: both lists have the same length.", got=f"{of_x} and {of_y}")
    labels_x: list[Hashable] = [f"x{a}" for a in range(x.ndim)]
    labels_y: list[Hashable] = [f"y{a}" for a in range(y.ndim)]
    for a, b in zip(of_x, of_y, strict=True):
        labels_y[axis_of(b, y.ndim, "tensordot")] = labels_x[axis_of(a, x.ndim, "tensordot")]
    summed = set(labels_x) & set(labels_y)
    output = [label for label in labels_x + labels_y if label not in summed]
    return _contract("tensordot", [x, y], [labels_x, labels_y], output)


def inner(x: Any, y: Any) -> Tensor:
    """The inner products over the last axes: (…, k) and (…, k) -> (…, …); with a 0-d operand, x * y.

    >>> import tinygrad_edu as tg
    >>> tg.inner(tg.ones(2, 3), tg.ones(4, 3)).shape
    (2, 4)
    """
    x, y = as_tensor(x), as_tensor(y)
    return tensordot(x, y, ([-1], [-1])) if x.ndim and y.ndim else x * y


@either_name
def vecdot(x: Any, y: Any, *, dim: int = -1) -> Tensor:
    """The inner products of the vectors along `dim`; the other axes broadcast.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.vecdot(tg.ones(2, 3), tg.ones(2, 3))
    tensor([3., 3.])
    """
    return sum(as_tensor(x) * y, dim)


def kron(x: Any, y: Any) -> Tensor:
    """Kronecker's product: each element of x times the whole of y, (n, m) and (k, l) -> (n k, m l).

    >>> import tinygrad_edu as tg
    >>> tg.kron(tg.tensor([1, 10]), tg.tensor([1, 2, 3])).tolist()
    [1, 2, 3, 10, 20, 30]
    """
    x, y = as_tensor(x), as_tensor(y)
    ndim = max(x.ndim, y.ndim)
    sizes_x, sizes_y = (1,) * (ndim - x.ndim) + x.shape, (1,) * (ndim - y.ndim) + y.shape
    blocks = reshape(x, tuple(n for size in sizes_x for n in (size, 1)))
    within = reshape(y, tuple(n for size in sizes_y for n in (1, size)))
    return reshape(blocks * within, tuple(n * m for n, m in zip(sizes_x, sizes_y, strict=True)))


_cross: Any = gate(
    "cross",
    lambda x, y, axis: np.cross(x, y, axis=axis),
    lambda g, z, x, y, axis: run(_cross, y, g, axis=axis),
    lambda g, z, x, y, axis: run(_cross, g, x, axis=axis),
    local=("y × upstream", "upstream × x"),
)


@either_name
def linalg_cross(x: Any, y: Any, *, dim: int = -1) -> Tensor:
    """The cross products of the vectors of 3 along `dim`; the other axes broadcast.

    Raises:
        ShapeError: if `dim` has another size than 3, or the numbers of axes differ.

    >>> import tinygrad_edu as tg
    >>> tg.linalg.cross(tg.tensor([1.0, 0.0, 0.0]), tg.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    x, y = as_tensor(x), as_tensor(y)
    axis = axis_of(dim, x.ndim, "cross")
    if x.ndim != y.ndim or x.ndim == 0 or x.shape[axis] != 3 or y.shape[axis] != 3:
        raise ShapeError(
            f"cross takes vectors of 3 along axis {axis}, with equally many axes.", got=f"{x.shape} and {y.shape}"
        )
    return _cross(x, y, axis=axis)


@either_name
def cross(x: Any, y: Any, dim: int | None = None) -> Tensor:
    """The cross products of the vectors of 3 along `dim`; default: the first axis of size 3, as in PyTorch.

    `linalg.cross` takes the last axis by default.

    >>> import tinygrad_edu as tg
    >>> tg.cross(tg.tensor([1.0, 0.0, 0.0]), tg.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    x = as_tensor(x)
    return linalg_cross(x, y, dim=(x.shape.index(3) if 3 in x.shape else -1) if dim is None else dim)


methods(matmul, mm, bmm, mv, dot, outer, inner, kron, cross, matrix_power, ger=outer, vdot=dot)
methods(addmm, addmv, addr, addbmm, baddbmm, __matmul__=matmul, __rmatmul__=lambda y, x: matmul(x, y))
methods_in_place(addmm, addmv, addr, addbmm, baddbmm)
