"""window: the cases of `gates/window.py`, through the functions in `nn/conv.py`."""

from typing import Any

from .case import case, real


def _conv(n, what, x, w, bias=True, **more):  # type: ignore[no-untyped-def]
    """A case of convolution over n axes, in either library."""
    name = f"conv{n}d"
    inputs = (real(*x), real(*w), *([real(w[0])] if bias else []))

    def call(T: Any, x: Any, w: Any, b: Any = None) -> Any:
        return getattr(T.nn.functional, name)(x, w, b, **more)

    return case(f"{name}{what}", call, *inputs)


def _transposed(n, what, x, w, **more):  # type: ignore[no-untyped-def]
    name = f"conv_transpose{n}d"

    def call(T: Any, x: Any, w: Any, b: Any) -> Any:
        return getattr(T.nn.functional, name)(x, w, b, **more)

    return case(f"{name}{what}", call, real(*x), real(*w), real(w[1] * more.get("groups", 1)))


CASES = [
    _conv(1, "", (2, 3, 7), (4, 3, 3)),
    _conv(1, ": many channels, one sample", (9, 7), (4, 9, 3), padding=1),
    _conv(1, ": stride, padding, dilation", (2, 2, 11), (3, 2, 3), stride=2, padding=2, dilation=2),
    _conv(1, ": same, even window", (2, 2, 6), (3, 2, 4), padding="same"),
    _conv(2, "", (2, 3, 5, 6), (4, 3, 3, 2)),
    _conv(2, ": no bias", (2, 3, 5, 6), (4, 3, 3, 2), bias=False),
    _conv(2, ": many channels", (2, 9, 5, 6), (4, 9, 3, 3), padding=1),
    _conv(2, ": many channels, stride, padding, dilation", (2, 8, 7, 9), (3, 8, 3, 2), stride=(2, 3), padding=(2, 1),
          dilation=(2, 1)),
    _conv(2, ": stride, padding, dilation", (2, 2, 7, 9), (3, 2, 3, 2), stride=(2, 3), padding=(2, 1),
          dilation=(1, 2)),
    _conv(2, ": rows that no window reaches", (1, 2, 6, 6), (3, 2, 2, 2), stride=3),
    _conv(2, ": groups", (2, 4, 4, 4), (6, 2, 3, 3), groups=2, padding=1),
    _conv(2, ": groups of many channels", (2, 16, 4, 4), (4, 8, 3, 3), groups=2, padding=1, bias=False),
    _conv(2, ": depthwise", (2, 3, 4, 4), (6, 1, 3, 3), groups=3, padding=1),
    _conv(2, ": same", (2, 2, 5, 4), (3, 2, 3, 2), padding="same", dilation=(2, 1)),
    _conv(2, ": valid", (2, 2, 5, 4), (3, 2, 3, 2), padding="valid"),
    _conv(2, ": window of one", (2, 3, 3, 4), (5, 3, 1, 1)),
    _conv(2, ": window of one, many channels", (2, 9, 3, 4), (5, 9, 1, 1)),
    _conv(2, ": window of one, groups", (2, 4, 3, 4), (6, 2, 1, 1), groups=2),
    _conv(2, ": window of one, stride", (2, 3, 5, 4), (5, 3, 1, 1), stride=2),
    _conv(2, ": window of the image", (2, 3, 3, 4), (5, 3, 3, 4)),
    _conv(2, ": one sample", (3, 4, 5), (2, 3, 2, 2)),
    _conv(2, ": no samples", (0, 3, 4, 5), (2, 3, 2, 2)),
    _conv(2, ": sixteen channels", (1, 16, 5, 4), (16, 16, 3, 3), padding=(1, 2)),
    _conv(3, "", (2, 2, 3, 4, 4), (3, 2, 2, 3, 2), padding=(1, 0, 1), stride=(1, 2, 1)),
    _conv(3, ": groups, dilation, one sample", (4, 5, 4, 4), (4, 2, 2, 2, 2), groups=2, dilation=(2, 1, 3)),
    case("conv2d: transposed memory", lambda T, x, w: T.nn.functional.conv2d(T.transpose(x, 0, 1), w, padding=1),
         real(3, 2, 4, 4), real(2, 3, 3, 3)),
    case("conv2d: twice", lambda T, x, w, v: T.nn.functional.conv2d(
        T.relu(T.nn.functional.conv2d(x, w, padding=1)), v, stride=2), real(2, 2, 5, 5), real(9, 2, 3, 3),
        real(3, 9, 2, 2)),
    _transposed(1, "", (2, 3, 4), (3, 2, 3)),
    _transposed(1, ": output_padding below dilation", (2, 3, 4), (3, 2, 3), dilation=3, output_padding=2),
    _transposed(1, ": one sample", (3, 4), (3, 9, 3), stride=2),
    _transposed(2, "", (2, 3, 3, 4), (3, 2, 3, 2)),
    _transposed(2, ": stride, padding, output_padding", (2, 3, 3, 4), (3, 2, 3, 3), stride=2, padding=1,
                output_padding=1),
    _transposed(2, ": many channels", (2, 3, 3, 4), (3, 8, 3, 3), stride=(2, 1), padding=1, dilation=(1, 2)),
    _transposed(2, ": groups", (2, 4, 3, 3), (4, 3, 2, 2), groups=2, stride=2),
    _transposed(2, ": window of one", (2, 4, 3, 3), (4, 9, 1, 1)),
    _transposed(3, "", (1, 2, 2, 3, 2), (2, 3, 2, 2, 3), stride=(1, 2, 2), padding=(0, 1, 1), output_padding=(0, 1, 0)),
    case("im2col", lambda T, x: T.nn.functional.unfold(x, (2, 3)), real(2, 3, 4, 5)),
    case("im2col: stride, padding, dilation", lambda T, x: T.nn.functional.unfold(
        x, 2, dilation=(2, 1), padding=(1, 2), stride=(2, 3)), real(2, 3, 4, 5)),
    case("im2col: one sample", lambda T, x: T.nn.functional.unfold(x, 3), real(2, 4, 5)),
    case("col2im", lambda T, y: T.nn.functional.fold(y, (4, 5), (2, 3)), real(2, 12, 9)),
    case("col2im: stride, padding, dilation", lambda T, y: T.nn.functional.fold(
        y, (4, 5), 2, dilation=(2, 1), padding=(1, 2), stride=(2, 3)), real(2, 8, 6)),
    case("col2im: one sample", lambda T, y: T.nn.functional.fold(y, 3, 2), real(8, 4)),
]  # fmt: skip
