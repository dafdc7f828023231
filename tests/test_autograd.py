"""A gate of one's own (`Function`), functions of functions (`func`), and checkpoints."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import func
from tinygrad_edu.autograd import Function, grad, once_differentiable
from tinygrad_edu.errors import (
    ChangedAfterUseError,
    DtypeError,
    NonScalarError,
    OptionError,
    ShapeError,
    StateDictError,
    TinygradError,
)
from tinygrad_edu.utils.checkpoint import checkpoint, checkpoint_sequential


def leaf(*values):
    return tg.tensor(np.array(values, dtype=np.float64), requires_grad=True)


class Product(Function):
    """Two inputs and a number; saves both inputs."""

    @staticmethod
    def forward(ctx, x, y, scale):
        ctx.save_for_backward(x, y)
        ctx.scale = scale
        return x * y * scale

    @staticmethod
    def backward(ctx, upstream):
        x, y = ctx.saved_tensors
        return upstream * y * ctx.scale, upstream * x * ctx.scale, None


class Exponential(Function):
    """Saves its output."""

    @staticmethod
    def forward(ctx, x):
        z = x.exp()
        ctx.save_for_backward(z)
        return z

    @staticmethod
    def backward(ctx, upstream):
        (z,) = ctx.saved_tensors
        return upstream * z


class SumAndDifference(Function):
    """Two outputs."""

    @staticmethod
    def forward(ctx, x, y):
        return x + y, x - y

    @staticmethod
    def backward(ctx, for_sum, for_difference):
        return for_sum + for_difference, for_sum - for_difference


class ByContext(Function):
    """PyTorch's other form."""

    @staticmethod
    def forward(x):
        return x * x

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, upstream):
        return upstream * 2 * ctx.saved_tensors[0]


def test_a_function_sends_its_gradients_back():
    x, y = leaf(2.0, 3.0), leaf(5.0, 7.0)
    z = Product.apply(x, y, 10.0)
    assert z.gate.name == "Product" and z.inputs[:2] == (x, y)
    z.sum().backward()
    assert x.grad.tolist() == [50.0, 70.0] and y.grad.tolist() == [20.0, 30.0]


def test_a_function_of_the_other_form():
    x = leaf(3.0)
    ByContext.apply(x).backward(np.ones(1))
    assert x.grad.tolist() == [6.0]


@pytest.mark.parametrize("function", [Exponential, ByContext])
def test_a_function_can_be_differentiated_again(function):
    x = leaf(0.5)
    (d,) = grad(function.apply(x).sum(), x, create_graph=True)
    (dd,) = grad(d.sum(), x)
    assert dd.item() == pytest.approx(np.exp(0.5) if function is Exponential else 2.0)


def test_a_function_with_two_outputs_of_which_one_is_used():
    x, y = leaf(2.0), leaf(5.0)
    s, _ = SumAndDifference.apply(x, y)
    (s * s).sum().backward()
    assert x.grad.tolist() == [14.0] and y.grad.tolist() == [14.0]
    x.grad = y.grad = None
    s, d = SumAndDifference.apply(x, y)
    (s * d).sum().backward()  # x² - y²
    assert x.grad.tolist() == [4.0] and y.grad.tolist() == [-10.0]


def test_a_function_knows_which_gradients_are_wanted():
    seen = []

    class Watching(Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * y

        @staticmethod
        def backward(ctx, upstream):
            seen.append(ctx.needs_input_grad)
            return upstream, None

    x = leaf(1.0)
    Watching.apply(x, tg.ones(1)).sum().backward()
    assert seen == [(True, False)]
    assert not Watching.apply(tg.ones(1), tg.ones(1)).requires_grad
    with tg.no_grad():
        assert not Watching.apply(x, tg.ones(1)).requires_grad


def test_a_function_s_saved_tensors_are_watched():
    x, y = leaf(2.0), leaf(5.0)
    z = Product.apply(x, y, 1.0)
    with tg.no_grad():
        y += 1
    with pytest.raises(ChangedAfterUseError):
        z.backward(np.ones(1))

    class SavesAnother(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.kept = x * 3
            ctx.save_for_backward(ctx.kept)
            return x * x

        @staticmethod
        def backward(ctx, upstream):
            return upstream * ctx.saved_tensors[0]

    z = SavesAnother.apply(x)
    z.backward(np.ones(1), retain_graph=True)
    assert x.grad.tolist() == [6.0]
    z.gate.jointly.ctx.kept.add_(1)
    with pytest.raises(ChangedAfterUseError, match="save_for_backward"):
        z.backward(np.ones(1))


def test_a_function_returning_the_upstream_shares_no_memory():
    class Same(Function):
        @staticmethod
        def forward(ctx, x, y):
            return x + y

        @staticmethod
        def backward(ctx, upstream):
            return upstream, upstream

    x, y = leaf(1.0), leaf(2.0)
    Same.apply(x, y).sum().backward()
    x.grad *= 5
    assert y.grad.tolist() == [1.0]


def test_a_function_s_broadcast_gradient_is_summed():
    class Scale(Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x, y)
            return x * y

        @staticmethod
        def backward(ctx, upstream):
            x, y = ctx.saved_tensors
            return upstream * y, upstream * x

    x, y = tg.ones(2, 3, requires_grad=True), tg.ones(3, requires_grad=True)
    Scale.apply(x, y).sum().backward()
    assert x.grad.shape == (2, 3) and y.grad.tolist() == [2.0, 2.0, 2.0]


def test_a_function_may_send_nothing_back():
    class Straight(Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * y

        @staticmethod
        def backward(ctx, upstream):
            return upstream, None

    x, y = leaf(2.0), leaf(5.0)
    Straight.apply(x, y).backward(np.ones(1))
    assert x.grad.tolist() == [1.0] and y.grad is None


def test_marks_of_a_function():
    class Marked(Function):
        @staticmethod
        def forward(ctx, x):
            values, sign = x * 2, x * 0 + 1
            ctx.mark_non_differentiable(sign)
            ctx.set_materialize_grads(False)
            return values, sign

        @staticmethod
        def backward(ctx, for_values, for_sign):
            assert for_sign is None
            return for_values * 2

    x = leaf(3.0)
    values, sign = Marked.apply(x)
    assert values.requires_grad and not sign.requires_grad
    values.sum().backward()
    assert x.grad.tolist() == [2.0]


def test_once_differentiable():
    class Once(Function):
        @staticmethod
        def forward(ctx, x):
            return x * x

        @staticmethod
        @once_differentiable
        def backward(ctx, upstream):
            return upstream * 2

    x = leaf(1.0)
    Once.apply(x).sum().backward()
    assert x.grad.tolist() == [2.0]
    with pytest.raises(TinygradError, match="once differentiable"):
        (Once.apply(x) * x).sum().backward(create_graph=True)


def test_a_view_returned_by_a_function_is_watched():
    class Row(Function):
        @staticmethod
        def forward(ctx, x):
            return x[0]

        @staticmethod
        def backward(ctx, upstream):
            return tg.stack([upstream, tg.zeros_like(upstream)])

    x = tg.ones(2, 3, requires_grad=True)
    h = x * 1
    row = Row.apply(h)
    y = (h * h).sum()
    with tg.no_grad():
        row *= 2
    with pytest.raises(ChangedAfterUseError):
        y.backward()


def test_a_function_notices_a_saved_tensor_that_was_rewritten():
    class Scaled(Function):
        @staticmethod
        def forward(ctx, x, c):
            ctx.save_for_backward(x, c[0] if isinstance(c, list) else c)
            return x * (c[0] if isinstance(c, list) else c)

        @staticmethod
        def backward(ctx, upstream):
            _, c = ctx.saved_tensors
            return upstream * c, None

    x, w, c = leaf(2.0), leaf(1.0), tg.tensor([3.0], dtype=np.float64)
    as_input, hidden = Scaled.apply(x, c), Scaled.apply(x, [c])
    c += w
    as_input.backward(np.ones(1))
    assert x.grad.tolist() == [3.0]
    with pytest.raises(ChangedAfterUseError, match="save_for_backward"):
        hidden.backward(np.ones(1))


def test_a_function_holds_nothing_after_the_walk_and_never_itself():
    import gc
    import weakref

    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        y = Exponential.apply(x)
        grad(y.sum(), x, create_graph=True)
        alive = weakref.ref(y)
        del y
        assert alive() is None
        h = x * 2
        y = ByContext.apply(h)
        alive = weakref.ref(h)
        del h
        y.sum().backward()
        assert alive() is None
    finally:
        gc.enable()


def test_a_function_passes_on_what_is_no_float_tensor():
    class Mixed(Function):
        @staticmethod
        def forward(ctx, x, note=None):
            return x * 2, None, "text", tg.tensor([1, 2])

        @staticmethod
        def backward(ctx, *upstreams):
            assert upstreams[1] is None
            assert upstreams[2] is None
            return upstreams[0] * 2, None, None

    x = leaf(3.0)
    y, nothing, text, integers = Mixed.apply(x)
    assert (nothing, text, integers.requires_grad) == (None, "text", False)
    y.sum().backward()
    assert x.grad.tolist() == [2.0]


# func


def cubes(x):
    return (x**3).sum()


def test_grad_and_value():
    x = tg.tensor([1.0, 2.0], dtype=np.float64)
    g, value = func.grad_and_value(cubes)(x)
    assert g.tolist() == [3.0, 12.0] and value.item() == 9.0
    assert not g.requires_grad and not value.requires_grad and not x.requires_grad


def test_grad_nests():
    f = lambda x: x**4  # noqa: E731
    x = tg.tensor(2.0, dtype=np.float64)
    for expected in (32.0, 48.0, 48.0, 24.0):
        f = func.grad(f)
        assert f(x).item() == pytest.approx(expected)


def test_grad_by_several_arguments_trees_and_aux():
    parameters = {"w": tg.tensor([2.0, 3.0]), "b": [tg.tensor(1.0)]}

    def loss(p, x):
        y = (p["w"] * x).sum() + p["b"][0]
        return y * y, "aux"

    found, aux = func.grad(loss, has_aux=True)(parameters, tg.tensor([1.0, 1.0]))
    assert aux == "aux" and found["w"].tolist() == [12.0, 12.0] and found["b"][0].item() == 12.0
    dx, dy = func.grad(lambda x, y: x * y * y, argnums=(0, 1))(tg.tensor(2.0), tg.tensor(3.0))
    assert (dx.item(), dy.item()) == (9.0, 12.0)


def test_a_result_stays_on_the_graph_of_what_is_outside():
    w = leaf(3.0)
    g = func.grad(lambda x: (w * x * x).sum())(tg.tensor([2.0], dtype=np.float64))
    assert g.requires_grad
    g.sum().backward()
    assert w.grad.tolist() == [4.0]
    x = leaf(2.0)
    func.grad(cubes)(x).sum().backward()
    assert x.grad.tolist() == [12.0]


def test_vjp_and_jvp_agree_with_the_jacobian():
    def f(x):
        return tg.stack([x[0] * x[1], x[1].exp(), x[0] ** 2 * x[2]])

    rng = np.random.default_rng(0)
    x, u, v = (tg.tensor(rng.normal(size=3)) for _ in range(3))
    jacobian = np.asarray(func.jacrev(f)(x))
    np.testing.assert_allclose(func.jacfwd(f)(x), jacobian, rtol=1e-12)
    value, back = func.vjp(f, x)
    np.testing.assert_allclose(value, f(x))
    np.testing.assert_allclose(back(u)[0], np.asarray(u) @ jacobian, rtol=1e-12)
    np.testing.assert_allclose(back(v)[0], np.asarray(v) @ jacobian, rtol=1e-12)  # twice
    value, moved = func.jvp(f, (x,), (v,))
    np.testing.assert_allclose(moved, jacobian @ np.asarray(v), rtol=1e-12)
    assert not value.requires_grad and not moved.requires_grad


def test_what_a_function_returns_besides_its_value_is_handed_on():
    x, square = tg.tensor([1.0, 2.0]), lambda x: (x * x, "aux")
    assert func.vjp(square, x, has_aux=True)[2] == func.jvp(square, (x,), (x,), has_aux=True)[2] == "aux"
    for jacobian in (func.jacrev, func.jacfwd):
        found, aux = jacobian(square, has_aux=True)(x)
        assert found.tolist() == [[2.0, 0.0], [0.0, 4.0]] and aux == "aux"


def test_what_is_handed_on_has_left_the_graph():
    x, both = tg.tensor([1.0, 2.0]), lambda x: (x * x, x * 3)
    for aux in (func.vjp(both, x, has_aux=True)[2], func.jvp(both, (x,), (x,), has_aux=True)[2]):
        assert aux.tolist() == [3.0, 6.0] and not aux.requires_grad
    x.requires_grad_()
    assert func.vjp(both, x, has_aux=True)[2].requires_grad  # of something outside


def test_a_function_with_aux_returns_a_pair():
    x, alone = tg.tensor([1.0, 2.0]), lambda x: (x * x).sum()
    for call in (
        lambda: func.grad(alone, has_aux=True)(x),
        lambda: func.vjp(alone, x, has_aux=True),
        lambda: func.jvp(alone, (x,), (x,), has_aux=True),
        lambda: func.jacrev(alone, has_aux=True)(x),
    ):
        with pytest.raises(TinygradError, match="a pair"):
            call()


def test_tangents_and_upstreams_go_by_name_and_not_by_order():
    x, zero = tg.tensor([1.0, 2.0]), tg.zeros(2)
    _, moved = func.jvp(lambda d: d["a"] * 2 + d["b"], ({"a": x, "b": x},), ({"b": x, "a": zero},))
    assert moved.tolist() == [1.0, 2.0]
    _, back = func.vjp(lambda x: {"a": x * 2, "b": x * 3}, x)
    assert back({"b": zero, "a": tg.ones(2)})[0].tolist() == [2.0, 2.0]
    for tangents in ({"a": x, "b": x}, {"b": x}, [x, x]):
        with pytest.raises(ShapeError):
            func.jvp(lambda d: d["a"], ({"a": x},), (tangents,))


def test_jacobians_of_several_inputs_and_outputs():
    def f(x, y):
        return x[:, None] * y, y.sum()

    x, y = tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0, 5.0])
    for jacobian in (func.jacrev, func.jacfwd):
        (by_x, by_y), (sum_by_x, sum_by_y) = jacobian(f, argnums=(0, 1))(x, y)
        assert by_x.shape == (2, 3, 2) and by_y.shape == (2, 3, 3)
        assert sum_by_x.tolist() == [0.0, 0.0] and sum_by_y.tolist() == [1.0, 1.0, 1.0]


def test_hessian_and_its_products():
    def f(x):
        return (x[0] ** 2 * x[1] + x[1].exp()) * x[2]

    x = tg.tensor([1.0, 0.5, 2.0], dtype=np.float64)
    v = tg.tensor([1.0, -1.0, 0.5], dtype=np.float64)
    h = np.asarray(func.hessian(f)(x))
    np.testing.assert_allclose(h, h.T, rtol=1e-12)
    a, b, c = 1.0, 0.5, 2.0
    expected = [[2 * b * c, 2 * a * c, 2 * a * b], [2 * a * c, np.exp(b) * c, a**2 + np.exp(b)]]
    np.testing.assert_allclose(h[:2], expected, rtol=1e-12)
    value, (product,) = func.hvp(f, (x,), (v,))
    np.testing.assert_allclose(product, h @ np.asarray(v), rtol=1e-12)
    assert value.item() == f(x).item()


def test_errors_of_func():
    with pytest.raises(NonScalarError, match="jacrev"):
        func.grad(lambda x: x * x)(tg.ones(2))
    with pytest.raises(DtypeError, match="floats"):
        func.grad(cubes)(tg.arange(3))
    with pytest.raises(ShapeError, match="tangent"):
        func.jvp(cubes, (tg.ones(2),), (tg.ones(3),))


def test_a_constant_function_has_gradient_zero():
    assert func.grad(lambda x: tg.tensor(1.0))(tg.ones(2)).tolist() == [0.0, 0.0]


# checkpoint


@pytest.mark.parametrize("several", [False, True])
def test_a_checkpoint_gives_the_same_gradients(several):
    w = leaf(0.3, -0.2)

    def segment(x, y):
        h = (x * w).tanh()
        return (h * y, h.exp()) if several else h * y

    def run(call):
        x, y = leaf(1.0, 2.0), tg.tensor([3.0, 4.0], dtype=np.float64)
        w.grad = None
        out = call(x, y)
        total = out[0].sum() + (out[1] * 2).sum() if several else (out * out).sum()
        total.backward()
        return x.grad.tolist(), w.grad.tolist()

    assert run(lambda *a: checkpoint(segment, *a)) == run(segment)


def test_a_checkpoint_stops_at_what_it_uses_from_outside():
    w = leaf(2.0)
    h = w * 3  # used inside, made outside
    y = checkpoint(lambda x: x * h * w, leaf(1.0))
    y.sum().backward()
    assert w.grad.tolist() == [12.0]  # d(3 w²)/dw, counted once


def test_a_checkpoint_can_be_differentiated_again():
    x = leaf(0.5)
    (d,) = grad(checkpoint(lambda x: (x * x).exp(), x).sum(), x, create_graph=True)
    (dd,) = grad(d.sum(), x)
    assert dd.item() == pytest.approx((2 + 4 * 0.25) * np.exp(0.25))


def test_a_checkpoint_draws_the_same_numbers_again():
    x = leaf(*range(1, 9))
    masks = []

    def dropout(x):
        mask = tg.rand(8, dtype=np.float64)
        masks.append(mask.tolist())
        return x * mask

    tg.manual_seed(3)
    y = checkpoint(dropout, x)
    after = tg.rand(1).item()
    y.sum().backward()
    assert masks[0] == masks[1] == x.grad.tolist()
    tg.manual_seed(3)
    tg.rand(8, dtype=np.float64)
    assert tg.rand(1).item() == after


def test_a_checkpoint_moves_running_statistics_twice_as_pytorch_does():
    x = tg.tensor(np.random.default_rng(0).normal(3, 2, (5, 2)), requires_grad=True)
    once, twice = tg.nn.BatchNorm1d(2, dtype=tg.float64), tg.nn.BatchNorm1d(2, 1e-5, 1 - 0.9**0.5, dtype=tg.float64)
    once(x).sum().backward()
    checkpoint(twice, x).sum().backward()
    np.testing.assert_allclose(twice.running_mean, once.running_mean, rtol=1e-12)
    np.testing.assert_allclose(twice.running_var, once.running_var, rtol=1e-12)
    assert twice.num_batches_tracked.item() == 2


def test_a_checkpoint_keeps_no_inner_values():
    import weakref

    inner = []

    def segment(x):
        h = x.exp()
        inner.append(weakref.ref(h))
        return h * h

    y = checkpoint(segment, leaf(1.0))
    assert inner[0]() is None
    y.sum().backward()
    assert len(inner) == 2


def test_a_checkpoint_notices_what_changed():
    w = leaf(2.0)
    y = checkpoint(lambda x: x * w, leaf(1.0))
    with tg.no_grad():
        w += 1
    with pytest.raises(ChangedAfterUseError):
        y.backward(np.ones(1))
    h = w * 1
    y = checkpoint(lambda x: x * h, leaf(1.0))
    h += 1
    with pytest.raises(ChangedAfterUseError, match="rewritten"):
        y.backward(np.ones(1))


def test_a_checkpoint_counts_a_tensor_passed_twice_once_each():
    x = leaf(2.0)
    for segment, args in ((lambda a: a * x, (x,)), (lambda a, b: a * b, (x, x))):
        (d,) = grad(checkpoint(segment, *args).sum(), x, create_graph=True)
        assert d.tolist() == [4.0]
    assert func.grad(lambda x: checkpoint(lambda a, b: a * b, x, x))(tg.tensor(2.0)).item() == 4.0


def test_a_checkpoint_notices_a_constant_that_changed():
    c = tg.tensor([3.0], dtype=np.float64)
    y = checkpoint(lambda a: a * c, leaf(2.0))
    with tg.no_grad():
        c.mul_(10)
    with pytest.raises(ChangedAfterUseError, match="other values"):
        y.backward(np.ones(1))


def test_a_checkpoint_takes_what_is_no_float_tensor_and_gives_nan_as_it_is():
    x, rows = leaf(4.0, np.nan), tg.tensor([0, 1])
    y = checkpoint(lambda x, rows, scale, axis: (x[rows] * scale).sqrt().sum(axis), x, rows, 4.0, axis=0)
    y.backward()
    assert np.isnan(y.item()) and x.grad[0].item() == 0.5


def test_a_checkpoint_without_gradients_is_the_function():
    assert not checkpoint(lambda x: x * 2, tg.ones(1)).requires_grad
    with tg.no_grad():
        assert not checkpoint(lambda x: x * 2, leaf(1.0)).requires_grad
    assert checkpoint(lambda x: x * 2, tg.ones(1)).tolist() == [2.0]
    shapes = iter([2, 3])
    y = checkpoint(lambda x: x * tg.ones(next(shapes)), leaf(1.0))
    with pytest.raises(TinygradError, match="other shapes"):
        y.sum().backward()


class Twice(tg.nn.Module):
    """One layer under two names, and a buffer."""

    def __init__(self):
        super().__init__()
        self.first = self.second = tg.nn.Linear(2, 2, bias=False)
        self.register_buffer("shift", tg.ones(2))

    def forward(self, x, scale=1.0):
        return self.second(self.first(x)) * scale + self.shift


def test_a_module_as_a_function_of_its_parameters_keeps_its_own():
    net, x = Twice(), tg.tensor([[1.0, 2.0]])
    before = dict(net.named_parameters())
    w = tg.tensor([[2.0, 0.0], [0.0, 3.0]], requires_grad=True)
    z = func.functional_call(net, {"second.weight": w, "shift": tg.zeros(2)}, x, {"scale": 10.0})
    assert z.tolist() == [[40.0, 180.0]]
    z.sum().backward()
    np.testing.assert_allclose(w.grad, [[40.0, 100.0], [50.0, 120.0]])  # 10 (1 (W x)ᵀ + (Wᵀ 1) xᵀ)
    assert all(p is before[name] and p.grad is None for name, p in net.named_parameters())
    assert net.shift.tolist() == [1.0, 1.0]
    with pytest.raises(StateDictError, match=r"Twice(?s:.)*unexpected: \['third.weight'\]; missing: \[\]"):
        func.functional_call(net, {"third.weight": w}, x)
    with pytest.raises(StateDictError, match=r"missing:.*'shift'"):
        func.functional_call(net, {"first.weight": w}, x, strict=True)
    with pytest.raises(ShapeError):
        func.functional_call(net, ({"first.weight": w}, {"shift": tg.zeros(3)}), (x,))
    assert all(p is before[name] for name, p in net.named_parameters()), "put back after an error"


@pytest.mark.parametrize("tie", [True, False])
def test_a_step_of_training_inside_a_graph_is_pytorchs(tie):
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")

    class Theirs(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.first = self.second = torch.nn.Linear(2, 2, bias=False)
            self.register_buffer("shift", torch.ones(2))

        forward = Twice.forward

    def meta_gradient(lib, net):
        rng = np.random.default_rng(0)
        own, w = (lib.tensor(rng.normal(size=(2, 2)), requires_grad=True) for _ in range(2))
        net.load_state_dict({name: own for name in net.state_dict() if "weight" in name}, strict=False)

        def loss_at(w):
            x = (lib.ones(1, 2, dtype=lib.float64),)
            return (lib.func.functional_call(net, {"first.weight": w}, x, tie_weights=tie) ** 2).sum()

        (g,) = lib.autograd.grad(loss_at(w), w, create_graph=True)
        loss_at(w - 0.01 * g).backward()
        return np.asarray(w.grad)

    np.testing.assert_allclose(meta_gradient(tg, Twice().double()), meta_gradient(torch, Theirs().double()), rtol=1e-9)


@pytest.mark.parametrize("segments", [1, 2, 3, 5])
def test_checkpoint_sequential_is_the_same_network(segments):
    net = tg.nn.Sequential(*(tg.nn.Linear(3, 3) for _ in range(5)))
    x = tg.randn(2, 3, requires_grad=True)
    z = checkpoint_sequential(net, segments, x, use_reentrant=False)
    gates, stack = set(), [z]
    while stack:
        t = stack.pop()
        gates.add(t)
        stack.extend(s for s in t.inputs if s.gate is not None)
    assert sum(t.gate.name == "through" for t in gates) == segments - 1
    expected = [g.tolist() for g in grad(net(x).sum(), [x, *net.parameters()])]
    assert z.tolist() == net(x).tolist()
    assert [g.tolist() for g in grad(z.sum(), [x, *net.parameters()])] == expected
    with pytest.raises(OptionError, match="1 to 5"):
        checkpoint_sequential(net, 6, x)
    with pytest.raises(TinygradError, match=r"Linear(?s:.)*Sequential"):
        checkpoint_sequential(net[0], 1, x)


def test_well_known_names_that_are_not_here():
    for name, says in (("Variable", "requires_grad=True"), ("set_detect_anomaly", "with tg.detect_anomaly")):
        with pytest.raises(AttributeError, match=says):
            getattr(tg.autograd, name)
