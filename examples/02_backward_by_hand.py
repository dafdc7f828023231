"""02: can one write the backward pass of a network by hand?

Yes, line by line: below each line of the forward pass stands, in the second half and in reverse order, what sends its
gradient back. Two layers, 784 to 30 ReLUs to 10 scores, softmax and cross-entropy with an L2 penalty, on digits; the
engine is handed the forward pass only, and finds the same numbers.
(CS231n's notes, "Putting it together: Minimal Neural Network Case Study"; Nielsen, chapter 2; Saitoh, chapter 5.)

    python examples/02_backward_by_hand.py [--quick] [--out DIR]
"""

import numpy as np
from _common import BLACK, BLUE, GREEN, ORANGE, PINK, arguments, save

import tinygrad_edu as tg
from tinygrad_edu.nn.functional import cross_entropy, relu
from tinygrad_edu.viz.plots import subplots

PENALTY = 1e-3
STYLES = ((BLUE, "-o"), (ORANGE, "--s"), (GREEN, "-.^"), (PINK, ":D"))


def by_hand(x, labels, w1, b1, w2, b2):
    """The loss, and its gradients by the four parameters, in NumPy alone; x is (n, 784), labels (n,)."""
    n = len(x)
    a = x @ w1 + b1
    h = np.maximum(a, 0)
    scores = h @ w2 + b2
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = odds / odds.sum(axis=1, keepdims=True)
    loss = -np.log(p[range(n), labels]).mean() + PENALTY * ((w1 * w1).sum() + (w2 * w2).sum())

    d_scores = p.copy()  # of softmax and cross-entropy together: what was said minus what is true
    d_scores[range(n), labels] -= 1
    d_scores /= n
    d_w2 = h.T @ d_scores + 2 * PENALTY * w2  # a matmul: the other factor, transposed; used twice, so added
    d_b2 = d_scores.sum(axis=0)  # b2 was copied to each row
    d_h = d_scores @ w2.T
    d_a = d_h * (a > 0)  # ReLU: to whom it let pass
    d_w1 = x.T @ d_a + 2 * PENALTY * w1
    d_b1 = d_a.sum(axis=0)
    return loss, [d_w1, d_b1, d_w2, d_b2]


def by_engine(x, labels, *parameters):
    """The same, of which only the forward pass is written."""
    w1, b1, w2, b2 = leaves = [tg.tensor(p, requires_grad=True) for p in parameters]
    scores = relu(tg.tensor(x) @ w1 + b1) @ w2 + b2
    loss = cross_entropy(scores, tg.tensor(labels)) + PENALTY * ((w1 * w1).sum() + (w2 * w2).sum())
    loss.backward()
    return loss.item(), [leaf.grad.numpy() for leaf in leaves]


def run(quick, out):
    rng = np.random.default_rng(0)
    digits = tg.data.digits()
    images, labels = digits.images.reshape(len(digits), -1) / 255.0, digits.labels
    parameters = [
        rng.standard_normal((784, 30)) * np.sqrt(2 / 784), np.zeros(30),
        rng.standard_normal((30, 10)) * np.sqrt(2 / 30), np.zeros(10),
    ]  # fmt: skip
    losses, differences, first = [], [], None
    for batch in rng.permutation(len(images))[: 3_000 if quick else 10_000].reshape(-1, 100):
        loss, slopes = by_hand(images[batch], labels[batch], *parameters)
        engines_loss, engines = by_engine(images[batch], labels[batch], *parameters)
        first = first or (slopes[0], engines[0])
        losses.append((loss, engines_loss))
        differences.append([np.abs(a - b).max() for a, b in zip(slopes, engines, strict=True)])
        parameters = [p - 0.5 * slope for p, slope in zip(parameters, slopes, strict=True)]
    losses, differences = np.array(losses), np.array(differences)
    finding = (
        f"In {len(losses)} steps of descent on digits, from a loss of {losses[0, 0]:.2f} to {losses[-1, 0]:.2f}, no "
        f"element of the four gradients by hand is further than {differences.max():.0e} from the engine's."
    )
    print(finding)
    picture = draw(*first, differences, out)
    return {"finding": finding, "picture": picture, "losses": losses, "differences": differences}


def draw(hand, engine, differences, out):
    figure, (first, second, third) = subplots(1, 3, (4.2, 3.6))
    unit = np.abs(hand).sum(axis=0).argmax()
    limit = np.abs(hand[:, unit]).max()
    for ax, slopes, name in (first, hand, "by hand"), (second, engine, "by the engine"):
        image = ax.imshow(slopes[:, unit].reshape(28, 28), cmap="PuOr", vmin=-limit, vmax=limit)
        ax.set(title=f"Into one hidden unit, {name}", xticks=[], yticks=[])
        figure.colorbar(image, ax=ax, shrink=0.8, label="gradient of a weight")
    for column, name, (colour, style) in zip(differences.T, ("w1", "b1", "w2", "b2"), STYLES, strict=True):
        third.semilogy(np.maximum(column, 1e-19), style, color=colour, markersize=4, markevery=5, label=name)
    third.axhline(1e-12, color=BLACK, linestyle=":")
    third.annotate("1e-12", (0, 1e-12), (0, 3), textcoords="offset points")
    third.set(title="They differ by rounding", xlabel="step", ylabel="largest difference", ylim=(1e-20, 1e-11))
    third.legend(frameon=False, ncols=2, loc="lower center")
    return save(figure, out, "by_hand.png")


if __name__ == "__main__":
    run(*arguments(__doc__))
