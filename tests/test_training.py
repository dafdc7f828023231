"""`fit` does what the plain loop does; metrics, early stopping, monitoring, events, transfer, and what a NaN says."""

import itertools
import sys

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim, training
from tinygrad_edu.errors import MissingExtraError, NonFiniteError, ShapeError, TinygradError


def rows(n=40, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, n)
    return data.TensorDataset((rng.normal(size=(n, 4)) + labels[:, None]).astype("f4"), labels)


def network(lr=0.1, **options):
    tg.manual_seed(1)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3))
    return model, optim.SGD(model.parameters(), lr=lr, **options)


def fitted(epochs=3, lr=0.1, **options):
    model, optimizer = network(lr)
    loader = data.DataLoader(rows(), 8, shuffle=True, generator=0)
    history = training.fit(
        model, nn.CrossEntropyLoss(), optimizer, loader, epochs=epochs, **{"progress": False} | options
    )
    return model, history


# The loop.


def test_fit_is_the_plain_loop():
    model, optimizer = network()
    loss, validation = nn.CrossEntropyLoss(), data.DataLoader(rows(20, seed=5), 7, generator=0)
    scheduler = optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    loader = data.DataLoader(rows(), 8, shuffle=True, generator=0)
    history = training.fit(
        model, loss, optimizer, loader, epochs=3, validation=validation, scheduler=scheduler, progress=False
    )
    plain, optimizer = network()
    loader = data.DataLoader(rows(), 8, shuffle=True, generator=0)
    for epoch in range(3):
        plain.train()
        losses, right = [], 0
        for x, y in loader:
            optimizer.zero_grad()
            outputs = plain(x)
            value = loss(outputs, y)
            value.backward()
            optimizer.step()
            losses.append(value.item())
            right += (outputs.argmax(1) == y).sum().item()
        plain.eval()
        with tg.no_grad():
            x, y = rows(20, seed=5).tensors
            scores = plain(x)
        row = history.rows[epoch]
        assert (row["epoch"], row["step"], row["lr"]) == (epoch + 1, 5 * (epoch + 1), 0.1 * 0.5**epoch)
        assert row["loss"] == pytest.approx(np.mean(losses))
        assert row["accuracy"] == right / 40
        assert row["val_loss"] == pytest.approx(loss(scores, y).item())
        assert row["val_accuracy"] == (scores.argmax(1) == y).sum().item() / 20
        optimizer.param_groups[0]["lr"] *= 0.5
    assert model.state_dict() == plain.state_dict()
    assert list(history.rows[0]) == ["epoch", "step", "lr", "loss", "accuracy", "val_loss", "val_accuracy"]


def test_means_are_over_samples_not_batches():
    x, y = rows().tensors
    batches = [(x[:30], y[:30]), (x[30:], y[30:])]
    model = network()[0].eval()
    whole = training.evaluate(model, nn.CrossEntropyLoss(), [(x, y)])
    parts = training.evaluate(model, nn.CrossEntropyLoss(), batches)
    assert parts["loss"] == pytest.approx(whole["loss"])
    assert parts["accuracy"] == whole["accuracy"]


def test_evaluate_puts_each_mode_back():
    model = network()[0]
    model[1].eval()
    training.evaluate(model, nn.CrossEntropyLoss(), [rows().tensors])
    assert [layer.training for layer in model] == [True, False, True, True, True]
    with pytest.raises(ZeroDivisionError):
        training.evaluate(model, lambda *_: 1 / 0, [rows().tensors])
    assert [layer.training for layer in model] == [True, False, True, True, True], "after an error, too"
    before = model[1].running_mean.numpy().copy()
    training.fit(
        model, nn.CrossEntropyLoss(), optim.SGD(model.parameters()), [rows().tensors], epochs=1, progress=False
    )
    assert np.array_equal(model[1].running_mean.numpy(), before), "a frozen BatchNorm stays frozen"


def test_fit_trains_in_training_mode():
    modes = []

    class Looks(training.Callback):
        def on_batch_end(self, run):
            modes.extend(layer.training for layer in run.model)

    model, optimizer = network()
    model.eval()
    training.fit(
        model, nn.CrossEntropyLoss(), optimizer, [rows().tensors], epochs=1, callbacks=[Looks()], progress=False
    )
    assert modes == [True] * 5


def test_a_step_of_many_forwards_counts_each_batch_once():
    x, y = rows().tensors
    tg.manual_seed(0)
    model, sums = nn.Linear(4, 3), []
    count = {"n": lambda outputs, targets: sums.append(len(targets)) or 1.0}
    before = nn.functional.cross_entropy(model(x), y).item()
    history = training.fit(
        model, nn.CrossEntropyLoss(), optim.LBFGS(model.parameters(), max_iter=4), [(x, y)], epochs=1, metrics=count,
        progress=False,
    )  # fmt: skip
    assert history["loss"] == [pytest.approx(before)], "the loss that the step began with"
    assert sums == [40]


def test_other_tasks_and_several_inputs():
    class Sum(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 1)

        def forward(self, a, b):
            return self.layer(a) + b

    model = Sum()
    batch = (tg.ones(3, 2), tg.zeros(3, 1), tg.ones(3, 1))
    error = {"worst": lambda outputs, targets: (outputs - targets).abs().max()}
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    history = training.fit(model, nn.MSELoss(), optimizer, [batch], epochs=20, metrics=error, progress=False)
    assert list(history.rows[0]) == ["epoch", "step", "lr", "loss", "worst"]
    assert history["worst"][-1] < 0.1 * history["worst"][0] + 1e-3
    plain = training.fit(model, nn.MSELoss(), optimizer, [batch], epochs=1, progress=False)
    assert "accuracy" not in plain.rows[0]


@pytest.mark.parametrize(
    ("batches", "says"),
    [([], "has no batches"), ([tg.ones(2, 4)], r"\(inputs, targets\)"), ([(tg.ones(2, 4),)], r"tuple of 1")],
)
def test_data_that_cannot_be_trained_on(batches, says):
    model, optimizer = network()
    with pytest.raises(TinygradError, match=says):
        training.fit(model, nn.CrossEntropyLoss(), optimizer, batches, epochs=1, progress=False)


def test_callbacks_hear_of_everything_in_order():
    heard = []

    class Hears(training.Callback):
        def __getattribute__(self, name):
            if name.startswith("on_") or name == "teardown":
                heard.append(name)
            return super().__getattribute__(name)

    fitted(1, callbacks=[Hears()])
    step = ["on_before_optimizer_step", "on_batch_end"]
    assert heard == ["on_train_start", "on_epoch_start", *5 * step, "on_epoch_end", "on_train_end", "teardown"]


def test_teardown_comes_after_an_error_too():
    class Fails(training.Callback):
        done = False

        def on_batch_end(self, run):
            raise KeyError

        def teardown(self, run):
            self.done = True

    callback = Fails()
    with pytest.raises(KeyError):
        fitted(callbacks=[callback])
    assert callback.done


def test_clipping_before_the_step():
    class Clips(training.Callback):
        def on_before_optimizer_step(self, run):
            nn.utils.clip_grad_norm_(run.model.parameters(), 1e-9)

    before = network()[0].state_dict()["0.weight"].numpy()
    after = fitted(callbacks=[Clips()])[0].state_dict()["0.weight"].numpy()
    np.testing.assert_allclose(after, before, atol=1e-6)


# Telling.


def test_a_line_for_every_epoch_where_nobody_watches(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipykernel", sys)  # imported, but this is no notebook
    fitted(2, progress=True)
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("epoch 1/2: loss ") and ", accuracy " in first and first.endswith(" %")
    assert second.startswith("epoch 2/2: ")


def test_a_bar_in_a_terminal(monkeypatch, capsys):
    pytest.importorskip("tqdm", reason="tqdm is not installed")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    fitted(2, progress=True)
    said = capsys.readouterr().err
    assert "epoch 2/2: 100%" in said and "5/5" in said and "batches/s, loss " in said and "accuracy " in said

    class Stream(data.IterableDataset):
        def __iter__(self):
            return iter([*rows(16)])

    model, optimizer = network()
    training.fit(model, nn.CrossEntropyLoss(), optimizer, data.DataLoader(Stream(), 8), epochs=1)
    assert "2 batches [" in capsys.readouterr().err  # of a stream nobody knows how many there will be

    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    fitted(2, progress=True)
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_the_bar_tells_the_metrics_now_and_then(monkeypatch):
    tqdm = pytest.importorskip("tqdm.auto", reason="tqdm is not installed")
    heard, clock = [], itertools.count(0, 0.03)

    class Bar:
        def __init__(self, total, initial, **_):
            heard.append((total, initial))

        def __getattr__(self, name):
            return lambda *args, **_: heard.append(name)

    monkeypatch.setattr(tqdm, "tqdm", Bar)
    monkeypatch.setattr(training.progress.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    fitted(2, progress=True)
    told = "set_postfix_str"
    epoch = [(5, 0), "update", told, "update", "update", told, "update", "update", told, "close"]
    assert heard == 2 * epoch, "every 0.05 seconds, and at the end"


def test_history_as_csv_and_picture(tmp_path):
    _, history = fitted(3, validation=data.DataLoader(rows(20, 5), 10))
    lines = history.to_csv(tmp_path / "history.csv").read_text().splitlines()
    assert lines[0] == "epoch,step,lr,loss,accuracy,val_loss,val_accuracy"
    assert [float(line.split(",")[3]) for line in lines[1:]] == history["loss"]
    assert repr(history).startswith("History(3 epochs: loss ")
    figure = history.plot(tmp_path / "history.png")
    assert (tmp_path / "history.png").read_bytes().startswith(b"\x89PNG")
    loss, accuracy = figure.axes
    assert [list(line.get_ydata()) for line in loss.lines[:2]] == [history["loss"], history["val_loss"]]
    assert list(accuracy.lines[0].get_ydata()) == pytest.approx([100 * a for a in history["accuracy"]])
    assert [t.get_text() for t in loss.get_legend().get_texts()][:2] == ["training", "validation"]
    for axes in figure.axes:
        assert axes.get_title() and axes.get_xlabel() == "epoch"
    training.History().plot()


def test_a_picture_of_what_there_is():
    made = [{"epoch": i, "loss": 10.0**-i, "val_accuracy": a} for i, a in enumerate((0.05, 0.9, 0.5), 1)]
    loss, accuracy = training.History(made).plot().axes
    assert (loss.get_yscale(), accuracy.get_yscale()) == ("log", "linear")
    assert (loss.get_title(), accuracy.get_title()) == ("loss", "accuracy in %")
    assert [list(line.get_ydata()) for line in accuracy.lines] == [[5, 90, 50], [0, 1]]
    assert accuracy.lines[1].get_label() == "best validation: 90.00 %" and accuracy.lines[1].get_xdata()[0] == 2
    assert loss.get_xlim() == (0.5, 3.5)
    (flat,) = training.History([{"epoch": 1, "loss": 1.0, "val_loss": 2.0}]).plot().axes
    assert flat.get_yscale() == "linear" and len(flat.lines) == 2, "of one epoch none is the best"
    validated = training.History([{"epoch": i, "val_loss": loss} for i, loss in ((1, 3.0), (2, 1.0), (3, 2.0))])
    assert validated.plot().axes[0].lines[1].get_label() == "best validation: 1"
    (long,) = training.History([{"epoch": i, "loss": 0.0} for i in range(31)]).plot().axes
    assert (long.lines[0].get_markersize(), flat.lines[0].get_markersize() > 0) == (0, True)


# Metrics, by hand.

SCORES = np.array([[5, 1, 0, 0], [4, 3, 0, 0], [0, 5, 2, 0], [3, 4, 1, 0], [0, 1, 5, 0.0], [1, 2, 3, 0]])
LABELS = np.array([0, 1, 1, 0, 2, 2])  # taken: 0 0 1 1 2 2; class 3 is never named


def test_metrics_by_hand():
    assert training.Accuracy()(SCORES, LABELS) == 4 / 6
    assert training.TopK(1)(SCORES, LABELS) == 4 / 6
    assert training.TopK(2)(SCORES, LABELS) == 1.0
    matrix = training.ConfusionMatrix()(tg.tensor(SCORES), tg.tensor(LABELS))
    assert matrix.tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 2, 0], [0, 0, 0, 0]]
    for metric in (training.Precision, training.Recall, training.F1Score):
        assert metric(None)(SCORES, LABELS).tolist() == [0.5, 0.5, 1, 0]
        assert metric("macro")(SCORES, LABELS) == pytest.approx(2 / 3)  # over the three that were named
        assert metric("micro")(SCORES, LABELS) == pytest.approx(4 / 6)
    assert training.TopK().name == "top5"
    skewed = np.eye(3)[[0, 0, 0, 1]] * 2.0, np.array([0, 0, 1, 1])
    assert training.Precision(None)(*skewed) == pytest.approx([2 / 3, 1, 0])
    assert training.Recall(None)(*skewed) == pytest.approx([1, 1 / 2, 0])
    assert training.F1Score(None)(*skewed) == pytest.approx([4 / 5, 2 / 3, 0])
    assert training.Precision("micro")(*skewed) == 3 / 4
    assert training.F1Score("weighted")(*skewed) == pytest.approx((4 / 5 + 2 / 3) / 2)


@pytest.mark.parametrize("kind", [training.Accuracy, training.TopK, training.ConfusionMatrix, training.F1Score])
def test_metrics_add_up_over_batches(kind):
    rng = np.random.default_rng(0)
    scores, labels = rng.normal(size=(30, 7)), rng.integers(0, 7, 30)
    metric = kind()
    for part in np.split(np.arange(30), [4, 5, 21]):
        metric.update(scores[part], labels[part])
    assert np.array_equal(metric.compute(), kind()(scores, labels))
    metric.reset()
    metric.update(scores[:3], labels[:3])
    assert np.array_equal(metric.compute(), kind()(scores[:3], labels[:3]))


@pytest.mark.parametrize("wrong", [(SCORES, LABELS[:3]), (SCORES[:, 0], LABELS), (SCORES, LABELS * 1.0)])
def test_metrics_of_what_does_not_fit(wrong):
    with pytest.raises(ShapeError, match="scores with class numbers"):
        training.Accuracy()(*wrong)
    with pytest.raises(TinygradError, match="out of range"):
        training.ConfusionMatrix()(SCORES, LABELS + 2)


def test_confusion_matrix_as_a_picture(tmp_path):
    matrix = training.ConfusionMatrix()
    matrix(SCORES, LABELS)
    figure = matrix.plot(["cat", "dog", "elephant", "zebra"], tmp_path / "matrix.png")
    axes = figure.axes[0]
    assert [t.get_text() for t in axes.texts] == ["1", "1", "1", "1", "2"]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["cat", "dog", "elephant", "zebra"]
    assert axes.get_title() == "66.67 % of 6 right"
    assert (tmp_path / "matrix.png").exists()


def test_metrics_in_fit():
    asked = [training.Accuracy(), training.TopK(2), training.F1Score()]
    _, history = fitted(2, metrics=asked, validation=[rows().tensors])
    assert list(history.rows[0])[3:] == [
        "loss",
        "accuracy",
        "top2",
        "f1",
        "val_loss",
        "val_accuracy",
        "val_top2",
        "val_f1",
    ]
    assert all(np.ndim(metric.counts) == 0 for metric in asked), "fit counts in copies"


# Early stopping.


class Scripted(training.Callback):
    """Writes given values into the history, and numbers the weights by epoch."""

    def __init__(self, values):
        self.values = values

    def on_epoch_end(self, run):
        run.history.rows[-1]["val_loss"] = self.values[run.epoch - 1]
        run.model[4].bias.data[...] = run.epoch


@pytest.mark.parametrize(
    ("values", "options", "stops", "best"),
    [
        ([5, 4, 3, 3, 3, 1, 1], {"patience": 2}, 5, 3),
        ([5, 4, 3, 3.5, 2, 1, 1], {"patience": 2}, 7, 6),
        ([5, 4.9, 4.8, 4.7, 1, 1, 1], {"patience": 2, "min_delta": 0.5}, 3, 1),
        ([1, 2, 3, 3, 3, 9, 1], {"patience": 2, "mode": "max"}, 5, 3),
        ([5, 6, 7, 8, 9, 9, 4.5], {"patience": None}, 7, 7),
        ([5, 6, 7, 8, 9, 9, 6], {"patience": None}, 7, 1),
        ([np.nan, 4, np.nan, 3, 5, 5, 5], {"patience": None}, 7, 4),
        ([np.nan] * 7, {"patience": 2}, 3, 1),
    ],
)
def test_early_stopping(values, options, stops, best):
    stopping = training.EarlyStopping(**options)
    model, history = fitted(7, callbacks=[Scripted(values), stopping])
    assert len(history) == stops
    assert (stopping.best, stopping.best_epoch) == (values[best - 1], best)
    assert model[4].bias.tolist() == [best] * 3, "the weights of the best epoch"
    assert bool(history.stopped) == (stops < 7)


def test_the_last_weights_can_be_kept():
    stopping = training.EarlyStopping(2, restore_best=False)
    model, _ = fitted(3, callbacks=[Scripted([1, 2, 3]), stopping])
    assert (stopping.best_epoch, model[4].bias.tolist()) == (1, [3] * 3)


def test_what_cannot_be_trained_or_measured():
    samples, batches, model = rows(), [rows().tensors], nn.Linear(4, 3)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    for options in ({"data": samples}, {"data": batches, "validation": samples}):
        with pytest.raises(TinygradError, match=r"a dataset yields samples(?s:.)*got +TensorDataset(?s:.)*DataLoader"):
            training.fit(model, nn.CrossEntropyLoss(), optimizer, **options, epochs=1, progress=False)
    with pytest.raises(TinygradError, match="none of the model's parameters"):
        training.fit(nn.Linear(4, 3), nn.CrossEntropyLoss(), optimizer, batches, epochs=1, progress=False)
    with pytest.raises(TinygradError, match="iterator that has ended"):
        training.fit(
            model, nn.CrossEntropyLoss(), optimizer, batches, epochs=2, validation=iter(batches), progress=False
        )
    with pytest.raises(TinygradError, match="no batches"):
        training.evaluate(model, nn.CrossEntropyLoss(), [])


def test_metrics_of_one_name_are_refused():
    with pytest.raises(TinygradError, match=r"two metrics have one name(?s:.)*f1, f1"):
        fitted(metrics=[training.F1Score(), training.F1Score("micro")])


def test_early_stopping_of_what_is_not_measured():
    with pytest.raises(TinygradError, match=r"watches 'val_loss'(?s:.)*loss, accuracy(?s:.)*pass validation="):
        fitted(callbacks=[training.EarlyStopping()])


# Monitoring.


def test_monitor_sees_gradients_updates_and_activations(tmp_path):
    monitor = training.Monitor(every=2)
    x, y = rows().tensors
    model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3))
    optimizer, seen = optim.SGD(model.parameters(), lr=0.5), []

    class Looks(training.Callback):
        def on_before_optimizer_step(self, run):
            w = run.model[0].weight
            hidden = np.maximum(np.asarray(x) @ w.numpy().T + run.model[0].bias.numpy(), 0)
            seen.append([np.sqrt(np.mean(a**2)) for a in (w.grad.numpy(), w.numpy())] + [np.mean(hidden == 0)])

    training.fit(
        model, nn.CrossEntropyLoss(), optimizer, [(x, y)], epochs=6, callbacks=[monitor, Looks()], progress=False,
        validation=[(x * 100, y)],
    )  # fmt: skip
    found = monitor.parameters["0.weight"]
    assert found[:, 0].tolist() == [2, 4, 6]
    np.testing.assert_allclose(found[:, 1:3], [row[:2] for row in seen[1::2]], rtol=1e-5)
    np.testing.assert_allclose(found[:, 3], 0.5 * found[:, 1], rtol=1e-3)  # SGD's step is the rate times the gradient
    np.testing.assert_allclose(monitor.activations["1"][:, 3], [row[2] for row in seen[1::2]], atol=1e-6)
    assert monitor.activations["1"][:, 0].tolist() == [2, 4, 6], "validation is not looked at"
    figure = monitor.plot(tmp_path / "monitor.png")
    assert [line.get_label() for line in figure.axes[0].lines] == ["0.weight", "2.weight"]
    for axes, column, scale in ((figure.axes[0], found[:, 1], 1), (figure.axes[1], found[:, 3] / found[:, 2], 1)):
        assert list(axes.lines[0].get_xdata()) == [2, 4, 6]
        np.testing.assert_allclose(axes.lines[0].get_ydata(), scale * column)
    np.testing.assert_allclose(figure.axes[3].lines[1].get_ydata(), 100 * monitor.activations["1"][:, 3])
    assert "a thousandth" in [t.get_text() for t in figure.axes[1].get_legend().get_texts()]
    assert [t.get_text() for t in figure.axes[2].get_legend().get_texts()] == ["0 Linear", "1 ReLU", "2 Linear"]
    assert not model[0]._hooks[1], "no hook is left behind"


# TensorBoard: its own reader reads what was written (test_training_resume reads what was killed).


def test_tensorboard(tmp_path):
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    _, history = fitted(2, callbacks=[training.TensorBoard(tmp_path, every_steps=2)])
    found = EventAccumulator(str(tmp_path)).Reload()
    assert sorted(found.Tags()["scalars"]) == ["batch/loss", "epoch/accuracy", "epoch/loss", "epoch/lr"]
    assert [event.step for event in found.Scalars("batch/loss")] == [2, 4, 6, 8, 10]
    values = [(event.step, event.value) for event in found.Scalars("epoch/loss")]
    assert values == [(row["step"], pytest.approx(row["loss"])) for row in history.rows]


@pytest.mark.parametrize(
    ("module", "use", "extra"),
    [
        ("tensorboard.compat.proto", lambda: training.TensorBoard("x"), "tensorboard"),
        ("matplotlib.figure", lambda: training.History().plot(), "plot"),
    ],
)
def test_extras_that_are_missing(module, use, extra, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=rf"tinygrad_edu\[{extra}\]"):
        use()


# Not a number.


def report(batches, model=None, lr=0.1, loss=None):
    """What the error says, and the network."""
    model = model or nn.Sequential(nn.Linear(2, 3), nn.Dropout(0.5), nn.Linear(3, 2))
    optimizer = optim.SGD(model.parameters(), lr=lr)
    with np.errstate(all="ignore"), pytest.raises(NonFiniteError) as error:
        training.fit(model, loss or nn.MSELoss(), optimizer, batches, epochs=3, progress=False)
    return str(error.value), model


def test_nan_in_the_data():
    x = tg.ones(4, 2)
    bad = np.ones((4, 2), "f4")
    bad[2, 1] = np.nan
    said, model = report([(x, x), (tg.tensor(bad), x)])
    assert "the loss is nan in step 2 (epoch 1, batch 2)" in said
    assert "born in the inputs: 1 of 8 values, the first nan at (2, 1), before any gate" in said
    assert all(np.isfinite(p.numpy()).all() for p in model.parameters())
    said, _ = report([(x, tg.tensor(bad))])
    assert "born in the targets" in said and "gradient of the last step" not in said

    class Takes(nn.Linear):
        def forward(self, x, *_):
            return super().forward(x)

    words, none, whole = ["ab", "cd"], tg.zeros(0, 2), tg.tensor([1, 5])
    said, _ = report([(x, words, none, whole, bad, x)], Takes(2, 2), loss=lambda *_: tg.tensor(np.nan))
    assert "born in input 4: 1 of 8 values" in said
    assert "input 1: shape (2,) of <U2" in said and "input 2: shape (0, 2) of float32" in said
    assert "input 3: 1 to 5" in said and "the targets: 1 to 1" in said


def test_nan_by_too_large_steps():
    said, _ = report([(tg.ones(4, 2), tg.zeros(4, 2))], lr=1e30)
    assert "the loss is" in said
    assert "0.weight: " in said and "gradient of the last step" in said
    assert "a smaller lr=" in said


def test_nan_in_a_parameter():
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 2))
    model[1].weight.data[0, 2] = np.inf
    said, _ = report([(tg.ones(4, 2), tg.zeros(4, 2))], model)
    assert "born in 1.weight: 1 of 6 values, the first inf at (0, 2), before this step: the gradient of step 0" in said
    assert "clip_grad_norm_" in said


def test_nan_in_a_loss_that_no_gate_made():
    said, _ = report([(tg.ones(4, 2), tg.zeros(4, 2))], loss=lambda outputs, targets: tg.tensor(np.nan))
    assert "born in the loss: the detective saw every gate's output finite" in said


def test_nan_by_chance_is_looked_for_with_the_same_draws():
    class Draws(nn.Module):
        def forward(self, x):
            return tg.log(x * 0 + tg.rand(1) - 0.5)

    batches, chances = [(tg.ones(4, 2), tg.zeros(4, 2))], 0
    for seed in range(20):
        model = nn.Sequential(nn.Linear(2, 2), Draws())
        tg.manual_seed(seed)
        first, second = tg.rand(2).tolist()
        if first < 0.5 < second:  # with the next draw it would be finite
            chances += 1
            tg.manual_seed(seed)
            said, _ = report(batches, model)
            assert "log made the first nan" in said
    assert chances > 2


def test_nan_born_in_a_gate():
    class Log(nn.Module):
        def forward(self, x):
            return tg.log(x - 5.0)

    said, _ = report([(tg.ones(4, 2), tg.zeros(4, 2))], nn.Sequential(nn.Linear(2, 2), Log()))
    assert "log made the first nan of the forward pass" in said.split("born in a gate")[1]
    assert "0.weight: " in said


# Transfer.


def test_load_part_takes_what_fits():
    old = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 10))
    new = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2), nn.Linear(2, 2))
    head = new[2].weight.numpy().copy()
    loaded = training.load_part(new, old.state_dict(), ["0.*", "2.*"])
    assert loaded.loaded == ["0.weight", "0.bias"]
    assert loaded.skipped["2.weight"] == "(2, 3) here, (10, 3) there"
    assert loaded.skipped["1.running_mean"] == "not asked for (0.*, 2.*)"
    assert "3.bias" in loaded.untouched and "0.bias" not in loaded.untouched
    assert np.array_equal(new[0].weight.numpy(), old[0].weight.numpy())
    assert np.array_equal(new[2].weight.numpy(), head)
    assert str(loaded).startswith("2 loaded, 7 skipped, ")


def test_load_part_with_a_prefix_and_nothing():
    old, new = nn.Linear(4, 3), nn.Linear(4, 3)
    state = {f"module.{name}": t for name, t in old.state_dict().items()}
    with pytest.raises(TinygradError, match=r"nothing of this state_dict fits(?s:.)*prefix="):
        training.load_part(new, state)
    assert training.load_part(new, state, prefix="module.").loaded == ["weight", "bias"]
    assert new.state_dict() == old.state_dict()


def test_frozen_parameters_do_not_move():
    model, _ = network()
    before = {name: t.numpy().copy() for name, t in model.state_dict().items()}
    assert training.freeze(model, "0.*", "*.bias") == ["0.weight", "0.bias", "1.bias", "4.bias"]
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1)
    training.fit(model, nn.CrossEntropyLoss(), optimizer, [rows().tensors], epochs=3, progress=False)
    moved = {name for name, p in model.named_parameters() if not np.array_equal(p.numpy(), before[name])}
    assert moved == {"1.weight", "4.weight"}
    training.unfreeze(model, "*")
    assert all(p.requires_grad for p in model.parameters())
    loss = nn.functional.cross_entropy(model(rows().tensors[0]), rows().tensors[1])
    loss.backward()
    training.freeze(model, "0.*")
    assert model[0].weight.grad is None, "the next step of any optimizer must leave it as it is"
    kept = model[4].weight.grad
    training.unfreeze(model, "*")
    assert model[4].weight.grad is kept, "what was gathered so far counts"
    with pytest.raises(TinygradError, match=r"'9\.\*' matches no parameter"):
        training.freeze(model, "4.*", "9.*")
    assert model[4].weight.requires_grad, "nothing is frozen if a pattern is wrong"


def test_learning_rates_by_name():
    model, _ = network()
    training.freeze(model, "1.*")
    groups = training.param_groups(model, {"0.*": {"lr": 0.0}, "*.bias": {"lr": 0.5}})
    (rest,) = training.param_groups(model, {"1.*": {"lr": 0.5}})
    assert "lr" not in rest, "a group of which all is frozen is none"
    before = {name: p.numpy().copy() for name, p in model.named_parameters()}
    optimizer = optim.SGD(groups, lr=0.1)
    x, y = rows().tensors
    nn.functional.cross_entropy(model(x), y).backward()
    optimizer.step()
    rates = {
        name: p.grad is not None and (before[name] - p.numpy(), p.grad.numpy()) for name, p in model.named_parameters()
    }
    for name, rate in (("0.weight", 0.0), ("0.bias", 0.0), ("4.bias", 0.5), ("4.weight", 0.1)):
        moved, gradient = rates[name]
        np.testing.assert_allclose(moved, rate * gradient, atol=1e-6)
    assert sum(len(group["params"]) for group in groups) == 4
    with pytest.raises(TinygradError, match="matches no parameter"):
        training.param_groups(model, {"*": {}, "0.*": {}})


def test_a_schedule_that_is_finished_ends_the_training():
    x = tg.tensor([[0.0], [1.0]])
    model = nn.Linear(1, 2)
    optimizer = tg.optim.SGD(model.parameters(), lr=1e-9)
    halving = tg.optim.lr_scheduler.HalveOnStall(optimizer, patience=1, stop=1 / 4)
    history = training.fit(
        model, nn.CrossEntropyLoss(), optimizer, [(x, tg.tensor([0, 1]))], epochs=50, scheduler=halving, progress=False
    )
    assert halving.best == history.rows[0]["accuracy"], "it watches the accuracy, for more of it is better"
    assert (len(history), halving.halvings) == (3, 2)
    assert "rate" in history.stopped


def test_a_picture_that_fails_half_way_leaves_the_old_one(tmp_path, monkeypatch):
    figure = pytest.importorskip("matplotlib.figure", reason="matplotlib is not installed")
    history = fitted(1)[1]
    path = tmp_path / "history.png"
    history.plot(path)
    before = path.read_bytes()

    def breaks(self, file, **options):
        file.write(b"half")
        raise OSError("the disk is full")

    monkeypatch.setattr(figure.Figure, "savefig", breaks)
    with pytest.raises(OSError, match="full"):
        history.plot(path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["history.png"]
