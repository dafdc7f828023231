"""00: what must a Tensor remember, so that a gradient finds its way back?

The gate that made it, and that gate's inputs. Here is an engine, whole: a class, a walk back, and a table with a rule
for each input of each gate: from the upstream gradient g, the output z and the inputs to what is sent on. The chain
rule is nowhere else. (CS231n's notes, "Backpropagation, Intuitions"; Saitoh, "Deep Learning from Scratch", chapter 5.)

The real engine is this and: gradients of gradients, as its rules can be handed Tensors; float32 and the other dtypes;
nothing computed that no requires_grad asks for, nor kept when walked; views and in-place writes; errors that teach.

    python examples/00_engine.py [--quick] [--out DIR]
"""

from itertools import count

import numpy as np
from _common import arguments
from pictures import engine as pictures

import tinygrad_edu as tg


def gate(forward, *rules):
    """A method that computes, and whose result remembers how."""

    def call(*inputs):
        inputs = [x if isinstance(x, Tensor) else Tensor(x) for x in inputs]
        return Tensor(forward(*(x.data for x in inputs)), inputs, rules)

    return call


def won(x, y):
    return (x > y) + (x == y) / 2  # in a tie both won a half


def undo_broadcast(g, shape):
    """What was copied on the way there is added up on the way back."""
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))
    return g.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


class Tensor:
    """An array that remembers how it was made."""

    __array_ufunc__ = None  # array * Tensor is for the Tensor to compute
    birthdays = count()

    def __init__(self, data, inputs=(), rules=()):
        self.data, self.inputs, self.rules = np.asarray(data, float), inputs, rules
        self.grad, self.born = 0, next(self.birthdays)

    def backward(self):
        """Add to the .grad of each Tensor on the way back what it did to this one, or to the sum of its elements."""
        upstream = {self: np.ones_like(self.data)}
        while upstream:
            z = max(upstream, key=lambda x: x.born)  # what used z was born later: its gradient is complete
            g = upstream.pop(z)
            z.grad = z.grad + g
            for x, rule in zip(z.inputs, z.rules, strict=True):
                share = rule(g, z.data, *(x.data for x in z.inputs))
                upstream[x] = upstream.get(x, 0) + undo_broadcast(share, x.data.shape)

    __add__ = __radd__ = gate(np.add, lambda g, z, x, y: g, lambda g, z, x, y: g)  # a distributor
    __sub__ = gate(np.subtract, lambda g, z, x, y: g, lambda g, z, x, y: -g)
    __mul__ = __rmul__ = gate(np.multiply, lambda g, z, x, y: g * y, lambda g, z, x, y: g * x)  # a switcher
    __truediv__ = gate(np.divide, lambda g, z, x, y: g / y, lambda g, z, x, y: -g * z / y)
    __matmul__ = gate(np.matmul, lambda g, z, x, y: g @ y.T, lambda g, z, x, y: x.T @ g)  # a switcher of matrices
    maximum = gate(np.maximum, lambda g, z, x, y: g * won(x, y), lambda g, z, x, y: g * won(y, x))  # a router
    __neg__ = gate(np.negative, lambda g, z, x: -g)  # a slope
    exp = gate(np.exp, lambda g, z, x: g * z)  # and more of them
    log = gate(np.log, lambda g, z, x: g / x)
    sum = gate(np.sum, lambda g, z, x: np.broadcast_to(g, x.shape))  # a distributor to many


# Is it right? The same programs run on these Tensors and on the real ones; the first is a network, which learns.
def network(x, target, w1, b1, w2, b2):  # ReLU between two layers, softmax, cross-entropy
    odds = ((x @ w1 + b1).maximum(0) @ w2 + b2).exp()
    return -(target * (odds / (odds @ np.ones((2, 1)))).log()).sum()


def written(w):  # w is 3 on the way there and 4 on the way back
    square = w * w
    w.data = w.data + 1
    return square


def gradients(leaf, program, *arrays):
    """The value of a program, then the gradients of its inputs, made by `leaf`: Tensor or the package's Parameter."""
    leaves = [leaf(array) for array in arrays]
    value = program(*leaves)
    value.backward()
    return [np.asarray(value.data), *(np.asarray(x.grad) for x in leaves)]


def run(quick, out):
    rng = np.random.default_rng(0)
    points, labels = (np.asarray(t) for t in tg.data.moons(100, noise=0.15, generator=rng).tensors)
    x, target = points.astype(float), np.eye(2)[labels]
    weights = [rng.standard_normal((2, 16)), np.zeros(16), 0.3 * rng.standard_normal((16, 2)), np.zeros(2)]
    losses, apart = [], 0
    for _ in range(300 if quick else 2000):
        ours, theirs = (gradients(leaf, network, x, target, *weights) for leaf in (Tensor, tg.nn.Parameter))
        apart = max(apart, *(np.abs(a - b).max() for a, b in zip(ours, theirs, strict=True)))
        losses.append(ours[0] / len(x))
        weights = [w - 5e-3 * slope for w, slope in zip(weights, ours[3:], strict=True)]
    print(f"Written between the two passes: {gradients(Tensor, written, 3.0)[1]:g} instead of 6, in silence.")
    try:
        gradients(tg.nn.Parameter, written, 3.0)
    except tg.errors.ChangedAfterUseError as error:
        print(f"The real engine raises:\n{error}")
    finding = (
        f"A class, a walk and a table of ten gates bring two moons from a loss of {losses[0]:.2f} to {losses[-1]:.3f}; "
        f"on the way, in {len(losses)} steps, no gradient is further than {apart:.0e} from the package's."
    )
    print(finding)
    return {"finding": finding, "picture": pictures.moons(x, labels, weights, out), "losses": losses, "apart": apart}


if __name__ == "__main__":
    run(*arguments(__doc__))
