"""recurrent: layers that read sequences: RNN, LSTM, GRU, and the cells that take one step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import gates
from ..devices import dtype_on
from ..errors import OptionError, ShapeError
from ..tensor import Tensor, as_tensor
from . import init
from .module import Module
from .parameter import Parameter
from .utils.rnn import PackedSequence

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNBase", "RNNCell"]

_PARTS = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}


def _draw(module: Module, hidden_size: int) -> None:
    bound = 1 / math.sqrt(hidden_size) if hidden_size else 0.0
    for p in module.parameters():
        init.uniform_(p, -bound, bound)


def _new(shape: tuple[int, ...], dtype: np.dtype) -> Parameter:
    return Parameter(np.empty(shape, dtype))


class RNNBase(Module):
    """What RNN, LSTM and GRU share: layers and ways, their weights, and the shapes that they take.

    As in PyTorch, every weight and bias is drawn uniformly within ±1/sqrt(hidden_size). Those of layer k
    are weight_ih_lk, weight_hh_lk, bias_ih_lk, bias_hh_lk and weight_hr_lk, with _reverse for the way back.

    Args:
        mode: RNN_TANH, RNN_RELU, LSTM or GRU.
        input_size: features of the input.
        hidden_size: features of the state.
        num_layers: each reads what the one before returned.
        bias: False for layers without biases.
        batch_first: sequences are (batch, steps, features) instead of (steps, batch, features).
        dropout: the probability of a zero between layers, while training.
        bidirectional: also read each sequence from its end; the outputs lie side by side.
        proj_size: LSTM only: the state is projected to this size; 0: it is not.
        device: None or "cpu".
        dtype: of the parameters; default: `get_default_dtype()`.

    >>> import tinygrad_edu as tg
    >>> net = RNNBase("GRU", 3, 4, num_layers=2, bidirectional=True)
    >>> net(tg.ones(5, 2, 3))[0].shape, net.weight_ih_l1_reverse.shape
    ((5, 2, 8), (12, 8))
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        *,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if not 0 <= dropout <= 1:
            raise OptionError(f"dropout is a probability, from 0 to 1; got {dropout}")
        if hidden_size <= 0 or num_layers <= 0:
            raise OptionError(f"hidden_size and num_layers are at least 1; got {hidden_size} and {num_layers}")
        if proj_size and (mode != "LSTM" or not 0 < proj_size < hidden_size):
            raise OptionError(f"proj_size is for LSTM only, and smaller than hidden_size; got {proj_size}")
        self.mode, self.input_size, self.hidden_size, self.num_layers = mode, input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, dropout
        self.bidirectional, self.proj_size = bidirectional, proj_size
        dtype = dtype_on(device, dtype)
        rows, out = _PARTS[mode] * hidden_size, proj_size or hidden_size
        for layer in range(num_layers):
            for way in range(1 + bidirectional):
                size = out * (1 + bidirectional) if layer else input_size
                shapes = [(rows, size), (rows, out)] + [(rows,)] * (2 if bias else 0)
                shapes += [(proj_size, hidden_size)] if proj_size else []
                for name, shape in zip(self._names(layer, way), shapes, strict=True):
                    setattr(self, name, _new(shape, dtype))
        self.reset_parameters()

    def _names(self, layer: int, way: int) -> list[str]:
        kinds = ["weight_ih", "weight_hh"] + ["bias_ih", "bias_hh"] * self.bias + ["weight_hr"] * bool(self.proj_size)
        return [f"{kind}_l{layer}{'_reverse' * way}" for kind in kinds]

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each way of each layer."""
        pairs = [(layer, way) for layer in range(self.num_layers) for way in range(1 + self.bidirectional)]
        return [[getattr(self, name) for name in self._names(*pair)] for pair in pairs]

    def reset_parameters(self) -> None:
        """Draw every weight and bias anew."""
        _draw(self, self.hidden_size)

    def flatten_parameters(self) -> None:
        """Nothing: PyTorch's, for other hardware, so that programs that call it run."""

    def forward(self, input: Any, hx: Any = None) -> Any:
        if isinstance(input, PackedSequence):
            return self._of_packed(input, hx)
        x = as_tensor(input)
        if x.ndim not in (2, 3) or x.shape[-1] != self.input_size:
            axes = "batch, steps" if self.batch_first else "steps, batch"
            raise ShapeError(
                f"{type(self).__name__}({self.extra_repr()}) was given an input that it does not fit.",
                expected=f"({axes}, {self.input_size}), or one sequence (steps, {self.input_size})",
                got=str(x.shape),
            )
        single, axis = x.ndim == 2, 0 if self.batch_first else 1
        x = gates.unsqueeze(x, axis) if single else x
        states = self._states(x, hx, x.shape[axis], single)
        out, *last = self._through(x, states, self.batch_first)
        if single:
            out, last = gates.squeeze(out, axis), [gates.squeeze(s, 1) for s in last]
        return out, self._as_given(last)

    def _of_packed(self, input: PackedSequence, hx: Any) -> Any:
        data, sizes, order, back = input
        if data.ndim != 2 or data.shape[1] != self.input_size:
            raise ShapeError(
                f"{type(self).__name__}({self.extra_repr()}) was given packed sequences that it does not fit.",
                expected=f"rows of {self.input_size}",
                got=str(data.shape),
            )
        states = self._states(data, hx, int(sizes._data[0]), False)
        if hx is not None and order is not None:
            states = [s[:, order] for s in states]
        out, *last = self._through(data, states, sizes)
        if back is not None:
            last = [s[:, back] for s in last]
        return PackedSequence(out, sizes, order, back), self._as_given(last)

    def _through(self, x: Tensor, states: Any, how: Any) -> Any:
        """`how`: batch_first, or the batch sizes of packed rows."""
        function = getattr(gates, self.mode.lower())
        hx = tuple(states) if self.mode == "LSTM" else states[0]
        weights = [p for each in self.all_weights for p in each]
        common = (weights, self.bias, self.num_layers, self.dropout, self.training, self.bidirectional)
        return function(x, how, hx, *common) if isinstance(how, Tensor) else function(x, hx, *common, how)

    def _states(self, x: Tensor, hx: Any, batch: int, single: bool) -> list[Tensor]:
        """The first states, (layers · ways, batch, features): those given, or zeros."""
        deep = self.num_layers * (1 + self.bidirectional)
        shapes = [(deep, batch, self.proj_size or self.hidden_size), (deep, batch, self.hidden_size)]
        shapes = shapes if self.mode == "LSTM" else shapes[:1]
        if hx is None:
            return [Tensor(np.zeros(shape, x.dtype)) for shape in shapes]
        if (self.mode == "LSTM") != isinstance(hx, (tuple, list)):
            raise ShapeError(
                f"{type(self).__name__}({self.extra_repr()}): its first state is of another kind.",
                expected="a tuple (h, c)" if self.mode == "LSTM" else "one Tensor, h",
                got=type(hx).__name__,
            )
        states = [as_tensor(s) for s in (hx if self.mode == "LSTM" else [hx])]
        wanted = [(deep, shape[2]) if single else shape for shape in shapes]
        if [s.shape for s in states] != wanted:
            raise ShapeError(
                f"{type(self).__name__}({self.extra_repr()}) was given first states that do not fit.",
                expected=" and ".join(map(str, wanted)),
                got=" and ".join(str(s.shape) for s in states),
            )
        return [gates.unsqueeze(s, 1) for s in states] if single else states

    def _as_given(self, last: list[Tensor]) -> Any:
        return tuple(last) if self.mode == "LSTM" else last[0]

    def extra_repr(self) -> str:
        found = f"{self.input_size}, {self.hidden_size}"
        usual = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0}
        usual["bidirectional"] = False
        return found + "".join(f", {k}={getattr(self, k)}" for k, v in usual.items() if getattr(self, k) != v)


class RNN(RNNBase):
    """Layers of h = tanh(W x + b + U h + c), or relu, over sequences. See `RNNBase` for the arguments.

    Called with an input (steps, batch, features), one sequence (steps, features), or a `PackedSequence`, and
    the first state (layers · ways, batch, hidden), default zeros. Returns the output of the last layer at
    every step, (steps, batch, hidden · ways), and the last state of each layer.

    Args:
        nonlinearity: tanh or relu.

    Raises:
        ShapeError: if input or state do not fit.

    >>> import tinygrad_edu as tg
    >>> out, h = RNN(3, 4, num_layers=2)(tg.ones(5, 2, 3))
    >>> out.shape, h.shape
    ((5, 2, 4), (2, 2, 4))
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh", *args: Any,
        **keywords: Any,
    ) -> None:  # fmt: skip
        if nonlinearity not in ("tanh", "relu"):
            raise OptionError(f"nonlinearity is tanh or relu; got {nonlinearity!r}")
        self.nonlinearity = nonlinearity
        super().__init__(f"RNN_{nonlinearity.upper()}", input_size, hidden_size, num_layers, *args, **keywords)


class LSTM(RNNBase):
    """Layers of long short-term memory over sequences. See `RNNBase` for the arguments, `gates.lstm` for the formula.

    Called and returning as `RNN`, but the state is a pair: h, and the cell c.

    Raises:
        ShapeError: if input or states do not fit.

    >>> import tinygrad_edu as tg
    >>> out, (h, c) = LSTM(3, 4, bidirectional=True)(tg.ones(5, 2, 3))
    >>> out.shape, h.shape, c.shape
    ((5, 2, 8), (2, 2, 4), (2, 2, 4))
    """

    def __init__(self, input_size: int, hidden_size: int, *args: Any, **keywords: Any) -> None:
        super().__init__("LSTM", input_size, hidden_size, *args, **keywords)


class GRU(RNNBase):
    """Layers of gated recurrent units over sequences. See `RNNBase` for the arguments, `gates.gru` for the formula.

    Called and returning as `RNN`.

    Raises:
        ShapeError: if input or state do not fit.

    >>> import tinygrad_edu as tg
    >>> GRU(3, 4)(tg.ones(5, 3))[0].shape
    (5, 4)
    """

    def __init__(self, input_size: int, hidden_size: int, *args: Any, **keywords: Any) -> None:
        super().__init__("GRU", input_size, hidden_size, *args, **keywords)


# Cells.


class _Cell(Module):
    """One step: (batch, input_size) or (input_size,), and the state, default zeros, to the next state."""

    def __init__(self, mode: str, input_size: int, hidden_size: int, bias: bool, dtype: np.dtype) -> None:
        super().__init__()
        self.mode, self.input_size, self.hidden_size, self.bias = mode, input_size, hidden_size, bias
        rows = _PARTS[mode] * hidden_size
        self.weight_ih, self.weight_hh = _new((rows, input_size), dtype), _new((rows, hidden_size), dtype)
        self.bias_ih, self.bias_hh = (_new((rows,), dtype) if bias else None for _ in range(2))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw every weight and bias anew."""
        _draw(self, self.hidden_size)

    def forward(self, input: Any, hx: Any = None) -> Any:
        x, pair = as_tensor(input), self.mode == "LSTM"
        wanted = (*x.shape[:-1], self.hidden_size)
        if hx is None:
            hx = (Tensor(np.zeros(wanted, x.dtype)),) * 2 if pair else Tensor(np.zeros(wanted, x.dtype))
        states = [as_tensor(s) for s in (hx if pair else [hx])]
        if x.ndim not in (1, 2) or x.shape[-1] != self.input_size or any(s.shape != wanted for s in states):
            raise ShapeError(
                f"{type(self).__name__}({self.extra_repr()}) was given an input or a state that it does not fit.",
                expected=f"(batch, {self.input_size}) and (batch, {self.hidden_size}), both without batch for one",
                got=" and ".join(str(t.shape) for t in (x, *states)),
            )
        single = x.ndim == 1
        if single:
            x, states = gates.unsqueeze(x, 0), [gates.unsqueeze(s, 0) for s in states]
        function = getattr(gates, f"{self.mode.lower()}_cell")
        weights = (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        found = function(x, tuple(states) if pair else states[0], *weights)
        if not single:
            return found
        return tuple(gates.squeeze(s, 0) for s in found) if pair else gates.squeeze(found, 0)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")


class RNNCell(_Cell):
    """One step of `RNN`: an input (batch, features) and a state (batch, hidden), default zeros, to the next state.

    Raises:
        ShapeError: if input or state do not fit.

    >>> import tinygrad_edu as tg
    >>> RNNCell(3, 4)(tg.ones(2, 3)).shape
    (2, 4)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        *,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise OptionError(f"nonlinearity is tanh or relu; got {nonlinearity!r}")
        self.nonlinearity = nonlinearity
        super().__init__(f"RNN_{nonlinearity.upper()}", input_size, hidden_size, bias, dtype_on(device, dtype))

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}")


class LSTMCell(_Cell):
    """One step of `LSTM`: an input (batch, features) and the pair h, c, default zeros, to the next h and c.

    Raises:
        ShapeError: if input or states do not fit.

    >>> import tinygrad_edu as tg
    >>> h, c = LSTMCell(3, 4)(tg.ones(2, 3))
    >>> h.shape, c.shape
    ((2, 4), (2, 4))
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, *, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__("LSTM", input_size, hidden_size, bias, dtype_on(device, dtype))


class GRUCell(_Cell):
    """One step of `GRU`: an input (batch, features) and a state (batch, hidden), default zeros, to the next state.

    Raises:
        ShapeError: if input or state do not fit.

    >>> import tinygrad_edu as tg
    >>> GRUCell(3, 4)(tg.ones(3)).shape
    (4,)
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, *, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__("GRU", input_size, hidden_size, bias, dtype_on(device, dtype))
