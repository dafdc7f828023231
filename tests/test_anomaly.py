"""tg.detect_anomaly: the first inf or nan raises where it is born; arrays cannot be written behind the graph's back."""

import gc
import threading
import warnings

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import locking, nn, viz
from tinygrad_edu.errors import AnomalyError


def leaf(value, name=None):
    return tg.tensor(value, requires_grad=True, name=name)


def caught(program):
    """The error of a program within the block."""
    with pytest.raises(AnomalyError) as error, tg.detect_anomaly():
        program()
    return error.value


def marked(error):
    """The one node that is marked, and its mark is the first line of the message."""
    (node,) = [node for node in error.record.nodes if node.mark]
    assert node.mark == str(error).split("\n")[0]
    return node


# Where it is born.


def test_the_first_of_the_forward_pass():
    x = leaf([0.0, 1.0])

    def program():
        h = x * 2
        bad = tg.log(h)  # here
        return tg.exp(bad) * 0  # what comes of it is finite again

    error = caught(program)
    text = str(error)
    assert text.startswith("log made the first -inf of the forward pass: 1 of 2 elements.")
    assert "test_anomaly.py" in text
    assert "bad = tg.log(h)  # here" in text
    assert "from 0 to 2: h of shape (2,), made by mul at test_anomaly.py" in text
    assert "mend      keep its input above 0" in text
    node = marked(error)
    assert (node.gate, node.name, node.code) == ("log", "bad", "bad = tg.log(h)  # here")


def test_the_first_of_the_backward_pass():
    x = leaf([0.0, 1.0], "x")

    def program():
        loss = (tg.sqrt(x) * 3).sum()
        loss.backward()

    error = caught(program)
    text = str(error)
    assert text.startswith("sqrt made the first inf of the backward pass: 1 of 2 elements of what it sends to x.")
    assert "upstream: all 3" in text
    assert "upstream times 1/(2 sqrt(x))" in text
    assert "from 0 to 1: x of shape (2,)" in text
    node = marked(error)
    assert node.gate == "sqrt"
    assert [n.gate for n in error.record.nodes if n.gate] == ["sqrt", "mul", "sum"], "the whole graph, from the loss"
    assert error.record.nodes[0].gradient.full == [np.inf, 1.5]
    assert x.grad is None


def test_a_gradient_that_is_nan_though_every_value_is_finite():
    x = leaf([0.0, 4.0], "x")
    error = caught(lambda: (tg.sqrt(x * x) * x.detach()).sum().backward())  # 0 · inf: upstream 0, slope inf
    assert str(error).startswith("sqrt made the first nan of the backward pass: 1 of 2 elements")


def test_a_loss_that_was_nan_before_the_block():
    x = leaf([-1.0, 1.0], "x")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loss = (tg.log(x) * 2 + 1).sum()
    error = caught(loss.backward)
    assert str(error).startswith("log made the first nan of the forward pass: 1 of 2 elements.")
    assert marked(error).gate == "log"
    assert [n.gate for n in error.record.nodes if n.gate] == ["log", "mul", "add", "sum"]
    assert x.grad is None


def test_a_nan_that_no_gradient_would_show():
    x, shift = leaf([1.0]), np.array([np.nan], np.float32)
    loss = (x + shift).sum()  # its gradient is 1
    assert "an input of add holds nan already" in str(caught(loss.backward))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_parameter_that_was_so_before(value):
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    net[2].weight.data[0, 1] = value
    error = caught(lambda: net(tg.ones(4, 2)))
    assert str(error).startswith(
        f"weight of linear holds {value} already: no recorded gate made it.\n  layer     2: Linear"
    )
    assert marked(error).name == "weight"


def test_data_that_was_so_before():
    data, net = tg.tensor([[1.0, np.nan]]), nn.Linear(2, 3)
    data.name = "data"
    assert str(caught(lambda: net(data))).startswith("data of linear holds nan already")


def test_the_layer_is_named_forward_and_backward():
    class Root(nn.Module):
        def forward(self, x):
            return tg.sqrt(x * 0)

    class Log(nn.Module):
        def forward(self, x):
            return tg.log(x * 0)

    first = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Identity(), Log()))
    assert "\n  layer     1.1: Log()\n" in str(caught(lambda: first(tg.ones(1, 2))))
    second = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Identity(), Root()))
    assert "\n  layer     1.1\n" in str(caught(lambda: second(tg.ones(1, 2)).sum().backward()))


def test_a_gradient_given_or_made_by_a_hook():
    x = leaf([1.0, 2.0])
    error = caught(lambda: (x * 2).backward(tg.tensor([1.0, np.inf])))
    assert "the gradient that arrived at mul holds inf, though no gate sent any" in str(error)
    y = leaf([1.0, 2.0])

    def program():
        h = y * 2
        h.register_hook(lambda g: g * np.nan)
        h.sum().backward()

    assert "arrived at mul holds nan" in str(caught(program))


def test_an_update_that_makes_a_parameter_infinite():
    w = leaf([1.0], "w")
    optimizer = tg.optim.SGD([w], lr=1e38)

    def program():
        (w * -10).sum().backward()
        optimizer.step()  # the step

    text = str(caught(program))
    assert text.startswith("a write made w not finite.")
    assert "optimizer.step()  # the step" in text
    assert "its .grad: -10" in text


def test_several_outputs_and_keywords():
    x = leaf([[4.0, 1.0], [2.0, 3.0]])
    with tg.detect_anomaly():
        values, _ = tg.sort(x)
        values.sum().backward()
    assert (x.grad.numpy() == 1).all()
    error = caught(lambda: tg.log(tg.sort(x - 1)[0]))
    assert str(error).startswith("log made the first -inf")


def test_higher_derivatives():
    x = leaf([0.0], "x")

    def program():
        (g,) = tg.autograd.grad((x**1.5).sum(), x, create_graph=True)  # 1.5 √x
        g.sum().backward()  # 0.75 / √x

    assert "the first inf" in str(caught(program))


# What is no anomaly.


def test_a_mask_of_minus_infinity_is_meant():
    scores = tg.randn(4, 4, requires_grad=True)
    mask = tg.tensor(np.triu(np.ones((4, 4)), 1) > 0)
    with tg.detect_anomaly():
        for masked in (
            scores.masked_fill(mask, -np.inf),
            scores + tg.where(mask, -np.inf, 0.0),
            (scores * 2).masked_fill(mask, -np.inf) * 0.5,
        ):
            tg.softmax(masked, 1).sum().backward()
    assert np.isfinite(scores.grad.numpy()).all()


def test_but_the_nan_that_it_becomes_is_not():
    scores = tg.randn(2, 2, requires_grad=True)
    hidden = tg.tensor([[True, True], [False, False]])
    error = caught(lambda: tg.softmax(scores.masked_fill(hidden, -np.inf), 1))
    assert str(error).startswith("softmax made the first nan of the forward pass: 2 of 4 elements.")


def test_without_check_nan_only_the_arrays_are_locked():
    data = np.ones(2)
    x = leaf(0.0)
    with tg.detect_anomaly(check_nan=False), np.errstate(all="ignore"):
        y = tg.log(x * x * data)
        with pytest.raises(ValueError, match="read-only"):
            data[0] = 2
        with tg.no_grad():
            x += np.inf
        with pytest.raises(tg.errors.ChangedAfterUseError, match=r"written at test_anomaly\.py"):
            y.sum().backward()
    assert y.name == "y"


def test_numpys_warnings_do_not_come_before_the_error():
    x = leaf([0.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "log made" in str(caught(lambda: tg.log(x)))
    with pytest.warns(RuntimeWarning, match="divide"):
        tg.log(x)


# The graph survives, and can be drawn.


def test_the_graph_is_given_back_and_drawn(tmp_path):
    x = leaf([0.0, 1.0], "x")
    kept = []

    def program():
        loss = (tg.sqrt(x) * 3).sum()
        kept.append(loss)
        loss.backward()

    error = caught(program)
    assert [e.contribution.full for e in viz.record(kept[0]).edges if e.target == 1] == [[np.inf, 1.5]]
    for suffix in ("html", "dot"):
        path = tmp_path / f"anomaly.{suffix}"
        viz.save(error.record, path)
        assert "sqrt made the first inf of the backward pass" in path.read_text(encoding="utf-8")
    assert "sqrt made the first inf" in viz.text(error.record)


def test_nothing_is_kept_when_the_block_ends():
    import weakref

    gc.disable()
    try:
        with tg.detect_anomaly():
            x = leaf(np.ones(5))
            y = (x * 2).sum()
            reference = weakref.ref(y)
            y.backward()
            del y
            (x * 3).sum()  # the next gate ends what the last walk kept
            assert reference() is None
    finally:
        gc.enable()


# Locked arrays.


def locked(array):
    try:
        array[...] = array
    except ValueError:
        return True
    return False


@pytest.mark.parametrize("make", ["leaf", "constant", "view", "part"])
def test_a_stray_write_raises_where_it_happens(make):
    owner = np.ones((3, 2))
    kept = {"leaf": owner, "constant": owner, "view": owner.T, "part": owner[1:]}[make]
    w = leaf(np.ones(2))
    with tg.detect_anomaly():
        x = kept if make == "constant" else tg.from_numpy(kept)
        y = (w.sum() * x).sum()
        for array in (owner, kept):
            with pytest.raises(ValueError, match="read-only"):
                array += 1
        y.backward()
    assert not locked(owner)
    assert not locked(kept)
    assert (w.grad.numpy() == kept.size).all()


def test_a_gate_of_ones_own_cannot_write_what_it_is_handed():
    def forward(x):
        x -= x.max()
        return np.exp(x)

    careless = tg.gate("careless", forward, lambda g, z, x: g * z, kind="slope")
    try:
        x = leaf([1.0, 2.0])
        with tg.detect_anomaly(), pytest.raises(ValueError, match="read-only"):
            careless(x * 2)
    finally:
        del tg.GATES["careless"]


def test_unlocked_after_an_error():
    data = np.ones(2)

    def program():
        with tg.detect_anomaly():
            leaf([1.0, 2.0]) * data
            assert locked(data)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        program()
    assert not locked(data)


def test_what_was_read_only_before_stays_so():
    data = np.ones(2)
    data.flags.writeable = False
    with tg.detect_anomaly():
        leaf([1.0, 2.0]) * tg.from_numpy(data)
    assert locked(data)


@pytest.mark.parametrize("block", [tg.detect_anomaly, tg.no_grad])
def test_the_engine_opens_only_what_was_locked_for_it(block):
    frozen, data = np.ones(3), np.ones(3)
    frozen.flags.writeable = False
    with block():
        x, kept = tg.from_numpy(data), tg.from_numpy(frozen)
        leaf([1.0, 2.0, 3.0]) * x * kept
        for t, why in ((kept, "its owner said so"), (kept[1:], "its owner said so"), (x.expand(2, 3), "expanded")):
            with pytest.raises(tg.errors.ViewInPlaceError, match=f"memory that is read-only: .*{why}"):
                t += 1
        x[1:] += 1
    t = x.expand(2, 3)
    with pytest.raises(tg.errors.ViewInPlaceError, match="expanded"):  # after the block, too
        t += 1
    assert (frozen.tolist(), data.tolist()) == ([1, 1, 1], [1, 2, 2])


def test_an_array_that_is_gone_is_forgotten_within_the_block():
    x = leaf([1.0, 2.0])
    with tg.detect_anomaly():
        for _ in range(5):
            (x * np.ones(2)).sum().backward()
        gc.collect()
        assert len(locking._VIEWS) == len(locking._LOCKED)
    assert not locking._VIEWS and not locking._LOCKED


def test_blocks_nest():
    data = np.ones(2)
    x = leaf([1.0, 2.0])
    with tg.detect_anomaly():
        y = x * data
        with tg.detect_anomaly():
            z = y * data
            assert locked(data)
        assert locked(data)
        with tg.no_grad():
            y += 1
            z += 1
    assert not locked(data)
    with tg.no_grad():
        y += 1
    assert y.tolist() == [3.0, 4.0]


def test_threads_share_a_parameter():
    """Whichever block ends first, the array is locked until the other ends, too; and then no longer."""
    data, w = np.ones((2, 2)), nn.Parameter(tg.ones(2, 2))
    inside, leave = threading.Barrier(2), [threading.Event(), threading.Event()]
    seen, made = [], []

    def work(which):
        with tg.detect_anomaly():
            row = (w * tg.from_numpy(data))[0], w[0]
            inside.wait()
            leave[which].wait()
        made.extend(row)

    for first in (0, 1):
        threads = [threading.Thread(target=work, args=(i,)) for i in range(2)]
        for thread in threads:
            thread.start()
        leave[first].set()
        threads[first].join()
        seen.append(locked(data))
        leave[1 - first].set()
        threads[1 - first].join()
        seen.append(locked(data))
        for event in leave:
            event.clear()
    assert seen == [True, False, True, False]
    with tg.no_grad():
        for row in made:
            row += 1
        w += 1


def test_the_same_array_in_several_tensors():
    data = np.ones(2)
    a, b = tg.from_numpy(data), tg.from_numpy(data)
    before = a.detach()
    w = leaf([1.0, 2.0])
    with tg.detect_anomaly():
        w * a
        w * b
        with tg.no_grad():
            b += 1
            a[0] = 5
            before[1] = 7
        assert data.tolist() == [5, 7]
        assert locked(data)
    assert not locked(data)


def test_a_write_to_what_a_gate_made():
    x = leaf([1.0, 2.0])
    with tg.detect_anomaly():
        y = x * 3
        y += 1  # recorded
        with tg.no_grad():
            y.mul_(2)
            y[0] = 0
            y.detach().add_(1)
    assert y.tolist() == [1.0, 15.0]


# A whole training loop.


def train(block, optimizer="Adam"):
    tg.manual_seed(0)
    random = np.random.default_rng(0)
    images, classes = random.standard_normal((32, 1, 8, 8)).astype(np.float32), random.integers(0, 3, 32)
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.utils.spectral_norm(nn.Linear(36, 8)), nn.Dropout(0.2), nn.ReLU(), nn.Linear(8, 3),
    )  # fmt: skip
    shadow = tg.optim.swa_utils.AveragedModel(net)
    optimizer = getattr(tg.optim, optimizer)(net.parameters(), lr=0.01)
    schedule = tg.optim.lr_scheduler.StepLR(optimizer, 2)
    loader = tg.data.DataLoader(tg.data.TensorDataset(tg.from_numpy(images), tg.tensor(classes)), 8, shuffle=True)
    losses = []
    with block:
        for epoch in range(3):
            net.train()
            for x, y in loader:
                optimizer.zero_grad(set_to_none=epoch > 0)
                loss = nn.functional.cross_entropy(net(x), y)
                loss.backward()
                nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                optimizer.step()
                shadow.update_parameters(net)
                with tg.no_grad():
                    net[-1].weight *= 0.999
                    net[-1].bias.clamp_(-1, 1)
                losses.append(loss.item())
            schedule.step()
            net.eval()
            net(tg.from_numpy(images)).sum().backward()  # recorded, so that running averages are inputs
            shadow(tg.from_numpy(images))
        state = tg.nn.Module.state_dict(net)
        net.load_state_dict(state)
    images += 1  # unlocked
    return losses


@pytest.mark.parametrize("optimizer", ["Adam", "SGD"])
def test_training_within_the_block_is_training(optimizer):
    assert train(tg.detect_anomaly(), optimizer) == train(tg.enable_grad(), optimizer)


def test_gradient_penalty_and_clipping():
    x = leaf([1.0, 2.0], "x")
    with tg.detect_anomaly():
        (x**3).sum().backward(create_graph=True)
        (x.grad**2).sum().backward()
        nn.utils.clip_grad_norm_([x], 0.5)
        y = leaf([1.0, 2.0])
        (y**3).sum().backward(create_graph=True)
        nn.utils.clip_grad_value_([y], 0.5)  # writes what a gate of the walk made
    assert y.grad.tolist() == [0.5, 0.5]
    assert np.linalg.norm(x.grad.detach().numpy()) == pytest.approx(0.5)


def test_it_has_pytorchs_path():
    assert tg.autograd.detect_anomaly is tg.detect_anomaly


def test_outside_nobody_watches():
    from tinygrad_edu.modes import recording, watching

    with tg.detect_anomaly():
        pass
    assert watching.get() is None
    assert recording.get() is True
