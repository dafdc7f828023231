"""transformer: layers of attention and a small perceptron, each added to its input (Vaswani and others, 2017)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from ..devices import dtype_on
from ..errors import OptionError, ShapeError
from ..tensor import Tensor, as_tensor
from . import activation as activations
from . import init
from .attention import MultiheadAttention
from .container import ModuleList
from .dropout import Dropout
from .linear import Linear
from .module import Module
from .normalization import LayerNorm

__all__ = [
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"relu": activations.relu, "gelu": activations.gelu}


class _Layer(Module):
    """What the layers of encoder and decoder share: how a branch is added to its input, and the perceptron.

    Args:
        d_model: features of input and output; `nhead` divides it.
        nhead: how many heads attend.
        dim_feedforward: features inside the perceptron.
        dropout: the probability of a zero, in each branch and among the weights of attention, while training.
        activation: relu, gelu, or any function or module from a Tensor to one of its shape.
        layer_norm_eps: `eps` of the normalizations.
        batch_first: sequences are (batch, steps, features) instead of (steps, batch, features).
        norm_first: x + branch(norm(x)) instead of norm(x + branch(x)): trains deeper stacks (Xiong and others, 2020).
        bias: False for projections, perceptron and normalizations without one.
        device: None or "cpu".
        dtype: of the parameters; default: `get_default_dtype()`.
    """

    branches = 2  # each with a normalization and a dropout of its own
    attentions: tuple[str, ...] = ("self_attn",)
    linear1: Linear
    linear2: Linear
    dropout: Dropout
    activation: Callable[[Tensor], Tensor]

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = activations.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if isinstance(activation, str) and activation not in _ACTIVATIONS:
            raise OptionError(f"activation is relu, gelu or a function; got {activation!r}")
        dtype = dtype_on(device, dtype)
        for name in self.attentions:
            attention = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, dtype=dtype)
            setattr(self, name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=dtype)
        self.norm_first = norm_first
        numbers = range(1, self.branches + 1)
        for i in numbers:
            setattr(self, f"norm{i}", LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype))
        for i in numbers:
            setattr(self, f"dropout{i}", Dropout(dropout))
        self.activation = _ACTIVATIONS[activation] if isinstance(activation, str) else activation

    def _add(self, i: int, x: Tensor, branch: Callable[[Tensor], Tensor]) -> Tensor:
        """x and what branch i makes of it, normalized before or after."""
        norm, dropout = getattr(self, f"norm{i}"), getattr(self, f"dropout{i}")
        return x + dropout(branch(norm(x))) if self.norm_first else norm(x + dropout(branch(x)))

    def _perceptron(self, x: Tensor) -> Tensor:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))  # type: ignore[no-any-return]

    def _checked(self, **given: Any) -> list[Tensor]:
        size = self.linear1.in_features
        found = [as_tensor(x) for x in given.values()]
        if any(x.ndim not in (2, 3) or x.shape[-1] != size for x in found):
            axes = "batch, steps" if self.self_attn.batch_first else "steps, batch"
            raise ShapeError(
                f"{type(self).__name__} was given an input that it does not fit.",
                expected=f"({axes}, {size}), or one sequence (steps, {size})",
                got=", ".join(f"{name} {x.shape}" for name, x in zip(given, found, strict=True)),
            )
        return found

    self_attn: MultiheadAttention


class TransformerEncoderLayer(_Layer):
    """Attention of a sequence to itself, then a perceptron at each step, each added to its input and normalized.

    Takes PyTorch's arguments: `d_model`, `nhead`, `dim_feedforward=2048`, `dropout=0.1`, `activation=relu` (or
    "gelu", or any function), `layer_norm_eps=1e-5`, `batch_first=False`, `norm_first=False`, `bias=True`.

    Raises:
        OptionError: if nhead does not divide d_model; for an unknown activation.
        ShapeError: when called on a sequence or masks that do not fit.

    >>> import tinygrad_edu as tg
    >>> TransformerEncoderLayer(8, nhead=2, dim_feedforward=16)(tg.ones(5, 3, 8)).shape
    (5, 3, 8)
    """

    def forward(
        self, src: Any, src_mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool = False
    ) -> Tensor:
        """The sequence, transformed; masks and `is_causal` as those of `MultiheadAttention`."""
        (x,) = self._checked(src=src)

        def attend(x: Tensor) -> Tensor:
            return self.self_attn(x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal)[0]  # type: ignore[no-any-return]

        return self._add(2, self._add(1, x, attend), self._perceptron)


class TransformerDecoderLayer(_Layer):
    """As `TransformerEncoderLayer`, and between the two, attention to what an encoder made of another sequence.

    Takes the same arguments.

    >>> import tinygrad_edu as tg
    >>> layer = TransformerDecoderLayer(8, nhead=2, dim_feedforward=16)
    >>> layer(tg.ones(5, 3, 8), tg.ones(4, 3, 8)).shape
    (5, 3, 8)
    """

    branches = 3
    attentions = ("self_attn", "multihead_attn")
    multihead_attn: MultiheadAttention

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The sequence `tgt`, transformed, looking at `memory`; masks as those of `MultiheadAttention`."""
        x, memory = self._checked(tgt=tgt, memory=memory)

        def attend(x: Tensor) -> Tensor:
            return self.self_attn(x, x, x, tgt_key_padding_mask, False, tgt_mask, is_causal=tgt_is_causal)[0]  # type: ignore[no-any-return]

        def look(x: Tensor) -> Tensor:
            how = (memory_key_padding_mask, False, memory_mask)
            return self.multihead_attn(x, memory, memory, *how, is_causal=memory_is_causal)[0]  # type: ignore[no-any-return]

        return self._add(3, self._add(2, self._add(1, x, attend), look), self._perceptron)


class _Stack(Module):
    """Copies of a layer, one upon the other, and a normalization behind the last."""

    def __init__(self, layer: Module, num_layers: int, norm: Module | None) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(layer) for _ in range(num_layers)])
        self.num_layers, self.norm = num_layers, norm

    def _through(self, x: Any, *rest: Any, **keywords: Any) -> Tensor:
        for layer in self.layers:
            x = layer(x, *rest, **keywords)
        return x if self.norm is None else self.norm(x)  # type: ignore[no-any-return]


class TransformerEncoder(_Stack):
    """`num_layers` copies of an encoder layer, which start from the same weights, and a normalization if any.

    Args:
        norm: a module for the output, or None.
        enable_nested_tensor, mask_check: PyTorch's, without effect: padded steps are computed like all others.

    >>> import tinygrad_edu as tg
    >>> TransformerEncoder(TransformerEncoderLayer(8, 2, 16), 2)(tg.ones(5, 3, 8)).shape
    (5, 3, 8)
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__(encoder_layer, num_layers, norm)

    def forward(
        self, src: Any, mask: Any = None, src_key_padding_mask: Any = None, is_causal: bool | None = None
    ) -> Tensor:
        """The sequence through every layer; `mask` is each one's `src_mask`."""
        return self._through(src, mask, src_key_padding_mask, bool(is_causal))


class TransformerDecoder(_Stack):
    """`num_layers` copies of a decoder layer, which start from the same weights, and a normalization if any.

    >>> import tinygrad_edu as tg
    >>> TransformerDecoder(TransformerDecoderLayer(8, 2, 16), 2)(tg.ones(5, 3, 8), tg.ones(4, 3, 8)).shape
    (5, 3, 8)
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__(decoder_layer, num_layers, norm)

    def forward(
        self,
        tgt: Any,
        memory: Any,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The sequence `tgt` through every layer, each looking at `memory`."""
        masks = (tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)
        return self._through(tgt, memory, *masks, bool(tgt_is_causal), memory_is_causal)


class Transformer(Module):
    """An encoder for one sequence and a decoder for another that looks at it: the whole of the paper's figure 1.

    Args:
        num_encoder_layers, num_decoder_layers: how many layers each has; a normalization follows the last.
        custom_encoder, custom_decoder: modules to use instead.
        d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, dtype:
            those of `TransformerEncoderLayer`.

    Raises:
        ShapeError: when called on sequences that do not fit.

    >>> import tinygrad_edu as tg
    >>> net = Transformer(8, 2, num_encoder_layers=1, num_decoder_layers=1, dim_feedforward=16)
    >>> net(tg.ones(4, 3, 8), tg.ones(5, 3, 8), tgt_mask=net.generate_square_subsequent_mask(5)).shape
    (5, 3, 8)
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: str | Callable[[Tensor], Tensor] = activations.relu,
        custom_encoder: Module | None = None,
        custom_decoder: Module | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        *,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        dtype = dtype_on(device, dtype)
        how = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=dtype)

        self.encoder = custom_encoder or TransformerEncoder(
            TransformerEncoderLayer(*how, dtype=dtype), num_encoder_layers, norm()
        )
        self.decoder = custom_decoder or TransformerDecoder(
            TransformerDecoderLayer(*how, dtype=dtype), num_decoder_layers, norm()
        )
        self._reset_parameters()
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def _reset_parameters(self) -> None:
        for p in self.parameters():
            if p.ndim > 1:
                init.xavier_uniform_(p)

    def forward(
        self,
        src: Any,
        tgt: Any,
        src_mask: Any = None,
        tgt_mask: Any = None,
        memory_mask: Any = None,
        src_key_padding_mask: Any = None,
        tgt_key_padding_mask: Any = None,
        memory_key_padding_mask: Any = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The decoder's output for `tgt`, which looks at what the encoder makes of `src`; each with its masks."""
        src, tgt = as_tensor(src), as_tensor(tgt)
        batch = 0 if self.batch_first else 1
        fit = src.ndim == tgt.ndim and src.ndim in (2, 3) and src.shape[-1] == tgt.shape[-1] == self.d_model
        if not fit or (src.ndim == 3 and src.shape[batch] != tgt.shape[batch]):
            axes = "(batch, {}, {})" if self.batch_first else "({}, batch, {})"
            raise ShapeError(
                "Transformer was given sequences that it does not fit.",
                expected=f"src {axes.format('steps', self.d_model)} and tgt {axes.format('steps', self.d_model)}, "
                "both without batch for one",
                got=f"src {src.shape} and tgt {tgt.shape}",
            )
        memory = self.encoder(src, src_mask, src_key_padding_mask, is_causal=src_is_causal)
        masks = (tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask)
        return self.decoder(  # type: ignore[no-any-return]
            tgt, memory, *masks, tgt_is_causal=tgt_is_causal, memory_is_causal=memory_is_causal
        )

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """A mask to add: step i sees steps 0 to i only, (sz, sz).

        >>> Transformer.generate_square_subsequent_mask(2)
        tensor([[0., -inf],
                [0., 0.]])
        """
        dtype = dtype_on(device, dtype)
        return Tensor(np.triu(np.full((sz, sz), -np.inf, dtype), 1))
