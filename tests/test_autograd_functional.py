"""Derivatives at given inputs: `tg.autograd.functional`."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import func
from tinygrad_edu.autograd import functional
from tinygrad_edu.errors import DtypeError, NonScalarError, OptionError, ShapeError, UnusedInputError
from tinygrad_edu.trees import flatten

F64 = "float64"


def pair(T):
    return T.tensor([1.0, 2.0]), T.tensor([3.0])


def ones(T):
    return T.ones(2), T.ones(1)


PROGRAMS = {
    "jacobian": lambda T, f: f.jacobian(lambda x: x**3, T.tensor([1.0, 2.0])),
    "jacobian of a number": lambda T, f: f.jacobian(lambda x: x.sum(), T.tensor([1.0, 2.0])),
    "jacobian by a tuple": lambda T, f: f.jacobian(lambda x, y: x * y, pair(T)),
    "jacobian by a tuple of one": lambda T, f: f.jacobian(lambda x: x * x, (T.tensor([1.0, 2.0]),)),
    "jacobian of a tuple": lambda T, f: f.jacobian(lambda x: (x, x * 2), T.tensor([1.0, 2.0])),
    "jacobian of a tuple by a tuple": lambda T, f: f.jacobian(lambda x, y: (x * y, y), pair(T)),
    "jacobian forward": lambda T, f: f.jacobian(
        lambda x: x**3, T.tensor([1.0, 2.0]), vectorize=True, strategy="forward-mode"
    ),
    "jacobian of a constant": lambda T, f: f.jacobian(lambda x: T.tensor([1.0]), T.tensor([1.0, 2.0])),
    "hessian": lambda T, f: f.hessian(lambda x: x[0] * x[1] ** 2, T.tensor([1.0, 2.0])),
    "hessian by a tuple": lambda T, f: f.hessian(lambda x, y: (x * x * y).sum(), pair(T)),
    "vjp": lambda T, f: f.vjp(lambda x: x * x, T.tensor([1.0, 2.0]), T.tensor([1.0, 10.0])),
    "vjp of a number": lambda T, f: f.vjp(lambda x: (x * x).sum(), T.tensor([1.0, 2.0])),
    "vjp by a tuple": lambda T, f: f.vjp(lambda x, y: (x * y, y * 2), pair(T), ones(T)),
    "jvp": lambda T, f: f.jvp(lambda x: x * x, T.tensor([1.0, 2.0]), T.tensor([1.0, 10.0])),
    "jvp by a number": lambda T, f: f.jvp(lambda x: x * x, T.tensor(3.0)),
    "jvp by a tuple": lambda T, f: f.jvp(lambda x, y: (x * y, y * 2), pair(T), ones(T)),
    "vhp": lambda T, f: f.vhp(lambda x: (x**3).sum(), T.tensor([1.0, 2.0]), T.tensor([1.0, 10.0])),
    "hvp by a tuple": lambda T, f: f.hvp(lambda x, y: (x * y * y).sum(), pair(T), ones(T)),
}


def structure(tree):
    return tuple(structure(part) for part in tree) if isinstance(tree, tuple) else tuple(tree.shape)


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")
@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_as_pytorchs(program):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    found, expected = program(tg, functional), program(torch, torch.autograd.functional)
    assert structure(found) == structure(expected)
    for ours, theirs in zip(flatten(found)[0], flatten(expected)[0], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_what_they_are():
    A = tg.randn(3, 2, dtype=F64)
    x, v = tg.randn(2, dtype=F64), tg.randn(2, dtype=F64)
    np.testing.assert_allclose(functional.jacobian(lambda x: A @ x, x), A)
    np.testing.assert_allclose(functional.jvp(lambda x: A @ x, x, v)[1], A @ v)
    np.testing.assert_allclose(functional.vjp(lambda x: A @ x, x, A[:, 0])[1], A.T @ A[:, 0])
    square = A.T @ A
    np.testing.assert_allclose(functional.hessian(lambda x: x @ square @ x, x), 2 * square)
    np.testing.assert_allclose(functional.hvp(lambda x: x @ square @ x, x, v)[1], 2 * square @ v)


def test_results_are_constants_unless_the_graph_is_asked_for():
    x, w = tg.tensor([1.0, 2.0], requires_grad=True), tg.tensor(2.0, requires_grad=True)
    assert not functional.jacobian(lambda x: w * x**3, x).requires_grad
    functional.jacobian(lambda x: w * x**3, x, create_graph=True).sum().backward()
    assert x.grad.tolist() == [12.0, 24.0] and w.grad.item() == 3 + 12


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda x: functional.jacobian(lambda x: tg.ones(1), x, strict=True), UnusedInputError, "output 0"),
        (lambda x: functional.jacobian(lambda x, y: (x, x * y), (x, x), strict=True), UnusedInputError, "input 1"),
        (lambda x: functional.hessian(lambda x: x.sum(), x, strict=True), UnusedInputError, "output 0"),
        (lambda x: functional.hessian(lambda x: x, x), NonScalarError, "one number"),
        (lambda x: functional.vjp(lambda x: x, x), NonScalarError, "left out"),
        (lambda x: functional.jvp(lambda x: x, x), NonScalarError, "left out"),
        (lambda x: functional.vjp(lambda x: x, x, tg.ones(3)), ShapeError, "shape"),
        (lambda x: functional.vjp(lambda x: x, x, [1.0, 1.0]), ShapeError, "shape"),
        (lambda x: functional.jacobian(lambda x: x, x.numpy()), DtypeError, "tuple of Tensors"),
        (lambda x: functional.jacobian(lambda x: x, 3.0), DtypeError, "tuple of Tensors"),
        (lambda x: functional.jacobian(lambda: x, ()), DtypeError, "tuple of Tensors"),
        (lambda x: functional.jacobian(lambda x: x, x, strategy="forward"), OptionError, "strategy"),
        (lambda x: functional.jacobian(lambda x: x.sum().item(), x), DtypeError, "returns Tensors"),
        (lambda x: func.vjp(lambda x: (x, 2), x), DtypeError, "returns Tensors"),
        (lambda x: func.jvp(lambda x: None, (x,), (x,)), DtypeError, "returns Tensors"),
        (lambda x: func.jvp(lambda x: x, x, x), ShapeError, "tuples of one length"),
        (lambda x: func.hvp(lambda x: x.sum(), x, x), ShapeError, "tuples of one length"),
        (lambda x: func.jvp(lambda x: x, (x,), (x, x)), ShapeError, "tuples of one length"),
        (lambda x: func.vjp(lambda x: (x, x), x)[1](x), ShapeError, "one upstream"),
        (lambda x: func.grad(lambda x: x.sum(), argnums=(0, 1))(x), OptionError, "argnums"),
        (lambda x: func.jacrev(lambda x: x, argnums=-2)(x), OptionError, "argnums"),
    ],
)
def test_what_is_refused(call, error, says):
    with pytest.raises(error, match=says):
        call(tg.ones(2))


def test_gradcheck_stands_where_pytorchs_does():
    x = tg.tensor([1.0, 2.0], dtype=F64, requires_grad=True)
    assert tg.autograd.gradcheck(lambda x: x**3, x) and tg.autograd.gradgradcheck(lambda x: x**3, x)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        tg.autograd.nothing  # noqa: B018
