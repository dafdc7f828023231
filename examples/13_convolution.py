"""13: what does a convolution look for, and how large is what it finds?

A filter is a small picture that slides over the image: at each place the response says how much alike the two are.
Of n pixels padded by p on both sides, a window of k in steps of s sees floor((n + 2p - k) / s) + 1 places. Nobody
draws the filters: LeNet starts from noise, and the digits make of it what they need. (CS231n's notes, "Convolutional
Neural Networks"; Saitoh, "Deep Learning from Scratch", chapter 7; LeCun and others, 1998.)

    python examples/13_convolution.py [--quick] [--out DIR]
"""

from collections import OrderedDict
from itertools import product

import numpy as np
from _common import arguments, digits
from pictures import convolution as pictures

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim, viz
from tinygrad_edu.nn import functional as F
from tinygrad_edu.training import fit


class LeNet(nn.Sequential):
    def __init__(self):
        features = nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)
        )
        classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)
        )
        super().__init__(OrderedDict(features=features, classifier=classifier))


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


def run(quick, out):
    right, settings = check_formula()
    print(f"floor((n + 2p - k) / s) + 1 is the size of {right} outputs in {settings} settings")
    pictures.sizes(places, out)

    tg.manual_seed(0)
    net = LeNet()
    before = net.features[0].weight.numpy().copy()
    images, epochs = (1200, 2) if quick else (6000, 4)
    batches = data.DataLoader(digits(images), 32, shuffle=True, generator=0)
    unseen = data.DataLoader(digits(500, train=False), 500)
    optimizer = optim.Adam(net.parameters(), lr=2e-3)
    history = fit(net, F.cross_entropy, optimizer, batches, epochs=epochs, validation=unseen, progress=False)
    accuracy, after = history["val_accuracy"][-1], net.features[0].weight.numpy()
    filters = {"noise": before, "trained": after, "added": after - before}
    alike = {stage: likeness(weights) for stage, weights in filters.items()}
    pictures.filters(filters, alike, out)

    image, label = digits(images)[0]
    layers = layer_by_layer(net, image)
    behind = follows(net, image)
    print(f"the digit moved by two pixels moves its pooled maps by one; the largest difference is {behind}")
    loss = F.cross_entropy(net(tg.tensor(image.unsqueeze(0), name="digit")), tg.tensor([label], name="label"))
    print("LeNet as a graph:", viz.save(loss, out / "lenet.svg", depth=1))  # two boxes: features, classifier
    print("LeNet opened:", viz.save(loss, out / "lenet_opened.svg", depth=2))  # and their layers

    finding = (
        f"After {images} digits LeNet reads {100 * accuracy:.1f} % of unseen ones. Neighbouring weights of its first "
        f"filters began as noise (correlation {alike['noise']:.2f}); what the digits added to them is smooth "
        f"({alike['added']:.2f})."
    )
    print(finding)
    return {
        "formula": (right, settings),
        "accuracy": accuracy,
        "likeness": alike,
        "shapes": [maps.shape for _, maps in layers],
        "follows": behind,
        "picture": pictures.maps(layers, out),
        "finding": finding,
    }


if __name__ == "__main__":
    run(*arguments(__doc__))
