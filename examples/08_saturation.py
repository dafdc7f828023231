"""08: a neuron that is badly wrong: why does it learn so slowly, and how does another cost help?

One sigmoid with one input 1 is to say 0. With the quadratic cost (a - y)^2 / 2 the gradient is (a - y) s'(z): where
the sigmoid is flat there is none, and the worse the answer, the flatter. The cross-entropy's is a - y: s'(z) has
cancelled. So has it for a quadratic cost of a linear neuron. The same on digits, from weights that are too large.
(Nielsen, "Neural Networks and Deep Learning", chapter 3, "The cross-entropy cost function".)

    python examples/08_saturation.py [--quick] [--out DIR]
"""

import numpy as np
from _common import BLUE, GREEN, ORANGE, arguments, save

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim
from tinygrad_edu.nn.functional import binary_cross_entropy, mse_loss, one_hot
from tinygrad_edu.training import Accuracy, fit
from tinygrad_edu.viz.plots import subplots

STYLES = {"quadratic": (BLUE, "-"), "cross-entropy": (ORANGE, "--"), "quadratic, linear neuron": (GREEN, "-.")}


def quadratic(a, y):
    return mse_loss(a, y, reduction="sum") / 2 / len(y)


def cross_entropy(a, y):
    return binary_cross_entropy(a, y, reduction="sum") / len(y)


CASES = {
    "quadratic": (tg.sigmoid, quadratic),
    "cross-entropy": (tg.sigmoid, cross_entropy),
    "quadratic, linear neuron": (lambda z: z, quadratic),
}


def neuron(activation, cost, start, epochs=300, rate=0.15):
    """What a neuron that begins with w = b = start answers, epoch by epoch."""
    w, b = (tg.tensor(start, dtype=tg.float64, requires_grad=True) for _ in range(2))
    optimizer, answers = optim.SGD([w, b], rate), []
    for _ in range(epochs):
        a = activation(w * tg.ones(1, dtype=tg.float64) + b)
        optimizer.zero_grad()
        cost(a, tg.zeros(1, dtype=tg.float64)).backward()
        optimizer.step()
        answers.append(a.item())
    return answers


def slopes(activation, cost):
    """dC/dz from z = -6 to 6, where the right answer is 0."""
    z = tg.linspace(-6, 6, 121, dtype=tg.float64).requires_grad_()
    (cost(activation(z), tg.zeros(121, dtype=tg.float64)) * 121).backward()  # a sum: each z by itself
    return z.numpy(), z.grad.numpy()


def digits(cost, n, epochs):
    """784-30-10 sigmoids, all weights from N(0, 1): the accuracy on other digits, epoch by epoch."""
    tg.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 30), nn.Sigmoid(), nn.Linear(30, 10), nn.Sigmoid())
    for p in net.parameters():
        nn.init.normal_(p)
    images = data.DataLoader(data.Subset(data.digits(), range(n)), 10, shuffle=True, generator=0)
    history = fit(
        net, lambda a, y: cost(a, one_hot(y, 10).float()), optim.SGD(net.parameters(), 0.25), images,
        epochs=epochs, validation=data.DataLoader(data.digits(train=False), 2000), metrics=[Accuracy()], progress=False,
    )  # fmt: skip
    return history["val_accuracy"]


def draw(panel, x, lines, **labels):
    for name, y in lines.items():
        color, style = STYLES[name]
        panel.plot(x, y, style, color=color, linewidth=2, label=name)
    panel.set(**labels)
    panel.legend(frameon=False, fontsize=9)


def run(quick, out):
    good, bad = ({name: neuron(*case, start) for name, case in CASES.items()} for start in (0.6, 2.0))
    steep = {name: slopes(*case) for name, case in CASES.items()}
    n, epochs = (1000, 6) if quick else (10_000, 10)
    read = {name: digits(cost, n, epochs) for name, (_, cost) in list(CASES.items())[:2]}

    figure, (first, second, third, fourth) = subplots(2, 2)
    time = range(1, 301)
    draw(first, time, good, title="begins at w = b = 0.6: all learn", xlabel="epoch")
    draw(second, time, bad, title="begins at 2: the quadratic cost hardly moves", xlabel="epoch")
    for panel in (first, second):
        panel.set(ylabel="answer (right: 0)", ylim=(-0.05, 1.3))
    z = next(iter(steep.values()))[0]
    draw(third, z, {name: g for name, (_, g) in steep.items()}, title="the gradient, where 0 would be right")
    third.set(xlabel="z", ylabel="dC/dz", ylim=(-1.2, 2.2))
    lines = {name: np.multiply(100, values) for name, values in read.items()}
    draw(fourth, range(1, epochs + 1), lines, title="digits, from weights of N(0, 1)", xlabel="epoch")
    fourth.set(ylabel="accuracy in %", ylim=(0, 100))
    fourth.xaxis.get_major_locator().set_params(integer=True)
    picture = save(figure, out, "saturation.png")

    slow, fast, linear = (values[99] for values in bad.values())
    first_epoch = {name: values[0] for name, values in read.items()}
    print("Digits read right after the first epoch:", *(f"{name} {a:.0%}" for name, a in first_epoch.items()))
    return {
        "good": {name: values[-1] for name, values in good.items()},
        "bad": {name: values[99] for name, values in bad.items()},
        "slopes": steep,
        "digits": read,
        "picture": picture,
        "finding": (
            f"From a bad start, w = b = 2, the neuron that should say 0 says {slow:.2f} after 100 epochs of the "
            f"quadratic cost and {fast:.2f} of the cross-entropy; a linear one says {linear:.2f}."
        ),
    }


if __name__ == "__main__":
    print(run(*arguments(__doc__))["finding"])
