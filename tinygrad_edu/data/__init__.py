"""data: datasets, the digits on board, and the loader that makes batches."""

from .dataset import *
from .digits import *
from .idx import *
from .loader import *
from .mnist import *
