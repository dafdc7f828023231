"""tune: `tinygrad-edu tune --lr log:1e-4:1 --hidden 30,100,300`: hyperparameters without code."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Training", "add", "read", "run"]

_SEARCHED: dict[str, tuple[Callable[[str], Any], str]] = {
    "optimizer": (str, "adam, sgd, adamw, rmsprop … (default: adam)"),
    "lr": (float, "the learning rate (default: log:1e-4:1 if nothing else is searched)"),
    "weight-decay": (float, "how much weights shrink (default: 0)"),
    "batch-size": (int, "samples in a step (default: 64)"),
    "hidden": (int, "the size of the hidden layer of an mlp, instead of --model"),
}
_PASSED = ("trials", "method", "seed", "prune", "storage", "name", "workers", "lost_after")  # to tune(), as they are
_EXAMPLES = """SEARCH is a value, a list of values, or a range:
  0.1                   this value
  30,100,300            one of these
  uniform:0:0.9         any number from 0 to 0.9
  log:1e-4:1            any number from 0.0001 to 1, every factor as likely as any other
  int:1:4, logint:16:512    the same of whole numbers

examples:
  tinygrad-edu tune --lr log:1e-4:1 --hidden 30,100,300 --trials 20
  tinygrad-edu tune --optimizer sgd,adam --lr log:1e-4:1 --method bayesian --prune median --workers 2
  tinygrad-edu tune --lr log:1e-4:1 --storage search.journal    (in as many terminals as you like)"""


def add(commands: Any) -> None:
    """Add the command and its options to the command line's."""
    about = "search hyperparameters of `train`, judged by the samples it holds back, never by the test's"
    parser: argparse.ArgumentParser = commands.add_parser(
        "tune", help=about, description=about, epilog=_EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", help="mnist-mini, mnist, fashion, or csv:FILE, as for train (default: mnist-mini)")
    parser.add_argument("--label", help="of csv:FILE, the column with the labels (default: the last)")
    parser.add_argument("--root", help="of mnist and fashion, the folder with their four files")
    parser.add_argument("--model", nargs="+", help="one or more of softmax, mlp:SIZE,SIZE… and lenet")
    for name, (_, text) in _SEARCHED.items():
        parser.add_argument(f"--{name}", metavar="SEARCH", help=text)
    parser.add_argument("--epochs", type=int, default=5, help="passes over the data (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of everything random (default: %(default)s)")
    parser.add_argument("--trials", type=int, help="how many, by all workers together (default: 30)")
    parser.add_argument("--method", default="random", help="random, grid, coarse-to-fine or bayesian")
    parser.add_argument("--prune", help="give up hopeless runs: median or halving (default: never)")
    parser.add_argument("--storage", help="a file on a shared folder, or a database's URL: share the search")
    parser.add_argument("--name", default="study", help="of the search in the storage (default: %(default)s)")
    parser.add_argument("--lost-after", type=float, default=60.0, metavar="SECONDS",
                        help="without a sign of life, then its trial is run again (default: %(default)g)")  # fmt: skip
    parser.add_argument("--workers", type=int, default=1, help="processes on this machine (default: %(default)s)")
    parser.add_argument("--out", default="tuned", metavar="DIR", help="the folder to write to (default: %(default)s)")
    parser.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Search; write the table, the picture and the command that trains the best; 0 for success.

    Raises:
        TinygradError: for words that cannot be read, or do not fit.
        MissingExtraError: without Optuna (the extra `tuning`).
    """
    from ..files import write_whole
    from ..tuning import tune
    from .program import setting_up

    fixed, space = _asked(chosen)
    training = Training({**fixed, "epochs": chosen.epochs, "seed": chosen.seed})
    setting_up(training.choices({name: values[0] for name, values in space.items() if isinstance(values, list)}))
    passed = {name: getattr(chosen, name) for name in _PASSED}
    study = tune(training, space, direction="maximize", **passed)
    out = Path(chosen.out)
    out.mkdir(parents=True, exist_ok=True)
    study.to_csv(out / "trials.csv")
    written = ["trials.csv"]
    if study.top(1):
        study.plot(out / "tuning.png")
        command = training.command(study.best.params)
        write_whole(out / "best.txt", lambda file: file.write(f"{command}\n".encode()))
        written += ["tuning.png", "best.txt"]
        print(f"best of {len(study.trials)}: {study.best.value:.2%} of the samples held back. To train it:\n{command}")
    print(f"Written to {out}: {', '.join(sorted(written))}", file=sys.stderr)
    return 0


def read(name: str, text: str) -> Any:
    """What is to be searched: a Range, or a list of values.

    Raises:
        OptionError: for another text.

    >>> read("hidden", "30,100"), read("lr", "log:1e-4:1").at(0.5)
    ([30, 100], 0.01)
    """
    from ..errors import OptionError
    from ..tuning import integers, log, uniform

    kind = _SEARCHED[name][0]
    ranges: dict[str, Callable[[Any, Any], Any]] = {"int": integers, "logint": lambda a, b: integers(a, b, scale="log")}
    if kind is float:
        ranges = {"log": log, "uniform": uniform}
    word, *ends = text.split(":")
    try:
        if word in ranges and len(ends) == 2 and kind is not str:
            return ranges[word](kind(ends[0]), kind(ends[1]))
        return [kind(value) for value in text.split(",")]
    except OptionError:
        raise
    except ValueError:
        forms = ", ".join(f"{word}:LOW:HIGH" for word in ranges)
        raise OptionError(f"--{name} cannot be read.", expected=f"a value, A,B,C, {forms}", got=text) from None


def _asked(chosen: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is fixed, and what is searched: more than one value."""
    from ..errors import OptionError
    from ..tuning import log

    if chosen.model and chosen.hidden:
        raise OptionError("--hidden is the size of an mlp.", got=f"--model {' '.join(chosen.model)}", mend="either")
    fixed = {name: getattr(chosen, name) for name in ("data", "label", "root") if getattr(chosen, name) is not None}
    given = {name.replace("-", "_"): read(name, getattr(chosen, name.replace("-", "_"))) for name in _SEARCHED
             if getattr(chosen, name.replace("-", "_")) is not None}  # fmt: skip
    if chosen.model:
        given["model"] = chosen.model
    single = {name: values[0] for name, values in given.items() if isinstance(values, list) and len(values) == 1}
    space = {name: values for name, values in given.items() if name not in single}
    return fixed | single, space or {"lr": log(1e-4, 1)}


@dataclass(frozen=True)
class Training:
    """The objective: the lines that `train` would run, up to the test, with some choices replaced.

    Attributes:
        fixed: the choices of `train` that are not searched.
    """

    fixed: dict[str, Any]

    def choices(self, params: dict[str, Any]) -> Any:
        """All choices of one training."""
        from .program import Choices

        all_of_them = {**self.fixed, **params}
        if "hidden" in all_of_them:
            all_of_them["model"] = f"mlp:{all_of_them.pop('hidden')}"
        return Choices(**all_of_them)

    def command(self, params: dict[str, Any]) -> str:
        """How to train this with `train`."""
        from .program import Choices

        chosen, usual = vars(self.choices(params)), vars(Choices())
        words = [
            f"--{name.replace('_', '-')}={value}"
            for name, value in chosen.items()
            if name == "epochs" or value != usual[name]
        ]
        return shlex.join(["tinygrad-edu", "train", *words])

    def __call__(self, params: dict[str, Any], report: Any) -> float:
        """The best epoch's accuracy on the samples that are held back."""
        from .. import training
        from .program import setting_up

        names: dict[str, Any] = {"__file__": __file__}
        exec(setting_up(self.choices(params)), names)
        history = training.fit(
            *(names[name] for name in ("model", "loss", "optimizer", "batches")),
            epochs=self.fixed["epochs"],
            validation=names["validation"],
            callbacks=[report.watch("val_accuracy")],
            progress=False,
        )
        return float(max(history["val_accuracy"]))
