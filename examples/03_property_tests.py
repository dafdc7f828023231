"""03: a wrong rule passed its test: how does one find out?

Somebody wrote four operations with their backward passes, and for each a gradient check at a point that came to mind.
All pass, and all four rules are wrong: right at that point, where x equals y, a matrix is symmetric, x is positive,
there is one row. A property-based test draws its points, looks for one that fails, and shrinks it until the
bug stands bare. (CS231n's notes, "Neural Networks Part 3", "Gradient checks"; MacIver et al., "Hypothesis", 2019.)

    python examples/03_property_tests.py [--quick] [--out DIR]
"""

import re
from collections import namedtuple

import hypothesis.strategies as st
from _common import arguments
from hypothesis import Phase, given, settings
from pictures import property_tests as pictures

import tinygrad_edu as tg
from tinygrad_edu.testing import GradcheckError, gradcheck, positive, real, tensors

# What is computed, its backward pass as it should be and as it was written, the point that came to mind, and what
# hypothesis draws instead: the shapes of the inputs, and from where.
Rule = namedtuple("Rule", "forward right wrong by_hand drawn")

RULES = {
    "hypot": Rule(
        tg.hypot,
        right=lambda g, x, y: (g * x / tg.hypot(x, y), g * y / tg.hypot(x, y)),
        wrong=lambda g, x, y: (g * x / tg.hypot(x, y), g * x / tg.hypot(x, y)),
        by_hand=([3.0, 1.0], [3.0, 1.0]),
        drawn=([(), ()], positive),
    ),
    "matmul": Rule(
        tg.matmul,
        right=lambda g, x, y: (g @ y.T, x.T @ g),
        wrong=lambda g, x, y: (g @ y, x.T @ g),
        by_hand=([[1.0, 2.0], [3.0, 4.0]], [[2.0, 1.0], [1.0, 3.0]]),
        drawn=([(2, 2), (2, 2)], real),
    ),
    "huber": Rule(
        lambda x: tg.where(x.abs() < 1, x * x / 2, x.abs() - 0.5),
        right=lambda g, x: g * x.clip(-1.0, 1.0),
        wrong=lambda g, x: g * x.clip(max=1.0),
        by_hand=([0.5, 2.0],),
        drawn=([(2,)], real),
    ),
    "logsumexp": Rule(
        lambda x: tg.logsumexp(x, dim=1),
        right=lambda g, x: g.unsqueeze(1) * tg.softmax(x, dim=1),
        wrong=lambda g, x: g * tg.softmax(x, dim=1),
        by_hand=([[1.0, 2.0, 3.0]],),
        drawn=([(2, 2)], real),
    ),
}


def operation(forward, backward):
    """A function with a backward pass of one's own, as PyTorch's users write it."""

    class Own(tg.autograd.Function):
        @staticmethod
        def forward(ctx, *inputs):
            ctx.save_for_backward(*inputs)
            return forward(*inputs)

        @staticmethod
        def backward(ctx, g):
            return backward(g, *ctx.saved_tensors)

    return Own.apply


def search(function, shapes, elements, examples):
    """The inputs tried and whether each passed; after a failure come smaller and smaller ones, the smallest last."""
    tried = []

    @settings(max_examples=examples, phases=[Phase.generate, Phase.shrink], derandomize=True, deadline=None)
    @given(st.tuples(*(tensors(shape, tg.float64, elements, requires_grad=True) for shape in shapes)))
    def test(inputs):
        tried.append(([x.tolist() for x in inputs], False))
        gradcheck(function, inputs)
        tried[-1] = (tried[-1][0], True)

    try:
        test()
    except GradcheckError as error:
        return tried, str(error)
    return tried, None


def written(inputs):
    """A point as one writes it down, which is what shrinking makes short."""
    return re.sub(r"\.0\b", "", ", ".join(map(str, inputs)))


def run(quick, out):
    found = {}
    for name, rule in RULES.items():
        point = [tg.tensor(x, dtype=tg.float64, requires_grad=True) for x in rule.by_hand]
        wrong, right = operation(rule.forward, rule.wrong), operation(rule.forward, rule.right)
        by_hand = gradcheck(wrong, point, raise_exception=False)
        tried, said = search(wrong, *rule.drawn, 100)
        shrunk = tried[-1][0]
        mended = search(right, *rule.drawn, 20 if quick else 200)[1] is None
        found[name] = {"by_hand": by_hand, "tried": tried, "said": said, "shrunk": shrunk, "mended": mended}
        passes = "passes" if by_hand else "fails"
        print(f"{name}: the test by hand {passes}; {len(tried)} drawn points end at {written(shrunk)}")
    first = max(1 + [passed for _, passed in one["tried"]].index(False) for one in found.values())
    finding = (
        f"Four wrong rules pass a check at a point that came to mind. Of drawn points at most {first} are needed to "
        f"find each, and shrunk they say what is wrong: hypot fails at x, y = {written(found['hypot']['shrunk'])}, "
        f"where x is not y, matmul at {written(found['matmul']['shrunk'][1:])}, which is not symmetric."
    )
    print(f"\n{found['hypot']['said']}\n\n{finding}")
    return {"finding": finding, "picture": pictures.shrinking(found, written, out), "rules": found, "first": first}


if __name__ == "__main__":
    run(*arguments(__doc__))
