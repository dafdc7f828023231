"""What every optimizer's step has to be by its formula, whatever the numbers; penalties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.errors import OptionError, TinygradError

SEEDS = st.integers(0, 10_000)
RATES = st.floats(1e-4, 1)
SCALE_FREE = {
    "Adagrad": {"eps": 0},
    "RMSprop": {"eps": 0},
    "Adam": {"eps": 0},
    "Adamax": {"eps": 0},
    "NAdam": {"eps": 0},
    "Rprop": {},
    "Adafactor": {"eps": (0, 1e-3)},
}
ELEMENTWISE = ["SGD", "Adagrad", "Adadelta", "RMSprop", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "Rprop", "ASGD"]
STEPPERS = [*ELEMENTWISE, "Adafactor"]  # of vectors: Muon steps matrices


def numbers(seed, steps=6, n=5):
    """Where to start, and the gradients of all steps, none of them near zero."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=n), rng.choice([-1, 1], size=(steps, n)) * rng.uniform(0.1, 3, size=(steps, n))


def after(name, start, gradients, **options):
    """Where the optimizer arrives."""
    p = tg.tensor(start, requires_grad=True)
    optimizer = getattr(optim, name)([p], **options)
    for g in gradients:
        p.grad = tg.tensor(g)
        optimizer.step()
    return np.array(p.detach())


@given(SEEDS, RATES, st.floats(0, 1), st.floats(0, 0.9))
def test_sgd_is_its_formula(seed, lr, decay, momentum):
    p, gradients = numbers(seed)
    found = after("SGD", p, gradients, lr=lr, weight_decay=decay, momentum=momentum)
    v = 0
    for g in gradients:
        v = momentum * v + g + decay * p
        p = p - lr * v
    assert_allclose(found, p, rtol=1e-12, atol=1e-12)


@given(SEEDS, RATES, st.floats(0, 0.99), st.floats(0, 0.999), st.floats(0, 1))
def test_adamw_is_its_formula(seed, lr, beta1, beta2, decay):
    p, gradients = numbers(seed)
    found = after("AdamW", p, gradients, lr=lr, betas=(beta1, beta2), weight_decay=decay, eps=1e-8)
    m = v = 0
    for t, g in enumerate(gradients, 1):
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        p = p - lr * decay * p - lr * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + 1e-8)
    assert_allclose(found, p, rtol=1e-9, atol=1e-9)


@given(SEEDS, RATES, st.floats(0.1, 0.9), st.floats(1.1, 2))
def test_rprop_is_its_rule_element_by_element(seed, lr, down, up):
    p, gradients = numbers(seed, steps=12)
    found = after("Rprop", p, gradients, lr=lr, etas=(down, up), step_sizes=(1e-3, 2))
    for i in range(p.size):
        size, last = lr, 0
        for g in gradients[:, i]:
            turned = last * g < 0
            size = min(max(size * (down if turned else up if last else 1), 1e-3), 2)
            p[i] -= 0 if turned else size * np.sign(g)
            last = 0 if turned else g
    assert_allclose(found, p, rtol=1e-9, atol=1e-12)


def test_rprop_tells_signs_whose_product_is_too_small_a_number():
    p = np.zeros(1)
    assert_allclose(after("Rprop", p, np.full((3, 1), 1e-200), lr=1.0), [-1 - 1.2 - 1.44])


@given(SEEDS, RATES, st.floats(0, 1), st.floats(0, 2), st.integers(0, 4))
def test_asgd_averages_where_it_has_been(seed, lr, lambd, alpha, t0):
    start, gradients = numbers(seed, steps=8)
    p, path, rate = tg.tensor(start, requires_grad=True), [], lr
    optimizer = optim.ASGD([p], lr=lr, lambd=lambd, alpha=alpha, t0=t0)
    for t, g in enumerate(gradients, 1):
        p.grad = tg.tensor(g)
        optimizer.step()
        start = start - rate * (lambd * start + g)
        rate = lr / (1 + lambd * lr * t) ** alpha
        path.append(start)
    assert_allclose(p.detach(), start, rtol=1e-5, atol=1e-5)  # the rate is kept at float32
    assert_allclose(optimizer.state[p]["ax"], np.mean(path[t0 + 1 :], axis=0), rtol=1e-5, atol=1e-5)


@given(SEEDS, RATES, st.floats(-1, 0), st.floats(1, 2), st.floats(0, 1), st.sampled_from([(4,), (3, 4), (2, 3, 4)]))
def test_adafactor_is_its_formula(seed, lr, beta2_decay, d, decay, shape):
    rng = np.random.default_rng(seed)
    p, gradients = rng.normal(size=shape), rng.normal(size=(6, *shape))
    options = {"beta2_decay": beta2_decay, "eps": (1e-5, 0.1), "d": d, "weight_decay": decay}
    found = after("Adafactor", p, gradients, lr=lr, **options)

    def rms(x):
        return np.sqrt(np.mean(x**2))

    square = 0  # the average of g^2, of which Adafactor keeps the means only
    for t, g in enumerate(gradients, 1):
        square = square + t**beta2_decay * (g**2 - square)
        v = square
        if len(shape) > 1:
            rows, columns = square.mean(-1, keepdims=True), square.mean(-2, keepdims=True)
            v = rows * columns / square.mean((-1, -2), keepdims=True)
        u = g / np.sqrt(v)
        rate = max(0.1, rms(p)) * min(lr, t**-0.5)
        p = p - lr * decay * p - rate * u / max(1, rms(u) / d)
    assert_allclose(found, p, rtol=1e-9, atol=1e-9)


def orthogonal(m):
    u, _, v = np.linalg.svd(m, full_matrices=False)
    return u @ v


@pytest.mark.parametrize(("fn", "ratio"), [(None, 2), ("original", 2), ("match_rms_adamw", 0.2 * 20**0.5)])
@given(SEEDS, RATES, st.floats(0, 1), st.floats(0, 0.99), st.booleans())
def test_muon_steps_along_the_orthogonal_part_of_its_momentum(fn, ratio, seed, lr, decay, momentum, nesterov):
    """Found to the last digit: 30 steps of an iteration that ends at 1."""
    rng = np.random.default_rng(seed)
    p, gradients = rng.normal(size=(20, 5)), rng.normal(size=(4, 20, 5))
    options = {"lr": lr, "weight_decay": decay, "momentum": momentum, "nesterov": nesterov, "adjust_lr_fn": fn}
    found = after("Muon", p, gradients, ns_coefficients=(1.875, -1.25, 0.375), ns_steps=30, **options)
    m = np.zeros((20, 5))
    for g in gradients:
        m = momentum * m + (1 - momentum) * g
        n = (1 - momentum) * g + momentum * m if nesterov else m
        p = p - lr * decay * p - lr * ratio * orthogonal(n)
    assert_allclose(found, p, rtol=1e-7, atol=1e-7)


@given(SEEDS, st.integers(1, 6), st.integers(1, 6), st.floats(-9, 9))
def test_muons_steps_are_as_long_in_every_direction(seed, rows, columns, scale):
    """Whatever the size of the gradient, and for a matrix as for its transpose."""
    rng = np.random.default_rng(seed)
    n = min(rows, columns)
    u, v = (np.linalg.qr(rng.normal(size=(k, n)))[0] for k in (rows, columns))
    g = 10.0**scale * (u * rng.uniform(0.1, 1, n)) @ v.T
    options = {"lr": 1.0, "eps": 0, "adjust_lr_fn": "match_rms_adamw"}
    step = after("Muon", np.zeros((rows, columns)), g[None], **options)
    along = -u.T @ step @ v / (0.2 * max(rows, columns) ** 0.5)  # diagonal: each direction goes its own way
    assert_allclose(along, np.diag(np.diag(along)), atol=1e-9)
    assert 0.68 < np.diag(along).min() <= np.diag(along).max() < 1.21
    assert_allclose(after("Muon", np.zeros((columns, rows)), g.T[None], **options), step.T, rtol=1e-7, atol=1e-9)


def test_muon_of_no_gradient_only_decays():
    p = np.ones((2, 3))
    assert_allclose(after("Muon", p, np.zeros((1, 2, 3)), lr=0.5, weight_decay=0.5), 0.75 * p)


@pytest.mark.parametrize("name", ["Adagrad", "Adam", "Adamax", "Rprop"])
@given(SEEDS, RATES)
def test_the_first_step_is_lr_along_the_sign(name, seed, lr):
    p, gradients = numbers(seed, steps=1)
    found = after(name, p, gradients, lr=lr, **SCALE_FREE[name])
    assert_allclose(found, p - lr * np.sign(gradients[0]), rtol=1e-9, atol=1e-9)


@given(SEEDS, RATES)
def test_radam_begins_as_momentum_without_its_bias(seed, lr):
    p, gradients = numbers(seed, steps=1)
    assert_allclose(after("RAdam", p, gradients, lr=lr), p - lr * gradients[0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", SCALE_FREE)
@given(SEEDS, st.floats(1e-3, 1e3))
def test_the_scale_of_the_loss_does_not_matter(name, seed, scale):
    p, gradients = numbers(seed)
    options = SCALE_FREE[name]
    assert_allclose(
        after(name, p, scale * gradients, **options), after(name, p, gradients, **options), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("name", STEPPERS)
@given(SEEDS, RATES)
def test_a_mirror_image_goes_the_mirrored_way(name, seed, lr):
    p, gradients = numbers(seed)
    options = {"lr": lr} if name == "Rprop" else {"lr": lr, "weight_decay": 0.1}
    mirrored = -after(name, -p, -gradients, **options)
    assert_allclose(after(name, p, gradients, **options), mirrored, rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", STEPPERS)
@given(SEEDS)
def test_uphill_is_downhill_of_the_negative(name, seed):
    p, gradients = numbers(seed)
    assert (after(name, p, gradients, maximize=True) == after(name, p, -gradients)).all()


@pytest.mark.parametrize("name", ELEMENTWISE)
@given(SEEDS)
def test_elements_do_not_know_each_other(name, seed):
    p, gradients = numbers(seed)
    alone = [after(name, p[i : i + 1], gradients[:, i : i + 1]).item() for i in range(p.size)]
    assert_allclose(after(name, p, gradients), alone, rtol=1e-13, atol=0)


@pytest.mark.parametrize("name", STEPPERS)
def test_a_rate_of_zero_moves_nothing(name):
    p, gradients = numbers(0)
    options = {"step_sizes": (0, 50)} if name == "Rprop" else {}
    assert (after(name, p, gradients, lr=0, **options) == p).all()


@pytest.mark.parametrize("name", STEPPERS)
def test_a_bowl_is_descended(name):
    p = tg.tensor([3.0, -2.0], requires_grad=True)
    optimizer = getattr(optim, name)([p], lr=10.0 if name == "Adadelta" else 0.1)
    for _ in range(300):
        optimizer.zero_grad()
        (p * p).sum().backward()
        optimizer.step()
    assert (p.detach() ** 2).sum().item() < 6.5, "half of the 13 it began with"


# penalties


def network():
    tg.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2)).double()


def test_penalties_are_their_formulas_and_leave_biases_alone():
    model = network()
    weights = [model[0].weight.detach().numpy(), model[3].weight.detach().numpy()]
    l1, l2 = (sum(f(w).sum() for w in weights) for f in (np.abs, np.square))
    assert_allclose(optim.l1_penalty(model, 0.1).item(), 0.1 * l1)
    assert_allclose(optim.l2_penalty(model, 0.1).item(), 0.05 * l2)
    assert_allclose(optim.elastic_penalty(model, 0.1, 0.2).item(), 0.1 * l1 + 0.1 * l2)
    assert_allclose(optim.elastic_penalty(model.parameters(), 0.1, 0.2).item(), 0.1 * l1 + 0.1 * l2)
    every = sum(np.abs(p.numpy()).sum() for p in model.parameters())
    assert_allclose(optim.l1_penalty(model, 0.1, biases=True).item(), 0.1 * every)
    optim.l2_penalty(model, 0.1).backward()
    assert [name for name, p in model.named_parameters() if p.grad is None] == [
        "0.bias",
        "1.weight",
        "1.bias",
        "3.bias",
    ]


def test_an_l2_penalty_is_the_decay_of_the_weights():
    found = []
    for penalty, decay in ((0.3, 0), (0, 0.3)):
        w = tg.tensor([[1.0, -2.0]], requires_grad=True)
        optimizer = optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=decay)
        for _ in range(5):
            optimizer.zero_grad()
            (w.exp().sum() + optim.l2_penalty([w], penalty)).backward()
            optimizer.step()
        found.append(w.detach())
    assert_allclose(*found, rtol=1e-6)


def test_a_parameter_named_bias_is_one_whatever_its_shape():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight, self.bias_table = nn.Parameter(tg.ones(2, 2)), nn.Parameter(tg.ones(2, 2))

    assert optim.l1_penalty(Odd(), 1.0).item() == 4
    assert optim.l1_penalty(Odd(), 1.0, biases=True).item() == 8


def test_penalties_that_make_no_sense():
    w = tg.ones(2, 2)
    for penalty in (optim.l1_penalty, optim.l2_penalty):
        for strength in (-1, float("nan")):
            with pytest.raises(OptionError, match="strength"):
                penalty([w], strength)
        with pytest.raises(TinygradError, match=r"all of them biases(?s:.)*biases=True"):
            penalty([tg.ones(3)], 1.0)
        with pytest.raises(TinygradError, match="no parameters"):
            penalty(nn.ReLU(), 1.0)
