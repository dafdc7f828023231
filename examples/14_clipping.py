"""14: why does one step throw a recurrent net away, and what does it help to shorten that step?

The same weights are used at every time step, so a gradient is multiplied by them once for each step back: it shrinks or
explodes. Seen from above, the loss has a cliff: flat land, a wall, and on the wall a gradient that hurls the weights
across the map. Clipping keeps its direction and bounds its length. (Pascanu, Mikolov and Bengio, "On the difficulty of
training recurrent neural networks", 2013; Saitoh, "Deep Learning from Scratch 2", chapter 6.)

    python examples/14_clipping.py [--quick] [--out DIR]
"""

import numpy as np
from _common import BLACK, BLUE, ORANGE, arguments, save

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.viz.plots import subplots

STEPS_BACK, NO_CLIPPING = 50, np.inf
STYLE = {NO_CLIPPING: ("without", ORANGE, "o--"), 1.0: ("clipped to norm 1", BLUE, "s-")}


def one_unit(w, b):
    """h = sigmoid(w h + b), 50 times over: how far it ends from 0.7, squared."""
    h = 0.5
    for _ in range(STEPS_BACK):
        h = tg.sigmoid(w * h + b)
    return (h - 0.7) ** 2


def descend(max_norm, steps=150):
    """Every place (w, b) on the way down from one start, and the norm of the gradient found there."""
    p = tg.tensor(np.array([5.2, -2.3]), requires_grad=True)
    optimizer = tg.optim.SGD([p], lr=0.2)
    path, norms = [p.tolist()], []
    for _ in range(steps):
        optimizer.zero_grad()
        one_unit(p[0], p[1]).backward()
        norms.append(nn.utils.clip_grad_norm_(p, max_norm).item())
        optimizer.step()
        path.append(p.tolist())
    return np.array(path), np.array(norms)


class Recurrent(nn.Module):
    """32 units that begin by handing on what they have: W = 1 (Le, Jaitly and Hinton, 2015)."""

    def __init__(self):
        super().__init__()
        self.rnn, self.out = nn.RNN(1, 32, nonlinearity="relu"), nn.Linear(32, 1)
        nn.init.eye_(self.rnn.weight_hh_l0)

    def forward(self, x):
        states, _ = self.rnn(x)
        return self.out(states[-1])


def learn_to_add(max_norm, steps):
    """The sum of 60 numbers in a row; at each step the loss, and the gradient's norm before it was clipped."""
    tg.manual_seed(1)
    net, seen = Recurrent(), []
    optimizer = tg.optim.SGD(net.parameters(), lr=0.01)
    for _ in range(steps):
        x = 2 * tg.rand(60, 20, 1) - 1
        loss = nn.functional.mse_loss(net(x), x.sum(0) / 60**0.5)
        optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(net.parameters(), max_norm)
        optimizer.step()
        seen.append((loss.item(), norm.item()))
        if not np.isfinite(loss.item()):
            break
    return np.array(seen).T


def run(quick, out):
    cliff = {max_norm: descend(max_norm) for max_norm in STYLE}
    with np.errstate(over="ignore", invalid="ignore"):  # the one without clipping overflows
        sums = {max_norm: learn_to_add(max_norm, 300 if quick else 2000) for max_norm in STYLE}
    ends = [one_unit(*path[-1]).item() for path, _ in cliff.values()]
    jumps = [np.linalg.norm(np.diff(path, axis=0), axis=1).max() for path, _ in cliff.values()]
    survived, (losses, norms) = len(sums[NO_CLIPPING][0]) - 1, sums[1.0]
    finding = (
        f"On the cliff a gradient of norm {cliff[NO_CLIPPING][1].max():.0f} throws the weights {jumps[0]:.1f} away, to "
        f"a loss of {ends[0]:.2f}; clipped to norm 1, no step is longer than {jumps[1]:.1f}, and the loss ends at "
        f"{ends[1]:.0e}. A network that adds 60 numbers is nan after {survived} step (its gradient: {norms[0]:.0f}); "
        f"clipped, its loss falls from {losses[0]:.0f} to {losses[-50:].mean():.2f}."
    )
    picture = draw(cliff, sums, out)
    return {"cliff": cliff, "sums": sums, "ends": ends, "jumps": jumps, "picture": picture, "finding": finding}


def draw(cliff, sums, out):
    """The cliff from above, the gradients on both ways, and the network that adds."""
    figure, (above, steep, adding, losses) = subplots(2, 2, (5.4, 4.0))
    w, b = np.meshgrid(np.linspace(3.4, 9, 300), np.linspace(-3.2, 5.4, 300))
    height = above.contourf(w, b, np.asarray(one_unit(tg.tensor(w), tg.tensor(b))), 20, cmap="cividis")
    figure.colorbar(height, ax=above, label="loss")
    for max_norm, (label, color, line) in STYLE.items():
        (path, norms), (loss, total) = cliff[max_norm], sums[max_norm]
        above.plot(*path.T, line, color=color, markersize=2, linewidth=1, label=label)
        steep.semilogy(norms, line[1:], color=color, label=label)
        once = {"markersize": 9, "zorder": 3} if max_norm is NO_CLIPPING else {"markersize": 2, "linewidth": 0.7}
        adding.semilogy(total, line, color=color, label=label, **once)
        losses.semilogy(loss, line, color=color, label=label, **once)
    above.set(title="One unit, 50 times: off the cliff, or down along it", xlabel="weight w", ylabel="bias b")
    above.plot(5.2, -2.3, "*", color="white", markeredgecolor=BLACK, markersize=12, label="start")
    steep.set(title="One unit: the gradient, before clipping", xlabel="step", ylabel="norm", ylim=(1e-3, 200))
    adding.set(title="Sum of 60 numbers: the gradient, before clipping", xlabel="step", ylabel="norm")
    losses.set(title="Sum of 60 numbers: nan after one step, or learned", xlabel="step", ylabel="mean squared error")
    for axes in (above, steep, adding, losses):
        axes.legend(frameon=axes is above, loc="upper left" if axes is above else "upper right")
    for axes in (steep, adding):
        axes.axhline(1, color=BLACK, linewidth=1, linestyle=":")
    return save(figure, out, "clipping.png")


if __name__ == "__main__":
    print(run(*arguments(__doc__))["finding"])
