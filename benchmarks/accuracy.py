"""accuracy: what trained networks reach on digits: `python -m benchmarks.accuracy TASK … [--data DIR] [--seeds N]`.

    network2-30    784-30-10, sigmoid, 30 epochs at 0.5: Nielsen's network2, chapter 3, L2 with lambda 5
    network2-100   784-100-10, the same for 60 epochs at 0.1
    lenet          convolutions, dropout and augmentation, on all of MNIST
    lenet-mini     the same on the 10,000 digits on board

All but the last read MNIST from --data, or from the folder that TINYGRAD_EDU_DATA names. Of its 60,000
training digits the last 10,000 choose the best epoch, and the test digits are looked at once, at the end.
"""

import argparse
import copy
import statistics
import time

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim
from tinygrad_edu.nn import functional as F


def network2(hidden, epochs, lr, folder):
    """Nielsen's network: sigmoids, his initialization and cost, weight decay on weights alone."""
    training, validation, test = mnist(folder)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, hidden), nn.Sigmoid(), nn.Linear(hidden, 10))
    for layer in (model[1], model[3]):
        nn.init.nielsen_(layer.weight)
        nn.init.normal_(layer.bias)
    weights, biases = [model[1].weight, model[3].weight], [model[1].bias, model[3].bias]
    decay = 5.0 / len(training)
    optimizer = optim.SGD([{"params": weights, "weight_decay": decay}, {"params": biases}], lr=lr)
    wanted = tg.eye(10)

    def cost(scores, labels):
        return F.binary_cross_entropy_with_logits(scores, wanted[labels], reduction="sum") / len(labels)

    loader = data.DataLoader(training, batch_size=10, shuffle=True)
    return best_of(model, cost, optimizer, loader, validation, test, epochs)


def lenet(folder, epochs, batch_size):
    """Two convolutions twice, dropout, digits shifted, turned and bent; Adam, one cycle of rates, averaged weights."""
    training, validation, test = mnist(folder) if folder != "mini" else mini()
    moved = data.RandomAffine(degrees=10, translate=(0.07, 0.07), scale=(0.92, 1.08), shear=6, alpha=20.0, sigma=4.0)
    model = nn.Sequential(
        nn.Conv2d(1, 16, 5), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 5), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.2), nn.Linear(512, 100), nn.ReLU(), nn.Dropout(0.2), nn.Linear(100, 10),
    )  # fmt: skip
    loader = data.DataLoader(data.Transformed(training, moved), batch_size, shuffle=True, num_workers=1)
    optimizer = optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-4)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, epochs=epochs, steps_per_epoch=len(loader))
    return best_of(model, F.cross_entropy, optimizer, loader, validation, test, epochs, schedule)


def best_of(model, cost, optimizer, loader, validation, test, epochs, schedule=None):
    """Train; the accuracy on the test digits of the epoch that was best on the validation digits."""
    best, kept = -1.0, {}
    for epoch in range(epochs):
        for images, labels in loader:
            optimizer.zero_grad()
            cost(model(images), labels).backward()
            optimizer.step()
            if schedule is not None:
                schedule.step()
        reached = accuracy(model, validation)
        print(f"  epoch {epoch + 1}: {reached:.2%} of the validation digits", flush=True)
        if reached > best:
            best, kept = reached, copy.deepcopy(model.state_dict())
    model.load_state_dict(kept)
    return accuracy(model, test)


def accuracy(model, digits):
    """The share of digits that get the highest score for what they are."""
    model.eval()
    with tg.no_grad():
        right = sum((model(x).argmax(1) == y).sum().item() for x, y in data.DataLoader(digits, 500))
    model.train()
    return right / len(digits)


def mnist(folder):
    """50,000 digits to learn from, 10,000 to choose the epoch by, 10,000 to test on."""
    training = data.MNIST(folder)
    return *(data.Subset(training, r) for r in (range(50_000), range(50_000, 60_000))), data.MNIST(folder, train=False)


def mini():
    """The digits on board: 9,000, 1,000 and 2,000."""
    training = data.digits()
    return data.Subset(training, range(9_000)), data.Subset(training, range(9_000, 10_000)), data.digits(train=False)


TASKS = {
    "network2-30": lambda folder: network2(30, 30, 0.5, folder),
    "network2-100": lambda folder: network2(100, 60, 0.1, folder),
    "lenet": lambda folder: lenet(folder, 28, 128),
    "lenet-mini": lambda folder: lenet("mini", 30, 64),
}


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__.split("\n")[0])
    parser.add_argument("tasks", nargs="+", choices=TASKS, metavar="TASK", help=", ".join(TASKS))
    parser.add_argument("--data", help="the folder of MNIST's files")
    parser.add_argument("--seeds", type=int, default=1, help="how many runs of each; their median is told")
    parser.add_argument("--threads", type=int, default=1, help="of layers and BLAS; the loader has one of its own")
    asked = parser.parse_args()
    tg.set_num_threads(asked.threads)
    for task in asked.tasks:
        found = []
        for seed in range(asked.seeds):
            tg.manual_seed(seed)
            start = time.perf_counter()
            found.append(TASKS[task](asked.data))
            print(f"{task}, seed {seed}: {found[-1]:.2%} of the test digits, {time.perf_counter() - start:.0f} s")
        print(f"{task}: median {statistics.median(found):.2%}, from {min(found):.2%} to {max(found):.2%}")


if __name__ == "__main__":
    main()
