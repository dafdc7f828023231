"""10: when does a network learn its examples by heart, and what helps?

Ten points near the line y = 2x: a polynomial of degree nine meets them all, and knows nothing. Then 300 digits: a
network reads all of them, its loss on others falls and rises again, and seven remedies try to hold it. (Nielsen,
"Neural Networks and Deep Learning", chapter 3; CS231n's notes, "Setting up the Data and the Loss"; Saitoh, chapter 6.)

    python examples/10_overfitting.py [--quick] [--out DIR]
"""

import numpy as np
from _common import BLACK, BLUE, GREEN, ORANGE, PINK, arguments, save

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim
from tinygrad_edu.nn.functional import cross_entropy
from tinygrad_edu.training import Callback, EarlyStopping, evaluate, fit
from tinygrad_edu.viz.plots import subplots

WIDEST = 0.7  # the norm that max-norm allows the weights of a unit
DEGREES = {1: ("degree one", BLUE, "--"), 9: ("degree nine", ORANGE, "-"), -9: ("degree nine, with L2", GREEN, "-.")}
REMEDIES = ("nothing", "L2", "L1", "max-norm", "dropout", "DropConnect", "early stopping", "augmentation")


def curve(x, y, degree, penalty=0.0):
    """The polynomial of least squares, with a penalty on its squared coefficients, as a function."""

    def powers(t):
        return (tg.tensor(t) / 2.5 - 1) ** tg.arange(degree + 1)

    ridge = penalty**0.5 * tg.eye(degree + 1, dtype="float64")  # more equations: each coefficient is to be 0
    a, b = tg.cat([powers(x), ridge]), tg.cat([tg.tensor(y), tg.zeros(degree + 1, 1, dtype="float64")])
    weights = tg.linalg.lstsq(a, b).solution
    return lambda t: np.asarray(powers(t) @ weights)[:, 0]


class MaxNorm(Callback):
    """After every step: no unit's weights longer than WIDEST."""

    def on_batch_end(self, run):
        nn.utils.max_norm_(run.model.hidden.weight, WIDEST)


class Reader(nn.Module):
    """784-50-10, with what is dropped from it while it learns."""

    def __init__(self, remedy):
        super().__init__()
        self.hidden, self.out = nn.Linear(784, 50), nn.Linear(50, 10)
        self.seen = nn.DropConnect(self.hidden) if remedy == "DropConnect" else self.hidden
        self.drop = nn.Dropout(0.5 if remedy == "dropout" else 0)

    def forward(self, images):
        return self.out(self.drop(self.seen(images.flatten(1)).relu()))


def train(remedy, epochs, digits, watched, unseen):
    """A network, its history beside the digits that are watched, and in the end loss and accuracy on unseen ones."""
    tg.manual_seed(0)
    net = Reader(remedy)
    penalty = {"L2": lambda: optim.l2_penalty(net, 0.01), "L1": lambda: optim.l1_penalty(net, 0.001)}.get(remedy)
    callbacks = {"max-norm": [MaxNorm()], "early stopping": [EarlyStopping(patience=5)]}.get(remedy, [])

    def loss(outputs, labels):
        plain = cross_entropy(outputs, labels)
        return plain + penalty() if penalty and net.training else plain

    if remedy == "augmentation":  # every time another digit: turned, moved, scaled, bent
        change = data.RandomAffine(10, translate=(0.05, 0.05), scale=(0.9, 1.1), alpha=20, sigma=4)
        digits = data.Transformed(digits, change)
    batches, optimizer = data.DataLoader(digits, 10, shuffle=True), optim.SGD(net.parameters(), lr=0.1, momentum=0.5)
    history = fit(net, loss, optimizer, batches, epochs=epochs, validation=watched, callbacks=callbacks, progress=False)
    return net, history, evaluate(net, cross_entropy, unseen)


def run(quick, out):
    x, y = (np.asarray(t, float) for t in data.ten_points(noise=0.5, generator=1).tensors)
    between = np.linspace(0.5, 5, 200)[:, None]
    curves = {1: curve(x, y, 1), 9: curve(x, y, 9), -9: curve(x, y, 9, penalty=0.01)}
    misses = {k: float(abs(f(x) - y[:, 0]).max()) for k, f in curves.items()}
    strays = {k: float(abs(f(between) - 2 * between[:, 0]).max()) for k, f in curves.items()}

    digits = data.TensorDataset(*data.digits().fetch(np.arange(300)))
    n = 500 if quick else 2000
    watched = data.DataLoader(data.Subset(data.digits(), range(300, 300 + n)), 500)  # by these early stopping decides
    unseen = data.DataLoader(data.Subset(data.digits(train=False), range(n)), 500)
    trained = {remedy: train(remedy, 40 if quick else 150, digits, watched, unseen) for remedy in REMEDIES}
    losses = {remedy: end["loss"] for remedy, (_, _, end) in trained.items()}
    right = {remedy: 100 * end["accuracy"] for remedy, (_, _, end) in trained.items()}
    weights = {remedy: net.hidden.weight.numpy().ravel() for remedy, (net, _, _) in trained.items()}
    history = trained["nothing"][1]
    for remedy in REMEDIES:
        epochs, tiny = len(trained[remedy][1]), 100 * np.mean(abs(weights[remedy]) < 0.003)
        print(f"{remedy:15} loss {losses[remedy]:.2f}, {right[remedy]:.1f} % right after {epochs:3} epochs, "
              f"{tiny:2.0f} % of the weights nearly 0")  # fmt: skip
    finding = (
        f"Degree nine meets all ten points and is {strays[9]:.1f} off y = 2x between them, degree one {strays[1]:.1f}. "
        f"A network learns its 300 digits by heart, and its loss on others rises from {min(history['val_loss']):.2f} "
        f"to {history['val_loss'][-1]:.2f}. On unseen ones it is {losses['nothing']:.2f}, {losses['L2']:.2f} with L2, "
        f"{losses['early stopping']:.2f} stopped early, {losses['augmentation']:.2f} with augmentation, and "
        f"{losses['dropout']:.2f} with dropout."
    )
    print(finding)
    return {
        "misses": misses,
        "strays": strays,
        "learned": history["accuracy"][-1],
        "turned": (min(history["val_loss"]), history["val_loss"][-1]),
        "losses": losses,
        "right": right,
        "nearly_zero": {remedy: float(np.mean(abs(w) < 0.003)) for remedy, w in weights.items()},
        "longest": float(np.linalg.norm(trained["max-norm"][0].hidden.weight.numpy(), axis=1).max()),
        "epochs": {remedy: len(each[1]) for remedy, each in trained.items()},
        "picture": draw(x, y, curves, history, losses, right, weights, out),
        "finding": finding,
    }


def draw(x, y, curves, history, losses, right, weights, out):
    """The ten points, the turn of the loss, what each remedy does to it, and what becomes of the weights."""
    figure, (points, turn, remedies, spread) = subplots(2, 2, (5.4, 3.9))
    t = np.linspace(0.4, 5.1, 300)[:, None]
    for k, (label, color, line) in DEGREES.items():
        points.plot(t, curves[k](t), color=color, linestyle=line, label=label)
    points.plot(x, y, "o", color=BLACK, label="ten points near y = 2x")
    points.set(title="Degree nine meets every point, and misses the line", xlabel="x", ylabel="y", ylim=(-3, 12))
    points.legend(frameon=False)

    for name, label, color, line in (("loss", "its 300", BLUE, "--"), ("val_loss", "others", ORANGE, "-")):
        turn.semilogy(history["epoch"], history[name], color=color, linestyle=line, label=label)
    turn.axhline(min(history["val_loss"]), color=BLACK, linestyle=":", linewidth=1, label="others, at its lowest")
    turn.set(title="300 digits, no remedy: learned by heart", xlabel="epoch", ylabel="cross-entropy (nats)")
    turn.legend(title="loss on", frameon=False)

    rows = np.arange(len(REMEDIES))[::-1]
    remedies.barh(rows, losses.values(), color=[ORANGE] + [BLUE] * (len(rows) - 1))
    for row, remedy in zip(rows, REMEDIES, strict=True):
        color = BLACK if remedy == "nothing" else "white"
        remedies.text(0.01, row, f"{right[remedy]:.1f} % right", color=color, va="center")
    remedies.axvline(losses["nothing"], color=ORANGE, linestyle=":")
    remedies.set(title="Unseen digits, at the end, with each remedy", xlabel="cross-entropy (nats)")
    remedies.set_yticks(rows, REMEDIES)

    ways = {"nothing": (ORANGE, "-"), "L2": (BLUE, "--"), "L1": (GREEN, "-."), "dropout": (PINK, ":")}
    for remedy, (color, line) in ways.items():
        bins = np.linspace(-0.12, 0.12, 61)
        spread.hist(weights[remedy], bins, histtype="step", log=True, color=color, linestyle=line, label=remedy, lw=1.6)
    spread.set(title="The weights of the hidden layer", xlabel="weight", ylabel="weights in a bin of 0.004")
    spread.legend(frameon=False)
    return save(figure, out, "overfitting.png")


if __name__ == "__main__":
    run(*arguments(__doc__))
