"""ask: what a library answers to a case; its outputs, and the gradients of a weighted sum of them."""

import warnings

import numpy as np


def weights_like(array):
    """Different for every element, the same every time; what the outputs are weighted with."""
    return np.cos(np.arange(array.size, dtype=np.float64)).reshape(array.shape)


def answer(case, library, arrays, tensor, to_numpy, backward):
    """Run a case in a library: its inputs, outputs and gradients as arrays, by name.

    Args:
        arrays: the inputs.
        tensor: makes a leaf from an array; floats require a gradient.
        to_numpy: the values of a tensor.
        backward: sends a list of arrays back from a list of outputs.
    """
    tensors = [tensor(a) for a in arrays]
    result = case.call(library, *tensors)
    results = list(result) if isinstance(result, (tuple, list)) else [result]
    found = {f"in{i}": a for i, a in enumerate(arrays)}
    found |= {f"out{i}": to_numpy(r) for i, r in enumerate(results)}
    flowing = [r for r in results if r.requires_grad]
    if flowing:
        backward(flowing, [weights_like(to_numpy(r)) for r in flowing])
    for i, t in enumerate(tensors):
        if t.requires_grad:
            found[f"grad{i}"] = np.zeros(arrays[i].shape) if t.grad is None else to_numpy(t.grad)
    return found


def ask_torch(case):
    """PyTorch's answer, at float64."""
    import torch

    def backward(outputs, weights):
        upstreams = [torch.tensor(w, dtype=r.dtype) for r, w in zip(outputs, weights, strict=True)]
        torch.autograd.backward(outputs, upstreams)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own, on what it will change
        return answer(
            case,
            torch,
            case.arrays(),
            lambda a: torch.tensor(a, requires_grad=a.dtype.kind == "f"),
            lambda t: t.detach().resolve_conj().numpy(),
            backward,
        )


def ask_us(case, arrays=None):
    """Our own answer, at float64; to the inputs of the case, or to `arrays`."""
    import tinygrad_edu as tg

    def backward(outputs, weights):
        for r, w in zip(outputs, weights, strict=True):
            r.backward(w.astype(r.dtype), retain_graph=True)

    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's, at special values
        return answer(
            case,
            tg,
            case.arrays() if arrays is None else arrays,
            lambda a: tg.tensor(a, requires_grad=a.dtype.kind == "f"),
            np.asarray,
            backward,
        )
