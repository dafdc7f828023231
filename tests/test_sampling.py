"""Images read at the places of a grid: against PyTorch, and against what is known of maps of the plane."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tinygrad_edu.errors import TinygradError
from tinygrad_edu.nn import functional as F

MODES, PADDINGS = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")
RNG = np.random.default_rng(0)
IMAGE = tg.tensor(RNG.normal(size=(1, 2, 3, 4)))
SQUARE = tg.tensor(RNG.normal(size=(1, 1, 3, 3)))


def moved(image, matrix, mode="bilinear", padding_mode="zeros", align_corners=False):
    grid = F.affine_grid(tg.tensor([matrix]).to(image.dtype), image.shape, align_corners)
    return F.grid_sample(image, grid, mode, padding_mode, align_corners).numpy()


@given(
    sizes=st.lists(st.integers(1, 4), min_size=2, max_size=3),
    samples=st.integers(0, 2),
    outputs=st.integers(0, 3),
    mode=st.sampled_from(MODES),
    padding=st.sampled_from(PADDINGS),
    align=st.booleans(),
    seed=st.integers(0, 99),
)
def test_values_and_gradients_are_pytorchs(sizes, samples, outputs, mode, padding, align, seed):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    rng, d = np.random.default_rng(seed), len(sizes)
    mode = mode if d == 2 else mode.replace("bicubic", "bilinear")
    places = rng.uniform(-3, 3, (samples, *[outputs] * d, d))
    places = np.where(rng.random(places.shape) < 0.3, np.round(places * 2) / 2, places)  # on edges and middles too
    arrays = rng.normal(size=(samples, 2, *sizes)), places
    upstream = rng.normal(size=(samples, 2, *[outputs] * d))
    answers = []
    for library in (tg, torch):
        x, grid = (library.tensor(a).requires_grad_() for a in arrays)
        z = library.nn.functional.grid_sample(x, grid, mode, padding, align)
        z.backward(library.tensor(upstream))
        answers.append((z.detach().numpy(), x.grad.numpy(), grid.grad.numpy()))
    for ours, theirs in zip(*answers, strict=True):
        assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("mode", "padding", "align"), list(product(MODES, PADDINGS, (False, True))))
def test_where_nothing_moves_the_image_stays(mode, padding, align):
    assert_allclose(moved(IMAGE, [[1, 0, 0], [0, 1, 0]], mode, padding, align), IMAGE.numpy(), atol=1e-12)
    volume = tg.tensor(RNG.normal(size=(2, 1, 2, 3, 4)))
    if mode != "bicubic":
        still = tg.eye(3, 4).double().expand(2, 3, 4)
        z = F.grid_sample(volume, F.affine_grid(still, volume.shape, align), mode, padding, align)
        assert_allclose(z.numpy(), volume.numpy(), atol=1e-12)


@pytest.mark.parametrize("align", [False, True])
def test_maps_of_the_plane_are_numpys(align):
    assert_allclose(moved(IMAGE, [[-1, 0, 0], [0, 1, 0]], align_corners=align), IMAGE.numpy()[..., ::-1], atol=1e-12)
    turned = moved(SQUARE, [[0, -1, 0], [1, 0, 0]], align_corners=align)
    assert_allclose(turned, np.rot90(SQUARE.numpy(), axes=(2, 3)), atol=1e-12)


@pytest.mark.parametrize(
    ("padding", "beyond"), [("zeros", [0.0, 0.0]), ("border", [4.0, 4.0]), ("reflection", [4.0, 3.0])]
)
def test_beyond_the_edge(padding, beyond):
    image = tg.tensor([[[[1.0, 2.0, 3.0, 4.0]]]])
    assert_allclose(moved(image, [[1, 0, 1], [0, 1, 0]], padding_mode=padding).ravel(), [3, 4, *beyond], atol=1e-6)


def test_a_mirrored_image_repeats():
    grid = tg.tensor(RNG.uniform(-1, 1, (1, 5, 5, 2)))
    for mode in MODES:
        z = F.grid_sample(IMAGE, grid, mode, "reflection")
        assert_allclose(F.grid_sample(IMAGE, grid + 12.0, mode, "reflection"), z, atol=1e-12)
        assert_allclose(F.grid_sample(IMAGE, 2.0 - grid, mode, "reflection"), z, atol=1e-12)


@pytest.mark.parametrize(("mode", "align"), list(product(("bilinear", "bicubic"), (False, True))))
def test_sampled_evenly_it_is_interpolate(mode, align):
    still = tg.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]).double()
    z = F.grid_sample(IMAGE, F.affine_grid(still, (1, 2, 7, 5), align), mode, "border", align)
    assert_allclose(z.numpy(), F.interpolate(IMAGE, (7, 5), mode=mode, align_corners=align).numpy(), atol=1e-12)


def at(x, **how):
    """What an image of one row gives at one place, and the gradient of the place."""
    grid = tg.tensor([[[[x, 0.0]]]], requires_grad=True)
    z = F.grid_sample(tg.tensor([[[[1.0, 2.0, 4.0]]]]), grid, align_corners=True, **how)
    z.sum().backward()
    return z.item(), grid.grad.numpy()[0, 0, 0, 0]


def test_the_gradient_of_a_place_is_the_slope_there():
    assert at(-0.5) == (1.5, 1.0) and at(0.5) == (3.0, 2.0)
    assert at(0.0) == (2.0, 2.0)  # on a pixel, that to the right
    assert at(1.0, padding_mode="border") == (4.0, 0.0) and at(-1.0, padding_mode="border") == (1.0, 0.0)
    assert at(1.5, padding_mode="reflection") == (3.0, -2.0)
    assert at(0.5, mode="nearest") == (4.0, 0.0) and at(-0.5, mode="nearest") == (1.0, 0.0)  # the even one of two


def test_a_place_that_is_no_number():
    for padding in ("border", "reflection"):
        assert at(np.nan, padding_mode=padding) == at(-1.0, padding_mode=padding) == (1.0, 0.0)
        assert at(np.nan, padding_mode=padding, mode="nearest") == (1.0, 0.0)
    assert at(np.inf, padding_mode="border") == (4.0, 0.0)
    assert at(np.nan, mode="nearest") == at(np.inf, mode="nearest") == (0.0, 0.0)
    assert np.isnan([at(np.nan)[0], at(np.nan, mode="bicubic", padding_mode="border")[0]]).all()


def test_a_nan_of_the_image_stays_away_from_places_that_are_outside():
    z = F.grid_sample(tg.full((1, 1, 2, 2), np.nan), tg.full((1, 1, 1, 2), 7.0))
    assert_array_equal(z.numpy(), 0)


def test_the_image_and_the_grid_can_be_learned_together():
    image = IMAGE.float().requires_grad_()
    theta = tg.tensor([[[1.0, 0.1, 0.0], [0.0, 1.0, 0.1]]], requires_grad=True)
    z = F.grid_sample(image, F.affine_grid(theta, image.shape))
    z.square().sum().backward()
    assert z.dtype == image.grad.dtype == theta.grad.dtype == np.float32
    assert np.count_nonzero(theta.grad.numpy()) == 6


GRID, STILL = tg.zeros(1, 2, 2, 2).double(), tg.ones(1, 2, 3)
WRONG = {
    "no mode 'best'(?s:.)*bilinear, nearest, bicubic": lambda: F.grid_sample(IMAGE, GRID, "best"),
    "no padding_mode 'none'(?s:.)*zeros, border": lambda: F.grid_sample(IMAGE, GRID, padding_mode="none"),
    r"got +input \(1, 2, 3, 4\) and grid \(2, 2, 2\)": lambda: F.grid_sample(IMAGE, GRID[0]),
    r"grid \(2, 2, 2, 2\)": lambda: F.grid_sample(IMAGE, GRID.expand(2, 2, 2, 2)),
    r"grid \(1, 2, 2, 3\)": lambda: F.grid_sample(IMAGE, tg.zeros(1, 2, 2, 3).double()),
    r"input \(1, 2, 0, 4\)": lambda: F.grid_sample(IMAGE[:, :, :0], GRID),
    r"input \(2, 3, 4\)": lambda: F.grid_sample(IMAGE[0], GRID),
    "not for volumes": lambda: F.grid_sample(tg.ones(1, 1, 2, 2, 2), tg.ones(1, 1, 1, 1, 3), "bicubic"),
    r"floats of one dtype(?s:.)*grid\.to": lambda: F.grid_sample(IMAGE, GRID.float()),
    "float64 and grid of int64": lambda: F.grid_sample(IMAGE, GRID.long()),
    r"got +theta \(2, 3\)": lambda: F.affine_grid(STILL[0], (1, 1, 2, 2)),
    r"and size \(2, 1, 2, 2\)": lambda: F.affine_grid(STILL, (2, 1, 2, 2)),
    r"and size \(1, 1, 2\)": lambda: F.affine_grid(STILL, (1, 1, 2)),
    "all positive": lambda: F.affine_grid(STILL, (1, 1, 0, 2)),
    r"theta\.float": lambda: F.affine_grid(STILL.long(), (1, 1, 2, 2)),
}


@pytest.mark.parametrize(("says", "use"), WRONG.items(), ids=WRONG)
def test_what_does_not_fit_is_said(says, use):
    with pytest.raises(TinygradError, match=says):
        use()
