"""nn: modules, layers and losses, under PyTorch's names, with its shapes and its state_dict."""

from . import functional, init, utils
from .activation import *
from .adaptive_softmax import *
from .attention import *
from .classification import *
from .container import *
from .conv import *
from .ctc import *
from .distance import *
from .dropout import *
from .embedding import *
from .flatten import *
from .lazy import *
from .likelihood import *
from .linear import *
from .margin import *
from .maxout import *
from .module import *
from .normalization import *
from .padding import *
from .parameter import *
from .pooling import *
from .ranking_losses import *
from .recurrent import *
from .regression import *
from .transformer import *
from .upsampling import *
