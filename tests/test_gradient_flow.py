"""viz.gradient_flow: sizes against numbers by hand, and words for nets that truly vanish, explode, have dead ReLUs."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, viz


def step(net, x, lr=0.01, steps=1):
    """Some steps of SGD on the mean square of the output, watched."""
    optimizer = tg.optim.SGD(net.parameters(), lr=lr)
    with viz.gradient_flow(net) as flow:
        for _ in range(steps):
            optimizer.zero_grad()
            (net(x) ** 2).mean().backward()
            optimizer.step()
    return flow


def deep(width, depth, activation=None, std=None):
    tg.manual_seed(0)
    net = nn.Sequential()
    for i in range(depth):
        net.append(nn.Linear(width, width))
        if std is not None:
            nn.init.normal_(net[-1].weight, 0, std)
            nn.init.zeros_(net[-1].bias)
        if activation is not None and i < depth - 1:
            net.append(activation())
    return net


@pytest.fixture
def x():
    return tg.tensor(np.random.default_rng(0).standard_normal((64, 30)).astype(np.float32))


# The numbers.


def test_sizes_by_hand():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1, bias=False)).double()
    x = np.random.default_rng(1).standard_normal((5, 2))
    w, b, v = (np.array(p.detach()) for p in net.parameters())
    flow = step(net, tg.tensor(x), lr=0.5)
    h = x @ w.T + b
    a = np.maximum(h, 0)
    y = a @ v.T
    for_y = 2 * y / y.size
    for_a = for_y @ v
    for_h = for_a * (h > 0)
    for_w, for_b, for_v = for_h.T @ x, for_h.sum(0), for_y.T @ a
    first, relu, last = flow.layers
    assert [layer.kind for layer in flow.layers] == ["Linear", "ReLU", "Linear"]
    assert [layer.path for layer in flow.layers] == ["0", "1", "2"]
    sizes = [layer.activation for layer in flow.layers]
    assert sizes == pytest.approx([np.sqrt(np.mean(z**2)) for z in (h, a, y)])
    gradients = [layer.gradient for layer in flow.layers]
    assert gradients == pytest.approx([np.linalg.norm(g) for g in (for_h, for_a, for_y)])
    both = np.hypot(np.linalg.norm(for_w), np.linalg.norm(for_b))
    assert first.weight_gradient == pytest.approx(both)
    assert first.update == pytest.approx(0.5 * both / np.hypot(np.linalg.norm(w), np.linalg.norm(b)))
    assert last.update == pytest.approx(0.5 * np.linalg.norm(for_v) / np.linalg.norm(v))
    assert (relu.weight_gradient, relu.update) == (None, None)
    assert (relu.dead, relu.units) == (np.mean((h <= 0).all(0)), 3)
    assert (first.dead, last.dead) == (None, None)


def test_several_steps_and_nothing_left_behind(x):
    net = deep(30, 2, nn.ReLU)
    flow = step(net, x, steps=3)
    before = flow.layers
    (net(x) ** 2).mean().backward()
    assert flow.layers == before
    assert all(not any(module._hooks) for module in net.modules() if module._hooks)
    assert all(p._taps is None or not p._taps.hooks for p in net.parameters())


def test_hooks_go_after_an_error(x):
    net = deep(30, 1)

    def program():
        with viz.gradient_flow(net):
            net(x)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        program()
    assert not any(net[0]._hooks)


# The words.


def test_a_deep_sigmoid_net_vanishes(x):
    flow = step(deep(30, 10, nn.Sigmoid), x)
    assert flow.layers[0].gradient < 1e-5 * flow.layers[-1].gradient
    vanish = flow.verdicts[0]
    assert vanish.startswith("gradients vanish: from 18 to 0 their size goes from ")
    factor = (flow.layers[0].gradient / flow.layers[-1].gradient) ** (1 / 18)
    assert vanish.endswith(f"about ×{factor:.2g} for each layer")
    assert any(v.startswith("updates of 0") and "are small" in v for v in flow.verdicts)


def test_the_same_with_residual_connections_does_not(x):
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(30, 30)

        def forward(self, x):
            return x + tg.sigmoid(self.linear(x))

    tg.manual_seed(0)
    flow = step(nn.Sequential(*(Block() for _ in range(10))), x, lr=1e-4)
    assert flow.verdicts == ("nothing out of the ordinary",)
    assert [layer.path for layer in flow.layers] == [f"{i}.linear" for i in range(10)]


def test_a_deep_linear_net_explodes(x):
    flow = step(deep(30, 12, std=0.6), x, lr=0)
    words = "\n".join(flow.verdicts)
    assert "gradients explode: from 11 to 0" in words
    assert "activations explode: from 0 to 11" in words


def test_and_one_with_tiny_weights_vanishes_both_ways(x):
    words = "\n".join(step(deep(30, 12, nn.Tanh, std=0.01), x, lr=0).verdicts)
    assert "gradients vanish" in words
    assert "activations vanish" in words


def test_what_is_not_finite(x):
    with np.errstate(all="ignore"):
        words = step(deep(30, 12, std=1e6), x, lr=0).verdicts
    assert any(v.startswith("gradients are not finite, first those of 11") and "detect_anomaly" in v for v in words)


def test_dead_relus(x):
    net = deep(30, 3, nn.ReLU)
    with tg.no_grad():
        net[0].bias[:21] = -100
    flow = step(net, x, lr=1e-3)
    assert (flow.layers[1].dead, flow.layers[1].units) == (pytest.approx(0.7), 30)
    assert flow.layers[3].dead < 0.2
    (dead,) = [v for v in flow.verdicts if "dead" in v]
    assert dead.startswith("dead ReLUs: 70% of the 30 of 1 are 0 for every sample")


def test_a_relu_that_wakes_in_another_batch_is_not_dead():
    net = nn.Sequential(nn.Linear(1, 2), nn.ReLU())
    with tg.no_grad():
        net[0].weight[...] = tg.tensor([[1.0], [1.0]])
        net[0].bias[...] = tg.tensor([0.0, -9.0])
    with viz.gradient_flow(net) as flow:
        net(tg.tensor([[-1.0]])).sum().backward()
        net(tg.tensor([[1.0]])).sum().backward()
    assert flow.layers[1].dead == 0.5


def test_relu_as_a_function_counts_for_the_layer_before_it():
    """Of a convolution a unit is a channel, also behind a BatchNorm and of sequences."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv1d(1, 4, 3)
            self.norm = nn.BatchNorm1d(4)
            self.linear = nn.Linear(6, 5)

        def forward(self, x):
            h = tg.relu(self.norm(self.conv(x)))
            return nn.functional.relu(self.linear(h))

    net = Net()
    with tg.no_grad():
        net.norm.bias[1:] = -100
        net.linear.bias[2] = -100
    flow = step(net, tg.randn(10, 1, 8))
    dead = {layer.path: (layer.dead, layer.units) for layer in flow.layers}
    assert dead["norm"] == (0.75, 4)
    assert dead["conv"] == (None, 0)
    assert dead["linear"][1] == 5
    assert dead["linear"][0] >= 0.2


def test_updates_too_large(x):
    words = "\n".join(step(deep(30, 2, nn.ReLU), x, lr=100.0).verdicts)
    assert "are large: a smaller lr" in words


def test_no_backward_and_parameters_apart(x):
    net = deep(30, 2)
    with viz.gradient_flow(net) as flow:
        net(x)
    assert flow.verdicts == ("no gradient arrived: call backward() within the block",)
    net.idle = nn.Linear(2, 2)
    net[0].requires_grad_(False)
    with viz.gradient_flow(net) as flow:
        net[1](net[0](x)).sum().backward()
    assert flow.verdicts[-1].startswith("no gradient came to idle.weight, idle.bias: not part of the loss")
    assert [layer.update for layer in flow.layers] == [None, None]
    assert flow.layers[0].gradient is None, "nothing before it requires a gradient"


def test_recurrent_and_shared_layers():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(3, 4)
            self.head = nn.Linear(4, 4)

        def forward(self, x):
            h, _ = self.lstm(x)
            return self.head(self.head(h))

    flow = step(Net(), tg.randn(5, 2, 3))
    assert [(layer.path, layer.kind) for layer in flow.layers] == [("lstm", "LSTM"), ("head", "Linear")]
    assert all(layer.gradient and layer.weight_gradient and layer.update for layer in flow.layers)


# Text and picture.


def test_the_table(x):
    flow = step(deep(30, 2, nn.ReLU), x)
    lines = str(flow).split("\n")
    assert lines[0].split() == [
        "layer",
        "activation",
        "gradient",
        "of",
        "weights",
        "update",
        "/",
        "weight",
        "dead",
        "ReLUs",
    ]
    assert [line.split()[:2] for line in lines[2:5]] == [["0:", "Linear"], ["1:", "ReLU"], ["2:", "Linear"]]
    assert lines[3].endswith("% of 30")
    assert lines[6:] == list(flow.verdicts)
    assert f"{flow.layers[0].gradient:.3g}" in lines[2]


def test_one_layer_alone(x):
    flow = step(nn.Linear(30, 2), x)
    assert str(flow).split("\n")[2].startswith("Linear ")


@pytest.mark.parametrize("depth", [1, 20])
def test_the_plot(x, depth, tmp_path):
    pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
    flow = step(deep(30, depth, nn.ReLU), x)
    figure = flow.plot(tmp_path / "flow.png")
    assert (tmp_path / "flow.png").stat().st_size > 1000
    axes = figure.axes
    assert [a.get_title() for a in axes] == ["what flows", "what is learned", "dead ReLUs"][: 2 + (depth > 1)]
    line = next(line for line in axes[0].lines if line.get_label() == "gradient (norm)")
    assert list(line.get_xdata()) == [layer.gradient for layer in flow.layers]
    assert axes[0].get_yticklabels()[0].get_text() == f"{flow.layers[0].path}: Linear"
