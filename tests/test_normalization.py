"""Normalization and reparametrization: PyTorch's outputs, gradients and buffers, over steps and in both modes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import tinygrad_edu as tg
from tinygrad_edu import nn, threads
from tinygrad_edu.errors import ShapeError, TinygradError
from tinygrad_edu.gates import normalize
from tinygrad_edu.record import GATES, sum_to
from tinygrad_edu.utils.checkpoint import checkpoint

LAYERS = {
    "BatchNorm1d": (lambda L: L.BatchNorm1d(3), (4, 3)),
    "BatchNorm1d: signals": (lambda L: L.BatchNorm1d(3, eps=0.1, momentum=0.4), (4, 3, 5)),
    "BatchNorm1d: cumulative": (lambda L: L.BatchNorm1d(3, momentum=None), (4, 3)),
    "BatchNorm1d: no bias": (lambda L: L.BatchNorm1d(3, bias=False), (4, 3)),
    "InstanceNorm1d: no bias": (lambda L: L.InstanceNorm1d(3, affine=True, bias=False), (4, 3, 5)),
    "BatchNorm1d: momentum 0": (lambda L: L.BatchNorm1d(3, momentum=0.0), (4, 3)),
    "BatchNorm2d": (lambda L: L.BatchNorm2d(3), (4, 3, 2, 5)),
    "BatchNorm2d: not affine": (lambda L: L.BatchNorm2d(3, affine=False), (4, 3, 2, 5)),
    "BatchNorm2d: not tracking": (lambda L: L.BatchNorm2d(3, track_running_stats=False), (4, 3, 2, 5)),
    "BatchNorm3d": (lambda L: L.BatchNorm3d(3), (2, 3, 2, 2, 2)),
    "InstanceNorm1d": (lambda L: L.InstanceNorm1d(3), (2, 3, 4)),
    "InstanceNorm1d: one sample": (lambda L: L.InstanceNorm1d(3, affine=True, track_running_stats=True), (3, 4)),
    "InstanceNorm2d": (lambda L: L.InstanceNorm2d(3, affine=True), (2, 3, 4, 2)),
    "InstanceNorm2d: tracking": (lambda L: L.InstanceNorm2d(3, track_running_stats=True), (2, 3, 4, 2)),
    "InstanceNorm3d": (lambda L: L.InstanceNorm3d(3, affine=True), (2, 3, 2, 2, 2)),
    "LayerNorm": (lambda L: L.LayerNorm(4), (2, 3, 4)),
    "LayerNorm: images": (lambda L: L.LayerNorm([3, 2, 4], eps=0.1), (2, 3, 2, 4)),
    "LayerNorm: no bias": (lambda L: L.LayerNorm((3, 4), bias=False), (2, 3, 4)),
    "LayerNorm: not affine": (lambda L: L.LayerNorm(4, elementwise_affine=False), (2, 3, 4)),
    "RMSNorm": (lambda L: L.RMSNorm(4), (2, 3, 4)),
    "RMSNorm: eps": (lambda L: L.RMSNorm([3, 4], eps=0.1, elementwise_affine=False), (2, 3, 4)),
    "GroupNorm": (lambda L: L.GroupNorm(2, 6), (3, 6, 2)),
    "GroupNorm: no bias": (lambda L: L.GroupNorm(2, 6, bias=False), (3, 6, 2)),
    "GroupNorm: not affine": (lambda L: L.GroupNorm(3, 6, affine=False), (3, 6)),
    "LocalResponseNorm": (lambda L: L.LocalResponseNorm(3, alpha=0.5, k=2.0), (2, 5, 3)),
    "weight_norm": (lambda L: L.utils.weight_norm(L.Linear(4, 3)), (2, 4)),
    "weight_norm: dim 1": (lambda L: L.utils.weight_norm(L.Linear(4, 3), dim=1), (2, 4)),
    "weight_norm: whole": (lambda L: L.utils.weight_norm(L.Linear(4, 3), dim=None), (2, 4)),
    "weight_norm: conv": (lambda L: L.utils.weight_norm(L.Conv1d(3, 2, 2)), (2, 3, 4)),
    "spectral_norm": (lambda L: L.utils.spectral_norm(L.Linear(4, 3)), (2, 4)),
    "spectral_norm: 3 steps": (lambda L: L.utils.spectral_norm(L.Linear(4, 3), n_power_iterations=3, dim=1), (2, 4)),
    "spectral_norm: conv": (lambda L: L.utils.spectral_norm(L.Conv1d(3, 2, 2)), (2, 3, 4)),
}
each_layer = pytest.mark.parametrize(("make", "shape"), LAYERS.values(), ids=LAYERS)


def compare(ours, theirs, torch, x, rng):
    """A step of both: outputs, gradients, and the state afterwards."""
    a, b = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    ours.zero_grad(), theirs.zero_grad()
    z, expected = ours(a), theirs(b)
    assert_allclose(z.detach(), expected.detach().numpy(), rtol=1e-9, atol=1e-9)
    g = rng.normal(size=z.shape)
    z.backward(tg.tensor(g)), expected.backward(torch.tensor(g))
    assert_allclose(a.grad, b.grad.numpy(), rtol=1e-9, atol=1e-9)
    named = dict(theirs.named_parameters())
    for name, p in ours.named_parameters():
        assert_allclose(p.grad, named[name].grad.numpy(), rtol=1e-9, atol=1e-9, err_msg=name)
    state = ours.state_dict()
    assert list(state) == list(theirs.state_dict())
    for name, t in theirs.state_dict().items():
        assert state[name].shape == tuple(t.shape), name
        assert_allclose(state[name], t.numpy(), rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@each_layer
def test_steps_are_pytorchs(make, shape):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours, theirs = make(nn).double(), make(torch.nn).double()
    rng = np.random.default_rng(0)
    with tg.no_grad():
        for p in ours.parameters():
            p += tg.tensor(rng.normal(size=p.shape) * 0.3)
    theirs.load_state_dict({name: torch.tensor(np.array(t)) for name, t in ours.state_dict().items()})
    for training in (True, True, True, False):
        ours.train(training), theirs.train(training)
        x = rng.normal(size=shape) * 2 + 1
        compare(ours, theirs, torch, x, rng)


# Without PyTorch.


def test_a_batch_is_normalized_and_the_statistics_follow():
    layer = nn.BatchNorm1d(2, momentum=0.5).double()
    x = np.random.default_rng(0).normal(3, 2, size=(50, 2))
    z = np.asarray(layer(tg.tensor(x)).detach())
    assert_allclose(z.mean(0), 0, atol=1e-12)
    assert_allclose(z.var(0), 1, rtol=1e-5)
    assert_allclose(layer.running_mean, x.mean(0) / 2)
    assert_allclose(layer.running_var, (1 + x.var(0, ddof=1)) / 2)
    assert layer.num_batches_tracked.item() == 1
    layer.weight.data, layer.bias.data = tg.tensor([2.0, 3.0]), tg.tensor([4.0, 5.0])
    layer.reset_parameters()
    assert layer.weight.tolist() == [1, 1] and layer.bias.tolist() == [0, 0]
    assert layer.num_batches_tracked.item() == 0
    assert layer.running_mean.tolist() == [0, 0] and layer.running_var.tolist() == [1, 1]
    nn.BatchNorm1d(2, affine=False, track_running_stats=False).reset_parameters()  # nothing to do


def test_momentum_none_is_the_mean_of_all_batches():
    layer = nn.BatchNorm1d(1, momentum=None)
    for value in (1.0, 2.0, 6.0):
        layer(tg.full((4, 1), value))
    assert_allclose(layer.running_mean, 3, rtol=1e-6)


def test_evaluation_before_training_keeps_its_gradient():
    """The running statistics are written between forward and backward; the first gradient is as it was."""
    layer = nn.BatchNorm1d(2).eval()
    z = layer(tg.ones(3, 2))
    layer.train()(tg.randn(4, 2))
    z.sum().backward()
    assert_allclose(layer.weight.grad, 3, rtol=1e-4)


def test_the_fused_gate_is_its_meaning():
    rng = np.random.default_rng(0)
    arrays = rng.normal(size=(4, 3, 5)), rng.normal(size=(1, 3, 1)), rng.normal(size=(1, 3, 1))
    gate = GATES["normalized"]
    for centre in (True, False):
        expected = gate.meaning(*arrays, over=(0, 2), eps=0.1, centre=centre)
        found = gate.forward(*arrays, over=(0, 2), eps=0.1, centre=centre, kept=[])
        assert_allclose(found, expected, rtol=1e-12)


def test_float32_far_from_zero():
    x = (np.random.default_rng(0).normal(size=(512, 4)) + 1000).astype(np.float32)
    z = np.asarray(nn.functional.batch_norm(tg.tensor(x), None, None, training=True))
    exact = (x - x.mean(0, dtype=np.float64)) / x.std(0, dtype=np.float64)
    assert np.abs(z - exact).max() < 1e-2


def test_the_graph_walks_twice_and_through_a_checkpoint():
    layer, x = nn.BatchNorm1d(3).double(), tg.tensor(np.random.default_rng(0).normal(size=(5, 3)), requires_grad=True)
    z = (layer(x) ** 3).sum()
    z.backward(retain_graph=True)
    once = np.array(x.grad)
    z.backward()
    assert_allclose(x.grad, 2 * once)
    x.grad = None
    (checkpoint(layer, x) ** 3).sum().backward()
    assert_allclose(x.grad, once)


@pytest.mark.parametrize(
    ("layer", "shape", "says"),
    [
        (nn.BatchNorm1d(3), (1, 3), r"one value for each channel(?s:.)*at least two(?s:.)*drop_last"),
        (nn.BatchNorm2d(3), (1, 3, 1, 1), "BatchNorm2d in training mode was given one value"),
        (nn.BatchNorm2d(3), (2, 4, 5, 5), r"BatchNorm2d\(3, (?s:.)*\(N, 3, H, W\)(?s:.)*\(2, 4, 5, 5\)"),
        (nn.BatchNorm1d(3), (2, 3, 4, 5), r"\(N, 3\) or \(N, 3, L\)"),
        (nn.InstanceNorm1d(3), (2, 3, 1), "one value for each channel of a sample"),
        (nn.InstanceNorm2d(3, affine=True), (2, 4, 5, 5), r"InstanceNorm2d\(3"),
        (nn.LayerNorm(3), (2, 4), r"LayerNorm\(\(3,\)(?s:.)*\(…, 3\)(?s:.)*\(2, 4\)"),
        (nn.RMSNorm((3, 2)), (2,), r"RMSNorm\(\(3, 2\)"),
        (nn.GroupNorm(2, 4), (2, 6), r"GroupNorm\(2, 4(?s:.)*\(N, 4, …\)"),
        (nn.GroupNorm(4, 4), (1, 4), "one value for each group"),
        (nn.LocalResponseNorm(2), (2, 6), r"\(N, C, L, …\)"),
    ],
)
def test_errors_say_what_was_expected(layer, shape, says):
    with pytest.raises(ShapeError, match=says):
        layer(tg.ones(*shape))


def test_functions_refuse_what_does_not_fit():
    f = nn.functional
    for call in (
        lambda: f.batch_norm(tg.ones(3), None, None, training=True),
        lambda: f.batch_norm(tg.ones(2, 3), tg.ones(2), tg.ones(3)),
        lambda: f.instance_norm(tg.ones(2, 3)),
        lambda: f.layer_norm(tg.ones(2, 3), 3, weight=tg.ones(2)),
        lambda: f.layer_norm(tg.ones(2, 3), 2),
        lambda: f.group_norm(tg.ones(2, 3), 2),
        lambda: nn.GroupNorm(2, 3),
    ):
        with pytest.raises(ShapeError):
            call()
    with pytest.raises(TinygradError, match="running_mean and running_var"):
        f.batch_norm(tg.ones(2, 3), None, None)


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(nn.BatchNorm2d(2), (0, 2, 3, 3)), (nn.BatchNorm1d(2, track_running_stats=False), (0, 2)),
     (nn.InstanceNorm1d(2, affine=True, track_running_stats=True), (0, 2, 3))],
)  # fmt: skip
def test_an_empty_batch_leaves_the_statistics_as_they_are(layer, shape):
    layer(tg.zeros(shape, requires_grad=True)).sum().backward()
    assert layer.weight.grad.tolist() == [0, 0]
    if layer.running_mean is not None:
        assert layer.running_mean.tolist() == [0, 0]
        assert layer.running_var.tolist() == [1, 1]


def test_one_sample_may_be_evaluated():
    assert nn.BatchNorm1d(3).eval()(tg.ones(1, 3)).shape == (1, 3)


def test_a_reparametrized_weight_can_be_made_whole_again():
    x = tg.randn(5, 4)
    for apply, remove in (
        (nn.utils.weight_norm, nn.utils.remove_weight_norm),
        (nn.utils.spectral_norm, nn.utils.remove_spectral_norm),
    ):
        layer = apply(nn.Linear(4, 3)).eval()
        z = layer(x).detach()
        assert remove(layer) is layer
        assert sorted(layer.state_dict()) == ["bias", "weight"]
        assert_allclose(layer(x).detach(), z, rtol=1e-6)
        with pytest.raises(TinygradError, match="was not applied"):
            remove(layer)
    with pytest.raises(TinygradError, match="no parameter"):
        nn.utils.weight_norm(nn.ReLU())
    with pytest.raises(ValueError, match="at least 1"):
        nn.utils.spectral_norm(nn.Linear(2, 2), n_power_iterations=0)


def test_one_of_two_reparametrized_weights_can_be_made_whole_again():
    x, cell = tg.randn(5, 4), nn.LSTMCell(4, 3)
    for name in ("weight_ih", "weight_hh"):
        nn.utils.weight_norm(cell, name)
    h, _ = cell(x)
    nn.utils.remove_weight_norm(cell, "weight_hh")
    assert sorted(cell.state_dict()) == ["bias_hh", "bias_ih", "weight_hh", "weight_ih_g", "weight_ih_v"]
    assert_allclose(cell(x)[0].detach(), h.detach(), rtol=1e-6)


def test_a_spectral_norm_becomes_one():
    layer = nn.utils.spectral_norm(nn.Linear(6, 4), n_power_iterations=50)
    layer(tg.ones(1, 6))
    assert_allclose(np.linalg.norm(np.asarray(layer.weight.detach()), 2), 1, rtol=1e-4)


def test_two_forwards_before_one_backward():
    """Power iteration writes its vectors between them; the gradients are those of each forward's own."""
    layer = nn.utils.spectral_norm(nn.Linear(4, 3))
    (layer(tg.ones(1, 4)) + layer(tg.ones(1, 4))).sum().backward()
    assert layer.weight_orig.grad is not None


def test_threads_change_nothing():
    x = np.random.default_rng(0).normal(size=(64, 32, 20, 20))

    def step(layer):
        t = tg.tensor(x, requires_grad=True)
        (layer.double()(t) ** 2 * tg.tensor(x)).sum().backward()
        return [np.array(t.grad), *(np.array(p.grad) for p in layer.parameters())]

    for make in (lambda: nn.BatchNorm2d(32), lambda: nn.LayerNorm((32, 20, 20)), lambda: nn.GroupNorm(4, 32)):
        alone = step(make())
        tg.set_num_threads(2)
        try:
            shared = step(make())
        finally:
            tg.set_num_threads(None)
        for a, b in zip(alone, shared, strict=True):
            assert_allclose(a, b, rtol=1e-9, atol=1e-9)


@st.composite
def normalizations(draw):
    """An array in any memory order, the axes to normalize over, and the shape of its weight."""
    shape = tuple(draw(st.lists(st.integers(1, 7), min_size=1, max_size=5)))
    axes = range(len(shape))
    over = tuple(sorted(draw(st.sets(st.sampled_from(axes), min_size=1))))
    weight = tuple(n if draw(st.booleans()) else 1 for n in shape)
    order = draw(st.permutations(axes))
    rng = np.random.default_rng(draw(st.integers(0, 9)))
    x = rng.normal(size=[shape[i] * (2 if draw(st.integers(0, 4)) == 0 else 1) for i in order])
    x = x[tuple(slice(None, None, x.shape[k] // shape[i]) for k, i in enumerate(order))].transpose(np.argsort(order))
    if draw(st.integers(0, 4)) == 0:
        x = x[::-1]
    if draw(st.integers(0, 9)) == 0:
        x = np.broadcast_to(x[:1], shape)
    return x, over, rng.normal(size=weight), rng.normal(size=weight), rng.normal(size=shape)


@given(
    normalizations(),
    st.booleans(),
    st.tuples(st.booleans(), st.booleans()),
    st.integers(1, 3),
    st.sampled_from([(1, 1, 1), (6, 4, 2), (40, 16, 5), (400, 2, 3), (9, 1, 8)]),
)
def test_every_memory_order_gives_the_same(drawn, centre, affine, num_threads, limits):
    """Whatever is cut into parts, rows and blocks, and shared among threads."""
    x, over, w, b, g = drawn
    as_the_plain_gates(x, over, w if affine[0] else None, b if affine[1] else None, g, centre, num_threads, limits)


@pytest.mark.parametrize("over", [(1, 2), (1, 3), (1, 2, 3)])
def test_samples_one_by_one(over):
    """Channels last and few: rows are cut within a sample."""
    x, g = np.random.default_rng(0).normal(size=(2, 3, 4, 6, 5))
    w = np.arange(1.0, 6.0).reshape(1, 1, 1, 5)
    for num_threads in (1, 2):
        as_the_plain_gates(x, over, w, -w, g, True, num_threads, (1, 4, 128))


def as_the_plain_gates(x, over, w, b, g, centre, num_threads, limits):
    """The fused gate and its way back, cut into parts at those limits, against the same in plain gates."""
    gate, operands = GATES["normalized"], (x, w, b)
    more = {"over": over, "eps": 0.1, "centre": centre}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threads, "WORTH", 0)
        for name, limit in zip(("_PART", "_ROW", "_RUN"), limits, strict=True):
            patch.setattr(normalize, name, limit)
        tg.set_num_threads(num_threads)
        try:
            z = gate.forward(*operands, **more, kept=(kept := []))
            back = gate.jointly(g, z, *operands, needs=(True, w is not None, b is not None), **more, kept=kept)
        finally:
            tg.set_num_threads(None)
    tensors = [None if a is None else tg.tensor(a, requires_grad=True) for a in operands]
    expected = gate.meaning(*tensors, **more)
    expected.backward(tg.tensor(g))
    assert_allclose(z, expected.detach(), rtol=1e-9, atol=1e-9)
    for found, t in zip(back, tensors, strict=True):
        if t is not None:
            assert_allclose(sum_to(found, t.shape), t.grad, rtol=1e-9, atol=1e-9)


def test_halves_are_summed_in_single_precision():
    x = np.random.default_rng(0).normal(1, size=(65536, 1)).astype(np.float16)
    layer = nn.BatchNorm1d(1, momentum=1.0, dtype=np.float16)
    z = layer(tg.tensor(x))
    assert z.dtype == layer.running_mean.dtype == np.float16
    exact = x.astype(np.float64)
    assert_allclose(z.detach(), (exact - exact.mean()) / exact.std(), atol=5e-3)
    assert_allclose(layer.running_mean, exact.mean(), rtol=1e-3)
    assert_allclose(nn.functional.rms_norm(tg.tensor(x.T), 65536)[0, :3], x[:3, 0] / 2**0.5, rtol=0.02)


def test_a_bias_alone_has_its_gradient():
    x, b = tg.randn(4, 3, requires_grad=True), tg.zeros(3, requires_grad=True)
    nn.functional.layer_norm(x, (3,), None, b).sum().backward()
    nn.functional.group_norm(x, 1, None, b).sum().backward()
    assert b.grad.tolist() == [8, 8, 8]


def test_many_far_from_zero_in_any_memory_order():
    x = np.random.default_rng(0).normal(100, 1, size=(64, 2, 64, 64)).astype(np.float32)
    exact = x.astype(np.float64)
    exact = (exact - exact.mean((0, 2, 3), keepdims=True)) / exact.std((0, 2, 3), keepdims=True)
    for order in ((0, 1, 2, 3), (0, 2, 3, 1), (1, 2, 3, 0)):
        laid = np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))
        z = nn.functional.batch_norm(tg.from_numpy(laid), None, None, training=True)  # in its order
        assert_allclose(z.detach(), exact, atol=5e-5)


def test_integers_are_normalized_as_floats():
    for normalize_over in (nn.functional.layer_norm, nn.functional.rms_norm):
        assert normalize_over(tg.tensor([[3, 4]]), 2).dtype == np.float32


def test_a_part_does_not_share_again(monkeypatch):
    """A pool whose threads wait for each other would never end."""
    monkeypatch.setattr(threads, "WORTH", 0)

    def outer(start, stop):
        return len(threads.shared(lambda first, last: last - first, 6, 0)) if start == 0 else None

    tg.set_num_threads(3)
    try:
        assert threads.shared(outer, 3, 0) == [1, None, None]
        assert threads.shared(lambda first, last: last - first, 6, 0) == [2, 2, 2]  # afterwards as before
    finally:
        tg.set_num_threads(None)
