"""Pooling, padding and upsampling layers: PyTorch's numbers, shapes and names; errors with the formula in them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tinygrad_edu import nn, threads
from tinygrad_edu.errors import OptionError, ShapeError, TinygradError
from tinygrad_edu.nn import functional as F

SHAPES = {1: (2, 4, 9), 2: (2, 4, 6, 8), 3: (2, 4, 4, 6, 5)}


def for_each(name, *args, axes=(1, 2, 3), **keywords):
    return [(f"{name}{n}d", args, keywords, SHAPES[n]) for n in axes]


LAYERS = [
    *for_each("MaxPool", 2),
    *for_each("MaxPool", 3, stride=2, padding=1, ceil_mode=True),
    *for_each("MaxPool", 2, 1, 0, 2, True),
    *for_each("AvgPool", 2),
    *for_each("AvgPool", 3, 2, 1, True, False),
    *for_each("AvgPool", 2, axes=(2, 3), divisor_override=5),
    *for_each("LPPool", 2, 2),
    *for_each("LPPool", 4, 3, stride=2, ceil_mode=True),
    *for_each("AdaptiveAvgPool", 3),
    *for_each("AdaptiveMaxPool", 3, return_indices=True),
    *for_each("ConstantPad", 2, 1.5),
    *for_each("ZeroPad", 1),
    *for_each("ReflectionPad", 2),
    *for_each("ReplicationPad", 3),
    *for_each("CircularPad", 2),
    ("ZeroPad2d", ((1, -1, 0, 2),), {}, SHAPES[2]),
    ("ReflectionPad2d", ((3, 1, 0, 2),), {}, SHAPES[2][1:]),
    *[("Upsample", (), {"scale_factor": 2}, shape) for shape in SHAPES.values()],
    ("Upsample", ((5, 9), None, "bicubic", True), {}, SHAPES[2]),
    ("Upsample", (None, (1.5, 0.5), "bilinear"), {"recompute_scale_factor": True}, SHAPES[2]),
    ("UpsamplingNearest2d", (7,), {}, SHAPES[2]),
    ("UpsamplingBilinear2d", (), {"scale_factor": 3}, SHAPES[2]),
    ("PixelShuffle", (2,), {}, SHAPES[2]),
    ("PixelUnshuffle", (2,), {}, SHAPES[2]),
    ("ChannelShuffle", (2,), {}, SHAPES[2]),
]


@pytest.mark.parametrize(("name", "args", "keywords", "shape"), LAYERS)
def test_a_layer_is_pytorchs(name, args, keywords, shape):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    values = np.random.default_rng(0).uniform(0.1, 2, shape)
    ours, theirs = getattr(nn, name)(*args, **keywords), getattr(torch.nn, name)(*args, **keywords)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    x, y = tg.tensor(values, requires_grad=True), torch.tensor(values, requires_grad=True)
    z, w = ours(x), theirs(y)
    if isinstance(z, tuple):
        assert_array_equal(z[1], w[1])
        z, w = z[0], w[0]
    upstream = np.random.default_rng(1).normal(size=z.shape)
    z.backward(tg.tensor(upstream)), w.backward(torch.tensor(upstream))
    assert_allclose(z.numpy(), w.detach().numpy(), rtol=1e-9, atol=1e-12)
    assert_allclose(x.grad, y.grad, rtol=1e-9, atol=1e-12)
    small = ours(tg.tensor(values.astype(np.float32)))
    assert (small[0] if isinstance(small, tuple) else small).dtype == np.float32


@pytest.mark.parametrize(("n", "output_size"), [(1, (9,)), (2, None), (2, (2, 4, 6, 8)), (3, (4, 6, 5))])
def test_unpooling_is_pytorchs(n, output_size):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    values = np.random.default_rng(0).normal(size=SHAPES[n])
    found = []
    for library, lib in ((tg, nn), (torch, torch.nn)):
        x = library.tensor(values, requires_grad=True)
        down = getattr(lib, f"MaxPool{n}d")(2, return_indices=True)
        z = getattr(lib, f"MaxUnpool{n}d")(2)(*down(x), output_size=output_size)
        (z * z).sum().backward()
        found.append((np.asarray(z.detach()), np.asarray(x.grad)))
    for ours, theirs in zip(*found, strict=True):
        assert_allclose(ours, theirs, rtol=1e-12)


def test_fractional_max_pooling_draws_windows_within_the_input():
    tg.manual_seed(0)
    x = tg.arange(2 * 3 * 81.0).reshape(2, 3, 9, 9).requires_grad_()
    layer = nn.FractionalMaxPool2d(2, output_ratio=0.6, return_indices=True)
    z, index = layer(x)
    assert z.shape == index.shape == (2, 3, 5, 5)
    assert_array_equal(tg.gather(x.flatten(2), 2, index.flatten(2)).detach(), z.flatten(2).detach())
    z.sum().backward()
    assert x.grad.sum().item() == z.numel()
    steps = {tuple(np.diff(plane[:, 0].numpy() // 9)) for image in index for plane in image}
    assert len(steps) > 1, "each channel draws its own steps"
    drawn = tg.tensor([[[0.1, 0.7]] * 3] * 2)
    same = nn.FractionalMaxPool2d(2, (4, 3), _random_samples=drawn)
    assert_array_equal(same(x).numpy(), same(x).numpy())
    assert nn.FractionalMaxPool3d(2, 2)(tg.ones(1, 5, 5, 5)).shape == (1, 2, 2, 2)
    assert nn.FractionalMaxPool3d(2, 2)(tg.ones(0, 1, 5, 5, 5)).shape == (0, 1, 2, 2, 2)


# Known formulas.


def test_the_largest_of_each_window_gets_the_upstream():
    x = tg.tensor([[[1.0, 3.0, 3.0, 2.0]]], requires_grad=True)
    z, index = F.max_pool1d(x, 2, 1, return_indices=True)
    assert z.tolist() == [[[3, 3, 3]]] and index.tolist() == [[[1, 1, 2]]]
    z.sum().backward()
    assert x.grad.tolist() == [[[0, 2, 1, 0]]]


def test_an_average_is_shared_and_padding_counts_or_not():
    x = tg.tensor([[[2.0, 4.0]]], requires_grad=True)
    assert F.avg_pool1d(x, 2, 1, 1).tolist() == [[[1, 3, 2]]]
    z = F.avg_pool1d(x, 2, 1, 1, count_include_pad=False)
    assert z.tolist() == [[[2, 3, 4]]]
    z.sum().backward()
    assert x.grad.tolist() == [[[1.5, 1.5]]]


@pytest.mark.parametrize("order", [(0, 2, 3, 1), (1, 0, 2, 3), (3, 2, 1, 0)])
@pytest.mark.parametrize("window", [(2,), (3, 2, 1), (6,)])
def test_any_order_in_memory_gives_the_same(order, window):
    values = np.random.default_rng(0).normal(size=(2, 3, 6, 6)).astype(np.float32)
    elsewhere = values.transpose(order).copy().transpose(np.argsort(order))
    for pool in (F.max_pool2d, F.avg_pool2d):
        x, y = tg.tensor(values, requires_grad=True), tg.from_numpy(elsewhere).requires_grad_()
        z, w = pool(x, *window), pool(y, *window)
        g = tg.tensor(np.random.default_rng(1).normal(size=z.shape).astype(np.float32))
        z.backward(g), w.backward(g)
        assert_allclose(z.numpy(), w.numpy(), rtol=1e-6)
        assert_allclose(x.grad, y.grad, rtol=1e-5, atol=1e-6)


def test_more_taps_than_a_byte_can_number():
    x = tg.tensor(np.random.default_rng(0).normal(size=(1, 1, 20, 20)), requires_grad=True)
    F.max_pool2d(x, 17).sum().backward()
    window = x.numpy()[0, 0, :17, :17]
    row, column = np.unravel_index(window.argmax(), window.shape)
    assert np.argwhere(x.grad.numpy()[0, 0]).tolist() == [[row, column]]


def test_a_nan_upstream_stays_in_its_window():
    x = tg.zeros(1, 1, 3, requires_grad=True)
    for mode in ("nearest", "linear"):
        x.grad = None
        F.interpolate(x, scale_factor=2, mode=mode).backward(tg.tensor([[[np.inf, 1.0, 1.0, 1.0, 1.0, 1.0]]]))
        assert np.isinf(x.grad.numpy()).ravel().tolist() == [True, False, False]


def test_pixel_shuffle_and_back():
    x = tg.rand(2, 8, 3, 4)
    assert_array_equal(F.pixel_unshuffle(F.pixel_shuffle(x, 2), 2).numpy(), x.numpy())


def test_the_repr_says_the_settings():
    assert "kernel_size=3, stride=2, padding=1, dilation=1, ceil_mode=False" in repr(nn.MaxPool2d(3, 2, 1))
    assert "norm_type=2, kernel_size=3" in repr(nn.LPPool1d(2, 3))
    assert "output_size=(1, 1)" in repr(nn.AdaptiveAvgPool2d((1, 1)))
    assert "scale_factor=2, mode='nearest'" in repr(nn.Upsample(scale_factor=2))
    assert "padding=(1, 1), value=3" in repr(nn.ConstantPad1d(1, 3))
    assert "upscale_factor=2" in repr(nn.PixelShuffle(2)) and "groups=2" in repr(nn.ChannelShuffle(2))


@pytest.mark.parametrize("pair", [[2, 1], (2, 1), np.array([2, 1]), tg.tensor([2, 1])], ids=lambda p: type(p).__name__)
def test_a_size_for_each_axis_is_any_sequence(pair):
    x = tg.arange(16.0).reshape(1, 4, 4)
    as_tuple = F.max_pool2d(x, (2, 1)).numpy()
    assert_array_equal(F.max_pool2d(x, pair, pair).numpy(), as_tuple)
    assert F.conv2d(x, tg.ones(1, 1, 1, 1), stride=pair).shape == as_tuple.shape
    assert F.interpolate(x[None], pair).shape == (1, 1, 2, 1)
    assert F.adaptive_max_pool2d(x, pair).shape == F.adaptive_avg_pool2d(x, pair).shape == (1, 2, 1)


# Errors.


@pytest.mark.parametrize("wrong", [0, (1, 2, 3), 1.5, None, "two"])
def test_what_is_no_size_is_said(wrong):
    for function in (F.max_pool2d, F.avg_pool2d):
        with pytest.raises(OptionError, match=f"{function.__name__}: kernel_size is an integer, or 2 of them"):
            function(tg.zeros(1, 4, 4), wrong)
    with pytest.raises(OptionError, match="kernel_size is an integer"):
        nn.Conv2d(1, 1, wrong)


def test_a_window_that_does_not_fit_prints_the_formula():
    with pytest.raises(ShapeError) as error:
        nn.MaxPool2d(5)(tg.zeros(1, 1, 8, 3))
    said = str(error.value)
    assert "max_pool2d: the window does not fit into axis -1" in said
    assert "floor((size + 2·padding - dilation·(kernel_size - 1) - 1) / stride) + 1" in said
    assert "floor((3 + 2·0 - 1·(5 - 1) - 1) / 5) + 1 = 0" in said


SMALL = tg.zeros(1, 1, 4)
WRONG = {
    "axes": lambda: nn.MaxPool2d(2)(tg.zeros(3, 3)),
    "no channel": lambda: F.avg_pool1d(tg.zeros(1, 0, 3), 2),
    "kernel of two sizes": lambda: F.max_pool3d(tg.zeros(1, 2, 2, 2), (2, 2)),
    "stride 0": lambda: F.max_pool1d(SMALL, 2, 0),
    "padding": lambda: F.avg_pool1d(SMALL, 2, 1, 2),
    "nothing but padding": lambda: F.max_pool1d(tg.zeros(1, 1, 1), 2, 1, 2, 3),
    "ceil_mode does not fit": lambda: F.avg_pool1d(SMALL, 9, 2, ceil_mode=True),
    "divisor": lambda: F.avg_pool2d(SMALL, 1, divisor_override=0),
    "adaptive size": lambda: F.adaptive_avg_pool1d(SMALL, 0),
    "adaptive sizes": lambda: F.adaptive_max_pool1d(SMALL, (1, 2)),
    "fraction: neither": lambda: F.fractional_max_pool2d(SMALL, 1),
    "fraction: ratio": lambda: F.fractional_max_pool2d(SMALL, 1, output_ratio=1.5),
    "fraction: does not fit": lambda: F.fractional_max_pool2d(SMALL, 2, 1),
    "unpool: indices": lambda: F.max_unpool1d(SMALL, tg.zeros(1, 1, 4), 2),
    "unpool: size": lambda: F.max_unpool1d(SMALL, tg.zeros(1, 1, 4).long(), 2, output_size=(12,)),
    "pad: widths": lambda: nn.ZeroPad2d((1, 2)),
    "pad: axes": lambda: nn.ReflectionPad2d(1)(tg.zeros(3, 3)),
    "pad: too wide": lambda: nn.ReflectionPad1d(4)(SMALL),
    "interpolate: mode": lambda: F.interpolate(SMALL, 2, mode="best"),
    "interpolate: axes": lambda: F.interpolate(SMALL, 2, mode="bilinear"),
    "interpolate: align_corners": lambda: F.interpolate(SMALL, 2, align_corners=True),
    "interpolate: antialias": lambda: F.interpolate(SMALL, 2, mode="nearest", antialias=True),
    "interpolate: both": lambda: F.interpolate(SMALL, 2, 2),
    "interpolate: sizes": lambda: F.interpolate(SMALL, (2, 2)),
    "interpolate: nothing left": lambda: F.interpolate(SMALL, scale_factor=0.1),
    "pixel_shuffle": lambda: F.pixel_shuffle(tg.zeros(3, 2, 2), 2),
    "pixel_unshuffle": lambda: F.pixel_unshuffle(tg.zeros(3, 3, 2), 2),
    "channel_shuffle": lambda: F.channel_shuffle(SMALL, 2),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_said(wrong):
    with pytest.raises(TinygradError):
        wrong()


def test_an_index_outside_the_plane_is_an_error():
    with pytest.raises(IndexError, match="max_unpool1d"):
        F.max_unpool1d(SMALL, tg.full((1, 1, 4), 8), 2)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 2, 3, 0), (0, 2, 3, 1)], ids=["NCHW", "CHWN", "NHWC"])
def test_threads_and_orders_of_memory_change_nothing(order, monkeypatch):
    monkeypatch.setattr(threads, "WORTH", 0)
    values = np.random.default_rng(0).integers(0, 3, (6, 5, 9, 8)).astype(np.float32)  # with ties, and a row left over
    upstream = tg.arange(6.0 * 5 * 4 * 4).reshape(6, 5, 4, 4)

    def pooled(array):
        x = tg.tensor(array, requires_grad=True)
        z = F.max_pool2d(x, 2)
        z.backward(upstream)
        return z.numpy(), x.grad.numpy()

    alone = pooled(values)
    ordered = np.ascontiguousarray(values.transpose(order)).transpose(np.argsort(order))
    try:
        tg.set_num_threads(2)
        z, grad = pooled(ordered)
    finally:
        tg.set_num_threads(None)
    assert_array_equal(z, alone[0])
    assert_array_equal(grad, alone[1])
