"""Convolutions as layers: PyTorch's numbers, names and shapes; the work in tiles and in threads; errors."""

import gc
import math
import threading

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tinygrad_edu import nn, threads
from tinygrad_edu.errors import OptionError, ShapeError
from tinygrad_edu.gates import window, winograd
from tinygrad_edu.nn import functional as F
from tinygrad_edu.testing import check_case
from tinygrad_edu.testing.cases import CASES

LAYERS = [  # a layer, and its input's shape
    (lambda nn: nn.Conv1d(3, 4, 3), (2, 3, 9)),
    (lambda nn: nn.Conv1d(3, 4, 4, padding="same", padding_mode="circular"), (2, 3, 9)),
    (lambda nn: nn.Conv2d(3, 4, 3), (2, 3, 9, 8)),
    (lambda nn: nn.Conv2d(3, 4, 3), (3, 9, 8)),
    (lambda nn: nn.Conv2d(16, 4, (3, 5), stride=2, padding=(1, 2), bias=False), (2, 16, 9, 8)),
    (lambda nn: nn.Conv2d(4, 6, 3, 1, 1, 2, 2), (2, 4, 9, 8)),
    (lambda nn: nn.Conv2d(4, 4, 2, groups=4, padding="same"), (2, 4, 5, 6)),
    (lambda nn: nn.Conv2d(3, 4, 3, padding="valid"), (2, 3, 5, 6)),
    *[
        (lambda nn, mode=mode: nn.Conv2d(3, 4, 3, stride=2, padding=(2, 1), padding_mode=mode), (2, 3, 5, 6))
        for mode in ("reflect", "replicate", "circular")
    ],
    (lambda nn: nn.Conv2d(3, 4, (2, 3), padding="same", padding_mode="reflect"), (3, 5, 6)),
    (lambda nn: nn.Conv2d(20, 20, 3, padding=1), (3, 20, 9, 11)),
    (lambda nn: nn.Conv2d(16, 32, 5), (3, 16, 12, 12)),
    (lambda nn: nn.Conv3d(2, 3, 2, padding=1, stride=(1, 2, 2)), (2, 2, 3, 4, 5)),
    (lambda nn: nn.Conv3d(2, 4, 3, padding="same", padding_mode="replicate", groups=2), (2, 2, 3, 4, 5)),
    (lambda nn: nn.ConvTranspose1d(3, 4, 3, stride=2), (2, 3, 9)),
    (lambda nn: nn.ConvTranspose2d(3, 4, 3, 2, 1, 1), (2, 3, 4, 5)),
    (lambda nn: nn.ConvTranspose2d(4, 18, (2, 3), stride=(2, 1), groups=2, dilation=(1, 2), bias=False), (2, 4, 4, 5)),
    (lambda nn: nn.ConvTranspose3d(2, 3, 2, stride=2, output_padding=(1, 0, 1)), (2, 3, 3, 2)),
    (lambda nn: nn.Unfold((2, 3), dilation=2, padding=1), (2, 3, 6, 7)),
    (lambda nn: nn.Fold((4, 5), 2), (2, 8, 12)),
]


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
@pytest.mark.parametrize(("make", "shape"), LAYERS)
def test_layers_are_pytorchs(make, shape):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours, theirs = make(nn).double(), make(torch.nn).double()
    assert ours.load_state_dict(theirs.state_dict()) == ([], [])
    assert ours.extra_repr() == theirs.extra_repr()
    a = np.random.default_rng(0).normal(size=shape)
    x, y = tg.tensor(a, requires_grad=True), torch.tensor(a, requires_grad=True)
    out, expected = ours(x), theirs(y)
    g = np.cos(np.arange(out.numel())).reshape(out.shape)
    out.backward(tg.tensor(g)), expected.backward(torch.tensor(g))
    assert_allclose(out.detach(), expected.detach(), rtol=1e-9, atol=1e-11)
    assert_allclose(x.grad, y.grad, rtol=1e-9, atol=1e-11)
    for (name, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        assert_allclose(p.grad, q.grad, rtol=1e-9, atol=1e-11, err_msg=name)


@pytest.mark.parametrize("size", [(7, 9), (2, 3, 8, 10)])
def test_output_size_of_a_transposed_convolution(size):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours, theirs = (lib.ConvTranspose2d(2, 3, 3, stride=2, padding=1) for lib in (nn, torch.nn))
    ours.load_state_dict(theirs.state_dict())
    out = ours(tg.ones(2, 2, 4, 5), output_size=size)
    assert out.shape == (2, 3, *size[-2:])
    assert_allclose(out.detach(), theirs(torch.ones(2, 2, 4, 5), output_size=size).detach(), rtol=1e-5, atol=1e-6)
    with pytest.raises(ShapeError, match=r"from \(7, 9\) to \(8, 10\)"):
        ours(tg.ones(2, 2, 4, 5), output_size=(9, 9))


def slowly(x, w, b, stride, padding, dilation):
    """The formula, one element at a time."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    h, wide = ((x.shape[i] - dilation * (w.shape[i] - 1) - 1) // stride + 1 for i in (2, 3))
    z = np.zeros((len(x), len(w), h, wide))
    for n, o, i, j in np.ndindex(*z.shape):
        rows = slice(i * stride, i * stride + dilation * (w.shape[2] - 1) + 1, dilation)
        columns = slice(j * stride, j * stride + dilation * (w.shape[3] - 1) + 1, dilation)
        z[n, o, i, j] = b[o] + (x[n, :, rows, columns] * w[o]).sum()
    return z


@pytest.mark.parametrize("channels", [2, 9])
@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 0, 1), (2, 1, 1), (1, 2, 2), (3, 0, 2)])
def test_it_is_the_formula(channels, stride, padding, dilation):
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(2, channels, 7, 6)), rng.normal(size=(3, channels, 3, 2)), rng.normal(size=3)
    assert_allclose(F.conv2d(x, w, b, stride, padding, dilation), slowly(x, w, b, stride, padding, dilation))


def all_three(x, w, how, size):
    z = window.conv(x, w, None, size=size, how=how)
    back = window.conv_input(z, w, None, size=x.shape[2:], how=how)
    return [np.asarray(a) for a in (z, back, window.conv_weight(z, x, size=w.shape[2:], how=how))]


@pytest.fixture(params=[1, 4], ids=["few channels", "many channels"])
def problem(request):
    rng, c = np.random.default_rng(0), 4 * request.param
    how = window.Sliding((2, 1), ((1, 2), (0, 1)), (1, 2), 2)
    x, w = rng.normal(size=(5, 2 * c, 9, 8)), rng.normal(size=(6, c, 3, 2))
    return x, w, how, how.places(x.shape[2:], w.shape[2:])


@pytest.mark.parametrize("tile", [1, 3000, 20000])
def test_tiles_change_nothing(problem, monkeypatch, tile):
    whole = all_three(*problem)
    monkeypatch.setattr(window, "_TILE", tile)
    for a, b in zip(all_three(*problem), whole, strict=True):
        assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("channels", [3, 9])
def test_a_window_of_one_element_is_a_matrix_product(channels, two_threads):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(5, channels, 4, 3)), rng.normal(size=(6, channels, 1, 1))
    z, back, slope = all_three(x, w, window.Sliding((1, 1), ((0, 0), (0, 0)), (1, 1)), (4, 3))
    assert_allclose(z, np.einsum("nchw,ocij->nohw", x, w))
    assert_allclose(back, np.einsum("nohw,ocij->nchw", z, w))
    assert_allclose(slope[..., 0, 0], np.einsum("nohw,nchw->oc", z, x))


@pytest.mark.parametrize("channels", [3, 9])
def test_output_padding_beside_a_window_of_one_element(channels):
    rng = np.random.default_rng(0)
    x, w = (tg.tensor(rng.normal(size=shape), requires_grad=True) for shape in ((2, 4, 3, 5), (4, channels, 1, 1)))
    z = F.conv_transpose2d(x, w, dilation=2, output_padding=1)
    (z * z).sum().backward()
    expected = np.pad(np.einsum("nohw,ocij->nchw", x.numpy(), w.numpy()), ((0, 0), (0, 0), (0, 1), (0, 1)))
    assert_allclose(z.detach(), expected)
    for p in (x, w):
        assert_allclose((p.grad * p).sum().item(), 2 * (expected**2).sum())


def test_each_gate_is_the_others_adjoint(problem):
    x, w, *_ = problem
    z, back, slope = all_three(*problem)
    assert_allclose((z * z).sum(), (x * back).sum())
    assert_allclose((z * z).sum(), (w * slope).sum())


# Fewer multiplications.


@pytest.fixture(autouse=True)
def few_tiles_are_enough(monkeypatch):
    monkeypatch.setattr(winograd, "_ENOUGH", 1)


@pytest.mark.parametrize(
    ("channels", "k", "size", "padding"),
    [(64, 3, 12, 1), (256, 3, 6, 0), (16, 5, 12, 4), (33, 5, 9, 2), (16, 5, 13, 0)],
)
@pytest.mark.parametrize(("dtype", "error"), [("float32", 2e-5), ("float64", 1e-13)])
def test_the_error_of_winograd_is_as_documented(channels, k, size, padding, dtype, error):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(3, channels, size, size + 1)), rng.normal(size=(channels + 1, channels, k, k))
    how = window.Sliding((1, 1), ((padding, padding), (padding, padding)), (1, 1))
    size = how.places(x.shape[2:], (k, k))
    assert winograd.serves(3, x.dtype, w.shape, size, how)
    assert not winograd.serves(3, x.dtype, w.shape, size, how._replace(algorithm="direct"))
    exact = all_three(x, w, how._replace(algorithm="direct"), size)
    z, back, slope = all_three(x.astype(dtype), w.astype(dtype), how, size)
    for found, expected in zip((z, back, slope), exact, strict=True):
        assert found.dtype == dtype
        assert abs(found - expected).max() <= 2 * error * abs(expected).max()


@pytest.mark.parametrize("dtype", ["int64", "float16"])
def test_whole_numbers_and_halves_are_summed_directly(dtype):
    rng = np.random.default_rng(0)
    x, w = (rng.integers(-3, 4, shape).astype(dtype) for shape in ((1, 16, 8, 8), (16, 16, 3, 3)))
    assert_array_equal(F.conv2d(x, w, padding=1).numpy(), F.conv2d(x, w, padding=1, algorithm="direct").numpy())


def test_every_check_holds_of_winograd():
    check_case(CASES["conv2d: sixteen channels"])


@pytest.mark.parametrize(("n", "k", "padding"), [(16, 3, ((1, 1), (0, 1))), (12, 5, ((0, 0), (0, 0)))])
def test_winograd_in_chunks_and_threads_changes_nothing(n, k, padding, monkeypatch, two_threads):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(5, 16, n, n)), rng.normal(size=(18, 16, k, k))
    how = window.Sliding((1, 1), padding, (1, 1))
    size = how.places((n, n), (k, k))
    whole = all_three(x, w, how, size)
    for chunk in (1, 10**5):
        monkeypatch.setattr(winograd, "_CHUNK", chunk)
        for a, b in zip(all_three(x, w, how, size), whole, strict=True):
            assert_allclose(a, b, rtol=1e-9, atol=1e-9)


def test_a_layer_can_ask_for_the_direct_sum():
    x = tg.ones(1, 16, 8, 8) / 3
    layer = nn.Conv2d(16, 16, 3, algorithm="direct")
    other = F.conv2d(x, layer.weight, layer.bias)
    assert_allclose(layer(x).detach(), other.detach(), rtol=1e-4, atol=1e-5)
    assert_array_equal(layer(x).detach(), F.conv2d(x, layer.weight, layer.bias, algorithm="direct").detach())


# Threads.


@pytest.fixture
def two_threads(monkeypatch):
    monkeypatch.setattr(threads, "WORTH", 0)
    before = threads.blas_threads(1)
    threads.blas_threads(before)
    tg.set_num_threads(2)
    yield before
    tg.set_num_threads(None)


def test_threads_change_nothing(problem, monkeypatch, two_threads):
    shared = all_three(*problem)
    tg.set_num_threads(None)
    for a, b in zip(all_three(*problem), shared, strict=True):
        assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def test_blas_runs_at_one_thread_while_the_pool_is_on(two_threads):
    assert tg.get_num_threads() == 2
    tg.set_num_threads(3)
    assert threads.blas_threads(1) == 1
    tg.set_num_threads(None)
    assert tg.get_num_threads() == 1
    assert threads.blas_threads(two_threads) == two_threads


def test_an_error_in_a_thread_is_raised(two_threads):
    def work(start, stop):
        if start:
            raise KeyError(start)

    with pytest.raises(KeyError):
        threads.shared(work, 4, 1)


@pytest.mark.parametrize("number", [None, 3])
def test_another_thread_may_set_the_number_meanwhile(two_threads, monkeypatch, number):
    begun = threads.copy_context

    def meanwhile():
        other = threading.Thread(target=tg.set_num_threads, args=(number,))
        other.start(), other.join()
        return begun()

    monkeypatch.setattr(threads, "copy_context", meanwhile)  # called when the pool is chosen, before it is used
    assert threads.shared(lambda start, stop: stop - start, 4, 1) == [2, 2]
    assert tg.get_num_threads() == (number or 1)


def test_the_threads_of_a_pool_that_was_replaced_end(two_threads):
    threads.shared(lambda start, stop: None, 4, 1)
    workers = [t for t in threading.enumerate() if t.name.startswith("tinygrad_edu")]
    assert workers
    tg.set_num_threads(None)
    gc.collect()
    for worker in workers:
        worker.join(10)
        assert not worker.is_alive()


def test_the_number_of_threads_is_at_least_1():
    with pytest.raises(OptionError, match="1 or more"):
        tg.set_num_threads(0)


# Values and memory.


def test_weights_are_drawn_within_one_over_root_fan_in():
    tg.manual_seed(0)
    for layer, fan_in in ((nn.Conv2d(8, 64, 5, groups=2), 100), (nn.ConvTranspose2d(64, 8, 5, groups=2), 100)):
        bound = 1 / math.sqrt(fan_in)
        for p in (layer.weight, layer.bias):
            assert 0.5 * bound < abs(p.numpy()).max() <= bound
        assert_allclose(layer.weight.numpy().var(), bound**2 / 3, rtol=0.05)


def test_no_matrix_of_all_columns_is_built():
    import tracemalloc

    x, w = tg.ones(1, 8, 300, 300), tg.ones(8, 8, 5, 5)
    F.conv2d(x, w, padding=2)
    tracemalloc.start()
    F.conv2d(x, w, padding=2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * x.numpy().nbytes, "the columns of this image are 25 times as large as itself"


def test_no_product_is_kept_for_every_position_of_one_signal():
    import tracemalloc

    w = tg.ones(64, 1, 3, requires_grad=True)
    z = F.conv1d(tg.ones(1, 1, 20000), w)
    g = tg.ones(*z.shape)
    tracemalloc.start()
    z.backward(g)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * z.numpy().nbytes, "a product for each position would be three times as large as the output"


def test_a_dtype_is_kept():
    layer = nn.Conv2d(2, 3, 2, dtype=tg.float64)
    assert layer(tg.ones(1, 2, 3, 3, dtype=tg.float64)).dtype == tg.float64
    assert F.conv2d(tg.ones(1, 2, 3, 3), tg.ones(3, 2, 2, 2)).dtype == tg.float32


def test_images_may_be_read_only_or_broadcast():
    x = np.broadcast_to(np.float32(1), (2, 9, 4, 4))
    assert_array_equal(F.conv2d(x, np.ones((1, 9, 2, 2), np.float32)), np.full((2, 1, 3, 3), 36))


# Errors.


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: nn.Conv2d(3, 4, 5)(tg.ones(1, 3, 9, 4)),
            r"(?s)Conv2d\(3, 4, kernel_size=\(5, 5\), stride=\(1, 1\)\).*\(4 \+ 0 - 1 \* \(5 - 1\) - 1\) // 1 \+ 1 = 0",
        ),
        (lambda: nn.Conv2d(3, 4, 5)(tg.ones(1, 2, 9, 9)), r"(?s)Conv2d\(3.*expected +\(N, 3, height, width\)"),
        (lambda: nn.Conv2d(1, 4, 5)(tg.ones(6, 9, 9)), r"unsqueeze\(-3\)"),
        (lambda: nn.Conv1d(3, 4, 2, padding=1, padding_mode="reflect")(tg.ones(2, 4, 9)), r"Conv1d\(3"),
        (lambda: F.conv2d(tg.ones(1, 2, 3, 3), tg.ones(3, 2, 2)), "weight does not fit"),
        (lambda: F.conv2d(tg.ones(1, 4, 3, 3), tg.ones(3, 2, 2, 2), groups=2), "multiple of groups=2"),
        (lambda: F.conv2d(tg.ones(1, 2, 3, 3), tg.ones(3, 2, 2, 2), tg.ones(2)), "one bias an output channel"),
        (lambda: F.conv_transpose2d(tg.ones(1, 2, 3, 3), tg.ones(2, 3, 2, 2), output_padding=1), "output_padding"),
        (lambda: F.conv_transpose1d(tg.ones(1, 2, 1), tg.ones(2, 3, 2), padding=1), r"\(1 - 1\) \* 1 - 2 \* 1"),
        (lambda: F.unfold(tg.ones(1, 2, 3, 3), 4), r"\(3 \+ 0 - 1 \* \(4 - 1\) - 1\) // 1 \+ 1 = 0"),
        (lambda: F.fold(tg.ones(1, 8, 5), 3, 2), "one column for each position"),
        (lambda: F.fold(tg.ones(1, 7, 4), 3, 2), "one column for each position"),
    ],
)
def test_errors_show_the_numbers(call, message):
    with pytest.raises(ShapeError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "groups"),
        (lambda: nn.Conv2d(3, 4, 3, padding_mode="mirror"), "padding_mode"),
        (lambda: nn.ConvTranspose2d(3, 4, 3, padding_mode="reflect"), "padding_mode"),
        (lambda: nn.Conv2d(3, 4, 3, stride=2, padding="same"), "stride of 1"),
        (lambda: nn.Conv2d(3, 4, 3, padding="full"), "'same' or 'valid'"),
        (lambda: nn.Conv2d(3, 4, (3, 3, 3)), "kernel_size"),
        (lambda: nn.Conv2d(3, 4, 3, stride=0), "stride"),
        (lambda: nn.Conv2d(3, 4, 3, algorithm="fast"), "algorithm"),
    ],
)
def test_arguments_that_make_no_sense(call, message):
    with pytest.raises(ValueError, match=message):
        call()
