"""15: why do several networks know more than the best of them, and how does one get several for the price of one?

Five nets that began with different weights err on different digits: let them vote. Snapshots: one training whose rate
falls and is raised again leaves a net in every valley. Polyak: the mean of the weights of all steps is steadier than
the last. Stochastic depth: layers left out at random, many nets in one. Fractional max-pooling: windows drawn anew,
another net, at every call. (CS231n's notes, "Model Ensembles"; Huang and others, 2016 and 2017; Polyak and Juditsky,
1992; Veit, Wilber and Belongie, 2016; Graham, 2014.)

    python examples/15_ensembles.py [--quick] [--out DIR]
"""

import copy

import numpy as np
from _common import BLUE, GREEN, ORANGE, arguments, save

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim
from tinygrad_edu.nn.functional import cross_entropy
from tinygrad_edu.optim.averaging import AveragedModel, Ensemble, SnapshotEnsemble
from tinygrad_edu.training import Callback, fit
from tinygrad_edu.viz.plots import subplots


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


def deep(p, blocks=8):
    """Blocks that are left out the more often the deeper they are: up to p, as in the paper."""
    chances = [p * (i + 1) / blocks for i in range(blocks)]
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 50), *map(Residual, chances), nn.ReLU(), nn.Linear(50, 10))


def convolutional():
    """Poolings that shrink each side to 0.6 of it, by windows of two that lie elsewhere at every call."""
    pools = [nn.FractionalMaxPool2d(2, output_ratio=0.6) for _ in range(2)]
    first, second = nn.Conv2d(1, 8, 5, stride=2), nn.Conv2d(8, 16, 3)
    return nn.Sequential(first, nn.ReLU(), pools[0], second, nn.ReLU(), pools[1], nn.Flatten(), nn.Linear(144, 10))


def train(net, digits, epochs, lr=0.1, batch=20, momentum=0.9, cycle=0, callbacks=()):
    """The network, trained; with a cycle of so many epochs, the snapshots."""
    batches = data.DataLoader(digits, batch, shuffle=True)
    optimizer = optim.SGD(net.parameters(), lr=lr, momentum=momentum)
    schedule = snapshots = None
    if cycle:
        schedule = optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=cycle * len(batches))
        snapshots = SnapshotEnsemble(net, schedule)
    fit(
        net, cross_entropy, optimizer, batches, epochs=epochs, callbacks=callbacks, progress=False,
        scheduler=snapshots, scheduler_interval="batch",
    )  # fmt: skip
    return snapshots or net.eval()


def right(answers, labels):
    """How many % of the digits are read right, by scores or by votes."""
    votes = answers.argmax(1) if answers.ndim == 2 else answers
    return 100 * (votes == labels).float().mean().item()


def without_blocks(net, images, labels, draws=5):
    """How many % are read right with 0, 1 … 8 of the blocks taken out, the mean over which."""
    scores = np.zeros(9)
    for order in (np.random.default_rng(i).permutation(8) for i in range(draws)):
        rest = copy.deepcopy(net)
        for n in range(9):
            scores[n] += right(rest(images), labels) / draws
            if n < 8:
                rest[2 + int(order[n])] = nn.Identity()
    return scores


class Average(Callback):
    """Polyak: from step `after` on the mean of all weights; what it and the net itself read after every epoch."""

    def __init__(self, net, images, labels, after):
        self.mean, self.after, self.test, self.seen = AveragedModel(net), after, (images, labels), []

    def on_batch_end(self, run):
        if run.step >= self.after:
            self.mean.update_parameters(run.model)

    @tg.no_grad()
    def on_epoch_end(self, run):
        images, labels = self.test
        self.seen.append([right(net(images), labels) for net in (run.model, self.mean)])


def run(quick, out):
    tg.manual_seed(0)
    digits = data.TensorDataset(*data.digits().fetch(np.arange(1000)))
    images, labels = data.digits(train=False).fetch(np.arange(1000 if quick else 2000))
    noisy_digits = data.Transformed(digits, data.GaussianNoise(sigma=0.3, clip=False))  # else nothing is left to learn
    epochs = 6 if quick else 20

    ensembles = {
        "five nets": Ensemble([train(perceptron(), noisy_digits, epochs) for _ in range(5)]),
        "snapshots": train(perceptron(), noisy_digits, 5 * epochs, cycle=epochs),
        "one, pooled": Ensemble([train(convolutional(), digits, epochs, lr=0.03)] * 8),  # other windows each time
    }
    restless = perceptron()
    polyak = Average(restless, images, labels, after=100)
    train(restless, digits, epochs, lr=0.3, batch=5, momentum=0, callbacks=[polyak])
    depths = {p: train(deep(p), digits, epochs, lr=0.01, cycle=epochs).models[-1] for p in (0, 0.5)}

    found = {"members": {}, "mean": {}, "vote": {}, "polyak": np.array(polyak.seen)}
    with tg.no_grad():
        for name, many in ensembles.items():
            found["members"][name] = [right(net(images), labels) for net in many.models]
            found["mean"][name], found["vote"][name] = right(many(images), labels), right(many.vote(images), labels)
        found["depth"] = {p: without_blocks(net, images, labels) for p, net in depths.items()}
    gains = [f"{name} {np.mean(found['members'][name]):.1f} and {found['mean'][name]:.1f} %" for name in ensembles]
    last, mean = found["polyak"][len(polyak.seen) // 2 :].mean(0)
    plain, stochastic = found["depth"].values()
    found["finding"] = (
        f"Digits read right by each, and by all together: {'; '.join(gains)}. Polyak's mean of a noisy run reads "
        f"{mean:.1f} %, the run itself {last:.1f} %. With 4 of its 8 blocks taken out a net falls from {plain[0]:.1f} "
        f"to {plain[4]:.1f} %, one of stochastic depth from {stochastic[0]:.1f} to {stochastic[4]:.1f} %."
    )
    print(found["finding"])
    return found | {"picture": draw(found, out)}


def draw(found, out):
    """Members and what they say together; Polyak's mean beside the run it is the mean of."""
    figure, (members, polyak, depth) = subplots(1, 3, (4.8, 3.9))
    for row, (name, single) in enumerate(found["members"].items()):
        first = row == 0
        members.plot(single, [row] * len(single), "o", color=BLUE, alpha=0.6, label="each alone" if first else None)
        members.plot(found["vote"][name], row + 0.16, "s", color=GREEN, label="their vote" if first else None)
        members.plot(found["mean"][name], row - 0.16, "D", color=ORANGE, label="their mean" if first else None)
    members.set_yticks(range(len(found["members"])), found["members"])
    members.set(title="Together they know more than alone", xlabel="unseen digits read right (%)", ylim=(-0.5, 3.2))
    members.legend(frameon=False, ncols=3, loc="upper center")
    for values, label, color, line in zip(
        found["polyak"].T, ("the run itself", "mean of its weights"), (ORANGE, BLUE), ("o--", "s-"), strict=True
    ):
        polyak.plot(np.arange(1, len(values) + 1), values, line, color=color, label=label)
    polyak.set(title="Polyak's mean is above the noise", xlabel="epoch", ylabel="unseen digits read right (%)")
    polyak.legend(frameon=False, loc="lower right")
    for (p, values), color, line in zip(found["depth"].items(), (ORANGE, BLUE), ("o--", "s-"), strict=True):
        depth.plot(values, line, color=color, label=f"trained with up to {100 * p:.0f} % left out")
    depth.set(
        title="Stochastic depth: many nets in one",
        xlabel="blocks taken out, of 8",
        ylabel="read right (%)",
        ylim=(0, 100),
    )
    depth.legend(frameon=False, loc="lower left")
    return save(figure, out, "ensembles.png")


if __name__ == "__main__":
    run(*arguments(__doc__))
