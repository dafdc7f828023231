"""optim: optimizers, under PyTorch's names, with its trajectories."""

from . import averaging, lr_scheduler, swa_utils
from .adadelta import *
from .adafactor import *
from .adagrad import *
from .adam import *
from .adamax import *
from .adamw import *
from .asgd import *
from .ensemble import *
from .lbfgs import *
from .lr_finder import *
from .muon import *
from .nadam import *
from .optimizer import *
from .penalties import *
from .radam import *
from .rmsprop import *
from .rprop import *
from .second_order import *
from .sgd import *
