"""reshape: the cases of `gates/reshape.py`, `join.py` and `pad.py`."""

from .case import case, integers, real, values


def pad(T, x, *args, **keywords):  # type: ignore[no-untyped-def]
    """`nn.functional.pad` of either library."""
    return T.nn.functional.pad(x, *args, **keywords)


CASES = [
    # another shape
    case("reshape", lambda T, x: T.reshape(x, (2, -1)), real(3, 4)),
    case("reshape: method", lambda T, x: (x.reshape(4, 3), x.reshape((-1,)), x.reshape_as(x.t())), real(3, 4)),
    case("reshape: 0-d", lambda T, x: (T.reshape(x, ()), T.reshape(x, (1, 1))), real(1)),
    case("reshape: of a transpose", lambda T, x: x.t().reshape(-1), real(3, 4), why="a copy, not a view"),
    case("reshape: empty", lambda T, x: T.reshape(x, (-1, 3)), real(0, 6)),
    case("view", lambda T, x: (x.view(2, 6), x.view((-1,)), x.view_as(x.reshape(6, 2))), real(3, 4)),
    case("flatten", lambda T, x: (T.flatten(x), x.flatten(1), x.flatten(-3, -2), x.flatten(end_dim=0)), real(2, 3, 4)),
    case("flatten: 0-d", lambda T, x: T.flatten(x), real()),
    case("unflatten", lambda T, x: (T.unflatten(x, 1, (2, -1)), x.unflatten(-1, (3, 2, 1))), real(2, 6)),
    case("ravel", lambda T, x: (T.ravel(x), x.t().ravel()), real(2, 3)),
    case("squeeze", lambda T, x: (T.squeeze(x), x.squeeze(0), x.squeeze(1), x.squeeze((0, -1))), real(1, 2, 1)),
    case("squeeze: 0-d", lambda T, x: (x.squeeze(), x.squeeze(0), x.squeeze(-1)), real()),
    case("unsqueeze", lambda T, x: (T.unsqueeze(x, 0), x.unsqueeze(-1), x.unsqueeze(1)), real(2, 3)),
    case("unsqueeze: 0-d", lambda T, x: (x.unsqueeze(0), x.unsqueeze(-1)), real()),
    case("atleast", lambda T, x, y, z: (*T.atleast_1d(x, y), *T.atleast_2d((x, y, z)), *T.atleast_3d(x, y, z)),
         real(), real(3), real(2, 3)),
    case("atleast: one", lambda T, x: (T.atleast_1d(x), T.atleast_2d(x), T.atleast_3d(x)), real(4)),
    case("contiguous", lambda T, x: (x.contiguous() * 2, x.t().contiguous()), real(2, 3)),
    # another order of the axes
    case("permute", lambda T, x: T.permute(x, (2, 0, -2)), real(2, 3, 4)),
    case("permute: method", lambda T, x: x.permute(1, 0, 2), real(2, 3, 4)),
    case("transpose", lambda T, x: (T.transpose(x, 0, -1), x.swapaxes(1, 2), T.swapdims(x, 0, 1)), real(2, 3, 4)),
    case("transpose: 0-d", lambda T, x: T.transpose(x, 0, -1), real()),
    case("movedim", lambda T, x: (T.movedim(x, 0, -1), x.moveaxis((0, 1), (2, 0)), T.movedim(x, (-1, 0), (0, 1))),
         real(2, 3, 4)),
    case("t", lambda T, x, y, z: (T.t(x), y.t(), z.t()), real(2, 3), real(3), real()),
    case("T, mT, H, adjoint", lambda T, x: (x.T, x.mT, x.H, T.adjoint(x), x.mH, x.adjoint()), real(2, 3)),
    case("mT: batch", lambda T, x: (x.mT, T.adjoint(x)), real(2, 3, 4)),
    # joined
    case("cat", lambda T, x, y: T.cat([x, y], dim=-1), real(2, 3), real(2, 1)),
    case("cat: twice the same", lambda T, x: T.concat((x, x * x, x)), real(2)),
    case("cat: dtypes", lambda T, x, i: T.cat([i, x]), real(2), integers(0, 5)(3)),
    case("cat: empty ones", lambda T, x: T.cat([x.reshape(-1)[:0], x, x[:0]]), real(2, 3)),
    case("cat: no gradient for one", lambda T, x, y: T.cat([x.detach(), y]), real(2), real(3), numeric=False),
    case("stack", lambda T, x, y: (T.stack([x, y]), T.stack((x, y), dim=-1), T.stack([x, x], 1)),
         real(2, 3), real(2, 3)),
    case("stack: 0-d", lambda T, x, y: T.stack([x, y, x]), real(), real()),
    case("stack: dtypes", lambda T, x, i: T.stack([i, x]), real(2), integers(0, 5)(2)),
    case("hstack", lambda T, x, y: (T.hstack([x, y]), T.hstack([x[0], y[0]]), T.hstack([x[0, 0], y[0, 0]])),
         real(2, 3), real(2, 1)),
    case("vstack", lambda T, x, y: (T.vstack([x, y]), T.row_stack([x[0], y])), real(2, 3), real(1, 3)),
    case("dstack", lambda T, x, y: (T.dstack([x, y]), T.dstack([x[0], y[0]]), T.dstack([x[0, 0]])),
         real(2, 3), real(2, 3)),
    case("column_stack", lambda T, x, y, z: (T.column_stack([x, y]), T.column_stack((z, z))),
         real(2), real(2, 3), real()),
    # parted
    case("split", lambda T, x: T.split(x, 2), real(5, 2)),
    case("split: sections", lambda T, x: x.split([1, 0, 3], dim=-1), real(2, 4)),
    case("split: some unused", lambda T, x: x.split(1)[1], real(3, 2)),
    case("split: exact, of integers", lambda T, x: T.split(x, 2), integers(0, 9)(4), order=0),
    case("split: empty", lambda T, x: (*T.split(x, 2), *T.split(x, 0)), real(0, 2)),
    case("chunk", lambda T, x: (*T.chunk(x, 4), *x.chunk(3, dim=1)), real(5, 3)),
    case("chunk: empty", lambda T, x: T.chunk(x, 3), real(0, 2)),
    case("tensor_split", lambda T, x: (*T.tensor_split(x, 3), *x.tensor_split((1, 3)), *x.tensor_split([2, -1])),
         real(5)),
    case("tensor_split: past the end", lambda T, x: T.tensor_split(x, (1, 9), dim=1), real(2, 3)),
    case("tensor_split: more than there are", lambda T, x: T.tensor_split(x, 4), real(3)),
    case("hsplit", lambda T, x, y: (*T.hsplit(x, 2), *y.hsplit((1,))), real(4), real(2, 3)),
    case("vsplit", lambda T, x: (*T.vsplit(x, 2), *x.vsplit((1, 2))), real(4, 3)),
    case("dsplit", lambda T, x: (*T.dsplit(x, 2), *x.dsplit((1,))), real(2, 1, 4)),
    case("unbind", lambda T, x: (*T.unbind(x), *x.unbind(-1)), real(2, 3)),
    case("unbind: some unused", lambda T, x: x.unbind(1)[2], real(2, 3)),
    case("narrow", lambda T, x: (T.narrow(x, 0, 1, 2), x.narrow(-1, -2, 1), x.narrow(0, 3, 0)), real(3, 4)),
    case("select", lambda T, x: (T.select(x, 0, 1), x.select(-1, -1)), real(3, 4)),
    # another order of the elements
    case("flip", lambda T, x: (T.flip(x, (0, -1)), x.flip(1), x.flip([0]), x.flip(0, 1)), real(2, 3, 4)),
    case("flip: 0-d", lambda T, x: T.flip(x, ()), real()),
    case("fliplr, flipud", lambda T, x: (T.fliplr(x), x.flipud()), real(2, 3)),
    case("roll", lambda T, x: (T.roll(x, 1), x.roll(-2, 1), T.roll(x, (1, 5), (0, -1)), x.roll((1,), dims=0)),
         real(3, 4)),
    case("roll: 0-d and empty", lambda T, x, y: (T.roll(x, 1), T.roll(y, 2, 1)), real(), real(2, 0)),
    case("rot90", lambda T, x: (T.rot90(x), x.rot90(2, (0, 1)), T.rot90(x, -1, (1, 2)), T.rot90(x, 4, (2, 0))),
         real(2, 3, 4)),
    case("rot90: other plane", lambda T, x: (T.rot90(x, 1, (2, 0)), T.rot90(x, 3, [-1, 1])), real(2, 3, 4)),
    # repeated
    case("repeat", lambda T, x: (x.repeat(2, 3), x.repeat((2, 1, 2))), real(2, 3)),
    case("repeat: no times", lambda T, x, y: (x.repeat(0, 2), y.repeat(3), y.repeat(())), real(2, 3), real()),
    case("tile", lambda T, x: (T.tile(x, (2,)), x.tile(2, 1, 2), T.tile(x, ())), real(2, 3)),
    case("repeat_interleave", lambda T, x: (T.repeat_interleave(x, 2), x.repeat_interleave(3, dim=-1)), real(2, 3)),
    case("repeat_interleave: one each", lambda T, x, n: (T.repeat_interleave(x, n, dim=0), x[:,
         0].repeat_interleave(n)),
         real(3, 2), values(2, 0, 3)),
    case("repeat_interleave: numbers alone", lambda T, n: T.repeat_interleave(n), values(2, 0, 3), order=0),
    # padded
    case("pad", lambda T, x: pad(T, x, (1, 2), value=0.5), real(2, 3)),
    case("pad: axes", lambda T, x: (pad(T, x, (1, 2, 0, 3)), pad(T, x, (0, 0, 1, 1), "constant", 7)), real(2, 3)),
    case("pad: crops", lambda T, x: (pad(T, x, (-1, 2)), pad(T, x, (1, -1, -1, 0), value=3.0)), real(2, 3)),
    case("pad: integers", lambda T, x: pad(T, x, (1, 2), value=3), integers(0, 9)(2, 3), order=0),
    case("pad: reflect", lambda T, x: (pad(T, x, (1, 2), mode="reflect"), pad(T, x, (2, 0), mode="reflect")),
         real(2, 3)),
    case("pad: reflect in 2-d", lambda T, x: pad(T, x, (2, 1, 1, 2), mode="reflect"), real(2, 3, 4)),
    case("pad: replicate", lambda T, x: (pad(T, x, (1, 3), mode="replicate"), pad(T, x, (0, 2), mode="replicate")),
         real(2, 3)),
    case("pad: replicate in 3-d", lambda T, x: pad(T, x, (2, 1, 1, 2, 1, 1), mode="replicate"), real(1, 1, 2, 2)),
    case("pad: circular", lambda T, x: (pad(T, x, (1, 3), mode="circular"), pad(T, x, (2, 0), mode="circular")),
         real(2, 3)),
    case("pad: circular in 2-d", lambda T, x: pad(T, x, (2, 1, 1, 2), mode="circular"), real(2, 3, 4)),
    case("pad: circular, cropping", lambda T, x: pad(T, x, (-1, 2), mode="circular"), real(2, 3, 4)),
    case("pad: replicate, cropping", lambda T, x: pad(T, x, (-1, 2, 1, -2), mode="replicate"), real(1, 3, 4)),
    # windows on the memory
    case("as_strided", lambda T, x: (T.as_strided(x, (3, 2), (2, 1)), x.as_strided((2, 2), (1, 0), 3)), real(2, 5)),
    case("as_strided: 0-d", lambda T, x: T.as_strided(x, (), (), 2), real(2, 5)),
    case("as_strided_scatter", lambda T, x,
         v: (T.as_strided_scatter(x, v, (2, 2), (3, 2), 1), x.as_strided_scatter(v, (2, 2), (1, 4))),
         real(2, 5), real(2, 2), oracle=False, why="PyTorch sends the upstream to what was overwritten"),
    case("as_strided_scatter: src", lambda T, v: T.as_strided_scatter(T.zeros(2, 5).double(), v, (2, 2), (3, 2), 1),
         real(2, 2)),
    case("unstrided", lambda T, x: x.unfold(0, 3, 1), real(5), why="windows overlap: their upstreams add up"),
    case("unfold", lambda T, x: (x.unfold(1, 2, 2), x.unfold(-2, 3, 1), x.unfold(0, 0, 1)), real(3, 5)),
    case("unfold: of a transpose", lambda T, x: x.t().unfold(0, 2, 3), real(3, 5)),
    case("unfold: 0-d", lambda T, x: x.unfold(0, 1, 1), real()),
    # several together
    case("broadcast_tensors", lambda T, x, y: T.broadcast_tensors(x, y), real(2, 1), real(3)),
    case("meshgrid", lambda T, x, y, z: T.meshgrid(x, y, z, indexing="ij"), real(2), real(3), real(1)),
    case("meshgrid: xy", lambda T, x, y, z: T.meshgrid([x, y, z], indexing="xy"), real(2), real(3), real()),
    case("meshgrid: one", lambda T, x: T.meshgrid(x, indexing="xy"), real(2)),
    case("cartesian_prod", lambda T, x, y: (T.cartesian_prod(x, y), T.cartesian_prod(x)), real(2), real(3)),
    case("combinations", lambda T, x: (T.combinations(x), T.combinations(x, 3), T.combinations(x,
         with_replacement=True)),
         real(4)),
    case("combinations: none", lambda T, x: T.combinations(x, 5), real(3)),
    case("block_diag", lambda T, x, y, z: T.block_diag(x, y, z), real(2, 3), real(2), real()),
]  # fmt: skip


def _in_new_shape(T, x):  # type: ignore[no-untyped-def]
    y = x * 1
    y.squeeze_()
    y.t_()
    y.unsqueeze_(-1).transpose_(0, 1)
    return y * y


CASES += [
    case("squeeze_, t_, unsqueeze_, transpose_", _in_new_shape, real(2, 1, 3)),
    case("a view written", lambda T, x: _written(T, x), real(2, 3), why="a write to the base is seen in its views"),
]


def _written(T, x):  # type: ignore[no-untyped-def]
    base = T.zeros(2, 3, dtype=T.float64)
    views = [base.t(), base.reshape(-1), base.unbind(1)[1], base.split(1)[1], base.unfold(1, 2, 1), base[0], base.T,
             base.squeeze(), base.unsqueeze(0), base.movedim(0, 1), base.narrow(0, 1, 1), base.flatten()]  # fmt: skip
    base[1] = 5.0
    views[1][0] = 7.0
    return [x * 1, *views]
