"""tensor: an array that remembers how it was made (state, not maths).

The maths is in `gates/`, whose functions are bound here as methods; recording a gate is `record.py`,
walking back `engine.py`; what happens when a Tensor is written is `inplace.py`.
"""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np

from . import devices, dtypes, printing
from .axes import axis_of
from .errors import DtypeError, GradientShapeError, NonScalarError, TinygradError
from .modes import watching

__all__ = ["Tensor", "as_tensor", "from_numpy", "is_floating_point", "is_tensor", "numel", "tensor"]

tick = count(1).__next__  # one counter: a gate's output is born later than its inputs
NO_KEYWORDS: dict[str, Any] = {}  # of every gate that takes none; nobody writes to it


class Clock:
    """When anything was last written in place; a gate born later need not look closer."""

    __slots__ = ("last_write",)

    def __init__(self) -> None:
        self.last_write = 0

    def note(self, write: int) -> None:
        """Remember a write at this tick, unless another thread has noted a later one."""
        if write > self.last_write:  # nothing is called from here on, so no thread comes between
            self.last_write = write


clock = Clock()


class Memory:
    """The stamps of one piece of memory, shared by every Tensor that looks at it."""

    __slots__ = ("moved", "replaced", "stamp", "where")

    def __init__(self) -> None:
        self.stamp = 0  # when it was last written
        self.replaced = 0  # when its shape or dtype last changed, too
        self.moved = False  # whether its owner was rewritten while recording, and is elsewhere now
        self.where = ("", 0, "")  # the user's line that wrote it last, within `inspect`


class Tensor:
    """An array that remembers how it was made, so that gradients can walk back through it.

    Made by `tensor`, `zeros`, `randn` … or by a gate. Equal to `torch.Tensor` in its names.

    Attributes:
        data: a detached Tensor on the same memory; assign to replace the values.
        grad: what every `backward()` so far has added up to (a Tensor of the same shape and dtype), or None.
        requires_grad: whether gradients are wanted here; only floating-point Tensors can.
        gate: the gate that made this Tensor (None for a leaf), with its `kind` and `local`.
        inputs: what went into that gate, in order; once the graph is freed, a note of the call that freed it.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __slots__ = (
        "__weakref__",
        "_data",  # the ndarray
        "_grad",
        "_memory",  # Memory, once shared or written; None while nobody else looks
        "_name",  # lazily: what the user calls it
        "_needs",  # requires_grad, as the engine reads it
        "_of",  # lazily: (base, index) of a view that an index made; None of a detach
        "_past",  # lazily: what this Tensor was before it was rewritten while recording
        "_taps",  # Taps: hooks and retain_grad, once asked for
        "_turned",  # lazily: the ticks at which requires_grad was turned on or off
        "_view",  # looks at another Tensor's memory
        "_where",  # lazily: the user's line that made it, within `inspect`
        "born",  # a tick of the counter
        "gate",
        "inputs",
        "keywords",  # of the gate: axis, stride, …
    )

    def __init__(self, data: Any, dtype: Any = None, requires_grad: bool = False, name: str | None = None) -> None:
        self._data = as_array(data, dtype)
        shares = isinstance(data, Tensor) and self._data is data._data
        self._grad: Any = None
        self.gate: Any = None
        self.inputs: Any = ()
        self.keywords = NO_KEYWORDS
        self.born = tick()
        self._memory = memory(data) if shares else None
        self._view = shares
        self._taps = None
        self._needs = False
        if name is not None:
            self._name = name
        if requires_grad:
            self._may_require_grad()
            self._needs = True

    # what it is

    @property
    def shape(self) -> tuple[int, ...]:
        """The size along each axis, as a tuple."""
        return self._data.shape

    @property
    def dtype(self) -> np.dtype:
        """The element type, a NumPy dtype."""
        return self._data.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._data.ndim

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self._data.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self._data.nbytes

    @property
    def device(self) -> devices.device:
        """Where the values are: always the CPU."""
        return devices.CPU

    @property
    def is_cuda(self) -> bool:
        """Whether a GPU holds the values: it never does."""
        return False

    def cpu(self) -> Tensor:
        """This Tensor: it is on the CPU already."""
        return self

    def cuda(self, device: Any = None) -> Tensor:
        """Raises DeviceError: there is no GPU here to move to."""
        return self.to("cuda" if device is None else device)

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded gate made it: a parameter, an input, or the result of a detach."""
        return self.gate is None

    @property
    def grad_fn(self) -> Any:
        """The gate that made it (PyTorch's name for `gate`), or None for a leaf."""
        return self.gate

    @property
    def name(self) -> str | None:
        """What pictures call it; any string, or None."""
        return getattr(self, "_name", None)

    @name.setter
    def name(self, name: str | None) -> None:
        self._name = name

    def dim(self) -> int:
        """The number of axes."""
        return self._data.ndim

    def numel(self) -> int:
        """The number of elements."""
        return self._data.size

    nelement = numel

    def size(self, dim: int | None = None, *, axis: int | None = None) -> Any:
        """The shape, or the size along `dim` (PyTorch's method; NumPy's `size` is `numel()`).

        Raises:
            NoSuchAxisError: if there is no such axis.
        """
        dim = axis if dim is None else dim
        return self._data.shape if dim is None else self._data.shape[axis_of(dim, self._data.ndim, "size")]

    def element_size(self) -> int:
        """Bytes of one element."""
        return self._data.itemsize

    def is_floating_point(self) -> bool:
        """Whether the dtype is a floating-point one."""
        return self._data.dtype.kind == "f"

    # its values

    @property
    def data(self) -> Tensor:
        """The same memory outside the graph; a write to it is noticed by `backward()`."""
        return self.detach()

    @data.setter
    def data(self, value: Any) -> None:
        other = value if isinstance(value, Tensor) else Tensor(value)
        if self._needs and other._data.dtype.kind != "f":
            raise DtypeError("a Tensor that requires a gradient holds floats.", got=f"data of dtype {other.dtype}")
        differs = other.shape != self.shape or other.dtype != self.dtype
        self._data = other._data
        self._memory = memory(other)
        self._view = True  # both look at one piece of memory now
        written(self)
        if differs:
            self._memory.replaced = self._memory.stamp

    def detach(self) -> Tensor:
        """The same memory outside the graph: a leaf that requires no gradient.

        >>> Tensor(2.0, requires_grad=True).detach().requires_grad
        False
        """
        z = leaf(self._data)
        z._memory = memory(self)
        z._view = True
        z._of = None
        return z

    def numpy(self) -> np.ndarray:
        """The values as a read-only NumPy view; `np.array(t)` makes a copy to write to."""
        view = self._data.view()
        view.flags.writeable = False
        return view

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy:
            return np.array(self._data, dtype=dtype)
        view = self.numpy()
        if dtype is None or view.dtype == dtype:
            return view
        if copy is False:
            raise ValueError(f"a Tensor of dtype {self.dtype} cannot become {np.dtype(dtype)} without a copy")
        return view.astype(dtype)

    def item(self) -> Any:
        """The one element as a Python number.

        Raises:
            NonScalarError: if there is not exactly one element.

        >>> Tensor([2.5]).item()
        2.5
        """
        if self._data.size != 1:
            raise NonScalarError(
                "item() needs a Tensor of one element.", got=f"shape {self.shape}", mend="use tolist() or numpy()"
            )
        return self._data.item()

    def tolist(self) -> Any:
        """The values as nested Python lists (a number for a 0-d Tensor)."""
        return self._data.tolist()

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self._data.dtype.kind not in "iub":
            raise DtypeError("only an integer Tensor of one element is an index.", got=f"dtype {self.dtype}")
        return int(self.item())

    def __bool__(self) -> bool:
        if self._data.size != 1:
            raise NonScalarError(
                "the truth of a Tensor with other than one element is ambiguous.",
                got=f"shape {self.shape}",
                mend="use (…).all() or (…).any()",
            )
        return bool(self._data)

    def __len__(self) -> int:
        if self._data.ndim == 0:
            raise TypeError("len() of a 0-d tensor")
        return len(self._data)

    def __iter__(self) -> Any:
        if self._data.ndim == 0:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(len(self._data)))

    __hash__ = object.__hash__

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self._data.ndim == 0 or spec else str(self)

    def __repr__(self) -> str:
        return printing.tensor_text(self)

    # its place in the graph

    @property
    def requires_grad(self) -> bool:
        """Whether gradients are wanted here; assigning is `requires_grad_()`."""
        return self._needs

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(bool(value))

    @property
    def retains_grad(self) -> bool:
        """Whether `retain_grad()` was called on a Tensor that a gate made."""
        return self.gate is not None and self._taps is not None and self._taps.retain

    @property
    def grad(self) -> Any:
        """The gradient of the walks so far (a Tensor of the same shape and dtype), or None."""
        return self._grad

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise DtypeError("a gradient is a Tensor, or None.", got=type(value).__name__, mend="tg.tensor(…)")
            if value.shape != self.shape or value.dtype != self.dtype:
                raise GradientShapeError(
                    "a gradient has the shape and dtype of its Tensor.",
                    expected=f"{self.shape}, {self.dtype}",
                    got=f"{value.shape}, {value.dtype}",
                )
        self._grad = value

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Ask for gradients here (or no longer); returns the Tensor itself.

        A gate recorded before keeps as a constant what required no gradient then; a Tensor that stops
        requiring one gets none, whenever the gate was recorded.

        Raises:
            DtypeError: for an integer or bool Tensor.
            TinygradError: to turn it off where a gate made the Tensor.
        """
        if requires_grad:
            self._may_require_grad()
        elif self.gate is not None:
            raise TinygradError(
                "a Tensor that a gate made cannot stop requiring a gradient.", mend="use .detach() to leave the graph"
            )
        if self._needs is not bool(requires_grad):
            self._needs = bool(requires_grad)
            _turn(self)
        return self

    def _may_require_grad(self) -> None:
        if self._data.dtype.kind != "f":
            raise DtypeError(
                "only a floating-point Tensor can require a gradient: an integer cannot move by a little.",
                got=f"dtype {self.dtype}",
                mend="write 3.0 instead of 3, pass dtype=tg.float32, or call .float() first",
            )

    def __copy__(self) -> Tensor:
        if self.gate is not None:
            return self.clone()  # type: ignore[no-any-return, attr-defined]
        other = type(self).__new__(type(self))
        Tensor.__init__(other, self._data, requires_grad=self.requires_grad, name=self.name)
        other._memory, other._view = memory(self), True
        return other

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if self.gate is not None:
            raise TinygradError("only a leaf can be deep-copied.", mend="use .detach() or .clone()")
        other = type(self).__new__(type(self))
        memo[id(self)] = other
        Tensor.__init__(other, self._data.copy(), requires_grad=self.requires_grad, name=self.name)
        if self.grad is not None:
            other.grad = Tensor(self.grad._data.copy())
        return other

    def __reduce__(self) -> Any:
        if self.gate is not None:
            raise TinygradError("only a leaf can be pickled.", mend="use .detach() first")
        return type(self), (self._data, None, self.requires_grad, self.name)


def leaf(array: np.ndarray) -> Tensor:
    """A Tensor around an array that is known to be one: `Tensor(array)` without its questions."""
    z = object.__new__(Tensor)
    z._data = array
    z._grad = z.gate = z._memory = z._taps = None
    z.inputs = ()
    z.keywords = NO_KEYWORDS
    z.born = tick()
    z._view = z._needs = False
    return z


def memory(t: Tensor) -> Memory:
    """The Memory that `t` looks at, made on first asking."""
    if t._memory is None:
        t._memory = Memory()
    return t._memory


def written(t: Tensor) -> None:
    """Note that the memory of `t` was written just now."""
    if t._memory is None:
        t._memory = Memory()
    t._memory.stamp = now = tick()
    if now > clock.last_write:  # `clock.note(now)`, without the call
        clock.last_write = now
    if (watch := watching.get()) is not None:
        watch.wrote(t)


def _turn(t: Tensor) -> None:
    """Note that `requires_grad` changed just now: a walk looks closer at the gates recorded before."""
    if not hasattr(t, "_turned"):
        t._turned = []
    t._turned.append(tick())
    clock.note(t._turned[-1])
    if len(t._turned) > 1000:  # no graph so old is left; two, so that the number of turns stays odd or even
        del t._turned[:2]


def required_grad(t: Tensor, when: int) -> bool:
    """Whether the leaf `t` required a gradient at that tick: now, unless it was turned an odd number of times since."""
    return t._needs is (sum(turn > when for turn in getattr(t, "_turned", ())) % 2 == 0)


def as_array(data: Any, dtype: Any = None) -> np.ndarray:
    """`data` as an ndarray that a Tensor can hold, sharing memory where it already is one.

    Python floats become the default dtype, ints int64, bools bool; an array keeps its own dtype.
    """
    if type(data) is np.ndarray and dtype is None:
        own = data.dtype
        if own.kind in "fiub" and own.itemsize <= 8 and own.isnative:
            return data
    if isinstance(data, Tensor):
        data = data._data
    if dtype is not None:
        if isinstance(dtype, int):
            raise DtypeError(
                "a Tensor is made of values, and then a dtype; not of sizes.",
                got=f"{data!r:.60}, {dtype!r}",
                mend="by sizes: tg.zeros(2, 3) or tg.empty(2, 3); of values: tg.tensor([2, 3])",
            )
        return np.asarray(_unwrapped(data), dtype=dtypes.check_dtype(dtype))
    keeps = isinstance(data, (np.ndarray, np.generic)) or (hasattr(data, "__array__") and not isinstance(data, list))
    try:
        array = np.asarray(_unwrapped(data))
    except ValueError as error:
        raise TinygradError("a Tensor is made of rows of equal length.", got=str(error)) from None
    if array.dtype.kind not in "fiub":
        raise DtypeError("a Tensor holds real numbers.", expected="float, integer or bool", got=f"{array.dtype}")
    if not keeps and array.dtype.kind == "f":
        listed = _float_dtypes(data) if isinstance(data, (list, tuple)) else ()
        array = array.astype(np.result_type(*listed) if listed else dtypes.get_default_dtype())
    return array.astype(dtypes.check_dtype(array.dtype), copy=False)


def _unwrapped(data: Any) -> Any:
    """Nested lists with their Tensors as arrays, which NumPy stacks at once."""
    if isinstance(data, (list, tuple)):
        return [_unwrapped(item) for item in data]
    return data._data if isinstance(data, Tensor) else data


def _float_dtypes(data: Any) -> set[np.dtype]:
    """The dtypes of the floats in nested lists: the default for Python's, their own for NumPy's and Tensors."""
    kinds = set(map(type, data))
    found = {dtypes.get_default_dtype()} if float in kinds else set()
    if not kinds <= {float, int, bool}:
        for item in data:
            if isinstance(item, (list, tuple)):
                found |= _float_dtypes(item)
            elif (dtype := getattr(item, "dtype", None)) is not None and dtype.kind == "f":
                found.add(dtype)
    return found


def tensor(
    data: Any, dtype: Any = None, requires_grad: bool = False, name: str | None = None, *, device: Any = None
) -> Tensor:
    """A new leaf Tensor holding a copy of `data`.

    Args:
        data: a number, nested lists, an ndarray or a Tensor.
        dtype: default: Python floats become `get_default_dtype()` (float32), ints int64, bools
            bool; an ndarray or a Tensor keeps its own.
        requires_grad: whether `backward()` should leave a gradient here.
        name: what pictures call it.
        device: None or "cpu".

    Raises:
        DeviceError: for another device.
        DtypeError: for data that is not real numbers, or an integer dtype with `requires_grad`.

    >>> tensor([1, 2]).dtype, tensor([1.0, 2]).dtype
    (dtype('int64'), dtype('float32'))
    """
    devices.check_device(device)
    array = as_array(data, dtype)
    shared = isinstance(data, (Tensor, np.ndarray)) or hasattr(data, "__array__")
    return Tensor(array.copy() if shared else array, requires_grad=requires_grad, name=name)


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` as a Tensor: itself if it is one already, on the same memory if it is an ndarray.

    >>> a = np.zeros(2); t = as_tensor(a); a[0] = 5; t, as_tensor(t) is t
    (tensor([5., 0.], dtype=float64), True)
    """
    if device is not None:
        devices.check_device(device)
    if isinstance(data, Tensor) and (dtype is None or data.dtype == dtype):
        return data
    return Tensor(data, dtype)


def from_numpy(array: np.ndarray) -> Tensor:
    """A Tensor on the memory of `array`. The engine cannot see writes through that array.

    >>> a = np.zeros(2); t = from_numpy(a); a[0] = 5; t
    tensor([5., 0.], dtype=float64)
    """
    if not isinstance(array, np.ndarray):
        raise TypeError(f"from_numpy expects an ndarray, got {type(array).__name__}")
    return Tensor(array)


def numel(input: Tensor) -> int:
    """How many elements there are.

    >>> numel(Tensor([[1.0, 2.0]]))
    2
    """
    return input.numel()


def is_floating_point(input: Tensor) -> bool:
    """Whether the dtype is a floating-point one.

    >>> is_floating_point(Tensor([1.0])), is_floating_point(Tensor([1]))
    (True, False)
    """
    return input.is_floating_point()


def is_tensor(thing: Any) -> bool:
    """Whether `thing` is a Tensor.

    >>> is_tensor(as_tensor(1.0)), is_tensor(np.ones(2))
    (True, False)
    """
    return isinstance(thing, Tensor)
