"""gates: every rule of the calculus, one file per way a gradient flows back."""

import typing as _typing
from types import ModuleType as _Module

from .compare import *
from .composed import *
from .distribute import *
from .factor import *
from .indexing import *
from .linalg import *
from .ranking import *
from .recurrent import *
from .reshape import *
from .route import *
from .slope import *
from .switch import *

if not _typing.TYPE_CHECKING:  # a type checker sees what is imported above, but cannot evaluate this
    # The functions, not the files: `tg.linalg` is PyTorch's, not this folder's.
    __all__ = [_name for _name, _it in globals().items() if not (_name.startswith("_") or isinstance(_it, _Module))]
