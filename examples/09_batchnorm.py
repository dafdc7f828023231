"""09: what does a normalization average over, and why does BatchNorm make training so much easier?

Five layers of 100 ReLUs, from sixteen scales of the first weights, with and without BatchNorm. Then what it costs: a
sample's output depends on its companions, so that train and eval differ, and a batch of one is refused. Its backward
pass as a graph; and beside it the norms that do not look at the batch. (Saitoh, "Deep Learning from Scratch", chapter
6.3; CS231n's notes, "Neural Networks Part 2"; Ioffe and Szegedy 2015; Wu and He, "Group normalization", 2018.)

    python examples/09_batchnorm.py [--quick] [--out DIR]
"""

import numpy as np
from _common import arguments, digits
from pictures import batchnorm as pictures

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim, viz
from tinygrad_edu.errors import NonFiniteError, ShapeError
from tinygrad_edu.nn.functional import batch_norm, cross_entropy
from tinygrad_edu.training import fit


def network(scale, normalize):
    """784-100-100-100-100-100-10, its weights from N(0, scale^2)."""
    tg.manual_seed(0)
    layers = [nn.Flatten()]
    for inputs in (784, 100, 100, 100, 100):
        # a small eps: variances here are as small as 1e-8, and eps must not hide them
        norm = [nn.BatchNorm1d(100, eps=1e-7)] if normalize else []
        layers += [nn.Linear(inputs, 100), *norm, nn.ReLU()]
    net = nn.Sequential(*layers, nn.Linear(100, 10))
    for layer in net:
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, 0, scale)
            nn.init.zeros_(layer.bias)
    return net


@np.errstate(all="ignore")
def train(net, epochs):
    """The share of 1,000 digits that it learns to read, epoch by epoch; [0] if it explodes."""
    batches = data.DataLoader(digits(1000), 100, shuffle=True, generator=0)
    optimizer = optim.SGD(net.parameters(), 0.1)
    try:
        return fit(net, cross_entropy, optimizer, batches, epochs=epochs, progress=False)["accuracy"]
    except NonFiniteError:
        return [0.0]


@tg.no_grad()
def companions(net, training):
    """How much the scores of one digit vary with its companions (std of 40 draws), by the size of the batch."""
    images, _ = digits(1000).tensors
    net.train(training)
    spread = {}
    for size in (2, 4, 8, 16, 32, 64, 128):
        rng = np.random.default_rng(0)
        draws = [net(images[[0, *rng.integers(1, len(images), size - 1)]])[0].numpy() for _ in range(40)]
        spread[size] = float(np.std(draws, axis=0).mean())
    return spread


def batch_of_one(net):
    """What BatchNorm says to a single digit in training; LayerNorm takes it."""
    one, _ = digits(1).tensors
    assert nn.LayerNorm(784)(one.flatten(1)).shape == (1, 784)
    try:
        net.train()(one)
    except ShapeError as refused:
        return str(refused)


def backward_pass(out):
    """BatchNorm taken apart, with the gradient on each wire; and how far Ioffe and Szegedy's formula is from it."""
    tg.manual_seed(0)
    x, g = tg.randn(4, 1, dtype=tg.float64), tg.randn(4, 1, dtype=tg.float64)
    x.requires_grad_().name = "x"
    y = batch_norm(x, None, None, training=True, eps=1e-5)
    print("BatchNorm, taken apart:", viz.save(viz.record(y, g, expand=True), out / "backward.svg"))
    y.backward(g)
    g, y, std = g.numpy(), y.numpy(), np.sqrt(x.numpy().var() + 1e-5)
    return float(np.abs(x.grad.numpy() - (g - g.mean() - y * (g * y).mean()) / std).max())


def averaged_over():
    """For each norm, which of 4 samples x 6 channels x 9 pixels the output at one place depends on: its gradient."""
    found = {}
    for norm in (nn.BatchNorm2d(6), nn.LayerNorm([6, 3, 3]), nn.GroupNorm(2, 6), nn.InstanceNorm2d(6)):
        x = tg.randn(4, 6, 3, 3, requires_grad=True)
        norm(x)[1, 2, 1, 1].backward()
        found[type(norm).__name__] = x.grad.numpy() != 0
    return found


def run(quick, out):
    scales, epochs = (np.logspace(0, -4, 4), 8) if quick else (np.logspace(0, -4, 16), 15)
    nets = {float(scale): network(scale, True) for scale in scales}
    normalized = {scale: train(net, epochs) for scale, net in nets.items()}
    plain = {scale: train(network(scale, False), epochs) for scale in nets}

    learnt = nets[max(nets, key=lambda scale: normalized[scale][-1])]
    training, evaluating = companions(learnt, True), companions(learnt, False)
    refused, error, averages = batch_of_one(learnt), backward_pass(out), averaged_over()
    print(f"A batch of one: {refused}\nIoffe and Szegedy's formula for the gradient is off by {error:.0e}.")
    print(f"A digit's scores vary by {training[2]:.2f} in batches of two, and by {evaluating[2]:.0e} in eval.")
    print("Averaged over:", {name: int(used.sum()) for name, used in averages.items()})

    pictures.companions(training, evaluating, out)
    pictures.averages(averages, out)
    good = [sum(right[-1] > 0.5 for right in runs.values()) for runs in (normalized, plain)]
    finding = (
        f"Of {len(scales)} scales of the first weights, 1 to 0.0001, a net with BatchNorm learns from {good[0]}, one "
        f"without from {good[1]}: more than half of 1,000 digits right in {epochs} epochs."
    )
    found = {"with": normalized, "without": plain, "train": training, "eval": evaluating, "refused": refused}
    found |= {"formula": error, "averages": averages, "finding": finding}
    return found | {"picture": pictures.scales(normalized, plain, out)}


if __name__ == "__main__":
    print(run(*arguments(__doc__))["finding"])
