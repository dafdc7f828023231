"""What is written is true: the examples in docstrings, the README and CONTRIBUTING run as they say."""

import contextlib
import doctest
import importlib
import inspect
import io
import pkgutil
import re
from pathlib import Path

import pytest

import tinygrad_edu as tg
from tinygrad_edu import viz
from tinygrad_edu.testing import case, check_case, real

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MODULES = [
    importlib.import_module(found.name)
    for found in pkgutil.walk_packages(tg.__path__, "tinygrad_edu.")
    if not found.name.endswith("__main__")
] + [tg, importlib.import_module("tinygrad_edu.__main__")]


def own(module):
    """The public functions and classes that a module defines; a gate's own module is not on record."""
    for name in getattr(module, "__all__", ()):
        thing = getattr(module, name)
        here = getattr(thing, "__module__", "") == module.__name__ or (
            hasattr(thing, "gate") and name == thing.__name__
        )
        if here and (inspect.isfunction(thing) or inspect.isclass(thing)):
            yield name, thing


def examples():
    """Every docstring with an example, once. The functions of gates are closures, which doctest does not find."""
    found = {}
    for module in MODULES:
        for test in doctest.DocTestFinder(exclude_empty=True).find(module):
            if test.examples:
                found.setdefault(test.name, test)
        for name, thing in own(module):
            if hasattr(thing, "gate") and ">>>" in thing.__doc__:
                path = f"{module.__name__}.{name}"
                test = doctest.DocTestParser().get_doctest(thing.__doc__, dict(vars(module)), path, module.__file__, 0)
                found.setdefault(path, test)
    return found


EXAMPLES = examples()


@pytest.mark.parametrize("test", EXAMPLES.values(), ids=EXAMPLES)
def test_examples(test):
    said = io.StringIO()
    result = doctest.DocTestRunner(verbose=False).run(test, out=said.write)
    assert not result.failed, said.getvalue()


def test_the_examples_of_gates_are_among_them():
    assert "tinygrad_edu.gates.switch.mul" in EXAMPLES
    assert len(EXAMPLES) > 300


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_everything_public_has_a_docstring(module):
    assert module.__doc__, "the file does not say its subject"
    missing = []
    for name, thing in own(module):
        if not inspect.getdoc(thing):
            missing.append(name)
        if inspect.isclass(thing):
            for member, value in vars(thing).items():
                public = inspect.isfunction(value) and not member.startswith("_")
                if public and not inspect.getdoc(getattr(thing, member)):
                    missing.append(f"{name}.{member}")
    assert not missing


SPACES = [tg] + [
    importlib.import_module(f"tinygrad_edu.{name}")
    for name in (
        *("autograd", "data", "func", "linalg", "special", "summarizing", "testing", "training", "tuning", "viz"),
        *("nn", "nn.functional", "nn.init", "nn.utils", "nn.utils.rnn", "utils.checkpoint"),
        *("optim", "optim.averaging", "optim.lr_scheduler", "optim.swa_utils"),
    )
]  # where a user finds names; the other files are the parts that these are made of


def told_in_a_sentence(thing):
    """Whether an example may be left out: of errors and warnings, and of what a table of formulas makes."""
    if inspect.isclass(thing):
        return issubclass(thing, BaseException)
    inner = inspect.unwrap(thing)
    return inner.__code__.co_name != inner.__name__  # a closure: `exp`, `eq`, `hsplit`; its row says what it computes


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.__name__)
def test_everything_that_a_user_can_name_has_an_example(space):
    names = getattr(space, "__all__", None) or [name for name in dir(space) if not name.startswith("_")]
    things = {name: getattr(space, name) for name in names}
    ours = {
        name: thing
        for name, thing in things.items()
        if (inspect.isfunction(thing) or inspect.isclass(thing)) and thing.__module__.startswith("tinygrad_edu")
    }
    assert ours
    assert [n for n, thing in ours.items() if ">>>" not in thing.__doc__ and not told_in_a_sentence(thing)] == []


def test_few_names_are_told_in_a_sentence():
    assert told_in_a_sentence(tg.exp)
    assert told_in_a_sentence(tg.errors.ShapeError)
    assert not any(map(told_in_a_sentence, (tg.nn.Sigmoid, tg.nn.functional.glu, tg.sum, tg.load, tg.explain)))


# The README and CONTRIBUTING.


def fenced(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def neuron(tmp_path, monkeypatch):
    """What the README's example prints and draws."""
    monkeypatch.chdir(tmp_path)
    example, _ = fenced(README, "python")
    said, names = io.StringIO(), {}
    with contextlib.redirect_stdout(said):
        exec(example, names)
    return example, said.getvalue(), names, tmp_path / "neuron.svg"


def test_the_readme_prints_what_it_says(neuron):
    example, said, _, _ = neuron
    assert said == re.search(r"^# (.*\n)", example, re.MULTILINE)[1]


def test_what_the_readme_shows_of_its_example_runs_in_its_order(neuron):
    _, _, names, picture = neuron
    spans = re.findall(r"`([^`\n]+)`", README.partition("## See it\n")[2].partition("\n## ")[0])
    calls = [code for code in spans if re.search(r"\b(viz|tg)\.\w+\(f\b", code)]
    assert {"viz.save(f", "tg.explain(f"} <= set(re.findall(r"\w+\.\w+\(f\b", " ".join(calls)))
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        for code in calls:
            exec(code, names)
    assert picture.with_suffix(".html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "to w0: 0.20 × -1.00 (x0) = -0.20" in said.getvalue()


def test_the_readmes_network_learns_what_it_says(neuron):
    _, _, names, _ = neuron
    program, said = fenced(README, "python")[1], io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(program, names)
    assert abs(int(said.getvalue()[:2]) - int(re.search(r"# (\d\d)% of", program)[1])) <= 1


def test_the_readme_shows_the_picture_that_its_example_draws(neuron):
    _, _, _, picture = neuron

    def shown(path):
        return sorted(re.findall(r"<text.*?>(.*?)</text>", path.read_text(encoding="utf-8").replace("&#160;", " ")))

    assert "![" in README
    assert [t for t in shown(picture) if t.strip()] == [t for t in shown(ROOT / "docs/neuron.svg") if t.strip()]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_the_files_that_are_named_exist(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    for path in re.findall(r"`((?:tinygrad_edu|tests|tools|\.ci)/[\w./]*)`", text) + re.findall(
        r"\]\(([\w./]+)\)", text
    ):
        assert (ROOT / path).exists(), path


def test_the_gate_of_contributing_is_right():
    made, proof = fenced((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), "python")
    slope = importlib.import_module("tinygrad_edu.gates.slope")
    names = dict(vars(slope))
    assert made.count("\n") <= 10
    try:
        exec(made, names)
        tg.bell = names["bell"]
        check_case(eval(proof, {"case": case, "real": real}))
        assert viz.text(tg.Tensor.bell(tg.tensor(1.0, requires_grad=True))).count("(-2 t1 exp(-t1^2))") == 1
    finally:
        tg.GATES.pop("bell", None)
        for home in (tg, tg.Tensor):
            if hasattr(home, "bell"):
                del home.bell
