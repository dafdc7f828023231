"""attention: each query a mean of the values, weighted by how well it fits their keys."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import gates, record
from ..devices import dtype_on
from ..errors import DtypeError, OptionError, ShapeError, TinygradError
from ..gates.pad import pad
from ..gates.recurrent import through_meaning
from ..modes import recording
from ..tensor import Tensor, as_tensor
from ..threads import shared
from . import init
from .dropout import check_probability, drop_mask
from .linear import Linear, linear
from .module import Module
from .parameter import Parameter

__all__ = ["MultiheadAttention"]


# One gate. The scores of a sample become e^(score - max) in their own memory while they are in the cache; the
# sum over keys divides the output, which is smaller. On the way back, with r one over that sum and g' = r g,
# dv = eᵀ g', and what comes back to the scores is e (g' vᵀ - the sum of g' z over features).


def _weigh(e: Any, mask: Any) -> Any:
    """Scores to their exponentials, in place; returns one over their sums. All masked: 0, and 0."""
    if mask is not None:
        e += mask
    top = np.maximum.reduce(e, axis=-1, keepdims=True, initial=-np.inf)
    if mask is not None:
        top[top == -np.inf] = 0
    e -= top
    np.exp(e, out=e)
    total = np.add.reduce(e, axis=-1, keepdims=True)
    return np.divide(1, total, out=np.zeros_like(total), where=total != 0)


def _lead(*arrays: Any) -> list[Any]:
    """The arrays with all axes but the last two broadcast to one another; at least one such axis."""
    lead = np.broadcast_shapes((1,), *(a.shape[:-2] for a in arrays if a is not None))
    return [None if a is None else np.broadcast_to(a, lead + a.shape[-2:]) for a in arrays]


def _turned(x: Any) -> Any:
    return x.swapaxes(-1, -2)


def _attend(q: Any, k: Any, v: Any, mask: Any, scale: float, drop: Any, kept: Any) -> Any:
    shape = np.broadcast_shapes(*(a.shape[:-2] for a in (q, k, v, mask, drop) if a is not None))
    q, k, v, mask, drop = _lead(q, k, v, mask, drop)
    lead, steps, keys = q.shape[:-2], q.shape[-2], k.shape[-2]
    z = np.empty_like(q, shape=(*lead, steps, v.shape[-1]), subok=False)  # in the memory order of q: heads merge free
    e = None if kept is None else np.empty((*lead, steps, keys), q.dtype)
    r = np.empty((*lead, steps, 1), q.dtype)

    def part(start: int, stop: int) -> None:
        for i in range(start, stop):
            own = np.matmul(q[i] * scale, _turned(k[i]), out=None if e is None else e[i])
            r[i] = _weigh(own, None if mask is None else mask[i])
            np.matmul(own if drop is None else own * drop[i], v[i], out=z[i])
            z[i] *= r[i]

    shared(part, len(q), r.size * keys * (q.shape[-1] + v.shape[-1]))
    if kept is not None:
        kept.append((e, r))
    return z.reshape(*shape, *z.shape[-2:])


def _back(g: Any, z: Any, *inputs: Any, needs: Any, scale: float, drop: Any, kept: Any) -> Any:
    q, k, v, mask = inputs
    if isinstance(q, Tensor):
        return through_meaning(_plain_outputs, (g,), inputs, needs, scale=scale, drop=drop)
    if not kept:  # an earlier walk has used it up
        _attend(q, k, v, mask, scale=scale, drop=drop, kept=kept)
    e, r = kept.pop()
    q, k, v, drop, g, z = _lead(q, k, v, drop, g, z)
    dq, dk, dv = (np.empty_like(a, shape=r.shape[:-2] + a.shape[-2:], subok=False) for a in (q, k, v))

    def part(start: int, stop: int) -> None:
        for i in range(start, stop):
            of_z = g[i] * r[i]
            np.matmul(_turned(e[i] if drop is None else e[i] * drop[i]), of_z, out=dv[i])
            d = np.matmul(of_z, _turned(v[i]))
            if drop is not None:
                d *= drop[i]
            d -= np.add.reduce(of_z * z[i], axis=-1, keepdims=True)
            d *= e[i]
            if needs[3]:
                e[i] = d
            d *= scale
            np.matmul(d, k[i], out=dq[i])
            np.matmul(_turned(d), q[i], out=dk[i])

    shared(part, len(q), 2 * e.size * (q.shape[-1] + v.shape[-1]))
    return dq, dk, dv, e


def _weights(q: Any, k: Any, mask: Any, scale: float, drop: Any = None) -> Tensor:
    """In plain gates: softmax(q kᵀ scale + mask) over the keys, 0 for a query whose keys are all masked."""
    scores = gates.matmul(q * scale, gates.transpose(k, -1, -2))
    if mask is None:
        weights = gates.softmax(scores, -1)
    else:
        scores = scores + mask
        nothing = np.maximum.reduce(scores._data, axis=-1, keepdims=True, initial=-np.inf) == -np.inf
        weights = gates.where(nothing, 0.0, gates.softmax(gates.where(nothing, 0.0, scores), -1))
    return weights if drop is None else weights * drop


def _plain(q: Any, k: Any, v: Any, mask: Any, scale: float, drop: Any, kept: Any = None) -> Tensor:
    return gates.matmul(_weights(q, k, mask, scale, drop), as_tensor(v))  # type: ignore[no-any-return]


def _plain_outputs(*inputs: Any, **keywords: Any) -> tuple[Tensor]:
    return (_plain(*inputs, **keywords),)


_attention = record.gate(
    "attention",
    _attend,
    kind="switch",
    jointly=_back,
    meaning=_plain,
    local=tuple(
        f"{slope} (p = softmax(q kᵀ scale + mask), d: dropout's, else 1)"
        for slope in ("p (d v - z) scale k", "p (d v - z) scale q", "p d", "p (d v - z)")
    ),
    says="softmax(q kᵀ scale + mask) v.",
)


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(query keyᵀ scale + mask) value: what each query finds (Vaswani and others, 2017).

    The axes before the last two broadcast. A query that may see no key at all finds 0.

    Args:
        query: of shape (…, L, E): L queries.
        key: of shape (…, S, E).
        value: of shape (…, S, Ev).
        attn_mask: broadcasts to (…, L, S). Of bools: True where a query may see a key. Of floats: added.
        dropout_p: the probability that a weight becomes 0; the others are divided by 1 - dropout_p. There is
            no mode here: pass 0.0 to evaluate.
        is_causal: query i sees the keys 0 to i only.
        scale: default: 1 / sqrt(E).
        enable_gqa: key and value have fewer heads, (…, H', S, E), and each serves H / H' heads of the query.

    Returns:
        (…, L, Ev).

    Raises:
        ShapeError: if these do not fit.
        TinygradError: for both a mask and is_causal.
        ValueError: unless dropout_p is between 0 and 1.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([[0.0], [1.0]])
    >>> scaled_dot_product_attention(x, x, x), scaled_dot_product_attention(x, x, x, is_causal=True)
    (tensor([[0.5000],
            [0.7311]]), tensor([[0.0000],
            [0.7311]]))
    """
    q, k, v = as_tensor(query), as_tensor(key), as_tensor(value)
    if is_causal and attn_mask is not None:
        raise TinygradError("scaled_dot_product_attention takes a mask or is_causal, not both.")
    if enable_gqa:
        k, v = _for_every_head(q, k, v)
    shape = _fitting(q, k, v, attn_mask)
    mask = np.tri(*shape[-2:], dtype=np.bool_) if is_causal else attn_mask
    mask = None if mask is None else _added(mask, q.dtype, "attn_mask", see=True)
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else float(scale)
    check_probability(dropout_p)
    drop = drop_mask(shape, q.dtype, dropout_p) if dropout_p else None
    needed = recording.get() and any(isinstance(x, Tensor) and x.requires_grad for x in (q, k, v, mask))
    return _attention(q, k, v, mask, scale=scale, drop=drop, kept=[] if needed else None)  # type: ignore[no-any-return]


def _fitting(q: Tensor, k: Tensor, v: Tensor, mask: Any) -> tuple[int, ...]:
    """The shape of the weights, (…, L, S)."""
    try:
        if q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
            raise ValueError
        lead = np.broadcast_shapes(*(x.shape[:-2] for x in (q, k, v)))
        shape = (*lead, q.shape[-2], k.shape[-2])
        return np.broadcast_shapes(shape, *([] if mask is None else [np.shape(mask)]))
    except (ValueError, IndexError):
        given = f"query {q.shape}, key {k.shape}, value {v.shape}"
        raise ShapeError(
            "scaled_dot_product_attention: these do not fit one another.",
            expected="query (…, L, E), key (…, S, E), value (…, S, Ev), mask (…, L, S)",
            got=given + ("" if mask is None else f", mask {np.shape(mask)}"),
        ) from None


def _for_every_head(q: Tensor, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    if min(q.ndim, k.ndim, v.ndim) < 3 or any(q.shape[-3] % max(x.shape[-3], 1) for x in (k, v)):
        raise ShapeError(
            "scaled_dot_product_attention: with enable_gqa the heads of key and value share those of the query evenly.",
            expected="(…, heads, L, E), (…, fewer heads, S, E)",
            got=f"query {q.shape}, key {k.shape}, value {v.shape}",
        )
    return tuple(gates.repeat_interleave(x, q.shape[-3] // x.shape[-3], -3) for x in (k, v))  # type: ignore[return-value]


def _added(mask: Any, dtype: Any, name: str, see: bool) -> Tensor:
    """A mask to add to scores: of bools, -inf where they are not `see`."""
    mask = as_tensor(mask)
    if mask.dtype.kind == "b":
        return Tensor(np.where(mask._data == see, 0.0, -np.inf).astype(dtype))
    if mask.dtype.kind != "f":
        raise DtypeError(f"{name} is a mask of bools, or of floats to add.", got=str(mask.dtype))
    return mask


class MultiheadAttention(Module):
    """Attention in several subspaces at once, each a head (Vaswani and others, 2017).

    Query, key and value are projected, cut into `num_heads` parts, given to `scaled_dot_product_attention`,
    put side by side again and projected by `out_proj`.

    Args:
        embed_dim: features of the query and of the output; `num_heads` divides it.
        dropout: the probability that a weight becomes 0, while training.
        bias: False for projections without one.
        add_bias_kv: also a learned key and value that every query may see.
        add_zero_attn: also a key and value of zeros.
        kdim, vdim: features of key and value; default: `embed_dim`.
        batch_first: sequences are (batch, steps, features) instead of (steps, batch, features).
        device: None or "cpu".
        dtype: of the parameters; default: `get_default_dtype()`.

    Attributes:
        in_proj_weight: of shape (3 embed_dim, embed_dim): of query, key and value. With other kdim or vdim
            None, and there are q_proj_weight, k_proj_weight, v_proj_weight instead.
        in_proj_bias: of shape (3 embed_dim,), or None.
        bias_k, bias_v: of shape (1, 1, embed_dim), or None.

    Raises:
        ValueError: if num_heads does not divide embed_dim; unless dropout is between 0 and 1.
        ShapeError: when called on inputs or masks that do not fit.
        DtypeError: for a mask that is neither of bools nor of floats.

    >>> import tinygrad_edu as tg
    >>> x = tg.ones(5, 2, 4)
    >>> out, weights = MultiheadAttention(4, 2)(x, x, x)
    >>> out.shape, weights[0, 0].detach()
    ((5, 2, 4), tensor([0.2000, 0.2000, 0.2000, 0.2000, 0.2000]))
    """

    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        *,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if embed_dim <= 0 or num_heads <= 0 or embed_dim % num_heads:
            raise OptionError(f"num_heads divides embed_dim, both at least 1; got {num_heads} and {embed_dim}")
        check_probability(dropout)
        self.embed_dim, self.num_heads, self.head_dim = embed_dim, num_heads, embed_dim // num_heads
        self.kdim, self.vdim = embed_dim if kdim is None else kdim, embed_dim if vdim is None else vdim
        self.dropout, self.batch_first, self.add_zero_attn = dropout, batch_first, add_zero_attn
        dtype = dtype_on(device, dtype)

        def new(*shape: int) -> Parameter:
            return Parameter(np.zeros(shape, dtype))

        packed = self.kdim == self.vdim == embed_dim
        self.in_proj_weight = new(3 * embed_dim, embed_dim) if packed else None
        self.q_proj_weight = None if packed else new(embed_dim, embed_dim)
        self.k_proj_weight = None if packed else new(embed_dim, self.kdim)
        self.v_proj_weight = None if packed else new(embed_dim, self.vdim)
        self.in_proj_bias = new(3 * embed_dim) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias, dtype=dtype)
        self.bias_k, self.bias_v = (new(1, 1, embed_dim) if add_bias_kv else None for _ in range(2))
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for name in ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
            if getattr(self, name) is not None:
                init.xavier_uniform_(getattr(self, name))
        for extra in (self.bias_k, self.bias_v):
            if extra is not None:
                init.xavier_normal_(extra)
        if self.out_proj.bias is not None:
            init.zeros_(self.out_proj.bias)

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """What each query finds, and with which weights.

        Args:
            query: (L, N, embed_dim), with `batch_first` (N, L, embed_dim); one sequence (L, embed_dim).
            key, value: (S, N, kdim) and (S, N, vdim), or as the query.
            key_padding_mask: (N, S), or (S,) for one sequence: True for keys that nobody sees, or floats to add.
            need_weights: False is faster: the weights are not kept apart, and None is returned for them.
            attn_mask: (L, S) or (N num_heads, L, S): True where a query may not see a key (the opposite of
                `scaled_dot_product_attention`'s), or floats to add.
            average_attn_weights: the mean over heads, (N, L, S); else (N, num_heads, L, S).
            is_causal: a hint that attn_mask is causal, as in PyTorch; what counts is the mask.
        """
        if is_causal and attn_mask is None:
            raise TinygradError(
                "MultiheadAttention: is_causal is a hint about attn_mask, and there is none.",
                mend="attn_mask=nn.Transformer.generate_square_subsequent_mask(steps), or scaled_dot_product_attention",
            )
        q, k, v = self._checked(query, key, value)
        single = np.ndim(query) == 2
        first = self.batch_first or single
        mask = self._masked(
            attn_mask, key_padding_mask, q.shape[:2] if first else q.shape[1::-1], k.shape[first], single
        )
        q, k, v = self._projected(q, k, v)
        q, k, v = (self._heads(x, first) for x in self._with_more_keys(q, k, v, first))
        dropout_p = self.dropout if self.training else 0.0
        if need_weights:
            shape = (*q.shape[:3], k.shape[2])
            drop = drop_mask(shape, q.dtype, dropout_p) if dropout_p else None
            weights = _weights(q, k, mask, 1 / math.sqrt(self.head_dim), drop)
            z = gates.matmul(weights, v)
            weights = gates.mean(weights, 1) if average_attn_weights else weights
            weights = gates.squeeze(weights, 0) if single else weights
        else:
            weights, z = None, scaled_dot_product_attention(q, k, v, mask, dropout_p)
        z = gates.permute(z, (0, 2, 1, 3) if first else (2, 0, 1, 3))
        z = self.out_proj(z.reshape(*z.shape[:2], self.embed_dim))
        return gates.squeeze(z, 0) if single else z, weights

    def _checked(self, *given: Any) -> list[Tensor]:
        """Query, key and value with an axis for the batch; one Tensor where they are one."""
        made = {id(x): as_tensor(x) for x in given}
        q, k, v = found = [made[id(x)] for x in given]
        batch = -2 if not self.batch_first else 0
        sizes = (self.embed_dim, self.kdim, self.vdim)
        if (
            q.ndim not in (2, 3)
            or any(x.ndim != q.ndim or x.shape[-1] != size for x, size in zip(found, sizes, strict=True))
            or k.shape[:-1] != v.shape[:-1]
            or (q.ndim == 3 and q.shape[batch] != k.shape[batch])
        ):
            axes = "N, {}" if self.batch_first else "{}, N"
            raise ShapeError(
                f"MultiheadAttention({self.extra_repr()}) was given inputs that it does not fit.",
                expected=", ".join(
                    f"{name} ({axes.format(steps)}, {size})"
                    for name, steps, size in zip(("query", "key", "value"), "LSS", sizes, strict=True)
                )
                + ", all without N for one sequence",
                got=f"query {q.shape}, key {k.shape}, value {v.shape}",
            )
        if q.ndim == 2:
            made = {key: gates.unsqueeze(x, 0) for key, x in made.items()}
        return [made[id(x)] for x in given]

    def _projected(self, q: Tensor, k: Tensor, v: Tensor) -> Any:
        """One matrix product for all three where they are one."""
        size, w, b = self.embed_dim, self.in_proj_weight, self.in_proj_bias
        if w is not None and q is k is v:
            return gates.split(linear(q, w, b), size, -1)
        weights = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight) if w is None else gates.split(w, size)
        biases = (None,) * 3 if b is None else gates.split(b, size)
        return [linear(x, *its) for x, *its in zip((q, k, v), weights, biases, strict=True)]

    def _with_more_keys(self, q: Tensor, k: Tensor, v: Tensor, first: bool) -> list[Tensor]:
        """The learned key and value, and those of zeros, behind the others."""
        more: list[Any] = [] if self.bias_k is None else [(self.bias_k, self.bias_v)]
        more += [(Tensor(np.zeros((1, 1, self.embed_dim), q.dtype)),) * 2] if self.add_zero_attn else []
        shape = (k.shape[0], 1, self.embed_dim) if first else (1, k.shape[1], self.embed_dim)
        for one, other in more:
            k, v = (gates.cat([x, gates.broadcast_to(y, shape)], 1 if first else 0) for x, y in ((k, one), (v, other)))
        return [q, k, v]

    def _heads(self, x: Tensor, first: bool) -> Tensor:
        """(batch, heads, steps, head_dim), a view."""
        x = x.reshape(*x.shape[:2], self.num_heads, self.head_dim)
        return gates.permute(x, (0, 2, 1, 3) if first else (1, 2, 0, 3))  # type: ignore[no-any-return]

    def _masked(self, attn: Any, padding: Any, of_query: tuple[int, ...], keys: int, single: bool) -> Tensor | None:
        """Both masks as one to add, broadcasting to (batch, heads, L, S), and 0 for the keys that are put behind."""
        batch, steps = of_query
        heads, more = self.num_heads, (self.bias_k is not None) + self.add_zero_attn
        wanted: dict[str, dict[Any, tuple[int, int]]] = {
            "attn_mask": {(steps, keys): (1, 1), (batch * heads, steps, keys): (batch, heads)},
            "key_padding_mask": {(keys,) if single else (batch, keys): (batch, 1)},
        }
        total = None
        for (name, shapes), mask in zip(wanted.items(), (attn, padding), strict=True):
            if mask is None:
                continue
            if np.shape(mask) not in shapes:
                raise ShapeError(
                    f"MultiheadAttention({self.extra_repr()}): {name} does not fit.",
                    expected=" or ".join(map(str, shapes)),
                    got=str(np.shape(mask)),
                )
            lead = shapes[np.shape(mask)]
            mask = _added(mask, self.out_proj.weight.dtype, name, see=False)
            mask = mask.reshape(*lead, -1, keys)
            mask = pad(mask, (0, more)) if more else mask
            total = mask if total is None else total + mask
        return total

    def extra_repr(self) -> str:
        found = f"{self.embed_dim}, {self.num_heads}"
        usual = {"dropout": 0, "kdim": self.embed_dim, "vdim": self.embed_dim, "batch_first": False}
        return found + "".join(f", {k}={getattr(self, k)}" for k, v in usual.items() if getattr(self, k) != v)
