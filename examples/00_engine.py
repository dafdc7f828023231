"""00: what must a Tensor remember, so that a gradient finds its way back?

The gate that made it, and that gate's inputs. Here is an engine, whole: a class, a walk back, and a table with a rule
for each input of each gate: from the upstream gradient g, the output z and the inputs to what is sent on. The chain
rule is nowhere else. (CS231n's notes, "Backpropagation, Intuitions"; Saitoh, "Deep Learning from Scratch", chapter 5.)

The real engine is this and: gradients of gradients, as its rules can be handed Tensors; float32 and the other dtypes;
nothing computed that no requires_grad asks for, nor kept when walked; views and in-place writes; errors that teach.

    python examples/00_engine.py [--quick] [--out DIR]
"""

from itertools import count
from operator import attrgetter

import numpy as np
from _common import BLACK, BLUE, ORANGE, arguments, save

import tinygrad_edu as tg
from tinygrad_edu.viz.plots import subplots


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
        """Add to the .grad of each leaf what it did to this Tensor, or to the sum of its elements."""
        upstream = {self: np.ones_like(self.data)}
        while upstream:
            z = max(upstream, key=attrgetter("born"))  # what used z was born later: its gradient is complete
            g = upstream.pop(z)
            if not z.inputs:
                z.grad = z.grad + g
            for x, rule in zip(z.inputs, z.rules, strict=True):
                share = rule(g, z.data, *(x.data for x in z.inputs))
                upstream[x] = upstream.get(x, 0) + undo_broadcast(share, x.data.shape)

    __add__ = __radd__ = gate(np.add, lambda g, z, x, y: g, lambda g, z, x, y: g)  # a distributor
    __mul__ = __rmul__ = gate(np.multiply, lambda g, z, x, y: g * y, lambda g, z, x, y: g * x)  # a switcher
    __matmul__ = gate(np.matmul, lambda g, z, x, y: g @ y.T, lambda g, z, x, y: x.T @ g)  # another, for matrices
    maximum = gate(np.maximum, lambda g, z, x, y: g * won(x, y), lambda g, z, x, y: g * won(y, x))  # a router
    exp = gate(np.exp, lambda g, z, x: g * z)  # a slope
    log = gate(np.log, lambda g, z, x: g / x)  # and more of them
    reciprocal = gate(np.reciprocal, lambda g, z, x: -g * z * z)
    sum = gate(np.sum, lambda g, z, x: np.broadcast_to(g, x.shape))  # a distributor to many

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -other

    def __truediv__(self, other):
        return self * other.reciprocal()


# Is it right? Three programs, on these Tensors and on the real ones. The last is a network that learns.


def neuron(w, x):
    return ((-(w * x).sum()).exp() + 1).reciprocal()


def circuit(x, y, z):  # everything is used twice, broadcasts, and some x equal y
    return (x.maximum(y) * z - z * x / y + 2 * (-y).exp()).sum()


def network(x, target, w1, b1, w2, b2):  # ReLU between two layers, softmax, cross-entropy
    odds = ((x @ w1 + b1).maximum(0) @ w2 + b2).exp()
    return -(target * (odds / (odds @ np.ones((2, 1)))).log()).sum()


def real(array):
    return tg.tensor(array, dtype=tg.float64, requires_grad=True)


def gradients(leaf, program, arrays):
    """The value of a program, then the gradients of its inputs; `leaf`, Tensor or real, says by which engine."""
    leaves = [leaf(array) for array in arrays]
    value = program(*leaves)
    value.backward()
    return [np.asarray(value.data), *(np.asarray(x.grad) for x in leaves)]


def written_between(leaf):
    """The gradient of w * w, where w is 3 on the way there and 4 on the way back."""
    w = leaf(3.0)
    square = w * w
    w.data = w.data + 1
    square.backward()
    return float(w.grad)


def learn(leaf, x, target, weights, steps):
    """The mean loss before each step of descent, and the weights after the last."""
    losses = []
    for _ in range(steps):
        loss, _, _, *slopes = gradients(leaf, network, (x, target, *weights))
        losses.append(loss / len(x))
        weights = [w - 5e-3 * slope for w, slope in zip(weights, slopes, strict=True)]
    return np.array(losses), weights


def run(quick, out):
    rng = np.random.default_rng(0)
    points, labels = (np.asarray(t) for t in tg.data.moons(100, noise=0.15, generator=rng).tensors)
    x, target = points.astype(float), np.eye(2)[labels]
    weights = [rng.standard_normal((2, 16)), np.zeros(16), 0.3 * rng.standard_normal((16, 2)), np.zeros(2)]
    ties = [rng.integers(1, 4, shape).astype(float) for shape in ((3, 4), (4,), (3, 1))]
    apart = {}
    for program, arrays in (neuron, [[2.0, -3, -3], [-1.0, -2, 1]]), (circuit, ties), (network, [x, target, *weights]):
        pairs = zip(gradients(Tensor, program, arrays), gradients(real, program, arrays), strict=True)
        apart[program.__name__] = max(np.abs(ours - theirs).max() for ours, theirs in pairs)
        print(f"{program.__name__}: its value and gradients differ by at most {apart[program.__name__]:.0e}")

    silent = written_between(Tensor)
    try:
        written_between(real)
    except tg.errors.ChangedAfterUseError as error:
        said = str(error)
    print(f"Written between the two passes: {silent:g} instead of 6, in silence. The real engine raises:\n{said}")

    steps = 300 if quick else 2000
    (losses, learned), (real_losses, _) = (learn(leaf, x, target, weights, steps) for leaf in (Tensor, real))
    finding = (
        f"A class, a walk and a table of eight gates bring two moons from a loss of {losses[0]:.2f} to "
        f"{losses[-1]:.3f}; the package's losses on the way are the same to {np.abs(losses - real_losses).max():.0e}."
    )
    print(finding)
    return {
        "finding": finding, "picture": draw(points, labels, learned, out), "apart": apart, "silent": silent,
        "said": said, "losses": losses, "real_losses": real_losses,
    }  # fmt: skip


def draw(points, labels, weights, out):
    figure, (plane,) = subplots(1, 1, (6.4, 4.2))
    x, y = np.meshgrid(np.linspace(-1.7, 2.7, 150), np.linspace(-1.2, 1.7, 150))
    w1, b1, w2, b2 = weights
    score = np.maximum(np.stack([x, y], -1) @ w1 + b1, 0) @ w2 + b2
    plane.contour(x, y, score[..., 1] - score[..., 0], [0], colors=BLACK)
    for label, colour, marker in (0, ORANGE, "o"), (1, BLUE, "^"):
        plane.scatter(*points[labels == label].T, 18, colour, marker=marker, label=f"class {label}")
    plane.set(title="Two moons, parted by the hundred lines", xlabel="$x_1$", ylabel="$x_2$")
    plane.legend(frameon=False, loc="upper left")
    return save(figure, out, "moons.png")


if __name__ == "__main__":
    run(*arguments(__doc__))
