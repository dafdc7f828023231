"""update_sgd: plain SGD."""

import numpy as np

from .update import contenders

TITLE = "784-100-10, the update alone: SGD"
LR = 1e-3


def by_hand(p, g, state, work, t):
    np.multiply(g, LR, out=work)
    p -= work


globals().update(contenders("SGD", by_hand, lr=LR))
