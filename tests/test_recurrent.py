"""RNN, LSTM, GRU and their cells: PyTorch's names and numbers, packed or padded; errors that say what to do."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.errors import ShapeError, TinygradError
from tinygrad_edu.nn.utils import rnn
from tinygrad_edu.record import GATES

# How a layer is made, in both libraries, and the shape of its input.
LAYERS = {
    "RNN": (lambda lib: lib.RNN(3, 4), (5, 2, 3)),
    "RNN relu": (lambda lib: lib.RNN(3, 4, 2, "relu", bidirectional=True), (5, 2, 3)),
    "RNN one sequence": (lambda lib: lib.RNN(3, 4, batch_first=True), (5, 3)),
    "LSTM": (lambda lib: lib.LSTM(3, 4), (5, 2, 3)),
    "LSTM two layers, both ways": (lambda lib: lib.LSTM(3, 4, num_layers=2, bidirectional=True), (5, 2, 3)),
    "LSTM batch first": (lambda lib: lib.LSTM(3, 4, 2, batch_first=True), (2, 5, 3)),
    "LSTM no bias": (lambda lib: lib.LSTM(3, 4, bias=False), (5, 2, 3)),
    "LSTM projected": (lambda lib: lib.LSTM(3, 4, 2, bidirectional=True, proj_size=2), (5, 2, 3)),
    "LSTM projected, no bias": (lambda lib: lib.LSTM(3, 4, bias=False, proj_size=2), (5, 2, 3)),
    "LSTM one sequence": (lambda lib: lib.LSTM(3, 4, bidirectional=True), (5, 3)),
    "GRU": (lambda lib: lib.GRU(3, 4), (5, 2, 3)),
    "GRU two layers, both ways": (lambda lib: lib.GRU(3, 4, num_layers=2, bidirectional=True), (5, 2, 3)),
    "GRU no bias": (lambda lib: lib.GRU(3, 4, bias=False), (5, 2, 3)),
    "RNNCell": (lambda lib: lib.RNNCell(3, 4, nonlinearity="relu"), (2, 3)),
    "LSTMCell": (lambda lib: lib.LSTMCell(3, 4), (2, 3)),
    "LSTMCell one sample": (lambda lib: lib.LSTMCell(3, 4, bias=False), (3,)),
    "GRUCell": (lambda lib: lib.GRUCell(3, 4), (2, 3)),
    "GRUCell one sample": (lambda lib: lib.GRUCell(3, 4), (3,)),
}
RNG = np.random.default_rng(0)


def both(make):
    """The layer in both libraries, at float64, with one state."""
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    ours, theirs = make(nn).double(), make(torch.nn).double()
    assert ours.load_state_dict(theirs.state_dict()) == ([], [])
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert repr(ours).startswith(repr(theirs))
    return torch, ours, theirs


def flat(result):
    """The Tensors of a result, however they are nested."""
    if isinstance(result, tuple):
        return [t for part in result for t in flat(part)]
    return [result]


def agree(ours, theirs, results, expected, *leaves):
    """Outputs, and the gradients of a weighted sum of them."""
    results, expected = flat(results), flat(expected)
    for t, u in zip(results, expected, strict=True):
        assert t.shape == tuple(u.shape)
        assert_allclose(t, u.detach().numpy(), rtol=1e-9, atol=1e-12)
    sum(((i + 1) * t * t).sum() for i, t in enumerate(results)).backward()
    sum(((i + 1) * t * t).sum() for i, t in enumerate(expected)).backward()
    pairs = [*zip(ours.parameters(), theirs.parameters(), strict=True), *leaves]
    for p, q in pairs:
        assert_allclose(p.grad, q.grad, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", LAYERS)
def test_pytorchs_numbers(name):
    make, shape = LAYERS[name]
    torch, ours, theirs = both(make)
    x = RNG.normal(size=shape)
    a, b = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    agree(ours, theirs, ours(a), theirs(b), (a, b))


@pytest.mark.parametrize("name", LAYERS)
def test_first_states_that_are_given(name):
    make, shape = LAYERS[name]
    torch, ours, theirs = both(make)
    found = ours(tg.zeros(shape, dtype=tg.float64))
    states = flat(found[1] if isinstance(ours, nn.RNNBase) else found)
    arrays = [RNG.normal(size=s.shape) for s in states]
    a, b = [tg.tensor(s, requires_grad=True) for s in arrays], [torch.tensor(s, requires_grad=True) for s in arrays]
    x = RNG.normal(size=shape)
    mine = ours(tg.tensor(x), tuple(a) if len(a) > 1 else a[0])
    agree(ours, theirs, mine, theirs(torch.tensor(x), tuple(b) if len(b) > 1 else b[0]), *zip(a, b, strict=True))


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("in_order", [True, False])
def test_packed_by_lengths(kind, in_order):
    torch, ours, theirs = both(lambda lib: getattr(lib, kind)(3, 4, num_layers=2, bidirectional=True))
    lengths = [5, 3, 3, 1] if in_order else [3, 1, 5, 3]
    x, h = RNG.normal(size=(5, 4, 3)), RNG.normal(size=(4, 4, 4))
    a, b = tg.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    k, q = tg.tensor(h, requires_grad=True), torch.tensor(h, requires_grad=True)
    packed = rnn.pack_padded_sequence(a, lengths, enforce_sorted=in_order)
    out, last = ours(packed, (k, k) if kind == "LSTM" else k)
    padded, found = rnn.pad_packed_sequence(out, batch_first=True, padding_value=-1.0, total_length=6)
    lib = torch.nn.utils.rnn
    expected, their_last = theirs(
        lib.pack_padded_sequence(b, lengths, enforce_sorted=in_order), (q, q) if kind == "LSTM" else q
    )
    their_padded, _ = lib.pad_packed_sequence(expected, batch_first=True, padding_value=-1.0, total_length=6)
    assert found.tolist() == lengths
    agree(ours, theirs, (padded, last), (their_padded, their_last), (a, b), (k, q))


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_packing_is_reading_each_sequence_alone(kind):
    layer = getattr(nn, kind)(3, 4, bidirectional=True).double()
    sequences = [tg.tensor(RNG.normal(size=(n, 3))) for n in (2, 4, 1)]
    outs = rnn.unpack_sequence(layer(rnn.pack_sequence(sequences, enforce_sorted=False))[0])
    for sequence, out in zip(sequences, outs, strict=True):
        assert_allclose(out, layer(sequence)[0], rtol=1e-12)


def test_cells_step_by_step_are_the_layer():
    layer, cell = nn.LSTM(3, 4), nn.LSTMCell(3, 4)
    cell.load_state_dict({name.removesuffix("_l0"): p for name, p in layer.state_dict().items()})
    x, state = tg.randn(5, 2, 3), None
    for step in x:
        state = cell(step, state)
    assert_allclose(state[1], layer(x)[1][1][0], rtol=1e-5)


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_fused_equals_its_meaning_in_plain_gates(name):
    parts, gate = {"rnn": 1, "lstm": 4, "gru": 3}[name], GATES[name]
    shapes = [(8, 3), (3, 4), *[(3, 4)] * (name == "lstm"), (4 * parts, 3), (4 * parts, 4), (4 * parts,), (4 * parts,)]
    arrays = [RNG.normal(size=s) for s in shapes]
    how = {"sizes": (3, 3, 1, 1), "reverse": True} | ({"slope": "tanh"} if name == "rnn" else {"kept": None})
    more = [None] if name == "lstm" else []
    plain = gate.meaning(*map(tg.tensor, arrays), *more, **how)
    for t, u in zip(gate.forward(*arrays, *more, **how), plain, strict=True):
        assert_allclose(t, u, rtol=1e-12)


def test_walked_twice():
    layer = nn.LSTM(3, 4)
    loss = layer(tg.ones(5, 2, 3))[0].sum()
    loss.backward(retain_graph=True)
    once = np.array(layer.weight_hh_l0.grad)
    loss.backward()
    assert_allclose(layer.weight_hh_l0.grad, 2 * once, rtol=1e-6)


def test_dropout_between_layers_while_training():
    tg.manual_seed(0)
    layer, x = nn.GRU(3, 4, num_layers=2, dropout=0.5), tg.ones(5, 2, 3)
    assert not np.array_equal(layer(x)[0], layer(x)[0])
    layer.eval()
    assert np.array_equal(layer(x)[0], layer(x)[0])
    one = nn.GRU(3, 4, dropout=0.5)
    assert np.array_equal(one(x)[0], one(x)[0])
    without = nn.LSTM(3, 4, num_layers=2, dropout=1.0)
    assert np.array_equal(without(x)[0], without(x * 2)[0])
    gates = [node.gate for node in tg.viz.record(layer.train()(x)[0].sum()).nodes]
    assert "dropout" in gates and "mul" not in gates, "drawn as every other dropout"


def test_what_passes_between_layers_keeps_its_mean():
    tg.manual_seed(0)
    layer = nn.RNN(1, 1, num_layers=2, dropout=0.25, nonlinearity="relu", bias=False)
    for p in layer.parameters():
        p.requires_grad_(False).fill_(1.0)
    seen = layer(tg.ones(1, 1000, 1))[0].numpy()
    assert set(np.unique(seen).round(4)) == {0, np.float32(1.3333)}
    assert 0.9 < seen.mean() < 1.1


def test_weights_start_within_one_over_root_hidden():
    layer = nn.LSTM(3, 100)
    for name, p in layer.named_parameters():
        assert 0.09 < np.abs(p.numpy()).max() <= 0.1, name
    assert len(layer.all_weights) == 1
    assert layer.flatten_parameters() is None


def test_padding_and_back():
    sequences = [tg.tensor([1.0, 2.0, 3.0]), tg.tensor([4.0])]
    padded = rnn.pad_sequence(sequences, batch_first=True, padding_value=-1, padding_side="left")
    assert padded.tolist() == [[1, 2, 3], [-1, -1, 4]]
    assert [s.tolist() for s in rnn.unpad_sequence(rnn.pad_sequence(sequences), [3, 1])] == [[1, 2, 3], [4]]
    assert rnn.invert_permutation(None) is None


def test_shapes_that_do_not_fit():
    net = nn.Sequential(nn.Linear(3, 3), nn.LSTM(4, 5))
    with pytest.raises(ShapeError, match=r"1: LSTM\(4, 5\)(?s:.)*steps, batch, 4(?s:.)*\(2, 2, 3\)"):
        net(tg.ones(2, 2, 3))
    with pytest.raises(ShapeError, match=r"GRU\(3, 4\) was given first states(?s:.)*\(1, 2, 4\)(?s:.)*\(1, 3, 4\)"):
        nn.GRU(3, 4)(tg.ones(5, 2, 3), tg.ones(1, 3, 4))
    with pytest.raises(ShapeError, match="rows of 4"):
        nn.GRU(4, 4)(rnn.pack_sequence([tg.ones(2, 3)]))
    with pytest.raises(ShapeError, match=r"LSTMCell\(3, 4\)"):
        nn.LSTMCell(3, 4)(tg.ones(2, 5))
    with pytest.raises(ShapeError, match="at least one step"):
        nn.RNN(3, 4)(tg.ones(0, 2, 3))
    with pytest.raises(ShapeError, match="one length"):
        tg.gru(tg.ones(2, 3), tg.ones(1, 4), [], True, 1, 0.0, False, False, False)
    with pytest.raises(TinygradError, match="not as many"):
        tg.gru(tg.ones(2, 2, 3), tg.ones(1, 2, 4), [tg.ones(12, 3)], True, 1, 0.0, False, False, False)


def test_lengths_that_do_not_fit():
    with pytest.raises(ShapeError, match="2 lengths from 1 to 3"):
        rnn.pack_padded_sequence(tg.ones(3, 2), [3, 0])
    with pytest.raises(TinygradError, match="enforce_sorted=False"):
        rnn.pack_padded_sequence(tg.ones(3, 2), [1, 3])
    with pytest.raises(ShapeError, match="total_length"):
        rnn.pad_packed_sequence(rnn.pack_sequence([tg.ones(3)]), total_length=2)
    with pytest.raises(ShapeError, match="first axis alone"):
        rnn.pad_sequence([tg.ones(3, 1), tg.ones(3, 2)])
    with pytest.raises(ValueError, match="padding_side"):
        rnn.pad_sequence([tg.ones(3)], padding_side="top")


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.RNN(3, 4, nonlinearity="sigmoid"),
        lambda: nn.RNNCell(3, 4, nonlinearity="sigmoid"),
        lambda: nn.LSTM(3, 4, dropout=2.0),
        lambda: nn.LSTM(3, 0),
        lambda: nn.GRU(3, 4, proj_size=2),
    ],
)
def test_arguments_that_mean_nothing(make):
    with pytest.raises(ValueError, match="got"):
        make()
