"""16: are features learned on some digits of use for others?

A net that reads 0 to 4 is given 100 examples of 5 to 9. Its convolutions may stay as they are (only the last layers
are new), or be moved with care, at a tenth of the rate; beside it a net that starts from noise, one whose noise is
kept, and support vector machines: on the pixels, and on what the convolutions make of them. (CS231n's notes,
"Transfer Learning"; Yosinski and others, 2014; Razavian and others, 2014, for the machines.)

    python examples/16_transfer.py [--quick] [--out DIR]
"""

import numpy as np
from _common import arguments
from pictures import transfer as pictures

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim
from tinygrad_edu.errors import MissingExtraError
from tinygrad_edu.nn.functional import cross_entropy
from tinygrad_edu.training import evaluate, fit, freeze, load_part, param_groups

try:
    from sklearn.svm import SVC
except ImportError:
    raise MissingExtraError(
        "support vector machines come from scikit-learn, which is not installed.",
        mend='pip install "tinygrad_edu[examples]"',
    ) from None


class Reader(nn.Module):
    """Features of an image, 400 numbers, and a head that names one of five digits."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 5, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=1), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(400, 64), nn.ReLU(), nn.Linear(64, 5))

    def forward(self, x):
        return self.head(self.features(x))


def digits(classes, n, train=True, seed=0):
    """Images and labels of n digits, equally many of each class; the labels count from 0."""
    every, rng = data.digits(train), np.random.default_rng(seed)
    chosen = [rng.permutation(np.flatnonzero(every.labels == c))[: n // len(classes)] for c in classes]
    images, labels = every.fetch(np.concatenate(chosen))
    return data.TensorDataset(images, labels - classes[0])


def train(net, parameters, samples, epochs):
    batches = data.DataLoader(samples, 20, shuffle=True, generator=0)
    fit(net, cross_entropy, optim.Adam(parameters, lr=2e-3), batches, epochs=epochs, progress=False)


def accuracy(net, samples):
    return evaluate(net, cross_entropy, [samples.tensors])["accuracy"]


def machine(see, samples, unseen):
    """The accuracy of a support vector machine on what `see` makes of the images."""
    with tg.no_grad():
        x, others = (see(part.tensors[0]).flatten(1).numpy() for part in (samples, unseen))
    return SVC(C=10).fit(x, samples.tensors[1].numpy()).score(others, unseen.tensors[1].numpy())


def compare(learned, samples, unseen, seed):
    """Every way to read 5 to 9 from these samples."""
    scores = {}
    for name in ("from scratch", "noise, frozen", "learned, frozen", "learned, moved with care"):
        tg.manual_seed(seed)
        net = Reader()
        if "learned" in name:
            load_part(net, learned.state_dict(), "features.*")
        if "frozen" in name:
            freeze(net, "features.*")
        slow = {"features.*": {"lr": 2e-4}} if "care" in name else {}
        train(net, param_groups(net, slow), samples, 20)
        scores[name] = accuracy(net, unseen)
    scores["machine on pixels"] = machine(lambda x: x, samples, unseen)
    scores["machine on learned"] = machine(learned.features, samples, unseen)
    return scores


def run(quick, out):
    source, epochs, draws = (1500, 3, 3) if quick else (4000, 8, 5)
    tg.manual_seed(0)
    learned = Reader()
    train(learned, learned.parameters(), digits(range(5), source), epochs)
    first = accuracy(learned, digits(range(5), 500, train=False))
    print(f"the first net reads {100 * first:.1f} % of unseen digits 0 to 4")

    unseen = digits(range(5, 10), 500 if quick else 850, train=False)
    scores, mean = {}, {}
    for n in (20, 100) if quick else (20, 100, 500):
        scores[n] = [compare(learned, digits(range(5, 10), n, seed=seed), unseen, seed) for seed in range(draws)]
        mean[n] = {name: np.mean([draw[name] for draw in scores[n]]) for name in scores[n][0]}
        for name, score in mean[n].items():
            print(f"{n:4} examples, {name:25} {100 * score:5.1f} %")

    percent = {name: f"{100 * score:.1f} %" for name, score in mean[100].items()}
    finding = (
        f"With 100 examples of 5 to 9 the features learned on 0 to 4 read {percent['learned, frozen']} of unseen ones, "
        f"a net from scratch {percent['from scratch']}; a support vector machine on those features "
        f"{percent['machine on learned']}, on pixels {percent['machine on pixels']} (means of {draws} draws)."
    )
    return {"first": first, "mean": mean, "picture": pictures.draw(scores, out), "finding": finding}


if __name__ == "__main__":
    print(run(*arguments(__doc__))["finding"])
