"""trajectories: where PyTorch's optimizers go, every option of each, kept in trajectories.npz.

Run with PyTorch installed, after a row was added or changed: `python tests/oracle/trajectories.py`.
"""

import sys
from pathlib import Path

import numpy as np

TRAJECTORIES = Path(__file__).with_name("trajectories.npz")
COMMAND = "python tests/oracle/trajectories.py"
STEPS = 25

USUAL = [{}, {"weight_decay": 0.1}, {"maximize": True}, {"weight_decay": 0.1, "maximize": True}]
WOLFE = {"line_search_fn": "strong_wolfe"}
OPTIONS = {
    "SGD": [
        *USUAL,
        {"momentum": 0.9},
        {"momentum": 0.9, "dampening": 0.3},
        {"momentum": 0.9, "nesterov": True},
        {"momentum": 0.9, "weight_decay": 0.1},
        {"momentum": 0.8, "dampening": 0.3, "weight_decay": 0.1, "maximize": True},
        {"momentum": 0.8, "nesterov": True, "weight_decay": 0.1},
        {"momentum": 0.8, "nesterov": True, "weight_decay": 0.1, "maximize": True},
    ],
    "Adagrad": [*USUAL, {"lr_decay": 0.1}, {"initial_accumulator_value": 0.3}, {"eps": 0.1, "lr": 0.5}],
    "Adadelta": [*USUAL, {"lr": 1.0}, {"rho": 0.5}, {"eps": 0.01}],
    "RMSprop": [
        *USUAL,
        {"alpha": 0.5},
        {"eps": 0.1},
        {"momentum": 0.5},
        {"centered": True},
        {"centered": True, "momentum": 0.5, "weight_decay": 0.1, "maximize": True},
    ],
    "Adam": [
        *USUAL,
        {"betas": (0.5, 0.7)},
        {"eps": 0.1},
        {"amsgrad": True},
        {"amsgrad": True, "betas": (0.5, 0.6), "weight_decay": 0.1, "maximize": True},
        {"decoupled_weight_decay": True, "weight_decay": 0.1},
    ],
    "AdamW": [*USUAL, {"weight_decay": 0}, {"betas": (0.5, 0.7), "eps": 0.1}, {"amsgrad": True, "maximize": True}],
    "Adamax": [*USUAL, {"betas": (0.5, 0.7)}, {"eps": 0.1}],
    "NAdam": [
        *USUAL,
        {"betas": (0.5, 0.7)},
        {"eps": 0.1},
        {"momentum_decay": 0.1},
        {"decoupled_weight_decay": True, "weight_decay": 0.1, "maximize": True},
    ],
    "RAdam": [
        *USUAL,
        {"betas": (0.8, 0.9)},  # rectified from the sixth step on
        {"eps": 0.1, "betas": (0.8, 0.9)},
        {"decoupled_weight_decay": True, "weight_decay": 0.1, "maximize": True},
    ],
    "Rprop": [{}, {"maximize": True}, {"etas": (0.3, 1.5)}, {"step_sizes": (0.01, 0.1)}],
    "ASGD": [*USUAL, {"lambd": 0.5}, {"lambd": 0.5, "alpha": 0.3, "t0": 4, "weight_decay": 0.1}],
    "Adafactor": [
        *USUAL,
        {"beta2_decay": -0.3},
        {"eps": (0.5, 0.1)},
        {"eps": (None, 0.5), "lr": 0.5},
        {"d": 2.0, "weight_decay": 0.1, "maximize": True},
    ],
    "Muon": [
        {},
        {"weight_decay": 0, "momentum": 0.5},
        {"nesterov": False, "adjust_lr_fn": "original"},
        {"adjust_lr_fn": "match_rms_adamw", "ns_steps": 3},
        {"ns_coefficients": (2.0, -1.5, 0.5), "ns_steps": 12, "eps": 10.0},
    ],
    "LBFGS": [
        {"max_iter": 1, "lr": 0.3},
        {"max_iter": 2, "history_size": 2, "lr": 0.3},
        {"max_iter": 3, "lr": 0.5},
        {"max_iter": 2, **WOLFE},
        {"max_iter": 3, "history_size": 2, "lr": 0.5, **WOLFE},
        {"max_iter": 10, "max_eval": 3, **WOLFE},
        {"tolerance_grad": 0.1, "tolerance_change": 0.01, **WOLFE},
        WOLFE,
    ],
}
TABLE = {f"{name} {options}": (name, options) for name, rows in OPTIONS.items() for options in rows}


def start(name):
    """The parameters: a matrix, a vector, a number; for Muon all three are matrices."""
    rng = np.random.default_rng(0)
    shapes = ((3, 4), (3, 1), (1, 1)) if name == "Muon" else ((3, 4), (4,), ())
    return [rng.normal(size=shape) for shape in shapes]


def loss_of(w, b, s):
    """Neither quadratic nor without a lowest point, in either library."""
    return ((w * b + s).tanh() ** 2 + 0.1 * w * w).sum() + (2 * (b * b + 1).sqrt() - b).sum() + (s * s).sum()


def make(library, name, options, params, groups=False):
    """The optimizer of a row; with `groups`, each parameter in a group with options of its own."""
    options = {"lr": 1.0 if name == "LBFGS" else 0.05, **options}
    if groups:
        own = ({"lr": 0.1}, {"weight_decay": 0.3}, {})
        params = [{"params": [p], **o} for p, o in zip(params, own, strict=True)]
    return getattr(library.optim, name)(params, **options)


def advance(optimizer, params, steps):
    """So many steps, with a closure; the last parameter has no gradient at every third."""
    found = []
    for step in range(steps):

        def closure():
            optimizer.zero_grad()
            loss = loss_of(*params)
            loss.backward()
            return loss

        if type(optimizer).__name__ == "LBFGS":
            optimizer.step(closure)
        else:
            closure()
            if step % 3 == 2:
                params[2].grad = None
            optimizer.step()
        found.append(np.concatenate([p.detach().numpy().ravel() for p in params]))
    return np.array(found)


def at_full_precision(torch, setattr=setattr):
    """Muon rounds to bfloat16 by this method, which NumPy lacks: let it keep what it has."""
    setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)


def trajectory(library, name, options, groups=False):
    """All parameters after every step, shape (STEPS, how many numbers they are)."""
    params = [library.tensor(a, requires_grad=True) for a in start(name)]
    return advance(make(library, name, options, params, groups), params, STEPS)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    import torch
    from oracle.record import load, save

    at_full_precision(torch)
    found = {row: {"path": trajectory(torch, *TABLE[row])[[0, 1, 9, -1]]} for row in TABLE}
    for name in OPTIONS:
        if name != "LBFGS":
            found[f"{name} groups"] = {"path": trajectory(torch, name, {}, groups=True)[[0, 1, 9, -1]]}
    save(found, TRAJECTORIES)
    print(f"{TRAJECTORIES.name}: {len(load(TRAJECTORIES))} rows, {TRAJECTORIES.stat().st_size / 1000:.0f} kB")
