"""The engine: walking back, hooks, modes, `grad`, memory, depth and width."""

import _thread
import gc
import threading
import time
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import autograd, record


def leaf(*values, dtype=np.float64):
    return tg.tensor(np.array(values, dtype=dtype), requires_grad=True)


def rss():
    """Resident bytes of this process."""
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * 4096


def test_the_book_s_first_expression():
    x, y, z = (tg.tensor(v, requires_grad=True) for v in (-2.0, 5.0, -4.0))
    f = (x + y) * z
    f.backward()
    assert (f.item(), x.grad.item(), y.grad.item(), z.grad.item()) == (-12.0, -4.0, -4.0, 3.0)


def test_a_value_used_twice_adds_what_comes_back():
    x = leaf(3.0)
    b = x + x
    c = b + b
    c.backward(np.array([1.0]))
    assert x.grad.tolist() == [4.0]


def test_gradients_accumulate_over_walks_until_cleared():
    x = leaf(3.0)
    (x * x).backward(np.ones(1))
    first = x.grad
    (x * x).backward(np.ones(1))
    assert x.grad is first and x.grad.tolist() == [12.0]  # in place, as in PyTorch


def test_retain_graph_walks_twice():
    x = leaf(3.0)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [12.0]


def test_create_graph_differentiates_again():
    x = leaf(2.0)
    y = (x * x * x).sum()
    y.backward(create_graph=True)
    g = x.grad
    x.grad = None
    g.sum().backward()
    assert x.grad.tolist() == [12.0]


def test_third_order():
    x = leaf(2.0)
    d = (x * x * x * x).sum()
    for expected in (32.0, 48.0, 48.0, 24.0):
        (d,) = autograd.grad(d.sum(), x, create_graph=True)
        assert d.tolist() == [expected]


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(("make", "dtype"), [(np.array, "f8"), (tg.tensor, "f8"), (tg.tensor, "f4")])
def test_backward_of_a_leaf_itself(make, dtype, create_graph):
    x = leaf(1.0, 2.0)
    g = make([3.0, 4.0], dtype=dtype)
    x.backward(g, create_graph=create_graph)
    g[0] = 99
    assert x.grad.tolist() == [3.0, 4.0] and x.grad.dtype == np.float64


def test_backward_of_a_leaf_of_one_element():
    x = leaf(3.0)
    x.backward()
    assert x.grad.tolist() == [1.0]


def test_backward_of_several_roots():
    x = leaf(3.0)
    autograd.backward([x * 2, x * x], [np.ones(1), np.ones(1)])
    assert x.grad.tolist() == [8.0]


def test_a_root_given_twice_counts_twice():
    x = leaf(3.0)
    y = x * x
    autograd.backward([y, x, y, x], [np.ones(1)] * 4)
    assert x.grad.tolist() == [14.0]


def test_backward_to_chosen_inputs_only():
    x, y = leaf(2.0), leaf(3.0)
    (x * y).sum().backward(inputs=[x])
    assert x.grad.tolist() == [3.0] and y.grad is None


def test_grad_touches_no_grad_and_visits_only_what_leads_to_its_inputs():
    seen = []
    watched = record.gate("watched", np.positive, lambda g, z, x: seen.append(1) or g, kind="distribute", local=("1",))
    try:
        x, y = leaf(2.0), leaf(3.0)
        h = x * 2
        out = (h * watched(y)).sum()
        (dh,) = autograd.grad(out, h)
        assert dh.tolist() == [3.0] and not seen
        assert x.grad is None and y.grad is None
    finally:
        del record.GATES["watched"]


def test_grad_of_inner_and_outer_tensors_together():
    x = leaf(2.0)
    h = x * x
    out = (h * h).sum()
    dh, dx = autograd.grad(out, [h, x])
    assert (dh.tolist(), dx.tolist()) == ([8.0], [32.0])


def test_grad_records_nothing_and_frees_the_graph_unless_told_otherwise():
    x = leaf(3.0)
    y = x * x
    (g,) = autograd.grad(y, x, retain_graph=True)
    assert g.is_leaf and not g.requires_grad
    autograd.grad(y, x)
    with pytest.raises(tg.errors.FreedGraphError):
        autograd.grad(y, x)


def test_grad_of_an_unused_input():
    x, y = leaf(2.0), leaf(3.0)
    assert autograd.grad((x * x).sum(), [x, y], allow_unused=True)[1] is None
    assert autograd.grad((x * x).sum(), [y], materialize_grads=True)[0].tolist() == [0.0]


def test_no_two_leaves_share_gradient_memory():
    a, b = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (a + b).sum().backward()
    a.grad *= 2
    assert b.grad.tolist() == [1.0, 1.0]
    c, d = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (c + d).backward(tg.ones(2, dtype=np.float64), create_graph=True)
    assert not np.may_share_memory(c.grad._data, d.grad._data)


def test_the_gradient_given_is_not_kept():
    x, g = leaf(1.0, 2.0), tg.tensor([1.0, 1.0], dtype=np.float64)
    (x + 0.0).backward(g)
    x.grad *= 5
    assert g.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("create_graph", [False, True])
def test_hooks_see_the_whole_gradient_and_may_replace_it(create_graph):
    x = leaf(3.0)
    h = x * 1
    seen = []
    h.register_hook(lambda g: seen.append(g.tolist()))
    h.register_hook(lambda g: g * 10)
    handle = x.register_hook(lambda g: g + 1)
    (h * 2 + h * 3).sum().backward(create_graph=create_graph)
    assert seen == [[5.0]] and x.grad.tolist() == [51.0]
    handle.remove()
    handle.remove()
    x.grad = None
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2.0]


def test_retain_grad_keeps_an_inner_gradient():
    x = leaf(3.0)
    h = x * 2
    assert not h.retains_grad
    h.retain_grad()
    assert h.retains_grad
    (h * h).sum().backward()
    assert h.grad.tolist() == [12.0] and x.grad.tolist() == [24.0]
    assert not np.may_share_memory(h.grad._data, x.grad._data)
    x.retain_grad()  # a leaf's is kept anyway, and counted once
    (x * 2).sum().backward()
    assert x.grad.tolist() == [26.0]
    for ask in (tg.ones(1).retain_grad, lambda: tg.ones(1).register_hook(print)):
        with pytest.raises(tg.errors.NoGradientError):
            ask()


def test_what_a_hook_saw_stays_as_it_was():
    x, seen = leaf(3.0), []
    with x.register_hook(seen.append) as handle:
        (x * 2).sum().backward()
        handle.remove()
        (x * 3).sum().backward()
    x.grad *= 10
    assert x.grad.tolist() == [50.0] and [g.tolist() for g in seen] == [[2.0]]


def test_higher_derivatives_go_through_hooks_and_retained_gradients():
    x = leaf(2.0)
    h = x * x
    h.retain_grad()
    with h.register_hook(lambda g: g * x):
        (h * h).sum().backward(create_graph=True)
    assert h.grad.tolist() == [16.0]  # 2 h x
    assert autograd.grad(h.grad, x, retain_graph=True)[0].tolist() == [24.0]
    assert autograd.grad(x.grad, x)[0].tolist() == [128.0]  # of 2 h x 2 x


def test_a_retained_gradient_follows_a_write_and_a_hook_does_not():
    x, seen = leaf(2.0), []
    y, z = x * 1, x * 1
    y.retain_grad()
    z.register_hook(lambda g: seen.append(g.tolist()))
    y *= 3
    z *= 3
    (y + z).sum().backward()
    assert y.grad.tolist() == [1.0] and z.grad is None and seen == [[3.0]]


def test_a_retained_gradient_among_the_inputs_is_counted_once():
    x = leaf(3.0)
    z = x * 2
    z.retain_grad()
    (z * z).sum().backward(inputs=[z, x, x])
    assert z.grad.tolist() == [12.0]
    assert x.grad.tolist() == [24.0]
    with pytest.raises(tg.errors.NoGradientError, match="no inputs"):
        (x * 2).sum().backward(inputs=[])


def test_retained_gradients_share_no_memory():
    x = leaf(1.0, 2.0)
    p, q = x * 1, x * 2
    p.retain_grad()
    q.retain_grad()
    (p + q).sum().backward(create_graph=True)
    assert not np.may_share_memory(p.grad._data, q.grad._data)


def test_a_hook_s_dtype_is_brought_to_the_tensor_s():
    x = tg.ones(2, requires_grad=True)
    modes = []
    x.register_hook(lambda g: modes.append(tg.is_grad_enabled()) or g.double() * 2)
    (x * 1).sum().backward()
    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [2.0, 2.0]
    assert modes == [False]


def test_a_hook_for_the_accumulated_gradient_comes_last_and_may_write():
    w, b, seen = leaf(3.0), leaf(1.0), []

    def step(t):
        seen.append((t is w, t.grad.item(), w.grad is not None and b.grad is not None))
        with tg.no_grad():
            t -= t.grad

    handles = [t.register_post_accumulate_grad_hook(step) for t in (w, b)]
    w.register_hook(lambda g: g * 10)
    (w * b).sum().backward()
    assert sorted(seen) == [(False, 3.0, True), (True, 10.0, True)]
    assert (w.item(), b.item()) == (-7.0, -2.0)
    (w * b).sum().backward(inputs=[w])
    assert seen[2:] == [(True, 10.0 - 20.0, True)]
    for handle in handles:
        handle.remove()
    autograd.grad((w * b).sum(), w)
    (w * b).sum().backward()
    assert len(seen) == 3
    with pytest.raises(tg.errors.NoGradientError, match="a leaf"):
        (w * 2).register_post_accumulate_grad_hook(step)


def test_what_may_be_assigned():
    x = leaf(1.0, 2.0)
    y = x * 2
    for call, error in (
        (lambda: setattr(y, "requires_grad", False), tg.errors.TinygradError),
        (lambda: setattr(tg.tensor([1]), "requires_grad", True), tg.errors.DtypeError),
        (lambda: setattr(x, "grad", tg.ones(5)), tg.errors.GradientShapeError),
        (lambda: setattr(x, "grad", 3.0), tg.errors.DtypeError),
    ):
        with pytest.raises(error):
            call()
    assert y.requires_grad
    assert x.grad is None


def test_is_leaf_and_grad_fn():
    x = leaf(1.0)
    y = x * 2
    assert x.is_leaf and x.grad_fn is None
    assert not y.is_leaf and repr(y.grad_fn) == "<gate mul: switch>" and y.inputs[0] is x
    assert y.detach().is_leaf and not y.detach().requires_grad


def test_modes_nest_and_come_back_after_an_error():
    x = leaf(1.0)
    with tg.no_grad():
        assert not (x * x).requires_grad
        with tg.enable_grad():
            assert (x * x).requires_grad
        assert not (x * x).requires_grad
    with pytest.raises(ZeroDivisionError), tg.no_grad():
        _ = 1 / 0
    assert tg.is_grad_enabled()
    tg.set_grad_enabled(False)
    assert not tg.is_grad_enabled()
    tg.set_grad_enabled(True)
    with tg.set_grad_enabled(False):
        assert not tg.is_grad_enabled()
    assert tg.is_grad_enabled()


def test_inference_mode_is_no_grad_unless_told_not_to_be():
    x = leaf(1.0)
    for mode, recorded in (
        (tg.inference_mode(), False),
        (tg.inference_mode(True), False),
        (tg.inference_mode(False), True),
    ):
        with mode:
            assert (x * x).requires_grad is recorded
        assert tg.is_grad_enabled()
        assert mode(lambda: x * x)().requires_grad is recorded
    assert not tg.inference_mode(lambda: x * x)().requires_grad
    with tg.no_grad(), tg.inference_mode(False):
        assert not (x * x).requires_grad


def test_modes_decorate():
    x = leaf(1.0)

    @tg.no_grad
    def bare():
        return x * x

    @tg.no_grad()
    def called():
        return x * x

    @tg.set_grad_enabled(False)
    def setting():
        return x * x

    @tg.no_grad()
    def generator():
        yield x * x
        yield x * x

    assert tg.is_grad_enabled()
    assert not any(f().requires_grad for f in (bare, called, setting))
    for y in generator():
        assert not y.requires_grad
        assert tg.is_grad_enabled()
    assert tg.is_grad_enabled()


def test_a_generator_s_errors_reach_it():
    @tg.no_grad()
    def generator():
        try:
            yield 1
        except KeyError:
            yield 2
        finally:
            seen.append(tg.is_grad_enabled())

    seen = []
    items = generator()
    next(items)
    assert items.throw(KeyError()) == 2
    items.close()
    assert seen == [False]
    assert tg.is_grad_enabled()


def test_one_mode_serves_two_threads_at_once():
    mode, inside, left = tg.no_grad(), threading.Event(), threading.Event()
    seen = []

    def other():
        inside.wait(5)
        with mode:
            left.wait(5)
            seen.append(tg.is_grad_enabled())
        seen.append(tg.is_grad_enabled())

    thread = threading.Thread(target=other)
    thread.start()
    with mode:
        inside.set()
    left.set()
    thread.join()
    assert seen == [False, True]
    assert tg.is_grad_enabled()


def test_each_thread_has_its_own_mode():
    x = leaf(1.0)
    inside, recorded = threading.Event(), []

    def other():
        inside.wait(5)
        recorded.append((x * x).requires_grad)

    thread = threading.Thread(target=other)
    thread.start()
    with tg.no_grad():
        inside.set()
        thread.join()
    assert recorded == [True]


def test_threads_walk_graphs_of_their_own():
    def work(results, i):
        x = leaf(float(i))
        for _ in range(50):
            x.grad = None
            y = x
            for _ in range(20):
                y = y + x
            y.sum().backward()
        results[i] = x.grad.tolist()

    results = {}
    threads = [threading.Thread(target=work, args=(results, i)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {i: [21.0] for i in range(4)}


def test_what_required_no_gradient_when_a_gate_was_recorded_is_its_constant():
    """The GAN's idiom: a critic is frozen for the generator's forward pass and free again before its backward."""
    w, x = tg.tensor([1.0, 2.0]), leaf(3.0, 4.0)
    frozen = (w * x * w).sum() + tg.cat([w, x]).sum()
    w.requires_grad_()
    free = (w * x).sum()
    w.requires_grad_(False)
    frozen_again = (w * w * x).sum()
    w.requires_grad = True
    (frozen + free + frozen_again).backward()
    assert w.grad.tolist() == [3.0, 4.0]
    assert x.grad.tolist() == [1 + 1 + 1 + 1, 4 + 1 + 2 + 4]
    late = tg.tensor([1.0, 2.0])
    y = (late * x).sum()
    late.requires_grad_()
    with pytest.raises(tg.errors.UnusedInputError):
        autograd.grad(y, late)


def test_a_leaf_frozen_after_the_forward_pass_gets_no_gradient():
    w, x = leaf(1.0, 2.0), leaf(3.0, 4.0)
    y = (w * w * x).sum() + w.exp().sum()
    seen = []
    w.register_hook(seen.append)
    w.register_post_accumulate_grad_hook(seen.append)
    w.requires_grad_(False)
    y.backward(retain_graph=True)
    assert w.grad is None and x.grad.tolist() == [1.0, 4.0]
    assert not seen, "its hooks would see a part of the gradient, or none"
    w.requires_grad_(True)
    y.backward()
    assert w.grad.tolist() == (2 * w * x + w.exp()).tolist()


@given(st.lists(st.booleans(), min_size=1, max_size=80))
def test_a_leaf_gets_the_gradient_of_the_gates_recorded_while_it_required_one(when):
    w, x = tg.tensor(2.0), tg.tensor(1.0, requires_grad=True)
    total = x * 0
    for i, wanted in enumerate(when):
        w.requires_grad_(wanted)
        total = total + w * x * i
    w.requires_grad_(True)
    total.backward()
    held = [i for i, wanted in enumerate(when) if wanted]
    assert (0 if w.grad is None else w.grad.item()) == sum(held)


def test_a_leaf_may_be_turned_on_and_off_ever_so_often():
    w, x = tg.tensor([2.0]), leaf(3.0)
    constant = (w * x).sum()
    for i in range(1503):
        w.requires_grad_(i % 2 == 0)
    (constant + (w * w).sum()).backward()
    assert w.grad.tolist() == [4.0] and x.grad.tolist() == [2.0]


def test_integers_cannot_require_a_gradient():
    with pytest.raises(tg.errors.DtypeError, match="floating-point"):
        tg.tensor([1, 2], requires_grad=True)


def test_mixed_dtypes_send_back_each_input_s_own():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = leaf(3.0, 4.0)
    z = x * y
    assert z.dtype == np.float64
    z.sum().backward()
    assert x.grad.dtype == np.float32 and y.grad.dtype == np.float64
    n = tg.tensor([2, 3])
    x.grad = None
    (x * n).sum().backward()
    assert (x * n).dtype == np.float32 and x.grad.tolist() == [2.0, 3.0]
    assert (x / y).dtype == (y / n).dtype == np.float64


@pytest.mark.parametrize("shape", [(), (1,), (3,), (1, 3), (2, 1), (2, 3)], ids=str)
def test_what_was_stretched_gets_the_sum(shape):
    x = tg.zeros(shape, requires_grad=True)
    for other in (tg.ones(2, 3), tg.ones(4, 2, 3)):
        (x + other).sum().backward()
    assert x.grad.tolist() == np.full(shape, (6 + 24) / x.numel()).tolist()


MEETS = {
    "cat": lambda a, b: tg.cat([a, b]),
    "stack": lambda a, b: tg.stack([a, b]),
    "where": lambda a, b: tg.where(tg.tensor([True, False]), a, b),
    "einsum": lambda a, b: tg.einsum("ij,jk", a, b),
    "linear": tg.nn.functional.linear,
    "addcmul": lambda a, b: tg.addcmul(a, a, b),
    "clamp": tg.clamp,
    "clamp from above": lambda a, b: tg.clamp(a, max=b),
}


@pytest.mark.parametrize("call", MEETS.values(), ids=MEETS)
def test_a_gate_of_many_brings_dtypes_together(call):
    whole, single, double = (tg.ones(2, 2, dtype=dtype) for dtype in (np.int64, np.float32, np.float64))
    assert call(whole, whole).dtype == np.int64
    assert call(whole, single).dtype == call(single, whole).dtype == np.float32  # where NumPy says float64
    assert call(single, double).dtype == np.float64


def test_integers_become_the_default_floats():
    whole = tg.tensor([1, 1])
    for made in (tg.exp(whole), whole / 2, whole / whole, tg.logsumexp(whole, 0), tg.lerp(whole, whole, 0.5)):
        assert made.dtype == np.float32


def test_a_million_gates_deep():
    """Forward, walk and release, without recursion, in memory that grows linearly."""
    x = leaf(0.5, dtype=np.float32)
    used = {}
    for n in (100_000, 1_000_000):
        gc.collect()
        before = rss()
        y = x
        for _ in range(n):
            y = y * 1.000001
        used[n] = rss() - before
        x.grad = None
        y.backward(np.ones(1))
        assert x.grad.item() == pytest.approx(np.float64(np.float32(1.000001)) ** n, rel=1e-2)
    assert used[1_000_000] < 14 * max(used[100_000], 20 << 20)
    y = x
    for _ in range(1_000_000):
        y = y + 1
    del y  # never walked: freed by reference count, not by recursion


def test_a_diamond_costs_a_step_a_doubling():
    x = leaf(1.0)
    calls = []
    double = record.gate(
        "double", lambda x, y: (x + y) / 2, lambda g, z, x, y: calls.append(1) or g * 0.5, lambda g, z, x, y: g * 0.5,
        kind="distribute", local=("1/2", "1/2"),
    )  # fmt: skip
    try:
        y = x
        for _ in range(10_000):
            y = double(y, y)
        y.backward(np.ones(1))
        assert len(calls) == 10_000 and x.grad.tolist() == [1.0]
    finally:
        del record.GATES["double"]


@pytest.mark.parametrize("rule", [
    lambda g, z, x, k: g * k, lambda g, z, x, *, k: g * k, lambda g, z, x, **keywords: g * keywords["k"]
])  # fmt: skip
def test_a_gate_of_one_s_own_hands_its_rule_the_keywords(rule):
    scaled = record.gate("scaled", lambda x, k: x * k, rule, kind="switch")
    try:
        x = leaf(3.0)
        scaled(x, k=2).backward()
        assert x.grad.tolist() == [2.0]
    finally:
        del record.GATES["scaled"]


@pytest.mark.parametrize("operands", [lambda h: (h, 3.0), lambda h: (3.0, h), lambda h: (h, h), lambda h: (h,)])
def test_a_rule_of_one_s_own_that_promotes_leaves_gradients_of_the_dtype_of_their_tensors(operands):
    h = (x := leaf(1.0, 2.0, dtype=np.float32)) * 1
    h.retain_grad()
    rules = [lambda g, z, *inputs: g * np.ones(z.shape, np.float64)] * len(operands(h))
    plus = record.gate("plus", lambda a, b=1: a + b, *rules, kind="distribute")
    try:
        plus(*operands(h)).sum().backward()
        assert x.grad.dtype == h.grad.dtype == np.float32
    finally:
        del record.GATES["plus"]


def test_operands_need_not_be_tensors():
    assert tg.add(2.0, 3.0).item() == tg.add(np.float32(2), 3).item() == tg.square(5.0).sqrt().item() == 5


def test_dropped_graphs_leave_memory_flat_without_the_collector():
    x = leaf(*range(1000))

    def drop(n):
        for i in range(n):
            y = ((x * 2 + x).exp() @ x).sum()
            if i % 2:
                y.backward()

    gc.collect()
    gc.disable()
    try:
        with np.errstate(over="ignore"):
            drop(200)
            before = rss()
            drop(10_000)
        assert rss() - before < 8 << 20
        alive = weakref.ref(x * 2)
        assert alive() is None
    finally:
        gc.enable()


def test_the_walk_frees_behind_it():
    x = leaf(1.0)
    h = x * 2
    inner = weakref.ref(h)
    y = (h * h).sum()
    del h
    assert inner() is not None
    y.backward()
    assert inner() is None and y.item() == 4.0


def test_deepcopy_and_pickle_of_leaves():
    import copy
    import pickle

    x = leaf(1.0, 2.0)
    x.grad = tg.ones(2, dtype=np.float64)
    x.name = "x"
    for other in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert other.tolist() == x.tolist() and other.requires_grad and other.dtype == x.dtype
        assert other.name == "x"
        assert not np.may_share_memory(other._data, x._data)
    with pytest.raises(tg.errors.TinygradError, match="leaf"):
        copy.deepcopy(x * 2)


def test_backward_may_be_the_outermost_call():
    """Of a thread, or at exit: there is no line of the user's then."""
    x = tg.tensor(3.0, requires_grad=True)
    y = x * x
    _thread.start_new_thread(y.backward, ())
    for _ in range(200):
        if x.grad is not None:
            break
        time.sleep(0.05)
    assert x.grad.item() == 6
    with pytest.raises(tg.errors.FreedGraphError):
        y.backward()


def test_the_graph_behind_what_grad_was_asked_for_is_still_there():
    x = leaf(1.0)
    h = x * x
    (g,) = tg.autograd.grad((h * h).sum(), h)
    (h * 3).backward(retain_graph=True)
    h.backward(g)
    assert x.grad.item() == 3 * 2 + 2 * 2
    with pytest.raises(tg.errors.FreedGraphError):
        h.backward(g)
