"""tg.summary: layers, shapes, parameters, multiply-adds by the formula of each layer, memory; and nothing changed."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.errors import OptionError

# A layer, the shapes of its inputs, and the multiply-adds that its formula says.
COSTS = [
    (nn.Linear(7, 5), [(3, 7)], 3 * 7 * 5),
    (nn.Linear(7, 5, bias=False), [(2, 3, 7)], 2 * 3 * 7 * 5),
    (nn.Bilinear(3, 4, 5), [(2, 3), (2, 4)], 2 * 5 * 3 * 4 + 2 * 5 * 4),  # x₁ᵀ W, then its product with x₂
    (nn.Conv1d(4, 6, 3), [(2, 4, 9)], 2 * 6 * 7 * 4 * 3),
    (nn.Conv2d(4, 6, 3, stride=2, padding=1), [(2, 4, 8, 8)], 2 * 6 * 4 * 4 * 4 * 9),
    (nn.Conv2d(4, 6, 3, groups=2), [(2, 4, 8, 8)], 2 * 6 * 6 * 6 * 2 * 9),
    (nn.Conv2d(4, 4, 3, groups=4), [(2, 4, 8, 8)], 2 * 4 * 6 * 6 * 9),
    (nn.Conv2d(4, 6, (3, 1), dilation=2), [(2, 4, 8, 8)], 2 * 6 * 4 * 8 * 4 * 3),
    (nn.Conv3d(2, 3, 2), [(1, 2, 4, 4, 4)], 3 * 27 * 2 * 8),
    (nn.ConvTranspose1d(4, 6, 3, stride=2), [(2, 4, 5)], 2 * 4 * 5 * 6 * 3),
    (nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2), [(2, 4, 5, 5)], 2 * 4 * 25 * 3 * 9),
    (nn.ConvTranspose3d(2, 3, 2), [(1, 2, 3, 3, 3)], 2 * 27 * 3 * 8),
    (nn.RNN(4, 6), [(5, 2, 4)], 5 * 2 * 6 * (4 + 6)),
    (nn.GRU(4, 6, bias=False), [(5, 2, 4)], 5 * 2 * 3 * 6 * (4 + 6)),
    (nn.LSTM(4, 6, 2, bidirectional=True), [(5, 2, 4)], 5 * 2 * 2 * 4 * 6 * ((4 + 6) + (12 + 6))),
    (nn.LSTM(4, 6, proj_size=3), [(5, 2, 4)], 5 * 2 * (4 * 6 * (4 + 3) + 3 * 6)),
    (nn.RNNCell(4, 6), [(2, 4)], 2 * 6 * (4 + 6)),
    (nn.GRUCell(4, 6), [(2, 4)], 2 * 3 * 6 * (4 + 6)),
    (nn.LSTMCell(4, 6), [(2, 4)], 2 * 4 * 6 * (4 + 6)),
    (nn.Sequential(nn.BatchNorm1d(3), nn.ReLU()), [(2, 3)], 0),
]


@pytest.mark.parametrize(("layer", "shapes", "cost"), COSTS, ids=[str(row[0])[:40] for row in COSTS])
def test_multiply_adds(layer, shapes, cost):
    seen = tg.summary(layer, shapes)
    assert seen.multiply_adds == seen.rows[0].multiply_adds == cost
    assert seen.parameters == sum(p.numel() for p in layer.parameters())
    assert seen.inputs == tuple(shapes)


@pytest.mark.parametrize("weights", [True, False])
def test_multiply_adds_of_attention(weights):
    """Four projections, each query with each key, each weight with each value; fused or not."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(8, 2)

        def forward(self, q, k):
            return self.attention(q, k, k, need_weights=weights)

    length, keys, batch, e = 5, 3, 2, 8
    projections = batch * e * e * (2 * length + 2 * keys)
    seen = tg.summary(Net(), [(length, batch, e), (keys, batch, e)])
    assert seen.multiply_adds == projections + 2 * batch * length * keys * e


def test_multiply_adds_of_functions():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(tg.ones(3, 4))

        def forward(self, x):
            y = tg.einsum("bij,jk->bik", x, self.w) @ tg.ones(4, 5)
            return y @ tg.ones(5)

    assert tg.summary(Net(), (2, 6, 3)).multiply_adds == 2 * 6 * 3 * 4 + 2 * 6 * 4 * 5 + 2 * 6 * 5


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10))

    def forward(self, x):
        return self.head(self.features(x))


def test_the_table():
    seen = tg.summary(LeNet(), (1, 1, 28, 28))
    assert seen.parameters == 61_706
    lines = str(seen).split("\n")
    assert lines[0].split() == ["layer", "output", "parameters", "multiply-adds", "memory"]
    assert lines[2].startswith("LeNet ")
    assert lines[3].startswith("  features: Sequential ")
    assert lines[4].split("  ")[-1].endswith("KiB")
    assert "    0: Conv2d " in lines[4]
    assert "(1, 6, 28, 28)" in lines[4]
    assert "117,600" in lines[4]
    assert len({len(line) for line in lines[:2]}) == 1
    assert lines[-3] == "parameters     61,706"
    parts = [row for row in seen.rows if row.depth == 2]
    assert sum(row.multiply_adds for row in parts) == seen.multiply_adds
    assert sum(row.memory for row in parts) == seen.activation_bytes == seen.rows[0].memory
    assert seen.parameter_bytes == 4 * 61_706


def test_memory_is_what_the_gates_made():
    net = nn.Sequential(nn.Linear(4, 8, bias=False), nn.ReLU(), nn.Unflatten(1, (2, 4)))  # the last makes a view
    assert tg.summary(net, (16, 4)).activation_bytes == 2 * 16 * 8 * 4
    assert tg.summary(net.double(), (16, 4)).activation_bytes == 2 * 16 * 8 * 8


def test_a_shared_module_is_counted_once():
    shared = nn.Linear(4, 4)
    seen = tg.summary(nn.Sequential(shared, nn.ReLU(inplace=True), shared), (3, 4))
    assert seen.parameters == seen.rows[0].parameters == 20
    assert seen.multiply_adds == 2 * 3 * 16, "but it is called twice"
    assert seen.rows[-1].shared == "0"
    assert "2: Linear  the same as 0" in str(seen)


def test_a_shared_parameter_is_counted_once():
    net = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False))
    net[1].weight = net[0].weight
    assert tg.summary(net, (3, 4)).parameters == 16


def test_lists_of_modules_and_what_is_never_called():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
            self.idle = nn.Linear(2, 2)

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return {"result": (x, 1)}

    seen = {row.path: row for row in tg.summary(Net(), (1, 4)).rows}
    assert seen[""].shape == (1, 4)
    assert seen["layers"].multiply_adds == 32
    assert "idle: Linear" in str(tg.summary(Net(), (1, 4)))
    assert "not called" in str(tg.summary(Net(), (1, 4))).split("idle")[1].split("\n")[0]


def test_nothing_is_changed():
    net = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 2))
    net[0].requires_grad_(False)
    net[2].eval()
    before = {name: np.array(t) for name, t in net.state_dict().items()}
    state = tg.get_rng_state()
    with tg.no_grad():
        seen = tg.summary(net, (5, 4))
        assert not tg.is_grad_enabled()
    assert seen.multiply_adds == 5 * (12 + 6), "frozen layers cost, too"
    assert seen.trained == seen.parameters - 15
    assert "of which 15 are frozen" in str(seen)
    assert [m.training for m in net] == [True, True, False, True]
    assert [p.requires_grad for p in net[0].parameters()] == [False, False]
    assert all((before[name] == np.array(t)).all() for name, t in net.state_dict().items())
    assert str(state) == str(tg.get_rng_state())
    assert all(p.grad is None for p in net.parameters())
    assert all(not any(m._hooks) for m in net.modules() if m._hooks)


def test_restored_after_an_error():
    net = nn.Sequential(nn.Linear(4, 3)).requires_grad_(False)
    with pytest.raises(tg.errors.ShapeError, match=r"0: Linear"):
        tg.summary(net, (5, 5))
    assert net.training
    assert not net[0].weight.requires_grad
    assert not any(net[0]._hooks)


def test_inputs_of_every_kind():
    net = nn.Sequential(nn.Embedding(10, 4), nn.Flatten(), nn.Linear(12, 2)).requires_grad_(False)
    assert tg.summary(net, tg.tensor([[1, 2, 3]])).multiply_adds == 24
    assert tg.summary(net, np.array([[1, 2, 3]])).multiply_adds == 24
    assert tg.summary(nn.Linear(3, 2), [3]).inputs == ((3,),)
    for wrong in ("2x3", [(2.0, 3)], (-1, 3)):
        with pytest.raises(OptionError, match="a shape like"):
            tg.summary(nn.Linear(3, 2), wrong)
