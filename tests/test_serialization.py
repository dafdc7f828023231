"""Weights as files: back as they were, exchanged with PyTorch and NumPy, and nothing hostile is opened."""

import json
import pickle
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import nn, serialization
from tinygrad_edu.errors import DataFileError, DtypeError, MissingExtraError, TinygradError

DTYPES = ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?"]
ENDINGS = ["npz", "safetensors"]
each_ending = pytest.mark.parametrize("ending", ENDINGS)


@pytest.fixture(autouse=True)
def needed(request):
    if "safetensors" in request.node.name or "exchange" in request.node.name:
        pytest.importorskip("safetensors", reason="safetensors is not installed")


def state():
    rng = np.random.default_rng(0)
    found = {f"of.{dtype}": tg.tensor(rng.integers(0, 2, (2, 3)).astype(dtype)) for dtype in DTYPES}
    found |= {"scalar": tg.tensor(2.5), "none": tg.zeros(0, 4), "file": tg.ones(2), "a/b.npy": tg.ones(1)}
    return found | {"turned": tg.tensor(rng.normal(size=(3, 4))).T, "axes": tg.ones(2, 1, 3, 1)}


def same(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert other[name].dtype == value.dtype
        assert np.array_equal(np.asarray(other[name]), np.asarray(value)), name
        assert other[name].shape == value.shape


@each_ending
def test_back_as_it_was(ending, tmp_path):
    path = tg.save(state(), tmp_path / f"x.{ending}", {"made": "here", "ü": "\n"})
    same(state(), tg.load(path))
    assert tg.load_metadata(path) == {"made": "here", "ü": "\n"}
    assert not tg.load(path)["turned"].requires_grad
    back = tg.load(path)["turned"]
    back += 1
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@each_ending
def test_nothing_and_no_metadata(ending, tmp_path):
    path = tg.save({}, tmp_path / f"x.{ending}")
    assert tg.load(str(path)) == {}
    assert tg.load_metadata(path) == {}


@each_ending
def test_a_network_and_big_endian_arrays(ending, tmp_path):
    net = nn.Sequential(nn.Linear(4, 3), nn.PReLU(), nn.Linear(3, 2))
    path = tg.save(net.state_dict(), tmp_path / f"x.{ending}")
    other = nn.Sequential(nn.Linear(4, 3), nn.PReLU(), nn.Linear(3, 2))
    other.load_state_dict(tg.load(path))
    x = tg.ones(5, 4)
    assert np.array_equal(net(x).detach().numpy(), other(x).detach().numpy())
    tg.save({"x": np.arange(3, dtype=">f4")}, path)
    assert tg.load(path)["x"].tolist() == [0, 1, 2]


def test_npz_is_numpys(tmp_path):
    path = tg.save(state(), tmp_path / "x.npz")
    with np.load(path, allow_pickle=False) as theirs:
        same(state(), {name.removesuffix(".npy"): theirs[name] for name in state() if name != "a/b.npy"} | {
            "a/b.npy": theirs["a/b.npy.npy"]})  # fmt: skip
    np.savez(path, a=np.asfortranarray(np.arange(6.0).reshape(2, 3)), b=np.arange(3, dtype=">i4"))
    assert tg.load(path)["a"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert tg.load(path)["b"].tolist() == [0, 1, 2]


# With PyTorch.


def perceptron(lib):
    return lib.Sequential(lib.Linear(4, 8), lib.GELU(), lib.Linear(8, 3))


def lenet(lib):
    """With BatchNorm, whose running statistics and count are buffers."""
    return lib.Sequential(
        *(lib.Conv2d(1, 4, 5), lib.BatchNorm2d(4), lib.ReLU(), lib.MaxPool2d(2)),
        *(lib.Conv2d(4, 6, 3), lib.BatchNorm2d(6), lib.PReLU(6), lib.MaxPool2d(2)),
        *(lib.Flatten(), lib.Linear(6 * 2 * 2, 3)),
    )


def reader(lib):
    """A two-layer LSTM, of which the last step counts."""

    class Reader(lib.Module):
        def __init__(self):
            super().__init__()
            self.lstm, self.head = lib.LSTM(4, 5, num_layers=2, batch_first=True), lib.Linear(5, 3)

        def forward(self, x):
            return self.head(self.lstm(x)[0][:, -1])

    return Reader()


def encoder(lib):
    layer = lib.TransformerEncoderLayer(8, 2, 16, dropout=0.0, activation="gelu", batch_first=True)
    return lib.Sequential(layer, lib.Flatten(), lib.Linear(5 * 8, 3))


@pytest.mark.parametrize(
    ("build", "shape"), [(perceptron, (6, 4)), (lenet, (6, 1, 16, 16)), (reader, (6, 5, 4)), (encoder, (6, 5, 8))]
)
def test_exchange_with_pytorch(build, shape, tmp_path):
    """Trained there, the same outputs here; trained on here, the same outputs there."""
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    from safetensors.torch import load_file, save_file

    def trained(lib, net, tensor):
        cost = lib.nn.CrossEntropyLoss()
        optimizer = lib.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            cost(net(tensor(x)), tensor(np.array([0, 1, 2, 0, 1, 2]))).backward()
            optimizer.step()
        return net.eval()

    def outputs():
        return ours(tg.tensor(x)).detach().numpy(), theirs(torch.tensor(x)).detach().numpy()

    path, x = tmp_path / "x.safetensors", np.random.default_rng(0).normal(size=shape)
    theirs, ours = build(torch.nn).double(), build(nn).double()
    save_file(trained(torch, theirs, torch.tensor).state_dict(), path, {"format": "pt"})
    ours.eval().load_state_dict(tg.load(path))
    assert tg.load_metadata(path) == {"format": "pt"}
    found, before = outputs()
    np.testing.assert_allclose(found, before, rtol=1e-9, atol=1e-12)
    tg.save(trained(tg, ours.train(), tg.tensor).state_dict(), path)
    theirs.load_state_dict(load_file(path))
    found, expected = outputs()
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    assert np.abs(found - before).max() > 1e-3


def test_bfloat16_becomes_float32_in_the_exchange(tmp_path):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    from safetensors.torch import save_file

    held = torch.tensor([1.0, -2.5, float("inf"), 3.140625, 1e-30]).bfloat16()
    save_file({"x": held, "e": held[:0]}, tmp_path / "x.safetensors")
    found = tg.load(tmp_path / "x.safetensors")
    assert found["x"].dtype == np.float32
    assert found["x"].tolist() == held.float().tolist()
    assert found["e"].shape == (0,)


# Written whole or not at all.


@each_ending
def test_a_failed_save_leaves_what_was_there(ending, tmp_path, monkeypatch):
    path = tg.save({"x": tg.ones(2)}, tmp_path / f"x.{ending}")
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        tg.save({"x": tg.zeros(2)}, path)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no such folder to write to.*nowhere'$"):
        tg.save({"w": tg.ones(1)}, tmp_path / "nowhere" / "w.safetensors")


def test_a_link_stays_a_link(tmp_path):
    path = tg.save({"x": tg.ones(2)}, tmp_path / "x.npz")
    link = tmp_path / "link.npz"
    try:
        link.symlink_to(path)
    except OSError:
        pytest.skip("no links here")
    tg.save({"x": tg.zeros(2)}, link)
    assert link.is_symlink()
    assert tg.load(path)["x"].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        (nn.Linear(1, 1), TinygradError, r"pass module\.state_dict\(\)"),
        ({1: tg.ones(1)}, TinygradError, "a name is a text"),
        ({"__metadata__": tg.ones(1)}, TinygradError, "a name is a text"),
        ({"x": "text"}, DtypeError, "'x' is not numbers"),
        ({"x": {"nested": object()}}, TinygradError, r"cannot hold x\.nested"),
        ({"x": np.ones(1, complex)}, DtypeError, "complex128"),
    ],
)
def test_what_cannot_be_saved(wrong, error, says, tmp_path):
    with pytest.raises(error, match=says):
        tg.save(wrong, tmp_path / "x.npz")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["net.pt", "net.PTH", "net.bin"])
def test_a_name_that_means_a_pickle_is_not_written(name, tmp_path):
    with pytest.raises(DataFileError, match=r"pickles, which are never written(?s:.)*safetensors, which PyTorch reads"):
        tg.save({"x": tg.ones(1)}, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_metadata_is_texts(tmp_path):
    with pytest.raises(TinygradError, match="metadata is texts"):
        tg.save({}, tmp_path / "x.npz", {"epoch": 3})


def test_metadata_beyond_reason_is_not_read(tmp_path, monkeypatch):
    path = tg.save({"x": tg.ones(1)}, tmp_path / "x.npz", {"notes": "a" * 100})
    assert tg.load(path)["x"].tolist() == [1]
    monkeypatch.setattr(serialization, "_MOST_METADATA", 99)
    with pytest.raises(DataFileError, match="113 bytes of metadata"):
        tg.load(path)


# Pickles.


@pytest.mark.parametrize("name", ["x.pt", "x.pth", "x.pkl", "x.PT", "x.ckpt"])
def test_a_pickle_by_name(name, tmp_path):
    with pytest.raises(DataFileError, match="cannot be read: No such file"):
        tg.load(tmp_path / name)
    (tmp_path / name).touch()
    with pytest.raises(DataFileError, match=r"is a pickle(?s:.)*not opened(?s:.)*save_file\(torch\.load"):
        tg.load(tmp_path / name)


class Runs:
    def __reduce__(self):
        return sys.exit, ("it was opened",)


@each_ending
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_pickle_under_another_name(ending, protocol, tmp_path):
    path = tmp_path / f"x.{ending}"
    path.write_bytes(pickle.dumps(Runs(), protocol))
    with pytest.raises(DataFileError, match="is a pickle"):
        tg.load(path)


@each_ending
def test_pytorchs_zip_under_another_name(ending, tmp_path):
    path = tmp_path / f"x.{ending}"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Runs()))
    with pytest.raises(DataFileError, match="is a pickle"):
        tg.load(path)


def test_objects_in_npz_are_not_opened(tmp_path):
    np.savez(tmp_path / "x.npz", x=np.array([Runs()], object))
    with pytest.raises(DataFileError, match="pickled objects, which were not opened"):
        tg.load(tmp_path / "x.npz")


# Files that lie.


def npy(descr="<f4", shape=(2,), data=b"\0" * 8, version=1, **more):
    """The bytes of a .npy file whose header says what we like."""
    header = repr({"descr": descr, "fortran_order": False, "shape": shape} | more).encode()
    return b"\x93NUMPY" + bytes([version, 0]) + len(header).to_bytes(2 if version == 1 else 4, "little") + header + data


def npz(path, *members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def tensors(path, header, data=b""):
    """A safetensors file whose header says what we like."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def refused(path):
    """It raises DataFileError, and takes no memory worth the name."""
    with pytest.raises(DataFileError):
        tg.load(path)
    tracemalloc.start()
    try:
        with pytest.raises(DataFileError) as error:
            tg.load(path)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
    return str(error.value)


NPYS = {
    "giant": npy(shape=(10**12,)),
    "beyond integers": npy(shape=(2**63, 4)),
    "negative": npy(shape=(-1, -2)),
    "short": npy(shape=(3,)),
    "long": npy(shape=(1,)),
    "text": npy(descr="<U1"),
    "complex": npy(descr="<c8", shape=(1,)),
    "fields": npy(descr=[("a", "<f4"), ("b", "<f4")], shape=(1,)),
    "object": npy(descr="|O", shape=(1,)),
    "code for a dtype": npy(descr="__import__('os').abort()"),
    "no header": b"\x93NUMPY\x01\x00\xff\xff",
    "more keys": npy(more=1),
    "deep": b"\x93NUMPY\x01\x00" + (9000).to_bytes(2, "little") + b"(" * 9000,
    "long header": npy(version=2, x="y" * 20_000),
    "axes": npy(shape=(1,) * 70 + (2,)),
    "empty": b"",
    "no array": b"hello",
}


@pytest.mark.parametrize("content", NPYS.values(), ids=NPYS)
def test_npz_that_lies(content, tmp_path):
    assert "x.npz" in refused(npz(tmp_path / "x.npz", ("good.npy", npy()), ("bad.npy", content)))


def test_npz_archives_that_lie(tmp_path):
    path = tmp_path / "x.npz"
    np.savez_compressed(path, x=np.zeros(10_000_000))
    assert "compressed" in refused(path)
    with pytest.warns(UserWarning, match="Duplicate"):
        npz(path, ("x.npy", npy()), ("x.npy", npy()))
    assert "two members have one name" in refused(path)
    refused(npz(path, ("__metadata__.json", "[1]")))
    refused(npz(path, ("__metadata__.json", '{"a": 1}')))
    content = npz(path, ("x.npy", npy())).read_bytes()
    path.write_bytes(content.replace(b"\0" * 8, b"\0" * 7 + b"\1", 1))  # a checksum that is wrong
    refused(path)
    path.write_bytes(content[:-10])
    refused(path)
    path.write_bytes(b"")
    refused(path)


HEADERS = {
    "giant": ({"x": entry(shape=(10**12,), offsets=(0, 4 * 10**12))}, b""),
    "giant shape, small data": ({"x": entry(shape=(10**12,))}, b"\0" * 8),
    "overflow": ({"x": entry(shape=(2**62, 8))}, b"\0" * 8),
    "negative": ({"x": entry(shape=(-2,))}, b"\0" * 8),
    "offsets crossed": ({"x": entry(offsets=(8, 0))}, b"\0" * 8),
    "two of one place": ({"x": entry(), "y": entry()}, b"\0" * 8),
    "a hole": ({"x": entry(offsets=(8, 16))}, b"\0" * 16),
    "short": ({"x": entry()}, b"\0" * 7),
    "long": ({"x": entry()}, b"\0" * 9),
    "unknown dtype": ({"x": entry("F31")}, b"\0" * 8),
    "a dtype that NumPy lacks": ({"x": entry("F8_E4M3", (8,))}, b"\0" * 8),
    "wrong dtype": ({"x": entry("F64")}, b"\0" * 8),
    "axes": ({"x": entry(shape=(1,) * 70 + (2,))}, b"\0" * 8),
    "no numbers, and a size beyond integers": ({"x": entry(shape=(0, 2**63), offsets=(0, 0))}, b""),
    "no JSON": (b"{{{{", b""),
    "deep JSON": (b'{"x":' + b"[" * 100_000, b""),
    "metadata of numbers": ({"__metadata__": {"a": 1}}, b""),
}


@pytest.mark.parametrize(("header", "data"), HEADERS.values(), ids=HEADERS)
def test_safetensors_that_lie(header, data, tmp_path):
    assert "x.safetensors" in refused(tensors(tmp_path / "x.safetensors", header, data))


def test_safetensors_headers_longer_than_the_file(tmp_path):
    path = tmp_path / "x.safetensors"
    for content in (b"", b"\1", b"\xff" * 8, (10**9).to_bytes(8, "little") + b"{}", (1 << 40).to_bytes(8, "little")):
        path.write_bytes(content)
        assert "x.safetensors" in refused(path)


@each_ending
def test_every_truncation_is_noticed(ending, tmp_path):
    path = tg.save({"a": tg.ones(3), "b": tg.ones(2, 2)}, tmp_path / f"x.{ending}", {"k": "v"})
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(DataFileError):
            tg.load(path)


@each_ending
@given(data=st.data())
def test_junk_is_an_error_or_numbers(ending, data, tmp_path_factory):
    """Random bytes, and good files with bytes changed: never another error, never a Tensor larger than the file."""
    path = tmp_path_factory.getbasetemp() / f"junk.{ending}"
    if data.draw(st.booleans()):
        content = data.draw(st.binary(max_size=200))
    else:
        tg.save({"a": tg.ones(3), "b": tg.tensor(1)}, path, {"k": "v"})
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        found = tg.load(path)
    except DataFileError:
        return
    assert sum(t.numpy().nbytes for t in found.values()) <= 2 * len(content)


@each_ending
def test_bools_are_0_and_1(ending, tmp_path):
    if ending == "npz":
        path = npz(tmp_path / "x.npz", ("x.npy", npy("|b1", (3,), b"\0\1\7")))
    else:
        path = tensors(tmp_path / "x.safetensors", {"x": entry("BOOL", (3,), (0, 3))}, b"\0\1\7")
    assert tg.load(path)["x"].numpy().view(np.uint8).tolist() == [0, 1, 1]


# Other errors.


def test_a_file_that_is_not_there_and_an_unknown_ending(tmp_path):
    with pytest.raises(DataFileError, match=r"cannot be read: No such file"):
        tg.load(tmp_path / "x.npz")
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(DataFileError, match="cannot be read"):
        tg.load(tmp_path / "folder.npz")
    (tmp_path / "weights").touch()
    with pytest.raises(DataFileError, match=r"not say the format(?s:.)*mend +weights\.safetensors or weights\.npz"):
        tg.load(tmp_path / "weights")
    with pytest.raises(FileNotFoundError):
        tg.save({}, tmp_path / "none" / "x.npz")


def test_without_the_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(MissingExtraError, match=r'pip install "tinygrad_edu\[weights\]"'):
        tg.save({}, tmp_path / "x.safetensors")
    assert not list(tmp_path.iterdir())
    (tmp_path / "x.safetensors").write_bytes(b"12345678{")
    with pytest.raises(MissingExtraError, match="weights"):
        tg.load(tmp_path / "x.safetensors")


def test_a_safetensors_header_whose_length_looks_like_a_pickles_start(tmp_path):
    text = json.dumps({"__metadata__": {"k": ""}})
    for length in (0x280, 0x4B50):
        padded = text[:-3] + "x" * (length - len(text)) + text[-3:]
        assert tg.load_metadata(tensors(tmp_path / "x.safetensors", padded.encode()))["k"].startswith("x")


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_dicts_and_lists_come_back_as_they_were(tmp_path, ending):
    state = {
        "a": {"b": tg.ones(1), 3: [1.5, None, True, "text", (1, 2)]},
        "a.b": tg.zeros(2),
        "rows": [{"x": np.arange(3)}, {}],
        "inf": float("inf"),
    }
    path = tg.save(state, tmp_path / f"x.{ending}", {"made by": "me"})
    back = tg.load(path)
    assert tg.load_metadata(path) == {"made by": "me"}
    assert (back["a"]["b"].tolist(), back["a.b"].tolist()) == ([1], [0, 0])
    assert back["a"][3] == [1.5, None, True, "text", (1, 2)]
    assert type(back["rows"][0]["x"]) is np.ndarray
    assert (back["rows"][1], back["inf"]) == ({}, float("inf"))


@pytest.mark.parametrize(
    "header", ["", "[", "[1, 2]", '{"a": {"\\u0000": ["tensor", "absent"]}}', '{"a": {"\\u0000": 1}}', "[" * 100_000]
)
def test_a_header_that_does_not_fit_is_named(tmp_path, header):
    path = tg.save({"x": tg.ones(1)}, tmp_path / "x.npz", {"__nested__": header})
    with pytest.raises(DataFileError, match="corrupt"):
        tg.load(path)
