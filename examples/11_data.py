"""11: what do more digits, other digits, and digits on another scale do to a network?

Accuracy against the size of the training set, beside a support vector machine: the curve, not a point of it, says which
is better. Turning and bending digits makes more of them. Then the same digits centred, scaled and whitened; and times
100: dL/dW = upstream · x, so the gradient of the weights is 100 times as large, and steps leave the map. (Nielsen,
chapters 1 and 3; Simard and others, 2003; CS231n's notes, "Backpropagation" and "Setting up the Data".)

    python examples/11_data.py [--quick] [--out DIR]
"""

from _common import arguments, digits
from pictures import data as pictures

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim
from tinygrad_edu.data import ElasticTransform, RandomAffine
from tinygrad_edu.errors import MissingExtraError
from tinygrad_edu.nn.functional import cross_entropy
from tinygrad_edu.training import evaluate, fit

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


def network(images, labels, test, steps, change=None, lr=0.1):
    """How many % of the test digits 100 hidden units read right after so many batches of 10."""
    tg.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(images[0].numel(), 100), nn.Tanh(), nn.Linear(100, 10))
    samples = data.TensorDataset(images, labels)
    batches = data.DataLoader(data.Transformed(samples, change) if change else samples, 10, shuffle=True)
    optimizer = optim.SGD(net.parameters(), lr=lr)
    fit(net, cross_entropy, optimizer, batches, epochs=max(1, steps // len(batches)), progress=False)
    return 100 * evaluate(net, cross_entropy, [test])["accuracy"]


def machine(images, labels, test):
    """The same of a support vector machine with scikit-learn's defaults."""
    learned = SVC().fit(images.flatten(1).numpy(), labels.numpy())
    return 100 * learned.score(test[0].flatten(1).numpy(), test[1].numpy())


def gradient(images, labels):
    """dL/dW and dL/db of softmax regression where it begins: W = 0, b = 0, every class as probable."""
    layer = nn.Linear(784, 10)
    for p in layer.parameters():
        nn.init.zeros_(p)
    cross_entropy(layer(images.flatten(1)), labels).backward()
    return layer.weight.grad, layer.bias.grad


def run(quick, out):
    sizes = [100, 300, 1000, 2000] if quick else [100, 300, 1000, 3000, 10000]
    steps, few = (500, 300) if quick else (3000, 1000)
    test = digits(1000 if quick else 2000, train=False).tensors
    growth = {
        "network": [network(*digits(n).tensors, test, steps) for n in sizes],
        "machine": [machine(*digits(n).tensors, test) for n in sizes],
    }
    distorted = {name: network(*digits(few).tensors, test, 4 * steps, change) for name, change in DISTORTIONS.items()}

    images, labels = digits(1000).tensors
    ways = {
        "0 to 255": lambda x: 255 * x,
        "0 to 1": lambda x: x,
        "centred": data.ZeroCenter().fit(images),  # all fitted on the training digits alone
        "standardized": data.Standardize().fit(images),
        "whitened": data.Whiten(100, eps=0.01).fit(images),
    }
    prepared = {name: network(way(images), labels, (way(test[0]), test[1]), 200, lr=0.03) for name, way in ways.items()}

    (small, bias), (large, same) = gradient(images, labels), gradient(100 * images, labels)
    ratio = (large.norm() / small.norm()).item()
    finding = (
        f"From {sizes[0]} to {sizes[-1]} digits a network goes from {growth['network'][0]:.1f} to "
        f"{growth['network'][-1]:.1f} %, a support vector machine from {growth['machine'][0]:.1f} to "
        f"{growth['machine'][-1]:.1f} %. {few} digits, {distorted['as they are']:.1f} %, are worth "
        f"{distorted['both']:.1f} % when turned and bent. In 200 steps {prepared['0 to 255']:.1f} % of pixels from 0 "
        f"to 255, {prepared['standardized']:.1f} % standardized. Inputs times 100: weight gradients times {ratio:.4g}."
    )
    print(finding)
    one = images[:1]
    shown = {name: [change(one) if change else one for _ in range(6)] for name, change in DISTORTIONS.items()}
    return {
        "growth": growth,
        "distorted": distorted,
        "prepared": prepared,
        "ratio": ratio,
        "exact": (large / 100 - small).abs().max().item() / small.abs().max().item(),
        "bias": (same.norm() / bias.norm()).item(),
        "finding": finding,
        "picture": pictures.draw(sizes, growth, few, distorted, prepared, shown, out),
    }


if __name__ == "__main__":
    run(*arguments(__doc__))
