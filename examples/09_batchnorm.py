"""09: what does a normalization average over, and why does BatchNorm make training so much easier?

Five layers of 100 ReLUs, from sixteen scales of the first weights, with and without BatchNorm. Then what it costs: a
sample's output depends on its companions, so that train and eval differ, and a batch of one is refused. Its backward
pass as a graph; and beside it the norms that do not look at the batch. (Saitoh, "Deep Learning from Scratch", chapter
6.3; CS231n's notes, "Neural Networks Part 2"; Ioffe and Szegedy 2015; Wu and He, "Group normalization", 2018.)

    python examples/09_batchnorm.py [--quick] [--out DIR]
"""

from itertools import pairwise

import numpy as np
from _common import BLUE, ORANGE, arguments, save
from matplotlib.colors import ListedColormap

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim, viz
from tinygrad_edu.training import fit
from tinygrad_edu.viz.plots import subplots


def network(scale, normalize):
    """784-100-100-100-100-100-10, its weights from N(0, scale^2)."""
    tg.manual_seed(0)
    layers, sizes = [nn.Flatten()], [784, 100, 100, 100, 100, 100]
    for m, n in pairwise(sizes):
        # a small eps: variances here are as small as 1e-8, and eps must not hide them
        layers += [nn.Linear(m, n), *[nn.BatchNorm1d(n, eps=1e-7)] * normalize, nn.ReLU()]
    net = nn.Sequential(*layers, nn.Linear(100, 10))
    for layer in net:
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, 0, scale)
            nn.init.zeros_(layer.bias)
    return net


def train(net, images, epochs):
    """The share of training digits read right, epoch by epoch; none if it explodes."""
    batches = data.DataLoader(images, 100, shuffle=True, generator=0)
    optimizer = optim.SGD(net.parameters(), 0.1)
    try:
        with np.errstate(all="ignore"):
            return fit(net, nn.functional.cross_entropy, optimizer, batches, epochs=epochs, progress=False)["accuracy"]
    except tg.errors.NonFiniteError:
        return []


def draw_scales(with_norm, without):
    side = round(len(with_norm) ** 0.5)
    figure, panels = subplots(side, side, (2.4, 1.9))
    for panel, scale in zip(panels, with_norm, strict=True):
        for runs, color, style, label in ((with_norm, BLUE, "-", "with BatchNorm"), (without, ORANGE, "--", "without")):
            y = np.multiply(100, runs[scale])
            panel.plot(range(1, len(y) + 1), y, style, color=color, linewidth=2, label=label)
        if not without[scale]:
            panel.text(0.97, 0.06, "without: it explodes", ha="right", transform=panel.transAxes, fontsize=8)
        panel.set(title=f"weights of std {scale:.2g}", ylim=(0, 103))
        panel.title.set_fontsize(10)
    for panel in panels[::side]:
        panel.set_ylabel("right in %")
    for panel in panels[-side:]:
        panel.set_xlabel("epoch")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    return figure


def companions(net, images):
    """How much one digit's scores vary with its companions (std over draws), by size of the batch: train, then eval."""
    pixels, _ = images.fetch(np.arange(len(images)))
    found = {True: {}, False: {}}
    for mode, spread in found.items():
        net.train(mode)
        for size in (2, 4, 8, 16, 32, 64, 128):
            with tg.no_grad():
                rng = np.random.default_rng(0)
                draws = [net(pixels[[0, *rng.integers(1, len(images), size - 1)]])[0].numpy() for _ in range(40)]
            spread[size] = float(np.std(draws, axis=0).mean())
    return found[True], found[False]


def draw_companions(training, evaluating):
    figure, (panel,) = subplots(1, 1, (6.4, 3.6))
    panel.plot(list(training), list(training.values()), "o-", color=BLUE, label="train: its batch's mean and variance")
    panel.plot(list(evaluating), list(evaluating.values()), "s--", color=ORANGE, label="eval: the running ones")
    panel.set(title="one digit's scores depend on its companions", xlabel="size of the batch", xscale="log")
    panel.set(ylabel="standard deviation of a score")
    panel.set_xticks(list(training), list(training), minor=False)
    panel.minorticks_off()
    panel.legend(frameon=False)
    return figure


def batch_of_one(net, images):
    """What BatchNorm says to a single digit in training; LayerNorm takes it."""
    one, _ = images.fetch([0])
    assert nn.LayerNorm(784)(one.flatten(1)).shape == (1, 784)
    try:
        net.train()(one)
    except tg.errors.ShapeError as refused:
        return str(refused)


def backward_pass(out):
    """BatchNorm taken apart, with the gradient on each wire; and how far Ioffe and Szegedy's formula is from it."""
    tg.manual_seed(0)
    x, g = tg.randn(4, 1, dtype=tg.float64), tg.randn(4, 1, dtype=tg.float64)
    x.requires_grad_().name = "x"
    y = nn.functional.batch_norm(x, None, None, training=True, eps=1e-5)
    out.mkdir(parents=True, exist_ok=True)
    viz.save(viz.record(y, g, expand=True), out / "backward.svg")
    y.backward(g)
    g, y, std = g.numpy(), y.numpy(), np.sqrt(x.numpy().var() + 1e-5)
    return float(np.abs(x.grad.numpy() - (g - g.mean() - y * (g * y).mean()) / std).max())


def averaged_over():
    """For each norm, which of 4 samples x 6 channels x 9 pixels the output at one place depends on: its gradient."""
    found = {}
    for norm in (nn.BatchNorm2d(6), nn.LayerNorm([6, 3, 3]), nn.GroupNorm(2, 6), nn.InstanceNorm2d(6)):
        tg.manual_seed(0)
        x = tg.randn(4, 6, 3, 3, requires_grad=True)
        norm(x)[1, 2, 1, 1].backward()
        found[type(norm).__name__] = x.grad.numpy() != 0
    return found


def draw_averages(found):
    figure, panels = subplots(2, 2, (4.6, 3.1))
    for panel, (name, used) in zip(panels, found.items(), strict=True):
        n, c, h, w = used.shape
        picture = used.transpose(0, 2, 1, 3).reshape(n * h, c * w).astype(int)
        picture[1 * h + 1, 2 * w + 1] = 2
        panel.grid(False)
        panel.pcolormesh(
            picture, cmap=ListedColormap(["#eef1f4", "#7db8e0", ORANGE]), edgecolors="white", linewidth=0.5
        )
        panel.hlines(h * np.arange(n + 1), 0, c * w, color="#333333", linewidth=1)
        panel.vlines(w * np.arange(c + 1), 0, n * h, color="#333333", linewidth=1)
        panel.set(title=f"{name}: {used.sum()} numbers", xlabel="channel", ylabel="sample")
        panel.set_xticks(w * np.arange(c) + w / 2, range(c))
        panel.set_yticks(h * np.arange(n) + h / 2, range(n))
        panel.invert_yaxis()
    return figure


def run(quick, out):
    scales, epochs = (np.logspace(0, -4, 4), 8) if quick else (np.logspace(0, -4, 16), 15)
    images = data.TensorDataset(*data.digits().fetch(np.arange(1000)))
    nets = {float(scale): network(scale, True) for scale in scales}
    with_norm = {scale: train(net, images, epochs) for scale, net in nets.items()}
    without = {scale: train(network(scale, False), images, epochs) for scale in nets}
    learnt = nets[min(nets, key=lambda scale: -with_norm[scale][-1])]
    training, evaluating = companions(learnt, images)
    refused, error, averages = batch_of_one(learnt, images), backward_pass(out), averaged_over()

    picture = save(draw_scales(with_norm, without), out, "scales.png")
    save(draw_companions(training, evaluating), out, "companions.png")
    save(draw_averages(averages), out, "averages.png")

    last = [{scale: values[-1] if values else 0.0 for scale, values in runs.items()} for runs in (with_norm, without)]
    good = [sum(right > 0.5 for right in values.values()) for values in last]
    print(f"A batch of one: {refused}\n")
    spread = f"{training[2]:.2f} in batches of 2, {training[128]:.2f} of 128; in eval by {evaluating[2]:.0e}"
    print(f"A digit's scores vary by {spread}. Ioffe and Szegedy's formula is off by {error:.0e}.")
    print("Averaged over:", {name: int(used.sum()) for name, used in averages.items()})
    return {
        "with": last[0],
        "without": last[1],
        "train": training,
        "eval": evaluating,
        "refused": refused,
        "formula": error,
        "averages": averages,
        "picture": picture,
        "finding": (
            f"Of {len(scales)} scales of the first weights, 1 to 0.0001, a net with BatchNorm learns from {good[0]}, "
            f"one without from {good[1]}: more than half of 1,000 digits right in {epochs} epochs."
        ),
    }


if __name__ == "__main__":
    print(run(*arguments(__doc__))["finding"])
