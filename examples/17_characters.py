"""17: how much of the next letter can be known from the letters before it?

A recurrent net carries a state from letter to letter; a transformer of two layers looks back at all letters at once,
masked, so that it cannot look ahead. Both read a page of our own (17_text.txt) and are asked about its end: how many
bits does a letter that they never saw hold for them, and how many for who counts letters and pairs of letters?
(Shannon, "Prediction and Entropy of Printed English", 1951; Saitoh, "Deep Learning from Scratch 2", chapters 6 and 8;
Karpathy, "The Unreasonable Effectiveness of Recurrent Neural Networks"; Vaswani and others, 2017.)

    python examples/17_characters.py [--quick] [--out DIR]
"""

from pathlib import Path

import numpy as np
from _common import arguments
from numpy.lib.stride_tricks import sliding_window_view as windows
from pictures import characters as pictures

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim
from tinygrad_edu.training import fit

TEXT = Path(__file__).with_name("17_text.txt").read_text(encoding="utf-8").replace("\n", " ")
LETTERS = sorted(set(TEXT))
SEEN, UNSEEN = np.split([LETTERS.index(letter) for letter in TEXT], [int(0.87 * len(TEXT))])
STEPS = 48  # letters that a net is shown at once
past_only = nn.Transformer.generate_square_subsequent_mask


class Memory(nn.GRU):
    """A state of 64 numbers that each letter changes; what it is after each."""

    def __init__(self):
        super().__init__(64, 64, batch_first=True)

    def forward(self, x):
        return super().forward(x)[0]


class Attention(nn.Module):
    """Letters, told where they stand, look back at those before them: two layers with four heads."""

    def __init__(self):
        super().__init__()
        self.places = nn.Embedding(STEPS, 64)
        layer = nn.TransformerEncoderLayer(64, 4, 128, dropout=0.1, batch_first=True, norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, nn.LayerNorm(64))

    def forward(self, x):
        return self.layers(x + self.places.weight[: x.shape[1]], past_only(x.shape[1]))


def rows(page, apart):
    """Stretches of the page, and for each of their letters the one that follows."""
    stretches = windows(page, STEPS + 1)[::apart]
    return data.TensorDataset(stretches[:, :-1], stretches[:, 1:])


def bits(scores, letters, reduction="mean"):
    """How many bits a letter holds for who guesses so."""
    return nn.functional.cross_entropy(scores.transpose(1, 2), letters, reduction=reduction) / np.log(2)


def counted(n):
    """Bits per unseen letter for who has counted, in what was seen, every n letters in a row."""
    counts = np.full((len(LETTERS),) * n, 0.1)  # what never happened may happen yet
    np.add.at(counts, tuple(windows(SEEN, n).T), 1)
    likely = counts / counts.sum(-1, keepdims=True)
    return -np.log2(likely[tuple(windows(UNSEEN, n).T)]).mean()


def guesses(net, text):
    """The scores of every letter as the next one, after each letter of a text: (letters, LETTERS)."""
    return net(tg.tensor([[LETTERS.index(letter) for letter in text]]))[0]


def write(net, text, n):
    """The text and n letters more, each drawn as likely as the net thinks, the likeliest preferred."""
    for _ in range(n):
        likely = tg.softmax(guesses(net, text[-STEPS:])[-1] / 0.7, -1)
        text += LETTERS[tg.multinomial(likely, 1).item()]
    return text


def looks(net, text):
    """How much each letter looks at those before, in the four heads of the second layer: (4, letters, letters)."""
    attention, seen = net[1].layers.layers[1].self_attn, []
    with attention.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0])):
        guesses(net, text)
    return attention(*seen * 3, attn_mask=past_only(len(text)), average_attn_weights=False)[1][0].numpy()


def run(quick, out):
    known, best, nets = {n: counted(n) for n in (1, 2, 3)}, {}, {}
    batches, unseen = data.DataLoader(rows(SEEN, 3), 16, shuffle=True, generator=0), rows(UNSEEN, 1).tensors
    for name, make, lr, epochs in ("recurrent", Memory, 5e-3, 5), ("transformer", Attention, 3e-3, 7):
        tg.manual_seed(0)
        net = nn.Sequential(nn.Embedding(len(LETTERS), 64), make(), nn.Linear(64, len(LETTERS)))
        optimizer, epochs = optim.AdamW(net.parameters(), lr=lr), epochs // 2 if quick else epochs
        history = fit(net, bits, optimizer, batches, epochs=epochs, validation=[unseen], progress=False)
        net.eval().requires_grad_(False)
        changed = guesses(net, TEXT[:STEPS]) - guesses(net, TEXT[:24] + "x" * 24)  # all letters after the first 24
        best[name] = min(history["val_loss"])
        nets[name] = {
            "history": history,
            "places": bits(net(unseen[0]), unseen[1], reduction="none").numpy().mean(0),
            "says": write(net, "The gradient ", 60 if quick else 200),
            "looks_ahead": abs(changed[:24]).max().item(),
        }
        print(f"the {name} net writes: {nets[name]['says']}")
    pictures.attention(looks(net, TEXT[:24]), TEXT[:24], out)
    finding = (
        f"An unseen letter holds {best['recurrent']:.2f} bits for the recurrent net, {best['transformer']:.2f} for the "
        f"transformer, at their best; for who counts pairs of letters {known[2]:.2f}, triples {known[3]:.2f}."
    )
    return {"finding": finding, "picture": pictures.bits(known, nets, out), "known": known, "best": best, "nets": nets}


if __name__ == "__main__":
    print(run(*arguments(__doc__))["finding"])
