"""04: which two mistakes make a backward pass wrong though every rule in it is right?

The first is the order. `b = a + a; c = b + b` has dc/da = 4, and the obvious recursion, "add what I have to each
input's gradient, then go on from there", finds 6: it leaves b before all that comes back to b has arrived, and comes
again. Newest gate first is right, and visits each gate once. The second is memory: `backward()` adds to `.grad`, so
without `zero_grad()` every step also takes all the steps before it again.
(Saitoh, "Deep Learning from Scratch 3", steps 13 to 16, on both.)

    python examples/04_wrong_backprop.py [--quick] [--out DIR]
"""

import numpy as np
from _common import BLACK, BLUE, RED, arguments, save

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


def compared(depths):
    """For each depth the gradient of a by recursion, its true gradient, and how often each way visits a node."""
    rows = []
    for wrong, right in ((doubled(depth), doubled(depth)) for depth in depths):
        recursion(wrong[-1])
        newest_first(right)
        rows.append((wrong[0].grad, right[0].grad, sum(n.visits for n in wrong), sum(n.visits for n in right)))
    return np.array(rows)


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


def forgotten():
    """The same backward pass explained before the first `backward()`, and after it: its gradient is still there."""
    w = tg.tensor(-1.0, requires_grad=True, name="w")
    first = tg.explain(loss_of, w)
    loss_of(w).backward()
    return first, tg.explain(loss_of, w)


def run(quick, out):
    depths, steps = np.arange(1, 9 if quick else 11), 60 if quick else 120
    rows = compared(depths)
    ours = tg.explain(quadruple, 3.0)
    first, second = forgotten()
    pages = [ours.save(out / "order.html"), second.save(out / "forgotten.html")]
    difference = str(first.diff(second))
    print(f"{ours}\n\nThe second backward pass without zero_grad() in between:\n{difference}\n")
    right, wrong = fitted(steps, forget=False), fitted(steps, forget=True)
    finding = (
        f"On b = a + a; c = b + b recursion finds {rows[1, 0]}, newest first {rows[1, 1]}; {depths[-1]} doublings deep "
        f"{rows[-1, 0]:,} after {rows[-1, 2]:,} visits, newest first {rows[-1, 1]:,} after {rows[-1, 3]}. With "
        f"zero_grad() w ends at {right[-1]:.3f} of 2; without, it still swings from {wrong[-20:].min():.1f} to "
        f"{wrong[-20:].max():.1f}."
    )
    print(f"Step through both: {', '.join(map(str, pages))}\n{finding}")
    return {
        "finding": finding, "picture": draw(depths, rows, right, wrong, out), "pages": [page.name for page in pages],
        "rows": rows, "ours": ours.record.nodes[0].gradient.full, "right": right, "wrong": wrong,
        "difference": difference,
    }  # fmt: skip


def draw(depths, rows, right, wrong, out):
    figure, (first, second) = subplots(1, 2)
    first.semilogy(depths, rows[:, 0], "s--", color=RED, label="recursion")
    first.semilogy(depths, rows[:, 1], "o-", color=BLUE, label="newest first, and true")
    first.set(title="The order: x + x, again and again", xlabel="doublings", ylabel="gradient of the first x")
    second.plot(wrong, "--", color=RED, label="zero_grad() forgotten")
    second.plot(right, color=BLUE, label="zero_grad() after each step")
    second.axhline(2, color=BLACK, linewidth=1, linestyle=":", label="the true w")
    second.set(title="The memory: fitting y = 2 x", xlabel="step", ylabel="w", ylim=(-1.5, 7.8))
    for ax in (first, second):
        ax.legend(frameon=False)
    return save(figure, out, "wrong_backprop.png")


if __name__ == "__main__":
    run(*arguments(__doc__))
