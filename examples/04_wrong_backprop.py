"""04: which two mistakes make a backward pass wrong though every rule in it is right?

The first is the order. `b = a + a; c = b + b` has dc/da = 4, and the obvious recursion, "add what I have to each
input's gradient, then go on from there", finds 6: it leaves b before all that comes back to b has arrived, and comes
again. Newest gate first is right, and visits each gate once. The second is memory: `backward()` adds to `.grad`, so
without `zero_grad()` every step also takes all the steps before it again.
(Saitoh, "Deep Learning from Scratch 3", steps 13 to 16, on both.)

    python examples/04_wrong_backprop.py [--quick] [--out DIR]
"""

import numpy as np
from _common import BLACK, BLUE, ORANGE, arguments, lines, save

import tinygrad_edu as tg
from tinygrad_edu.viz.plots import subplots


class Node:
    """A sum of its inputs: `add` hands the upstream gradient on to each, so there is no rule to get wrong."""

    def __init__(self, *inputs):
        self.inputs, self.grad, self.visits = inputs, 0, 0


def doubled(depth):
    """The nodes of x -> x + x, so many times, oldest first; the last has the gradient 1."""
    nodes = [Node()]
    for _ in range(depth):
        nodes.append(Node(nodes[-1], nodes[-1]))
    nodes[-1].grad = 1
    return nodes


def recursion(node):
    """Wrong: goes on from an input while more is still to come back to it."""
    node.visits += 1
    for x in node.inputs:
        x.grad += node.grad
        recursion(x)


def newest_first(nodes):
    """Right: whatever was made from a node is newer, and has spoken before it."""
    for node in reversed(nodes):
        node.visits += 1
        for x in node.inputs:
            x.grad += node.grad


def compared(depth):
    """The gradient of the first node by recursion and newest first, and how many visits each of them takes."""
    wrong, right = doubled(depth), doubled(depth)
    recursion(wrong[-1])
    newest_first(right)
    return wrong[0].grad, right[0].grad, sum(node.visits for node in wrong), sum(node.visits for node in right)


def quadruple(a):
    b = a + a
    c = b + b
    return c


def loss_of(w):
    """The mean squared error of y = w x at four points, where y = 2 x is true."""
    x = tg.tensor([-1.0, -0.5, 0.5, 1.0])
    return ((w * x - 2 * x) ** 2).mean()


def fitted(steps, forget):
    """w, step by step, from -1; with `forget`, nobody calls zero_grad()."""
    w = tg.tensor(-1.0, requires_grad=True)
    optimizer, path = tg.optim.SGD([w], lr=0.1), []
    for _ in range(steps):
        path.append(w.item())
        loss_of(w).backward()
        optimizer.step()
        if not forget:
            optimizer.zero_grad()
    return np.array(path)


def run(quick, out):
    deepest, steps = (8, 60) if quick else (10, 120)
    rows = np.array([compared(depth) for depth in range(1, deepest + 1)])
    right, wrong = fitted(steps, forget=False), fitted(steps, forget=True)

    order = tg.explain(quadruple, 3.0)
    w = tg.tensor(-1.0, requires_grad=True, name="w")
    first = tg.explain(loss_of, w)
    loss_of(w).backward()
    second = tg.explain(loss_of, w)  # the gradient of that backward() is still there
    told = str(first.diff(second))
    print(f"{order}\n\nThe second backward pass without zero_grad() in between:\n{told}\n")
    print("Step through both:", order.save(out / "order.html"), second.save(out / "forgotten.html"))
    swing = f"{wrong[-20:].min():.1f} to {wrong[-20:].max():.1f}"
    finding = (
        f"On b = a + a; c = b + b recursion finds {rows[1, 0]}, newest first {rows[1, 1]}; {deepest} doublings deep "
        f"{rows[-1, 0]:,} after {rows[-1, 2]:,} visits, newest first {rows[-1, 1]:,} after {rows[-1, 3]}. With "
        f"zero_grad() w ends at {right[-1]:.3f} of 2; without, it still swings from {swing}."
    )
    found = {"rows": rows, "order": order, "told": told, "right": right, "wrong": wrong}
    return found | {"finding": finding, "picture": draw(rows, right, wrong, out)}


def draw(rows, right, wrong, out):
    figure, (first, second) = subplots(1, 2)
    lines(first, {"newest first, and true": rows[:, 1], "recursion": rows[:, 0]}, yscale="log")
    first.set(title="The order: x + x, again and again", xlabel="doublings", ylabel="gradient of the first x")
    second.plot(right, color=BLUE, label="zero_grad() after each step")
    second.plot(wrong, "--", color=ORANGE, label="zero_grad() forgotten")
    second.axhline(2, color=BLACK, linewidth=1, linestyle=":", label="the true w")
    second.set(title="The memory: fitting y = 2 x", xlabel="step", ylabel="w", ylim=(-1.5, 7.8))
    second.legend(frameon=False, fontsize=9)
    return save(figure, out, "wrong_backprop.png")


if __name__ == "__main__":
    print(run(*arguments(__doc__))["finding"])
