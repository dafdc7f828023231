"""Records: names, modules, lines, local gradients and their sums, maps, gates taken apart, and the same as JSON."""

import json
import threading

import numpy as np
import pytest
from golden.programs import LeNet, filled, leaf

import tinygrad_edu as tg
from tinygrad_edu import errors, nn, viz
from tinygrad_edu.engine import grad
from tinygrad_edu.testing.cases import CASES
from tinygrad_edu.testing.checks import leaves, outputs
from tinygrad_edu.viz import Record, record


def same(a, b):
    """Whether two records say the same; nan is nan here."""
    return a.to_json() == b.to_json()


# Modules.


class Cell(nn.Module):
    def __init__(self):
        super().__init__()
        self.of_x, self.of_h = nn.Linear(2, 3), nn.Linear(3, 3)

    def forward(self, x, h):
        return tg.tanh(self.of_x(x) + self.of_h(h))


class Unrolled(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell, self.head = Cell(), nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))

    def forward(self, x):
        h = tg.zeros(5, 3)
        for step in x:
            h = self.cell(step, h)
        return self.head(h)


def test_a_cell_called_three_times_has_three_calls():
    network, criterion = Unrolled(), nn.CrossEntropyLoss()
    seen = record(criterion(network(tg.randn(3, 5, 2)), tg.tensor([0, 1, 0, 1, 1])))
    calls = [(call.path, call.kind, call.parent) for call in seen.modules]
    cell = [("cell", "Cell"), ("cell.of_x", "Linear"), ("cell.of_h", "Linear")]
    head = [("head", "Sequential"), ("head.0", "Linear"), ("head.1", "ReLU"), ("head.2", "Linear")]
    assert [call[:2] for call in calls[:-1]] == [("", "Unrolled"), *cell * 3, *head]
    assert calls[-1] == ("CrossEntropyLoss", "CrossEntropyLoss", None)
    assert [parent for _, _, parent in calls[:4]] == [None, 0, 1, 1]
    tanhs = [node for node in seen.nodes if node.gate == "tanh"]
    assert [node.module for node in tanhs] == ["cell"] * 3
    for call, tanh in zip([c for c in seen.modules if c.path == "cell"], tanhs, strict=True):
        assert tanh.id in call.nodes
        assert sum(other.id in call.nodes for other in tanhs) == 1
        assert (call.shape, call.parameters) == ((5, 3), 21)
    assert seen.modules[0].shape == (5, 2)
    names = [node.name for node in seen.nodes if node.role == "leaf" and node.requires_grad]
    assert names == [
        f"{part}.{kind}" for part in ("cell.of_x", "cell.of_h", "head.0", "head.2") for kind in ("weight", "bias")
    ]


def test_lenet_has_the_paths_of_its_parameters():
    network = filled(LeNet())
    seen = record(network(tg.ones(2, 1, 28, 28, dtype=tg.float64)).sum())
    names = {node.name for node in seen.nodes if node.role == "leaf" and node.requires_grad}
    assert names == {name for name, _ in network.named_parameters()}
    convs = [node.module for node in seen.nodes if node.gate == "conv"]
    assert convs == ["features.0", "features.3"]
    inner = seen.modules[seen.modules.index(next(c for c in seen.modules if c.path == "features.0"))]
    assert (inner.kind, inner.says[:4], inner.shape) == ("Conv2d", "1, 6", (2, 6, 24, 24))
    assert seen.nodes[seen.output].module == ""


def test_shared_layers_and_two_networks():
    shared = nn.Linear(2, 2)
    twice = nn.Sequential(shared, nn.Tanh(), shared)
    seen = record(twice(tg.ones(1, 2)).sum())
    assert [call.path for call in seen.modules] == ["", "0", "1", "0"]
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    seen = record(second(first(tg.ones(1, 2))).sum())
    assert [call.path for call in seen.modules] == ["Linear", "Linear_2"]
    assert {n.name for n in seen.nodes if n.requires_grad and not n.gate} == {
        "Linear.weight", "Linear.bias", "Linear_2.weight", "Linear_2.bias",
    }  # fmt: skip


def test_a_part_that_is_not_registered_and_a_name_of_the_user_s():
    class Hidden(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = [nn.Linear(2, 2)]
            self.scale = nn.Parameter(tg.ones(2))
            self.scale.name = "mine"

        def forward(self, x):
            return self.parts[0](x) * self.scale

    network = Hidden()
    seen = record(network(tg.ones(1, 2)).sum())
    assert [call.path for call in seen.modules] == ["", "Linear"]
    assert "mine" in {node.name for node in seen.nodes}


def test_modules_of_other_threads_do_not_mix_in():
    network, other = nn.Tanh(), nn.Sequential(nn.Tanh(), nn.Tanh())
    x = leaf([1.0])
    stop = threading.Event()

    def busy():
        while not stop.is_set():
            other(x)

    thread = threading.Thread(target=busy)
    thread.start()
    try:
        for _ in range(5):
            seen = record(network(x * 2).sum())
            assert [(call.path, call.kind, len(call.nodes)) for call in seen.modules] == [("", "Tanh", 1)]
    finally:
        stop.set()
        thread.join()


def test_a_module_that_is_gone_leaves_its_gates():
    seen = record(nn.Tanh()(leaf([1.0])).sum())
    assert [node.gate for node in seen.nodes if node.gate] == ["tanh", "sum"]
    assert seen.modules == ()


# Local gradients.


@pytest.mark.parametrize("case", [c for c in CASES.values() if c.elementwise], ids=lambda c: c.name)
def test_an_elementwise_gate_has_its_locals_on_the_diagonal(case):
    tensors = leaves(case)
    for output in outputs(case, tensors):
        seed = 1 + np.cos(np.arange(output.numel())).reshape(output.shape)
        for edge in record(output, gradient=seed).into[record(output, gradient=seed).output]:
            if edge.contribution and edge.contribution.shape == output.shape and edge.local_value.full is not None:
                assert edge.diagonal
                local = np.array(edge.local_value.full)
                np.testing.assert_allclose(local * edge.upstream.full, edge.contribution.full, rtol=1e-5)


@pytest.mark.parametrize("program", [
    lambda x: x @ x, lambda x: tg.softmax(x, 0), lambda x: x.T, lambda x: x.cumsum(0), lambda x: tg.sort(x)[0],
    lambda x: tg.logsumexp(x, 0), lambda x: x[:, [1, 0]], lambda x: x.flip(0), lambda x: tg.linalg.inv(x),
])  # fmt: skip
def test_what_mixes_elements_is_not_diagonal(program):
    output = program(leaf([[3.0, 1.0], [2.0, 4.0]]))
    seen = record(output, gradient=np.ones(output.shape))
    assert not any(edge.diagonal for edge in seen.into[seen.output])


def test_sums_are_the_contributions_of_each_use():
    x, w = leaf([1.0, 2.0], "x"), tg.tensor([1.0, 1.0], dtype=tg.float64)
    seen = record(((x * w) + x.exp() + w).sum())
    (edges,) = seen.sums.values()
    assert seen.nodes[edges[0].source].name == "x"
    np.testing.assert_allclose(sum(np.array(e.contribution.full) for e in edges), seen.nodes[0].gradient.full)


def test_a_gradient_that_is_held_already_is_noted():
    x = leaf(3.0, "x")
    (x * x).backward()
    assert record(x * x).nodes[0].held.full == 6.0
    assert "x.grad holds 6.00 already: backward() adds to it" in viz.text(x * x)


# Maps.


def test_maps_are_small_and_average():
    array = np.arange(60.0 * 50).reshape(3, 20, 50)
    seen = viz.Values.of(array, maps=True)
    assert (len(seen.map), len(seen.map[0])) == (24, 24)
    assert seen.map[0][0] == pytest.approx(array.reshape(60, 50)[:2, :2].mean(), abs=60)
    assert viz.Values.of(np.arange(100.0), maps=True).map[0][0] == pytest.approx(1.5)
    assert np.shape(viz.Values.of(np.ones((8, 3, 3, 3)), maps=True).map) == (24, 9), "as square as can be"
    assert viz.Values.of(np.arange(9.0), maps=True).map is None
    assert viz.Values.of(np.zeros((0, 50)), maps=True).map is None
    assert viz.Values.of(np.ones((5, 5), bool), maps=True).map == [[1.0] * 5] * 5
    assert record(leaf(np.ones(100)).sum()).nodes[0].value.map is None
    assert record(leaf(np.ones(100)).sum(), maps=True).nodes[0].value.map == [[1.0] * 24]


# Gates taken apart.


def test_sigmoid_is_four_gates():
    x = leaf([-1.0, 2.0], "x")
    y = tg.sigmoid(x)
    y.name = "y"
    seen = record(y.sum(), expand=True)
    assert [node.gate for node in seen.nodes if node.gate] == ["neg", "exp", "add", "div", "sum"]
    assert [node.name for node in seen.nodes if node.gate == "div"] == ["y"]
    np.testing.assert_allclose(seen.nodes[0].gradient.full, record(y.sum()).nodes[0].gradient.full, rtol=1e-12)
    assert y.gate.name == "sigmoid", "the user's graph is as it was"


@pytest.mark.parametrize("program", [
    lambda x: tg.softmax(x, 1)[0, 0], lambda x: nn.functional.cross_entropy(x, tg.tensor([0, 2, 1])),
    lambda x: tg.log_softmax(x, 0).sum(), lambda x: nn.functional.silu(x).sum(),
    lambda x: nn.functional.layer_norm(x, (3,)).square().sum(),
    lambda x: nn.LSTM(3, 2).double()(x.reshape(3, 1, 3))[0].sum() + (x * x).sum(),
    lambda x: nn.GRU(3, 2).double()(x.reshape(3, 1, 3))[1].sum(),
])  # fmt: skip
def test_what_is_taken_apart_has_the_same_gradient(program):
    tg.manual_seed(1)
    x = leaf([[0.5, -1.0, 2.0], [1.5, 0.3, -0.7], [0.1, 0.2, 0.4]], "x")
    output = program(x)
    (expected,) = grad(output, x, retain_graph=True)
    seen = record(output, expand=True)
    fused = {node.gate for node in record(output).nodes} - {node.gate for node in seen.nodes}
    assert fused, "a gate was taken apart"
    (found,) = [node for node in seen.nodes if node.name == "x"]
    np.testing.assert_allclose(found.gradient.full, expected.numpy(), rtol=1e-7, atol=1e-9)
    output.backward()
    np.testing.assert_allclose(x.grad.numpy(), expected.numpy(), rtol=1e-12)


def test_parts_stay_in_their_module_and_on_their_line():
    network = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid())
    with tg.inspect():
        loss = network(tg.ones(1, 2)).sum()
    parts = [node for node in record(loss, expand=True).nodes if node.gate in ("neg", "exp", "div")]
    assert [node.module for node in parts] == ["1"] * 3
    assert {node.code for node in parts} == {"loss = network(tg.ones(1, 2)).sum()"}


# JSON.


@pytest.mark.parametrize("case", list(CASES.values())[::6], ids=lambda c: c.name)
def test_json_and_back(case):
    tensors = leaves(case)
    for output in outputs(case, tensors):
        seen = record(output, gradient=np.ones(output.shape), maps=True)
        assert same(Record.from_json(seen.to_json()), seen)


def test_json_with_modules_and_nan():
    with np.errstate(all="ignore"):
        loss = nn.Tanh()(tg.log(leaf([-1.0, 0.0]))).sum()
    seen = record(loss)
    back = Record.from_json(seen.to_json())
    assert np.isnan(back.nodes[1].value.full[0])
    assert back.nodes[1].value.full[1] == -np.inf
    assert same(back, seen)
    assert viz.text(back) == viz.text(seen)


def test_json_keeps_any_name():
    seen = record(leaf(1.0, '"<script>\n日本 \ud800') * 2)
    assert json.loads(seen.to_json())["nodes"][0]["name"] == seen.nodes[0].name
    assert Record.from_json(seen.to_json()).nodes[0].name == seen.nodes[0].name


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"nodes": 1, "edges": [], "modules": [], "output": 0}'])
def test_json_that_is_no_record_says_so(text):
    with pytest.raises(errors.DataFileError, match="not the JSON of a record"):
        Record.from_json(text)


def test_json_with_an_edge_to_nowhere():
    held = json.loads(record(leaf(1.0) * 2).to_json())
    held["edges"][0]["source"] = 7
    with pytest.raises(errors.DataFileError, match="names a node that is not there"):
        Record.from_json(json.dumps(held))


def test_ten_thousand_gates_are_recorded():
    x = leaf(1.0, "x")
    y = x
    for _ in range(10_000):
        y = y * 1.0
    seen = record(y)
    assert len(seen.nodes) == 20_001
    assert seen.nodes[0].gradient.full == 1.0


class Scaled(tg.autograd.Function):
    """A user's own gate, that is handed an option, a number, a function and None."""

    local = ("times",)

    @staticmethod
    def forward(ctx, x, how, times, function, nothing):
        ctx.times = times
        return function(x) * times

    @staticmethod
    def backward(ctx, upstream):
        return upstream * ctx.times, None, None, None, None


@pytest.mark.parametrize("kind", ["custom", "slope", "a kind of my own"])
def test_a_gate_of_the_users_own_is_pictured(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(Scaled, "kind", kind)
    z = Scaled.apply(tg.tensor(2.0, requires_grad=True), ["fast", [1]], 3.0, lambda x: x, None)
    seen = viz.record(z)
    assert [edge.position for edge in seen.edges] == [0, 2]  # what is no value is no node
    gate = seen.nodes[seen.output]
    assert (gate.gate, gate.kind) == ("Scaled", "slope" if kind == "slope" else "custom")
    text = viz.text(z)
    assert "Scaled" in text and ("a slope" if kind == "slope" else "a gate of your own") in text
    assert tg.explain(z).check().checked["t1"] < 1e-6
    for name in ("own.dot", "own.svg", "own.html"):
        viz.save(z, tmp_path / name)
        assert "Scaled" in (tmp_path / name).read_text()
