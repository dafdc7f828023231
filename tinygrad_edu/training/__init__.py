"""training: the loop that people write every time, and what keeps it from losing anything."""

from .callbacks import *
from .checkpoint import *
from .history import *
from .loop import *
from .metrics import *
from .monitoring import *
from .run import *
from .tensorboard import *
from .transfer import *
