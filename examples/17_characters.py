"""17: how much of the next letter can be known from the letters before it?

A recurrent net carries a state from letter to letter; a transformer of two layers looks back at all letters at once and
is masked, so that it cannot look ahead. Both read a page of our own (17_text.txt) and are asked about its end, which
they never saw: how many bits does a letter still hold for them? Counting letters, and pairs of letters, is what they
have to beat. (Shannon, "Prediction and Entropy of Printed English", 1951; Saitoh, "Deep Learning from Scratch 2",
chapters 6 and 8; Karpathy, "The Unreasonable Effectiveness of Recurrent Neural Networks"; Vaswani and others, 2017.)

    python examples/17_characters.py [--quick] [--out DIR]
"""

from pathlib import Path

import numpy as np
from _common import BLACK, BLUE, ORANGE, arguments, save

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.nn import functional as F
from tinygrad_edu.viz.plots import subplots

TEXT = Path(__file__).with_name("17_text.txt").read_text(encoding="utf-8").replace("\n", " ")
LETTERS = sorted(set(TEXT))
PAGE = np.array([LETTERS.index(letter) for letter in TEXT])
SEEN, UNSEEN = np.split(PAGE, [int(0.87 * len(PAGE))])
STEPS = 48  # letters that a net is shown at once


class Recurrent(nn.Module):
    """A state of 96 numbers, changed by each letter."""

    def __init__(self):
        super().__init__()
        self.letters = nn.Embedding(len(LETTERS), 32)
        self.memory = nn.GRU(32, 96, batch_first=True)
        self.guess = nn.Linear(96, len(LETTERS))

    def forward(self, x):
        states, _ = self.memory(self.letters(x))
        return self.guess(states)


class Transformer(nn.Module):
    """Two layers of attention with four heads, letters and places embedded, no look ahead."""

    def __init__(self):
        super().__init__()
        self.letters, self.places = nn.Embedding(len(LETTERS), 64), nn.Embedding(STEPS, 64)
        layer = nn.TransformerEncoderLayer(64, 4, 128, dropout=0.1, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, nn.LayerNorm(64))
        self.guess = nn.Linear(64, len(LETTERS))

    def forward(self, x):
        steps = x.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(steps)
        return self.guess(self.layers(self.letters(x) + self.places(tg.arange(steps)), mask))


def windows(page, starts):
    """Stretches of the page, and for each of their letters the one that follows."""
    at = np.asarray(starts)[:, None] + np.arange(STEPS + 1)
    return tg.tensor(page[at[:, :-1]]), tg.tensor(page[at[:, 1:]])


def bits(net, page, apart):
    """Bits per letter at each place of a window: (STEPS,), the mean over windows that begin `apart` letters apart."""
    x, y = windows(page, range(0, len(page) - STEPS, apart))
    net.eval()
    with tg.no_grad():
        loss = F.cross_entropy(net(x).transpose(1, 2), y, reduction="none")
    net.train()
    return loss.numpy().mean(0) / np.log(2)


def counted(order):
    """Bits per unseen letter for who has counted, in what was seen, what follows the last `order` letters."""
    counts = np.full((len(LETTERS),) * (order + 1), 0.1)  # what never happened may happen yet
    np.add.at(counts, tuple(SEEN[i : len(SEEN) - order + i] for i in range(order + 1)), 1)
    likely = counts / counts.sum(-1, keepdims=True)
    return float(-np.log2(likely[tuple(UNSEEN[i : len(UNSEEN) - order + i] for i in range(order + 1))]).mean())


def train(net, lr, steps):
    """Eight rows of (step, bits per seen letter, bits per unseen letter)."""
    optimizer, rng, rows = optim.AdamW(net.parameters(), lr=lr), np.random.default_rng(0), []
    for step in range(1, steps + 1):
        x, y = windows(SEEN, rng.integers(len(SEEN) - STEPS, size=16))
        optimizer.zero_grad()
        F.cross_entropy(net(x).transpose(1, 2), y).backward()
        optimizer.step()
        if step % (steps // 8) == 0:
            rows.append((step, bits(net, SEEN, 97).mean(), bits(net, UNSEEN, 17).mean()))
    return np.array(rows)


def write(net, text, n, rng):
    """The text and n letters more, each drawn as likely as the net thinks, the likeliest preferred."""
    net.eval()
    for _ in range(n):
        x = tg.tensor([[LETTERS.index(letter) for letter in text[-STEPS:]]])
        with tg.no_grad():
            likely = tg.softmax(net(x)[0, -1] / 0.7, -1).numpy().astype(float)
        text += str(rng.choice(LETTERS, p=likely / likely.sum()))
    return text


def looks(net, text):
    """How much each letter looks at those before, in the four heads of the second layer: (4, steps, steps)."""
    attention, seen = net.layers.layers[1].self_attn, []
    with tg.no_grad(), attention.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0])):
        net(tg.tensor([[LETTERS.index(letter) for letter in text]]))
    with tg.no_grad():
        mask = nn.Transformer.generate_square_subsequent_mask(len(text))
        return attention(*seen * 3, attn_mask=mask, average_attn_weights=False)[1][0].numpy()


def looks_ahead(net):
    """How much the first 24 guesses change when all letters after are others: 0 for who cannot look ahead."""
    x, _ = windows(UNSEEN, [0])
    other = tg.tensor(np.where(np.arange(STEPS) < 24, x.numpy(), 0))
    with tg.no_grad():
        return float(abs(net(x) - net(other))[:, :24].max())


def draw_learning(rows, known, places, out):
    """Bits by step, seen and unseen, over what counting knows; and bits by how much has been read."""
    figure, (first, second) = subplots(1, 2, (5.2, 4.2))
    for name, color, mark in (("recurrent", BLUE, "o"), ("transformer", ORANGE, "s")):
        steps, seen, unseen = rows[name].T
        first.plot(steps, unseen, f"{mark}-", color=color, label=f"{name}, unseen text", markersize=4)
        first.plot(steps, seen, f"{mark}:", color=color, label=f"{name}, seen text", markersize=4, fillstyle="none")
        second.plot(1 + np.arange(STEPS), places[name], f"{mark}-", color=color, label=name, markersize=4)
    for (order, value), style in zip(known.items(), (":", "--", "-."), strict=True):
        first.axhline(value, color=BLACK, linestyle=style, linewidth=1, label=f"counting {order + 1} in a row")
    first.set(title="First they learn English, then by heart", xlabel="steps", ylabel="bits per letter", ylim=(0, 6))
    second.set(title="The last few letters say most", xlabel="letters read", ylabel="bits per unseen letter")
    first.legend(frameon=False, fontsize=8, ncols=2, loc="upper right")
    second.legend(frameon=False, fontsize=9)
    return save(figure, out, "characters.png")


def draw_looks(weights, text, out):
    """A square for each head: rows look, columns are looked at."""
    figure, panels = subplots(2, 2, (4.2, 4.0))
    for head, (axes, looked) in enumerate(zip(panels, weights, strict=True)):
        image = axes.imshow(looked, cmap="viridis", vmin=0, vmax=1)
        axes.set(title=f"head {head + 1}", xlabel="is looked at", ylabel="looks")
        axes.set_xticks(range(len(text)), text, fontsize=7)
        axes.set_yticks(range(len(text)), text, fontsize=7)
        axes.grid(False)
    figure.colorbar(image, ax=panels, label="share of attention", shrink=0.6)
    save(figure, out, "attention.png")


def run(quick, out):
    known = {order: counted(order) for order in (0, 1, 2)}
    print(f"{len(LETTERS)} letters: {np.log2(len(LETTERS)):.2f} bits each, for who knows nothing")
    for order, value in known.items():
        print(f"counting {order + 1} in a row: {value:.2f} bits per unseen letter")

    nets, rows, places, says = {}, {}, {}, {}
    for name, make, lr, steps in (("recurrent", Recurrent, 5e-3, 400), ("transformer", Transformer, 3e-3, 1000)):
        tg.manual_seed(0)
        nets[name] = net = make()
        rows[name] = train(net, lr, steps // 4 if quick else steps)
        places[name] = bits(net, UNSEEN, 1)
        says[name] = write(net, "The gradient ", 60 if quick else 200, np.random.default_rng(0))
        print(f"{name}: {rows[name][:, 2].min():.2f} bits per unseen letter at best; it writes:\n  {says[name]}")
    picture = draw_learning(rows, known, places, out)
    draw_looks(looks(nets["transformer"], "the gradient of the loss"), "the gradient of the loss", out)

    best = {name: float(r[:, 2].min()) for name, r in rows.items()}
    finding = (
        f"A letter of text they have not seen holds {best['recurrent']:.2f} bits for the recurrent net and "
        f"{best['transformer']:.2f} for the transformer at their best; for who counts pairs of letters {known[1]:.2f}, "
        f"triples {known[2]:.2f}."
    )
    print(finding)
    return {
        "known": known,
        "best": best,
        "rows": rows,
        "places": places,
        "says": says,
        "looks_ahead": {name: looks_ahead(net) for name, net in nets.items()},
        "picture": picture,
        "finding": finding,
    }


if __name__ == "__main__":
    run(*arguments(__doc__))
