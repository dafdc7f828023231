"""The adaptive softmax against PyTorch, and against a softmax whose parts are put together by hand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.errors import DtypeError, OptionError, ShapeError, TinygradError

RNG = np.random.default_rng(0)
X, TARGETS = RNG.normal(size=(7, 8)), np.array([0, 19, 5, 2, 3, 11, 0])


@pytest.mark.parametrize(
    ("cutoffs", "settings"),
    [([4, 10], {"div_value": 2.0}), ([1, 5, 12, 19], {"div_value": 1.5, "head_bias": True}), ([19], {})],
)
def test_it_is_pytorchs(cutoffs, settings):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours = nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs, **settings).double()
    theirs = torch.nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs, **settings).double()
    assert ours.load_state_dict(theirs.state_dict()) == ([], [])
    x, y = tg.tensor(X, requires_grad=True), torch.tensor(X, requires_grad=True)
    found, expected = ours(x, tg.tensor(TARGETS)), theirs(y, torch.tensor(TARGETS))
    found.loss.backward(), expected.loss.backward()
    assert_allclose(found.output.detach().numpy(), expected.output.detach().numpy(), rtol=1e-9)
    assert_allclose(found.loss.item(), expected.loss.item(), rtol=1e-9)
    assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-9, atol=1e-12)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert_allclose(0 if p.grad is None else p.grad, 0 if q.grad is None else q.grad, rtol=1e-9, atol=1e-12)
    assert_allclose(ours.log_prob(x).detach().numpy(), theirs.log_prob(y).detach().numpy(), rtol=1e-9)
    assert_array_equal(ours.predict(x).numpy(), theirs.predict(y).numpy())


def test_the_probabilities_of_all_classes_sum_to_1_and_hold_the_targets():
    layer, x = nn.AdaptiveLogSoftmaxWithLoss(8, 20, [4, 10], 2.0).double(), tg.tensor(X)
    with tg.no_grad():
        everything, (output, loss) = layer.log_prob(x).numpy(), layer(x, tg.tensor(TARGETS))
        assert_allclose(np.exp(everything).sum(1), 1)
        assert_allclose(output.numpy(), everything[np.arange(7), TARGETS])
        assert_allclose(loss.item(), -output.numpy().mean())
        assert_array_equal(layer.predict(x).numpy(), everything.argmax(1))
        one = layer(x[1], tg.tensor(19))
        assert one.output.shape == one.loss.shape == ()
        assert_allclose([one.output.item(), -one.loss.item()], output[1].item())


def test_reset_draws_all_weights_anew():
    layer = nn.AdaptiveLogSoftmaxWithLoss(8, 20, [4, 10], 2.0)
    before = [p.numpy().copy() for p in layer.parameters()]
    layer.reset_parameters()
    assert all((p.numpy() != old).any() for p, old in zip(layer.parameters(), before, strict=True))


@pytest.mark.parametrize("cutoffs", [[], [0, 3], [3, 3], [5, 3], [20], [1.5]])
def test_cutoffs_that_are_none(cutoffs):
    with pytest.raises(OptionError, match="increasing integers from 1 to 19"):
        nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs)


@pytest.mark.parametrize("cutoffs", [4, (4,), np.array([4]), tg.tensor([4])])
def test_cutoffs_come_in_any_form_and_features_by_a_positive_number(cutoffs):
    assert nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs).cutoffs == [4, 20]
    with pytest.raises(OptionError, match="above 0"):
        nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs, div_value=0)


def test_what_does_not_fit_is_said():
    layer, x = nn.AdaptiveLogSoftmaxWithLoss(8, 20, [4]), tg.ones(2, 8)
    with pytest.raises(ShapeError, match=r"input \(2, 8\) and target \(3,\)"):
        layer(x, tg.tensor([0, 1, 2]))
    with pytest.raises(ShapeError, match="one class for each sample"):
        layer(x[None], tg.tensor([[0, 1]]))
    with pytest.raises(DtypeError, match=r"target\.long"):
        layer(x, tg.tensor([0.0, 1.0]))
    with pytest.raises(TinygradError, match=r"no class(?s:.)*0 to 19(?s:.)*got +20"):
        layer(x, tg.tensor([0, 20]))
