"""viz: the records are the engine's own numbers, and every text and picture is made from them."""

import json

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import anomaly, errors, viz
from tinygrad_edu.engine import grad
from tinygrad_edu.testing.cases import CASES
from tinygrad_edu.testing.checks import leaves, outputs
from tinygrad_edu.tour.neuron import neuron
from tinygrad_edu.viz import wording
from tinygrad_edu.viz.page.content import _PRODUCTS


def leaf(value, name=None):
    return tg.tensor(value, requires_grad=True, name=name)


# Records.


def test_the_neuron_of_cs231n():
    seen = viz.record(neuron())
    gradients = {node.name: round(node.gradient.full, 2) for node in seen.nodes if node.role == "leaf"}
    assert gradients == {"w0": -0.2, "x0": 0.39, "w1": -0.39, "x1": -0.59, "w2": 0.2}
    assert [node.gate for node in seen.nodes if node.gate] == ["mul", "mul", "add", "add", "neg", "exp", "add", "div"]
    (edge,) = [edge for edge in seen.edges if seen.nodes[edge.target].gate == "exp"]
    assert edge.local == "exp(x)"
    assert edge.upstream.full * edge.local_value.full == pytest.approx(edge.contribution.full)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_gradients_are_those_of_the_engine(case):
    tensors = leaves(case)
    for output in outputs(case, tensors):
        seed = np.cos(np.arange(output.numel())).reshape(output.shape)
        seen = viz.record(output, gradient=seed)
        found = grad(output, [x for x in tensors if x.requires_grad], seed, retain_graph=True, allow_unused=True)
        expected = [np.linalg.norm(np.ravel(g)) for g in found if g is not None]
        told = [node.gradient.norm for node in seen.nodes if node.role == "leaf" and node.gradient is not None]
        np.testing.assert_allclose(sorted(told), sorted(expected), rtol=1e-12)
        assert all(edge.source < edge.target for edge in seen.edges), "inputs come before what is made of them"
        assert viz.text(seen)
        assert viz.to_dot(seen)
        assert json.loads(seen.to_json())["output"] == seen.output


def test_a_value_used_twice_has_two_edges_and_their_sum():
    x = leaf(3.0, "x")
    seen = viz.record(x * x)
    assert [(edge.source, edge.target, edge.position) for edge in seen.edges] == [(0, 1, 0), (0, 1, 1)]
    assert [edge.contribution.full for edge in seen.out_of[0]] == [3.0, 3.0]
    assert seen.nodes[0].gradient.full == 6.0


def test_recording_leaves_everything_as_it_was():
    x = leaf([1.0, 2.0])
    called = []
    y = (x * x).sum()
    x.register_hook(called.append)
    before = tg.is_grad_enabled()
    viz.record(y)
    assert x.grad is None
    assert not called
    assert tg.is_grad_enabled() is before
    y.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_the_backward_pass_is_recorded_where_it_can_start():
    x = leaf([1.0, 2.0])
    assert viz.record(x.sum()).backward
    assert not viz.record(x * 2).backward
    assert viz.record(x * 2, gradient=np.ones(2)).backward
    assert not viz.record(x.sum(), backward=False).backward
    assert not viz.record(tg.tensor(1.0)).backward
    with pytest.raises(errors.NonScalarError):
        viz.record(x * 2, backward=True)
    with pytest.raises(errors.NoGradientError):
        viz.record(tg.tensor(1.0), backward=True)
    with pytest.raises(errors.GradientShapeError):
        viz.record(x * 2, gradient=np.ones(3))


def test_a_graph_that_is_gone_or_changed_says_so():
    x = leaf([1.0, 2.0])
    y = (x * x).sum()
    y.backward()
    with pytest.raises(errors.FreedGraphError):
        viz.record(y)
    y = (x * x).sum()
    with tg.no_grad():
        x.mul_(2)
    with pytest.raises(errors.ChangedAfterUseError):
        viz.record(y)


def test_a_value_rewritten_in_place_is_recorded_as_each_gate_saw_it():
    x = leaf(3.0, "x")
    y = x * 2
    z = y * 5
    y += 1
    seen = viz.record(y * z)
    assert seen.nodes[0].gradient.full == 2 * 30 + 10 * 7
    assert sorted(node.value.full for node in seen.nodes if node.gate == "mul") == [6.0, 30.0, 210.0]


def test_several_outputs():
    x = leaf([3.0, 1.0, 2.0])
    values, _ = tg.sort(x)
    seen = viz.record(values[0] * 10)
    assert seen.nodes[0].gradient.full == [0.0, 10.0, 0.0]
    assert "pick" in viz.text(seen) or "sort" in viz.text(seen)


def test_leaves_constants_and_what_needs_no_gradient():
    x, w = tg.tensor([1.0, 2.0], name="data"), leaf([3.0, 4.0], "w")
    seen = viz.record((x * w + np.array([1.0, 1.0], np.float32)).sum())
    roles = {node.name or node.role: (node.role, node.requires_grad) for node in seen.nodes if not node.gate}
    assert roles == {"data": ("leaf", False), "w": ("leaf", True), "constant": ("constant", False)}
    assert all(
        edge.contribution is None for edge in seen.edges if seen.nodes[edge.source].name != "w" and edge.target == 2
    )
    alone = viz.record(leaf(2.0, "alone"))
    assert (alone.output, len(alone.nodes), alone.nodes[0].gradient.full) == (0, 1, 1.0)


def test_large_arrays_are_summarised():
    seen = viz.record((leaf(np.linspace(-1, 1, 100).reshape(4, 25)) * 2).sum())
    value = seen.nodes[0].value
    assert (value.shape, value.full, value.low, value.high) == ((4, 25), None, -1.0, 1.0)
    assert viz.Values.of(np.zeros((0, 3))).low is None
    assert wording.values(viz.Values.of(np.zeros((0, 3)))) == "[]"


def test_json_has_no_numbers_that_json_lacks():
    with np.errstate(all="ignore"):
        output = tg.log(leaf([0.0, -1.0]))
    text = viz.record(output, gradient=np.ones(2)).to_json()
    assert "Infinity" not in text
    assert json.loads(text)["nodes"][1]["value"]["full"] == ["-inf", "nan"]


def test_what_is_said_of_gates_by_name_is_said_of_gates_that_exist():
    for table in (wording._SIGNS, wording._INFIX, _PRODUCTS, anomaly._MEND):
        assert not set(table) - set(tg.GATES)
