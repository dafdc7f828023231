"""15: why do several networks know more than the best of them, and how does one get several for the price of one?

Five nets that began with different weights err on different digits: let them vote. Snapshots: one training whose rate
falls and is raised again leaves a net in every valley. Polyak: the mean of the weights of all steps is steadier than
the last. Stochastic depth: layers left out at random, many nets in one. Fractional max-pooling: another net at every
call. (CS231n's notes, "Model Ensembles"; Huang and others, 2016 and 2017; Polyak and Juditsky, 1992; Veit, Wilber and
Belongie, 2016; Graham, 2014.)

    python examples/15_ensembles.py [--quick] [--out DIR]
"""

import numpy as np
from _common import arguments, digits
from pictures import ensembles as pictures

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim
from tinygrad_edu.nn.functional import cross_entropy
from tinygrad_edu.optim.lr_scheduler import CosineAnnealingWarmRestarts
from tinygrad_edu.training import Callback, evaluate, fit


def perceptron():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10))


class Residual(nn.Module):
    """x + branch(x), whose branch is left out of a sample's net with probability p while it learns."""

    def __init__(self, p):
        super().__init__()
        self.branch, self.depth = nn.Sequential(nn.ReLU(), nn.Linear(50, 50)), nn.StochasticDepth(p)
        nn.init.normal_(self.branch[1].weight, std=0.14)

    def forward(self, x):
        return x + self.depth(self.branch(x))


def deep(p):
    """Eight blocks that are left out the more often the deeper they are: up to p, as in the paper."""
    blocks = map(Residual, np.linspace(p / 8, p, 8))
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 50), *blocks, nn.ReLU(), nn.Linear(50, 10))


def convolutional():
    """Poolings that shrink each side to 0.6 of it, by windows of two that lie elsewhere at every call."""
    pools = [nn.FractionalMaxPool2d(2, output_ratio=0.6) for _ in range(2)]
    first, second = nn.Conv2d(1, 8, 5, stride=2), nn.Conv2d(8, 16, 3)
    return nn.Sequential(first, nn.ReLU(), pools[0], second, nn.ReLU(), pools[1], nn.Flatten(), nn.Linear(144, 10))


def train(net, samples, epochs, lr=0.1, momentum=0.9, batch=20, callbacks=(), cycle=0):
    """The network, trained; with a cycle of so many epochs, its snapshots."""
    optimizer, batches = optim.SGD(net.parameters(), lr, momentum), data.DataLoader(samples, batch, shuffle=True)
    snapshots = optim.SnapshotEnsemble(net, CosineAnnealingWarmRestarts(optimizer, cycle)) if cycle else None
    fit(net, cross_entropy, optimizer, batches, epochs=epochs, scheduler=snapshots, callbacks=callbacks, progress=False)
    return snapshots or net.eval()


def right(net, unseen):
    """How many % of the unseen digits a network reads right."""
    return 100 * evaluate(net, cross_entropy, [unseen])["accuracy"]


def without_blocks(net, unseen, seed):
    """How many % are read right with 0, 1 … 8 of the blocks, in random order, taken out."""
    rest = nn.Sequential(*net)
    scores = [right(rest, unseen)]
    for block in np.random.default_rng(seed).permutation(8).tolist():
        rest[2 + block] = nn.Identity()
        scores.append(right(rest, unseen))
    return scores


class Average(Callback):
    """Polyak: from step 100 on the mean of all weights; what the net itself and it read after every epoch."""

    def __init__(self, net, unseen):
        self.net, self.mean, self.unseen, self.seen = net, optim.averaging.AveragedModel(net), unseen, []

    def on_batch_end(self, run):
        if run.step >= 100:
            self.mean.update_parameters(self.net)

    def on_epoch_end(self, run):
        self.seen.append([right(net, self.unseen) for net in (self.net, self.mean)])


def run(quick, out):
    tg.manual_seed(0)
    epochs, samples, unseen = 6 if quick else 20, digits(1000), digits(1000 if quick else 2000, train=False).tensors
    noisy = data.Transformed(samples, data.GaussianNoise(sigma=0.3, clip=False))  # else nothing is left to learn
    ensembles = {
        "five nets": optim.Ensemble([train(perceptron(), noisy, epochs) for _ in range(5)]),
        "snapshots": train(perceptron(), noisy, 5 * epochs, cycle=epochs),
        "one, pooled": optim.Ensemble([train(convolutional(), samples, epochs, lr=0.03)] * 8),  # by other windows
    }
    polyak = Average(perceptron(), unseen)
    train(polyak.net, samples, epochs, lr=0.3, momentum=0, batch=5, callbacks=[polyak])
    found = {"members": {}, "mean": {}, "vote": {}, "depth": {}, "polyak": np.array(polyak.seen)}
    for p in (0, 0.5):
        net = train(deep(p), samples, epochs, lr=0.01, cycle=epochs).models[-1]
        found["depth"][p] = np.mean([without_blocks(net, unseen, seed) for seed in range(5)], axis=0)
    for name, many in ensembles.items():
        found["members"][name] = [right(net, unseen) for net in many.models]
        found["mean"][name] = right(many, unseen)
        found["vote"][name] = 100 * (many.vote(unseen[0]) == unseen[1]).float().mean().item()
    gains = [f"{name} {np.mean(found['members'][name]):.1f} and {found['mean'][name]:.1f} %" for name in ensembles]
    last, mean = found["polyak"][epochs // 2 :].mean(0)
    plain, stochastic = found["depth"].values()
    found["finding"] = (
        f"Digits read right by each, and by all together: {'; '.join(gains)}. Polyak's mean of a noisy run reads "
        f"{mean:.1f} %, the run itself {last:.1f} %. With 4 of its 8 blocks taken out a net falls from {plain[0]:.1f} "
        f"to {plain[4]:.1f} %, one of stochastic depth from {stochastic[0]:.1f} to {stochastic[4]:.1f} %."
    )
    return found | {"picture": pictures.draw(found, out)}


if __name__ == "__main__":
    print(run(*arguments(__doc__))["finding"])
