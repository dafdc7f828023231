"""update_momentum: SGD with momentum."""

import numpy as np

from .update import contenders

TITLE = "784-100-10, the update alone: SGD with momentum"
LR, MOMENTUM = 1e-3, 0.9


def by_hand(p, g, state, work, t):
    v, _ = state
    v *= MOMENTUM
    v += g
    np.multiply(v, LR, out=work)
    p -= work


globals().update(contenders("SGD", by_hand, lr=LR, momentum=MOMENTUM))
