"""`tinygrad-edu train` and `predict`: what they write, that the program left behind does the same, what they refuse."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tinygrad_edu as tg
from tinygrad_edu import data
from tinygrad_edu.__main__ import main
from tinygrad_edu.commands import networks
from tinygrad_edu.commands.predict import predictions
from tinygrad_edu.commands.program import Choices, program
from tinygrad_edu.errors import DataFileError, TinygradError

WRITTEN = {"train.py", "history.csv", "history.png", "confusion.png", "checkpoint.safetensors", "model.safetensors",
           "step.html"}  # fmt: skip


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """The folder of one epoch on the digits on board."""
    out = tmp_path_factory.mktemp("digits")
    assert (
        main(["train", "--model", "mlp:30", "--epochs", "1", "--batch-size", "250", "--lr", "0.01", "--out", str(out)])
        == 0
    )
    return out


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A CSV file with three kinds of flowers, and the folder of a training on it."""
    folder = tmp_path_factory.mktemp("table")
    rng, lines = np.random.default_rng(0), ["kind,length,width"]
    for i in range(150):
        x, y = rng.normal(size=2) + [(0, 500), (6, 500), (3, 510)][i % 3]
        lines.append(f"{['rose', 'lily', 'tulip'][i % 3]},{x:.3f},{y:.3f}")
    (folder / "flowers.csv").write_text("\n".join(lines))
    arguments = [
        "--data",
        f"csv:{folder / 'flowers.csv'}",
        "--label",
        "kind",
        "--model",
        "softmax",
        "--optimizer",
        "sgd",
    ]
    assert main(["train", *arguments, "--epochs", "30", "--batch-size", "16", "--out", str(folder / "out")]) == 0
    return folder


def test_train_writes_all_it_promises(digits):
    assert {path.name for path in digits.iterdir()} == WRITTEN
    for picture in ("history.png", "confusion.png"):
        with Image.open(digits / picture) as image:
            assert image.size[0] > 500
    (row,) = csv.DictReader((digits / "history.csv").read_text().splitlines())
    assert float(row["val_accuracy"]) > 0.8
    assert row["step"] == "36"


def test_the_program_alone_ends_in_the_same_numbers(digits, table, tmp_path):
    for folder in (digits, table / "out"):
        alone = tmp_path / folder.name
        alone.mkdir()
        shutil.copy(folder / "train.py", alone)
        subprocess.run([sys.executable, "-W", "error", str(alone / "train.py")], check=True, capture_output=True)
        assert {path.name for path in alone.iterdir()} == {path.name for path in folder.iterdir()}
        assert (alone / "history.csv").read_bytes() == (folder / "history.csv").read_bytes()
        one, other = (tg.load(place / "model.safetensors") for place in (alone, folder))
        assert all(np.array_equal(one[name].numpy(), t.numpy()) for name, t in other.items())


def test_the_program_is_tidy(digits):
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--check", "--line-length=120", str(digits / "train.py")], check=False
    )
    assert done.returncode == 0


def test_resume_goes_on_with_the_program(digits, tmp_path):
    out = shutil.copytree(digits, tmp_path / "out")
    path = out / "train.py"
    path.write_text(path.read_text().replace("EPOCHS = 1", "EPOCHS = 2"))
    assert main(["train", "--out", str(out), "--resume"]) == 0
    rows = (out / "history.csv").read_text().splitlines()
    assert rows[:2] == (digits / "history.csv").read_text().splitlines()
    assert len(rows) == 3


def test_predict_reads_pictures_arrays_and_idx(digits, tmp_path, capsys):
    test = data.digits(train=False)
    Image.fromarray(255 - test.images[0]).resize((140, 140)).save(tmp_path / "paper.png")
    Image.fromarray(test.images[0]).save(tmp_path / "dark.png")
    drawn = np.dstack([np.zeros((28, 28, 3), np.uint8), test.images[0]])
    Image.fromarray(drawn).save(tmp_path / "clear.png")
    np.save(tmp_path / "many.npy", test.images[:4])
    np.save(tmp_path / "rows.npy", (test.images[:4] / np.float32(255)).reshape(4, 784))
    header = bytes([0, 0, 8, 3]) + b"".join(n.to_bytes(4, "big") for n in (4, 28, 28))
    (tmp_path / "images-idx3-ubyte").write_bytes(header + test.images[:4].tobytes())
    many = predictions(digits, tmp_path / "many.npy")
    assert [max(shares, key=shares.get) for shares in many] == ["7", "2", "1", "0"]
    assert all(abs(sum(shares.values()) - 1) < 1e-5 for shares in many)
    np.save(tmp_path / "whole.npy", test.images[:4].astype(np.int64))
    for name in ("rows.npy", "whole.npy", "images-idx3-ubyte"):
        assert predictions(digits, tmp_path / name) == many
    assert predictions(digits, tmp_path / "dark.png") == predictions(digits, tmp_path / "clear.png")
    for name in ("dark.png", "paper.png"):
        (shares,) = predictions(digits, tmp_path / name)
        assert max(shares, key=shares.get) == "7"
        assert abs(shares["7"] - many[0]["7"]) < 0.05
    files = [str(tmp_path / name) for name in ("paper.png", "many.npy")]
    assert main(["predict", "--model", str(digits), "--top", "1", *files]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"{files[0]}: 7 (") and said[0].endswith("%)")
    assert [line.split()[1] for line in said[1:]] == ["7", "2", "1", "0"]
    assert said[4].startswith(f"{files[1]}[3]: 0 (")


def test_a_table(table, tmp_path):
    (tmp_path / "new.csv").write_text("length,width\n0,500\n6.2,500\n3,510.5\n")
    found = predictions(table / "out", tmp_path / "new.csv")
    assert [max(shares, key=shares.get) for shares in found] == ["rose", "lily", "tulip"]
    assert min(max(shares.values()) for shares in found) > 0.7
    assert (table / "out" / "scale.safetensors").exists()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.png", None, "no picture that can be read"),
        ("junk.png", b"junk", "no picture that can be read"),
        ("junk.npy", b"junk", "no array of numbers"),
        ("junk.idx", b"junk", "not an IDX file"),
        ("wide.csv", b"1,2,3\n4,5,6\n", r"other samples(?s:.)*\(2, 3\)"),
    ],
)
def test_what_predict_cannot_read(digits, name, content, says, tmp_path, capsys):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataFileError, match=says):
        predictions(digits, tmp_path / name)
    np.save(tmp_path / "good.npy", data.digits(train=False).images[:1])
    assert main(["predict", "--model", str(digits), str(tmp_path / name), str(tmp_path / "good.npy")]) == 1
    said = capsys.readouterr()
    assert name in said.err
    assert "good.npy: 7" in said.out, "one bad file does not keep the others from being read"


def test_a_model_that_train_did_not_write(tmp_path):
    with pytest.raises(DataFileError, match="cannot be read"):
        predictions(tmp_path, "x.npy")
    tg.save({"weight": tg.ones(2)}, tmp_path / "model.safetensors")
    with pytest.raises(DataFileError, match="was not written by tinygrad-edu train"):
        predictions(tmp_path, "x.npy")


def test_a_training_is_not_overwritten(digits, tmp_path, capsys):
    before = (digits / "train.py").read_bytes(), os.listdir(digits)
    for arguments, says in (
        (["--out", str(digits)], "--resume goes on"),
        (["--out", str(digits), "--resume", "--epochs", "3"], "change EPOCHS in"),
        (["--out", str(tmp_path), "--resume"], "leave out --resume"),
    ):
        assert main(["train", *arguments]) == 1
        assert says in capsys.readouterr().err
    assert ((digits / "train.py").read_bytes(), os.listdir(digits)) == before
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ({"model": "resnet"}, "no network is called 'resnet'"),
        ({"model": "mlp:"}, "no network is called 'mlp:'"),
        ({"model": "mlp:10,0"}, "no network is called 'mlp:10,0'"),
        ({"model": "lenet:5"}, "no network is called 'lenet:5'"),
        ({"optimizer": "magic"}, "no optimizer is called 'magic'"),
        ({"data": "imagenet"}, "no data is called 'imagenet'"),
        ({"epochs": 0}, "--epochs is 1 or more"),
        ({"batch_size": -1}, "--batch-size is 1 or more"),
        ({"data": "csv:/nowhere.csv"}, "cannot be read"),
    ],
)
def test_choices_that_do_not_fit(choices, says, tmp_path, capsys):
    with pytest.raises(TinygradError, match=says):
        program(Choices(**choices))
    options = [f"--{name.replace('_', '-')}={value}" for name, value in choices.items()]
    assert main(["train", *options, "--out", str(tmp_path / "out")]) == 1
    assert says in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_tables_without_classes_and_lenet_on_tables(table, tmp_path):
    path = tmp_path / "prices.csv"
    path.write_text("rooms,price\n1,10.5\n2,20.25\n")
    with pytest.raises(TinygradError, match=r"are no classes(?s:.)*10\.5, 20\.25"):
        program(Choices(data=f"csv:{path}"))
    path.write_text("a,kind\n" + "1,1\n3,-1\n" * 5)
    with pytest.raises(TinygradError, match="are no classes"):
        program(Choices(data=f"csv:{path}"))
    path.write_text("a,kind\n" + "1,0\n3,2\n" * 5)  # whole numbers are classes, from 0
    assert "nn.Linear(1, 3)" in program(Choices(data=f"csv:{path}", model="softmax"))
    path.write_text("a,b,kind\n" + "1,2,x\n" * 9)
    with pytest.raises(TinygradError, match=r"too short(?s:.)*10 lines(?s:.)*got +9"):
        program(Choices(data=f"csv:{path}"))
    path.write_text("a,b,kind\n" + "1,2,x\n3,4,y\n" * 5)
    assert main(["train", "--data", f"csv:{path}", "--epochs", "1", "--out", str(tmp_path / "short")]) == 0
    with pytest.raises(TinygradError, match="lenet reads images"):
        program(Choices(data=f"csv:{table / 'flowers.csv'}", label="kind", model="lenet"))
    assert "label=0" in program(Choices(data=f"csv:{table / 'flowers.csv'}", label="0"))


def test_every_optimizer_and_network_is_there(monkeypatch):
    from tinygrad_edu.commands.program import _OPTIMIZERS

    for name, (kind, rate, _) in _OPTIMIZERS.items():
        assert f"optim.{kind}(model.parameters(), lr={rate}" in program(Choices(optimizer=name))
        getattr(tg.optim, kind)
    for name in ("softmax", "mlp:5", "mlp:5,6", "lenet"):
        model = networks.built(name, (1, 28, 28), 10)
        assert model(tg.zeros(2, 1, 28, 28)).shape == (2, 10)
        described = eval(networks.written(name, (1, 28, 28), 10), {"nn": tg.nn})
        assert repr(described) == repr(model)
    assert networks.built("lenet", (3, 32, 20), 4)(tg.zeros(2, 3, 32, 20)).shape == (2, 4)


def test_the_mnist_files_are_named_in_the_program():
    text = program(Choices(data="fashion", root="somewhere", download=True))
    here = Path("somewhere").absolute()
    assert f'data.FashionMNIST("{here}", download=True)' in text
    assert f'data.FashionMNIST("{here}", train=False, download=True)' in text
    assert '"Ankle boot"' in text
    assert "data.MNIST()" in program(Choices(data="mnist"))
