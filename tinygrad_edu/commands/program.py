"""program: the Python script that `tinygrad-edu train` writes, and then runs: it is all that the command does."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import TinygradError
from . import networks

__all__ = ["Choices", "program", "setting_up"]

_OPTIMIZERS = {
    "sgd": ("SGD", 0.05, ", momentum=0.9"),
    "adam": ("Adam", 1e-3, ""),
    "adamw": ("AdamW", 1e-3, ""),
    "adamax": ("Adamax", 2e-3, ""),
    "nadam": ("NAdam", 2e-3, ""),
    "radam": ("RAdam", 1e-3, ""),
    "rmsprop": ("RMSprop", 1e-3, ""),
    "adagrad": ("Adagrad", 1e-2, ""),
    "adadelta": ("Adadelta", 1.0, ""),
}


@dataclass
class Choices:
    """What was asked for on the command line; None: what fits."""

    data: str = "mnist-mini"
    model: str = "mlp:100"
    optimizer: str = "adam"
    lr: float | None = None
    weight_decay: float = 0.0
    batch_size: int = 64
    epochs: int = 10
    seed: int = 0
    label: str | None = None
    root: str | None = None
    download: bool = False


_IMAGES = """\
# One in ten training images is held back, to choose the epoch by; the test images are for the very end.
known = {train}
train, held_back = data.random_split(known, [0.9, 0.1], generator=SEED, stratify=True)
test = {test}
"""

_TABLE = """\
# A tenth of the lines is held back, to choose the epoch by, and a tenth is for the very end.
known = {train}
train, held_back, test = data.random_split(known, [0.8, 0.1, 0.1], generator=SEED, stratify=True)
scale = data.Standardize().fit(train)
train, held_back, test = (data.Transformed(part, scale) for part in (train, held_back, test))
"""

_SETTING_UP = '''\
"""What `tinygrad-edu train` did: {command}.

Run again, it goes on from its checkpoint, or repeats what it wrote if it came to its end. In an empty
folder it starts anew, and ends in the same numbers.
"""

import json
from pathlib import Path

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim, training, viz

OUT = Path(__file__).parent
EPOCHS = {epochs}
SEED = {seed}

tg.manual_seed(SEED)

{source}batches = data.DataLoader(train, {batch_size}, shuffle=True, generator=SEED)
validation = data.DataLoader(held_back, 1000)

model = {network}
loss = nn.CrossEntropyLoss()
optimizer = optim.{optimizer}(model.parameters(), lr={lr}{more})
'''

_TRAINING = """
inputs, targets = train.fetch([0, 1])
inputs.name, targets.name = "inputs", "targets"
inputs.requires_grad = True  # to see what arrives at the data
viz.save(loss(model(inputs), targets), OUT / "step.html")  # a step on two samples, to walk through

history = training.fit(
    model,
    loss,
    optimizer,
    batches,
    epochs=EPOCHS,
    validation=validation,
    callbacks=[training.EarlyStopping(None, "val_accuracy")],  # never stops, but goes back to the best epoch
    checkpoint=training.Checkpoint(OUT / "checkpoint.safetensors", every_seconds=60),
    resume=True,
)
history.to_csv(OUT / "history.csv")
history.plot(OUT / "history.png")

classes = {classes}
confusion = training.ConfusionMatrix()
result = training.evaluate(model, loss, data.DataLoader(test, 1000), [training.Accuracy(), confusion])
confusion.plot(classes, OUT / "confusion.png")
print(f"on {{len(test)}} samples it never saw: loss {{result['loss']:.4f}}, accuracy {{result['accuracy']:.2%}}")

about = {{"network": {about}, "shape": json.dumps({shape}), "classes": json.dumps(classes)}}  # for `predict`
tg.save(model.state_dict(), OUT / "model.safetensors", about)
"""


def program(choices: Choices, command: str = "these choices") -> str:
    """The script; raises as `setting_up`.

    >>> print(program(Choices(model="softmax")).split("model = ")[1].split("loss")[0])
    nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 10),
    )
    <BLANKLINE>
    """
    source, shape, classes = _source(choices)
    text = setting_up(choices, command) + _TRAINING.format(
        classes=json.dumps(classes, ensure_ascii=False),
        about=json.dumps(choices.model),
        shape=list(shape),
    )
    return text + ('tg.save(scale.state_dict(), OUT / "scale.safetensors")\n' if "scale" in source else "")


def setting_up(choices: Choices, command: str = "these choices") -> str:
    """The script's first part: data, model, loss and optimizer, ready to train.

    Raises:
        TinygradError: for choices that do not fit each other, or are unknown.
        DataFileError: if the data cannot be read.
    """
    if choices.optimizer not in _OPTIMIZERS:
        raise TinygradError(f"no optimizer is called {choices.optimizer!r}.", expected=", ".join(_OPTIMIZERS))
    for name in ("batch_size", "epochs"):
        if getattr(choices, name) < 1:
            raise TinygradError(f"--{name.replace('_', '-')} is 1 or more.", got=str(getattr(choices, name)))
    optimizer, rate, more = _OPTIMIZERS[choices.optimizer]
    source, shape, classes = _source(choices)
    return _SETTING_UP.format(
        command=command,
        source=source,
        network=networks.written(choices.model, shape, len(classes)),
        optimizer=optimizer,
        lr=rate if choices.lr is None else choices.lr,
        more=more + (f", weight_decay={choices.weight_decay}" if choices.weight_decay else ""),
        **{name: getattr(choices, name) for name in ("epochs", "seed", "batch_size")},
    )


def _source(choices: Choices) -> tuple[str, tuple[int, ...], list[str]]:
    """The lines that make `train`, `held_back` and `test`; the shape of a sample; the names of the classes."""
    from .. import data

    kind, _, file = choices.data.partition(":")
    if kind == "csv" and file:
        path = os.path.abspath(file)
        given = choices.label or "-1"
        label: Any = int(given) if given.removeprefix("-").isdecimal() else given
        table = data.csv(path, label)
        classes = _classes(table, path)
        if len(table) < 10:
            raise TinygradError(f"{path} is too short to hold lines back.", expected="10 lines", got=str(len(table)))
        call = f"data.csv({json.dumps(path)}, label={json.dumps(label, ensure_ascii=False)})"
        return _TABLE.format(train=call), table.tensors[0].shape[1:], classes
    calls = {"mnist-mini": "data.digits({})", "mnist": "data.MNIST({})", "fashion": "data.FashionMNIST({})"}
    if choices.data not in calls:
        raise TinygradError(f"no data is called {choices.data!r}.", expected="mnist-mini, mnist, fashion or csv:FILE")
    root = [json.dumps(os.path.abspath(choices.root))] * (kind != "mnist-mini") if choices.root else []
    download = ["download=True"] * (choices.download and kind != "mnist-mini")
    known, test = (calls[choices.data].format(", ".join([*root, *part, *download])) for part in ([], ["train=False"]))
    names = list((data.FashionMNIST if kind == "fashion" else data.MNIST).NAMES)
    return _IMAGES.format(train=known, test=test), (1, 28, 28), names


def _classes(table: Any, path: str) -> list[str]:
    """The names of the labels; whole numbers are their own."""
    labels = table.tensors[1].numpy()
    if table.classes:
        return list(table.classes)
    if labels.dtype.kind != "i" or labels.min() < 0 or labels.max() >= 1000:
        raise TinygradError(
            f"the labels in {path} are no classes.",
            expected="names, or whole numbers from 0 to 999",
            got=", ".join(map(str, np.unique(labels)[:5])) + ", …",
            mend="--label COLUMN says which column holds the labels; the last one if it is not given",
        )
    return [str(i) for i in range(int(labels.max()) + 1)]
