"""vmap: a function of one sample, given batches."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.errors import DtypeError, OptionError, ShapeError, TinygradError
from tinygrad_edu.func import functional_call, grad, jacrev, stack_module_state, vmap
from tinygrad_edu.trees import flatten

PROGRAMS = {
    "a number for each": lambda T: T.vmap(lambda x: x.sum()),
    "another axis": lambda T: T.vmap(lambda x: x * 2, in_dims=1, out_dims=-1),
    "shared": lambda T: T.vmap(lambda x: x @ T.tensor([1.0, 2.0, 3.0])),
    "one of two": lambda T: lambda x: T.vmap(lambda a, b: a * b.sum(), in_dims=(0, None))(x, x),
    "pairs": lambda T: lambda x: T.vmap(T.vmap(lambda a, b: (a * b).sum(), in_dims=(None, 0)), in_dims=(0, None))(x, x),
    "two results": lambda T: T.vmap(lambda x: (x, x.sum()), out_dims=(1, 0)),
    "a dict": lambda T: (
        lambda x: T.vmap(lambda d: {"s": d["a"] + d["b"][0]}, in_dims=({"a": 0, "b": (None,)},))({"a": x, "b": (x[0],)})
    ),
    "a keyword": lambda T: lambda x: T.vmap(lambda a, by: a * by)(x, by=x[0]),
    "gradients of samples": lambda T: T.vmap(T.func.grad(lambda x: (x**3).sum())),
    "jacobians of samples": lambda T: T.vmap(T.func.jacrev(lambda x: x**2)),
    "the jacobian of a batch": lambda T: T.func.jacrev(T.vmap(lambda x: (x**2).sum())),
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_as_pytorchs(program):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    x = np.arange(1.0, 7).reshape(2, 3).astype(np.float32)
    found, expected = program(tg)(tg.tensor(x)), program(torch)(torch.tensor(x))
    for ours, theirs in zip(flatten(found)[0], flatten(expected)[0], strict=True):
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_the_gradient_of_each_sample_sums_to_that_of_the_batch():
    w = tg.tensor([1.0, -2.0], requires_grad=True)
    X, y = tg.randn(5, 2), tg.randn(5)
    each = vmap(grad(lambda w, x, y: (w @ x - y) ** 2), in_dims=(None, 0, 0))(w.detach(), X, y)
    ((X @ w - y) ** 2).sum().backward()
    np.testing.assert_allclose(each.sum(0), w.grad, rtol=1e-5)
    np.testing.assert_allclose(each, 2 * (X @ w - y).detach()[:, None] * X, rtol=1e-4)


def test_a_gradient_flows_through_to_what_is_batched_and_to_what_is_shared():
    x, w = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True), tg.tensor([5.0, 6.0], requires_grad=True)
    vmap(lambda x, w: (x * x * w).sum(), in_dims=(0, None))(x, w).sum().backward()
    assert x.grad.tolist() == (2 * x * w).tolist() and w.grad.tolist() == (x * x).sum(0).tolist()


def test_an_ensemble_is_one_function_of_its_stacked_parameters():
    models = [nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).eval() for _ in range(3)]
    parameters, buffers = stack_module_state(models)
    assert all(p.requires_grad and p.is_leaf for p in parameters.values())
    x = tg.randn(5, 3)

    def run(p, b, x):
        return functional_call(models[0], (p, b), (x,))

    z = vmap(run, in_dims=(0, 0, None))(parameters, buffers, x)
    np.testing.assert_allclose(z.detach(), tg.stack([m(x) for m in models]).detach(), rtol=1e-5)
    z.sum().backward()
    assert parameters["0.weight"].grad.shape == (3, 4, 3)
    models[1].train()
    with pytest.raises(TinygradError, match="all in one mode"):
        stack_module_state(models)


def test_arrays_and_iterators_are_taken():
    assert vmap(lambda x: x.sum())(np.ones((2, 3))).tolist() == [3.0, 3.0]
    parameters, _ = stack_module_state(nn.Linear(3, 2) for _ in range(4))
    assert parameters["weight"].shape == (4, 2, 3)


def test_draws():
    x = tg.zeros(3)
    with pytest.raises(TinygradError, match="draws random numbers"):
        vmap(lambda x: x + tg.rand(()))(x)
    same = vmap(lambda x: x + tg.rand(()), randomness="same")(x).tolist()
    different = vmap(lambda x: x + tg.rand(()), randomness="different")(x).tolist()
    assert len(set(same)) == 1 and len(set(different)) == 3
    assert vmap(lambda x: x + tg.rand(()), randomness="same")(x)[0].item() != same[0], "the next call goes on"


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda x: vmap(lambda a: a)(3.0), ShapeError, "without that axis"),
        (lambda x: vmap(lambda a: a)(x.sum()), ShapeError, "without that axis"),
        (lambda x: vmap(lambda a: a, in_dims=2)(x), ShapeError, "without that axis"),
        (lambda x: vmap(lambda a: a, in_dims=None)(x), ShapeError, "of one size"),
        (lambda x: vmap(lambda a, b: a)(x, x.T), ShapeError, "of one size"),
        (lambda x: vmap(lambda a: a)(x[:0]), ShapeError, "a sample at least"),
        (lambda x: vmap(lambda a: a, in_dims=(0, 0))(x), ShapeError, "structure"),
        (lambda x: vmap(lambda a: a.sum().item())(x), DtypeError, "returns Tensors"),
        (lambda x: vmap(lambda a: a, in_dims="0")(x), ShapeError, "without that axis"),
        (lambda x: vmap(lambda a: (a, a) if a[0] else a)(tg.eye(2)), ShapeError, "same structure"),
        (lambda x: vmap(lambda a: {"yes" if a[0] else "no": a})(tg.eye(2)), ShapeError, "same structure"),
        (lambda x: vmap(lambda a: a, randomness="none")(x), OptionError, "randomness"),
        (lambda x: stack_module_state([nn.Linear(1, 1, bias=b) for b in (False, True)]), TinygradError, "same names"),
        (lambda x: stack_module_state([nn.Linear(1, 1), nn.ReLU()]), TinygradError, "one kind"),
    ],
)
def test_what_is_refused(call, error, says):
    with pytest.raises(error, match=says):
        call(tg.ones(2, 3))


def test_the_jacobian_of_a_batch_is_that_of_each_sample():
    x = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
    per_sample = vmap(jacrev(lambda x: x**2))(x)
    assert per_sample.tolist() == [[[2.0, 0.0], [0.0, 4.0]], [[6.0, 0.0], [0.0, 8.0]]]
    assert tg.vmap is vmap
