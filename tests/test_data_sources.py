"""Sources: toys, arrays, CSV, folders of pictures, CIFAR-10, Fashion-MNIST; whole, and in every state of disrepair."""

import gzip
import hashlib
import io
import tarfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_data import idx

import tinygrad_edu as tg
from tinygrad_edu import data
from tinygrad_edu.data import cifar
from tinygrad_edu.data.mnist import Published
from tinygrad_edu.errors import DataFileError, DtypeError, MissingExtraError, ShapeError

# Toys


@pytest.mark.parametrize(
    ("make", "classes"),
    [(data.spiral, 3), (data.moons, 2), (data.circles, 2), (data.blobs, 3)],
    ids=lambda f: str(f)[:15],
)
def test_toys(make, classes):
    points, labels = make(40, generator=1).tensors
    assert (points.dtype, points.shape) == (np.float32, (40 * classes, 2))
    assert (labels.dtype, np.bincount(labels.numpy()).tolist()) == (np.int64, [40] * classes)
    assert (make(40, generator=np.random.default_rng(1)).tensors[0].numpy() == points.numpy()).all()
    assert (make(40, generator=2).tensors[0].numpy() != points.numpy()).any()
    tg.manual_seed(1)
    assert (make(40).tensors[0].numpy() == points.numpy()).all()


def test_toys_without_noise_are_the_shapes_that_they_are_named_for():
    points, labels = data.spiral(50, 4, noise=0).tensors
    x, y, j = *points.numpy().T, labels.numpy()
    radius = np.hypot(x, y)
    np.testing.assert_allclose(radius, np.tile(np.linspace(0, 1, 50), 4), atol=1e-6)
    angle = np.arctan2(x, y)[radius > 0.05]
    away = angle - (4 * j + 4 * radius)[radius > 0.05]
    np.testing.assert_allclose(np.cos(away), 1, atol=1e-4)
    upper, lower = data.moons(30, noise=0).tensors[0].numpy().reshape(2, 30, 2)
    np.testing.assert_allclose(np.hypot(*upper.T), 1, rtol=1e-6)
    np.testing.assert_allclose(np.hypot(lower[:, 0] - 1, lower[:, 1] - 0.5), 1, rtol=1e-6)
    ends = [[1, 0], [-1, 0], [0, 0.5], [2, 0.5]]  # each half circle ends within the other
    np.testing.assert_allclose([upper[0], upper[-1], lower[0], lower[-1]], ends, atol=1e-6)
    x, y = data.ten_points(generator=0).tensors
    assert 0.1 < np.abs(y.numpy() - 2 * x.numpy()).mean() < 1
    assert x.dtype == y.dtype == np.float32


def test_noise_is_a_standard_deviation():
    for make in (data.moons, data.circles):
        moved = make(2000, noise=0.2, generator=0).tensors[0] - make(2000, noise=0).tensors[0]
        np.testing.assert_allclose(moved.numpy().std(0), 0.2, rtol=0.05)
    np.testing.assert_allclose(data.blobs(2000, 1, spread=0.3, generator=0).tensors[0].numpy().std(0), 0.3, rtol=0.05)
    turned, plain = (data.spiral(2000, noise=n, generator=0).tensors[0].numpy() @ (1j, 1) for n in (0.2, 0))
    assert np.angle(turned[1:2000] / plain[1:2000]).std() == pytest.approx(0.2, rel=0.05)
    away = [
        data.ten_points(noise=0.2, generator=i).tensors[1] - data.ten_points(noise=0).tensors[1] for i in range(100)
    ]
    assert np.std(away) == pytest.approx(0.2, rel=0.05)


# Arrays


def test_arrays():
    rows = data.arrays(np.eye(3), [True, False, True])
    assert rows[0][0].dtype == np.float32
    assert rows.tensors[1].tolist() == [1, 0, 1]
    assert data.arrays([[1], [2]], [0.5, 2]).tensors[1].dtype == np.float32
    named = data.arrays([[1], [2], [3]], ["b", "a", "b"])
    assert (named.tensors[1].tolist(), named.classes) == ([1, 0, 1], ("a", "b"))
    assert len(data.arrays([[1, 2]]).tensors) == 1
    with pytest.raises(ShapeError):
        data.arrays([[1], [2]], [1])
    with pytest.raises(DtypeError, match="must be numbers"):
        data.arrays(["a"], [1])
    with pytest.raises(DtypeError, match=r"nan at \(1, 0\)"):
        data.arrays([[1], [np.nan]], [1, 2])


# CSV


@pytest.fixture
def written(tmp_path):
    def write(text, **keywords):
        path = tmp_path / "table.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return data.csv(path, **keywords)

    return write


def test_csv(written):
    flowers = written('width,"length, cm",kind\r\n1,2.5,rose\r\n\r\n3,4e1,"a ""lily"""\r\n', label="kind")
    assert [t.tolist() for t in flowers.tensors] == [[[1, 2.5], [3, 40]], [1, 0]]
    assert flowers.columns == ("width", "length, cm")
    assert flowers.classes == ('a "lily"', "rose")
    plain = written("7;1;2\n8;3;4\n", label=0, delimiter=";")
    assert [t.tolist() for t in plain.tensors] == [[[1, 2], [3, 4]], [7, 8]]
    assert plain.tensors[1].dtype == np.int64
    assert (plain.columns, plain.classes) == ((), ())
    assert written("1,0.5\n2,1\n").tensors[1].dtype == np.float32
    assert written("1,1e30\n2,1\n").tensors[1].tolist() == np.float32([1e30, 1]).tolist(), "not an overflown integer"
    assert len(written("1,2\n3,4\n", label=None).tensors) == 1
    assert written("\ufeffa,b\n1,2\n", label="a").columns == ("b",)
    assert written("2020,2021\n1,2\n", header=True).columns == ("2020",)
    assert written("x,dog\n1,cat\n", header=True, label=-1).classes == ("cat",)


@given(st.lists(st.lists(st.floats(-1e6, 1e6, width=32), min_size=3, max_size=3), min_size=1, max_size=5))
def test_csv_round_trip(rows):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.csv")
        np.savetxt(path, np.array(rows), delimiter=",", fmt="%.9g")
        found = data.csv(path, label=None).tensors[0].numpy()
    assert (found == np.array(rows, np.float32)).all()


@pytest.mark.parametrize(
    ("text", "keywords", "error"),
    [
        ("a,b\n1,2\n\n3,x,\n", {}, r"line 4: not as many fields as in line 1(?s:.)*expected +2(?s:.)*got +3"),
        ("a,b\n1,2\nx,3\n", {}, r"line 3: a is not a number(?s:.)*got +'x'"),
        ("a,b,c\n1,,2\n", {}, r"line 2: b is missing"),
        ("1,nan,2\n", {}, r"line 1: column 1 is not a number(?s:.)*'nan'"),
        ("1,2,inf\n", {"label": 0}, r"line 1: column 2 is not"),
        ("1,1e400,0\n", {}, r"line 1: column 1 is not"),
        ("a,b,c\n1,1e300,2\n", {}, r"line 2: b is too large for the dtype(?s:.)*'1e300'"),
        ("a;b;kind\n1;2;3\n", {}, r"one column(?s:.)*pass delimiter=';'"),
        ("kind\n1\n", {}, r"one column, which is the label's(?s:.)*pass label=None"),
        ("a,b\n1,\n", {}, r"line 2: the label is missing"),
        ("a,b\n1,nan\n", {}, r"line 2: the label is missing"),
        ("a,b\n1,2\n", {"label": "c"}, r"no column 'c'(?s:.)*one of a, b"),
        ("a,a\n1,2\n", {"label": "a"}, r"no column 'a'.*or several"),
        ("1,2\n", {"label": "a"}, r"no column 'a'(?s:.)*no header"),
        ("1,2\n", {"label": 2}, r"no column 2(?s:.)*0 to 1"),
        ("", {}, "table.csv is empty"),
        ("\n \n", {}, "table.csv is empty"),
        ("a,b\n", {}, r"no samples(?s:.)*only a header"),
        (b"a,b\n1,\xff\xfe\n", {}, "not text in UTF-8"),
        ('a,b\n1,"2\n', {}, r"line 2: unexpected end of data(?s:.)*quotes"),
    ],
)
def test_csv_says_what_is_wrong_and_where(written, text, keywords, error):
    with pytest.raises(DataFileError, match=error):
        written(text, **keywords)


def test_csv_that_is_not_there(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(DataFileError, match="cannot be read"):
            data.csv(path)


# Folders of pictures


@pytest.fixture
def pets(tmp_path):
    Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    for i, kind in enumerate(("dog", "cat", ".hidden")):
        (tmp_path / kind).mkdir()
        for j in range(3):
            pixels = np.full((4, 6, 3), [100 * i, 50, 10 * j], np.uint8)
            pixels[0, 0] = 255
            Image.fromarray(pixels).save(tmp_path / kind / f"{j}.png")
    (tmp_path / "dog" / "notes.txt").write_text("no picture")
    (tmp_path / "README").write_text("no class")
    (tmp_path / "dog" / "more.png").mkdir()
    return tmp_path


def test_folder(pets):
    images = data.folder(pets)
    assert images.images.shape == (6, 3, 4, 6)
    assert images.images.dtype == np.uint8
    assert images.classes == ("cat", "dog")
    assert images.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert images.images[4, :, 2, 2].tolist() == [0, 50, 10]
    assert images[4][0].shape == (3, 4, 6)
    assert data.folder(pets, grey=True).images.shape == (6, 1, 4, 6)
    assert data.folder(str(pets), size=(2, 3)).images.shape == (6, 3, 2, 3)


def test_a_camera_says_which_way_is_up(pets):
    from PIL import Image

    pixels = np.arange(24, dtype=np.uint8).reshape(4, 6)
    turned = Image.Exif()
    turned[0x0112] = 3  # upside down
    for path in [*pets.glob("*/[0-9].png")]:
        Image.fromarray(pixels).save(path, exif=turned)
    assert (data.folder(pets, grey=True).images[0, 0] == pixels[::-1, ::-1]).all()


def test_folders_in_disrepair(pets, monkeypatch):
    from PIL import Image

    def wrong(text, **keywords):
        with pytest.raises(DataFileError, match=text):
            data.folder(pets, **keywords)

    whole = (pets / "dog" / "1.png").read_bytes()
    for content in (whole[:50], whole[:30], b"", b"<html>"):
        (pets / "dog" / "1.png").write_bytes(content)
        wrong(r"dog/1\.png is truncated, corrupt, or no picture")
    Image.new("RGB", (5, 4)).save(pets / "dog" / "1.png")
    wrong(r"dog/1\.png has another size(?s:.)*4 x 6(?s:.)*4 x 5(?s:.)*size=\(height, width\)")
    assert len(data.folder(pets, size=(4, 6))) == 6
    (pets / "empty").mkdir()
    wrong("empty has no pictures", size=(4, 6))
    with pytest.raises(DataFileError, match="no subfolders"):
        data.folder(pets / "empty")
    with pytest.raises(DataFileError, match="is not a folder"):
        data.folder(pets / "none")
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(MissingExtraError, match=r'pip install "tinygrad_edu\[images\]"'):
        data.folder(pets)


# CIFAR-10: small files in place of the real ones


def records(n, seed):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (n, 3072), np.uint8)
    return np.concatenate([np.arange(n, dtype=np.uint8)[:, None] % 10, pixels], axis=1)


SMALL = {f"data_batch_{i}.bin": records(20, i) for i in range(1, 6)} | {"test_batch.bin": records(20, 0)}


def packed(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, rows in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = rows.size
            tar.addfile(member, io.BytesIO(rows.tobytes()))
    return out.getvalue()


@pytest.fixture
def small_cifar(monkeypatch, tmp_path):
    """A folder with the six files, and the archive in it, of 20 images each."""
    archive = packed(SMALL)
    monkeypatch.setattr(cifar, "IMAGES_OF_A_FILE", 20)
    monkeypatch.setattr(cifar, "ARCHIVE_SHA256", hashlib.sha256(archive).hexdigest())
    monkeypatch.delenv("TINYGRAD_EDU_DATA", raising=False)
    inside = tmp_path / "cifar-10-batches-bin"
    inside.mkdir()
    for name, rows in SMALL.items():
        (inside / name).write_bytes(rows.tobytes())
    packed_here = tmp_path / "packed"
    packed_here.mkdir()
    (packed_here / "cifar-10-binary.tar.gz").write_bytes(archive)
    return tmp_path


def test_cifar10(small_cifar, monkeypatch):
    places = (small_cifar, small_cifar / "cifar-10-batches-bin", small_cifar / "packed")
    for place in (*places, small_cifar / "packed" / "cifar-10-binary.tar.gz"):
        train, test = data.CIFAR10(place), data.CIFAR10(str(place), train=False)
        assert (len(train), len(test)) == (100, 20)
        third = SMALL["data_batch_3.bin"][4]
        image, label = train[44]
        assert label == third[0]
        assert (image.numpy() == third[1:].reshape(3, 32, 32) / np.float32(255)).all()
    assert train.classes[label] == "deer"
    assert train.labels.dtype == np.int64
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(small_cifar))
    assert len(data.CIFAR10()) == 100


def test_cifar10_in_disrepair(small_cifar, monkeypatch):
    inside, archive = small_cifar / "cifar-10-batches-bin", small_cifar / "packed" / "cifar-10-binary.tar.gz"

    def wrong(text, place=small_cifar):
        with pytest.raises(DataFileError, match=text):
            data.CIFAR10(place)

    path, whole = inside / "data_batch_2.bin", SMALL["data_batch_2.bin"]
    path.write_bytes(whole.tobytes()[:-1])
    wrong(r"data_batch_2\.bin is truncated(?s:.)*61460 bytes(?s:.)*61459")
    path.write_bytes(whole.tobytes() + b"x")
    wrong("data_batch_2.bin is another file")
    path.write_bytes((whole // 2 + 100).tobytes())
    wrong("labels go beyond 9")
    changed = whole.copy()
    changed[3, 0] = 4
    path.write_bytes(changed.tobytes())
    wrong(r"not CIFAR-10's files(?s:.)*10 images of each class(?s:.)*10, 10, 10, 9, 11")
    path.unlink()
    wrong(r"data_batch_2\.bin cannot be read")
    archive.write_bytes(archive.read_bytes()[:-5])
    wrong(r"truncated, corrupt, or not cifar(?s:.)*SHA-256", small_cifar / "packed")
    wrong(r"CIFAR-10 is missing(?s:.)*no such folder", small_cifar / "none")
    with pytest.raises(DataFileError, match="not told where"):
        data.CIFAR10()


# Fashion-MNIST: small files in place of the real ones

FASHION = {
    "train-images-idx3-ubyte": idx(np.arange(20 * 4, dtype="u1").reshape(20, 2, 2)),
    "train-labels-idx1-ubyte": idx(np.arange(20, dtype="u1") % 10),
    "t10k-images-idx3-ubyte": idx(np.arange(10 * 4, dtype="u1").reshape(10, 2, 2)),
    "t10k-labels-idx1-ubyte": idx(np.arange(10, dtype="u1")[::-1]),
}
OTHER = idx(np.ones((20, 2, 2), "u1"))


@pytest.fixture
def fashion(monkeypatch, tmp_path):
    """A folder with the four files as torchvision leaves them: gzipped and not."""
    gzipped = {name: gzip.compress(content, mtime=0) for name, content in FASHION.items()}
    known = {n: Published(len(c), gzipped_sha256=hashlib.sha256(gzipped[n]).hexdigest()) for n, c in FASHION.items()}
    monkeypatch.setattr(data.FashionMNIST, "FILES", known)
    monkeypatch.setattr(data.FashionMNIST, "MIRRORS", ())
    monkeypatch.setattr(
        data.MNIST,
        "FILES",
        {**data.MNIST.FILES, "train-images-idx3-ubyte": Published(len(OTHER), hashlib.sha256(OTHER).hexdigest())},
    )
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in FASHION.items():
        (raw / name).write_bytes(content)
        (raw / f"{name}.gz").write_bytes(gzipped[name])
    return tmp_path, raw


def test_fashion_mnist(fashion):
    root, raw = fashion
    for place in (root, raw):
        train, test = data.FashionMNIST(place), data.FashionMNIST(place, train=False)
        assert train.images.tolist() == np.arange(80).reshape(20, 2, 2).tolist()
        assert test.labels.tolist() == list(range(9, -1, -1))
        assert test.classes[test.labels[0]] == "Ankle boot"
    for path in raw.glob("*ubyte"):
        path.unlink()
    assert len(data.FashionMNIST(root)) == 20
    assert repr(train) == "FashionMNIST(20 images of 2 x 2)"


def test_fashion_mnist_in_disrepair(fashion):
    root, raw = fashion
    name = "train-images-idx3-ubyte"
    (raw / name).unlink()
    packed_again = gzip.compress(FASHION[name][:-1] + b"x")
    for content, text in (
        (packed_again, "is corrupt, or not FashionMNIST's(?s:.)*SHA-256"),
        (b"\x1f\x8b", "truncated"),
    ):
        (raw / f"{name}.gz").write_bytes(content)
        with pytest.raises(DataFileError, match=text):
            data.FashionMNIST(root)
    (raw / name).write_bytes(OTHER)
    (raw / f"{name}.gz").unlink()
    with pytest.raises(DataFileError, match=r"not FashionMNIST's: it is MNIST's(?s:.)*a folder of their own"):
        data.FashionMNIST(root)
    (raw / name).write_bytes(FASHION[name])
    assert len(data.FashionMNIST(root)) == 20
    labels = bytearray(FASHION["train-labels-idx1-ubyte"])
    labels[-1] = 0
    (raw / "train-labels-idx1-ubyte").write_bytes(labels)
    (raw / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataFileError, match="classes are not equally many"):
        data.FashionMNIST(root)


def test_fashion_mnist_is_looked_for_beside_mnist_not_in_it(fashion):
    """MNIST's files under the same names in the root itself are not taken for it."""
    root, raw = fashion
    (root / "train-images-idx3-ubyte").write_bytes(OTHER)
    assert data.FashionMNIST(root).images[1, 0, 0] == 4
    for path in raw.glob("t10k-images*"):
        path.unlink()
    with pytest.raises(DataFileError, match=r"could not be downloaded(?s:.)*by hand"):
        data.FashionMNIST(root, download=True)


# Images


def test_image_dataset_takes_grey_and_colour_and_says_what_it_takes():
    colour = data.ImageDataset(np.full((2, 3, 4, 5), 51, np.uint8), np.array([0, 1]), classes=("a", "b"))
    assert colour[0][0].shape == (3, 4, 5)
    assert colour.fetch([1, 0])[0].numpy() == pytest.approx(np.full((2, 3, 4, 5), 0.2))
    for shape, n in (((2, 4), 2), ((2, 4, 5), 3)):
        with pytest.raises(ShapeError, match="N images and N labels"):
            data.ImageDataset(np.zeros(shape, np.uint8), np.zeros(n, np.int64))
