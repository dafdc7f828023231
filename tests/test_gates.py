"""Every check of every gate, driven by the one table of cases."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.engine import GATES, Freed, grad, sum_to
from tinygrad_edu.testing.cases import CASES

HAS_GRADIENT = {name for name, gate in GATES.items() if gate.rules or gate.jointly}
by_name = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def leaves(case, dtype=np.float64):
    """The inputs of a case as Tensors; floats require a gradient."""
    return [
        tg.tensor(a.astype(dtype), requires_grad=True) if a.dtype.kind == "f" else tg.tensor(a) for a in case.arrays()
    ]


def outputs(case, tensors, library=tg):
    """The differentiable outputs of a case."""
    with np.errstate(all="ignore"):
        result = case.call(library, *tensors)
    return [t for t in (result if isinstance(result, (tuple, list)) else (result,)) if t.requires_grad]


def weighted(case, tensors):
    """One number that depends on every output element differently, and not linearly."""
    total = tg.tensor(0.0, dtype=np.float64)
    for t in outputs(case, tensors):
        weights = np.cos(np.arange(t.numel(), dtype=np.float64)).reshape(t.shape)
        total = total + ((t + t * t * 0.5) * tg.tensor(weights.astype(t.dtype))).sum()
    return total


def graph(roots):
    """Every recorded Tensor behind the roots."""
    seen, stack = {}, list(roots)
    while stack:
        z = stack.pop()
        if isinstance(z, tg.Tensor) and z.gate is not None and id(z) not in seen:
            seen[id(z)] = z
            stack.extend(z.inputs)
    return list(seen.values())


def numeric_gradient(f, arrays, i, step):
    """Central differences of the number f(*arrays) in arrays[i]."""
    out = np.zeros_like(arrays[i])
    for at in np.ndindex(arrays[i].shape):
        moved = []
        for sign in (1, -1):
            copies = [a.copy() for a in arrays]
            copies[i][at] += sign * step
            moved.append(f(*copies))
        out[at] = (moved[0] - moved[1]) / (2 * step)
    return out


def test_every_gate_with_a_gradient_has_a_case():
    """In the programs themselves, or in what their first derivative records."""
    reached = set()
    for case in CASES.values():
        tensors = leaves(case)
        made = outputs(case, tensors)
        reached |= {z.gate.name for z in graph(made)}
        if case.order == 2 and made:
            wished = [t for t in tensors if t.requires_grad]
            found = grad(weighted(case, tensors), wished, create_graph=True, allow_unused=True)
            reached |= {z.gate.name for z in graph(g for g in found if g is not None)}
    assert reached >= HAS_GRADIENT, f"no case reaches {sorted(HAS_GRADIENT - reached)}"


def test_every_gate_names_its_kind_and_local_gradients():
    for name in HAS_GRADIENT:
        gate = GATES[name]
        assert gate.kind in ("distribute", "switch", "route", "slope", "reshape"), name
        assert gate.local or gate.rules is None, f"{name} does not say its local gradients"


@by_name
def test_gradient_is_that_of_central_differences(case):
    if not case.numeric:
        return  # kinks, ties and special values: compared with PyTorch instead
    tensors = leaves(case)
    if not outputs(case, tensors):
        assert case.order == 0
        return
    wished = [t for t in tensors if t.requires_grad]
    analytic = grad(weighted(case, tensors), wished, allow_unused=True, materialize_grads=True)

    def f(*arrays):
        return weighted_value(case, arrays)

    arrays = case.arrays()
    floats = [i for i, a in enumerate(arrays) if a.dtype.kind == "f"]
    for i, g in zip(floats, analytic, strict=True):
        np.testing.assert_allclose(g, numeric_gradient(f, arrays, i, 1e-6), rtol=1e-5, atol=1e-7)


def weighted_value(case, arrays):
    tensors = [tg.tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    return weighted(case, tensors).item()


@by_name
def test_second_order_is_that_of_differences_of_the_first(case):
    """Along one random direction: d/de of grad f(x + e v) against the gradient of <grad f(x), v>."""
    if case.order < 2 or not case.numeric:
        return
    arrays = case.arrays()
    rng = np.random.default_rng(0)
    directions = [rng.normal(size=a.shape) if a.dtype.kind == "f" else None for a in arrays]

    def first(arrays, create_graph=False):
        tensors = [tg.tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
        wished = [t for t in tensors if t.requires_grad]
        found = grad(
            weighted(case, tensors), wished, create_graph=create_graph, allow_unused=True, materialize_grads=True
        )
        return wished, found

    wished, found = first(arrays, create_graph=True)
    along = [v for v in directions if v is not None]
    dot = sum(((g * tg.tensor(v)).sum() for g, v in zip(found, along, strict=True)), tg.tensor(0.0, dtype=np.float64))
    if dot.requires_grad:
        analytic = grad(dot, wished, allow_unused=True, materialize_grads=True)
    else:
        analytic = [tg.zeros_like(x) for x in wished]
    step = 1e-6
    moved = []
    for sign in (1, -1):
        shifted = [a if v is None else a + sign * step * v for a, v in zip(arrays, directions, strict=True)]
        moved.append(first(shifted)[1])
    for g, up, down in zip(analytic, *moved, strict=True):
        expected = (np.asarray(up) - np.asarray(down)) / (2 * step)
        np.testing.assert_allclose(g, expected, rtol=1e-4, atol=1e-6)


@by_name
def test_each_rule_keeps_its_inputs_shape_and_dtype(case):
    """The raw rules, before the walk would sum a gradient to its shape or cast it."""
    for dtype in case.dtypes:
        for z in graph(outputs(case, leaves(case, dtype))):
            if z.gate.jointly or isinstance(z._data, tuple) or z.gate.name == "pick":
                continue
            arrays = [x._data if isinstance(x, tg.Tensor) else x for x in z.inputs]
            with np.errstate(all="ignore"):
                for i, x in enumerate(z.inputs):
                    if isinstance(x, tg.Tensor) and x.requires_grad and z.gate.rules[i]:
                        g = z.gate.rules[i](np.ones_like(z._data), z._data, *arrays, **z.keywords)
                        assert np.broadcast_shapes(g.shape, x.shape) == g.shape, (z.gate, i, g.shape)
                        assert sum_to(np.asarray(g), x.shape).shape == x.shape
                        same = len(
                            {a.dtype for a in [z._data, *arrays] if getattr(a, "dtype", np.dtype(int)).kind == "f"}
                        )
                        assert same > 1 or g.dtype == x.dtype, f"{z.gate} promotes {x.dtype} to {g.dtype}"


@by_name
def test_no_gate_writes_its_inputs_or_hides_a_view(case):
    tensors = leaves(case)
    for t in tensors:
        t._data.flags.writeable = False
    made = outputs(case, tensors)
    for z in graph(made):
        for x in z.inputs:
            if isinstance(x, tg.Tensor) and not isinstance(z._data, tuple) and not isinstance(x._data, tuple):
                shares = np.may_share_memory(z._data, x._data)
                assert not shares or z.gate.view, f"{z.gate} returns a view and does not say so"
    if made:
        weighted(case, tensors).backward()
        assert not any(isinstance(t.inputs, Freed) for t in tensors)


@by_name
def test_no_two_leaves_share_gradient_memory(case):
    tensors = [t for t in leaves(case) if t.requires_grad]
    every = leaves(case)
    for t in outputs(case, every):
        t.sum().backward(retain_graph=True)
    grads = [t.grad._data for t in every if t.requires_grad and t.grad is not None]
    assert len(grads) <= len(tensors)
    for i, a in enumerate(grads):
        assert a.flags.writeable or not a.size
        for b in grads[:i]:
            assert not np.may_share_memory(a, b)
