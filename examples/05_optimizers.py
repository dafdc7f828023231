"""05: in a long narrow valley, which optimizer arrives, and on what path?

f = x²/20 + y² is twenty times steeper across than along (Saitoh, "Deep Learning from Scratch", chapter 6): its gradient
points at the walls, hardly ever at the minimum. Plain descent zig-zags or crawls; momentum glides; the adaptive ones
scale each axis. Newton's step, which asks for the curvature too, arrives at once, and L-BFGS learns it in a few.
Then Rosenbrock's bent valley, and a saddle, x² - y² held in by y⁴, started almost where its gradient is zero.
(CS231n's notes, "Neural Networks Part 3", "Parameter updates"; Rosenbrock 1960.)

    python examples/05_optimizers.py [--quick] [--out DIR]
"""

import numpy as np
from _common import arguments
from pictures import optimizers as pictures

import tinygrad_edu as tg
from tinygrad_edu import optim


def valley(x, y):
    return x * x / 20 + y * y


def rosenbrock(x, y):
    return (1 - x) ** 2 + 100 * (y - x * x) ** 2


def saddle(x, y):
    return x * x - y * y + y**4 / 2


def descend(f, start, make, steps):
    """Where the optimizer was: an array of steps + 1 points."""
    p = tg.tensor(start, dtype=tg.float64, requires_grad=True)
    optimizer = make([p])

    def closure():
        optimizer.zero_grad()
        loss = f(p[0], p[1])
        loss.backward(retain_graph=True)  # Newton's method asks the graph for the curvature
        return loss

    path = [p.tolist()]
    for _ in range(steps):
        optimizer.step(closure)
        path.append(p.tolist())
    return np.array(path)


def six(f, start, steps, *, sgd, momentum, adagrad, rmsprop, adam):
    """The paths of six optimizers, each at its rate; change one and run it again."""
    optimizers = {
        "SGD": lambda p: optim.SGD(p, lr=sgd),
        "Momentum": lambda p: optim.SGD(p, lr=momentum, momentum=0.9),
        "Nesterov": lambda p: optim.SGD(p, lr=momentum, momentum=0.9, nesterov=True),
        "AdaGrad": lambda p: optim.Adagrad(p, lr=adagrad),
        "RMSProp": lambda p: optim.RMSprop(p, lr=rmsprop),
        "Adam": lambda p: optim.Adam(p, lr=adam),
    }
    return {name: descend(f, start, make, steps) for name, make in optimizers.items()}


def one_iteration(p):
    return optim.LBFGS(p, max_iter=1, max_eval=25, line_search_fn="strong_wolfe")


def turns(path):
    """How often it turned back between the walls."""
    return int((np.diff(np.sign(np.diff(path[:, 1]))) != 0).sum())


def away(path):
    """How far from the minimum at 0 it ended."""
    return float(np.hypot(*path[-1]))


def run(quick, out):
    start, far = (-7.0, 2.0), 500 if quick else 2000
    paths = six(valley, start, 40, sgd=0.95, momentum=0.1, adagrad=1.5, rmsprop=0.3, adam=0.3)
    bent = six(rosenbrock, (-1.2, 1.0), far, sgd=1e-3, momentum=1e-3, adagrad=0.5, rmsprop=0.01, adam=0.1)
    tipping = six(saddle, (-1.0, 1e-6), 150, sgd=0.05, momentum=0.05, adagrad=0.2, rmsprop=0.05, adam=0.05)
    crawl = away(descend(valley, start, lambda p: optim.SGD(p, lr=0.1), 40))
    curved = {
        "Newton": descend(valley, start, optim.Newton, 1),
        "L-BFGS": descend(valley, start, one_iteration, 8),
    }
    turned = {name: turns(path) for name, path in paths.items()}
    distance = {name: away(path) for name, path in (paths | curved).items()}
    left = {name: int(np.argmax(np.abs(path[:, 1]) > 0.5)) for name, path in tipping.items()}

    print(f"At Momentum's rate SGD crawls: after 40 steps it is {crawl:.1f} away.")
    return {
        "turns": turned,
        "distance": distance,
        "crawl": crawl,
        "rosenbrock": {name: float(rosenbrock(*path[-1])) for name, path in bent.items()},
        "left_saddle": left,
        "picture": pictures.valley(valley, paths | curved, out),
        "others": pictures.rosenbrock_saddle(rosenbrock, bent, saddle, tipping, out),
        "animation": pictures.animation(valley, paths, 4 if quick else 1, out),
        "finding": (
            f"In 40 steps SGD turns {turned['SGD']} times between the walls, Momentum {turned['Momentum']} and AdaGrad "
            f"{turned['AdaGrad']}; Newton is there after one step, L-BFGS within {distance['L-BFGS']:.0e} after 8. "
            f"From the saddle SGD takes {left['SGD']} steps, Momentum {left['Momentum']}, Adam {left['Adam']}."
        ),
    }


if __name__ == "__main__":
    print(run(*arguments(__doc__))["finding"])
