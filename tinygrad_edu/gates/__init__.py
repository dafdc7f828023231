"""gates: every rule of the calculus, by the way its gradient flows back.

Handed on: `distribute`. Times the other input: `switch`, `contract`. To the winner or the chosen: `route`,
`indexing`, `diagonals`, `ranking`. Times the slope: `slope`, `special_functions`, `activation`, `softmax`,
`normalize`. Put back in place: `reshape`, `join`, `pad`. Of several kinds: windows (`window`, `winograd`,
`pool`), matrices (`linalg`, `factor`), `distance`, `recurrent`. Made of other gates: `composed`. Without a
gradient: `compare`. What makes gates methods of Tensor: `binding`.
"""

import typing as _typing
from types import ModuleType as _Module

from .compare import *
from .composed import *
from .contract import *
from .diagonals import *
from .distance import *
from .distribute import *
from .factor import *
from .indexing import *
from .join import *
from .linalg import *
from .ranking import *
from .recurrent import *
from .reshape import *
from .route import *
from .slope import *
from .softmax import *
from .special_functions import *
from .switch import *

if not _typing.TYPE_CHECKING:  # a type checker sees what is imported above, but cannot evaluate this
    # The functions, not the files: `tg.linalg` is PyTorch's, not this folder's.
    __all__ = [_name for _name, _it in globals().items() if not (_name.startswith("_") or isinstance(_it, _Module))]
