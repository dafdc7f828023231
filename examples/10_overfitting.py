"""10: when does a network learn its examples by heart, and what helps?

Ten points near the line y = 2x: a polynomial of degree nine meets them all, and knows nothing. Then 300 digits: a
network reads all of them, its loss on others falls and rises again, and seven remedies try to hold it. (Nielsen,
"Neural Networks and Deep Learning", chapter 3; CS231n's notes, "Setting up the Data and the Loss"; Saitoh, chapter 6.)

    python examples/10_overfitting.py [--quick] [--out DIR]
"""

import numpy as np
from _common import arguments, digits
from pictures import overfitting as pictures

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim
from tinygrad_edu.nn.functional import cross_entropy
from tinygrad_edu.training import Callback, EarlyStopping, evaluate, fit

REMEDIES = ("nothing", "L2", "L1", "max-norm", "dropout", "DropConnect", "early stopping", "augmentation")
WIDEST = 0.7  # the norm that max-norm allows the weights of a unit


def curve(x, y, degree, penalty=0.0):
    """The polynomial of least squares, with a penalty on its squared coefficients, as a function."""

    def powers(t):
        return (tg.tensor(t) / 2.5 - 1) ** tg.arange(degree + 1)

    ridge = penalty**0.5 * tg.eye(degree + 1, dtype="float64")  # more equations: each coefficient is to be 0
    a, b = tg.cat([powers(x), ridge]), tg.cat([tg.tensor(y), tg.zeros(degree + 1, 1, dtype="float64")])
    weights = tg.linalg.lstsq(a, b).solution
    return lambda t: np.asarray(powers(t) @ weights)[:, 0]


class MaxNorm(Callback):
    """After every step: no hidden unit's weights longer than WIDEST."""

    def on_batch_end(self, run):
        nn.utils.max_norm_(run.model[1].weight, WIDEST)


def train(remedy, epochs, watched, unseen):
    """784-50-10 on 300 digits: the hidden weights, the history, and in the end loss and accuracy on unseen digits."""
    tg.manual_seed(0)
    hidden, images = nn.Linear(784, 50), digits(300)
    first = nn.DropConnect(hidden) if remedy == "DropConnect" else hidden
    drop = nn.Dropout(0.5 if remedy == "dropout" else 0)
    net = nn.Sequential(nn.Flatten(), first, nn.ReLU(), drop, nn.Linear(50, 10))
    if remedy == "augmentation":  # every time another digit: turned, moved, scaled, bent
        change = data.RandomAffine(10, translate=(0.05, 0.05), scale=(0.9, 1.1), alpha=20, sigma=4)
        images = data.Transformed(images, change)
    penalty = {"L2": lambda: optim.l2_penalty(net, 0.01), "L1": lambda: optim.l1_penalty(net, 0.001)}.get(remedy)
    callbacks = {"max-norm": [MaxNorm()], "early stopping": [EarlyStopping(patience=5)]}.get(remedy, [])

    def loss(outputs, labels):
        """Cross-entropy; while the network learns, with the penalty."""
        plain = cross_entropy(outputs, labels)
        return plain + penalty() if penalty and net.training else plain

    batches, optimizer = data.DataLoader(images, 10, shuffle=True), optim.SGD(net.parameters(), lr=0.1, momentum=0.5)
    history = fit(net, loss, optimizer, batches, epochs=epochs, validation=watched, callbacks=callbacks, progress=False)
    return hidden.weight.numpy(), history, evaluate(net, cross_entropy, unseen)


def run(quick, out):
    x, y = (np.asarray(t, float) for t in data.ten_points(noise=0.5, generator=1).tensors)
    between = np.linspace(0.5, 5, 200)[:, None]
    curves = {"degree one": curve(x, y, 1), "degree nine": curve(x, y, 9)}
    curves["degree nine, with L2"] = curve(x, y, 9, penalty=0.01)
    misses = {name: float(abs(f(x) - y[:, 0]).max()) for name, f in curves.items()}
    strays = {name: float(abs(f(between) - 2 * between[:, 0]).max()) for name, f in curves.items()}

    n, most = (500, 40) if quick else (2000, 150)
    watched = data.DataLoader(data.Subset(data.digits(), range(300, 300 + n)), 500)  # by these early stopping decides
    unseen = data.DataLoader(digits(n, train=False), 500)
    trained = {remedy: train(remedy, most, watched, unseen) for remedy in REMEDIES}
    weights = {remedy: hidden for remedy, (hidden, _, _) in trained.items()}
    epochs = {remedy: len(history) for remedy, (_, history, _) in trained.items()}
    losses = {remedy: end["loss"] for remedy, (_, _, end) in trained.items()}
    right = {remedy: 100 * end["accuracy"] for remedy, (_, _, end) in trained.items()}
    spread = {remedy: float(w.std()) for remedy, w in weights.items()}
    tiny = {remedy: float(np.mean(abs(w) < 0.003)) for remedy, w in weights.items()}
    for remedy in REMEDIES:
        print(f"{remedy:15} loss {losses[remedy]:.2f}, {right[remedy]:.1f} % right after", end=" ")
        print(f"{epochs[remedy]:3} epochs, {100 * tiny[remedy]:2.0f} % of weights near 0, std {spread[remedy]:.3f}")

    history = trained["nothing"][1]
    turned = (min(history["val_loss"]), history["val_loss"][-1])
    finding = (
        f"Degree nine meets all ten points and is {strays['degree nine']:.1f} off y = 2x between them, degree one "
        f"{strays['degree one']:.1f}. A network learns its 300 digits by heart, and its loss on others rises from "
        f"{turned[0]:.2f} to {turned[1]:.2f}. On unseen ones it is {losses['nothing']:.2f}, {losses['L2']:.2f} with "
        f"L2, {losses['early stopping']:.2f} stopped early, {losses['augmentation']:.2f} with augmentation, and "
        f"{losses['dropout']:.2f} with dropout."
    )
    print(finding)
    return {
        "misses": misses,
        "strays": strays,
        "learned": history["accuracy"][-1],
        "turned": turned,
        "losses": losses,
        "right": right,
        "epochs": epochs,
        "nearly_zero": tiny,
        "spread": spread,
        "longest": float(np.linalg.norm(weights["max-norm"], axis=1).max()),
        "finding": finding,
        "picture": pictures.draw((x, y), curves, history, losses, right, weights, out),
    }


if __name__ == "__main__":
    run(*arguments(__doc__))
