"""tuning: spaces, methods, giving up, cross-validation, tables and pictures; and `tinygrad-edu tune`."""

import csv
import math
import sys

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, optim, training
from tinygrad_edu.__main__ import main
from tinygrad_edu.data import k_fold
from tinygrad_edu.errors import MissingExtraError, NonFiniteError, OptionError, TinygradError
from tinygrad_edu.tuning import Range, Report, Study, Trial, cross_validated, integers, log, tune, uniform
from tinygrad_edu.tuning.methods import METHODS, grid, narrowed

SPACE = {"x": uniform(0, 4), "y": log(1e-4, 1), "n": integers(1, 3), "kind": ["a", None]}


def valley(params, report):
    return (params["x"] - 1.3) ** 2 + (math.log10(params["y"]) + 2) ** 2 / 10


def search(objective=valley, space=SPACE, **options):
    return tune(objective, space, **{"trials": 24, "progress": False, **options})


@pytest.mark.parametrize("spread", [uniform(-1, 3), log(1e-5, 10), integers(2, 9), integers(1, 4096, scale="log")])
def test_a_range_has_its_ends_and_goes_back(spread):
    assert (spread.at(0.0), spread.at(1.0)) == (spread.low, spread.high)
    for u in np.linspace(0, 1, 31):
        value = spread.at(u)
        assert spread.low <= value <= spread.high
        assert spread.at(spread.where(value)) == pytest.approx(value, rel=1e-5)
        assert isinstance(value, int) == spread.whole


def test_draws_are_spread_as_the_scale_says():
    trials = search(trials=300).trials
    decades = np.histogram([np.log10(t.params["y"]) for t in trials], bins=[-4, -3, -2, -1, 0])[0]
    assert decades.sum() == 300
    assert decades.min() > 50  # of 75
    assert min(np.bincount([t.params["n"] for t in trials])[1:]) > 70  # of 100
    assert {t.params["kind"] for t in trials} == {"a", None}


@pytest.mark.parametrize("method", METHODS)
def test_every_method_repeats_and_keeps_to_the_space(method):
    first, second = search(method=method), search(method=method)
    assert [t.params for t in first.trials] == [t.params for t in second.trials]
    assert [t.number for t in first.trials] == list(range(len(first.trials)))
    assert len(first.trials) == 24  # of a grid: 3 x 2 x 2 of the ranges, and 2 kinds
    for t in first.trials:
        assert t.value == valley(t.params, None)
        assert all(
            s.low <= t.params[k] <= s.high if isinstance(s, Range) else t.params[k] in s for k, s in SPACE.items()
        )
    if method != "grid":
        assert [t.params for t in search(method=method, seed=1).trials] != [t.params for t in first.trials]


def test_every_trial_has_the_same_random_numbers_and_ours_go_on():
    tg.manual_seed(7)
    wanted = tg.rand(3).tolist()
    tg.manual_seed(7)
    study = search(lambda p, report: tg.rand(()).item(), trials=3)
    assert len({t.value for t in study.trials}) == 1
    assert tg.rand(3).tolist() == wanted


def test_a_grid_uses_its_budget_up_evenly():
    points = grid({name: uniform(0, 1) for name in "abcd"}, 36)
    assert len(points) == 36 and [len({point[name] for point in points}) for name in "abcd"] == [3, 3, 2, 2]

    assert grid({"a": uniform(0, 4), "b": [1, 2, 3]}, 5) == [{"a": 2.0, "b": b} for b in (1, 2, 3)], "one: the middle"


def test_a_narrowed_space_stays_within_the_whole():
    small = narrowed({"x": uniform(0, 1), "y": uniform(0, 1)}, [{"x": 1.0, "y": 0.05}, {"x": 0.95, "y": 0.0}])
    assert (small["x"].high, small["y"].low) == (1.0, 0.0)
    assert (small["x"].low, small["y"].high) == (pytest.approx(0.85), pytest.approx(0.15))


def test_a_grid_is_every_combination():
    points = grid({"a": [1, 2], "b": uniform(0, 1)}, 7)
    assert points == [{"a": a, "b": b} for a in (1, 2) for b in (0.0, 0.5, 1.0)]
    assert (
        len(
            search(
                space={"a": [1, 2], "b": [3, 4, 5]}, objective=lambda p, r: p["a"], trials=None, method="grid"
            ).trials
        )
        == 6
    )
    with pytest.raises(OptionError, match="6 points"):
        search(space={"a": [1, 2], "b": [3, 4, 5]}, trials=5, method="grid")


def test_coarse_to_fine_closes_in_on_what_matters():
    trials = search(method="coarse-to-fine", trials=60, space={"x": uniform(0, 4), "y": log(1e-4, 1)}).trials
    widths = [np.ptp([t.params["x"] for t in trials[i : i + 20]]) for i in (0, 20, 40)]
    assert widths[0] > 1.5 * widths[1] > 1.5 * 1.5 * widths[2]
    assert abs(np.mean([t.params["x"] for t in trials[40:]]) - 1.3) < 0.3
    assert narrowed({"n": integers(1, 9)}, [{"n": 4}])["n"].low in (3, 4)


def test_coarse_to_fine_asks_only_the_runs_that_ended():
    def objective(params, report):
        report(-1.0)  # what was given up would be the best
        return math.nan if params["x"] < 2 else params["x"]

    trials = search(objective, {"x": uniform(0, 4)}, method="coarse-to-fine", trials=30).trials
    assert {t.state for t in trials[:10]} == {"finished", "given up"}
    assert min(t.params["x"] for t in trials[10:]) > 1.5


def test_a_study_of_few_trials():
    assert repr(study_of([])) == "Study(0 trials)"
    assert repr(study_of([2.0])) == "Study(1 trial, best 2 at x=0.0)"
    assert study_of([]).importance() == study_of([1.0, 1.0]).importance() == {}
    assert study_of([1.0, 2.0]).importance() == {"x": pytest.approx(1)}
    for values in ([], [2.0], [1.0, 1.0]):
        parallel, *_ = study_of(values).plot().axes
        assert parallel.get_title().startswith(f"{len(values)} trials that finished, ")


def study_of(values):
    """A study of which only the values count."""
    return Study({"x": uniform(0, 4)}, [Trial(i, {"x": float(i)}, value) for i, value in enumerate(values)])


def test_parallel_coordinates_go_through_the_parameters_to_the_value():
    space = {"x": uniform(0, 4), "rate": log(1e-3, 10), "kind": ["a", "b", "c"], "one": [5]}
    points = [(3.0, 0.1, "c"), (1.0, 10.0, "a"), (4.0, 0.001, "b")]
    trials = [
        Trial(i, {"x": x, "rate": rate, "kind": kind, "one": 5}, value)
        for i, ((x, rate, kind), value) in enumerate(zip(points, [3.0, 2.0, 6.0], strict=True))
    ]
    axes = Study(space, trials).plot().axes[0]
    lines = [line for line in axes.lines if len(line.get_xdata()) == 5]
    best = lines[-1]
    assert np.allclose(best.get_ydata(), [0.25, 1, 0, 0.5, 0]), "the best is drawn last, above the others"
    assert np.allclose(lines[0].get_ydata(), [1, 0, 0.5, 0.5, 1])
    assert np.allclose(lines[1].get_ydata(), [0.75, 0.5, 1, 0.5, 0.25])
    assert best.get_color() not in {line.get_color() for line in lines[:2]}
    assert best.get_linewidth() > max(line.get_linewidth() for line in lines[:2])
    found = {
        name: [t.get_text() for t in axes.texts if round(t.get_position()[0]) == x]
        for x, name in enumerate([*space, "value"])
    }
    assert found["rate"] == ["0.001", "0.01", "0.1", "1", "10"], "powers of ten"
    assert (found["kind"], found["one"], found["value"]) == (["a", "b", "c"], ["5"], ["2", "3", "4", "5", "6"])
    narrow = Study({"rate": log(0.2, 0.8)}, []).plot().axes[0]
    assert [t.get_text() for t in narrow.texts[:5]] == ["0.2", "0.283", "0.4", "0.566", "0.8"], "no power of ten in it"
    low, high = axes.get_xlim()
    assert low < 0 and high > 4


def test_bayesian_search_learns():
    trials = search(method="bayesian", trials=40).trials
    early, late = (np.median([t.value for t in part]) for part in (trials[:10], trials[-10:]))
    assert late < early / 2


@pytest.mark.parametrize("prune", ["median", "halving"])
def test_hopeless_runs_are_given_up(prune):
    ran = []

    def objective(params, report):
        for epoch in range(1, 9):
            ran.append(epoch)
            report(params["x"] + 1 / epoch)
        return params["x"] + 1 / 8

    study = search(objective, {"x": uniform(0, 4)}, prune=prune)
    given_up = [t for t in study.trials if t.state == "given up"]
    assert len(given_up) >= 5
    assert all(len(t.curve) < 8 and t.value == t.curve[-1] for t in given_up)
    assert len(ran) == sum(len(t.curve) for t in study.trials) < 8 * 24
    assert study.best.value == min(t.value for t in study.trials if t.state == "finished")
    assert study.best.params["x"] < np.median([t.params["x"] for t in given_up])


def test_a_training_is_watched_and_one_that_diverges_is_given_up():
    x = tg.tensor([[0.0], [1.0], [2.0]])

    def objective(params, report):
        model = nn.Linear(1, 1)
        optimizer = optim.SGD(model.parameters(), lr=params["lr"])
        with np.errstate(all="ignore"):
            history = training.fit(model, nn.MSELoss(), optimizer, [(x, 2 * x)] * 20, epochs=3, validation=[(x, 2 * x)],
                                   callbacks=[report.watch("val_loss")], progress=False)  # fmt: skip
        return history["val_loss"][-1]

    study = search(objective, {"lr": [0.1, 0.2, 1e6]}, method="grid", trials=None)
    assert [t.state for t in study.trials] == ["finished", "finished", "given up"]
    assert study.best.curve[-1] == study.best.value
    assert search(lambda p, r: math.nan, trials=1).trials[0].state == "given up"


def test_an_error_in_the_objective_is_raised_and_ctrl_c_keeps_what_there_is(capsys):
    with pytest.raises(ZeroDivisionError):
        search(lambda p, report: 1 / 0)
    with pytest.raises(TinygradError, match="returns its score"):
        search(lambda p, report: None)
    calls = []

    def impatient(params, report):
        calls.append(params)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return 1.0

    assert [t.state for t in search(impatient).trials] == ["finished", "finished", "failed"]
    assert "Ctrl-C" in capsys.readouterr().err


def test_cross_validation_is_the_mean_over_the_folds():
    seen = []

    def score(params, training_part, validation):
        assert not set(training_part) & set(validation)
        seen.append(sorted(validation))
        return sum(validation)

    assert len(cross_validated(score, range(9)).folds) == len(k_fold(range(9))) == 5
    study = search(cross_validated(score, range(9), k=3), {"a": [1]}, trials=1)
    assert sorted(i for fold in seen for i in fold) == list(range(9))
    assert study.best.value == pytest.approx(12)
    assert study.best.curve == pytest.approx(np.cumsum([sum(s) for s in seen]) / [1, 2, 3])


def test_the_table_and_the_picture(tmp_path):
    def objective(params, report):
        for epoch in range(4):
            report(valley(params, report) + 1 / (1 + epoch))
        return valley(params, report)

    study = search(objective, prune="median")
    rows = list(csv.DictReader(study.to_csv(tmp_path / "trials.csv").read_text().splitlines()))
    assert [float(r["x"]) for r in rows] == [t.params["x"] for t in study.trials]
    figure = study.plot(tmp_path / "tuning.png")
    parallel, importance, curves = figure.axes
    assert f"{study.best.value:.4g}" in parallel.get_title() and "importance" in importance.get_title()
    finished = [t for t in study.trials if t.state == "finished"]
    assert sum(len(line.get_xdata()) == len(SPACE) + 1 for line in parallel.lines) == len(finished)
    assert curves.get_title() == f"learning curves of the best {min(20, len(finished))}"
    boldest = max(curves.lines, key=lambda line: line.get_linewidth())
    assert list(boldest.get_ydata()) == study.best.curve
    assert (tmp_path / "tuning.png").stat().st_size > 10_000
    shares = study.importance()
    assert set(shares) == set(SPACE)
    assert sum(shares.values()) == pytest.approx(1)
    assert max(shares, key=shares.get) in ("x", "y")


@pytest.mark.parametrize("space", [{}, {"a": []}, {"a": [1, 1]}, {"a": 3}, {"a": [object()]}])
def test_a_space_that_is_none(space):
    with pytest.raises(OptionError):
        search(space=space)


@pytest.mark.parametrize(
    "make", [lambda: log(0, 1), lambda: uniform(1, 1), lambda: integers(1.5, 2), lambda: log(1, math.inf)]
)
def test_a_range_that_is_none(make):
    with pytest.raises(OptionError):
        make()


@pytest.mark.parametrize(
    "option", [{"method": "grdi"}, {"trials": 0}, {"prune": "x"}, {"direction": "up"}, {"workers": 0}]
)
def test_an_option_that_is_none(option):
    with pytest.raises(OptionError):
        search(**option)


def test_without_optuna_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtraError, match=r"tinygrad_edu\[tuning\]"):
        search()


@pytest.mark.parametrize("terminal", [True, False])
def test_the_best_so_far_is_shown_as_it_goes(terminal, monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    study = search(lambda p, report: p["x"], {"x": [3.0, 1.0, 2.0]}, method="grid", trials=None, progress=True)
    shown = capsys.readouterr().err
    assert [t.value for t in study.trials] == [3, 1, 2]
    assert "3/3" in shown and "best 1 at x=1.0" in shown
    assert terminal or [line.partition(" at")[0] for line in shown.splitlines()] == [
        "trial 1/3: best 3", "trial 2/3: best 1", "trial 3/3: best 1",
    ]  # fmt: skip


def test_what_is_reported_is_finite():
    with pytest.raises(NonFiniteError):
        Report(None)(math.inf)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rng, lines = np.random.default_rng(0), ["kind,length,width"]
    for i in range(150):
        x, y = rng.normal(size=2) + [(0, 0), (4, 0), (2, 4)][i % 3]
        lines.append(f"{['rose', 'lily', 'tulip'][i % 3]},{x:.3f},{y:.3f}")
    path = tmp_path_factory.mktemp("flowers") / "flowers.csv"
    path.write_text("\n".join(lines))
    return path


def test_the_command_searches_and_its_best_command_trains_the_same(table, tmp_path, capsys):
    words = ["--data", f"csv:{table}", "--label", "kind", "--batch-size", "16", "--lr", "log:1e-5:1", "--hidden", "2,8"]
    assert main(["tune", *words, "--epochs", "2", "--trials", "6", "--out", str(tmp_path / "tuned")]) == 0
    assert {p.name for p in (tmp_path / "tuned").iterdir()} == {"trials.csv", "tuning.png", "best.txt"}
    rows = list(csv.DictReader((tmp_path / "tuned/trials.csv").read_text().splitlines()))
    best = max(float(r["value"]) for r in rows)
    command = (tmp_path / "tuned/best.txt").read_text().split()
    assert command[:2] == ["tinygrad-edu", "train"]
    assert main([*command[1:], "--out", str(tmp_path / "best")]) == 0
    history = list(csv.DictReader((tmp_path / "best/history.csv").read_text().splitlines()))
    assert max(float(r["val_accuracy"]) for r in history) == best
    capsys.readouterr()


@pytest.mark.parametrize(
    "words",
    ["--lr log:a:1", "--lr 0.1,x", "--optimizer bla,sgd", "--hidden 3 --model lenet"],
)
def test_words_that_cannot_be_read(words, tmp_path, capsys):
    assert main(["tune", *words.split(), "--trials", "1", "--out", str(tmp_path)]) == 1
    assert "expected" in capsys.readouterr().err or "--hidden" in words
