"""lr_scheduler: schedules of the learning rate, under PyTorch's names, with its rates; each can draw itself."""

from .composed import *
from .cosine import *
from .cycles import *
from .factors import *
from .plateau import *
from .scheduler import *
