"""Preprocessing: known statistics, undone again, fitted on training data alone, kept in a state."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import data
from tinygrad_edu.errors import OptionError, ShapeError, StateDictError, TinygradError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 6)) @ RNG.normal(size=(6, 6)) + 5
EVERY = [data.ZeroCenter(), data.Standardize(), data.PCA(), data.Whiten(), data.ZCA()]


@pytest.mark.parametrize("step", EVERY, ids=lambda step: type(step).__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_undone_it_is_what_it_was(step, dtype):
    x = X.astype(dtype).reshape(200, 2, 3)
    y = step.fit(x).transform(x)
    assert y.dtype == dtype
    np.testing.assert_allclose(step.inverse_transform(y), x, rtol=1e-3 if dtype == np.float32 else 1e-9)
    assert isinstance(step.transform(tg.tensor(x)), tg.Tensor)
    labels = np.arange(200)
    again, same = step(x, labels)
    assert (again == y).all()
    assert same is labels


def covariance(y):
    return np.cov(y.reshape(len(y), -1).T, bias=True)


def test_what_each_makes_of_the_training_data():
    flat = {type(s).__name__: s.fit(X).transform(X) for s in EVERY}
    for y in flat.values():
        np.testing.assert_allclose(y.mean(0), 0, atol=1e-9)
    np.testing.assert_allclose(flat["Standardize"].std(0), 1)
    rotated = covariance(flat["PCA"])
    values = np.linalg.eigvalsh(covariance(X))[::-1]
    np.testing.assert_allclose(rotated, np.diag(values), atol=1e-9)
    for name in ("Whiten", "ZCA"):
        expected = np.diag(values / (values + 1e-5)) if name == "Whiten" else np.eye(6)
        np.testing.assert_allclose(covariance(flat[name]), expected, atol=1e-3)
    # Of all whitenings ZCA moves the inputs least: its matrix is symmetric.
    zca = data.ZCA().fit(X)
    matrix = zca.transform(np.eye(6) + zca.mean)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-9)


def test_components():
    pca = data.PCA(2).fit(X)
    assert pca.transform(X).shape == (200, 2)
    full = data.PCA().fit(X)
    np.testing.assert_allclose(full.components.T @ full.components, np.eye(6), atol=1e-12)
    assert (full.components.max(0) >= -full.components.min(0)).all()
    share = np.cumsum(full.variances) / full.variances.sum()
    kept = data.PCA(0.9).fit(X).components.shape[1]
    assert share[kept - 1] >= 0.9 > (share[kept - 2] if kept > 1 else 0)
    residual = X - pca.inverse_transform(pca.transform(X))
    np.testing.assert_allclose((residual**2).sum(1).mean(), full.variances[2:].sum())
    for wrong in (0, -1, 1.5):
        with pytest.raises(ValueError, match="n_components"):
            data.PCA(wrong)


def test_images_by_pixel_and_by_channel():
    images = RNG.integers(0, 256, (50, 3, 4, 5)).astype(np.uint8)
    images[:, 1, 2, 2] = 9
    by_pixel, by_channel = data.Standardize().fit(images), data.Standardize(per_channel=True).fit(images)
    assert by_pixel.mean.shape == (3, 4, 5)
    assert by_channel.mean.shape == (3, 1, 1)
    y = by_pixel.transform(images)
    assert y.dtype == np.float32
    assert (y[:, 1, 2, 2] == 0).all()  # a constant feature
    channels = by_channel.transform(images)
    np.testing.assert_allclose(channels.mean((0, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(channels.std((0, 2, 3)), 1, rtol=1e-5)
    board = data.digits(train=False)
    np.testing.assert_allclose(data.ZeroCenter().fit(board).mean[0], board.images.mean(0) / 255, rtol=1e-5, atol=1e-8)


@given(st.integers(1, 100))
def test_only_the_training_data_is_learnt_from(n):
    center = data.ZeroCenter().fit(X[:n])
    center.transform(X[n:] * 1e6)
    np.testing.assert_allclose(center.mean, X[:n].mean(0))


def test_composed_and_kept(tmp_path):
    def steps():
        return data.Compose([data.Standardize(), data.RandomHorizontalFlip(), data.PCA(3)])

    fitted = steps().fit(X)
    tg.save(fitted.state_dict(), tmp_path / "steps.npz")
    later = steps()
    later.load_state_dict(tg.load(tmp_path / "steps.npz"))
    assert (later.transform(X[:5]) == fitted.transform(X[:5])).all()
    np.testing.assert_allclose(fitted.transform(X), data.PCA(3).fit((X - X.mean(0)) / X.std(0)).transform(
        (X - X.mean(0)) / X.std(0)), atol=1e-9)  # fmt: skip
    assert fitted.inverse_transform(fitted.transform(X)).shape == X.shape


def test_in_a_loader():
    rows = data.TensorDataset(tg.tensor(X), tg.arange(200))
    loader = data.DataLoader(data.Transformed(rows, data.Standardize().fit(rows)), 200)
    ((x, y),) = loader
    np.testing.assert_allclose(x.numpy(), (X - X.mean(0)) / X.std(0), atol=1e-9)
    assert y.tolist() == list(range(200))


def test_what_cannot_be_done_is_said():
    with pytest.raises(TinygradError, match=r"PCA has not been fitted(?s:.)*\.fit\("):
        data.PCA().transform(X)
    with pytest.raises(ShapeError, match=r"another shape(?s:.)*mean \(6,\)(?s:.)*\(200, 1\)"):
        data.ZeroCenter().fit(X).transform(X[:, :1])
    with pytest.raises(ShapeError, match="needs samples"):
        data.Standardize().fit(X[:0])
    center = data.ZeroCenter().fit(X)
    with pytest.raises(StateDictError, match="not the state of ZeroCenter"):
        center.load_state_dict({"mean": X[0], "std": X[0]})
    assert center.mean.shape == (6,)
    with pytest.raises(StateDictError):
        data.Compose([center]).load_state_dict({})


@pytest.mark.parametrize("value", [0.1, 1 / 3, 123.456])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_constant_features_become_0_however_the_mean_is_rounded(value, dtype):
    x = np.full((1000, 2), value, dtype)
    x[:, 1] += np.arange(1000) % 2
    found = data.Standardize().fit(x)
    assert np.abs(found.transform(x)[:, 0]).max() < 1e-4
    assert found.std[0] == 1
    assert abs(found.std[1] - 0.5) < 1e-4


@pytest.mark.parametrize("steps", EVERY, ids=lambda steps: type(steps).__name__)
def test_what_cannot_be_learnt_from(steps):
    with pytest.raises(TinygradError, match=r"NaN or infinity(?s:.)*1 of 4 values"):
        steps.fit(np.array([[1.0, np.nan], [2.0, 3.0]]))


def test_more_components_than_features():
    with pytest.raises(OptionError, match="n_components is 9, but the inputs have 3 features"):
        data.PCA(9).fit(np.eye(3))
