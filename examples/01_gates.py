"""01: what does each gate do to the gradient that arrives at it?

A distributor hands it on, a switcher multiplies it by the other input, a router sends it to the winner, a slope
multiplies it by the slope here: always local times upstream. Then vectors: the local gradient becomes a matrix of all
outputs by all inputs, the Jacobian, and no engine ever forms it.
(CS231n's notes, "Backpropagation, Intuitions"; Saitoh, "Deep Learning from Scratch", chapter 5.)

    python examples/01_gates.py [--quick] [--out DIR]
"""

import numpy as np
from _common import BLUE, RED, arguments, save

import tinygrad_edu as tg
from tinygrad_edu.viz.plots import subplots


def product(x, y, z):
    return (x + y) * z


def router(x, y, z, w):
    return 2 * (x * y + tg.maximum(z, w))


def neuron(w0, x0, w1, x1, w2):
    return tg.sigmoid(w0 * x0 + w1 * x1 + w2)


def explained():
    """Each of the books' circuits, gate by gate; the neuron twice: its sigmoid as one gate, and taken apart."""
    weights = {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": -2.0, "w2": -3.0}
    return {
        "(x + y) z": tg.explain(product, -2.0, 5.0, -4.0),
        "2 (x y + max(z, w))": tg.explain(router, 3.0, -4.0, 2.0, -1.0),
        "neuron": tg.explain(neuron, **weights),
        "neuron, taken apart": tg.explain(neuron, **weights, expand=True),
    }


def gradients(explanation):
    """By name, what arrived at each leaf."""
    return {node.name: node.gradient.full for node in explanation.record.nodes if node.role == "leaf"}


def steps(explanation):
    """Of every edge what sent a gradient back: the kind of its gate, upstream, local gradient, and their product."""
    record = explanation.record
    return [
        (record.nodes[edge.target].kind, edge.upstream.full, edge.local_value.full, edge.contribution.full)
        for edge in record.edges
        if edge.contribution is not None
    ]


def jacobians():
    """Of exp(x) and of x @ w, where x is 4 × 3 and w is 3 × 5; and how far g @ w.T is from g times the second."""
    rng = np.random.default_rng(0)
    x, w = tg.tensor(rng.standard_normal((4, 3)), requires_grad=True, name="x"), rng.standard_normal((3, 5))
    exp = tg.explain(x.exp().sum()).jacobian(2).matrices["x"]
    matmul = tg.explain((x @ w).sum()).jacobian(2).matrices["x"]
    g = rng.standard_normal((4, 5))
    return np.diag(exp.ravel()), matmul, np.abs((g.ravel() @ matmul).reshape(4, 3) - g @ w.T).max()


def costs(batch=64):
    """Bytes, in float32, of a layer's Jacobian by its input, and of all that `g @ w.T` reads and writes instead."""
    widths = 2 ** np.arange(5, 13)
    return widths, 4.0 * (batch * widths) ** 2, 4.0 * (2 * batch * widths + widths**2)


def run(quick, out):
    circuits = explained()
    for name, circuit in circuits.items():
        print(f"{name}\n\n{circuit}\n")
    page = circuits["neuron, taken apart"].save(out / "neuron.html")
    exp, matmul, formed = jacobians()
    widths, whole, rule = costs()
    finding = (
        f"Local times upstream is every one of {sum(len(steps(c)) for c in circuits.values())} steps. The Jacobian of "
        f"exp is a diagonal, that of x @ w is not; in a layer of {widths[-1]} units it would take "
        f"{whole[-1] / 1e9:.0f} GB for 64 inputs, and g @ w.T does with {rule[-1] / 1e9:.2f}."
    )
    print(f"Step through the neuron: {page}\n{finding}")
    return {
        "finding": finding, "picture": draw(exp, matmul, costs(), out), "page": page.name,
        "gradients": {name: gradients(c) for name, c in circuits.items()},
        "steps": {name: steps(c) for name, c in circuits.items()},
        "exp": exp, "matmul": matmul, "formed": formed, "saved": whole / rule,
    }  # fmt: skip


def draw(exp, matmul, sizes, out):
    figure, (first, second, third) = subplots(1, 3, (4.2, 3.8))
    for ax, matrix, name in (first, exp, "exp(x): a diagonal"), (second, matmul, "x @ w: blocks"):
        limit = np.abs(matrix).max()
        image = ax.imshow(matrix, cmap="PuOr", vmin=-limit, vmax=limit)
        ax.set(title=f"The Jacobian of {name}", xlabel="element of x", ylabel="element of the output")
        ax.yaxis.get_major_locator().set_params(integer=True)
        ax.grid(False)
        figure.colorbar(image, ax=ax, shrink=0.8, label="local gradient")
    widths, whole, rule = sizes
    third.loglog(widths, whole / 1e6, "s--", color=RED, label="the Jacobian")
    third.loglog(widths, rule / 1e6, "o-", color=BLUE, label="g, w and g @ w.T")
    third.set(title="Why nobody forms it", xlabel="units of a layer, for 64 inputs", ylabel="memory (MB)")
    third.legend(frameon=False)
    return save(figure, out, "jacobians.png")


if __name__ == "__main__":
    run(*arguments(__doc__))
