"""13: what does a convolution look for, and how large is what it finds?

A filter is a small picture that slides over the image: at each place the response says how much alike the two are.
Of n pixels padded by p on both sides, a window of k in steps of s sees floor((n + 2p - k) / s) + 1 places. Nobody
draws the filters: LeNet starts from noise, and the digits make of it what they need. (CS231n's notes, "Convolutional
Neural Networks"; Saitoh, "Deep Learning from Scratch", chapter 7; LeCun and others, 1998.)

    python examples/13_convolution.py [--quick] [--out DIR]
"""

from itertools import product

import numpy as np
from _common import BLUE, ORANGE, arguments, save

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim, viz
from tinygrad_edu.nn import functional as F
from tinygrad_edu.training import fit
from tinygrad_edu.viz.plots import subplots


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)
        )

    def forward(self, x):
        return self.classifier(self.features(x))


def places(n, k, p, s):
    """How many places a window of k, in steps of s, sees of n pixels padded by p."""
    return (n + 2 * p - k) // s + 1


def check_formula():
    """Every convolution of these settings, and every pooling (which pads at most half a window): how many agree."""
    agree = []
    for n, k, p, s in product((7, 8, 28), (1, 2, 3, 5), (0, 1, 2), (1, 2, 3)):
        image = tg.zeros(1, 1, n, n)
        agree.append(F.conv2d(image, tg.zeros(1, 1, k, k), stride=s, padding=p).shape[-1] == places(n, k, p, s))
        if p <= k // 2:
            agree.append(F.max_pool2d(image, k, s, p).shape[-1] == places(n, k, p, s))
    return sum(agree), len(agree)


def likeness(filters):
    """The correlation of weights that are neighbours: about 0 for noise, towards 1 for smooth strokes."""
    across, down = (filters[..., :-1], filters[..., 1:]), (filters[..., :-1, :], filters[..., 1:, :])
    left, right = (np.concatenate([a.ravel(), b.ravel()]) for a, b in zip(across, down, strict=True))
    return float(np.corrcoef(left, right)[0, 1])


def layer_by_layer(net, image):
    """What each layer of features makes of one image: pairs of a name and maps (channels, height, width)."""
    shown, x = [("the digit", image.numpy())], image.unsqueeze(0)
    with tg.no_grad():
        for layer in net.features:
            x = layer(x)
            shown.append((type(layer).__name__, x[0].numpy()))
    return shown


def follows(net, image):
    """How far the maps of a digit moved by two pixels are from its maps, moved by one: 0 if they follow it."""
    first = net.features[:3]
    with tg.no_grad():
        maps, moved = (first(x.unsqueeze(0)).numpy() for x in (image, tg.roll(image, 2, -1)))
    return float(np.abs(np.roll(maps, 1, -1) - moved)[..., 2:-2].max())


def tiled(maps):
    """Maps side by side in one picture, a column of nothing between."""
    gap = np.full((*maps.shape[1:-1], 1), np.nan)
    return np.concatenate([part for m in maps for part in (m, gap)][:-1], axis=-1)


def draw_sizes(out):
    """Seven pixels, padding hatched, and below them each place of a window of three."""
    figure, panels = subplots(2, 2, (4.0, 2.6))
    for axes, (p, s) in zip(panels, ((0, 1), (1, 1), (0, 2), (0, 3)), strict=True):
        n, k = 7, 3
        axes.bar(np.arange(n), 0.8, 0.9, bottom=0.2, color=BLUE, label="pixels")
        if p:
            axes.bar([-1, n], 0.8, 0.9, bottom=0.2, fill=False, hatch="////", edgecolor=BLUE, label="padding")
        steps = np.arange(places(n, k, p, s))
        axes.barh(-steps - 0.5, k - 0.1, 0.5, left=steps * s - p - 0.45, color=ORANGE, label="window")
        axes.set(title=f"padding {p}, stride {s}: {len(steps)} places", xlim=(-2, 8), ylim=(-7.2, 2.8), xticks=range(n))
        axes.set(yticks=[], xlabel="pixel")
        axes.legend(frameon=False, ncols=3, fontsize=8, loc="upper center")
        axes.spines["left"].set_visible(False)
        axes.grid(False)
    return save(figure, out, "sizes.png")


def draw_filters(before, after, out):
    """Six filters as noise, as trained, and the difference: what the digits added."""
    rows = {"noise, before": before, "after": after, "what the digits added": after - before}
    figure, panels = subplots(len(rows), 1, (7.2, 1.4))
    for axes, (name, weights) in zip(panels, rows.items(), strict=True):
        largest = np.abs(weights).max()
        image = axes.imshow(tiled(weights[:, 0]), cmap="PuOr", vmin=-largest, vmax=largest)
        axes.set_title(f"{name}: neighbours correlate by {likeness(weights):.2f}", fontsize=11)
        axes.axis("off")
        figure.colorbar(image, ax=axes, label="weight")
    return save(figure, out, "filters.png")


def draw_maps(shown, out):
    """A row for each layer: its maps, from dark (least) to yellow (most)."""
    figure, panels = subplots(len(shown), 1, (7.2, 0.9))
    panels[0].get_gridspec().set_height_ratios([2 if len(maps) < 16 else 1 for _, maps in shown])
    for axes, (name, maps) in zip(panels, shown, strict=True):
        channels, height, width = maps.shape
        axes.imshow(tiled(maps), cmap="viridis")
        axes.set_title(f"{name}: {channels} of {height} x {width}", fontsize=10)
        axes.axis("off")
    return save(figure, out, "maps.png")


def run(quick, out):
    right, settings = check_formula()
    print(f"floor((n + 2p - k) / s) + 1 is the size of {right} outputs in {settings} settings")
    draw_sizes(out)

    tg.manual_seed(0)
    net = LeNet()
    before = net.features[0].weight.numpy().copy()
    digits = data.digits()
    images, epochs = (1200, 2) if quick else (6000, 4)
    batches = data.DataLoader(data.Subset(digits, range(images)), 32, shuffle=True, generator=0)
    unseen = data.DataLoader(data.Subset(data.digits(train=False), range(500)), 500)
    optimizer = optim.Adam(net.parameters(), lr=2e-3)
    history = fit(net, F.cross_entropy, optimizer, batches, epochs=epochs, validation=unseen, progress=False)
    after = net.features[0].weight.numpy()

    image, label = digits[0]
    shown = layer_by_layer(net, image)
    draw_filters(before, after, out)
    picture = draw_maps(shown, out)
    behind = follows(net, image)
    print(f"the digit moved by two pixels moves its pooled maps by one; the largest difference is {behind}")
    loss = F.cross_entropy(net(tg.tensor(image.unsqueeze(0), name="digit")), tg.tensor([label], name="label"))
    viz.save(loss, out / "lenet.svg", depth=1)  # two boxes: features, classifier
    viz.save(loss, out / "lenet_opened.svg", depth=2)  # and their layers

    noise, added, accuracy = likeness(before), likeness(after - before), history["val_accuracy"][-1]
    finding = (
        f"After {images} digits LeNet reads {100 * accuracy:.1f} % of unseen ones. Neighbouring weights of its first "
        f"filters began as noise (correlation {noise:.2f}); what the digits added to them is smooth ({added:.2f})."
    )
    print(finding)
    return {
        "formula": (right, settings),
        "accuracy": accuracy,
        "likeness": {"noise": noise, "added": added},
        "shapes": [maps.shape for _, maps in shown],
        "follows": behind,
        "picture": picture,
        "finding": finding,
    }


if __name__ == "__main__":
    run(*arguments(__doc__))
