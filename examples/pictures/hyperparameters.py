"""hyperparameters: the trials on a known function, where each method looked on digits, and its learning curves."""

import numpy as np
from _common import BLACK, BLUE, GREEN, ORANGE, save

from tinygrad_edu.tuning import pictures
from tinygrad_edu.viz.plots import subplots

MARKS = ((BLUE, "s"), (ORANGE, "o"), (GREEN, "^"), (BLACK, "D"))


def draw(known, height, studies, out):
    """Two searches of a function of known height; four of a net's learning rate and weight decay."""
    figure, (*panels, looked, curves) = subplots(2, 2, (5.0, 3.9))
    for panel, (method, study), style in zip(panels, known.items(), MARKS, strict=False):
        function(panel, method, study, height, *style)
    rates(looked, studies)
    pictures.curves(studies["coarse-to-fine"], curves)
    curves.set(title=f"coarse to fine: {curves.get_title()}", xlabel="epoch", ylabel="accuracy held back")
    return save(figure, out, "hyperparameters.png")


def function(panel, method, study, height, color, mark):
    """The trials, and how high each stands on the function of the important parameter."""
    x, (important, idle) = np.linspace(0, 1, 300), np.array([list(t.params.values()) for t in study.trials]).T
    panel.plot(x, height(x), color=BLACK, lw=1, label="what matters (higher is better)")
    panel.plot(important, idle, mark, color=color, label="a trial")
    panel.vlines(important, 0, height(important), color=color, lw=2.5)
    panel.set_title(f"{method}: {len(important)} trials, {len(np.unique(important))} values of what matters")
    panel.set(xlabel="the important parameter", ylabel="the idle one", ylim=(-0.03, 1.2), yticks=[0, 0.5, 1])
    panel.legend(frameon=False, loc="upper right", ncols=2, fontsize=8.5)


def rates(panel, studies):
    """The learning rates that each method tried to the end, and the accuracies they led to."""
    for (method, study), (color, mark) in zip(studies.items(), MARKS, strict=True):
        finished = study.top(len(study.trials))
        lr, reached = [t.params["lr"] for t in finished], [100 * t.value for t in finished]
        panel.plot(lr, reached, mark, color=color, alpha=0.8, ms=5, label=f"{method}: {max(reached):.1f} %")
    space = study.space["lr"]
    panel.set(title="a net on digits: where the methods looked", xlabel="learning rate", xscale="log")
    panel.set(ylabel="accuracy on digits held back, %", xlim=(space.low, space.high), ylim=(0, 100))
    panel.legend(frameon=False, loc="best", fontsize=8.5, title="the best of each")
