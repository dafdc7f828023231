"""LBFGS, Newton and Gauss-Newton: optimizers that see all parameters as one vector."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.errors import ChangedAfterUseError, FreedGraphError, NonScalarError, TinygradError
from tinygrad_edu.optim.second_order import conjugate_gradients


def leaf(values):
    return tg.tensor(np.array(values, float), requires_grad=True)


def spread(seed, n, condition):
    """A symmetric positive definite matrix with eigenvalues from 1 to `condition`."""
    q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, n)))
    return q @ np.diag(np.geomspace(1, condition, n)) @ q.T


def rosenbrock(x):
    return ((1 - x[:-1]) ** 2).sum() + 100 * ((x[1:] - x[:-1] ** 2) ** 2).sum()


def closing(optimizer, loss):
    def closure():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    return closure


# LBFGS


def test_lbfgs_finds_the_end_of_rosenbrocks_valley():
    x = leaf([-1.2, 1.0] * 5)
    optimizer = optim.LBFGS([x], max_iter=500, line_search_fn="strong_wolfe", history_size=10)
    first = optimizer.step(closing(optimizer, lambda: rosenbrock(x)))
    assert first.item() > 1000
    assert_allclose(x.detach(), np.ones(10), atol=1e-4)
    evaluations = optimizer.state[x]["func_evals"]
    optimizer.step(closing(optimizer, lambda: rosenbrock(x)))
    assert optimizer.state[x]["func_evals"] <= evaluations + 20, "it is there already"
    bottom = leaf([1.0, 1.0])
    optimizer = optim.LBFGS([bottom])
    assert optimizer.step(closing(optimizer, lambda: rosenbrock(bottom))).item() == 0


def test_lbfgs_keeps_within_its_bounds():
    x = leaf([-1.2, 1.0])
    calls = []
    optimizer = optim.LBFGS([x], max_iter=4, max_eval=7, history_size=2, line_search_fn="strong_wolfe")

    def loss():
        calls.append(1)
        return rosenbrock(x)

    for _ in range(3):
        calls.clear()
        optimizer.step(closing(optimizer, loss))
        assert len(calls) <= 8, "the last line search may end one beyond"
    assert len(optimizer.state[x]["old_dirs"]) == len(optimizer.state[x]["ro"]) == 2
    assert optimizer.state[x]["n_iter"] <= 12


LOSSES = {
    "quartic": lambda x: (x**4).sum(),
    "waves": lambda x: ((3 * x).sin() + 0.1 * x * x).sum(),
    "rough": lambda x: (x * x + 0.5 * (20 * x).cos()).sum(),
    "kink": lambda x: x.abs().sum() + 0.01 * (x[0] - 2) ** 2,
    "valley": rosenbrock,
}


@pytest.mark.parametrize("options", [{}, {"max_eval": 4}, {"tolerance_change": 0.05}], ids=str)
@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_line_searches_end_where_pytorchs_do(loss, options):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    for lr in (0.001, 0.1, 1.0, 30.0):  # steps that are lengthened, taken at once, and shortened
        ways = []
        for library in (tg, torch):
            x = library.tensor(np.array([1.3, -0.7]), requires_grad=True)
            optimizer, way = library.optim.LBFGS([x], lr=lr, line_search_fn="strong_wolfe", **options), []
            for _ in range(3):
                first = optimizer.step(closing(optimizer, lambda x=x: loss(x)))
                way.append([first.item(), *x.tolist(), optimizer.state[x]["func_evals"], optimizer.state[x]["n_iter"]])
            ways.append(way)
        assert_allclose(*ways, rtol=1e-6, atol=1e-6, err_msg=f"lr={lr}")


def test_lbfgs_with_a_closure_that_fails_stays_where_it_was():
    x = leaf([-1.2, 1.0])
    optimizer = optim.LBFGS([x], line_search_fn="strong_wolfe")
    calls = []

    def loss():
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return rosenbrock(x)

    with pytest.raises(KeyboardInterrupt):
        optimizer.step(closing(optimizer, loss))
    assert x.tolist() == [-1.2, 1.0]


def test_lbfgs_takes_a_missing_gradient_for_zero_and_gives_the_step_to_all():
    x, unused = leaf([3.0]), leaf([[1.0, 2.0]])
    optimizer = optim.LBFGS([unused, x], lr=0.5)
    optimizer.step(closing(optimizer, lambda: (x * x).sum()))
    assert unused.tolist() == [[1, 2]]
    assert_allclose(x.detach(), [0], atol=1e-4)


@pytest.mark.parametrize("name", ["LBFGS", "Newton", "GaussNewton"])
def test_one_group_and_a_closure(name):
    x = leaf([1.0])
    optimizer = getattr(optim, name)([x])
    with pytest.raises(TinygradError, match="needs a closure"):
        optimizer.step()
    with pytest.raises(TinygradError, match="a second group"):
        optimizer.add_param_group({"params": leaf([1.0])})
    with pytest.raises(TinygradError, match="a second group"):
        getattr(optim, name)([{"params": leaf([1.0])}, {"params": leaf([1.0])}])


@pytest.mark.parametrize("name", ["LBFGS", "Newton"])
def test_a_step_between_forward_and_backward_is_noticed(name):
    x = leaf([1.0])
    optimizer = getattr(optim, name)([x])
    other = (x * x).sum()
    optimizer.step(closing(optimizer, lambda: x.exp().sum()) if name == "LBFGS" else lambda: x.exp().sum())
    with pytest.raises(ChangedAfterUseError):
        other.backward()


# Newton and Gauss-Newton


@given(st.integers(0, 10_000), st.integers(1, 6), st.floats(1, 1e3))
def test_newton_arrives_at_the_bottom_of_a_quadratic_in_one_step(seed, n, condition):
    rng = np.random.default_rng(seed)
    a, b = spread(seed, n, condition), rng.normal(size=n)
    x = leaf(rng.normal(size=n))
    start = (x.detach().numpy() @ a @ x.detach().numpy()) / 2 - b @ x.detach().numpy()
    loss = optim.Newton([x]).step(lambda: x @ (tg.tensor(a) @ x) / 2 - (tg.tensor(b) * x).sum())
    assert_allclose(loss.item(), start)
    assert_allclose(x.detach(), np.linalg.solve(a, b), rtol=1e-6, atol=1e-6)


@given(st.integers(0, 10_000), st.floats(0, 10), st.floats(0.1, 1))
def test_newtons_step_is_that_of_the_whole_hessian(seed, damping, lr):
    x = leaf(np.random.default_rng(seed).normal(size=(2, 2)))

    def loss(x):
        return (x.exp() + x**4).sum() + x[0, 0] * x[1, 1] * 0.1

    start = np.array(x.detach())
    g = tg.func.grad(loss)(x.detach()).numpy().ravel()
    hessian = tg.func.hessian(loss)(x.detach()).numpy().reshape(4, 4)
    optim.Newton([x], lr=lr, damping=damping).step(lambda: loss(x))
    expected = start.ravel() - lr * np.linalg.solve(hessian + damping * np.eye(4), g)
    assert_allclose(x.detach().numpy().ravel(), expected, rtol=1e-7, atol=1e-9)


def test_newton_doubles_the_digits():
    x = leaf([0.9, 1.2])
    optimizer, distances = optim.Newton([x]), []
    for _ in range(6):
        optimizer.step(lambda: (x.exp() - x).sum() + (x[0] * x[1]) ** 2)
        distances.append(float(np.abs(x.detach().numpy()).max()))
    assert distances[-1] < 1e-9
    assert distances[-1] < distances[-2] ** 1.5


def test_newton_goes_down_where_the_curvature_is_negative():
    x = leaf([0.5, 0.5])
    before = optim.Newton([x], lr=0.1).step(lambda: x[0].cos() - x[1] ** 2).item()
    assert (x.detach()[0].cos() - x.detach()[1] ** 2).item() < before


def test_newton_leaves_alone_what_requires_no_gradient_or_is_not_used():
    x, frozen, unused = leaf([3.0]), tg.ones(2), leaf([7.0])
    optim.Newton([x, frozen, unused]).step(lambda: (x * x).sum() * frozen.sum())
    assert (frozen.tolist(), unused.tolist()) == ([1, 1], [7])
    assert_allclose(x.detach(), [0], atol=1e-12)


def test_newton_on_a_line_goes_down_it():
    x = leaf([1.0])
    optim.Newton([x], damping=2.0).step(lambda: (3 * x).sum())  # no curvature but the damping
    assert_allclose(x.detach(), [-0.5])


def test_newton_trains_a_small_network():
    rng = np.random.default_rng(0)
    x = tg.tensor(rng.normal(size=(20, 2)))
    y = tg.tensor((rng.normal(size=(20, 1)) + x.numpy()[:, :1] > 0).astype(float))
    tg.manual_seed(0)
    model = nn.Linear(2, 1).double()
    optimizer = optim.Newton(model.parameters())
    for _ in range(10):
        optimizer.step(lambda: nn.functional.binary_cross_entropy_with_logits(model(x), y))
    loss = nn.functional.binary_cross_entropy_with_logits(model(x), y)
    loss.backward()
    assert max(float(np.abs(p.grad.numpy()).max()) for p in model.parameters()) < 1e-10


def test_what_a_newton_closure_must_not_do():
    x = leaf([1.0, 2.0])
    with pytest.raises(NonScalarError, match="GaussNewton"):
        optim.Newton([x]).step(lambda: x * x)
    with pytest.raises(NonScalarError, match="float"):
        optim.Newton([x]).step(lambda: 1.0)
    with pytest.raises(NonScalarError, match="residuals"):
        optim.GaussNewton([x]).step(lambda: 1.0)
    optimizer = optim.Newton([x])
    with pytest.raises(FreedGraphError):
        optimizer.step(closing(optimizer, lambda: (x * x).sum()))
    assert x.tolist() == [1, 2]


@given(st.integers(0, 10_000), st.integers(1, 4), st.floats(0, 3))
def test_gauss_newton_solves_linear_least_squares_in_one_step(seed, n, damping):
    rng = np.random.default_rng(seed)
    a, y, start = rng.normal(size=(n + 6, n)), rng.normal(size=n + 6), rng.normal(size=n)
    x = leaf(start)
    optim.GaussNewton([x], damping=damping).step(lambda: tg.tensor(a) @ x - tg.tensor(y))
    expected = start - np.linalg.solve(a.T @ a + damping * np.eye(n), a.T @ (a @ start - y))
    assert_allclose(x.detach(), expected, rtol=1e-6, atol=1e-6)


def test_gauss_newton_fits_a_curve():
    t = tg.tensor(np.linspace(0, 2, 30))
    rate, height = leaf([0.7]), leaf([1.5])
    optimizer = optim.GaussNewton([rate, height])
    first = optimizer.step(lambda: height * (-rate * t).exp() - 2 * (-1.3 * t).exp()).item()
    for _ in range(8):
        last = optimizer.step(lambda: height * (-rate * t).exp() - 2 * (-1.3 * t).exp()).item()
    assert last < 1e-20 < first
    assert_allclose([rate.item(), height.item()], [1.3, 2])


def test_parameters_keep_their_dtype_and_shape():
    w, b = tg.ones(2, 2, requires_grad=True), tg.tensor(1.0, dtype=tg.float64, requires_grad=True)
    optim.Newton([w, b]).step(lambda: ((w - 3) ** 2).sum() + (b - 2) ** 2)
    assert (w.dtype, w.shape, b.dtype, b.shape) == (tg.float32, (2, 2), tg.float64, ())
    assert_allclose(w.detach(), np.full((2, 2), 3), rtol=1e-6)


@given(st.integers(0, 10_000), st.integers(1, 8))
def test_conjugate_gradients_solve_in_as_many_steps_as_there_are_axes(seed, n):
    a, b = spread(seed, n, 100), np.random.default_rng(seed).normal(size=n)
    assert_allclose(conjugate_gradients(lambda v: a @ v, b, n, 0), np.linalg.solve(a, b), rtol=1e-6, atol=1e-6)
