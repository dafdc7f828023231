"""data: datasets and their splits, sources, preprocessing, augmentation, and the loader that makes batches."""

from .augmentation import *
from .cifar import *
from .contact import *
from .dataset import *
from .digits import *
from .folder import *
from .idx import *
from .loader import *
from .mnist import *
from .preprocessing import *
from .samplers import *
from .splits import *
from .stream import *
from .tables import *
from .toys import *
from .warp import *
