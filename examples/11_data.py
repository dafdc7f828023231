"""11: what do more digits, other digits, and digits on another scale do to a network?

Accuracy against the size of the training set, beside a support vector machine: the curve, not a point of it, says which
is better. Turning and bending digits makes more of them. Then the same digits centred, scaled and whitened; and times
100: dL/dW = upstream · x, so the gradient of the weights is 100 times as large, and steps leave the map. (Nielsen,
chapters 1 and 3; Simard and others, 2003; CS231n's notes, "Backpropagation" and "Setting up the Data".)

    python examples/11_data.py [--quick] [--out DIR]
"""

import numpy as np
from _common import BLACK, BLUE, GREEN, ORANGE, PINK, arguments, save

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim
from tinygrad_edu.data import ElasticTransform, RandomAffine
from tinygrad_edu.errors import MissingExtraError
from tinygrad_edu.nn.functional import cross_entropy
from tinygrad_edu.training import fit
from tinygrad_edu.viz.plots import subplots

try:
    from sklearn.svm import SVC
except ImportError:
    raise MissingExtraError(
        "support vector machines come from scikit-learn, which is not installed.",
        mend='pip install "tinygrad_edu[examples]"',
    ) from None

DISTORTIONS = {
    "as they are": None,
    "turned": RandomAffine(degrees=15),
    "bent": ElasticTransform(alpha=34, sigma=4),
    "both": RandomAffine(degrees=15, alpha=34, sigma=4),
}


def train(images, labels, steps, change=None, lr=0.1):
    """A network with 100 hidden units after so many batches of 10."""
    tg.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(images[0].numel(), 100), nn.Tanh(), nn.Linear(100, 10))
    samples = data.TensorDataset(images, labels)
    batches = data.DataLoader(data.Transformed(samples, change) if change else samples, 10, shuffle=True)
    optimizer = optim.SGD(net.parameters(), lr=lr)
    fit(net, cross_entropy, optimizer, batches, epochs=max(1, steps // len(batches)), progress=False)
    return net


@tg.no_grad()
def right(net, images, labels):
    """How many % of the digits are read right."""
    return 100 * (net(images).argmax(1) == labels).float().mean().item()


def machine(images, labels, test):
    """The same of a support vector machine with scikit-learn's defaults, on the same digits."""
    flat = [np.asarray(x.flatten(1)) for x in (images, test[0])]
    return 100 * SVC().fit(flat[0], np.asarray(labels)).score(flat[1], np.asarray(test[1]))


def gradient(images, labels):
    """dL/dW and dL/db of softmax regression where it begins: W = 0, b = 0, every class as probable."""
    layer = nn.Linear(784, 10)
    for p in layer.parameters():
        nn.init.zeros_(p)
    cross_entropy(layer(images.flatten(1)), labels).backward()
    return layer.weight.grad, layer.bias.grad


def run(quick, out):
    every = data.digits().fetch(np.arange(2000 if quick else 10000))
    test = data.digits(train=False).fetch(np.arange(1000 if quick else 2000))
    sizes = [100, 300, 1000, 2000] if quick else [100, 300, 1000, 3000, 10000]
    steps = 500 if quick else 3000
    growth = {"network": [], "machine": []}
    for n in sizes:
        images, labels = every[0][:n], every[1][:n]
        growth["network"].append(right(train(images, labels, steps), *test))
        growth["machine"].append(machine(images, labels, test))

    images, labels = every[0][:1000], every[1][:1000]
    few = 300 if quick else 1000
    distorted = {
        name: right(train(images[:few], labels[:few], 4 * steps, way), *test) for name, way in DISTORTIONS.items()
    }
    ways = {
        "0 to 255": lambda x: 255 * x,
        "0 to 1": lambda x: x,
        "centred": data.ZeroCenter().fit(images),  # all fitted on the training digits alone
        "standardized": data.Standardize().fit(images),
        "whitened": data.Whiten(100, eps=0.01).fit(images),
    }
    prepared = {
        name: right(train(way(images), labels, 200, lr=0.03), way(test[0]), test[1]) for name, way in ways.items()
    }

    (small, bias), (large, same) = gradient(images, labels), gradient(100 * images, labels)
    ratio, ratio_bias = [float((a.norm() / b.norm()).item()) for a, b in ((large, small), (same, bias))]
    finding = (
        f"From {sizes[0]} to {sizes[-1]} digits a network goes from {growth['network'][0]:.1f} to "
        f"{growth['network'][-1]:.1f} %, a support vector machine from {growth['machine'][0]:.1f} to "
        f"{growth['machine'][-1]:.1f} %. {few} digits, {distorted['as they are']:.1f} %, are worth "
        f"{distorted['both']:.1f} % when turned and bent. In 200 steps {prepared['0 to 255']:.1f} % of pixels from 0 "
        f"to 255, {prepared['standardized']:.1f} % standardized. Inputs times 100: weight gradients times {ratio:.4g}."
    )
    print(finding)
    found = {"sizes": sizes, "few": few, "growth": growth, "distorted": distorted, "prepared": prepared, "ratio": ratio}
    found |= {"bias": ratio_bias, "exact": float(abs(large / 100 - small).max().item() / abs(small).max().item())}
    return found | {"picture": draw(found, every[0][0], out), "finding": finding}


def draw(found, digit, out):
    """The four findings; above the bars of the distortions, what they do to a digit."""
    figure, (growth, ways, prepared, digits) = subplots(2, 2, (5.4, 3.7))
    for name, color, line in (("network", BLUE, "o-"), ("machine", ORANGE, "s--")):
        label = {"network": "network, 100 hidden units", "machine": "support vector machine"}[name]
        growth.semilogx(found["sizes"], found["growth"][name], line, color=color, label=label)
    growth.set(
        title="More digits help both, and one of them more",
        xlabel="digits to learn from",
        ylabel="unseen digits read right (%)",
    )
    growth.legend(frameon=False, loc="lower right")
    bars(ways, found["distorted"], f"{found['few']} digits, and what can be made of them", GREEN)
    bars(prepared, found["prepared"], "200 steps at one rate: how the pixels come in", PINK)
    rows = [[digit] * 6, *([way(digit.unsqueeze(0))[0] for _ in range(6)] for way in DISTORTIONS.values() if way)]
    digits.imshow(np.block([[np.asarray(each[0]) for each in row] for row in rows]), cmap="gray_r")
    digits.set_yticks(14 + 28 * np.arange(4), DISTORTIONS)
    digits.set(title="One digit", xticks=[])
    digits.grid(False)
    return save(figure, out, "data.png")


def bars(axes, values, title, color):
    """A bar for each, the number in it."""
    rows = np.arange(len(values))[::-1]
    axes.barh(rows, values.values(), color=color)
    for row, value in zip(rows, values.values(), strict=True):
        axes.text(1, row, f"{value:.1f} %", color=BLACK, va="center")
    axes.set_yticks(rows, values)
    axes.set(title=title, xlabel="unseen digits read right (%)", xlim=(0, 100))


if __name__ == "__main__":
    run(*arguments(__doc__))
