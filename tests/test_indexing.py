"""Indexing, assignment and ranking where no gradient shows it: views, writes without a graph, what the errors say."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import (
    ChangedAfterUseError,
    DtypeError,
    LeafInPlaceError,
    OptionError,
    ShapeError,
    TinygradError,
    ViewInPlaceError,
)


def matrix(**keywords):
    return tg.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], **keywords)


# Views and copies.


@pytest.mark.parametrize("index", [0, (0, 1), (..., 1), slice(1), (slice(None), None), (np.array(0), 1), ()], ids=str)
def test_basic_indexing_is_a_view(index):
    x = matrix()
    x[index].zero_()
    expected = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    expected[index] = 0
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("index", [[0], np.array([True, False]), (0, [1, 2])], ids=str)
def test_indexing_by_arrays_is_a_copy(index):
    x = matrix()
    x[index].zero_()
    assert x.tolist() == matrix().tolist()


def test_the_diagonal_is_a_view_and_diag_a_copy():
    x = tg.zeros(2, 2)
    x.diagonal().fill_(5)
    tg.diag(x).fill_(7)
    assert x.tolist() == [[5, 0], [0, 5]]


def test_an_index_changed_afterwards_changes_no_gradient():
    x = matrix(requires_grad=True)
    index = tg.tensor([0, 0])
    z = x[index]
    index.fill_(1)
    z.sum().backward()
    assert x.grad.tolist() == [[2, 2, 2], [0, 0, 0]]


def test_a_condition_changed_afterwards_raises():
    x = matrix(requires_grad=True)
    condition = x > 2
    z = tg.where(condition, x, 0.0)
    condition.fill_(False)
    with pytest.raises(ChangedAfterUseError, match="where used it"):
        z.sum().backward()


# Writes without a graph.


@pytest.mark.parametrize(
    ("index", "value"),
    [
        (0, 7), ((slice(None), 1), [8.0, 9.0]),
        (np.array([[True, False, True], [False, True, False]]), [1.0, 2.0, 3.0]),
        (([0, 1], [2, 0]), np.array([8.0, 9.0])), (slice(None, None, -1), np.arange(6.0).reshape(2, 3)), (..., 0.5),
    ],
    ids=str,
)  # fmt: skip
def test_assignment_is_that_of_numpy(index, value):
    x, a = matrix(), np.array(matrix())
    x[index] = tg.tensor(value) if isinstance(value, np.ndarray) else value
    a[index] = value
    np.testing.assert_array_equal(x, a)


def test_overlapping_assignment_reads_before_it_writes():
    x = tg.arange(5)
    x[1:] = x[:-1]
    x[[0, 4]] = x[[4, 0]]
    assert x.tolist() == [3, 0, 1, 2, 0]


def test_integers_stay_integers():
    x = tg.tensor([1, -2, 3])
    x[0] = 2.7
    assert x.clamp_(-1, 2).abs_().relu_().masked_fill_(x > 1, 9).tolist() == [9, 1, 9]
    assert x.dtype == tg.int64


def test_in_place_without_a_graph():
    x = matrix()
    with tg.no_grad():
        x.copy_(tg.tensor([3, -1, 2])).clamp_min_(0).index_fill_(1, tg.tensor([0]), 4).scatter_(
            1, tg.tensor([[2]]), 9.0
        )
    assert x.tolist() == [[4, 0, 9], [4, 0, 2]]


# What comes back.


def test_values_and_indices_have_names():
    values, indices = found = matrix().max(dim=1)
    assert found.values is values
    assert found.indices is indices
    assert indices.dtype == tg.int64
    assert not indices.requires_grad


def test_of_equals_the_first_comes_first():
    x = tg.tensor([1.0, 2.0, 1.0, 2.0])
    assert x.sort(descending=True).indices.tolist() == [1, 3, 0, 2]
    assert x.sort().indices.tolist() == [0, 2, 1, 3]


@pytest.mark.filterwarnings("ignore:invalid value encountered")
def test_infinities_are_values_like_others():
    inf = float("inf")
    assert tg.mode(tg.tensor([1.0, inf, 0.0, inf])).values.item() == inf
    assert tg.mode(tg.tensor([[-inf, 1.0, -inf], [2.0, 1.0, 1.0]])).values.tolist() == [-inf, 1.0]
    x = tg.tensor([-inf, 1.0, 2.0])
    assert tg.quantile(x, 0.25).item() == -inf
    assert tg.quantile(x, tg.tensor([0.5, 0.75, 1.0])).tolist() == [1.0, 1.5, 2.0]


def test_sums_and_differences_lose_no_digits_on_the_way():
    tenths = tg.full((2**20,), 0.1)
    assert abs(tenths.cumsum(0)[-1].item() / (2**20 * 0.1) - 1) < 1e-6
    assert tg.gradient(tg.tensor([0.0, 1e8, 1.0]))[0].tolist() == [1e8, 0.5, -1e8], "one difference over the peak"


def test_nothing_flows_through_an_answer():
    x = matrix(requires_grad=True)
    for answer in (x > 2, x == x, x.argmax(), x.argsort(), x.isnan(), x.any(), x.heaviside(x), tg.isclose(x, x)):
        assert not answer.requires_grad
    assert (x == None) is False  # noqa: E711
    assert (x != "x") is True


def test_integers_are_a_condition_where_they_are_not_zero():
    assert tg.where(tg.tensor([0, 2, -1]), 1, 0).tolist() == [0, 1, 1]


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_what_takes_no_part_in_a_reduction_is_not_in_it(dtype, sign):
    values, places = sign * np.array([1, 2], dtype), tg.tensor([0, 0])
    for reduce, found in {"sum": values.sum(), "prod": 2, "amax": values.max(), "amin": values.min()}.items():
        z = tg.full((1,), sign * 1.5).to(dtype).scatter_reduce(0, places, tg.tensor(values), reduce, include_self=False)
        assert z.tolist() == [found]


def test_the_histogram_of_equal_numbers_is_around_them():
    assert tg.histc(tg.full((3,), 2.0), 2).tolist() == [0, 3]


def test_a_sequence_of_rows_is_an_index_array():
    x = matrix()
    assert x[((0, 1), (0, 2))].tolist() == [1, 6]
    assert x[[[0, 1], [1, 1]]].shape == (2, 2, 3)
    assert x[[]].shape == (0, 3)
    assert x[[tg.tensor(1), 0], [0, 0]].tolist() == [4, 1]


# Errors.

ERRORS = {
    "no such row": (lambda x: x[5], IndexError, "axis 0 with size 2"),
    "too many": (lambda x: x[0, 0, 0], IndexError, "too many"),
    "float index": (lambda x: x[1.5], IndexError, "integer"),
    "gather out of range": (lambda x: x.gather(1, tg.tensor([[3]])), IndexError, "0 to 2"),
    "gather negative": (lambda x: x.gather(1, tg.tensor([[-1]])), IndexError, "0 to 2"),
    "gather shape": (lambda x: x.gather(1, tg.tensor([1])), ShapeError, "along every axis but 1"),
    "gather floats": (lambda x: x.gather(1, tg.ones(2, 1)), ShapeError, "integers"),
    "take": (lambda x: x.take(tg.tensor([6])), IndexError, "-6 to 5"),
    "scatter": (lambda x: x.scatter(1, tg.tensor([[0, 1]]), tg.ones(1, 1)), ShapeError, "no larger than src"),
    "scatter nothing": (lambda x: x.scatter(1, tg.tensor([[0]])), TinygradError, "src or value"),
    "scatter reduce": (lambda x: x.scatter(1, tg.tensor([[0]]), 1.0, reduce="max"), OptionError, "add or multiply"),
    "reduction": (lambda x: x.scatter_reduce(1, tg.tensor([[0]]), x, "max"), OptionError, "amax"),
    "index_select": (lambda x: x.index_select(0, tg.tensor([[1]])), ShapeError, "vector"),
    "put shape": (lambda x: tg.index_put(x, (tg.tensor([0]),), tg.ones(2)), ShapeError, "index_put"),
    "masked_fill": (lambda x: x.masked_fill(tg.ones(4) > 0, 0), ShapeError, "broadcast"),
    "tril": (lambda x: x[0].tril(), ShapeError, "matrix"),
    "diag": (lambda x: x[None].diag(), ShapeError, "diag_embed"),
    "diagonal": (lambda x: x.diagonal(0, 1, 1), ShapeError, "two different axes"),
    "diagonal_scatter": (lambda x: x.diagonal_scatter(tg.ones(3)), ShapeError, "diagonal's shape"),
    "fill_diagonal_": (lambda x: x[0].clone().fill_diagonal_(1), ShapeError, "matrix"),
    "clamp": (lambda x: x.clamp(), TinygradError, "at least one"),
    "where": (lambda x: tg.where(x > 0, x), TinygradError, "both x and y"),
    "max of nothing": (lambda x: x[:0].max(), ShapeError, "zero-size"),
    "max along nothing": (lambda x: x[:0].max(0), ShapeError, "no element"),
    "argmax of nothing": (lambda x: x[:0].argmax(), ShapeError, "no element"),
    "max axis": (lambda x: x.max(2), IndexError, "axis 2"),
    "topk": (lambda x: x.topk(4), ShapeError, "0 to 3"),
    "kthvalue": (lambda x: x.kthvalue(0), ShapeError, "1 to 3"),
    "quantile q": (lambda x: x.quantile(2.0), OptionError, "from 0 to 1"),
    "quantile dtype": (lambda x: tg.arange(3).quantile(0.5), DtypeError, "floats"),
    "quantile method": (lambda x: x.quantile(0.5, interpolation="best"), OptionError, "best"),
    "bits of floats": (lambda x: x & x, DtypeError, "bitwise_and"),
    "bits of a float": (lambda x: ~x, DtypeError, "bitwise_not"),
    "compare with a list": (lambda x: x == [1], DtypeError, "Tensors"),
    "compare shapes": (lambda x: x < tg.ones(4), ShapeError, "axis -1"),
    "searchsorted": (lambda x: tg.searchsorted(x, tg.ones(3, 1)), ShapeError, "rows"),
}


@pytest.mark.parametrize(("call", "error", "says"), ERRORS.values(), ids=ERRORS)
def test_errors(call, error, says):
    with pytest.raises(error, match=says):
        call(matrix(requires_grad=True))


def test_errors_of_assignment():
    x = matrix(requires_grad=True)
    with pytest.raises(LeafInPlaceError):
        x[0] = 1
    y = x * 1
    y.T[0] = 1  # a view writes through
    assert (y[:, 0] == 1).all()
    with pytest.raises(ViewInPlaceError, match="made by broadcast_to"):
        y.expand(2, *y.shape)[0] = 1
    y[0][0] = 1  # a view that an index made writes through
    assert y[0, 0].item() == 1
    with pytest.raises(IndexError):
        y[7] = 1
    for mode in (tg.no_grad, tg.enable_grad):
        with mode(), pytest.raises(ShapeError, match=r"t\[…\] = v(?s:.)*expected  \(2,\)(?s:.)*got       \(3,\)"):
            y[:, 0] = tg.ones(3)


def test_no_rows_of_a_table_without_rows():
    x = tg.zeros(0, 2, requires_grad=True)
    z = x[tg.zeros(3, 0).long()]
    z.sum().backward()
    assert z.shape == (3, 0, 2) and x.grad.shape == (0, 2)


@pytest.mark.parametrize("index", [[1], [-1], [0, 0]])
def test_a_0d_tensor_has_one_slice(index):
    with pytest.raises(IndexError, match="a 0-d Tensor has one slice, at index 0"):
        tg.tensor(1.0).index_select(0, tg.tensor(index))
