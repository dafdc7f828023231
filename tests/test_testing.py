"""The proof kit itself: it accepts what is right, catches what is wrong, and says why."""

import subprocess
import sys

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import tinygrad_edu as tg
from tinygrad_edu.errors import DtypeError, MissingExtraError, NoGradientError, OptionError, TinygradError
from tinygrad_edu.record import GATES, gate
from tinygrad_edu.testing import (
    CHECKS,
    GradcheckError,
    KinkWarning,
    apart,
    away_from,
    between,
    broadcastable_tensors,
    case,
    check_case,
    check_gradients,
    gradcheck,
    gradgradcheck,
    integers,
    matmul_pairs,
    nonzero,
    positive,
    real,
    tensors,
    unit,
)


@pytest.fixture
def new_gate():
    """A function like `gate`, whose gates are gone after the test."""
    made = []

    def make(*args, **keywords):
        made.append(args[0])
        return gate(*args, **keywords)

    yield make
    for name in made:
        del GATES[name]


def leaf(*values):
    return tg.tensor(np.array(values, float), requires_grad=True)


# gradcheck


def test_what_is_right_passes_in_every_mode():
    x, y = leaf(0.5, 2.0), leaf(1.5)

    def f(x, y):
        return tg.log(x) / y, (x * y).sum()

    for fast_mode in (False, True):
        for complex_step in (None, False, True):
            assert gradcheck(f, (x, y), order=2, fast_mode=fast_mode, complex_step=complex_step) is True
    assert gradgradcheck(f, (x, y), fast_mode=True)
    assert gradgradcheck(f, (x, y), complex_step=True)
    assert gradgradcheck(f, (x, y), grad_outputs=[leaf(1.0, -2.0), tg.tensor(3.0, dtype=tg.float64)])
    assert gradcheck(lambda x: x * x * x, x, order=3)


def test_empty_and_inputs_without_a_gradient_pass():
    empty = tg.zeros(0, 3, dtype=tg.float64, requires_grad=True)
    assert gradcheck(lambda x, n, k: (x * n).sum() * k, (empty, tg.tensor(3), 2))
    assert gradcheck(tg.exp, tg.tensor(np.ones((2, 3)).T, requires_grad=True))


def test_a_function_of_parameters_that_it_closes_over():
    w = leaf(1.0, 2.0)
    assert gradcheck(lambda *_: (w * w).sum(), (w,))
    assert w.tolist() == [1.0, 2.0]


def test_the_report_names_the_worst_element_and_shows_the_error_as_the_step_shrinks(new_gate):
    wrong = new_gate("wrong", np.exp, lambda g, z, x: g * z * (1 + (x > 1)), kind="slope")
    x = tg.tensor([[0.0, 0.5], [2.0, 1.5]], dtype=tg.float64, requires_grad=True)
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda x: wrong(x), x)
    text = str(caught.value)
    assert "at 2 of 16 elements, most in d <lambda>[1, 0] / d x[1, 0], at x[1, 0] = 2." in text
    assert "analytic 14.7781122: 2 times the numeric one" in text
    assert "numeric 7.3890560" in text
    assert "by the complex step" in text
    assert "1e-01" in text
    assert "1e-09" in text
    assert "a rule is wrong" in text
    assert not caught.value.kink
    assert caught.value.worst.element == 2
    assert gradcheck(wrong, x, raise_exception=False) is False
    with pytest.raises(GradcheckError, match="most in d wrong"):
        gradcheck(wrong, x, fast_mode=True)


def test_it_says_when_the_sign_is_turned_and_when_nothing_arrives(new_gate):
    turned = new_gate("turned", np.exp, lambda g, z, x: -g * z, kind="slope")
    with pytest.raises(GradcheckError, match="the sign is turned"):
        gradcheck(turned, leaf(1.0))
    with pytest.raises(GradcheckError, match="the graph was left on the way"):
        gradcheck(lambda x: x.detach() * 2, leaf(1.0))


def test_it_names_the_output_of_several():
    with pytest.raises(GradcheckError, match=r"most in d split, output 1\[1\] / d x\[1\]"):
        gradcheck(split, leaf(1.0, 2.0))


def split(x):
    return x * 2, tg.stack([x[0], x[1].detach() * 3 + x[0]])


def test_functions_of_any_kind_are_taken():
    assert gradcheck(np.exp, leaf(1.0))
    assert gradcheck(max, leaf(1.0, 2.0))  # has no signature
    assert gradcheck(lambda *args: args[0] * args[1], (leaf(1.0), leaf(2.0)))
    assert gradcheck(lambda x: (x > 0) * 2.0, leaf(1.0), order=2)


def test_many_small_errors_show_along_a_direction(new_gate):
    off = new_gate("off", np.exp, lambda g, z, x: g * z * (1 + 9e-4 * np.sign(np.sin(9 * x))), kind="slope")
    x = leaf(*np.linspace(-0.1, 0.1, 40))
    assert gradcheck(off, x)
    with pytest.raises(GradcheckError, match="along a random direction, though not in any one element"):
        gradcheck(off, x, fast_mode=True, rtol=1e-3, atol=0)


@pytest.mark.parametrize("complex_step", [True, False])
def test_a_rule_that_is_not_linear_in_the_upstream_is_caught(new_gate, complex_step):
    """The Jacobian's upstreams are 0 and 1, which a square or an absolute value leaves as they are."""
    x = leaf(0.5, -1.0)
    for i, rule in enumerate((lambda g, z, x: g * g * z, lambda g, z, x: np.abs(g) * z)):
        wrong = new_gate(f"wrong {i}", np.exp, rule, kind="slope")
        with pytest.raises(GradcheckError, match=r"upstreams of 0 and 1(.|\n)*at x\[.\]: linear in the upstream"):
            gradcheck(lambda x, wrong=wrong: wrong(x), x, complex_step=complex_step)


def test_a_functions_apply_is_called_by_its_class():
    class Wrong(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, upstream):
            return upstream

    with pytest.raises(GradcheckError, match=r"the gradient of Wrong\.apply disagrees"):
        gradcheck(Wrong.apply, leaf(1.0))


def test_a_second_order_that_drops_the_graph_is_named(new_gate):
    dropped = new_gate("dropped", np.exp, lambda g, z, x: g * np.asarray(z), kind="slope")
    assert gradcheck(dropped, leaf(1.0))
    with pytest.raises(GradcheckError, match=r"the second-order gradient of <lambda> .* \(the gradient in x\)"):
        gradcheck(lambda x: dropped(x), leaf(1.0), order=2)
    assert gradgradcheck(dropped, leaf(1.0), raise_exception=False) is False


@pytest.mark.parametrize(("at", "where"), [(0.0, "exactly here"), (-3e-7, "between 1e-07 and 1e-06 away")])
def test_a_kink_is_told_from_a_wrong_rule(at, where):
    with pytest.raises(GradcheckError, match=where) as caught:
        gradcheck(lambda x: tg.relu(x), leaf(1.0, at), complex_step=False)
    assert caught.value.kink


def test_a_jump_is_told_from_a_wrong_rule():
    with pytest.raises(GradcheckError, match="a kink or a jump is exactly here") as caught:
        gradcheck(lambda x: tg.floor(x) + x, leaf(2.0))
    assert caught.value.kink


def test_a_kink_where_the_gradient_agrees_is_warned_of():
    with pytest.warns(KinkWarning, match=r"kink near x\[0\] = 0"):
        assert gradcheck(lambda x: tg.maximum(x, -x), leaf(0.0))


def test_rounding_is_told_from_a_wrong_rule():
    with pytest.raises(GradcheckError, match="not a wrong rule, but rounding"):
        gradcheck(lambda x: tg.exp(x) + 1e9, leaf(1.0), eps=1e-9, complex_step=False)
    assert gradcheck(lambda x: tg.exp(x) + 1e9, leaf(1.0), eps=1e-9)  # the complex step decides


def test_outside_its_domain_it_says_so():
    with pytest.raises(GradcheckError, match="inside its domain"):
        gradcheck(tg.log, leaf(-1.0))


def test_what_cannot_be_checked_is_said():
    with pytest.raises(DtypeError, match=r"float32 cannot resolve \(input 0\)"):
        gradcheck(tg.exp, tg.tensor(1.0, requires_grad=True))
    with pytest.raises(NoGradientError, match="needs an input that requires a gradient"):
        gradcheck(tg.exp, tg.tensor(1.0))
    with pytest.raises(NoGradientError, match="nothing to differentiate"):
        gradcheck(lambda x: x > 0, leaf(1.0))
    rng = np.random.default_rng(0)
    with pytest.raises(GradcheckError, match="not the same at every call"):
        gradcheck(lambda x: x * rng.normal(), leaf(1.0))


def test_the_complex_step_refuses_what_is_not_analytic(new_gate):
    with pytest.raises(TinygradError, match="abs makes real numbers of complex ones"):
        gradcheck(tg.abs, leaf(1.0), complex_step=True)
    squared = new_gate("squared", lambda x: np.real(x * np.conj(x)) + 0 * x, lambda g, z, x: 2 * g * x, kind="slope")
    with pytest.raises(TinygradError, match="not analytic, or has a kink"):
        gradcheck(squared, leaf(1.0), complex_step=True)
    real_only = new_gate("real only", np.cbrt, lambda g, z, x: g / (3 * z * z), kind="slope")
    with pytest.raises(TinygradError, match="does not compute on complex numbers"):
        gradcheck(real_only, leaf(1.0), complex_step=True)
    assert gradcheck(real_only, leaf(1.0))


def test_the_complex_step_sees_an_error_that_differences_cannot(new_gate):
    nearly = new_gate("nearly", np.exp, lambda g, z, x: g * z * (1 + 1e-9), kind="slope")
    assert gradcheck(nearly, leaf(1.0))
    with pytest.raises(GradcheckError):
        gradcheck(nearly, leaf(1.0), complex_step=True)


# Wrong rules: each must be caught by the check that is there for it.

WRONG = {
    "wrong sign": ("gradient", {"rules": [lambda g, z, x: -g * z]}),
    "missing factor": ("gradient", {"rules": [lambda g, z, x: g * z * 1.001]}),
    "wrong in one element": ("gradient", {"rules": [lambda g, z, x: g * np.where(x == np.max(x), 0, z)]}),
    "no gradient": ("gradient", {"rules": [lambda g, z, x: np.zeros_like(x)]}),
    "first order by its values only": ("second order", {"rules": [lambda g, z, x: g * np.asarray(z)]}),
    "second order in the upstream only": (
        "second order",
        {"rules": [lambda g, z, x: np.asarray(g) * z if isinstance(g, tg.Tensor) else g * z]},
    ),
    "another gradient with create_graph": (
        "second order",
        {"rules": [lambda g, z, x: -g * z if isinstance(g, tg.Tensor) else g * z]},
    ),
    "promotes": ("rules", {"rules": [lambda g, z, x: g * z.astype(np.float64)]}),
    "a shape that is not the input's": ("rules", {"rules": [lambda g, z, x: np.sum(g * z, axis=0)]}),
    "writes the upstream": ("memory", {"rules": [lambda g, z, x: np.multiply(g, z, out=g)]}),
    "writes its input": ("memory", {"forward": lambda x: np.exp(x, out=x)}),
    "returns its output": ("memory", {"rules": [lambda g, z, x: z]}),
    "a view not declared": ("memory", {"forward": lambda x: x[:], "rules": [lambda g, z, x: g]}),
    "not blind": ("blindness", {"rules": [lambda g, z, x: g * z], "blind": True}),
}
WRONG_OF_TWO = {
    "wrong at broadcasting": (
        "gradient",
        {"rules": [lambda g, z, x, y: g * y, lambda g, z, x, y: g * x * (1 + (x.shape != y.shape))]},
    ),
    "inputs exchanged": ("gradient", {"rules": [lambda g, z, x, y: g * x, lambda g, z, x, y: g * y]}),
    "gradients shared": ("sharing", {"jointly": lambda g, z, x, y, needs: (np.multiply(g, 1),) * 2}),
    "a mask that is looked at": ("blindness", {"rules": [lambda g, z, x, y: g * (y > 0), None], "blind": True}),
}


def made_wrong(new_gate, forward, wrong):
    wrong = {"forward": forward, "rules": [], **wrong}
    return new_gate("wrong", wrong.pop("forward"), *wrong.pop("rules"), kind="slope", **wrong)


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.filterwarnings("ignore::tinygrad_edu.testing.KinkWarning")
def test_a_wrong_rule_is_caught(name, new_gate):
    check, wrong = WRONG[name]
    function = made_wrong(new_gate, np.exp, wrong)
    row = case("wrong", lambda T, x: function(x), real(3, 4))
    with pytest.raises((AssertionError, TinygradError, ValueError)):
        CHECKS[check](row)


@pytest.mark.parametrize("name", WRONG_OF_TWO)
def test_a_wrong_rule_of_two_inputs_is_caught(name, new_gate):
    check, wrong = WRONG_OF_TWO[name]
    function = made_wrong(new_gate, np.multiply, wrong)
    shape = (4,) if name == "wrong at broadcasting" else (3, 4)
    row = case("wrong", lambda T, x, y: function(x, y), real(3, 4), real(*shape))
    with pytest.raises(AssertionError):
        CHECKS[check](row)


def test_the_right_rules_of_the_same_gates_pass(new_gate):
    right = new_gate("right", np.exp, lambda g, z, x: g * z, kind="slope")
    check_case(case("right", lambda T, x: right(x), real(3, 4)))
    times = new_gate("times", np.multiply, lambda g, z, x, y: g * y, lambda g, z, x, y: g * x, kind="switch")
    check_case(case("times", lambda T, x, y: times(x, y), real(3, 4), real(4)))


def test_a_function_without_a_gradient_says_order_0():
    with pytest.raises(AssertionError, match="does not say order=0"):
        check_case(case("steps", lambda T, x: x > 0, real(3)))
    check_case(case("steps", lambda T, x: x > 0, real(3), order=0))


# Domains and strategies.


@pytest.mark.parametrize("domain", [real, positive, nonzero, unit, apart, between(1, 2), away_from([0, 1], 0.2)])
@given(data=st.data())
def test_a_domain_keeps_its_word_drawn_either_way(domain, data):
    drawn = np.asarray(data.draw(tensors(shape=(2, 3), dtype=tg.float64, elements=domain)))
    for array in (drawn, domain.draw(np.random.default_rng(0), (50,))):
        assert all(np.abs(array - point).min() >= domain.margin - 1e-12 for point in domain.points)
        if domain.gap:
            assert np.diff(np.sort(array, axis=None)).min() >= domain.gap
        elif domain is not real:
            assert array.min() >= domain.low
            assert array.max() <= domain.high


@given(
    tensors(),
    tensors(shape=3, dtype="int32"),
    tensors(dtype="uint8"),
    tensors(dtype=bool),
    tensors(shape=(), elements=integers(2, 5), dtype=int),
)
def test_tensors(anything, small, unsigned, truths, whole):
    assert anything.dtype in (tg.float32, tg.float64)
    assert anything.ndim <= 3
    assert not anything.requires_grad
    assert (small.shape, small.dtype) == ((3,), tg.int32)
    assert unsigned.dtype == tg.uint8
    assert (unsigned < 10).all()
    assert truths.dtype == tg.bool
    assert 2 <= whole.item() < 5


@given(tensors(requires_grad=True, elements=st.floats(1, 2)), tensors(dtype="int64", requires_grad=True))
def test_only_floats_are_asked_for_gradients(x, n):
    assert x.requires_grad
    assert not n.requires_grad
    assert ((x >= 1) & (x <= 2)).all()


@given(broadcastable_tensors(3, dtype=tg.float64, elements=[real, positive, nonzero]))
def test_broadcastable_tensors(found):
    x, y, z = found
    np.broadcast_shapes(x.shape, y.shape, z.shape)
    assert (np.asarray(y) > 0).all()
    assert (np.asarray(z) != 0).all()


@given(matmul_pairs(dtype=tg.float64, requires_grad=True))
def test_matmul_pairs(pair):
    x, y = pair
    assert (x @ y).requires_grad
    assert gradcheck(lambda x, y: x @ y, (x, y), fast_mode=True)


def test_a_float_domain_for_integers_is_refused():
    @given(tensors(shape=2, dtype="int64", elements=positive))
    def never(x): ...

    with pytest.raises(DtypeError, match="holds floats"):
        never()


@given(st.from_type(tg.Tensor))
def test_hypothesis_knows_tensors_by_their_type(x):
    assert isinstance(x, tg.Tensor)


def test_hypothesis_is_an_extra(monkeypatch):
    code = "import sys, tinygrad_edu.testing; assert not any(m.startswith('hypothesis') for m in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    for module in ("hypothesis", "hypothesis.strategies"):
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "tinygrad_edu.testing.strategies")
    monkeypatch.delattr("tinygrad_edu.testing.strategies")
    with pytest.raises(MissingExtraError, match=r'pip install "tinygrad_edu\[testing\]"'):
        tg.testing.tensors  # noqa: B018


# check_gradients


@check_gradients(x=positive, y=nonzero, order=2)
def test_a_decorated_function_is_a_test(x, y):
    return tg.log(x) / y


@check_gradients(shapes={"x": (2, 3), "w": (3,)}, max_examples=3)
def test_shapes_by_name(x, w):
    assert (x.shape, w.shape) == ((2, 3), (3,))
    return x @ w


@check_gradients
def test_bare(x):
    return x * x


def test_a_failure_shows_the_smallest_example_and_the_report(new_gate):
    wrong = new_gate("wrong", np.exp, lambda g, z, x: g * z * (1 + (x > 1)), kind="slope")

    @check_gradients(x=between(0, 3), shapes=(2,))
    def doubled(x):
        return wrong(x)

    with pytest.raises(GradcheckError) as caught:
        doubled()
    assert "times the numeric one" in str(caught.value)
    assert "tensor([0" in "".join(caught.value.__notes__)
    assert doubled.function(leaf(0.0)).item() == 1


def test_a_domain_of_no_parameter_is_refused():
    with pytest.raises(TypeError, match=r"no parameter \['z'\]"):
        check_gradients(lambda x: x, z=positive)
    with pytest.raises(TypeError, match="no parameters"):
        check_gradients(lambda: None)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        tg.testing.nothing  # noqa: B018


def test_what_cannot_be_drawn_is_said_at_once():
    with pytest.raises(TypeError, match=r"takes .'y'. by name only"):
        check_gradients(lambda x, *, y: x * y)
    with pytest.raises(TypeError, match=r"a shape for each of .'x', 'w'.; got shapes for .'x'."):
        check_gradients(lambda x, w: x @ w, shapes={"x": (2, 3)})


def test_no_order_is_no_check():
    with pytest.raises(OptionError, match="an order of 1 or more"):
        gradcheck(tg.exp, leaf(1.0), order=0)


def test_gradcheck_records_within_no_grad_too():
    x = tg.tensor([0.5, 2.0], dtype=tg.float64, requires_grad=True)
    with tg.no_grad():
        assert gradcheck(tg.exp, x, order=2)


@pytest.mark.parametrize("apart", [1.2e-6, 1.5e-6, 2e-6])
def test_a_kink_that_only_several_inputs_together_cross_is_no_wrong_gradient(apart):
    x = tg.ones(8, dtype=tg.float64, requires_grad=True)
    y = tg.full((8,), 1 + apart, dtype=tg.float64, requires_grad=True)
    assert gradcheck(tg.maximum, (x, y), fast_mode=True)
    assert gradcheck(tg.maximum, (x, y))


@pytest.mark.parametrize("aside", [5e-8, 7.2e-8, 8.5e-8, 9.5e-8, 9.9e-8, 1.5e-7, 5e-7, 8.5e-7])
def test_a_kink_within_the_step_is_seen_wherever_it_lies(aside):
    x, y = leaf(2.4), tg.tensor([2.4 + aside], dtype=tg.float64)
    with pytest.raises(GradcheckError, match="a kink or a jump is") as caught:
        gradcheck(tg.maximum, (x, y), atol=1e-6, rtol=1e-5, complex_step=False)
    assert caught.value.kink
    with pytest.warns(KinkWarning):
        assert gradcheck(tg.maximum, (x, y), atol=1)
    steep = leaf(2.4) * 1
    assert gradcheck(lambda x: tg.sin(x * 300), steep, atol=1e-1)  # no kink, and no warning
