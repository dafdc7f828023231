"""Writing a Tensor never gives a silently wrong gradient: it is that of the values used, or an error."""

import gc
import importlib
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu.errors import ChangedAfterUseError, DtypeError, LeafInPlaceError, ShapeError, ViewInPlaceError
from tinygrad_edu.record import GATES, gate
from tinygrad_edu.utils.checkpoint import checkpoint

WRITES = {
    "t[...] = v": lambda t: t.__setitem__(..., 7.0),
    "t[0] = v": lambda t: t.__setitem__(0, 7.0),
    "+=": lambda t: t.__iadd__(1.0),
    "*=": lambda t: t.__imul__(3.0),
    "-= tensor": lambda t: t.__isub__(tg.ones(3, dtype=np.float64)),
    "/=": lambda t: t.__itruediv__(2.0),
    "add_": lambda t: t.add_(1.0),
    "mul_": lambda t: t.mul_(3.0),
    "exp_": lambda t: t.exp_(),
    "data[...] =": lambda t: t.data.__setitem__(..., 7.0),
    "data +=": lambda t: setattr(t, "data", t.data + 1.0),
    "data.add_": lambda t: t.data.add_(1.0),
    "detach().mul_": lambda t: t.detach().mul_(3.0),
    "a view": lambda t: t[:2].mul_(3.0),
    "a view of a view": lambda t: t.reshape(3, 1)[:, 0].mul_(3.0),
    "a view of the data": lambda t: t.data.reshape(-1)[1:].add_(1.0),
}


def leaf(*values, dtype=np.float64):
    return tg.tensor(np.array(values or [1.0, 2.0, 3.0], dtype=dtype), requires_grad=True)


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("kind", ["leaf", "inner", "output", "view"])
def test_a_write_under_no_grad_after_use_makes_backward_raise(write, kind):
    x = leaf()
    h = x * 1.0
    if kind == "leaf":
        y, t = x * x, x
    elif kind == "inner":
        y, t = h * h, h
    elif kind == "output":
        y = h.exp()
        t = y
    else:
        t = h.reshape(3)
        y = t * t
    total = y.sum()
    with tg.no_grad():
        write(t)
    before = x.grad
    with pytest.raises(ChangedAfterUseError):
        total.backward()
    assert x.grad is before


THROUGH = {name: write for name, write in WRITES.items() if name != "data +="}  # that replaces the view's memory


@pytest.mark.parametrize("write", THROUGH.values(), ids=THROUGH)
def test_a_write_through_a_view_reaches_users_of_the_base(write):
    x = leaf()
    h = x * 1.0
    v = h.reshape(3)
    y = (h * h).sum()
    with tg.no_grad():
        write(v)
    with pytest.raises(ChangedAfterUseError):
        y.backward()


def test_a_view_made_without_recording_shares_the_stamp():
    x = leaf()
    with tg.no_grad():
        row = x[:2]
    y = (x * x).sum()
    with tg.no_grad():
        row += 1
    assert x.tolist() == [2.0, 3.0, 3.0]
    with pytest.raises(ChangedAfterUseError):
        y.backward()


def test_a_transposed_weight_is_watched():
    w, x = tg.ones(2, 3, requires_grad=True), tg.ones(4, 3, requires_grad=True)
    y = (x @ w.transpose(0, 1)).sum()
    with tg.no_grad():
        w -= 0.1
    with pytest.raises(ChangedAfterUseError):
        y.backward()


def test_a_distributor_does_not_mind():
    """add never looks at values: the gradient is right, and PyTorch agrees."""
    x = leaf()
    h = x + 1.0
    y = (h + 2).sum()
    with tg.no_grad():
        h.mul_(5)
    y.backward()
    assert x.grad.tolist() == [1.0, 1.0, 1.0]


def test_a_write_before_use_is_nobody_s_business():
    x = leaf()
    with tg.no_grad():
        x += 1
    (x * x).sum().backward()
    assert x.grad.tolist() == [4.0, 6.0, 8.0]


def test_the_usual_update_between_steps():
    w = leaf()
    for _ in range(3):
        (w * w).sum().backward()
        with tg.no_grad():
            w -= 0.25 * w.grad
        w.grad = None
    assert w.tolist() == [0.125, 0.25, 0.375]


RECORDED = {
    "+=": (lambda t, u: t.__iadd__(u), lambda t, u: t + u),
    "-=": (lambda t, u: t.__isub__(u), lambda t, u: t - u),
    "*=": (lambda t, u: t.__imul__(u), lambda t, u: t * u),
    "/=": (lambda t, u: t.__itruediv__(u), lambda t, u: t / u),
    "mul_": (lambda t, u: t.mul_(u), lambda t, u: t * u),
    "itself": (lambda t, u: t.__imul__(t), lambda t, u: t * t),
}


@pytest.mark.parametrize(("write", "same"), RECORDED.values(), ids=RECORDED)
def test_a_recorded_write_has_the_gradient_of_the_plain_form(write, same):
    """Earlier users of the Tensor keep the value that they used."""

    def run(rewriting):
        x, u = leaf(), leaf(4.0, 5.0, 6.0)
        t = x * 2
        early = t * t
        if rewriting:
            after = write(t, u)
            assert after is t
        else:
            t = same(t, u)
        late = t.exp() * 0.01
        (early.sum() + (late * t).sum()).backward()
        return [x.grad.tolist(), u.grad.tolist() if u.grad is not None else None]

    got, expected = run(True), run(False)
    np.testing.assert_allclose(got[0], expected[0], rtol=1e-12)
    assert (got[1] is None) == (expected[1] is None)
    if got[1] is not None:
        np.testing.assert_allclose(got[1], expected[1], rtol=1e-12)


def test_recorded_assignment():
    x, v = leaf(), leaf(10.0)
    t = x * 2
    early = (t * t).sum()
    t[1] = v[0] * 3
    (early + (t * tg.tensor([1.0, 10.0, 100.0], dtype=np.float64)).sum()).backward()
    assert x.grad.tolist() == [8.0 + 2, 16.0, 24.0 + 200]
    assert v.grad.tolist() == [30.0]


def test_assigning_a_recorded_value_puts_a_plain_buffer_on_the_graph():
    buffer, w = tg.zeros(3, dtype=np.float64), leaf(2.0)
    early = (buffer * w).sum()
    buffer[1] = w[0] * w[0]
    assert buffer.requires_grad and not buffer.is_leaf
    (early + buffer.sum()).backward()
    assert w.grad.tolist() == [4.0]  # early used the zeros


def test_a_loop_that_fills_a_buffer():
    w = leaf(0.5)
    states = tg.zeros(6, dtype=np.float64)
    states[0] = 1.0
    for i in range(5):
        states[i + 1] = states[i] * w[0]
    states[5].backward()
    assert w.grad.item() == pytest.approx(5 * 0.5**4)


def test_an_accumulated_loss():
    x = leaf()
    total = tg.tensor(0.0, dtype=np.float64)
    for i in range(4):
        total += (x * i).sum()
    total.backward()
    assert x.grad.tolist() == [6.0, 6.0, 6.0]


UNSEEN = {name for name in WRITES if "data" in name or "detach" in name}  # these leave the graph before they write


@pytest.mark.parametrize("name", sorted(WRITES.keys() - UNSEEN - {"a view of a view"}))
def test_a_leaf_written_while_recording_raises(name):
    x = leaf()
    with pytest.raises(LeafInPlaceError, match="while recording"):
        WRITES[name](x)
    assert x.is_leaf
    assert x.tolist() == [1.0, 2.0, 3.0]


def test_a_view_that_cannot_write_through_raises_at_once():
    x = leaf()
    with pytest.raises(LeafInPlaceError):
        x.reshape(3, 1).mul_(2)
    h = x * 2
    flat = tg.zeros(1, 3, dtype=np.float64).reshape(3)
    stretched, half = h.expand(2, 3), h.split(2)[0]
    for view, value in ((stretched, 1.0), (half, 1.0), (flat, x)):
        with pytest.raises(ViewInPlaceError, match="base"):
            view[...] = value
    row = h[:2]
    h += 1  # h moves on to new memory; row still looks at the old
    with pytest.raises(ViewInPlaceError):
        row += 1


@pytest.mark.parametrize("start", ["a buffer", "a recorded tensor"])
def test_writing_through_an_index(start):
    """`out[i] += v`: Python takes the view out[i], writes it, and puts it back."""
    x, z = leaf(), leaf()
    out = tg.zeros(2, 3, dtype=np.float64) if start == "a buffer" else tg.stack([x, x * x])
    plain = [tg.zeros(3, dtype=np.float64)] * 2 if start == "a buffer" else [z, z * z]
    early, expected = (out * x).sum(), ((plain[0] + plain[1]) * z).sum()
    out[0] += x * 3
    out[1, 1:] *= x[1:]
    row = out[0]
    row.mul_(2)  # seen by its base
    plain = [(plain[0] + z * 3) * 2, tg.cat([plain[1][:1], plain[1][1:] * z[1:]])]
    assert out.tolist() == [p.tolist() for p in plain]
    assert row.tolist() == plain[0].tolist()
    (early + (out * out).sum() + row.sum()).backward()
    (expected + (plain[0] * plain[0] + plain[1] * plain[1]).sum() + plain[0].sum()).backward()
    np.testing.assert_allclose(x.grad, z.grad, rtol=1e-12)


def test_memory_that_its_owner_has_left_cannot_be_written():
    x = leaf()
    h = x * 2
    v, d = h[:2], h.detach()
    y = (h * h).sum()
    h += 1  # h moves on to new memory; v and d still look at the old
    for stale in (v, d):
        with tg.no_grad(), pytest.raises(ViewInPlaceError, match="moved on"):
            stale.mul_(5)
    y.backward()
    assert x.grad.tolist() == [8.0, 16.0, 24.0]


def test_a_rewritten_tensor_is_not_among_its_own_inputs():
    """Or its graph would be a cycle, which reference counts cannot free."""
    writes = {
        "operand": lambda h: h.__iadd__(h * 0.5),
        "method": lambda h: h.mul_(h.exp()),
        "put": lambda h: h.__setitem__(0, h[1] * 2),
        "through": lambda h: h.__setitem__(0, h[0].__iadd__(1.0)),
        "view": lambda h: h[1:].mul_(2.0),
    }
    gc.collect()
    gc.disable()
    try:
        for name, write in writes.items():
            h = leaf() * 1
            write(h)
            alive = weakref.ref(h)
            del h
            assert alive() is None, name
    finally:
        gc.enable()


def test_many_writes_cost_linear_time_and_find_their_states():
    x, w = leaf(), leaf()
    y = x * 1.0
    total, expected = tg.tensor(0.0, dtype=np.float64), 0.0
    for i in range(2000):
        y += x
        if i % 100 == 0:
            total = total + (y * w).sum()
            expected = expected + (i + 2) * np.array([1.0, 2.0, 3.0])
    assert len(y._past) <= 2048
    total.backward()
    np.testing.assert_allclose(w.grad, expected)


def test_a_state_that_nobody_holds_any_more_is_an_error_not_an_older_one():
    w, v = (tg.tensor(1.0, requires_grad=True) for _ in range(2))
    t = tg.tensor(0.0)
    a = t * w
    t += v
    b = t * w
    t += v
    a.backward(retain_graph=True)
    t.backward()
    t += v
    with pytest.raises(ChangedAfterUseError):
        b.backward()


def test_a_tensor_made_of_a_tensor_shares_its_stamp():
    x, w = tg.tensor([1.0, 2.0]), tg.ones(2, requires_grad=True)
    y = (x * w).sum()
    other = tg.Tensor(x)
    with tg.no_grad():
        other.mul_(10)
    with pytest.raises(ChangedAfterUseError):
        y.backward()


def test_numpy_s_view_among_the_operands_is_copied():
    a, w = tg.tensor([1.0, 2.0]), tg.ones(2, requires_grad=True)
    y = (w * np.asarray(a)).sum()
    a.mul_(10)
    y.backward()
    assert w.grad.tolist() == [1.0, 2.0]


def test_a_leaf_is_rearranged_and_detached_in_place_outside_the_graph():
    w = tg.ones(1, 2, requires_grad=True)
    with tg.no_grad():
        assert w.squeeze_() is w and w.shape == (2,) and w.requires_grad
    row = w.detach()[0]
    assert row.detach_() is row and w.detach_() is w and not w.requires_grad


def test_a_rearranged_view_writes_through():
    x = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    b = x * 1
    v = b[:, 0:2]
    v.t_()
    v[0] *= 10
    assert b.tolist() == [[10.0, 2.0], [30.0, 4.0]]
    (b.sum() + v.sum()).backward()
    assert x.grad.tolist() == [[20.0, 2.0], [20.0, 2.0]]


VIEWS = {
    "reshape(-1)": lambda v: v.reshape(-1),
    "view": lambda v: v.view(*v.shape[::-1]),
    "T": lambda v: v.permute(*range(v.ndim))[...] if v.ndim < 2 else v.transpose(0, -1),
    "unsqueeze": lambda v: v.unsqueeze(0),
    "squeeze": lambda v: v.squeeze(),
    "slice": lambda v: v[..., 1:],
    "step": lambda v: v.reshape(-1)[::2],
    "select": lambda v: v.select(0, 0) if v.ndim > 1 else v,
    "diagonal": lambda v: v.diagonal() if v.ndim == 2 else v,
}
WRITTEN = {
    "mul_": lambda v, x: v.mul_(1.5),
    "add_": lambda v, x: v.add_(x.sum()),
    "sin_": lambda v, x: v.sin_(),
    "[...] =": lambda v, x: v.__setitem__(..., x.mean()),
    "[0] =": lambda v, x: v.__setitem__(0, x.reshape(-1)[3]) if v.numel() and v.ndim else None,
    "+=": lambda v, x: v.__iadd__(x.reshape(-1)[0] * 0.5),
}


@given(st.lists(st.sampled_from([*VIEWS, *WRITTEN]), min_size=2, max_size=7), st.integers(0, 3))
def test_a_view_is_written_by_writing_what_it_looks_at(steps, used_at):
    """The program on plain memory, where views share it, is what the recorded one must equal."""

    def program(x):
        h = x * 2.0
        v, early = h, 0.0
        for i, step in enumerate(steps):
            if i == used_at:
                early = (h.cos() * x).sum()
            if step in VIEWS:
                v = VIEWS[step](v)
            else:
                WRITTEN[step](v, x)
        return (h * h * h).sum() + (v * v).sum() + early

    values = np.array([[0.3, -0.5, 0.7], [0.2, 0.9, -0.4]])
    x = tg.tensor(values, requires_grad=True)
    z = program(x)
    z.backward()

    def plainly(at):
        with tg.no_grad():
            return program(tg.tensor(at)).item()

    assert abs(z.item() - plainly(values)) < 1e-12
    for i in np.ndindex(values.shape):
        step = np.zeros_like(values)
        step[i] = 1e-6
        slope = (plainly(values + step) - plainly(values - step)) / 2e-6
        np.testing.assert_allclose(x.grad[i].item(), slope, rtol=1e-6, atol=1e-6)


def test_data_of_another_shape_is_noticed_by_those_who_look_at_shapes_only():
    x = leaf()
    y = x.sum()
    x.data = tg.zeros(3, dtype=np.float64)
    y.backward(retain_graph=True)
    x.data = tg.ones(5, dtype=np.float64)
    with pytest.raises(ChangedAfterUseError):
        y.backward()


def test_a_write_to_what_no_rule_reads_does_no_harm():
    x = leaf()
    y = x * 2.0
    with tg.no_grad():
        y += 5  # mul never reads its output
    (y * y).sum().backward()
    assert x.grad.tolist() == [28.0, 36.0, 44.0]


def test_a_rule_of_any_number_of_inputs_may_read_them_all():
    rules = (lambda g, z, *xs: g * xs[1], lambda g, z, *xs: g * xs[0])
    product = gate("product", np.multiply, *rules, kind="switch")
    try:
        x, y = leaf(), leaf()
        z = product(x, y)
        with tg.no_grad():
            y += 1
        with pytest.raises(ChangedAfterUseError):
            z.sum().backward()
    finally:
        del GATES["product"]


def test_a_recorded_write_keeps_the_dtype():
    y, wide = tg.ones(2, requires_grad=True) * 1, leaf(1.0, 2.0)
    y += wide
    y.sum().backward()
    assert y.dtype == np.float32 and wide.grad.tolist() == [1.0, 1.0]


def test_an_integer_tensor_takes_no_gradient_by_assignment():
    a, w = tg.tensor([1, 2]), tg.tensor(5.0, requires_grad=True)
    a[0] = w
    assert a.tolist() == [5, 2]
    assert not a.requires_grad


def test_assigning_data_is_noticed_on_both_sides():
    x, u = leaf(), leaf(7.0, 8.0, 9.0)
    y = (x * x).sum()
    x.data = u
    with pytest.raises(ChangedAfterUseError):
        y.backward()
    z = (u * u).sum()
    with tg.no_grad():
        x += 1  # the same memory as u's
    with pytest.raises(ChangedAfterUseError):
        z.backward()


def test_an_index_cannot_be_changed_behind_the_graph():
    x = leaf()
    i = tg.tensor([0, 0, 1])
    mask = tg.tensor([True, False, True])
    y = (x[i] * 1).sum() + x[mask].sum()
    i += 1
    mask[...] = False
    y.backward()
    assert x.grad.tolist() == [3.0, 1.0, 1.0]


def test_a_write_cannot_change_shape_or_category():
    t = tg.zeros(3)
    with pytest.raises(ShapeError, match="shape"):
        t += tg.ones(2, 3)
    n = tg.tensor([1, 2, 3])
    with pytest.raises(DtypeError, match="store"):
        n += 0.5
    assert n.tolist() == [1, 2, 3]
    n += 1
    assert n.tolist() == [2, 3, 4] and n.dtype == np.int64


def test_numpy_s_view_is_read_only():
    x = leaf()
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(x)[0] = 5
    with pytest.raises(ValueError, match="read-only"):
        x.numpy()[0] = 5
    copy = np.array(x)
    copy[0] = 5
    assert x.tolist() == [1.0, 2.0, 3.0]


@given(st.data())
def test_any_program_of_writes_is_right_or_raises(data):
    """Against the same program written without writes: the gradient is equal, or backward raised."""
    step = st.sampled_from(["use", "iadd", "imul", "put", "through", "grad-free", "view", "new"])
    steps = data.draw(st.lists(step, min_size=1, max_size=8))
    x = leaf()
    z = leaf()
    t, p = x * 1.0, z * 1.0  # t is written, p is made anew
    total, expected = tg.tensor(0.0, dtype=np.float64), tg.tensor(0.0, dtype=np.float64)
    for step in steps:
        if step == "use":
            total, expected = total + (t * t).sum(), expected + (p * p).sum()
        elif step == "iadd":
            t += x
            p = p + z
        elif step == "imul":
            t *= x
            p = p * z
        elif step == "put":
            t[1] = x[0] * 2
            p = tg.cat([p[:1], (z[0] * 2).reshape(1), p[2:]])
        elif step == "through":
            t[1:] += x[:2] * 2
            p = tg.cat([p[:1], p[1:] + z[:2] * 2])
        elif step == "grad-free":
            with tg.no_grad():
                t += 1
            p = p + 1.0
        elif step == "view":
            total, expected = total + (t[1:] * 3).sum(), expected + (p[1:] * 3).sum()
        else:
            t, p = t * 2, p * 2
    total, expected = total + t.sum(), expected + p.sum()
    expected.backward()
    try:
        total.backward()
    except ChangedAfterUseError:
        assert "grad-free" in steps
    else:
        np.testing.assert_allclose(x.grad, z.grad, rtol=1e-12)


def test_a_write_of_another_thread_that_is_noted_late_hides_none(monkeypatch):
    tensor = importlib.import_module("tinygrad_edu.tensor")  # the package's own `tensor` is the function
    x = tg.ones(2, requires_grad=True)
    z = x * x
    with tg.no_grad():
        x += 1
    last = tensor.clock.last_write
    assert last > z.born
    monkeypatch.setattr(tensor, "tick", lambda: 1)  # a thread that drew its tick long ago goes on
    tensor.written(tg.ones(1))
    tensor.clock.note(2)
    assert tensor.clock.last_write == last
    with pytest.raises(ChangedAfterUseError):
        z.sum().backward()


DETACHED = {
    "data.copy_": lambda w, v: w.data.copy_(v),
    "data[...] =": lambda w, v: w.data.__setitem__(..., v),
    "detach()[0:3] =": lambda w, v: w.detach().__setitem__(slice(0, 3), v),
    "data.mul_.add_": lambda w, v: w.data.mul_(0.0).add_(v),
}


@pytest.mark.parametrize("name", DETACHED)
def test_a_detach_takes_a_recorded_value_and_its_owner_the_numbers(name):
    w, source = leaf(), tg.tensor([5.0, 6.0, 7.0], dtype=np.float64, requires_grad=True)
    used = (w * w).sum()
    DETACHED[name](w, source * 1.0)
    assert w.tolist() == [5.0, 6.0, 7.0]
    assert w.is_leaf and w.requires_grad
    (w * w).sum().backward()
    assert w.grad.tolist() == [10.0, 12.0, 14.0]
    assert source.grad is None
    with pytest.raises(ChangedAfterUseError):
        used.backward()


def test_a_detach_that_was_given_a_recorded_value_is_on_its_graph():
    w, source = leaf(), leaf()
    d = w.detach()
    d.copy_(source * 2.0)
    d += source
    assert w.tolist() == d.tolist() == [3.0, 6.0, 9.0]
    (d * d).sum().backward()
    assert source.grad.tolist() == [18.0, 36.0, 54.0]  # of 9 s²
    with tg.no_grad():
        d += 1
    assert w.tolist() == [4.0, 7.0, 10.0]
    d *= source  # the values that it was are written over, so its gradient cannot be had
    with pytest.raises(ChangedAfterUseError):
        d.sum().backward()


def test_a_view_out_of_a_gate_whose_way_back_is_not_its_inverse_is_refused():
    x = leaf()
    kept = checkpoint(lambda a: a.view(-1), x * 1.0)
    with pytest.raises(ViewInPlaceError):
        kept.mul_(2.0)


def test_a_view_whose_way_back_leaves_elements_out_is_refused():
    only_ends = gate("only_ends", lambda x: x, lambda g, z, x: g * np.array([1.0, 0.0, 1.0]), kind="route", view=True)
    try:
        view = only_ends(leaf() * 1.0)
        with pytest.raises(ViewInPlaceError):
            view.mul_(2.0)
    finally:
        del GATES["only_ends"]
