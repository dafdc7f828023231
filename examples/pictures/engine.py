"""engine: two classes of points, and the line between them that a network has learned."""

import numpy as np
from _common import BLACK, BLUE, ORANGE, save

from tinygrad_edu.viz.plots import subplots


def moons(points, labels, weights, out):
    """The points (n, 2), and where the two scores of a ReLU network of these weights are equal."""
    figure, (plane,) = subplots(1, 1, (6.4, 4.2))
    x, y = np.meshgrid(np.linspace(-1.7, 2.7, 150), np.linspace(-1.2, 1.7, 150))
    w1, b1, w2, b2 = weights
    score = np.maximum(np.stack([x, y], -1) @ w1 + b1, 0) @ w2 + b2
    plane.contour(x, y, score[..., 1] - score[..., 0], [0], colors=BLACK)
    for label, colour, marker in (0, ORANGE, "o"), (1, BLUE, "^"):
        plane.scatter(*points[labels == label].T, 18, colour, marker=marker, label=f"class {label}")
    plane.set(title="Two moons, parted by the hundred lines", xlabel="$x_1$", ylabel="$x_2$")
    plane.legend(frameon=False, loc="upper left")
    return save(figure, out, "moons.png")
