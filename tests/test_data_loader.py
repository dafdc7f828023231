"""Splits partition; the loader visits each sample once, repeats exactly, resumes anywhere and leaves no thread."""

import inspect
import json
import threading
import time
import traceback

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import data
from tinygrad_edu.errors import OptionError, ShapeError, StateDictError

# Splits


@given(parts=st.lists(st.integers(0, 20), max_size=5), seed=st.integers(0, 9), stratify=st.booleans())
def test_random_split_partitions(parts, seed, stratify):
    n = sum(parts)
    rows = data.TensorDataset(tg.arange(n), tg.arange(n) % 3)
    split = data.random_split(rows, parts, seed, stratify=stratify)
    assert [len(part) for part in split] == parts
    seen = [part.fetch(np.arange(len(part)))[0].tolist() for part in split if len(part)]
    assert sorted(i for part in seen for i in part) == list(range(n))
    again = data.random_split(rows, parts, np.random.default_rng(seed), stratify=stratify)
    assert [p.indices.tolist() for p in again] == [p.indices.tolist() for p in split]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=5), st.floats(0.05, 0.95), st.integers(0, 9))
def test_stratified_parts_hold_their_share_of_each_class(counts, fraction, seed):
    labels = np.repeat(np.arange(len(counts)), counts)
    first, _ = data.random_split(labels, [fraction, 1 - fraction], seed, stratify=labels)
    share = len(first) / len(labels)
    found = np.bincount(labels[first.indices], minlength=len(counts))
    assert (np.abs(found - share * np.array(counts)) <= 1 + 1e-9).all()


@given(st.lists(st.integers(2, 30), min_size=1, max_size=4), st.integers(2, 5), st.integers(0, 9))
def test_each_sample_validates_once_and_every_fold_has_its_classes(counts, k, seed):
    labels = np.repeat(np.arange(len(counts)), counts)
    k = min(k, len(labels))
    rows = data.TensorDataset(tg.arange(len(labels)), labels)
    for stratify in (False, True):
        folds = data.k_fold(rows, k, seed, stratify=stratify)
        assert sorted(np.concatenate([v.indices for _, v in folds])) == list(range(len(labels)))
        for train, validation in folds:
            assert sorted([*train.indices, *validation.indices]) == list(range(len(labels)))
    for c, count in enumerate(counts):
        assert {int((v.labels == c).sum()) for _, v in folds} <= {count // k, -(-count // k)}


def test_fractions_and_lengths_that_do_not_fit():
    assert [len(p) for p in data.random_split(range(10), [0.25, 0.25, 0.5], 0)] == [3, 2, 5]
    assert [len(p) for p in data.random_split(range(10), [1.0], 0)] == [10]
    assert data.random_split(range(50), [49, 1], 0)[0].indices.tolist() != list(range(49))
    for wrong in ([3, 3], [0.5, 0.4], [11, -1], [], [5, 4.5, 0.5]):
        with pytest.raises(ShapeError, match="counts that sum to 10, or fractions that sum to 1"):
            data.random_split(range(10), wrong)
    with pytest.raises(ShapeError, match="one label for each sample"):
        data.random_split(range(10), [5, 5], stratify=np.zeros(9))
    for k in (1, 11):
        with pytest.raises(ValueError, match="k must be from 2"):
            data.k_fold(range(10), k)


def test_subset_and_concat():
    rows = data.TensorDataset(tg.arange(10) * 10, tg.arange(10) % 2)
    part = data.Subset(rows, [7, -1, 3])
    assert part.fetch([2, 0])[0].tolist() == [30, 70]
    assert part[1][0].item() == 90
    assert part.labels.tolist() == [1, 1, 1]
    both = data.ConcatDataset([part, rows, data.Subset(rows, [])])
    assert len(both) == 13
    assert both.labels.tolist() == [1, 1, 1] + [0, 1] * 5
    x, y = both.fetch([12, 0, 3, 2, 4])
    assert (x.tolist(), y.tolist()) == ([90, 70, 0, 30, 10], [1, 1, 0, 1, 1])
    assert [both[i][0].item() for i in (0, 2, 3, -1)] == [70, 30, 0, 90]
    assert data.ConcatDataset(["ab", ("c", "d")]).fetch([3, 0]) == ["d", "a"]
    vectors = data.ConcatDataset([[tg.tensor([1.0, 2.0])], [tg.tensor([3.0, 4.0])]])
    assert vectors.fetch([1, 0]).tolist() == [[3, 4], [1, 2]]
    named = data.ConcatDataset([[("a", 1.0)], [("b", 2.0)]])
    names, numbers = named.fetch([1, 0])
    assert (list(names), numbers.tolist()) == (["b", "a"], [2, 1])
    for wrong in (lambda: data.Subset(rows, [10]), lambda: both[13], lambda: data.Subset(rows, [-11])):
        with pytest.raises(IndexError):
            wrong()
    with pytest.raises(ValueError, match="at least one"):
        data.ConcatDataset([])


def test_labels_of_every_kind_of_dataset():
    board = data.digits(train=False)
    assert data.labels_of(board) is board.labels
    assert data.labels_of(data.Transformed(board, None)) is board.labels
    assert data.labels_of([("a", 3), ("b", 1)]).tolist() == [3, 1]


# The loader


class Noisy(data.Dataset):
    """Samples that draw: their number and a random one; slow at some places."""

    def __init__(self, n=23, slow=0.0):
        self.n, self.slow = n, slow

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        if i % 5 == 0:
            time.sleep(self.slow)
        return float(i), tg.rand(2)


def told(batches):
    return [[part.tolist() for part in batch] for batch in batches]


@pytest.mark.parametrize("workers", [1, 3])
def test_any_number_of_workers_makes_the_same_batches(workers):
    alone = data.DataLoader(Noisy(), 4, shuffle=True, generator=5)
    threads = data.DataLoader(Noisy(slow=0.002), 4, shuffle=True, generator=5, num_workers=workers)
    for _ in range(2):
        first = told(alone)
        assert told(threads) == first
    drawn = [tuple(row) for batch in first for row in batch[1]]
    assert len(set(drawn)) == len(drawn)  # no two batches share a seed


def test_the_seeds_of_batches_are_those_that_seed_sequence_spawns():
    loader = data.DataLoader(Noisy(6), 2, generator=0)
    entropy = int(np.random.default_rng(0).integers(2**63))
    for batch, child in zip(loader, np.random.SeedSequence(entropy).spawn(3), strict=True):
        rng = np.random.default_rng(child)
        assert batch[1].numpy().tolist() == [rng.random(2, np.float32).tolist() for _ in range(2)]


def test_a_loader_leaves_the_generator_of_the_model_alone():
    """What a batch draws is not taken from what dropout will draw, whenever batches are made."""
    after = []
    for workers in (0, 2):
        tg.manual_seed(0)
        list(data.DataLoader(Noisy(), 4, shuffle=True, num_workers=workers))
        after.append(tg.rand(3).tolist())
    assert after[0] == after[1]


@given(
    n=st.integers(0, 17),
    batch_size=st.integers(1, 5),
    shuffle=st.booleans(),
    workers=st.sampled_from([0, 2]),
    taken=st.integers(0, 12),
    own=st.booleans(),
)
def test_a_resumed_run_sees_what_the_uninterrupted_one_would(n, batch_size, shuffle, workers, taken, own):
    def loader():
        return data.DataLoader(
            Noisy(n), batch_size, shuffle, num_workers=workers, generator=3 if own else None
        )  # fmt: skip

    def run(loader, epochs=3):
        while loader.epoch < epochs:
            epoch = loader.epoch
            for batch in loader:
                yield epoch, told([batch])

    tg.manual_seed(1)
    whole = list(run(loader()))
    tg.manual_seed(1)
    interrupted = loader()
    batches, seen = run(interrupted), []
    for _ in range(min(taken, len(whole))):
        seen.append(next(batches))
    state, of_all = json.loads(json.dumps(interrupted.state_dict())), tg.get_rng_state()
    batches.close()
    resumed = loader()
    list(resumed)  # whatever it did before
    resumed.load_state_dict(state)
    tg.set_rng_state(of_all)
    assert seen + list(run(resumed)) == whole


def test_an_epoch_that_was_left_is_over():
    loader = data.DataLoader(range(10), 2, shuffle=True, generator=0)
    first = [b.tolist() for b in loader]
    assert (loader.epoch, loader.state_dict()["position"]) == (1, 0)
    for _ in loader:
        break
    assert (loader.epoch, loader.state_dict()["position"]) == (1, 1)
    again = [b.tolist() for b in loader]
    assert loader.epoch == 3
    assert again != first
    assert sorted(np.concatenate(again)) == list(range(10))


def test_two_loops_at_once():
    loader = data.DataLoader(range(6), 2, shuffle=True, generator=0)
    pairs = [(a.tolist(), b.tolist()) for a, b in zip(loader, loader, strict=True)]
    for side in zip(*pairs, strict=True):
        assert sorted(np.concatenate(side)) == list(range(6))


def test_states_that_do_not_fit_change_nothing():
    loader = data.DataLoader(range(6), 2, shuffle=True, generator=0)
    before = loader.state_dict()
    good = data.DataLoader(range(6), 2, generator=1).state_dict()
    for wrong, text in (
        ({}, "not the state of a DataLoader"),
        (data.DataLoader(range(7), 2).state_dict(), r"other data(?s:.)*samples 7(?s:.)*samples 6"),
        (data.DataLoader(range(6), 3).state_dict(), "batch_size 3"),
        ({**good, "generator": {"bit_generator": "default_rng"}}, "names no Generator"),
    ):
        with pytest.raises(StateDictError, match=text):
            loader.load_state_dict(wrong)
        assert loader.state_dict() == before


def test_arrays_are_fetched_whole_batches_at_a_time(monkeypatch):
    def one_by_one(self, i):
        raise AssertionError("item by item")

    monkeypatch.setattr(data.TensorDataset, "__getitem__", one_by_one)
    rows = data.TensorDataset(tg.arange(20), tg.arange(20) % 2)
    parts = data.random_split(rows, [0.5, 0.5], 0)
    kept = data.Transformed(data.ConcatDataset(parts), lambda x, y: (x * 10, y))
    seen = [x for batch, _ in data.DataLoader(kept, 6, shuffle=True, generator=0) for x in batch.tolist()]
    assert sorted(seen) == list(range(0, 200, 10))


# Threads


def workers_alive():
    return [t for t in threading.enumerate() if t.name.startswith("DataLoader")]


class Failing(Noisy):
    def __getitem__(self, i):
        if i == 13:
            raise KeyError("sample thirteen")
        return super().__getitem__(i)


@pytest.mark.parametrize("workers", [0, 2])
def test_an_error_arrives_with_its_traceback_in_its_turn(workers):
    batches = iter(data.DataLoader(Failing(), 4, num_workers=workers))
    assert [next(batches)[0].tolist()[0] for _ in range(3)] == [0, 4, 8]
    with pytest.raises(KeyError, match="thirteen") as caught:
        next(batches)
    text = "".join(traceback.format_exception(caught.value))
    assert 'raise KeyError("sample thirteen")' in text
    assert "while the DataLoader made batch 3, of samples 12, 13, 14, 15" in text
    assert not workers_alive()


def test_no_thread_is_left_behind():
    loader = data.DataLoader(Noisy(200, slow=0.001), 2, num_workers=3)
    for _ in loader:
        assert workers_alive()
        break
    assert not workers_alive()
    batches = iter(loader)
    next(batches)
    batches.close()
    assert not workers_alive()
    assert len(list(loader)) == 100
    assert not workers_alive()


def test_no_more_is_made_ahead_than_asked_for():
    made = []

    class Counted(Noisy):
        def __getitem__(self, i):
            made.append(i)
            return i

    batches = iter(data.DataLoader(Counted(50), 1, num_workers=2, prefetch_factor=3))
    next(batches)
    time.sleep(0.05)
    assert len(made) == 7
    batches.close()


def test_workers_keep_the_callers_settings():
    class Settings(Noisy):
        def __getitem__(self, i):
            return bool(tg.is_grad_enabled())

    with tg.no_grad():
        assert not any(batch.numpy().any() for batch in data.DataLoader(Settings(), 4, num_workers=2))


# Samplers


def test_samplers():
    loader = data.DataLoader(range(10), 2, sampler=[3, 3, 9], drop_last=True)
    assert len(loader) == 1
    assert [b.tolist() for b in loader] == [[3, 3]]
    weights = np.array([0, 1, 3])
    sampler = data.WeightedRandomSampler(weights, 4000)
    loaders = [data.DataLoader(range(3), 4000, sampler=sampler, generator=2) for _ in range(2)]
    (one,), (other,) = (list(loader) for loader in loaders)
    assert one.tolist() == other.tolist()
    counts = np.bincount(one.numpy(), minlength=3)
    assert counts[0] == 0
    assert abs(counts[2] / counts[1] - 3) < 0.5
    assert sorted(data.WeightedRandomSampler(weights, 2, replacement=False)) == [1, 2]
    assert len(list(data.RandomSampler("abc", num_samples=1))) == 1
    orders = [list(data.SubsetRandomSampler(range(50), generator=g)) for g in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    tg.manual_seed(1)
    common = data.SubsetRandomSampler(range(50))
    assert list(common) != list(common)
    for wrong, text in (
        (lambda: data.RandomSampler([], num_samples=2), "cannot draw 2 of 0"),
        (lambda: data.WeightedRandomSampler([-1, 2], 1), "none negative"),
        (lambda: data.WeightedRandomSampler([0, 0], 1), "not all 0"),
        (lambda: data.WeightedRandomSampler([0, 1], 2, replacement=False), "cannot draw 2 of 1"),
        (lambda: data.WeightedRandomSampler([0, 1], 0), "cannot draw 0 of 1"),
        (lambda: data.DataLoader(range(3), shuffle=True, sampler=[0]), "no shuffle= beside"),
        (lambda: data.DataLoader(range(3), num_workers=-1), "num_workers must be 0 or more; got -1"),
        (lambda: data.DataLoader(range(3), prefetch_factor=0), "prefetch_factor must be 1 or more"),
    ):
        with pytest.raises(ValueError, match=text):
            wrong()


def test_samplers_draw_what_they_say():
    assert list(data.SequentialSampler("abc")) == [0, 1, 2]
    rounds = list(data.RandomSampler(range(5), num_samples=12, generator=0))
    assert sorted(rounds[:5]) == sorted(rounds[5:10]) == list(range(5)) and len(rounds) == 12
    again = list(data.RandomSampler(range(5), num_samples=12, generator=np.random.default_rng(0)))
    assert rounds == again
    drawn = list(data.RandomSampler(range(3), replacement=True, num_samples=50, generator=1))
    assert len(drawn) == 50 and set(drawn) == {0, 1, 2}
    subset = data.SubsetRandomSampler(list(range(100, 120)), generator=2)
    first, second = list(subset), list(subset)
    assert sorted(first) == sorted(second) == list(range(100, 120)) and first != second
    weighted = [list(data.WeightedRandomSampler([1, 2, 3], 20, generator=4)) for _ in range(2)]
    assert weighted[0] == weighted[1]
    dropped = data.BatchSampler(range(7), 3, drop_last=True)
    assert list(dropped) == [[0, 1, 2], [3, 4, 5]] and len(dropped) == 2
    for wrong in (
        lambda: data.RandomSampler([]),
        lambda: data.RandomSampler("ab", num_samples=0),
        lambda: data.BatchSampler("ab", 0, False),
    ):
        with pytest.raises(ValueError, match=r"cannot draw|1 or more"):
            wrong()
    with pytest.raises(NotImplementedError, match="Sampler does not define __iter__"):
        iter(data.Sampler())


def loaders_of_every_kind():
    order = lambda: data.RandomSampler(range(11))  # noqa: E731
    return {
        "sampler": lambda: data.DataLoader(Noisy(11), 3, sampler=order(), generator=0),
        "batch sampler": lambda: data.DataLoader(
            Noisy(11), batch_sampler=data.BatchSampler(order(), 3, False), generator=0, num_workers=2
        ),
        "no batches": lambda: data.DataLoader(Noisy(11), None, shuffle=True, generator=0),
        "stream": lambda: data.DataLoader(Drawing(), 3, generator=0),
        "stream that draws at once": lambda: data.DataLoader(Eager(), 3, generator=0),
        "stream without batches": lambda: data.DataLoader(Drawing(), None, generator=0),
    }


class Eager(data.IterableDataset):
    def __iter__(self):
        return iter([(float(i), tg.rand(2)) for i in tg.randperm(11)])


class Drawing(data.IterableDataset):
    def __iter__(self):
        return ((float(i), tg.rand(2)) for i in range(11))


@pytest.mark.parametrize("kind", loaders_of_every_kind())
def test_every_kind_of_loader_sees_each_sample_once_and_goes_on_where_it_was(kind):
    make = loaders_of_every_kind()[kind]
    whole = make()
    epochs = [[[np.asarray(part).tolist() for part in batch] for batch in whole] for _ in range(2)]
    firsts = [first for first, _ in epochs[0]]
    assert sorted(np.hstack(firsts)) == list(range(11))
    killed = make()
    list(killed)
    batches = iter(killed)
    seen = [next(batches), next(batches)]
    resumed = make()
    resumed.load_state_dict(json.loads(json.dumps(killed.state_dict())))
    assert [[np.asarray(p).tolist() for p in b] for b in [*seen, *resumed]] == epochs[1]


def test_batches_as_they_are_given_or_none():
    given = data.DataLoader(range(10), batch_sampler=[[0], [5, 6, 7]])
    assert [b.tolist() for b in given] == [[0], [5, 6, 7]] and len(given) == 2
    pairs = data.DataLoader([(np.ones(2), 1.5, "a"), (np.zeros(2), 2.5, "b")], batch_size=None)
    assert len(pairs) == 2
    (x, number, text), _ = pairs
    assert (type(x), x.tolist(), number, text) == (tg.Tensor, [1.0, 1.0], 1.5, "a")
    slices = data.DataLoader(np.arange(6) * 10, batch_size=None, sampler=data.BatchSampler(range(6), 4, False))
    assert [rows.tolist() for rows in slices] == [[0, 10, 20, 30], [40, 50]]
    doubled = data.DataLoader([1, 2], batch_size=None, collate_fn=lambda sample: sample * 2)
    assert list(doubled) == [2, 4]


def test_a_sampler_without_an_end_is_asked_for_no_more_than_is_made():
    def forever():
        yield from range(3)
        raise KeyError("asked for a fourth")

    batches = iter(data.DataLoader(range(9), sampler=forever()))
    assert [next(batches).tolist() for _ in range(3)] == [[0], [1], [2]]
    with pytest.raises(KeyError, match="a fourth"):
        list(data.DataLoader(range(9), sampler=forever(), num_workers=2))
    assert not workers_alive()


def test_a_stream_in_order():
    class Lines(data.IterableDataset):
        def __iter__(self):
            assert data.get_worker_info() is None
            return iter("abcde")

    loader = data.DataLoader(Lines(), 2, drop_last=True, num_workers=2)
    assert list(loader) == [["a", "b"], ["c", "d"]]
    assert list(data.DataLoader(Lines() + Lines(), 4)) == [list("abcd"), list("eabc"), list("de")]
    with pytest.raises(ValueError) as caught:
        list(data.DataLoader(Lines(), 2, collate_fn=lambda _: int("x")))
    assert caught.value.__notes__ == ["while the DataLoader made batch 0"], "samples of a stream have no numbers"
    with pytest.raises(TypeError, match=r"Lines does not define __len__\(\)"):
        len(loader)
    assert len(data.ChainDataset(["ab", "c"])) == 3
    with pytest.raises(NotImplementedError, match="Nothing does not define __iter__"):
        iter(type("Nothing", (data.IterableDataset,), {})())
    both = data.TensorDataset(tg.arange(2)) + data.TensorDataset(tg.arange(3))
    assert isinstance(both, data.ConcatDataset) and len(both) == 5


def test_options_that_contradict_each_other():
    class Empty(data.IterableDataset):
        pass

    for wrong, beside in (
        (lambda: data.DataLoader(Empty(), shuffle=True), "IterableDataset .* no shuffle="),
        (lambda: data.DataLoader(Empty(), batch_sampler=[[0]]), "IterableDataset .* no batch_sampler="),
        (lambda: data.DataLoader("ab", 2, batch_sampler=[[0]]), "batch_sampler .* no batch_size="),
        (lambda: data.DataLoader("ab", batch_sampler=[[0]], shuffle=True, drop_last=True), "no shuffle=, drop_last="),
        (lambda: data.DataLoader("ab", None, drop_last=True), "batch_size=None .* no drop_last="),
    ):
        with pytest.raises(OptionError, match=beside):
            wrong()
    own = data.DataLoader("ab", sampler=data.RandomSampler("ab", generator=0))
    inner = data.DataLoader("ab", batch_sampler=data.BatchSampler(data.RandomSampler("ab", generator=0), 1, False))
    for loader in (own, inner):
        assert sorted(loader) == [["a"], ["b"]]
        with pytest.raises(OptionError, match="give the generator to the DataLoader"):
            loader.state_dict()


def test_pytorchs_options_and_what_workers_begin_with():
    told = []
    unused = {"pin_memory": True, "persistent_workers": True, "timeout": 9, "pin_memory_device": "cpu"}
    for workers in (0, 2):
        loader = data.DataLoader(
            Noisy(), 4, num_workers=workers, worker_init_fn=told.append, multiprocessing_context="spawn", **unused
        )
        assert len(list(loader)) == 6
        assert sorted(told) == list(range(len(told))) and len(told) <= workers
    assert told

    def fails(number):
        raise KeyError("worker's own")

    with pytest.raises(KeyError, match="worker's own"):
        list(data.DataLoader(Noisy(), 4, num_workers=2, worker_init_fn=fails))
    assert not workers_alive()


def test_data_is_where_pytorch_has_it():
    from tinygrad_edu.utils import data as found
    from tinygrad_edu.utils.data import DataLoader, random_split

    assert DataLoader is data.DataLoader is tg.utils.data.DataLoader and random_split is data.random_split
    theirs = pytest.importorskip("torch.utils.data", reason="PyTorch itself is not installed")
    for name in found.__all__:
        assert hasattr(theirs, name), name
        if inspect.isclass(getattr(found, name)) and name not in ("Dataset", "IterableDataset", "Sampler"):
            ours = [p for p in inspect.signature(getattr(found, name)).parameters if p != "in_order"]
            pytorchs = [p for p in inspect.signature(getattr(theirs, name)).parameters if p != "in_order"]
            assert ours == pytorchs, name


@pytest.mark.parametrize("wrap", [lambda d: d, lambda d: data.Subset(d, [3, 1, 2, 0]), lambda d: d + d])
def test_a_subclass_that_says_what_a_sample_is_means_batches_too(wrap):
    class Shifted(data.TensorDataset):
        def __getitem__(self, index):
            (x,) = super().__getitem__(index)
            return (x + 100,)

    found = wrap(Shifted(tg.arange(4)))
    samples = [x for (batch,) in data.DataLoader(found, batch_size=2) for x in batch.tolist()]
    assert samples == [found[i][0].item() for i in range(len(found))]
    assert min(samples) == 100
