"""advice: what serves for a name of PyTorch's that is not here, or not at that place."""

from __future__ import annotations

from importlib import import_module

__all__ = ["missing"]

_PLACES = ("nn.functional", "nn", "optim", "linalg", "special", "func", "autograd", "data", "testing", "viz")
_CAST = "use tg.tensor(data, dtype=tg.{})"
_LEAVE = "leave it out: there is nothing to switch"
_REAL = "use two real Tensors: a Tensor holds real numbers"
INSTEAD = {
    "BoolTensor": _CAST.format("bool"),
    "ByteTensor": _CAST.format("uint8"),
    "DoubleTensor": _CAST.format("float64"),
    "FloatTensor": _CAST.format("float32"),
    "HalfTensor": _CAST.format("float16"),
    "IntTensor": _CAST.format("int32"),
    "LongTensor": _CAST.format("int64"),
    "amp": _LEAVE,
    "autocast": _LEAVE,
    "bfloat16": "use float32: NumPy has no bfloat16",
    "compile": "leave it out: the model runs as it is",
    "complex128": _REAL,
    "complex64": _REAL,
    "distributions": "use tg.normal, tg.bernoulli, tg.multinomial to draw, and log_softmax for log-probabilities",
    "fft": "use numpy.fft, outside the graph",
    "hub": "use tg.load, of a file that is here",
    "jit": "leave it out: the model runs as it is",
    "set_default_device": _LEAVE,
    "set_default_tensor_type": "use set_default_dtype",
    "set_float32_matmul_precision": _LEAVE,
    "set_printoptions": "use numpy.set_printoptions, and print(t.numpy())",
    "use_deterministic_algorithms": _LEAVE,
}


def missing(name: str) -> str:
    """The text of the AttributeError for a name that the package does not have.

    >>> missing("conv2d")
    "module 'tinygrad_edu' has no attribute 'conv2d'; it is tg.nn.functional.conv2d"
    """
    text = f"module 'tinygrad_edu' has no attribute {name!r}"
    if name.startswith("_"):
        return text
    if name in INSTEAD:
        return f"{text}; {INSTEAD[name]}"
    for place in _PLACES:
        thing = getattr(import_module(f"tinygrad_edu.{place}"), name, None)
        if getattr(thing, "__module__", "").startswith("tinygrad_edu."):
            return f"{text}; it is tg.{place}.{name}"
    return text
