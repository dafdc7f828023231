"""05: in a long narrow valley, which optimizer arrives, and on what path?

f = x²/20 + y² is twenty times steeper across than along (Saitoh, "Deep Learning from Scratch", chapter 6): its gradient
points at the walls, hardly ever at the minimum. Plain descent zig-zags or crawls; momentum glides; the adaptive ones
scale each axis. Newton's step, which asks for the curvature too, arrives at once, and L-BFGS learns it in a few.
Then Rosenbrock's bent valley, and a saddle, x² - y² held in by y⁴, started almost where its gradient is zero.
(CS231n's notes, "Neural Networks Part 3", "Parameter updates"; Rosenbrock 1960.)

    python examples/05_optimizers.py [--quick] [--out DIR]
"""

import numpy as np
from _common import BLACK, BLUE, GREEN, ORANGE, PINK, RED, SKY, arguments, save
from matplotlib.animation import FuncAnimation, PillowWriter

import tinygrad_edu as tg
from tinygrad_edu import optim
from tinygrad_edu.viz.plots import subplots

LOOK = {
    "SGD": (BLACK, "o"), "Momentum": (BLUE, "s"), "Nesterov": (SKY, "D"), "AdaGrad": (ORANGE, "^"),
    "RMSProp": (GREEN, "v"), "Adam": (RED, "P"), "Newton": (PINK, "*"), "L-BFGS": (PINK, "X"),
}  # fmt: skip


def six(sgd, momentum, adagrad, rmsprop, adam):
    """The six optimizers, each at its rate; change one and run it again."""
    return {
        "SGD": lambda p: optim.SGD(p, lr=sgd),
        "Momentum": lambda p: optim.SGD(p, lr=momentum, momentum=0.9),
        "Nesterov": lambda p: optim.SGD(p, lr=momentum, momentum=0.9, nesterov=True),
        "AdaGrad": lambda p: optim.Adagrad(p, lr=adagrad),
        "RMSProp": lambda p: optim.RMSprop(p, lr=rmsprop),
        "Adam": lambda p: optim.Adam(p, lr=adam),
    }


def one_iteration(p):
    return optim.LBFGS(p, max_iter=1, max_eval=25, line_search_fn="strong_wolfe")


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


def descents(f, start, rates, steps):
    return {name: descend(f, start, make, steps) for name, make in six(*rates).items()}


def turns(path):
    """How often it turned back between the walls."""
    return int((np.diff(np.sign(np.diff(path[:, 1]))) != 0).sum())


def run(quick, out):
    start = (-7.0, 2.0)
    paths = descents(valley, start, (0.95, 0.1, 1.5, 0.3, 0.3), 40)
    paths["Newton"] = descend(valley, start, optim.Newton, 1)
    paths["L-BFGS"] = descend(valley, start, one_iteration, 8)
    crawl = descend(valley, start, six(0.1, 0.1, 1, 1, 1)["SGD"], 40)
    bent = descents(rosenbrock, (-1.2, 1.0), (1e-3, 1e-3, 0.5, 0.01, 0.1), 500 if quick else 2000)
    tipping = descents(saddle, (-1.0, 1e-6), (0.05, 0.05, 0.2, 0.05, 0.05), 150)
    found = {
        "turns": {name: turns(path) for name, path in paths.items()},
        "distance": {name: float(np.hypot(*path[-1])) for name, path in paths.items()},
        "crawl": float(np.hypot(*crawl[-1])),
        "rosenbrock": {name: float(rosenbrock(*path[-1])) for name, path in bent.items()},
        "left_saddle": {name: int(np.argmax(np.abs(path[:, 1]) > 0.5)) for name, path in tipping.items()},
    }
    for what, by_name in found.items():
        print(what, by_name)
    found["finding"] = (
        f"In 40 steps SGD turns {found['turns']['SGD']} times between the walls, Momentum {found['turns']['Momentum']} "
        f"and AdaGrad {found['turns']['AdaGrad']}; Newton is there after one step, L-BFGS within "
        f"{found['distance']['L-BFGS']:.0e} after 8. From the saddle SGD takes {found['left_saddle']['SGD']} steps, "
        f"Momentum {found['left_saddle']['Momentum']}, Adam {found['left_saddle']['Adam']}."
    )
    print(found["finding"])
    found["picture"] = draw_valley(paths, out)
    found["others"] = draw_others(bent, tipping, out)
    found["animation"] = animate(paths, 4 if quick else 1, out)
    return found


def landscape(ax, f, x, y, power=1.0):
    """The contours of f, its lowest ones closer together, and the way down as arrows of one length."""
    grid = np.meshgrid(np.linspace(*x, 200), np.linspace(*y, 200))
    height = f(*grid)
    low, high = height.min(), height.max()
    levels = low + (high - low) * np.linspace(0, 1, 13)[1:] ** power
    ax.contour(*grid, height, levels, cmap="viridis", linewidths=0.8, alpha=0.7)
    few = [tg.tensor(a, requires_grad=True) for a in np.meshgrid(np.linspace(*x, 15), np.linspace(*y, 9))]
    f(*few).sum().backward()
    down = -np.array([a.grad for a in few])
    ax.quiver(*(a.numpy() for a in few), *(down / (np.hypot(*down) + 1e-9)), color="#999999", scale=30, width=0.003)
    ax.set(xlabel="x", ylabel="y", xlim=x, ylim=y)
    ax.grid(False)


def draw_valley(paths, out):
    figure, panels = subplots(4, 2, (4.4, 2.5))
    for ax, (name, path) in zip(panels, paths.items(), strict=True):
        landscape(ax, valley, (-8, 3), (-2.7, 2.7), 2)
        ax.plot(*path.T, color=LOOK[name][0], marker=LOOK[name][1], markersize=3, linewidth=1.2)
        steps = f"{len(path) - 1} steps" if len(path) > 2 else "1 step"
        ax.set(title=f"{name}: after {steps} {np.hypot(*path[-1]):.2g} away")
    return save(figure, out, "valley.png")


def draw_others(bent, tipping, out):
    figure, (plane, height, low, gone) = subplots(2, 2, (5.0, 3.3))
    landscape(plane, rosenbrock, (-1.6, 1.6), (-0.6, 1.8), 4)
    landscape(low, saddle, (-1.3, 1.3), (-0.6, 1.5))
    for name, (colour, marker) in LOOK.items():
        if name in bent:
            style = {"color": colour, "marker": marker, "markersize": 5, "markevery": (0.1, 0.15), "linewidth": 1.3}
            plane.plot(*bent[name].T, **style, label=name)
            height.loglog(np.arange(len(bent[name])) + 1, rosenbrock(*bent[name].T), **style)
            low.plot(*tipping[name].T, **style)
            gone.semilogy(np.abs(tipping[name][:, 1]), **style)
    plane.set(title="Rosenbrock's valley bends to (1, 1)")
    height.set(title="Momentum and Adam arrive", xlabel="step", ylabel="f")
    low.set(title="A saddle: down at both ends of y")
    gone.set(title="Plain descent is the last to leave it", xlabel="step", ylabel="|y|")
    figure.legend(*plane.get_legend_handles_labels(), loc="outside lower center", ncols=6, frameon=False)
    return save(figure, out, "rosenbrock_saddle.png")


def animate(paths, stride, out):
    """The six on their way down the valley, side by side, as a GIF."""
    figure, (ax,) = subplots(1, 1, (6.4, 3.8))
    landscape(ax, valley, (-8, 3), (-2.7, 2.7), 2)
    six_paths = {name: path for name, path in paths.items() if len(path) == 41}
    lines = [
        ax.plot([], [], color=LOOK[name][0], marker=LOOK[name][1], markevery=[-1], label=name)[0] for name in six_paths
    ]
    figure.legend(loc="outside lower center", ncols=6, frameon=False, fontsize="small", columnspacing=1)

    def frame(step):
        ax.set_title(f"x²/20 + y², step {step}")
        for line, path in zip(lines, six_paths.values(), strict=True):
            line.set_data(*path[: step + 1].T)

    FuncAnimation(figure, frame, range(0, 41, stride)).save(out / "six.gif", PillowWriter(fps=8), dpi=90)
    return "six.gif"


if __name__ == "__main__":
    run(*arguments(__doc__))
