"""learning: a 784-100-10 perceptron on the digits on board, with its loss curve."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_edu as tg

from .. import nn, optim
from ..data import DataLoader, digits

__all__ = ["show"]

EPOCHS, GOAL = 10, 0.93


@dataclass
class History:
    """What happened: the loss of every batch; loss and accuracy on the test digits after every epoch."""

    batch: list[float] = field(default_factory=list)
    test: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)


def show(console: Any, out: Path) -> tuple[bool, Path]:
    """Train, say how well it went, draw the curve; returns whether the goal was reached, and the picture."""
    train, test = DataLoader(digits(), 32, shuffle=True, generator=0), DataLoader(digits(train=False), 2000)
    tg.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))
    console.print(model, markup=False)
    history = _trained(console, model, train, test)
    reached = history.accuracy[-1] >= GOAL
    console.print(
        f"[bold]{history.accuracy[-1]:.1%} of the 2,000 test digits are read right[/]"
        f"{'' if reached else f', and that is less than {GOAL:.0%}'}; it never saw them in training.\n"
    )
    return reached, _drawn(history, out / "loss.png")


def _trained(console: Any, model: Any, train: DataLoader, test: DataLoader) -> History:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    # Of 27 settings the best on 2,000 of the training digits, held back: the test digits had no say.
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    history = History()
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("training", total=EPOCHS * len(train), told="")
        for epoch in range(1, EPOCHS + 1):
            for images, labels in train:
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(images), labels)
                loss.backward()
                optimizer.step()
                history.batch.append(loss.item())
                progress.advance(task)
            optimizer.param_groups[0]["lr"] *= 0.8  # large steps first, small ones to settle
            _tested(model, test, history)
            told = f"epoch {epoch} of {EPOCHS}, test loss {history.test[-1]:.3f}, right {history.accuracy[-1]:.1%}"
            progress.update(task, told=told)
    return history


@tg.no_grad()
def _tested(model: Any, test: DataLoader, history: History) -> None:
    ((images, labels),) = test
    scores = model(images)
    history.test.append(nn.functional.cross_entropy(scores, labels).item())
    history.accuracy.append(float(np.mean(np.argmax(scores.numpy(), axis=1) == labels.numpy())))


def _drawn(history: History, path: Path) -> Path:
    from ..viz.plots import BLUE, GREY, ORANGE, finish, subplots

    per_epoch = len(history.batch) // len(history.test)
    epochs = np.arange(1, len(history.test) + 1)
    means = np.reshape(history.batch, (-1, per_epoch)).mean(axis=1)
    figure, (loss, right) = subplots(1, 2)
    batches = np.arange(1, len(history.batch) + 1) / per_epoch
    loss.plot(batches, history.batch, color=BLUE, alpha=0.3, linewidth=0.6, label="training, one batch")
    loss.plot(epochs, means, "o-", color=BLUE, markersize=4, label="training, mean of an epoch")
    loss.plot(epochs, history.test, "s--", color=ORANGE, markersize=4, label="test")
    loss.set(title="cross-entropy loss", xlabel="epoch", yscale="log", xlim=(0, len(epochs) + 0.3))
    loss.legend(frameon=False)
    right.plot(epochs, 100 * np.array(history.accuracy), "s--", color=ORANGE, markersize=4)
    right.axhline(100 * GOAL, color=GREY, linewidth=0.8)
    right.annotate(f"{GOAL:.0%}", (0.1, 100 * GOAL), xytext=(0, 3), textcoords="offset points", color=GREY)
    right.set(title="test digits read right, in %", xlabel="epoch", xlim=(0, len(epochs) + 0.3))
    finish(figure, path)
    return path
