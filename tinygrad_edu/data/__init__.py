"""data: datasets and their splits, sources, preprocessing, augmentation, and the loader that makes batches."""

from .dataset import *
from .digits import *
from .idx import *
from .loader import *
from .mnist import *
from .splits import *
