"""Rearrangements and compositions: what is a view, what changes its own shape, and what is refused."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import (
    ChangedAfterUseError,
    DtypeError,
    LeafInPlaceError,
    NotCoveredError,
    ShapeError,
    ViewInPlaceError,
)
from tinygrad_edu.nn.functional import embedding, pad

VIEWS = {
    "reshape": lambda x: x.reshape(6),
    "view": lambda x: x.view(3, 2),
    "flatten": lambda x: x.flatten(),
    "t": lambda x: x.t(),
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "permute": lambda x: x.permute(1, 0),
    "movedim": lambda x: x.movedim(0, 1),
    "squeeze": lambda x: x.squeeze(),
    "unsqueeze": lambda x: x.unsqueeze(0),
    "split": lambda x: x.split(1)[0],
    "chunk": lambda x: x.chunk(2)[0],
    "tensor_split": lambda x: x.tensor_split(2)[0],
    "unbind": lambda x: x.unbind()[0],
    "unbind to numbers": lambda x: x[0].unbind()[1],
    "ravel": lambda x: x.ravel(),
    "narrow": lambda x: x.narrow(0, 0, 1),
    "select": lambda x: x.select(0, 0),
    "unfold": lambda x: x.unfold(1, 2, 1),
    "as_strided": lambda x: x.as_strided((2,), (1,)),
    "atleast_3d": lambda x: tg.atleast_3d(x),
}
COPIES = {
    "flip": lambda x: x.flip(0),
    "roll": lambda x: x.roll(1),
    "tile": lambda x: x.tile(1),
    "repeat_interleave": lambda x: x.repeat_interleave(1, dim=0),
    "rot90": lambda x: x.rot90(0),
    "cat": lambda x: tg.cat([x]),
    "pad": lambda x: pad(x, (0, 0)),
    "contiguous": lambda x: x.T.contiguous(),
    "reshape": lambda x: x.T.reshape(-1),
    "ravel": lambda x: x[:, 1].ravel(),
    "matrix_power": lambda x: tg.linalg.matrix_power(x[:, :2], 1),
    "chain_matmul": lambda x: tg.chain_matmul(x),
    "embedding": lambda x: embedding(tg.tensor(0), x),
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_view_shares_memory_and_every_write_to_it_is_noticed(view):
    x = tg.zeros(2, 3)
    v = view(x)
    x[...] = 5.0
    assert (np.asarray(v) == 5).all()

    w = tg.ones(2, 3, requires_grad=True)
    product = (w * w).sum()
    with tg.no_grad():
        view(w)[...] = 3.0
    with pytest.raises(ChangedAfterUseError):
        product.backward()
    base = w * 1
    recorded = view(base)
    if recorded.gate.name in ("pick", "broadcast_to") or recorded.numel() > 6:  # of several outputs; seen twice
        with pytest.raises(ViewInPlaceError):
            recorded[...] = 3.0
    else:
        recorded[...] = 3.0
        assert (np.asarray(view(base)) == 3).all()


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_a_copy_does_not(copy):
    x = tg.zeros(2, 3)
    assert not np.may_share_memory(np.asarray(copy(x)), np.asarray(x))
    y = copy(x + tg.ones(2, 3, requires_grad=True))
    y += 1  # no view, so it may be written while recording
    assert y.requires_grad


def test_what_was_not_stretched_may_be_written():
    x = tg.ones(3)
    x.expand(3)[...] = 2.0
    assert x.tolist() == [2.0, 2.0, 2.0]


# A Tensor that takes another shape.


def test_a_shape_changes_in_place():
    x = tg.ones(2, 1, 3)
    assert x.squeeze_() is x
    assert x.shape == (2, 3)
    assert x.t_().unsqueeze_(0).transpose_(0, 2).shape == (2, 3, 1)


def test_an_earlier_gate_still_finds_the_shape_that_it_used():
    x = tg.ones(2, 1, 3, requires_grad=True)
    y = x * 2
    before = y * y
    y.squeeze_()
    y += 1  # still no view
    (before.sum() + (y * y).sum()).backward()
    assert x.grad.shape == (2, 1, 3)
    assert (np.asarray(x.grad) == 8 + 12).all()


def test_a_new_shape_under_no_grad_is_noticed():
    weight, x = tg.ones(3), tg.ones(3, requires_grad=True)
    product = x * weight
    weight.unsqueeze_(0)
    with pytest.raises(ChangedAfterUseError):
        product.sum().backward()
    with pytest.raises(LeafInPlaceError):
        x.unsqueeze_(0)


def test_strides_and_order():
    x = tg.zeros(2, 3)
    assert x.stride() == (3, 1)
    assert x.T.stride(0) == 1
    assert x.is_contiguous()
    assert not x.T.is_contiguous()
    assert x.contiguous() is x


# What is refused.

x, cube = tg.ones(2, 3), tg.ones(2, 3, 4)
REFUSED = {
    "reshape": lambda: x.reshape(4),
    "flatten": lambda: cube.flatten(2, 1),
    "unflatten": lambda: x.unflatten(1, (2, 2)),
    "permute": lambda: x.permute(0, 0),
    "permute: too few": lambda: cube.permute(0, 1),
    "transpose": lambda: x.transpose(0, 2),
    "movedim": lambda: x.movedim((0, 1), (1,)),
    "t": lambda: cube.t(),
    "mT": lambda: x[0].mT,
    "cat: none": lambda: tg.cat([]),
    "cat: sizes": lambda: tg.cat([x, tg.ones(2, 2)]),
    "cat: 0-d": lambda: tg.cat([tg.tensor(1.0)]),
    "stack": lambda: tg.stack([x, x[0]]),
    "split": lambda: x.split([1, 1], dim=1),
    "split: of 0": lambda: x.split(0),
    "chunk": lambda: x.chunk(0),
    "tensor_split": lambda: x.tensor_split(0),
    "hsplit": lambda: x.hsplit(2),
    "dsplit": lambda: x.dsplit(1),
    "unbind": lambda: tg.tensor(1.0).unbind(),
    "narrow": lambda: x.narrow(1, 2, 2),
    "select": lambda: x.select(2, 0),
    "reshape: below -1": lambda: x.reshape(2, -3),
    "view: below -1": lambda: x.view(2, -3),
    "fliplr": lambda: x[0].fliplr(),
    "roll": lambda: x.roll((1, 2), 0),
    "rot90": lambda: x.rot90(1, (0, -2)),
    "repeat": lambda: x.repeat(2),
    "repeat_interleave": lambda: x.repeat_interleave(tg.tensor([1, 2]), dim=1),
    "pad: odd": lambda: pad(x, (1,)),
    "pad: reflect": lambda: pad(x, (3, 0), mode="reflect"),
    "pad: circular": lambda: pad(x, (4, 0), mode="circular"),
    "as_strided": lambda: x.as_strided((3, 3), (3, 1)),
    "as_strided: negative": lambda: x.as_strided((2,), (-1,), 3),
    "unfold": lambda: x.unfold(0, 3, 1),
    "broadcast_shapes": lambda: tg.broadcast_shapes((2,), (3,)),
    "combinations": lambda: tg.combinations(x),
    "block_diag": lambda: tg.block_diag(cube),
    "cov": lambda: tg.cov(cube),
    "matrix_norm: axes": lambda: tg.linalg.matrix_norm(x[0]),
    "norm": lambda: tg.linalg.norm(cube, 2),
    "cdist": lambda: tg.cdist(x, tg.ones(2, 2)),
    "cdist: p": lambda: tg.cdist(x, x, p=-1),
    "pdist": lambda: tg.pdist(cube),
    "einsum: too few labels": lambda: tg.einsum("i", x),
    "einsum: too many labels": lambda: tg.einsum("ijk...", x),
    "vander": lambda: tg.vander(x),
    "softmax": lambda: tg.softmax(x, 2),
}


@pytest.mark.parametrize("call", REFUSED.values(), ids=REFUSED)
def test_shapes_that_do_not_fit_are_refused(call):
    with pytest.raises(ShapeError):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: x.view(tg.int32),
        lambda: tg.var(tg.arange(3)),
        lambda: tg.norm(tg.arange(3)),
        lambda: tg.softmax(tg.arange(3), 0),
    ],
)
def test_dtypes_that_do_not_fit_are_refused(call):
    with pytest.raises(DtypeError):
        call()


def test_an_uncovered_mode_of_numpys_pad_is_refused():
    with pytest.raises(NotCoveredError, match="symmetric"):
        np.pad(x, 1, mode="symmetric")


@pytest.mark.parametrize("repeated", [
    lambda x: x.repeat(2, 1),
    lambda x: tg.tile(x, (2, 1)),
    lambda x: x.repeat_interleave(2, dim=0),
    lambda x: x.sum().reshape(1).repeat(3),
])  # fmt: skip
def test_what_is_repeated_is_a_copy_that_may_be_written(repeated):
    x = tg.ones(1, 3)
    z = repeated(x)
    x += 5
    assert (np.asarray(z) == z.reshape(-1)[0].item()).all() and z.max().item() in (1.0, 3.0)
    z[0] = 7.0
    assert (np.asarray(z)[1:] != 7).all(), "each place is its own"
    recorded = repeated(tg.ones(1, 3, requires_grad=True))
    recorded[0] = 7.0
    assert np.count_nonzero(np.asarray(recorded) == 7) == recorded[0].numel()
