"""tg.inspect: each value knows its line and its name, and errors name the lines of earlier uses and writes."""

import gc
import weakref

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import errors, nn, viz


def leaf(value, name=None):
    return tg.tensor(value, requires_grad=True, name=name)


@pytest.fixture
def x():
    return leaf([1.0, 2.0])


# Names.


def test_a_value_is_called_what_it_is_assigned_to(x):
    y = leaf([3.0, 4.0])
    with tg.inspect():
        q = x + y
        r = tg.softmax(q * 2, 0)
    assert (q.name, r.name, x.name, y.name) == ("q", "r", "x", "y")
    seen = viz.record(r.sum())
    assert [node.name for node in seen.nodes] == ["x", "y", "q", None, None, "r", None]


def test_only_the_result_of_a_line_bears_its_name(x):
    with tg.inspect():
        d = tg.std(x * 2) + 1  # several gates, within one call, too
    names = [node.name for node in viz.record(d).nodes if node.gate]
    assert len(names) > 3
    assert names.count("d") == 1
    assert names[-1] == "d"


def test_every_way_to_store(x):
    class Holder:
        pass

    holder = Holder()
    with tg.inspect():
        a, b = x + 1, x * 2
        c = d = x * 3
        (e := x * 4).sum()
        holder.kept = x * 5
        [f, g] = (x * 6).split(1)
        values, indices = tg.sort(x * 7)
        parts = (x * 8).chunk(2)
        h = x * 9
        h += x
        unnamed = [x * 10, 1]
    assert [t.name for t in (a, b, c, d, e, holder.kept, f, g, values, h)] == [
        "a", "b", "c", "c", "e", "kept", "f", "g", "values", "h",
    ]  # fmt: skip
    assert [part.name for part in parts] == ["parts[0]", "parts[1]"]
    assert unnamed[0].name is None
    assert indices.name is None


@pytest.mark.parametrize(("line", "names"), [
    ("a = b = x * 2", "a"), ("a, b = x * 2, x * 3", "a b"), ("a, b, c = x, x * 2, x * 3", "b c"),
    ("a = (x * 2).sum()", "a"), ("a = -x", "a"), ("a = [x * 2 for _ in range(2)]", ""), ("a = f(x)", "a"),
    ("a = (lambda t: t * 2)(x)", "a"), ("a = {'k': x * 2}", ""), ("a = x * 2 if x is not None else x", "a"),
    ("print_(x * 2)", ""), ("a = x; a *= 2", "a"), ("a = tg.func.grad(g)(x.sum())", "a"),
])  # fmt: skip
def test_at_module_level(line, names, x):
    space = {"x": leaf([1.0, 2.0], "given") * 1, "tg": tg, "f": lambda t: t.exp(), "g": lambda t: t * t}
    space["print_"] = lambda t: None
    made = []
    with tg.inspect():
        exec(line, space)
    for value in space.values():
        for t in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(t, tg.Tensor) and t.name and t.gate is not None:
                made.append(t.name)
    assert sorted(set(made)) == names.split()


def test_what_a_function_returns_is_named_by_its_caller(x):
    class Net(nn.Module):
        def forward(self, t):
            h = t * 2
            return h + 1

    with tg.inspect():
        out = Net()(x)
    assert out.name == "out"
    assert out.inputs[0].name == "h"
    assert x.name == "x" or x.name == "t"


def test_what_a_checkpoint_returns_is_named(x):
    with tg.inspect():
        y = tg.utils.checkpoint.checkpoint(lambda x: x * 2, x)
        a, b = tg.utils.checkpoint.checkpoint(lambda x: (x * 2, x * 3), x)
    assert (y.name, a.name, b.name) == ("y", "a", "b")
    assert viz.record(y).nodes[-1].line.startswith("test_inspect.py")


def test_names_of_the_user_s_stay(x):
    given = leaf(1.0, "mine")
    with tg.inspect():
        other = given * 2
        other.name = "chosen"
        again = other * 3
    assert (given.name, other.name, again.name) == ("mine", "chosen", "again")


def test_repeated_names_are_told_apart(x):
    with tg.inspect():
        h = x
        for _ in range(3):
            h = h * 2
    told = viz.text(viz.record(h.sum()))
    assert "h₂ = " in told
    assert "h₂ × 2" in told


# Lines.


def test_the_line_of_each_value(x):
    with tg.inspect():
        y = x * 2  # the line
        z = (
            y.exp()  # this one
            + 1
        )
    nodes = {node.gate: node for node in viz.record(z.sum()).nodes if node.gate}
    assert nodes["mul"].line.startswith("test_inspect.py:")
    assert nodes["mul"].code == "y = x * 2  # the line"
    assert nodes["exp"].code == "y.exp()  # this one"
    assert nodes["sum"].line is None, "nobody watched"


def test_outside_nothing_is_kept(x):
    y = x * 2
    assert y.name is None
    assert not hasattr(y, "_where")


def test_frames_and_values_are_not_kept_alive():
    class Big:
        pass

    def work():
        big = Big()
        found.append(weakref.ref(big))
        return (leaf([1.0]) * 2).sum()

    found = []
    gc.disable()
    try:
        with tg.inspect():
            work()
        assert found[0]() is None
    finally:
        gc.enable()


def test_blocks_nest(x):
    with tg.inspect(), tg.inspect():
        a = x * 2
    b = x * 2
    assert (a.name, b.name) == ("a", None)


# Errors.


def test_a_write_after_a_use_names_both_lines(x):
    with tg.inspect():
        y = (x * x).sum()  # the use
        with tg.no_grad():
            x.mul_(2)  # the write
    with pytest.raises(errors.ChangedAfterUseError) as caught:
        y.backward()  # the walk
    text = str(caught.value)
    assert "x was written after mul used it" in text
    for line in ("y = (x * x).sum()  # the use", "x.mul_(2)  # the write", "y.backward()  # the walk"):
        assert line in text, text
    assert "tg.inspect()" not in text


@pytest.mark.parametrize("write", [
    lambda t: t.fill_(0), lambda t: t.__setitem__(0, 5.0), lambda t: setattr(t, "data", tg.zeros(2)),
    lambda t: tg.optim.SGD([t], lr=0.1).step(),
])  # fmt: skip
def test_every_write_is_named(write, x):
    x.grad = tg.ones(2)
    with tg.inspect():
        y = (x * x).sum()
        with tg.no_grad():
            write(x)
    with pytest.raises(errors.ChangedAfterUseError, match=r"written at test_inspect\.py:\d+"):
        y.backward()


def test_outside_the_message_says_how_to_see_the_lines(x):
    y = (x * x).sum()
    with tg.no_grad():
        x.mul_(2)
    with pytest.raises(errors.ChangedAfterUseError, match=r"tg\.inspect\(\)"):
        y.backward()


def test_a_freed_graph_names_the_gate_s_line(x):
    with tg.inspect():
        y = (x * x).sum()  # the sum
    y.backward()  # the first
    with pytest.raises(errors.FreedGraphError) as caught:
        y.backward()
    assert "made by sum at test_inspect.py" in str(caught.value)
    assert "y.backward()  # the first" in str(caught.value)


def test_errors_name_the_tensor_and_its_gate(x):
    with tg.inspect():
        q = x * 2
    for error, function in (
        (errors.NonScalarError, q.backward),
        (errors.GradientShapeError, lambda: q.backward(tg.ones(3))),
        (errors.UnusedInputError, lambda: tg.autograd.grad(leaf(1.0) * 2, q)),
        (errors.ShapeError, lambda: q.add_(tg.ones(3, 2))),
        (errors.ViewInPlaceError, q.reshape(2).detach_),
    ):
        with pytest.raises(error) as caught:
            function()
        assert "made by " in str(caught.value) or "add cannot broadcast" in str(caught.value), caught.value
    with pytest.raises(errors.NoGradientError, match="a Tensor of shape"):
        tg.ones(2).register_hook(print)
    with pytest.raises(errors.NoGradientError, match="a Tensor of shape"):
        tg.ones(2).retain_grad()


def test_a_rule_that_fails_on_the_way_back_is_named():
    from tinygrad_edu.record import GATES

    broken = tg.gate("broken", np.copy, lambda g, z, x: g[5], kind="slope")
    wide = tg.gate("wide", np.copy, lambda g, z, x: np.ones((2, 7)), kind="slope")
    del GATES["broken"], GATES["wide"]
    with pytest.raises(IndexError) as caught:
        broken(leaf([1.0, 2.0]) * 1).sum().backward()  # here
    (note,) = caught.value.__notes__
    assert "in the walk back through a Tensor of shape (2,), made by broken" in note
    assert ".sum().backward()  # here" in note
    with pytest.raises(errors.GradientShapeError, match=r"w of shape \(2,\)(.|\n)*tg\.inspect\(\)"):
        wide(leaf([1.0, 2.0], "w") * 1).sum().backward()
    with tg.inspect():
        y = wide(leaf([1.0, 2.0], "w") * 1).sum()  # the use
        with pytest.raises(errors.GradientShapeError) as caught:
            y.backward()
    assert "the rule of wide" in str(caught.value)
    assert 'y = wide(leaf([1.0, 2.0], "w") * 1).sum()  # the use' in str(caught.value)
