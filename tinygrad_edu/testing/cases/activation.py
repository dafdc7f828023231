"""activation: the cases of `gates/activation.py` and of the other functions in `nn/activation.py`."""

from typing import Any

from .case import Case, away_from, between, case, real, values

INF, NAN = float("inf"), float("nan")
SPECIAL: dict[str, tuple[float, ...]] = {"softsign": ()}  # at the infinities PyTorch's slope is nan, ours 0


def _both(
    name: str, kinks: tuple[float, ...] = (), tag: str = "", tolerance: float = 1e-9, **settings: Any
) -> list[Case]:
    """A function's generic row, and a row of its kinks and special values."""

    def call(T: Any, x: Any) -> Any:
        return getattr(T.nn.functional, name)(x, **settings)

    title, comma = (f"{name}: {tag}", ",") if tag else (name, ":")
    inside = away_from(kinks, 0.1)(3, 4) if kinks else between(-4.0, 4.0)(3, 4)
    special = values([*kinks, 0.0, -0.0, *SPECIAL.get(name, (INF, -INF)), NAN, 50.0, -50.0, 1e-9, 700.0, -700.0])
    return [
        case(title, call, inside, elementwise=not kinks, tolerance=tolerance),
        case(f"{title}{comma} 0-d", call, values(0.7), tolerance=tolerance),
        case(f"{title}{comma} special", call, special, numeric=False, tolerance=tolerance, why="kinks and far sides"),
    ]


CASES = [
    *_both("relu", (0.0,), "in nn.functional"),
    *_both("leaky_relu", (0.0,)),
    *_both("leaky_relu", (0.0,), "steep", negative_slope=2.0),
    *_both("rrelu", (0.0,)),
    *_both("relu6", (0.0, 6.0)),
    *_both("hardtanh", (-1.0, 1.0)),
    *_both("hardtanh", (-0.5, 2.0), "bounds", min_val=-0.5, max_val=2.0),
    *_both("threshold", (0.3,), threshold=0.3, value=-2.0),
    *_both("hardshrink", (-0.5, 0.5)),
    *_both("softshrink", (-0.5, 0.5)),
    *_both("softshrink", (0.0,), "by nothing", lambd=0.0),
    # PyTorch's 1/6 is a float32's here.
    *_both("hardsigmoid", (-3.0, 3.0), tolerance=1e-7),
    *_both("hardswish", (-3.0, 3.0)),
    *_both("elu", (0.0,)),
    *_both("elu", (0.0,), "alpha", alpha=0.3),
    *_both("selu", (0.0,)),
    *_both("celu", (0.0,)),
    *_both("celu", (0.0,), "alpha", alpha=2.5),
    *_both("gelu"),
    *_both("gelu", (), "tanh", approximate="tanh"),
    *_both("silu"),
    *_both("mish"),
    *_both("logsigmoid"),
    *_both("softplus"),
    *_both("softplus", (1.0,), "beta, threshold", beta=3.0, threshold=3.0),
    *_both("softsign", (0.0,)),
    *_both("tanhshrink"),
    case("prelu: one slope", lambda T, x, w: T.nn.functional.prelu(x, w), away_from([0.0], 0.1)(3, 4), real(1)),
    case("prelu: channels", lambda T, x, w: T.nn.functional.prelu(x, w), away_from([0.0], 0.1)(2, 3, 2, 2), real(3)),
    case("prelu: kink", lambda T, x, w: T.nn.functional.prelu(x, w), values([0.0, 1.0, -1.0, -0.0]), values([0.25]),
         numeric=False, why="the slope at 0 is w"),
    case("glu", lambda T, x: T.nn.functional.glu(x), real(3, 4)),
    case("glu: first axis", lambda T, x: T.nn.functional.glu(x, 0), real(4, 3)),
    case("softmin: in nn.functional", lambda T, x: T.nn.functional.softmin(x, dim=0), real(4, 3)),
    case("leaky_relu: in place", lambda T, x: T.nn.functional.leaky_relu(x * 2, 0.1, inplace=True),
         away_from([0.0], 0.1)(3, 4)),
    case("elu: in place", lambda T, x: T.nn.functional.elu(x * 2, inplace=True), away_from([0.0], 0.1)(3, 4)),
]  # fmt: skip
