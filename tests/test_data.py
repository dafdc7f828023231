"""Datasets, the loader, the digits on board, and MNIST's files in every state of disrepair."""

import contextlib
import gzip
import hashlib
import http.server
import os
import threading
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import data
from tinygrad_edu.data import mnist
from tinygrad_edu.data.idx import parse_idx, read_idx, unpacked
from tinygrad_edu.errors import DataFileError, ShapeError

# Datasets


class Words(data.Dataset):
    """Samples of every kind that can be collated."""

    def __len__(self):
        return 3

    def __getitem__(self, i):
        return {"n": i, "x": tg.ones(2) * i, "a": np.full(2, i), "pair": (float(i), i > 0), "word": "abc"[i]}


def test_samples_become_a_batch():
    (batch,) = data.DataLoader(Words(), batch_size=3)
    assert batch["n"].tolist() == [0, 1, 2]
    assert batch["n"].dtype == np.int64
    assert batch["x"].tolist() == [[0, 0], [1, 1], [2, 2]]
    assert batch["a"].tolist() == [[0, 0], [1, 1], [2, 2]]
    assert batch["pair"][0].dtype == np.float32
    assert batch["pair"][1].dtype == np.bool_
    assert batch["word"] == ["a", "b", "c"]


def test_a_dataset_says_what_is_not_defined():
    for wrong in (lambda: data.Dataset()[0], lambda: len(data.Dataset())):
        with pytest.raises(NotImplementedError, match="Dataset does not define"):
            wrong()


def test_tensor_dataset():
    rows = data.TensorDataset(tg.arange(6).reshape(3, 2), np.array([5.0, 6.0, 7.0]))
    assert len(rows) == 3
    assert [t.tolist() for t in rows[1]] == [[2, 3], 6]
    x, y = rows.fetch([2, 0])
    assert (x.tolist(), y.tolist()) == ([[4, 5], [0, 1]], [7, 5])
    assert not np.shares_memory(x.numpy(), rows.tensors[0].numpy())
    for wrong in ((tg.ones(2), tg.ones(3)), (tg.tensor(1.0),), ()):
        with pytest.raises(ShapeError, match="Tensors of one length"):
            data.TensorDataset(*wrong)


def test_image_dataset():
    images = np.arange(3 * 2 * 2, dtype=np.uint8).reshape(3, 2, 2) * 20
    plain = data.ImageDataset(images, np.array([3, 1, 2]))
    image, label = plain[2]
    assert image.dtype == np.float32
    assert image.shape == (1, 2, 2)
    assert type(label) is int
    assert (image.numpy() == images[2:] / np.float32(255)).all()
    batch, labels = plain.fetch(np.array([2, 0]))
    assert (batch[0].numpy() == image.numpy()).all()
    assert labels.tolist() == [2, 3]
    changed = data.ImageDataset(images, plain.labels, transform=lambda x: x.reshape(-1) * 2)
    batch, labels = changed.fetch([2, 0])
    assert (batch[0].numpy() == image.numpy().reshape(-1) * 2).all()
    assert labels.tolist() == [2, 3]


# The loader


@given(n=st.integers(0, 20), batch_size=st.integers(1, 7), shuffle=st.booleans(), drop_last=st.booleans())
def test_every_sample_comes_once(n, batch_size, shuffle, drop_last):
    rows = data.TensorDataset(tg.arange(n))
    loader = data.DataLoader(rows, batch_size, shuffle, drop_last=drop_last, generator=1)
    batches = [batch.tolist() for (batch,) in loader]
    assert len(batches) == len(loader)
    assert all(len(batch) == batch_size for batch in batches[:-1])
    seen = [i for batch in batches for i in batch]
    if drop_last:
        assert len(seen) == n // batch_size * batch_size
        assert len(set(seen)) == len(seen)
    else:
        assert sorted(seen) == list(range(n))
    if not shuffle:
        assert seen == sorted(seen)


def orders(loader, epochs=2):
    return [[batch.tolist() for (batch,) in loader] for _ in range(epochs)]


def test_orders_repeat_exactly_and_differ_between_epochs():
    rows = data.TensorDataset(tg.arange(50))
    runs = [orders(data.DataLoader(rows, 8, shuffle=True, generator=7)) for _ in range(2)]
    assert runs[0] == runs[1]
    assert runs[0][0] != runs[0][1]
    same = orders(data.DataLoader(rows, 8, shuffle=True, generator=np.random.default_rng(7)))
    assert same == runs[0]
    seeded = []
    for _ in range(2):
        tg.manual_seed(3)
        seeded.append(orders(data.DataLoader(rows, 8, shuffle=True)))
    assert seeded[0] == seeded[1]


def test_loader_takes_any_sequence_and_any_collate():
    assert [b.tolist() for b in data.DataLoader([1, 2, 3], 2)] == [[1, 2], [3]]
    assert list(data.DataLoader(Words(), 2, collate_fn=lambda samples: len(samples))) == [2, 1]
    with pytest.raises(ValueError, match="batch_size must be 1 or more; got 0"):
        data.DataLoader([1], batch_size=0)


# The digits on board


def test_digits():
    train, test = data.digits(), data.digits(train=False)
    for part, n in ((train, 10_000), (test, 2_000)):
        assert part.images.shape == (n, 28, 28)
        assert part.images.dtype == np.uint8
        assert part.labels.shape == (n,)
        assert part.labels.dtype == np.int64
        assert (np.bincount(part.labels) > n / 15).all()
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert train.images[0].sum() == 27525
    content = b"".join(p.images.tobytes() + p.labels.astype(np.uint8).tobytes() for p in (train, test))
    digest = "1e69420d546ce587b9fb07b6d2eafc89ce39cc8c539be4352f4e4eb1fafe84a4"  # of MNIST's own files, cut
    assert hashlib.sha256(content).hexdigest() == digest
    test.images[:], test.labels[:] = 0, 0
    again = data.digits(train=False)
    assert again.images.any() and again.labels.any(), "whoever writes his digits writes no other's"
    folder = Path(data.__file__).parent
    assert (folder / "digits.npz").stat().st_size < 2_100_000
    assert "Creative Commons" in (folder / "DIGITS.txt").read_text()


# IDX files


def idx(array):
    """An array as the content of an IDX file."""
    codes = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}
    sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return (
        bytes([0, 0, codes[array.dtype.str[1:]], array.ndim])
        + sizes
        + array.astype(array.dtype.newbyteorder(">")).tobytes()
    )


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,), (2, 0, 3)])
def test_idx_of_every_dtype_and_shape(dtype, shape, tmp_path):
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    for content in (idx(array), gzip.compress(idx(array))):
        (tmp_path / "file").write_bytes(content)
        found = read_idx(tmp_path / "file")
        assert found.dtype == array.dtype
        assert found.dtype.isnative
        assert found.flags.writeable
        np.testing.assert_array_equal(found, array)


header = st.builds(
    lambda code, sizes, junk: bytes([0, 0, code, len(sizes)]) + b"".join(n.to_bytes(4, "big") for n in sizes) + junk,
    st.sampled_from([8, 9, 11, 12, 13, 14]),
    st.lists(st.one_of(st.integers(0, 4), st.integers(0, 2**32 - 1)), max_size=80),
    st.binary(max_size=100),
)


@given(st.one_of(st.binary(max_size=200), header))
def test_junk_is_a_data_file_error_or_an_array(content):
    for wrapped in (content, b"\x1f\x8b" + content, gzip.compress(content), gzip.compress(content)[:-9]):
        with contextlib.suppress(DataFileError):
            array = parse_idx(unpacked(wrapped, "junk"), "junk")
            assert idx(array) in (content, wrapped)


def test_a_lying_header_takes_no_memory():
    huge = bytes([0, 0, 14, 3]) + b"\xff" * 12
    with pytest.raises(DataFileError, match=r"truncated(?s:.)*got +16 bytes"):
        parse_idx(huge)
    with pytest.raises(DataFileError, match="longer than its header says"):
        parse_idx(idx(np.zeros(3, "u1")) + b"x")
    with pytest.raises(DataFileError, match="NumPy cannot hold"):
        parse_idx(bytes([0, 0, 8, 70]) + b"\0\0\0\1" * 70 + b"x")


def test_unpacking_stops_at_the_limit():
    bomb = gzip.compress(bytes(50_000_000))
    assert 1000 < len(unpacked(bomb, "bomb", limit=1000)) < 3_000_000
    two = gzip.compress(b"ab") + gzip.compress(b"cd") + b"\0\0"
    assert unpacked(two, "two") == b"abcd"
    with pytest.raises(DataFileError, match="corrupt"):
        unpacked(gzip.compress(b"ab") + b"junk", "file")


def test_files_that_cannot_be_read(tmp_path):
    for path in (tmp_path, tmp_path / "none", tmp_path / "none" / "none"):
        with pytest.raises(DataFileError, match="cannot be read"):
            read_idx(path)
    for content, text in ((b"<html>", "another magic number"), (b"", "nothing"), (b"\0\0\x08", "another magic")):
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(DataFileError, match=text):
            read_idx(tmp_path / "file")


# MNIST: small files in place of the real ones

SMALL = {
    "train-images-idx3-ubyte": idx(np.arange(3 * 4, dtype="u1").reshape(3, 2, 2)),
    "train-labels-idx1-ubyte": idx(np.array([5, 0, 4], "u1")),
    "t10k-images-idx3-ubyte": idx(np.arange(2 * 4, dtype="u1").reshape(2, 2, 2)),
    "t10k-labels-idx1-ubyte": idx(np.array([7, 2], "u1")),
}
FIRST = "train-images-idx3-ubyte"


@pytest.fixture
def small(monkeypatch):
    """MNIST with the digests of the small files."""
    known = {
        name: mnist.Published(len(content), hashlib.sha256(content).hexdigest()) for name, content in SMALL.items()
    }
    monkeypatch.setattr(data.MNIST, "FILES", known)
    monkeypatch.setattr(data.MNIST, "MIRRORS", ())
    monkeypatch.delenv("TINYGRAD_EDU_DATA", raising=False)


@pytest.fixture
def folder(small, tmp_path):
    """A folder with all four: two gzipped, two not."""
    for i, (name, content) in enumerate(SMALL.items()):
        if i % 2:
            (tmp_path / name).write_bytes(content)
        else:
            (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content))
    return tmp_path


def test_mnist_reads_its_files(folder, monkeypatch):
    train = data.MNIST(folder)
    assert train.images.tolist() == np.arange(12).reshape(3, 2, 2).tolist()
    assert train.labels.tolist() == [5, 0, 4]
    assert train.labels.dtype == np.int64
    test = data.MNIST(str(folder), train=False, transform=lambda x: x * 255)
    assert test[1][0].tolist() == [[[4, 5], [6, 7]]]
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(folder))
    assert len(data.MNIST()) == 3
    assert len(data.MNIST(download=True)) == 3


def test_mnist_finds_torchvisions_folder(folder):
    raw = folder / "other" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for path in folder.glob("*ubyte*"):
        path.rename(raw / path.name)
    assert len(data.MNIST(folder / "other")) == 3


def test_mnist_without_a_folder(small):
    with pytest.raises(DataFileError, match=r"which folder(?s:.)*TINYGRAD_EDU_DATA"):
        data.MNIST()


@pytest.mark.parametrize("name", SMALL)
def test_one_of_the_four_is_missing(folder, name):
    for path in folder.glob(f"{name}*"):
        path.unlink()
    with pytest.raises(DataFileError, match=rf"{name} is missing(?s:.)*{name}\.gz in (?s:.)*download=True"):
        data.MNIST(folder, train=name.startswith("train"))
    assert len(data.MNIST(folder, train=not name.startswith("train"))) in (2, 3)
    with pytest.raises(DataFileError, match="no such folder"):
        data.MNIST(folder / "none")


PACKED = gzip.compress(SMALL[FIRST], mtime=0)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (PACKED[:-12], "truncated: its gzip stream breaks off"),
        (PACKED[:15], "truncated"),
        (PACKED[:-6] + bytes([PACKED[-6] ^ 1]) + PACKED[-5:], "corrupt"),
        (gzip.compress(SMALL[FIRST][:-1], mtime=0), "truncated: not the length"),
        (SMALL[FIRST][:-1], "truncated: not the length"),
        (gzip.compress(SMALL[FIRST] + b"x", mtime=0), "another file: not the length"),
        (SMALL[FIRST][:-1] + b"x", "SHA-256"),
        (b"\1" + SMALL[FIRST][1:], "SHA-256"),
        (b"", "truncated"),
        (b"<html>not found</html>", "truncated|another"),
        (gzip.compress(bytes(10_000_000), mtime=0), "another file"),
    ],
)
def test_damaged_files(folder, content, text):
    (folder / f"{FIRST}.gz").write_bytes(content)
    with pytest.raises(DataFileError, match=rf"{FIRST}(?s:.)*({text})") as error:
        data.MNIST(folder)
    assert "mend" in str(error.value)
    (folder / FIRST).write_bytes(SMALL[FIRST])  # a good copy beside the bad one
    assert len(data.MNIST(folder)) == 3


def test_a_file_that_is_a_folder(folder):
    (folder / f"{FIRST}.gz").unlink()
    (folder / FIRST).mkdir()
    with pytest.raises(DataFileError, match="cannot be read"):
        data.MNIST(folder)


# Downloading, from a server on this machine


class Mirror(http.server.BaseHTTPRequestHandler):
    """Serves the small files: /good/ right, /short/ broken off, /junk/ wrong, /slow/ never, else 404."""

    asked: list[str] = []  # noqa: RUF012

    def do_GET(self):
        self.asked.append(self.path)
        _, kind, name = self.path.split("/")
        content = gzip.compress(SMALL[name.removesuffix(".gz")])
        if kind not in ("good", "short", "junk", "page"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if kind == "junk":
            content = bytes(len(content))
        self.wfile.write(content[:-10] if kind == "short" else content)

    def log_message(self, *args):
        pass


@pytest.fixture
def mirror(small, monkeypatch):
    """Sets the mirrors to folders of a server on this machine."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Mirror.asked.clear()
    monkeypatch.setenv("no_proxy", "*")

    def use(*kinds):
        urls = tuple(f"http://127.0.0.1:{server.server_port}/{kind}/" for kind in kinds)
        monkeypatch.setattr(data.MNIST, "MIRRORS", urls)

    yield use
    server.shutdown()
    thread.join()
    server.server_close()


def test_download(mirror, tmp_path):
    mirror("good")
    root = tmp_path / "new" / "folder"
    assert len(data.MNIST(root, download=True)) == 3
    assert sorted(p.name for p in root.iterdir()) == sorted(f"{name}.gz" for name in SMALL)
    asked = len(Mirror.asked)
    assert asked == 4
    assert len(data.MNIST(root, train=False, download=True)) == 2
    assert len(Mirror.asked) == asked  # nothing is fetched twice
    (root / f"{FIRST}.gz").write_bytes(b"damaged")
    assert len(data.MNIST(root, download=True)) == 3
    assert len(Mirror.asked) == asked + 1


def test_the_next_mirror_is_asked(mirror, tmp_path):
    mirror("none", "short", "junk", "good")
    assert len(data.MNIST(tmp_path, download=True)) == 3
    assert len(Mirror.asked) == 16


def test_interrupted_and_wrong_downloads_leave_nothing(mirror, tmp_path):
    mirror("short", "junk", "none")
    with pytest.raises(DataFileError) as error:
        data.MNIST(tmp_path, download=True)
    text = str(error.value)
    assert f"{FIRST} could not be downloaded from any mirror" in text
    assert all(f"/{kind}/{FIRST}.gz: " in text for kind in ("short", "junk", "none"))
    assert "404" in text
    assert "truncated" in text
    assert "by hand" in text
    assert list(tmp_path.iterdir()) == []


def test_no_network(small, tmp_path, monkeypatch):
    monkeypatch.setattr(data.MNIST, "MIRRORS", ("https://mirror.invalid/",))

    def refused(url, timeout):
        raise urllib.request.URLError("no route")

    monkeypatch.setattr(urllib.request, "urlopen", refused)
    with pytest.raises(DataFileError, match=r"mirror\.invalid(?s:.)*no route"):
        data.MNIST(tmp_path, download=True)


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_full_disk_leaves_nothing(mirror, tmp_path, monkeypatch, function):
    mirror("good")
    (tmp_path / f"{FIRST}.gz").write_bytes(b"what was there")

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, function, full)
    with pytest.raises(DataFileError, match=r"cannot be written: No space left(?s:.)*root="):
        data.MNIST(tmp_path, download=True)
    assert [p.name for p in tmp_path.iterdir()] == [f"{FIRST}.gz"]
    assert (tmp_path / f"{FIRST}.gz").read_bytes() == b"what was there"


def test_a_folder_that_cannot_be_written(mirror, tmp_path):
    mirror("good")
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DataFileError, match="cannot be written"):
        data.MNIST(tmp_path / "file", download=True)
