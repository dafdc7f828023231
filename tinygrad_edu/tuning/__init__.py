"""tuning: the search for hyperparameters: grid, random, coarse to fine, Bayesian; by one process or many.

>>> from tinygrad_edu.tuning import log, tune
>>> def objective(params, report):
...     return abs(params["lr"] - 0.1) + 1 / params["hidden"]  # train, and return the validation loss
>>> study = tune(objective, {"lr": log(1e-4, 1), "hidden": [30, 100]}, trials=30, seed=0, progress=False)
>>> study.best.params["hidden"], len(study.trials)
(100, 30)
"""

from .crossvalidation import *
from .search import *
from .space import *
from .study import *
