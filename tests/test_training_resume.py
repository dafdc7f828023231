"""Nothing is lost: killed at any moment and started again, a training ends in exactly the same numbers."""

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim, training
from tinygrad_edu.errors import DataFileError, NonFiniteError, StateDictError, TinygradError
from tinygrad_edu.packing import pack

PROGRAM = """
import sys
from pathlib import Path
import numpy as np
import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim, training

out = Path(sys.argv[1])
tg.manual_seed(0)
rng = np.random.default_rng(0)
x, y = rng.normal(size=(80, 6)).astype("f4"), rng.integers(0, 3, 80)
model = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.3), nn.Linear(16, 3))
optimizer = optim.Adam(model.parameters(), lr=0.02)
print("begins", flush=True)
history = training.fit(
    model,
    nn.CrossEntropyLoss(),
    optimizer,
    data.DataLoader(data.TensorDataset(x[:60], y[:60]), 8, shuffle=True),
    epochs=8,
    validation=data.DataLoader(data.TensorDataset(x[60:], y[60:]), 7, shuffle=True, generator=1),
    scheduler=optim.lr_scheduler.StepLR(optimizer, 4, gamma=0.5),
    metrics=[training.Accuracy(), training.F1Score()],
    callbacks=[training.EarlyStopping(None), training.Monitor(5), training.TensorBoard(out / "events")],
    checkpoint=training.Checkpoint(out / "run.safetensors", every_steps=1),
    resume=True,
    progress=False,
)
history.to_csv(out / "history.csv")
tg.save(model.state_dict(), out / "model.safetensors")
"""


def started(out, **options):
    command = [sys.executable, "-W", "error", "-c", PROGRAM, str(out)]
    options["env"] = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # tiny products: a second thread only waits
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def finished(process):
    _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said


def events(folder):
    """What TensorBoard would show: (tag, step, value), in the order of the files."""
    from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
    from tensorboard.compat.proto.event_pb2 import Event

    files = sorted(folder.glob("events*"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    found = [Event.FromString(raw) for path in files for raw in RawEventFileLoader(str(path)).Load()]
    return sorted((v.tag, event.step, v.simple_value) for event in found for v in event.summary.value)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of an uninterrupted run, and how many seconds it trained."""
    out = tmp_path_factory.mktemp("whole")
    process = started(out)
    process.stdout.readline()  # begins
    start = time.monotonic()
    finished(process)
    assert len(events(out / "events")) == 8 * 8 + 8 * 7
    return out, time.monotonic() - start


def same_numbers(out, whole):
    """Every file is that of the uninterrupted run, to the last bit."""
    finished(started(out))
    for name in ("model.safetensors", "history.csv"):
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name
    arrays = {}, {}
    one, other = (pack(tg.load(folder / "run.safetensors"), a) for folder, a in zip((out, whole), arrays, strict=True))
    assert one == other
    assert all(np.array_equal(arrays[0][name], t, equal_nan=True) for name, t in arrays[1].items())
    assert events(out / "events") == events(whole / "events")
    assert len(list(out.iterdir())) == 4, "what a killed process left is cleared away"


def test_killed_ten_times_at_random_moments(whole, tmp_path):
    whole, seconds = whole
    seed = os.environ.get("KILL_SEED", "0")
    draw, kills, out = random.Random(seed), 0, tmp_path / "0"
    out.mkdir()
    while kills < 10:
        process = started(out)
        process.stdout.readline()
        time.sleep(draw.uniform(0.0, 0.3 * seconds))
        process.kill()
        process.communicate()
        kills += process.returncode == -signal.SIGKILL
        if (out / "history.csv").exists():  # it came to its end before it was killed, or as it was
            same_numbers(out, whole)
            out = tmp_path / str(kills)
            out.mkdir()
    same_numbers(out, whole)


# In one process: an error in the middle stands for the kill.


class Dies(training.Callback):
    """Raises after so many steps."""

    def __init__(self, step):
        self.step = step

    def on_batch_end(self, run):
        if run.step == self.step:
            raise KeyError("dies")


def rows(n=20):
    rng = np.random.default_rng(0)
    return data.TensorDataset(rng.normal(size=(n, 4)).astype("f4"), rng.integers(0, 3, n))


def trained(path, loader, epochs=4, dies=None, callbacks=(), scheduler=None, interval="epoch", **options):
    """A small training; returns its weights and history."""
    tg.manual_seed(1)
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(0.2), nn.Linear(8, 3))
    optimizer = options.pop("optimizer", optim.SGD)(model.parameters(), lr=0.1)
    options |= {"scheduler": scheduler and scheduler(optimizer), "scheduler_interval": interval}
    try:
        history = training.fit(
            model, nn.CrossEntropyLoss(), optimizer, loader, epochs=epochs, checkpoint=path, progress=False,
            callbacks=[*callbacks, *[Dies(dies)] * bool(dies)], **options
        )  # fmt: skip
    except KeyError:
        return None
    return {name: t.numpy().copy() for name, t in model.state_dict().items()}, history.rows


def same(one, other):
    assert one[1] == other[1]
    assert all(np.array_equal(one[0][name], other[0][name]) for name in other[0])


def lists():
    """Batches without a position of their own."""
    x, y = rows().tensors
    return [(x[i : i + 5], y[i : i + 5]) for i in range(0, 20, 5)]


class Shuffled:
    """Batches drawn anew for every loop, and no position of their own."""

    def __iter__(self):
        x, y = rows().tensors
        for i in np.split(tg.get_generator().permutation(20), 4):
            yield x[i], y[i]


LOADERS = {
    "own generator": lambda: data.DataLoader(rows(), 5, shuffle=True, generator=3),
    "the common generator": lambda: data.DataLoader(rows(), 5, shuffle=True),
    "threads": lambda: data.DataLoader(rows(), 5, shuffle=True, num_workers=2),
    "a list": lists,
    "any iterable": Shuffled,
}


@pytest.mark.parametrize("step", [1, 3, 4, 5, 8, 15, 16])
@pytest.mark.parametrize("loader", LOADERS.values(), ids=LOADERS)
def test_any_data_goes_on_where_it_was(loader, step, tmp_path):
    keep = training.Checkpoint(tmp_path / "run.npz", every_steps=2)
    assert trained(keep, loader(), dies=step) is None
    same(trained(keep, loader(), resume=True), trained(None, loader()))


class DiesAfterAnEpoch(training.Callback):
    def on_epoch_end(self, run):
        raise KeyError("dies")


TORN = {
    "whole": b"",
    "torn": b"torn off",
    "torn after the length": b"\x02" + bytes(7),
    "torn within the last checksum": b"\x02" + bytes(11) + b"\x10\x01" + bytes(2),
}


@pytest.mark.parametrize("more", TORN.values(), ids=TORN)
@pytest.mark.parametrize("dies", [3, 4, 5, 7, "after an epoch", "never"])
def test_event_files_hold_each_step_once(dies, more, tmp_path):
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    keep, path = training.Checkpoint(tmp_path / "run.npz", every_steps=2), tmp_path / "events"
    if dies == "never":
        trained(keep, lists(), epochs=2, callbacks=[training.TensorBoard(path)])
    elif dies == "after an epoch":  # its numbers are in the file, and the checkpoint is that of the step before them
        trained(keep, lists(), callbacks=[training.TensorBoard(path), DiesAfterAnEpoch()])
    else:
        trained(keep, lists(), dies=dies, callbacks=[training.TensorBoard(path)])
    (file,) = path.iterdir()
    written = file.read_bytes()
    file.write_bytes(written + more)
    callback = training.TensorBoard(path)
    trained(keep, lists(), callbacks=[callback], resume=True)
    assert len(list(path.iterdir())) == 2, "one file for each start"
    assert written.startswith(file.read_bytes()), "what is torn is cut off"
    trained(None, lists(), callbacks=[training.TensorBoard(tmp_path / "whole")])
    assert events(path) == events(tmp_path / "whole")
    with pytest.raises(DataFileError, match="there already"):  # before any file is opened
        trained(keep, lists(), callbacks=[callback])


def test_events_are_on_disk_before_the_checkpoint_that_counts_them(tmp_path):
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")

    class Looks(training.Callback):
        def on_save_checkpoint(self, run):
            found.append(sum(tag == "batch/loss" for tag, *_ in events(tmp_path / "events")))

    found = []
    trained(tmp_path / "run.npz", lists(), callbacks=[training.TensorBoard(tmp_path / "events"), Looks()])
    assert found == [0, 4, 8, 12, 16]


OPTIMIZERS = {
    "Adam": lambda p, lr: optim.Adam(p, lr),
    "SGD": lambda p, lr: optim.SGD(p, lr, momentum=0.9),
    "LBFGS": lambda p, lr: optim.LBFGS(p, lr, max_iter=3),
}
SCHEDULERS = {
    "OneCycleLR": (lambda o: optim.lr_scheduler.OneCycleLR(o, 0.2, 16, cycle_momentum=False), "batch"),
    "ReduceLROnPlateau": (lambda o: optim.lr_scheduler.ReduceLROnPlateau(o, patience=0, threshold=1.0), "epoch"),
    "CosineAnnealingLR": (lambda o: optim.lr_scheduler.CosineAnnealingLR(o, 4), "epoch"),
}


@pytest.mark.parametrize("scheduler", SCHEDULERS.values(), ids=SCHEDULERS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_any_optimizer_and_schedule_goes_on(optimizer, scheduler, tmp_path):
    options = {"optimizer": optimizer, "scheduler": scheduler[0], "interval": scheduler[1]}
    keep = training.Checkpoint(tmp_path / "run.npz", every_steps=3)
    trained(keep, LOADERS["own generator"](), dies=11, **options)
    expected = trained(None, LOADERS["own generator"](), **options)
    same(trained(keep, LOADERS["own generator"](), resume=True, **options), expected)
    assert len({row["lr"] for row in expected[1]}) > 1


def test_a_callback_that_remembers_nothing_at_first(tmp_path):
    class Counts(training.Callback):
        def __init__(self):
            self.seen = {}

        def on_epoch_end(self, run):
            self.seen[str(run.epoch)] = run.step

        def state_dict(self):
            return self.seen

        def load_state_dict(self, state_dict):
            self.seen = dict(state_dict)

    trained(tmp_path / "run.npz", lists(), epochs=2, callbacks=[Counts()])
    counts = Counts()
    trained(tmp_path / "run.npz", lists(), epochs=3, callbacks=[counts], resume=True)
    assert counts.seen == {"1": 4, "2": 8, "3": 12}


@pytest.mark.parametrize(
    ("often", "steps"),
    [
        ({}, [0, 4, 8, 12]),
        ({"every_epochs": 2}, [0, 8, 12]),
        ({"every_epochs": 9, "every_steps": 5}, [0, 5, 10, 12]),
        ({"every_epochs": 9, "every_seconds": 1e9}, [0, 12]),
    ],
    ids=str,
)
def test_a_checkpoint_is_written_when_it_is_time(often, steps, tmp_path):
    class Notes(training.Callback):
        def on_save_checkpoint(self, run):
            found.append(run.step)

    found = []
    trained(training.Checkpoint(tmp_path / "run.npz", **often), lists(), epochs=3, callbacks=[Notes()])
    assert found == steps


def test_a_checkpoint_is_written_every_so_many_seconds(tmp_path, monkeypatch):
    class Notes(training.Callback):
        def on_save_checkpoint(self, run):
            found.append(run.step)

    found, clock = [], [100.0]
    monkeypatch.setattr(training.checkpoint.time, "monotonic", lambda: clock[0])

    class Ticks(training.Callback):
        def on_before_optimizer_step(self, run):
            clock[0] += 1

    keep = training.Checkpoint(tmp_path / "run.npz", every_epochs=9, every_seconds=3)
    trained(keep, lists(), epochs=3, callbacks=[Notes(), Ticks()])
    assert found == [0, 3, 6, 9, 12, 12], "and at the end"


def test_more_epochs_can_be_added(tmp_path):
    path = tmp_path / "run.safetensors"
    trained(path, lists(), epochs=2)
    same(trained(path, lists(), epochs=5, resume=True), trained(None, lists(), epochs=5))
    again = trained(path, lists(), epochs=5, resume=True)  # nothing is left to do
    same(again, trained(None, lists(), epochs=5))


def test_stopped_early_stays_stopped(tmp_path):
    def stopping():
        return [training.EarlyStopping(1, "loss", min_delta=10.0)]

    first = trained(tmp_path / "run.npz", lists(), epochs=9, callbacks=stopping())
    assert len(first[1]) == 2
    same(trained(tmp_path / "run.npz", lists(), epochs=9, callbacks=stopping(), resume=True), first)


# Ctrl-C.


class Pressing(training.Callback):
    """Presses Ctrl-C after one step."""

    def __init__(self, step, times=1):
        self.step, self.times = step, times

    def on_batch_end(self, run):
        for _ in range(self.times * (run.step == self.step)):
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("step", [2, 4, 7])
def test_ctrl_c_ends_with_a_checkpoint(step, tmp_path, capsys):
    path, before = tmp_path / "run.npz", signal.getsignal(signal.SIGINT)
    _, found = trained(path, lists(), callbacks=[Pressing(step)])
    assert len(found) == (step - 1) // 4
    said = capsys.readouterr().err
    assert f"stopped by Ctrl-C after step {step} " in said
    assert f"{path}; to go on: the same fit(…) with resume=True" in said
    assert signal.getsignal(signal.SIGINT) is before
    same(trained(path, lists(), resume=True), trained(None, lists()))


def test_ctrl_c_twice_and_without_a_checkpoint(tmp_path, capsys):
    with pytest.raises(KeyboardInterrupt):
        trained(None, lists(), callbacks=[Pressing(2, times=2)])
    assert len(trained(None, lists(), callbacks=[Pressing(6)])[1]) == 1
    assert "nothing was saved" in capsys.readouterr().err


# What can be wrong with a checkpoint, and with where it is to be.


def test_a_checkpoint_that_is_there_is_not_overwritten(tmp_path):
    path = tmp_path / "run.npz"
    trained(path, lists(), epochs=1)
    before = path.read_bytes()
    with pytest.raises(DataFileError, match=r"is there already(?s:.)*resume=True"):
        trained(path, lists(), epochs=1)
    assert path.read_bytes() == before


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda path, content: path.write_bytes(content[: len(content) // 2]), "truncated or corrupt"),
        (lambda path, content: path.write_bytes(b""), "truncated or corrupt"),
        (lambda path, content: path.write_bytes(b"no checkpoint at all" * 9), "truncated or corrupt"),
        (lambda path, content: tg.save({"weight": tg.ones(2)}, path), "is no checkpoint of a training"),
        (lambda path, content: training.save_checkpoint(path, model=nn.Linear(2, 1)), "checkpoint without optimizer"),
    ],
)
def test_damaged_and_foreign_files(spoil, says, ending, tmp_path):
    path = tmp_path / f"run.{ending}"
    trained(path, lists(), epochs=1)
    spoil(path, path.read_bytes())
    spoiled = path.read_bytes()
    with pytest.raises(DataFileError, match=says):
        trained(path, lists(), resume=True)
    assert path.read_bytes() == spoiled


def test_of_another_network_or_other_callbacks(tmp_path):
    path = tmp_path / "run.npz"
    trained(path, lists(), epochs=1, callbacks=[training.EarlyStopping(3, "loss")])
    before = path.read_bytes()
    with pytest.raises(TinygradError, match=r"other callbacks(?s:.)*expected +EarlyStopping\n +got +none"):
        trained(path, lists(), resume=True)
    with pytest.raises(TinygradError, match=r"other metrics(?s:.)*accuracy"):
        trained(path, lists(), resume=True, callbacks=[training.EarlyStopping(3, "loss")], metrics=[])
    options = {"resume": True, "callbacks": [training.EarlyStopping(3, "loss")]}
    with pytest.raises(TinygradError, match=r"another optimizer(?s:.)*expected +SGD\n +got +Adam"):
        trained(path, lists(), optimizer=optim.Adam, **options)
    wider = nn.Linear(4, 9)
    weights, random_state = wider.weight.numpy().copy(), tg.get_rng_state()
    with pytest.raises(StateDictError, match="does not fit Linear") as error:
        training.load_checkpoint(path, model=wider)
    assert str(path) in error.value.__notes__[0]
    assert np.array_equal(wider.weight.numpy(), weights)
    assert tg.get_rng_state() == random_state
    assert path.read_bytes() == before


def test_of_another_scheduler(tmp_path):
    path = tmp_path / "run.npz"
    trained(path, lists(), epochs=1, scheduler=lambda o: optim.lr_scheduler.StepLR(o, 1))
    with pytest.raises(TinygradError, match=r"another scheduler(?s:.)*expected +StepLR\n +got +none"):
        trained(path, lists(), resume=True)
    with pytest.raises(TinygradError, match="does not fit ExponentialLR"):
        trained(path, lists(), resume=True, scheduler=lambda o: optim.lr_scheduler.ExponentialLR(o, 0.9))


def test_all_parts_are_loaded_or_none(tmp_path):
    path, model = tmp_path / "run.npz", nn.Linear(2, 1)
    training.save_checkpoint(path, model=model, other=nn.Linear(3, 1))
    other, before = nn.Linear(2, 1), None
    before = other.weight.numpy().copy()
    with pytest.raises(StateDictError):
        training.load_checkpoint(path, model=other, other=nn.Linear(5, 5))
    assert np.array_equal(other.weight.numpy(), before)


FULL = """
import resource, signal, sys
import tinygrad_edu as tg
from tinygrad_edu import nn, optim, training

class Fills(training.Callback):
    def on_epoch_end(self, run):
        if run.epoch == 2:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

model = nn.Linear(40, 40)
batch = tg.ones(2, 40), tg.zeros(2, 40)
optimizer = optim.SGD(model.parameters(), lr=0.01)
training.fit(model, nn.MSELoss(), optimizer, [batch], epochs=5, checkpoint=sys.argv[1], callbacks=[Fills()])
"""


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_a_full_disk(ending, tmp_path):
    pytest.importorskip("resource", reason="only where file sizes can be limited")
    path = tmp_path / f"run.{ending}"
    done = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"the checkpoint {path} cannot be written: File too large. The one that is there stays" in done.stderr
    assert "free some space" in done.stderr
    assert training.load_checkpoint(path)["run"]["epoch"] == 1
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_folder_that_cannot_be_written_is_noticed_before_the_first_step(tmp_path, monkeypatch):
    counted = []

    class Counts(training.Callback):
        def on_batch_end(self, run):
            counted.append(run.step)

    (tmp_path / "file").write_text("no folder")
    for path in (tmp_path / "none" / "run.npz", tmp_path / "file" / "run.npz"):
        with pytest.raises(DataFileError, match=r"cannot be written(?s:.)*None was there before"):
            trained(path, lists(), callbacks=[Counts()])

    def forbidden(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tinygrad_edu.files.open", forbidden, raising=False)  # tests may run as root
    with pytest.raises(DataFileError, match="cannot be written: Permission denied"):
        trained(tmp_path / "run.npz", lists(), callbacks=[Counts()])
    assert counted == []


def test_weights_that_are_not_finite_are_never_saved(tmp_path):
    class Breaks(training.Callback):
        def on_batch_end(self, run):
            if run.step == 6:
                next(iter(run.model.parameters())).data[0, 0] = np.nan

    path = tmp_path / "run.npz"
    with pytest.raises(NonFiniteError, match=r"0\.weight(?s:.)*stays as it was|the loss is nan"):
        trained(training.Checkpoint(path, every_steps=1), lists(), callbacks=[Breaks()])
    state = training.load_checkpoint(path)
    assert state["run"]["step"] == 5
    assert all(np.isfinite(t.numpy()).all() for t in state["model"].values())


def test_every_kind_of_value_comes_back(tmp_path):
    value = {
        "numbers": [1, 2.5, float("inf"), True, None, 2**127, "text"],
        "pair": (0.9, (1, "a")),
        3: {"t": tg.tensor([1.0, 2.0]), "a": np.arange(3, dtype="i2")},
        "\0": [],
        "x.y": np.float32(1.5),
        "x": {"y": np.float32(2.5)},
    }
    training.save_checkpoint(tmp_path / "x.safetensors", value=value)
    found = training.load_checkpoint(tmp_path / "x.safetensors")["value"]
    assert list(found) == list(value)
    assert found["numbers"] == value["numbers"]
    assert found["pair"] == value["pair"]
    assert isinstance(found[3]["t"], tg.Tensor) and found[3]["t"].tolist() == [1, 2]
    assert found[3]["a"].dtype == np.int16
    assert (float(found["x.y"]), float(found["x"]["y"])) == (1.5, 2.5)
    with pytest.raises(TinygradError, match=r"cannot hold value\.f(?s:.)*function"):
        training.save_checkpoint(tmp_path / "x.safetensors", value={"f": rows})
