"""07: with which weights should a deep net begin, and which activation keeps it alive?

Each question is a function. (Saitoh, "Deep Learning from Scratch", 6.2; Nielsen, "Neural Networks and Deep Learning",
chapters 3 and 5; CS231n's notes, "Neural Networks Part 1" and "Part 2"; Glorot and Bengio, 2010.)

    python examples/07_activations.py [--quick] [--out DIR]
"""

import numpy as np
from _common import arguments, digits
from pictures import activations as pictures

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim, training
from tinygrad_edu.nn.functional import cross_entropy

STARTS = {
    "std 1": nn.init.normal_, "std 0.01": lambda w: nn.init.normal_(w, std=0.01),
    "Xavier": nn.init.xavier_normal_, "He": nn.init.kaiming_normal_,
}  # fmt: skip


def network(activation, widths, start):
    """Hidden layers of these widths, and 10 scores; `start` writes each matrix of weights, biases are 0."""
    tg.manual_seed(0)
    net = nn.Sequential(nn.Flatten())
    for m, n in zip([784, *widths], widths, strict=False):
        net.extend([nn.Maxout(m, n)] if activation is nn.Maxout else [nn.Linear(m, n), activation()])
    net.append(nn.Linear(widths[-1], 10))
    for p in net.parameters():
        (start if p.ndim == 2 else nn.init.zeros_)(p)
    return net


def train(net, lr, n, epochs, batch=10):
    """The accuracy on 500 other digits after each epoch."""
    images = data.DataLoader(digits(n), batch, shuffle=True, generator=0)
    test, sgd = [digits(500, train=False).tensors], optim.SGD(net.parameters(), lr)
    return training.fit(net, cross_entropy, sgd, images, epochs=epochs, validation=test, progress=False)["val_accuracy"]


def slopes(net, n):
    """Which gradients arrive? dL/dW of each hidden layer, for n digits."""
    images, labels = digits(n).tensors
    weights = [p for p in net.parameters() if p.ndim == 2]
    return [g.numpy() for g in tg.autograd.grad(cross_entropy(net(images), labels), weights)][:-1]


def five_layers(activation, start):
    """What is left of N(0, 1) after five layers of 100 units? The outputs of each layer."""
    tg.manual_seed(0)
    x = [tg.randn(500, 100)]
    for _ in range(5):
        x.append(activation()(x[-1] @ start(tg.zeros(100, 100))))
    return [layer.numpy() for layer in x[1:]]


def beginnings():
    """How does learning begin? Accuracies from three starts; and how far the 30 units of the first end apart."""
    starts = {"all 0": nn.init.zeros_, "N(0, 1)": nn.init.normal_, "N(0, 1/n_in)": nn.init.nielsen_}
    nets = {name: network(nn.Sigmoid, [30], start) for name, start in starts.items()}
    accuracies = {name: train(net, 0.25, 1000, 5) for name, net in nets.items()}
    w = nets["all 0"][1].weight.numpy()
    return accuracies, np.ptp(w, axis=0).max() / np.abs(w).max()


def one_sign(activation):
    """Where may a gradient point? The share of units whose weights, for one digit, must all move the same way."""
    second = slopes(network(activation, [30, 30], nn.init.nielsen_), 1)[1]
    return np.mean((second >= 0).all(axis=1) | (second <= 0).all(axis=1))


def path(squash):
    """What does that cost? A neuron's two weights on their way to (1, -1), and how much longer it is than need be."""
    tg.manual_seed(0)
    goal, points = tg.tensor([1.0, -1.0]), [tg.zeros(2)]
    slope = tg.func.grad(lambda w, x: (w @ x - goal @ x) ** 2)
    for x in squash(tg.randn(150, 2)):
        points.append(points[-1] - 0.2 * slope(points[-1], x))
    points = np.array(points)
    return points, np.linalg.norm(np.diff(points, axis=0), axis=1).sum() / np.linalg.norm(points[-1])


def dead(activation, rate):
    """Who survives a large rate? The share of 100 units that no digit moves after 30 steps; and the accuracy."""
    net = network(activation, [100], STARTS["He"])
    accuracy = train(net, rate, 600, 1, batch=20)[-1]
    moved = slopes(net, 500)[0].reshape(100, -1).any(axis=1)  # a unit of Maxout has two rows
    return 1 - moved.mean(), accuracy


def run(quick, out):
    n, epochs = (1000, 5) if quick else (5000, 10)
    cases = (nn.Sigmoid, "Xavier"), (nn.Tanh, "Xavier"), (nn.ReLU, "He"), (nn.ReLU, "std 1")
    units = nn.ReLU, nn.LeakyReLU, nn.ELU, nn.SELU, nn.Maxout
    found = {
        "layers": {(f.__name__, s): five_layers(f, STARTS[s]) for f in (nn.Sigmoid, nn.Tanh, nn.ReLU) for s in STARTS},
        "begin": beginnings(),
        "gradients": {(f.__name__, s): slopes(network(f, [50] * 8, STARTS[s]), 200) for f, s in cases},
        "sigmoids": {d: train(network(nn.Sigmoid, [30] * d, STARTS["Xavier"]), 0.5, n, epochs)[-1] for d in (1, 3, 6)},
        "ReLUs": {d: train(network(nn.ReLU, [30] * d, STARTS["He"]), 0.1, n, epochs)[-1] for d in (1, 3, 6)},
        "width": {w: train(network(nn.ReLU, [w], STARTS["He"]), 0.1, n, epochs)[-1] for w in (5, 30, 100)},
        "one sign": {f.__name__: one_sign(f) for f in (nn.Sigmoid, nn.Tanh)},
        "paths": {f.__name__: path(f) for f in (tg.sigmoid, tg.tanh)},
        "dead": {f.__name__: {rate: dead(f, rate) for rate in (0.1, 0.4, 0.7)} for f in units},
    }
    print("Read after one epoch, by the start:", *(f"{s} {a[0]:.0%}" for s, a in found["begin"][0].items()), sep="  ")
    print("The way of two weights, as the crow flies 1:", *(f"{f} {far:.1f}" for f, (_, far) in found["paths"].items()))
    print("Units dead after 30 steps at 0.7:", *(f"{f} {at[0.7][0]:.0%}" for f, at in found["dead"].items()))
    std = {s: found["layers"]["ReLU", s][-1].std() for s in STARTS}
    found["finding"] = (
        f"After five layers of ReLUs the outputs' standard deviation is {std['std 0.01']:.0e}, {std['Xavier']:.2f} or "
        f"{std['He']:.2f}, as weights begin at 0.01, Xavier's or He's; six layers of ReLUs then read "
        f"{found['ReLUs'][6]:.0%} of the digits, six of sigmoids {found['sigmoids'][6]:.0%}."
    )
    return found | {"picture": pictures.draw(found, out)}


if __name__ == "__main__":
    print(run(*arguments(__doc__))["finding"])
