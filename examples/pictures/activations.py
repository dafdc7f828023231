"""activations: what passes through five layers, how nets learn, and the zig-zag of a neuron's two weights."""

import numpy as np
from _common import BLUE, ORANGE, lines, save
from matplotlib import colormaps

from tinygrad_edu.viz.plots import subplots


def draw(found, out):
    """All three; returns the name of the first."""
    learning(found, out)
    zigzag(found["paths"], found["one sign"], out)
    return layers(found["layers"], out)


def layers(found, out):
    """Histograms of the outputs, a panel for each activation and start; what lies outside is in the last bin."""
    figure, panels = subplots(3, 4, (2.6, 2.1))
    for panel, ((activation, start), outputs) in zip(panels, found.items(), strict=True):
        low, high = {"Sigmoid": (0, 1), "Tanh": (-1, 1), "ReLU": (0, 3)}[activation]
        for i, x in enumerate(outputs):
            counts, edges = np.histogram(np.clip(x, low, high), np.linspace(low, high, 41))
            panel.stairs(100 * counts / x.size, edges, color=colormaps["viridis"](i / 4.4), label=f"layer {i + 1}")
        panel.set(yscale="log", ylim=(0.05, 130), title=f"{activation}, {start}")
        panel.title.set_fontsize(10)
    for panel in panels[::4]:
        panel.set_ylabel("% of outputs")
    for panel in panels[-4:]:
        panel.set_xlabel("output of a unit")
    figure.suptitle("Weights of std 1 are too large, of 0.01 too small; Xavier keeps tanh alive, He ReLU")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False)
    return save(figure, out, "layers.png")


def learning(found, out):
    """How training begins; gradients by layer; accuracies by depth and by width; what 30 steps at a rate leave."""
    figure, (begin, arrive, depth, width, dead, right) = subplots(2, 3)
    accuracies, apart = found["begin"]
    percent = {"ylabel": "accuracy in %", "ylim": (0, 100)}
    lines(begin, {name: np.multiply(100, v) for name, v in accuracies.items()}, xlabel="epoch", **percent)
    begin.set_title(f"from 0 the 30 sigmoids stay equal, to {apart:.2%}")
    begin.xaxis.get_major_locator().set_params(integer=True)
    sizes = {", ".join(case): [np.sqrt(np.mean(g**2)) for g in grads] for case, grads in found["gradients"].items()}
    lines(arrive, sizes, title="gradients vanish, last, or explode", xlabel="layer", yscale="log", ylim=(1e-8, 1e8))
    arrive.set_ylabel("dL/dW, root mean square")
    arrive.legend(frameon=False, fontsize=9, loc="upper center", ncols=2)
    nets = {name: curve(found[name]) for name in ("sigmoids", "ReLUs")}
    lines(depth, nets, title="depth: sigmoids learn no more, ReLUs do", xticks=list(found["ReLUs"]), **percent)
    depth.set_xlabel("layers of 30 units")
    lines(width, {"ReLUs": curve(found["width"])}, title="width: one layer, wider, reads more", **percent)
    width.set(xlabel="units", xticks=list(found["width"]))
    shares = {name: ([*at], [100 * share for share, _ in at.values()]) for name, at in found["dead"].items()}
    lines(dead, shares, title="30 steps at a large rate: only ReLUs die", ylabel="dead units in %")
    reads = {name: curve({rate: read for rate, (_, read) in at.items()}) for name, at in found["dead"].items()}
    lines(right, reads, title="accuracy after those 30 steps", **percent)
    for panel in (dead, right):
        panel.set(xlabel="learning rate", xticks=list(found["dead"]["ReLU"]))
    save(figure, out, "learning.png")


def curve(accuracies):
    """x, and an accuracy in %."""
    return list(accuracies), [100 * a for a in accuracies.values()]


def zigzag(paths, one_sign, out):
    """The way of two weights, for inputs that are outputs of sigmoids and of tanhs."""
    figure, panels = subplots(1, 2)
    for panel, (name, (points, length)), share in zip(panels, paths.items(), one_sign.values(), strict=True):
        panel.plot(*points.T, "o-", color=BLUE, markersize=3, linewidth=1, label="the weights, step by step")
        panel.plot([1], [-1], "*", color=ORANGE, markersize=14, label="where they should go")
        panel.set(title=f"after {name}: {length:.1f} times the straight way", xlabel="weight 1", ylabel="weight 2")
        panel.set(xlim=(-0.4, 1.5), ylim=(-1.4, 0.65))
        panel.text(-0.36, -1.36, f"units whose gradients have one sign: {share:.0%}")
        panel.legend(frameon=False, loc="upper right")
    save(figure, out, "zigzag.png")
