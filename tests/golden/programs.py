"""programs: what the golden files tell of, in float64 and with weights that no generator draws."""

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.nn import functional as F


def leaf(value, name=None):
    return tg.tensor(value, dtype=tg.float64, requires_grad=True, name=name)


def waves(*shape, size=1.0, start=0.0):
    """Numbers between -size and size that differ, the same on every machine."""
    return size * np.sin(start + 1.7 * np.arange(np.prod(shape))).reshape(shape)


def filled(network):
    network.double()
    with tg.no_grad():
        for i, p in enumerate(network.parameters()):
            p.copy_(tg.tensor(waves(*p.shape, size=0.3, start=i)))
    return network


def product(x, y, z):
    q = x + y
    f = q * z
    return f


def neuron(w0, x0, w1, x1, w2):
    dot = w0 * x0 + w1 * x1 + w2
    f = 1 / (1 + tg.exp(-dot))
    return f


class Perceptron(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(2, 3)
        self.scores = nn.Linear(3, 2)

    def forward(self, x):
        h = tg.tanh(self.hidden(x))
        return self.scores(h)


def perceptron(network, x):
    scores = network(x)
    loss = F.cross_entropy(scores, tg.tensor([0, 1]))
    return loss


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(256, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)
        )

    def forward(self, x):
        return self.classifier(self.features(x))


def lenet(network, x):
    loss = F.cross_entropy(network(x), tg.arange(8))
    return loss


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(2, 2, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(2)
        self.conv2 = nn.Conv2d(2, 2, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(2)

    def forward(self, x):
        h = tg.relu(self.norm1(self.conv1(x)))
        h = self.norm2(self.conv2(h))
        return tg.relu(x + h)


def residual(network, x):
    loss = (network(x) ** 2).mean()
    return loss


PROGRAMS = {
    "product": lambda: tg.explain(product, -2, 5, -4),
    "neuron": lambda: tg.explain(neuron, 2.0, -1.0, -3.0, -2.0, -3.0),
    "sigmoid": lambda: tg.explain(tg.sigmoid(leaf(-1.0, "x")), expand=True),
    "fork": lambda: tg.explain(
        lambda a, b: (a + b) * (a + b) * a, leaf([1.0, 2.0]), leaf([3.0, 4.0]), gradient=np.ones(2)
    ),
    "perceptron": lambda: tg.explain(perceptron, filled(Perceptron()), tg.tensor(waves(2, 2))),
    "perceptron_expanded": lambda: tg.explain(perceptron, filled(Perceptron()), tg.tensor(waves(2, 2)), expand=True),
    "lenet": lambda: tg.explain(lenet, filled(LeNet()), tg.tensor(waves(8, 1, 28, 28))),
    "residual": lambda: tg.explain(residual, filled(Block()), tg.tensor(waves(2, 2, 4, 4))),
}
