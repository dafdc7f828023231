"""Properties of every elementwise gate on drawn inputs: broadcasting, 0-d, empty, mixed dtypes."""

import warnings

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import tinygrad_edu as tg
from tinygrad_edu.record import sum_to
from tinygrad_edu.testing import GradcheckError, KinkWarning, broadcastable_tensors, gradcheck, real
from tinygrad_edu.testing.cases import CASES

ELEMENTWISE = {name: case for name, case in CASES.items() if case.elementwise}
FLOATS = st.sampled_from(["float16", "float32", "float64"])


def run(case, tensors):
    """The output of a case, and the gradients that a weighted sum of it sends back."""
    with np.errstate(all="ignore"):
        out = case.call(tg, *tensors)
    if not out.requires_grad:
        return out, [None] * len(tensors)
    weights = np.cos(np.arange(out.numel())).reshape(out.shape)
    return out, tg.autograd.grad(out, tensors, weights.astype(out.dtype), allow_unused=True, materialize_grads=True)


def assert_near(found, expected, dtype, what):
    precision = {"float16": 2e-2, "float32": 3e-5, "float64": 1e-11}[str(dtype)]
    size = np.abs(expected[np.isfinite(expected)]).max(initial=1.0)
    np.testing.assert_allclose(found, expected, rtol=precision, atol=precision * size, err_msg=what)


@pytest.mark.parametrize("case", ELEMENTWISE.values(), ids=ELEMENTWISE)
def test_broadcasting_is_that_of_stretched_float64_arrays(case):
    """Value, shape and dtype of the output and of each gradient; then gradcheck, away from kinks."""
    n = len(case.inputs)
    domains = [i.domain or real for i in case.inputs]

    @given(broadcastable_tensors(n, dtype=[FLOATS] * n, elements=domains, requires_grad=True, max_side=3))
    def holds(tensors):
        shape = np.broadcast_shapes(*(t.shape for t in tensors))
        out, grads = run(case, tensors)
        assert out.shape == shape
        if out.dtype.kind == "f":
            assert out.dtype == tg.result_type(*tensors)
        wide = [
            tg.tensor(np.broadcast_to(t.detach().numpy(), shape), dtype=tg.float64, requires_grad=True) for t in tensors
        ]
        expected, wide_grads = run(case, wide)
        coarsest = min((t.dtype for t in (*tensors, out) if t.dtype.kind == "f"), key=lambda d: d.itemsize)
        assert_near(np.asarray(out, float), np.asarray(expected, float), coarsest, "value")
        for i, (t, g, e) in enumerate(zip(tensors, grads, wide_grads, strict=True)):
            if g is not None:
                assert (g.shape, g.dtype) == (t.shape, t.dtype)
                assert_near(np.asarray(g, float), sum_to(np.asarray(e), t.shape), coarsest, f"gradient {i}")
        if out.requires_grad and case.numeric:
            _gradcheck(case, tensors)

    holds()


def _gradcheck(case, tensors):
    doubles = [tg.tensor(t.detach(), dtype=tg.float64, requires_grad=True) for t in tensors]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", KinkWarning)
            gradcheck(lambda *x: case.call(tg, *x), doubles, fast_mode=True, rtol=1e-5, atol=1e-6)
    except GradcheckError as error:
        if not error.kink:  # drawn on a kink by chance: any gradient is a choice
            raise


@pytest.mark.parametrize("shapes", [((9, 3), (7, 3)), ((2, 1, 5, 4), (3, 6, 4)), ((1, 2), (1, 2)), ((3, 0), (2, 0))])
@pytest.mark.parametrize("block", [1, 40, 10**6])
def test_distances_some_rows_at_a_time_are_those_of_all_at_once(monkeypatch, shapes, block):
    monkeypatch.setattr("tinygrad_edu.gates.distance._BLOCK", block)
    rng = np.random.default_rng(0)
    (x, y), (a, b) = ([tg.tensor(rng.normal(size=s), requires_grad=True) for s in shapes] for _ in range(2))
    with tg.no_grad():
        a[...], b[...] = x, y
    found = tg.cdist(x, y)
    expected = (((a[..., :, None, :] - b[..., None, :, :]) ** 2).sum(-1) + 1e-300).sqrt()
    np.testing.assert_allclose(found.detach(), expected.detach(), rtol=1e-12, atol=1e-12)
    g = tg.tensor(rng.normal(size=found.shape))
    found.backward(g), expected.backward(g)
    for ours, theirs in ((x, a), (y, b)):
        np.testing.assert_allclose(ours.grad, theirs.grad, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("found", "expected"), [
    (lambda: tg.tensor([1, 200], dtype=tg.uint8) / 256, [1 / 256, 200 / 256]),
    (lambda: tg.tensor([100], dtype=tg.int8) / 200, [0.5]),
    (lambda: -1 / tg.tensor([2], dtype=tg.uint8), [-0.5]),
    (lambda: tg.tensor([7], dtype=tg.int32) / 2**40, [7 / 2**40]),
    (lambda: tg.tensor([2], dtype=tg.uint8) / tg.tensor(256), [1 / 128]),
    (lambda: tg.copysign(tg.tensor([2], dtype=tg.uint8), -1), [-2.0]),
    (lambda: tg.xlogy(tg.tensor([2], dtype=tg.uint8), 300), [2 * np.log(300)]),
])  # fmt: skip
def test_a_number_beside_small_integers_becomes_a_float_before_it_could_wrap(found, expected):
    assert found().dtype == tg.float32
    np.testing.assert_allclose(found(), expected, rtol=1e-6)
