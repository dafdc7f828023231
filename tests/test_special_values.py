"""erf and its kin with SciPy, and without it."""

import math
import sys

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import special_values
from tinygrad_edu.errors import MissingExtraError, NoGradientError


@pytest.fixture
def no_scipy(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy", None)
    special_values.scipy_special.cache_clear()
    yield
    special_values.scipy_special.cache_clear()


X = [-30.0, -2.5, -0.0, 0.5, 3.0, math.inf, -math.inf, math.nan]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("name", ["erf", "erfc", "ndtr", "lgamma"])
def test_the_standard_library_serves_without_scipy(name, dtype, request):
    x = tg.tensor(np.array(X, dtype).reshape(2, 4))
    f = getattr(tg.special, name, None) or getattr(tg, name)
    with np.errstate(all="ignore"):
        with_scipy = f(x)
    request.getfixturevalue("no_scipy")
    without = f(x)
    assert without.dtype == with_scipy.dtype == dtype
    np.testing.assert_allclose(without, with_scipy, rtol={8: 1e-13, 4: 1e-6, 2: 2e-3}[x.itemsize])


def test_gradients_without_scipy(no_scipy):
    x = tg.tensor(0.5, dtype=tg.float64, requires_grad=True)
    tg.erf(x).backward()
    assert x.grad.item() == pytest.approx(2 / math.sqrt(math.pi) * math.exp(-0.25))
    with pytest.raises(MissingExtraError, match=r"(?s)digamma needs SciPy.*pip install \"tinygrad_edu\[special\]\""):
        tg.lgamma(x).backward()


def test_lgamma_has_poles_and_an_end(no_scipy):
    assert tg.lgamma(tg.tensor([0.0, -1.0, 1e308], dtype=tg.float64)).tolist() == [math.inf] * 3


@pytest.mark.parametrize("name", ["erfinv", "erfcx", "ndtri", "log_ndtr", "digamma", "i0", "i0e", "i1", "i1e"])
def test_the_rest_names_the_extra(no_scipy, name):
    with pytest.raises(MissingExtraError, match=r'pip install "tinygrad_edu\[special\]"'):
        getattr(tg.special, name)(tg.tensor([0.5]))


def test_no_derivative_is_said_not_guessed():
    x = tg.tensor([2.0], requires_grad=True)
    for f in (tg.special.zeta, tg.special.gammainc, tg.special.gammaincc):
        with pytest.raises(NoGradientError, match="no closed form"):
            f(x, tg.tensor([1.5])).backward()


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_stable_forms_do_not_warn(dtype):
    """Warnings are errors in this suite; PyTorch has clean values at all of these."""
    far = tg.tensor(np.array([-1000, -90, -20, 0, 20, 90, 1000], dtype))
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        assert tg.sigmoid(far).tolist()[0] == 0.0
        assert tg.sigmoid(far).tolist()[-1] == 1.0
        tg.logsumexp(far, 0), tg.logcumsumexp(far, 0), tg.logaddexp(far, -far), tg.tanh(far), tg.sinc(far)
        assert tg.logsumexp(tg.tensor([-np.inf, -np.inf]), 0).item() == -math.inf
        assert tg.logaddexp(tg.tensor(math.inf), tg.tensor(math.inf)).item() == math.inf
        tg.xlogy(tg.zeros(2), tg.tensor([0.0, -1.0])), tg.special.entr(tg.tensor([0.0, -1.0])), tg.sign(far)


def test_sigmoid_is_exact_on_the_far_left():
    x = tg.tensor([-30.0, -80.0])
    np.testing.assert_allclose(tg.sigmoid(x), np.exp([-30.0, -80.0]), rtol=1e-6)


def test_integer_powers():
    with pytest.raises(tg.errors.DtypeError, match=r"(?s)negative integer powers.*float"):
        tg.tensor([2]) ** -1
    with pytest.raises(tg.errors.DtypeError, match="negative integer powers"):
        2 ** tg.tensor([-1])
    with pytest.raises(tg.errors.TinygradError, match="divided by zero"):
        tg.tensor([2]) % 0
