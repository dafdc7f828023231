"""07: with which weights should a deep net begin, and which activation keeps it alive?

Each question is a function of its own. What passes through five layers is looked at first; then what that does to
learning: weights of 0, weights too large, gradients that vanish or explode with depth, gradients that all have one
sign, ReLUs that die. (Saitoh, "Deep Learning from Scratch", chapter 6.2; Nielsen, "Neural Networks and Deep
Learning", chapters 3 and 5; CS231n's notes, "Neural Networks Part 1" and "Part 2"; Glorot and Bengio 2010.)

    python examples/07_activations.py [--quick] [--out DIR]
"""

from functools import cache

import numpy as np
from _common import BLUE, GREEN, ORANGE, PINK, RED, arguments, save
from matplotlib import colormaps

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim
from tinygrad_edu.nn.functional import cross_entropy, mse_loss
from tinygrad_edu.training import fit
from tinygrad_edu.viz.plots import subplots

STYLES = ((BLUE, "o-"), (ORANGE, "s--"), (GREEN, "^-."), (PINK, "D:"), (RED, "P-"))
STARTS = {
    "std 1": lambda w: nn.init.normal_(w, 0, 1),
    "std 0.01": lambda w: nn.init.normal_(w, 0, 0.01),
    "Xavier": nn.init.xavier_normal_,
    "He": lambda w: nn.init.kaiming_normal_(w, nonlinearity="relu"),
}


@cache
def digits(n, train=True):
    """The first n digits, read at once."""
    return data.TensorDataset(*data.digits(train).fetch(np.arange(n)))


def network(activation, widths, start):
    """A perceptron of hidden layers; `start` writes each matrix of weights; biases are 0."""
    tg.manual_seed(0)
    sizes = [784, *widths]
    hidden = [nn.Sequential(nn.Linear(m, n), activation()) if activation is not nn.Maxout else nn.Maxout(m, n)
              for m, n in zip(sizes, widths, strict=False)]  # fmt: skip
    net = nn.Sequential(nn.Flatten(), *hidden, nn.Linear(sizes[-1], 10))
    for layer in linears(net):
        start(layer.weight)
        nn.init.zeros_(layer.bias)
    return net


def linears(net):
    return [layer for layer in net.modules() if isinstance(layer, nn.Linear)]


def train(net, lr, epochs, n, batch=10):
    """The accuracy on 500 other digits after each epoch."""
    images = data.DataLoader(digits(n), batch, shuffle=True, generator=0)
    other = data.DataLoader(digits(500, train=False), 500)
    optimizer = optim.SGD(net.parameters(), lr)
    return fit(net, cross_entropy, optimizer, images, epochs=epochs, validation=other, progress=False)["val_accuracy"]


# What is left of N(0, 1) after five layers of 100 units?


def five_layers():
    """For each activation and start: the outputs of the five layers."""
    seen = {}
    for activation in (nn.Sigmoid, nn.Tanh, nn.ReLU):
        for name, start in STARTS.items():
            tg.manual_seed(0)
            x, layers = tg.randn(500, 100), []
            for _ in range(5):
                x = activation()(x @ start(tg.zeros(100, 100)))
                layers.append(x.numpy().ravel())
            seen[activation.__name__, name] = layers
    return seen


def draw_layers(seen):
    figure, panels = subplots(3, 4, (2.6, 2.1))
    for panel, ((activation, start), layers) in zip(panels, seen.items(), strict=True):
        low, high = {"Sigmoid": (0, 1), "Tanh": (-1, 1), "ReLU": (0, 3)}[activation]
        for i, x in enumerate(layers):
            edges = np.linspace(low, high, 41)
            counts = np.histogram(np.clip(x, low, high), edges)[0] / x.size
            panel.stairs(100 * counts, edges, color=colormaps["viridis"](i / 4.4), label=f"layer {i + 1}")
        panel.set(yscale="log", ylim=(0.05, 130), title=f"{activation}, {start}")
        panel.title.set_fontsize(10)
    for panel in panels[::4]:
        panel.set_ylabel("% of outputs")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False)
    return figure


# How does learning begin?


def beginnings(n=1000, epochs=5):
    """Weights of 0, of N(0, 1) and of N(0, 1 / n_in): accuracies; how far the hidden units of the first differ."""
    starts = {"all 0": nn.init.zeros_, "N(0, 1)": nn.init.normal_, "N(0, 1/n_in)": nn.init.nielsen_}
    nets = {name: network(nn.Sigmoid, [30], start) for name, start in starts.items()}
    accuracies = {name: train(net, 0.25, epochs, n) for name, net in nets.items()}
    weight = linears(nets["all 0"])[0].weight.numpy()
    return accuracies, float(np.abs(weight - weight[0]).max() / np.abs(weight).max())


def gradients(depth=8):
    """The root mean square of dL/dW of each layer, at the very beginning."""
    images, labels = digits(200).tensors
    found = {}
    for name, activation, gain in (
        ("sigmoid, gain 1", nn.Sigmoid, 1),
        ("tanh, gain 1", nn.Tanh, 1),
        ("ReLU, gain sqrt 2 (He)", nn.ReLU, 2**0.5),
        ("ReLU, twice that", nn.ReLU, 8**0.5),
    ):
        net = network(activation, [50] * depth, lambda w, gain=gain: nn.init.normal_(w, 0, gain / w.shape[1] ** 0.5))
        cross_entropy(net(images), labels).backward()
        found[name] = [float(np.sqrt(np.mean(layer.weight.grad.numpy() ** 2))) for layer in linears(net)[:-1]]
    return found


def shapes(n, epochs):
    """Accuracy by depth (layers of 30) for two activations, and by width (one layer of ReLUs)."""
    sigmoid = {depth: train(network(nn.Sigmoid, [30] * depth, STARTS["Xavier"]), 0.5, epochs, n)[-1]
               for depth in (1, 3, 6)}  # fmt: skip
    relu = {depth: train(network(nn.ReLU, [30] * depth, STARTS["He"]), 0.1, epochs, n)[-1] for depth in (1, 3, 6)}
    width = {size: train(network(nn.ReLU, [size], STARTS["He"]), 0.1, epochs, n)[-1] for size in (5, 30, 100)}
    return sigmoid, relu, width


# Where may a gradient point?


def one_sign(activation):
    """The share of units in the second layer whose weights, for one digit, all want to move the same way."""
    images, labels = digits(1).tensors
    net = network(activation, [30, 30], nn.init.nielsen_)
    cross_entropy(net(images), labels).backward()
    grad = linears(net)[1].weight.grad.numpy()
    return float(np.mean((grad >= 0).all(axis=1) | (grad <= 0).all(axis=1)))


def path(squash, steps=150, rate=0.2):
    """The two weights of a neuron on their way from (0, 0) to (1, -1), one example a step."""
    tg.manual_seed(0)
    inputs, goal = squash(tg.randn(steps, 2)), tg.tensor([1.0, -1.0])
    w = tg.zeros(2, requires_grad=True)
    optimizer, points = optim.SGD([w], rate), [[0.0, 0.0]]
    for x in inputs:
        optimizer.zero_grad()
        mse_loss(w @ x, goal @ x).backward()
        optimizer.step()
        points.append(w.tolist())
    return np.array(points)


def draw_paths(paths):
    figure, panels = subplots(1, 2)
    for panel, (name, points) in zip(panels, paths.items(), strict=True):
        panel.plot(*points.T, "o-", color=BLUE, markersize=3, linewidth=1, label="the weights, step by step")
        panel.plot([1], [-1], "*", color=ORANGE, markersize=14, label="where they should go")
        panel.set(title=f"{name}: {length(points):.1f} times the straight way", xlabel="weight 1", ylabel="weight 2")
        panel.set(xlim=(-0.4, 1.5), ylim=(-1.4, 0.65))
        panel.legend(frameon=False, loc="upper right")
    return figure


def length(points):
    """How long a way is, as a multiple of the straight one."""
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum() / np.linalg.norm(points[-1] - points[0]))


# Who survives a rate that is too large?


def dead(steps=30):
    """After a few steps at each rate: the share of units that no digit moves any more; and the accuracy."""
    images, labels = digits(500).tensors
    found = {}
    for activation in (nn.ReLU, nn.LeakyReLU, nn.ELU, nn.SELU, nn.Maxout):
        for rate in (0.1, 0.4, 0.7):
            start = STARTS["He"] if "ReLU" in activation.__name__ else nn.init.lecun_normal_
            net = network(activation, [100], start)
            accuracy = train(net, rate, 1, 20 * steps, batch=20)[-1]
            net.zero_grad()
            cross_entropy(net(images), labels).backward()
            moved = linears(net)[0].weight.grad.numpy().reshape(100, -1).any(axis=1)  # Maxout: either piece
            found.setdefault(activation.__name__, {})[rate] = 1 - float(moved.mean()), accuracy
    return found


def draw(panel, lines, **labels):
    for (color, style), (name, (x, y)) in zip(STYLES, lines.items(), strict=False):
        panel.plot(x, y, style, color=color, markersize=4.5, label=name)
    panel.set(**labels)
    panel.xaxis.get_major_locator().set_params(integer=True)
    panel.legend(frameon=False, fontsize=9)


def draw_learning(accuracies, sizes, by_depth, gone):
    figure, (first, second, third, fourth) = subplots(2, 2)
    lines = {name: (range(1, len(v) + 1), np.multiply(100, v)) for name, v in accuracies.items()}
    draw(first, lines, title="how 30 sigmoids begin", xlabel="epoch", ylabel="accuracy in %", ylim=(0, 100))
    lines = {name: (range(1, len(v) + 1), v) for name, v in sizes.items()}
    draw(second, lines, title="gradients vanish, last, or explode", xlabel="layer", yscale="log", ylim=(1e-8, 1e5))
    second.set_ylabel("dL/dW, root mean square")
    second.legend(frameon=False, fontsize=9, loc="upper center", ncols=2)
    lines = {name: (list(v), np.multiply(100, list(v.values()))) for name, v in by_depth.items()}
    draw(third, lines, title="depth, in layers of 30 units", xlabel="layers", ylabel="accuracy in %", ylim=(0, 100))
    lines = {name: (list(v), [100 * share for share, _ in v.values()]) for name, v in gone.items()}
    draw(fourth, lines, title="only ReLUs die of a large rate", xlabel="learning rate", ylabel="dead units in %")
    third.set_xticks([1, 3, 6])
    fourth.set_xticks([0.1, 0.4, 0.7])
    return figure


def run(quick, out):
    n, epochs = (1000, 5) if quick else (5000, 10)
    seen, sizes, gone = five_layers(), gradients(), dead()
    accuracies, apart = beginnings()
    sigmoid, relu, width = shapes(n, epochs)
    signs = {activation.__name__: one_sign(activation) for activation in (nn.Sigmoid, nn.Tanh)}
    paths = {"inputs from 0 to 1": path(tg.sigmoid), "inputs from -1 to 1": path(tg.tanh)}
    picture = save(draw_layers(seen), out, "layers.png")
    save(draw_learning(accuracies, sizes, {"sigmoid": sigmoid, "ReLU": relu}, gone), out, "learning.png")
    save(draw_paths(paths), out, "zigzag.png")

    spread = {key: [float(x.std()) for x in layers] for key, layers in seen.items()}
    zero, large, scaled = (values[0] for values in accuracies.values())
    share = {name: rates[0.7][0] for name, rates in gone.items()}
    print(f"The first epoch with weights of 0, N(0, 1), N(0, 1/n_in): {zero:.0%}, {large:.0%}, {scaled:.0%} right.")
    print(f"Weights of 0: the hidden units end equal but for rounding, which is {apart:.2%} of a weight by now.")
    print("dL/dW of layer 1 over that of layer 8:", *(f"{name} {v[0] / v[-1]:.1e};" for name, v in sizes.items()))
    print("By depth, sigmoid:", sigmoid, "ReLU:", relu, "by width:", width)
    print(f"Units whose weights must all move the same way: sigmoid {signs['Sigmoid']:.0%}, tanh {signs['Tanh']:.0%}.")
    print("Dead after 30 steps at a rate of 0.7:", *(f"{name} {v:.0%}" for name, v in share.items()))
    print(
        "... and right:",
        *(f"{name} {rates[0.7][1]:.0%}" for name, rates in gone.items()),
        "(all but the first two explode)",
    )
    last = {f"{name}, {start}": spread[name, start][-1] for name, start in spread}
    return {
        "spread": spread,
        "first epoch": {"zero": zero, "large": large, "scaled": scaled},
        "last epoch": {name: values[-1] for name, values in accuracies.items()},
        "apart": apart,
        "gradients": sizes,
        "depth": {"sigmoid": sigmoid, "ReLU": relu},
        "width": width,
        "one sign": signs,
        "length": {name: length(points) for name, points in paths.items()},
        "dead": {name: {rate: share for rate, (share, _) in rates.items()} for name, rates in gone.items()},
        "picture": picture,
        "finding": (
            f"After five layers of ReLUs the outputs' standard deviation is {last['ReLU, std 0.01']:.0e}, "
            f"{last['ReLU, Xavier']:.2f} or {last['ReLU, He']:.2f}, as weights begin at 0.01, Xavier's or He's; "
            f"six layers of ReLUs then read {relu[6]:.0%} of the digits, six of sigmoids {sigmoid[6]:.0%}."
        ),
    }


if __name__ == "__main__":
    print(run(*arguments(__doc__))["finding"])
