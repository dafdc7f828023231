"""list_functions: write pytorch_functions.txt, PyTorch's real-valued differentiable functions by their paths.

Run with PyTorch and `expecttest` installed: `python tests/oracle/list_functions.py`. The source is the
table that PyTorch tests its own operators with; what is left out is said below, with the reason.
"""

from pathlib import Path

LISTED = Path(__file__).with_name("pytorch_functions.txt")

# Families of their own, not at torch.*, torch.Tensor, torch.linalg or torch.special.
FAMILIES = ("nn.", "fft.", "sparse.", "masked.", "signal.", "torch.ops.", "ops.", "_", "jiterator")
LEFT_OUT = {
    "complex numbers": "angle cdouble cfloat chalf complex conj conj_physical polar real imag resolve_conj resolve_neg "
    "view_as_complex view_as_real linalg.eig linalg.eigvals stft istft",
    "random": "bernoulli normal multinomial pca_lowrank svd_lowrank",
    "kernels of other functions, undocumented": "native_batch_norm native_group_norm native_layer_norm "
    "native_dropout_backward grid_sampler_2d grid_sampler_3d max_pool2d_with_indices_backward constant_pad_nd slice",
    "a dtype or a layout that NumPy lacks": "bfloat16 to_sparse",
    "steps between neighbouring floats": "nextafter frexp",
    "Python 2": "__rdiv__",
}
# Differentiable, and missing from that table by themselves.
ADDED = "adjoint chain_matmul relu vander"


def names():
    """The names of all entries: functions, aliases, methods."""
    import torch
    from torch.testing._internal.common_methods_invocations import op_db

    left_out = {name for group in LEFT_OUT.values() for name in group.split()}
    found = set(ADDED.split())
    for op in op_db:
        private = op.name.startswith(FAMILIES) and not op.name.startswith("__")
        copies = op.name.startswith("unsafe_") or (op.name.endswith("_copy") and op.name != "index_copy")
        if op.supports_autograd and torch.float64 in op.dtypes and not (private or copies or op.name in left_out):
            found |= {op.name, *(alias.name for alias in op.aliases)}
    return found - left_out


def paths():
    """Where PyTorch has each: `torch.exp`, `torch.Tensor.exp`, `torch.special.expm1` …"""
    import torch

    found = set()
    for name in names():
        *module, last = name.split(".")
        home = getattr(torch, module[0]) if module else torch
        if callable(getattr(home, last, None)) and not last.startswith("__"):
            found.add(".".join(["torch", *module, last]))
        if not module and hasattr(torch.Tensor, last):
            found.add(f"torch.Tensor.{last}")
    return sorted(found)


if __name__ == "__main__":
    LISTED.write_text("\n".join(paths()) + "\n")
    print(f"{LISTED.name}: {len(paths())} paths")
