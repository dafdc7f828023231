"""optimizers: paths over contours and the gradient field, side by side, and as an animation."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from _common import BLACK, BLUE, GREEN, ORANGE, PINK, RED, SKY, save
from matplotlib.animation import FuncAnimation, PillowWriter

import tinygrad_edu as tg
from tinygrad_edu.files import write_whole
from tinygrad_edu.viz.plots import subplots

LOOK = {
    "SGD": (BLACK, "o"), "Momentum": (BLUE, "s"), "Nesterov": (SKY, "D"), "AdaGrad": (ORANGE, "^"),
    "RMSProp": (GREEN, "v"), "Adam": (RED, "P"), "Newton": (PINK, "*"), "L-BFGS": (PINK, "X"),
}  # fmt: skip


def landscape(ax, f, x, y, power):
    """The contours of f, for a power above 1 closer together below, and the way down as arrows of one length."""
    grid = np.meshgrid(np.linspace(*x, 200), np.linspace(*y, 200))
    height = f(*grid)
    levels = height.min() + np.ptp(height) * np.linspace(0, 1, 13)[1:] ** power
    ax.contour(*grid, height, levels, cmap="viridis", linewidths=0.8, alpha=0.7)
    few = [tg.tensor(a, requires_grad=True) for a in np.meshgrid(np.linspace(*x, 15), np.linspace(*y, 9))]
    f(*few).sum().backward()
    down = -np.array([a.grad for a in few])
    ax.quiver(*(a.numpy() for a in few), *(down / (np.hypot(*down) + 1e-9)), color="#999999", scale=30, width=0.003)
    ax.set(xlabel="x", ylabel="y", xlim=x, ylim=y)
    ax.grid(False)


def valley(f, paths, out):
    figure, panels = subplots(4, 2, (4.4, 2.5))
    for ax, (name, path) in zip(panels, paths.items(), strict=True):
        landscape(ax, f, (-8, 3), (-2.7, 2.7), 2)
        color, marker = LOOK[name]
        ax.plot(*path.T, color=color, marker=marker, markersize=3, linewidth=1.2)
        steps = f"{len(path) - 1} steps" if len(path) > 2 else "1 step"
        ax.set(title=f"{name}: after {steps} {np.hypot(*path[-1]):.2g} away")
    return save(figure, out, "valley.png")


def rosenbrock_saddle(rosenbrock, bent, saddle, tipping, out):
    figure, (plane, height, low, gone) = subplots(2, 2, (5.0, 3.3))
    landscape(plane, rosenbrock, (-1.6, 1.6), (-0.6, 1.8), 4)
    landscape(low, saddle, (-1.3, 1.3), (-0.6, 1.5), 1)
    for name, path in bent.items():
        color, marker = LOOK[name]
        style = {"color": color, "marker": marker, "markersize": 5, "markevery": (0.1, 0.15), "linewidth": 1.3}
        plane.plot(*path.T, **style, label=name)
        height.loglog(np.arange(len(path)) + 1, rosenbrock(*path.T), **style)
        low.plot(*tipping[name].T, **style)
        gone.semilogy(np.abs(tipping[name][:, 1]), **style)
    plane.set(title="Rosenbrock's valley bends to (1, 1)")
    height.set(title="Momentum and Adam arrive", xlabel="step", ylabel="f")
    low.set(title="A saddle: down at both ends of y")
    gone.set(title="Plain descent is the last to leave it", xlabel="step", ylabel="|y|")
    figure.legend(*plane.get_legend_handles_labels(), loc="outside lower center", ncols=6, frameon=False)
    return save(figure, out, "rosenbrock_saddle.png")


def animation(f, paths, stride, out):
    """All of them on their way down the valley, every `stride` steps, as a GIF."""
    figure, (ax,) = subplots(1, 1, (6.4, 3.8))
    landscape(ax, f, (-8, 3), (-2.7, 2.7), 2)
    looks = (LOOK[name] for name in paths)
    walkers = [ax.plot([], [], color=color, marker=marker, markevery=[-1])[0] for color, marker in looks]
    figure.legend(walkers, paths, loc="outside lower center", ncols=6, frameon=False, fontsize=8, columnspacing=1)

    def frame(step):
        ax.set_title(f"x²/20 + y², step {step}")
        for walker, path in zip(walkers, paths.values(), strict=True):
            walker.set_data(*path[: step + 1].T)

    steps = FuncAnimation(figure, frame, range(0, 41, stride))
    with TemporaryDirectory() as folder:  # matplotlib writes to a name; the picture is to be whole or not at all
        steps.save(f"{folder}/six.gif", PillowWriter(fps=8), dpi=90)
        whole = Path(folder, "six.gif").read_bytes()
    print(f"the animation: {write_whole(out / 'six.gif', lambda file: file.write(whole))}")
    return "six.gif"
