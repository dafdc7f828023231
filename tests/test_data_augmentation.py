"""Augmentation: known results, PyTorch's and SciPy's, shapes, dtypes and ranges kept, nothing at zero strength."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import data
from tinygrad_edu.data.warp import elastic_field, warped
from tinygrad_edu.errors import ShapeError, TinygradError

RNG = np.random.default_rng(0)
IMAGES = RNG.random((6, 3, 9, 9))
STRONG = [
    data.RandomAffine(30, (0.2, 0.2), (0.7, 1.4), 20, alpha=10, sigma=2),
    data.RandomAffine((5, 10), shear=(-10, 10, -5, 5), fill=0.5),
    data.ElasticTransform(20, 2),
    data.RandomHorizontalFlip(),
    data.RandomVerticalFlip(),
    data.RandomCrop(9, padding=2),
    data.ColorJitter(0.5, 0.5, 0.5),
    data.GaussianNoise(sigma=0.3),
    data.Cutout(4, p=0.8),
]
NOTHING = [
    data.RandomAffine(),
    data.ElasticTransform(alpha=0),
    data.RandomHorizontalFlip(p=0),
    data.RandomVerticalFlip(p=0),
    data.RandomCrop(9),
    data.ColorJitter(),
    data.GaussianNoise(sigma=0),
    data.Cutout(0),
    data.Cutout(5, p=0),
    data.Compose([]),
]


def name(step):
    return type(step).__name__


# Known results


@given(k=st.integers(-3, 3), size=st.integers(1, 8))
def test_quarter_turns(k, size):
    images = np.random.default_rng(size).random((2, size, size))
    np.testing.assert_allclose(
        data.affine(images, angle=-90 * k), np.rot90(images, k, axes=(1, 2)), rtol=1e-12, atol=1e-12
    )


@given(right=st.integers(-6, 6), down=st.integers(-6, 6))
def test_shifts_by_whole_pixels(right, down):
    images = IMAGES[:, :, :5, :4]
    expected = np.roll(images, (down, right), axis=(2, 3))
    rows, columns = np.arange(5)[:, None] - down, np.arange(4) - right
    expected = np.where((rows < 0) | (rows >= 5) | (columns < 0) | (columns >= 4), 0, expected)
    np.testing.assert_allclose(data.affine(images, translate=(right, down)), expected, atol=1e-14)


def test_half_a_pixel_is_the_mean_of_two():
    images = IMAGES[:, 0]
    moved = data.affine(images, translate=(0.5, 0), fill=7)
    np.testing.assert_allclose(moved[:, :, 1:], (images[:, :, 1:] + images[:, :, :-1]) / 2)
    np.testing.assert_allclose(moved[:, :, 0], (images[:, :, 0] + 7) / 2)


def test_each_image_its_own_numbers():
    turned = data.affine(IMAGES[:4], angle=np.array([0, 90, 180, 270]), scale=[1, 1, 1, 2])
    for i, k in enumerate((0, -1, -2)):
        np.testing.assert_allclose(turned[i], np.rot90(IMAGES[i], k, axes=(1, 2)), atol=1e-13)
    np.testing.assert_allclose(turned[3, :, 4, 4], IMAGES[3, :, 4, 4])


def test_against_pytorchs_grid_sample():
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    for size in ((9, 9), (6, 11)):
        images = RNG.random((5, 2, *size))
        a, s = RNG.uniform(-180, 180, 5), RNG.uniform(0.5, 2, 5)
        t, (sx, sy) = RNG.uniform(-3, 3, (5, 2)), RNG.uniform(-40, 40, (2, 5))
        theta = []
        for i in range(5):  # torchvision's: x -> scale R(a) Y(sy) X(sx) x + t, in pixels about the centre
            r, kx, ky = np.deg2rad(a[i]), np.tan(np.deg2rad(sx[i])), np.tan(np.deg2rad(sy[i]))
            turn = np.array([[np.cos(r), -np.sin(r)], [np.sin(r), np.cos(r)]])
            m = np.linalg.inv(s[i] * turn @ np.array([[1, 0], [-ky, 1]]) @ np.array([[1, -kx], [0, 1]]))
            to_pixels = np.diag([size[1] / 2, size[0] / 2])
            theta.append(np.linalg.inv(to_pixels) @ np.c_[m @ to_pixels, -m @ t[i]])
        grid = torch.nn.functional.affine_grid(torch.tensor(np.array(theta)), images.shape, align_corners=False)
        expected = torch.nn.functional.grid_sample(torch.tensor(images), grid, align_corners=False).numpy()
        found = data.affine(images, a, t.T, s, (sx, sy))
        np.testing.assert_allclose(found, expected, atol=1e-9)


def test_warping_against_scipy():
    ndimage = pytest.importorskip("scipy.ndimage")
    rows, columns = RNG.uniform(-3, 12, (2, 6, 81))
    found = warped(IMAGES, rows, columns)
    for i in range(6):
        for c in range(3):
            # padded: SciPy leaves off at the outermost pixels, where we go on towards the fill
            places = [rows[i] + 4, columns[i] + 4]
            expected = ndimage.map_coordinates(np.pad(IMAGES[i, c], 4), places, order=1)
            np.testing.assert_allclose(found[i, c].ravel(), expected, atol=1e-12)


def test_elastic_fields_against_scipy():
    ndimage = pytest.importorskip("scipy.ndimage")
    field = elastic_field(3, 20, 28, 34.0, 4.0, np.random.default_rng(5)).reshape(2, 3, 20, 28)
    noise = 2 * np.random.default_rng(5).random((2, 3, 20, 28), np.float32) - 1
    expected = 34 * ndimage.gaussian_filter(noise, (0, 0, 4, 4), mode="constant")
    np.testing.assert_allclose(field, expected, atol=1e-4)


def test_flips_crops_and_cutout():
    assert (data.RandomHorizontalFlip(p=1)(IMAGES) == IMAGES[..., ::-1]).all()
    assert (data.RandomVerticalFlip(p=1)(IMAGES) == IMAGES[:, :, ::-1]).all()
    half = data.RandomHorizontalFlip()(np.arange(2.0).reshape(1, 1, 2).repeat(1000, 0), generator=0)
    assert 400 < (half[:, 0, 0] == 1).sum() < 600
    padded = np.pad(IMAGES, ((0, 0), (0, 0), (2, 2), (2, 2)), constant_values=9)
    for image, crop in zip(padded, data.RandomCrop((5, 7), padding=2, fill=9)(IMAGES, generator=1), strict=True):
        places = [(i, j) for i in range(9) for j in range(7) if (image[:, i : i + 5, j : j + 7] == crop).all()]
        assert len(places) == 1
    cut = data.Cutout(3, fill=5)(IMAGES, generator=2)
    blank = cut == 5
    assert (cut[~blank] == IMAGES[~blank]).all()
    assert (blank == blank[:, :1]).all()  # in all channels
    for mask in blank[:, 0]:
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        assert 2 <= len(rows) <= 3 and 2 <= len(columns) <= 3
        assert mask.sum() == len(rows) * len(columns)
    with pytest.raises(ShapeError, match="smaller than the part"):
        data.RandomCrop(10)(IMAGES)


def test_colours():
    factor = np.random.default_rng(3).uniform(0.5, 1.5, (6, 1, 1, 1))
    bright = data.ColorJitter(brightness=0.5)(IMAGES, generator=3)
    np.testing.assert_allclose(bright, np.minimum(IMAGES * factor, 1))
    grey = (0.2989 * IMAGES[:, 0] + 0.587 * IMAGES[:, 1] + 0.114 * IMAGES[:, 2])[:, None]
    for kind, base in (("contrast", grey.mean((1, 2, 3), keepdims=True)), ("saturation", grey)):
        found = data.ColorJitter(**{kind: 0.5})(IMAGES, generator=3)
        np.testing.assert_allclose(found, np.clip(base + factor * (IMAGES - base), 0, 1))
    one = IMAGES[:, :1]
    assert (data.ColorJitter(saturation=1)(one) == one).all()


def test_noise():
    flat = np.full((1, 200, 200), 0.5)
    noisy = data.GaussianNoise(mean=0.1, sigma=0.05)(flat, generator=0)
    assert abs(noisy.mean() - 0.6) < 0.002
    assert abs(noisy.std() - 0.05) < 0.001
    assert data.GaussianNoise(sigma=2)(flat).max() == 1
    assert data.GaussianNoise(sigma=2, clip=False)(flat).max() > 1
    bytes_ = data.GaussianNoise(sigma=0.05)(np.full((1, 200, 200), 128, np.uint8), generator=0)
    assert abs(bytes_.std() - 0.05 * 255) < 0.3


def test_composed_with_labels_and_without():
    steps = data.Compose([data.GaussianNoise(), data.MixUp(num_classes=3)])
    images, labels = np.zeros((4, 1, 2, 2)), np.array([0, 1, 2, 1])
    noisy, soft = steps(images, labels, generator=0)
    assert noisy.shape == images.shape and soft.shape == (4, 3)
    plain = data.Compose([data.GaussianNoise(), data.Cutout(1)])(images, generator=0)
    assert plain.shape == images.shape and plain.any()


def test_mixup():
    images, labels = np.arange(4.0).reshape(4, 1, 1), np.array([2, 0, 1, 1])
    mixed, soft = data.MixUp(alpha=0.4, num_classes=3)(images, labels, generator=0)
    rng = np.random.default_rng(0)
    share, other = rng.beta(0.4, 0.4), rng.permutation(4)
    np.testing.assert_allclose(mixed, share * images + (1 - share) * images[other])
    np.testing.assert_allclose(soft, share * np.eye(3)[labels] + (1 - share) * np.eye(3)[labels[other]])
    x, y = data.MixUp(num_classes=3)(tg.tensor(images, dtype=np.float32), tg.tensor(labels))
    assert x.dtype == y.dtype == np.float32
    loss = tg.nn.functional.cross_entropy(tg.zeros(4, 3), y)
    assert loss.item() == pytest.approx(np.log(3))
    with pytest.raises(TinygradError, match=r"mix\(images, labels\)"):
        data.MixUp(num_classes=3)(images)
    for wrong in (labels + 1, labels[:3], labels - 1):
        with pytest.raises(ShapeError, match="one label for each image"):
            data.MixUp(num_classes=3)(images, wrong)


# What holds for all


@pytest.mark.parametrize("step", STRONG, ids=name)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.uint8])
@pytest.mark.parametrize("shape", [(7, 9, 9), (7, 1, 9, 9), (7, 3, 9, 9), (0, 3, 9, 9)])
def test_shapes_dtypes_and_ranges_are_kept_and_inputs_not_written(step, dtype, shape):
    top = 255 if dtype == np.uint8 else 1
    images = (np.random.default_rng(1).random(shape) * top).astype(dtype)
    images.flags.writeable = False
    changed = step(images, generator=3)
    assert (changed.dtype, changed.shape) == (dtype, shape)
    if changed.size:
        assert changed.min() >= 0 and changed.max() <= top + 1e-6
        assert (changed != images).any()
    tensor, labels = step(tg.tensor(images), "labels", generator=np.random.default_rng(3))
    assert isinstance(tensor, tg.Tensor)
    assert (tensor.numpy() == changed).all()
    assert labels == "labels"


@pytest.mark.parametrize("step", NOTHING, ids=name)
@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_at_zero_strength_nothing_changes(step, dtype):
    images = (IMAGES * (255 if dtype == np.uint8 else 1)).astype(dtype)
    assert (step(images) == images).all()


@pytest.mark.parametrize("step", STRONG, ids=name)
def test_seeded(step):
    first = step(IMAGES, generator=1)
    assert (step(IMAGES, generator=1) == first).all()
    assert (step(IMAGES, generator=2) != first).any()
    tg.manual_seed(1)
    assert (step(IMAGES) == first).all()


def test_images_are_changed_each_in_its_own_way_across_blocks():
    same = np.broadcast_to(IMAGES[:1, :1, :4, :4], (20_000, 1, 4, 4))
    changed = data.RandomAffine(30)(same, generator=0)
    assert len(np.unique(changed.reshape(len(same), -1), axis=0)) > 19_000


def test_in_a_loader_it_repeats_with_any_number_of_workers():
    def batches(workers):
        board = data.Subset(data.digits(train=False), range(50))
        steps = data.Compose([data.RandomAffine(10, alpha=5), data.GaussianNoise(), data.Cutout(5)])
        loader = data.DataLoader(data.Transformed(board, steps), 16, shuffle=True, generator=4, num_workers=workers)
        return [(x.numpy(), y.tolist()) for x, y in loader]

    alone, threads = batches(0), batches(2)
    assert all((a[0] == b[0]).all() and a[1] == b[1] for a, b in zip(alone, threads, strict=True))
    assert alone[0][0].shape == (16, 1, 28, 28)


def test_wrong_arguments_and_images():
    for wrong in (
        lambda: data.RandomAffine(-1), lambda: data.RandomAffine(translate=(1.5, 0)), lambda: data.Cutout(1, p=2),
        lambda: data.RandomAffine(scale=(0, 1)), lambda: data.ElasticTransform(-1), lambda: data.ElasticTransform(1, 0),
        lambda: data.RandomHorizontalFlip(-0.1), lambda: data.ColorJitter(-1),
        lambda: data.MixUp(alpha=0, num_classes=2),
    ):  # fmt: skip
        with pytest.raises(ValueError):
            wrong()
    for images in (IMAGES[0, 0], IMAGES[0, 0, 0], np.arange(8).reshape(2, 2, 2)):
        with pytest.raises(ShapeError, match=r"not images(?s:.)*image\[None\]"):
            data.Cutout(2)(images)


def test_the_contact_sheet(tmp_path):
    pytest.importorskip("matplotlib")
    board = data.digits(train=False)
    sheet = data.contact_sheet(board.images[:3], data.RandomAffine(20), tmp_path / "sheet.png", columns=4)
    assert (tmp_path / "sheet.png").read_bytes()[1:4] == b"PNG"
    assert len(sheet.axes) == 3 * 5
    shown = [axes.images[0].get_array() for axes in sheet.axes]
    np.testing.assert_allclose(shown[5], board.images[1] / 255)
    assert (shown[6] != shown[7]).any()
    first, second = (axes.spines["top"] for axes in sheet.axes[:2])
    assert first.get_edgecolor() != second.get_edgecolor() and first.get_linewidth() > second.get_linewidth()
    assert (sheet.axes[0].get_title(), sheet.axes[1].get_title(loc="left")) == ("original", "augmented")
    assert sheet.get_suptitle() == "RandomAffine"
    coloured = data.contact_sheet(IMAGES[:1], data.Cutout(2), columns=1).axes[0].images[0].get_array()
    np.testing.assert_allclose(coloured, IMAGES[0].transpose(1, 2, 0))
