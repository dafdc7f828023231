"""update_adam: Adam, as its paper writes it."""

import numpy as np

from .update import contenders

TITLE = "784-100-10, the update alone: Adam"
LR, BETA1, BETA2, EPS = 1e-3, 0.9, 0.999, 1e-8


def by_hand(p, g, state, work, t):
    m, v = state
    m *= BETA1
    np.multiply(g, 1 - BETA1, out=work)
    m += work
    v *= BETA2
    np.multiply(g, g, out=work)
    work *= 1 - BETA2
    v += work
    np.divide(v, 1 - BETA2**t, out=work)
    np.sqrt(work, out=work)
    work += EPS
    np.divide(m, work, out=work)
    work *= LR / (1 - BETA1**t)
    p -= work


globals().update(contenders("Adam", by_hand, lr=LR))
