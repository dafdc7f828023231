"""linalg: PyTorch's `torch.linalg`; what it names, the gates do.

Left out: `eig` and `eigvals` (a real matrix may have complex eigenvalues, and a Tensor holds real
numbers), `ldl_factor` and `ldl_solve` (NumPy has no such factorization; `cholesky` or `lu` serve).
"""

from .errors import LinAlgError
from .gates.composed import linalg_norm as norm
from .gates.composed import linalg_vander as vander
from .gates.composed import matrix_norm, vector_norm
from .gates.contract import linalg_cross as cross
from .gates.contract import matmul, matrix_power, multi_dot, vecdot
from .gates.factor import (
    cholesky,
    cholesky_ex,
    cond,
    eigh,
    eigvalsh,
    householder_product,
    lstsq,
    lu_factor,
    lu_factor_ex,
    matrix_rank,
    pinv,
    svdvals,
)
from .gates.factor import linalg_lu as lu
from .gates.factor import linalg_lu_solve as lu_solve
from .gates.factor import linalg_qr as qr
from .gates.factor import linalg_svd as svd
from .gates.linalg import (
    det,
    inv_ex,
    matrix_exp,
    slogdet,
    solve,
    solve_ex,
    solve_triangular,
    tensorinv,
    tensorsolve,
)
from .gates.linalg import inverse as inv
from .gates.linalg import linalg_diagonal as diagonal

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]
