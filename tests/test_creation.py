"""New Tensors and random draws: dtypes, shapes, seeding, errors."""

from functools import partial

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import ChangedAfterUseError, DtypeError, LeafInPlaceError, ShapeError, TinygradError

FLOATS = [tg.float16, tg.float32, tg.float64]

# Each runs in both libraries: shape, dtype and (where the values are not random) values must be PyTorch's.
SAME = {
    "zeros": lambda T: T.zeros(2, 3),
    "zeros: tuple": lambda T: T.zeros((2, 3), dtype=T.int64),
    "zeros: 0-d": lambda T: T.zeros(()),
    "ones": lambda T: T.ones([2]),
    "full: float": lambda T: T.full((2,), 7.0),
    "full: int": lambda T: T.full((2,), 7),
    "full: bool": lambda T: T.full((2,), True),
    "full: NumPy's number": lambda T: T.full((2,), np.float64(1)),
    "full: dtype": lambda T: T.full((2, 2), 7, dtype=T.float64),
    "eye": lambda T: T.eye(2, 3),
    "eye: empty": lambda T: T.eye(0),
    "arange": lambda T: T.arange(3),
    "arange: whole numbers of fractions": lambda T: T.arange(2.1, -2.9, -1.0, dtype=T.int64),
    "linspace: whole numbers of fractions": lambda T: T.linspace(-4.9, 3.9, 7, dtype=T.int64),
    "logspace: whole numbers of fractions": lambda T: T.logspace(2.2, 0, 3, 2.5, dtype=T.int64),
    "arange: floats": lambda T: T.arange(0.5, 3),
    "arange: step": lambda T: T.arange(1, 2, 0.1, dtype=T.float64),
    "arange: down": lambda T: T.arange(5, 0, -2),
    "arange: empty": lambda T: T.arange(2, 2),
    "arange: dtype": lambda T: T.arange(3, dtype=T.float32),
    "arange: tensor": lambda T: T.arange(T.tensor(3)),
    "linspace": lambda T: T.linspace(-1, 1, 5),
    "linspace: one": lambda T: T.linspace(2, 5, 1),
    "linspace: none": lambda T: T.linspace(2, 5, 0),
    "logspace": lambda T: T.logspace(0, 3, 4, dtype=T.float64),
    "logspace: base": lambda T: T.logspace(0, 3, 4, base=2),
    "scalar_tensor": lambda T: T.scalar_tensor(3),
    "tril_indices": lambda T: T.tril_indices(3, 4, 1),
    "triu_indices": lambda T: T.triu_indices(3, 4, -1),
    "tril_indices: dtype": lambda T: T.tril_indices(3, 4, dtype=T.int32),
    "zeros_like": lambda T: T.zeros_like(T.arange(3)),
    "ones_like": lambda T: T.ones_like(T.ones(2, 2), dtype=T.float64),
    "full_like": lambda T: T.full_like(T.arange(3), 5),
    "new_zeros": lambda T: T.ones(1, dtype=T.float64).new_zeros(2, 3),
    "new_zeros: size": lambda T: T.ones(1).new_zeros(size=(2, 3), dtype=T.int32),
    "new_ones": lambda T: T.ones(1).new_ones((2,), dtype=T.int32),
    "new_full": lambda T: T.ones(1, dtype=T.float64).new_full((2,), 3),
    "new_tensor": lambda T: T.ones(1, dtype=T.int32).new_tensor([1, 2]),
    "randint: one value": lambda T: T.randint(1, (2, 3)),
    "multinomial: one": lambda T: T.multinomial(T.tensor([0.0, 2.0, 0.0]), 1),
    "tensor: floats": lambda T: T.tensor([1.0, 2]),
    "tensor: bools": lambda T: T.tensor([[True], [False]]),
    "tensor: array": lambda T: T.tensor(np.ones(2)),
    "tensor: empty": lambda T: T.tensor([]),
}
SAME_BUT_FOR_THE_VALUES = {
    "empty": lambda T: T.empty(2, 3),
    "empty_like": lambda T: T.empty_like(T.arange(3)),
    "new_empty": lambda T: T.ones(1, dtype=T.float64).new_empty(2),
    "rand": lambda T: T.rand(2, 3),
    "rand: size": lambda T: T.rand(size=(2, 3)),
    "rand: dtype": lambda T: T.rand((2,), dtype=T.float64),
    "randn": lambda T: T.randn(2, 3, dtype=T.float16),
    "randn: size": lambda T: T.randn(size=(2, 3)),
    "randn: 0-d": lambda T: T.randn(()),
    "randint": lambda T: T.randint(5, (2, 3)),
    "randint: low": lambda T: T.randint(2, 5, (2, 3), dtype=T.float32),
    "randint: names": lambda T: T.randint(low=2, high=5, size=(2,)),
    "randperm": lambda T: T.randperm(4),
    "rand_like": lambda T: T.rand_like(T.ones(2, dtype=T.float64)),
    "randn_like": lambda T: T.randn_like(T.ones(2), dtype=T.float64),
    "randint_like": lambda T: T.randint_like(T.ones(2), 5),
    "randint_like: low": lambda T: T.randint_like(T.ones(2), 2, 5),
    "normal: size": lambda T: T.normal(1.0, 2.0, size=(2, 3), requires_grad=True).detach(),
    "normal: no size": lambda T: T.normal(T.zeros(2, 3), 1.0),
    "normal: tensors": lambda T: T.normal(T.zeros(2, 1, dtype=T.float64), T.ones(3, dtype=T.float64)),
    "normal: a tensor": lambda T: T.normal(T.zeros(2), 2.0),
    "bernoulli": lambda T: T.bernoulli(T.full((2,), 0.5, dtype=T.float64)),
    "bernoulli: p": lambda T: T.bernoulli(T.ones(2, 2), 0.5),
    "poisson": lambda T: T.poisson(T.ones(2)),
    "multinomial": lambda T: T.multinomial(T.ones(3), 2),
    "multinomial: rows": lambda T: T.multinomial(T.ones(2, 3), 5, replacement=True),
    "uniform_": lambda T: T.ones(2).uniform_(),
    "normal_": lambda T: T.ones(2, dtype=T.float64).normal_(),
    "random_": lambda T: T.ones(2, dtype=T.int32).random_(3),
    "bernoulli_": lambda T: T.ones(2, dtype=T.int64).bernoulli_(0.5),
}


@pytest.mark.parametrize(
    "call", [*SAME.values(), *SAME_BUT_FOR_THE_VALUES.values()], ids=[*SAME, *SAME_BUT_FOR_THE_VALUES]
)
def test_shape_and_dtype_are_pytorchs(call):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours, theirs = np.asarray(call(tg)), call(torch).numpy()
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    if call in SAME.values():
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


from_a_shape = pytest.mark.parametrize("make", [tg.zeros, tg.ones, tg.empty, tg.rand, tg.randn])


@from_a_shape
def test_a_shape_comes_as_sizes_as_a_tuple_or_by_name_but_once(make):
    assert make(2, 3).shape == make((2, 3)).shape == make(size=(2, 3)).shape == (2, 3)
    with pytest.raises(TypeError, match="its shape twice"):
        make(2, size=(3,))


@from_a_shape
def test_a_float_may_require_a_gradient_and_an_integer_may_not(make):
    x = make(2, requires_grad=True)
    assert x.requires_grad
    assert x.is_leaf
    with pytest.raises(DtypeError):
        make(2, dtype=tg.int64, requires_grad=True)


@pytest.mark.parametrize(
    ("listed", "dtype"),
    [
        ([1, np.float64(2)], "float64"),
        ([[1.0], [np.float64(1)]], "float64"),
        ([np.float32(1), 2.0], "float32"),
        ([np.float32(1), 2], "float32"),
        ([np.float16(1), 2], "float16"),
        ([np.float16(1), 2.0], "float32"),
        ([np.int8(1), 2.0], "float32"),
        ([np.arange(2), [1.0, 2.0]], "float32"),
        ([np.arange(2.0), [1.0, 2.0]], "float64"),
        ([tg.tensor(1.0), 2], "float32"),
        ([np.int32(1), 2], "int64"),
        ([[]], "float32"),
    ],
)
def test_numbers_of_several_kinds_meet_as_in_pytorch(listed, dtype):
    assert tg.tensor(listed).dtype == dtype


def test_the_default_dtype_is_followed():
    tg.set_default_dtype(tg.float64)
    try:
        for made in (tg.zeros(1), tg.full((1,), 1.0), tg.arange(1.0), tg.linspace(0, 1, 2), tg.rand(1), tg.eye(1)):
            assert made.dtype == tg.float64
    finally:
        tg.set_default_dtype(tg.float32)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: tg.zeros(2, -1), ShapeError),
        (lambda: tg.full((-1,), 0), ShapeError),
        (lambda: tg.zeros(2, dtype=complex), DtypeError),
        (lambda: tg.tensor(np.zeros(1, np.clongdouble)), DtypeError),
        (lambda: tg.full((1,), 3e9, dtype=tg.int32), DtypeError),
        (lambda: tg.full((1,), float("nan"), dtype=tg.int64), DtypeError),
        (lambda: tg.full_like(tg.ones(1, dtype=tg.uint8), -1), DtypeError),
        *[(partial(tg.full, (2,), value), DtypeError) for value in ("a", None, [1, 2], np.ones(2), tg.ones(2))],
        (lambda: tg.full((2,), [1, 2], dtype=tg.int64), DtypeError),
        (lambda: tg.linspace(0, 1, -1), ShapeError),
        (lambda: tg.arange(0, 5, 0), TinygradError),
        (lambda: tg.arange(0, 5, -1), TinygradError),
        (lambda: tg.arange(0, 5, 0.5, dtype=tg.int64), TinygradError),
        (lambda: tg.arange(float("inf")), TinygradError),
        (lambda: tg.rand(2, dtype=tg.int64), DtypeError),
        (lambda: tg.randn(2, dtype=tg.int64), DtypeError),
        (lambda: tg.randint(5, 5, (2,)), TinygradError),
        (lambda: tg.randint(5), TypeError),
        (lambda: tg.normal(0.0, -1.0, (2,)), TinygradError),
        (lambda: tg.bernoulli(tg.tensor([1.5])), TinygradError),
        (lambda: tg.bernoulli(tg.tensor([1])), DtypeError),
        (lambda: tg.poisson(tg.tensor([-1.0])), TinygradError),
        (lambda: tg.multinomial(tg.tensor([1.0, -1.0]), 1), TinygradError),
        (lambda: tg.multinomial(tg.tensor([0.0, 0.0]), 1, replacement=True), TinygradError),
        (lambda: tg.multinomial(tg.tensor([1.0, 0.0]), 2), TinygradError),
        (lambda: tg.multinomial(tg.ones(1, 1, 1), 2), ShapeError),
        (lambda: tg.ones(2).uniform_(1, 0), TinygradError),
        (lambda: tg.ones(2).normal_(0, -1), TinygradError),
        (lambda: tg.ones(2).exponential_(0), TinygradError),
        (lambda: tg.ones(2).geometric_(1.5), TinygradError),
        (lambda: tg.ones(2).bernoulli_(1.5), TinygradError),
        (lambda: tg.ones(2, dtype=tg.int64).normal_(), DtypeError),
    ],
)
def test_what_cannot_be_made_is_refused(call, error):
    with pytest.raises(error):
        call()


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize == 8, reason="a long double is a double here")
@pytest.mark.parametrize("make", [tg.Tensor, tg.tensor, tg.from_numpy, tg.as_tensor])
def test_longer_floats_than_eight_bytes_are_refused(make):
    with pytest.raises(DtypeError, match="at most 8 bytes"):
        make(np.zeros(2, np.longdouble))


# Seeding.

DRAWS = {
    "rand": lambda **g: tg.rand(5, **g),
    "randn": lambda **g: tg.randn(5, **g),
    "randint": lambda **g: tg.randint(1000, (5,), **g),
    "randperm": lambda **g: tg.randperm(20, **g),
    "normal": lambda **g: tg.normal(0.0, 1.0, (5,), **g),
    "bernoulli": lambda **g: tg.bernoulli(tg.full((40,), 0.5), **g),
    "poisson": lambda **g: tg.poisson(tg.full((20,), 5.0), **g),
    "multinomial": lambda **g: tg.multinomial(tg.ones(50), 20, **g),
    "multinomial: replacement": lambda **g: tg.multinomial(tg.ones(50), 20, True, **g),
    "uniform_": lambda **g: tg.ones(5).uniform_(**g),
    "normal_": lambda **g: tg.ones(5).normal_(**g),
    "log_normal_": lambda **g: tg.ones(5).log_normal_(**g),
    "exponential_": lambda **g: tg.ones(5).exponential_(**g),
    "cauchy_": lambda **g: tg.ones(5).cauchy_(**g),
    "geometric_": lambda **g: tg.ones(20).geometric_(0.1, **g),
    "bernoulli_": lambda **g: tg.ones(40).bernoulli_(**g),
    "random_": lambda **g: tg.ones(5).random_(**g),
    "random_: integers": lambda **g: tg.ones(5, dtype=tg.int64).random_(**g),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_seed_repeats_a_draw_and_a_generator_of_ones_own_serves(draw):
    tg.manual_seed(3)
    first, second = draw().tolist(), draw().tolist()
    tg.manual_seed(3)
    assert draw().tolist() == first != second
    before = tg.get_rng_state()
    assert draw(generator=np.random.default_rng(3)).tolist() == first
    assert tg.get_rng_state() == before


def test_a_generator_of_one_s_own():
    g = tg.Generator().manual_seed(-3)
    assert g.initial_seed() == -3
    state = g.get_state()
    first = tg.randn(3, generator=g).tolist()
    assert tg.randn(3, generator=g).tolist() != first
    assert tg.randn(3, generator=g.set_state(state)).tolist() == first
    assert tg.randn(3, generator=g.manual_seed(-3)).tolist() == first
    seed = g.seed()
    first = tg.rand(3, generator=g).tolist()
    assert tg.rand(3, generator=tg.Generator().manual_seed(seed)).tolist() == first
    assert tg.manual_seed(seed).initial_seed() == tg.initial_seed() == seed
    assert tg.rand(3).tolist() == first
    assert tg.rand(3, generator=tg.Generator()).tolist() == tg.rand(3, generator=tg.Generator()).tolist()


def test_constants():
    assert (tg.inf, tg.pi, tg.e) == (np.inf, np.pi, np.e)
    assert np.isnan(tg.nan)
    assert tg.finfo(tg.float32).max == np.finfo("f4").max
    assert tg.iinfo(tg.uint8).max == 255
    assert isinstance(tg.ones(2, 3).shape, tg.Size)
    assert isinstance(tg.float32, tg.dtype)
    assert (tg.numel(tg.ones(2, 3)), tg.is_floating_point(tg.ones(1)), tg.is_floating_point(tg.arange(1))) == (
        6,
        True,
        False,
    )


def test_seeds():
    tg.manual_seed(-1)  # wraps, as in PyTorch
    assert tg.initial_seed() == -1
    chosen = tg.seed()
    assert tg.initial_seed() == chosen
    first = tg.rand(3).tolist()
    tg.manual_seed(chosen)
    assert tg.rand(3).tolist() == first


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_draws_are_what_they_say(dtype):
    tg.manual_seed(0)
    n = 20000
    u = np.asarray(tg.rand(n, dtype=dtype), np.float64)
    assert 0 <= u.min() < 0.01
    assert 0.99 < u.max() < 1
    z = np.asarray(tg.empty(n, dtype=dtype).normal_(3.0, 2.0), np.float64)
    assert abs(z.mean() - 3) < 0.1
    assert abs(z.std() - 2) < 0.1
    wide = np.asarray(tg.empty(n, dtype=dtype).uniform_(-2, 4), np.float64)
    assert abs(wide.mean() - 1) < 0.1
    assert abs(np.asarray(tg.empty(n, dtype=dtype).exponential_(4.0), np.float64).mean() - 0.25) < 0.02
    assert abs(np.asarray(tg.empty(n, dtype=dtype).geometric_(0.25), np.float64).mean() - 4) < 0.2
    assert abs(np.asarray(tg.bernoulli(tg.full((n,), 0.25, dtype=dtype)), np.float64).mean() - 0.25) < 0.02


def test_multinomial_draws_by_weight_and_never_what_weighs_nothing():
    tg.manual_seed(0)
    weights = tg.tensor([[1.0, 0.0, 3.0], [0.0, 1.0, 0.0]])
    drawn = np.asarray(tg.multinomial(weights, 4000, replacement=True))
    assert abs((drawn[0] == 2).mean() - 0.75) < 0.03
    assert not (drawn[0] == 1).any()
    assert (drawn[1] == 1).all()
    firsts = [tg.multinomial(weights[0], 2).tolist() for _ in range(500)]
    assert all(sorted(pair) == [0, 2] for pair in firsts)
    assert abs(np.mean([pair[0] == 2 for pair in firsts]) - 0.75) < 0.08


# In place.


def test_a_leaf_that_requires_a_gradient_is_drawn_anew_outside_the_graph_only():
    x = tg.ones(3, requires_grad=True)
    with pytest.raises(LeafInPlaceError):
        x.uniform_()
    with tg.no_grad():
        assert x.uniform_(2, 3) is x
    assert x.requires_grad
    assert (np.asarray(x) >= 2).all()


def test_what_was_overwritten_by_a_draw_gets_no_gradient():
    x = tg.ones(3, requires_grad=True)
    y = x * 2
    (y * 1).normal_().sum().backward(retain_graph=True)
    assert x.grad.tolist() == [0, 0, 0]
    y.sum().backward()
    assert x.grad.tolist() == [2, 2, 2]


def test_detach_in_place_leaves_the_graph_and_is_noticed():
    x = tg.ones(3, requires_grad=True)
    y = x * 2
    z = y * y
    assert y.detach_() is y
    assert y.is_leaf
    assert not y.requires_grad
    with pytest.raises(ChangedAfterUseError):
        z.sum().backward()
    (x * y).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]


PRINTED = {
    "tensor([])": lambda T: T.tensor([]),
    "tensor([], size=(0, 3))": lambda T: T.zeros(0, 3),
    "tensor(0.2500)": lambda T: T.tensor(0.25),
    "tensor([-1., 10.])": lambda T: T.tensor([-1.0, 10.0]),
    "tensor([1000.,    1.])": lambda T: T.tensor([1000.0, 1.0]),
    "tensor([1.0005e+03, 5.0000e-01])": lambda T: T.tensor([1000.5, 0.5]),
    "tensor([1.0000e+09])": lambda T: T.tensor([1e9]),
    "tensor([1.0000e-05])": lambda T: T.tensor([1e-5]),
    "tensor([0.0002, 0.0003])": lambda T: T.tensor([2e-4, 3e-4]),
    "tensor([0.5000,    nan,   -inf])": lambda T: T.tensor([0.5, float("nan"), -float("inf")]),
    "tensor([[  1.5000,  -2.0000],\n        [  0.0000, 100.2500]])": lambda T: T.tensor([[1.5, -2.0], [0.0, 100.25]]),
    "tensor([[  1, -20],\n        [  3,   4]])": lambda T: T.tensor([[1, -20], [3, 4]]),
    "tensor([ True, False])": lambda T: T.tensor([True, False]),
    "tensor([1.5000], requires_grad=True)": lambda T: T.tensor([1.5], requires_grad=True),
}


@pytest.mark.parametrize("text", PRINTED)
def test_a_tensor_prints_as_pytorchs_does(text):
    assert repr(PRINTED[text](tg)) == text
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    assert repr(PRINTED[text](torch)) == text


def test_of_a_large_tensor_what_is_shown_decides_how_it_prints():
    x = tg.ones(2000)
    x[1000] = 1e9
    assert repr(x) == "tensor([1., 1., 1., ..., 1., 1., 1.])"
