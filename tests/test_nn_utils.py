"""nn.utils: gradients and weights within bounds, parameters as one vector."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.errors import ChangedAfterUseError, ShapeError, TinygradError
from tinygrad_edu.nn import utils


def with_gradients(library, tensor, scale=1.0):
    """Parameters with gradients in a library; one without."""
    rng = np.random.default_rng(0)
    held = [library.nn.Parameter(tensor(rng.normal(size=shape))) for shape in ((3, 4), (5,), ())]
    for p in held:
        p.grad = tensor(rng.normal(size=tuple(p.shape)) * scale)
    return [*held, library.nn.Parameter(tensor(np.ones(2)))]


@pytest.mark.parametrize("scale", [0.01, 1.0, math.inf, math.nan])
@pytest.mark.parametrize("norm_type", [1, 2, 3.5, math.inf])
def test_clip_grad_norm_is_pytorchs(norm_type, scale):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours, theirs = with_gradients(tg, tg.tensor, scale), with_gradients(torch, torch.tensor, scale)
    found = utils.clip_grad_norm_(ours, 1.5, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs, 1.5, norm_type)
    assert_allclose(found.item(), expected.item(), rtol=1e-9)
    for p, q in zip(ours[:-1], theirs[:-1], strict=True):
        assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-9)
    assert ours[-1].grad is None


def test_clip_grad_norm_by_hand():
    held = with_gradients(tg, tg.tensor, 100)
    before = np.concatenate([p.grad.numpy().ravel() for p in held[:-1]])
    assert_allclose(utils.clip_grad_norm_(iter(held), 2.0).item(), np.linalg.norm(before))
    assert_allclose(utils.get_total_norm([p.grad for p in held[:-1]]).item(), 2, rtol=1e-6)
    assert utils.clip_grad_norm_(held, 3.0, error_if_nonfinite=True).item() == pytest.approx(2)
    assert utils.clip_grad_norm_([], 1.0).item() == 0
    assert utils.get_total_norm([tg.zeros(0, 2)], math.inf).item() == 0
    held[0].grad[0, 0] = math.inf
    kept = held[1].grad.numpy().copy()
    with pytest.raises(TinygradError, match="not finite"):
        utils.clip_grad_norm_(held, 1.0, error_if_nonfinite=True)
    assert np.array_equal(held[1].grad.numpy(), kept)


def test_clip_grad_value():
    held = with_gradients(tg, tg.tensor)
    expected = [np.clip(p.grad.numpy(), -0.5, 0.5) for p in held[:-1]]
    assert utils.clip_grad_value_(held, 0.5) is None
    for p, e in zip(held[:-1], expected, strict=True):
        assert np.array_equal(p.grad.numpy(), e)


@pytest.mark.parametrize("norm_type", [1, 2, 3, math.inf])
@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 2, 2)])
def test_max_norm_bounds_the_weights_into_each_unit(shape, norm_type):
    before = np.random.default_rng(0).normal(size=shape) * np.array([0.01, 1, 2, 3]).reshape(4, *[1] * (len(shape) - 1))
    weight = nn.Parameter(before.copy())
    assert utils.max_norm_(weight, 1.0, norm_type) is weight
    norms = [np.linalg.norm(row.ravel(), norm_type) for row in weight.numpy()]
    assert max(norms) <= 1 + 1e-12
    assert np.array_equal(weight.numpy()[0], before[0])
    assert_allclose(weight.numpy()[3] / before[3], weight.numpy()[3].flat[0] / before[3].flat[0])


def test_max_norm_of_columns_and_its_errors():
    weight = utils.max_norm_(tg.tensor([[3.0, 0.1], [4.0, 0.1]]), 1.0, dim=-1)
    assert_allclose(weight.numpy(), [[0.6, 0.1], [0.8, 0.1]], rtol=1e-6)
    with pytest.raises(ShapeError, match="rows of a weight"):
        utils.max_norm_(tg.ones(3))


def test_a_write_between_forward_and_backward_is_noticed():
    layer = nn.Linear(3, 2)
    loss = layer(nn.Parameter(tg.ones(1, 3))).sum()
    utils.max_norm_(layer.weight, 0.01)
    with pytest.raises(ChangedAfterUseError):
        loss.backward()


def test_parameters_as_one_vector():
    net = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    vector = utils.parameters_to_vector(net.parameters())
    assert vector.shape == (11,)
    (vector * vector).sum().backward()
    assert_allclose(net[0].weight.grad.numpy(), 2 * net[0].weight.numpy())
    utils.vector_to_parameters(vector * 2, net.parameters())
    assert_allclose(utils.parameters_to_vector(net.parameters()).numpy(), 2 * vector.numpy())
    before = vector.numpy().copy()
    with pytest.raises(ShapeError, match=r"\(11,\)"):
        utils.vector_to_parameters(tg.ones(12), net.parameters())
    assert_allclose(utils.parameters_to_vector(net.parameters()).numpy(), 2 * before)
    assert utils.parameters_to_vector([]).shape == (0,)
