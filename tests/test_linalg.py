"""Linear algebra beyond the table of cases: errors that teach, third derivatives, large matrices, equal eigenvalues."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import errors, func
from tinygrad_edu.autograd import grad


def batch_with_a_bad_one(bad):
    return tg.tensor(np.stack([np.eye(2) * 2, np.array(bad)]))


@pytest.mark.parametrize(
    "call",
    [
        tg.inverse,
        lambda A: tg.linalg.solve(A, tg.ones(2, 1)),
        lambda A: tg.linalg.solve_triangular(A, tg.ones(2, 1), upper=True),
    ],
    ids=["inverse", "solve", "solve_triangular"],
)
def test_a_singular_matrix_is_named_with_its_place_and_rank(call):
    A = batch_with_a_bad_one([[1.0, 1.0], [0.0, 0.0]])
    with pytest.raises(errors.SingularMatrixError) as caught:
        call(A)
    text = str(caught.value)
    assert "singular" in text
    assert "rank 1 at batch index (1,)" in text
    assert "test_linalg.py" in text
    assert "linalg.lstsq" in text
    for kind in (RuntimeError, np.linalg.LinAlgError, tg.linalg.LinAlgError):
        assert isinstance(caught.value, kind)


def test_what_is_not_positive_definite_is_named_with_its_smallest_eigenvalue():
    A = batch_with_a_bad_one([[1.0, 2.0], [2.0, 1.0]])
    with pytest.raises(errors.NotPositiveDefiniteError, match=r"smallest eigenvalue -1 at batch index \(1,\)"):
        tg.linalg.cholesky(A)


def test_a_factorization_of_nan_says_so():
    with pytest.raises(errors.LinAlgError, match="nan or inf"):
        tg.linalg.svd(tg.full((2, 2), float("nan")))


@pytest.mark.parametrize("function", [tg.inverse, tg.det, tg.linalg.cholesky, tg.linalg.eigh, tg.matrix_exp])
def test_integers_and_wrong_shapes_are_refused(function):
    with pytest.raises(errors.DtypeError, match="float32 or float64"):
        function(tg.eye(2, dtype=tg.int64))
    with pytest.raises(errors.ShapeError, match="square"):
        function(tg.ones(2, 3))
    with pytest.raises(errors.ShapeError, match=r"\(3,\)"):
        function(tg.ones(3))


def test_a_right_side_that_does_not_fit_is_refused():
    with pytest.raises(errors.ShapeError, match="as many rows"):
        tg.linalg.solve(tg.eye(3), tg.ones(2, 1))
    with pytest.raises(errors.ShapeError, match="as many rows"):
        tg.linalg.solve_triangular(tg.eye(3), tg.ones(2, 1), upper=True)
    with pytest.raises(errors.ShapeError, match="rows"):
        tg.linalg.lstsq(tg.ones(3, 2), tg.ones(2, 1))


def test_what_has_no_gradient_raises_on_the_way_back():
    x = tg.tensor(np.ones((3, 2)) + np.eye(3, 2), requires_grad=True)
    with pytest.raises(errors.NoGradientError, match="reduced"):
        tg.linalg.qr(x, mode="complete")[1].sum().backward()
    x = tg.tensor([[1.0, 2.0], [2.0, 4.0]], requires_grad=True)
    with pytest.raises(errors.SingularMatrixError):
        tg.slogdet(x).logabsdet.backward()


def test_factors_that_cannot_solve_are_refused():
    with pytest.raises(errors.SingularMatrixError):
        tg.linalg.lu_factor(batch_with_a_bad_one([[1.0, 1.0], [0.0, 0.0]]))


@pytest.mark.parametrize("check_errors", [False, True])
def test_the_ex_functions_report_where_others_raise(check_errors):
    for function, bad in (
        (tg.linalg.inv_ex, [[1.0, 2.0], [2.0, 4.0]]),
        (tg.linalg.cholesky_ex, [[1.0, 2.0], [2.0, 1.0]]),
    ):
        A = batch_with_a_bad_one(bad).requires_grad_()
        if check_errors:
            with pytest.raises(errors.LinAlgError):
                function(A, check_errors=True)
            continue
        result, info = function(A)
        assert info.tolist() == [0, 2]
        assert np.isnan(np.asarray(result)[1]).all()
        result[0].sum().backward()
        assert np.isfinite(np.asarray(A.grad)).all()


def test_a_solution_with_a_singular_matrix_in_the_batch_is_nan_there():
    A = batch_with_a_bad_one([[1.0, 2.0], [2.0, 4.0]])
    for B in (tg.ones(2, 2, dtype=tg.float64), tg.ones(2, 2, 1, dtype=tg.float64)):
        result, info = tg.linalg.solve_ex(A, B)
        assert info.tolist() == [0, 2]
        np.testing.assert_array_equal(np.isnan(np.asarray(result)), [np.zeros(B.shape[1:]), np.ones(B.shape[1:])])


@pytest.mark.parametrize(
    "function",
    [
        lambda A: tg.inverse(A).sum(),
        lambda A: tg.det(A),
        lambda A: tg.slogdet(A)[1],
        lambda A: tg.matrix_exp(A).sum(),
        lambda A: (tg.linalg.eigh(A + A.transpose(0, 1))[1] ** 4).sum(),
        lambda A: tg.linalg.svdvals(A)[0],
        lambda A: tg.linalg.qr(A)[1].sum(),
        lambda A: tg.linalg.lu(A)[2].sum(),
        lambda A: tg.linalg.cholesky(A @ A.transpose(0, 1)).sum(),
        lambda A: tg.linalg.pinv(A).sum(),
    ],
    ids=["inverse", "det", "slogdet", "matrix_exp", "eigh", "svdvals", "qr", "lu", "cholesky", "pinv"],
)
def test_third_derivatives(function):
    """Along a line, by central differences of the second."""
    rng = np.random.default_rng(3)
    start, step = rng.normal(size=(3, 3)) + 2 * np.eye(3), rng.normal(size=(3, 3))

    def derivatives(at, n):
        t = tg.tensor(np.array(at), requires_grad=True)
        z = function(tg.tensor(start) + t * tg.tensor(step))
        for _ in range(n):
            (z,) = grad(z, t, create_graph=True)
        return z.item()

    expected = (derivatives(1e-5, 2) - derivatives(-1e-5, 2)) / 2e-5
    np.testing.assert_allclose(derivatives(0.0, 3), expected, rtol=1e-5, atol=1e-6)


def test_the_hessian_of_logdet_is_that_of_the_book():
    """-A⁻¹ ⊗ A⁻¹, with its indices in the order of the second derivative (S. Boyd, L. Vandenberghe, A.4.1)."""
    A = np.array([[2.0, 0.5], [0.5, 1.0]])
    inverse = np.linalg.inv(A)
    expected = -np.einsum("li,jk->ijkl", inverse, inverse)
    np.testing.assert_allclose(np.asarray(func.hessian(tg.logdet)(tg.tensor(A))), expected, rtol=1e-10)


def test_equal_eigenvalues_give_nan_rather_than_a_wrong_gradient():
    x = tg.eye(2, dtype=tg.float64).requires_grad_()
    w, v = tg.linalg.eigh(x)
    (v * w).sum().backward()
    assert np.isnan(np.asarray(x.grad)).any()


@pytest.mark.parametrize("n", [1, 31, 33, 100])
@pytest.mark.parametrize("upper", [False, True])
def test_substitution_in_halves_solves(n, upper):
    rng = np.random.default_rng(n)
    a, b = rng.normal(size=(2, n, n)) / n + 2 * np.eye(n), rng.normal(size=(n, 3))
    x = np.asarray(tg.linalg.solve_triangular(tg.tensor(a), tg.tensor(b), upper=upper))
    np.testing.assert_allclose((np.triu(a) if upper else np.tril(a)) @ x, np.broadcast_to(b, x.shape), atol=1e-12)


@pytest.mark.parametrize("shape", [(5, 5), (2, 7, 3), (3, 1, 2, 6)])
@pytest.mark.parametrize("pivot", [True, False])
def test_lu_multiplies_back(shape, pivot):
    a = np.random.default_rng(0).normal(size=shape)
    P, L, U = map(np.asarray, tg.linalg.lu(tg.tensor(a), pivot=pivot))
    np.testing.assert_allclose((P if pivot else np.eye(shape[-2])) @ L @ U, a, atol=1e-10)


def test_exponentials_are_right_from_tiny_to_large():
    for size in (0.0, 1e-20, 1.0, 30.0):
        w, v = np.linalg.eigh(np.array([[1.0, 0.5], [0.5, -2.0]]) * size)
        expected = (v * np.exp(w)) @ v.T
        found = np.asarray(tg.matrix_exp(tg.tensor(np.array([[1.0, 0.5], [0.5, -2.0]]) * size)))
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11 * np.abs(expected).max())
    assert np.isnan(np.asarray(tg.matrix_exp(tg.full((2, 2), float("nan"))))).all()


@pytest.mark.parametrize("name", ["inv", "solve", "det", "slogdet", "cholesky", "eigh", "eigvalsh", "svd", "svdvals",
                                  "pinv", "cond", "tensorinv", "tensorsolve"])  # fmt: skip
def test_numpy_functions_mean_numpys(name):
    a = np.array([[2.0, 0.5], [0.5, 1.0]])
    more = {"solve": (np.ones((2, 3)),), "tensorsolve": (np.ones(2),), "tensorinv": (1,)}.get(name, ())
    found, expected = getattr(np.linalg, name)(tg.tensor(a), *more), getattr(np.linalg, name)(a, *more)
    for ours, theirs in zip(*((r if isinstance(r, tuple) else (r,)) for r in (found, expected)), strict=True):
        assert isinstance(ours, tg.Tensor)
        np.testing.assert_allclose(np.asarray(ours), theirs, atol=1e-12)
