"""gates: every rule of the calculus, one file per way a gradient flows back."""

from .distribute import *
from .reshape import *
from .route import *
from .slope import *
from .switch import *
