"""Every error says what happened, where in the user's code, what was expected and got, how to mend it."""

import linecache

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import errors


def leaf(*shape):
    return tg.ones(*shape, requires_grad=True)


def message(error, function):
    with pytest.raises(error) as caught:
        function()
    text = str(caught.value)
    assert f"at        {__file__.rpartition('/')[2]}:" in text, text
    return text


def test_every_class_is_a_runtime_error_with_a_docstring():
    for name in errors.__all__:
        kind = getattr(errors, name)
        assert issubclass(kind, RuntimeError), name
        assert kind.__doc__, name


def test_the_user_s_line_is_named():
    x = leaf(2)

    def program():
        (x * x).backward()

    assert "in program: (x * x).backward()" in message(errors.NonScalarError, program)


def test_a_second_walk_names_the_call_that_freed_the_graph():
    y = (leaf(2) * 2).sum()
    y.backward()  # the first
    text = message(errors.FreedGraphError, lambda: y.backward())
    assert "the graph behind sum was freed" in text
    assert "y.backward()  # the first" in text
    assert "retain_graph=True" in text


def test_a_non_scalar_needs_a_gradient():
    text = message(errors.NonScalarError, lambda: (leaf(2, 3) * 2).backward())
    assert "what mul made has more" in text and "(2, 3)" in text and ".sum()" in text
    assert "backward() without `gradient`" in text and "pass gradient=" in text
    x = leaf(2)
    text = message(errors.NonScalarError, lambda: tg.autograd.grad(x * x, x))
    assert "grad() without `grad_outputs`" in text and "pass grad_outputs=" in text
    text = message(errors.GradientShapeError, lambda: tg.autograd.grad(x * x, x, tg.ones(3)))
    assert "`grad_outputs` must have the shape" in text


@pytest.mark.parametrize("other", [None, "a"])
def test_what_no_tensor_can_be_made_of_is_not_to_be_wrapped(other):
    text = message(errors.DtypeError, lambda: leaf(2) + other)
    assert "wrap it" not in text
    text = message(errors.DtypeError, lambda: leaf(2) + [1.0, 2.0])
    assert "wrap it with tg.tensor" in text


def test_nothing_requires_a_gradient():
    text = message(errors.NoGradientError, lambda: tg.ones(2).sum().backward())
    assert "requires_grad=True" in text
    text = message(errors.NoGradientError, lambda: tg.autograd.grad((leaf(2) * 2).sum(), tg.ones(2)))
    assert "input 0" in text


def test_an_unused_input():
    x = tg.tensor(1.0, requires_grad=True, name="bias")
    text = message(errors.UnusedInputError, lambda: tg.autograd.grad(leaf(2).sum(), x))
    assert "input 0" in text and "bias" in text and "allow_unused=True" in text


def test_changed_after_use_names_the_gate_and_the_input():
    x = tg.tensor([1.0, 2.0], requires_grad=True, name="weight")
    y = (x * x).sum()
    with tg.no_grad():
        x += 1
    text = message(errors.ChangedAfterUseError, lambda: y.backward())
    assert "weight was written after mul used it" in text and ".clone()" in text


def test_a_leaf_written_in_place():
    x = tg.tensor([1.0, 2.0], requires_grad=True, name="weight")

    def write():
        x.__iadd__(1)

    text = message(errors.LeafInPlaceError, write)
    assert "+= would overwrite a leaf" in text and "weight of shape (2,)" in text and "tg.no_grad()" in text


def test_a_view_written_in_place():
    h = leaf(2, 2) * 2
    text = message(errors.ViewInPlaceError, lambda: h.expand(3, 2, 2).mul_(2))
    assert "made by broadcast_to" in text and "base" in text


def test_matmul_shapes_are_shown():
    text = message(errors.ShapeError, lambda: leaf(64, 784) @ leaf(30, 784))
    assert "axis -1 of the first is 784, axis -2 of the second is 30" in text
    assert "(64, 784) @ (30, 784)" in text and ".mT" in text
    text = message(errors.ShapeError, lambda: leaf(5, 2, 3) @ leaf(4, 3, 2))
    assert "disagree at axis -3" in text
    text = message(errors.ShapeError, lambda: leaf(2, 3) @ leaf(2))
    assert "axis -1 of the first is 3, axis -1 of the second is 2" in text


def test_broadcasting_shapes_are_aligned():
    text = message(errors.ShapeError, lambda: leaf(5, 2, 3) + leaf(4, 3))
    assert "add cannot broadcast these shapes: they disagree at axis -2" in text
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("  got"))
    assert lines[at].endswith("5 2 3") and lines[at + 1].endswith("  4 3")
    assert len(lines[at]) == len(lines[at + 1])


def test_a_given_gradient_of_the_wrong_shape():
    y = leaf(2) * 2
    text = message(errors.GradientShapeError, lambda: y.backward(tg.ones(3)))
    assert "(2,)" in text and "(3,)" in text


def test_a_function_s_gradient_of_the_wrong_shape():
    class Wrong(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, upstream):
            return tg.ones(7)

    y = Wrong.apply(leaf(2)).sum()
    text = message(errors.GradientShapeError, lambda: y.backward())
    assert "Wrong.backward" in text and "input 0" in text and "(2,)" in text and "(7,)" in text


def test_a_function_with_too_few_gradients():
    class Few(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            return x * y

        @staticmethod
        def backward(ctx, upstream):
            return upstream

    y = Few.apply(leaf(2), leaf(2)).sum()
    text = message(errors.GradientShapeError, lambda: y.backward())
    assert "one gradient for each input" in text


def test_a_hook_s_gradient_of_the_wrong_shape():
    x = leaf(2)
    x.register_hook(lambda g: tg.ones(3))
    y = (x * 2).sum()
    text = message(errors.GradientShapeError, lambda: y.backward())
    assert "hook" in text and x.grad is None


def test_integers_cannot_move_by_a_little():
    text = message(errors.DtypeError, lambda: tg.tensor([1, 2], requires_grad=True))
    assert "int64" in text and "3.0 instead of 3" in text
    assert "bool" in message(errors.DtypeError, lambda: tg.tensor([True]).requires_grad_())


def test_what_cannot_be_a_tensor():
    assert "real numbers" in message(errors.DtypeError, lambda: tg.tensor("text"))
    assert "real numbers" in message(errors.DtypeError, lambda: tg.tensor(1j))
    assert "equal length" in message(errors.TinygradError, lambda: tg.tensor([[1.0], [1.0, 2.0]]))


def test_what_cannot_be_an_operand():
    text = message(errors.DtypeError, lambda: leaf(2) + "text")
    assert "add takes Tensors" in text and "str: 'text'" in text
    assert "NoneType" in message(errors.DtypeError, lambda: leaf(2) * None)
    for array in (np.array([1j]), np.array([None])):
        assert "mul takes Tensors" in message(errors.DtypeError, lambda array=array: leaf(2) * array)
    for integers in (tg.tensor([2], dtype=tg.uint8), tg.tensor([2])):
        assert "negative" in message(errors.DtypeError, lambda x=integers: x**-1)


def test_truth_and_item_need_one_element():
    assert "ambiguous" in message(errors.NonScalarError, lambda: bool(leaf(2)))
    assert "one element" in message(errors.NonScalarError, lambda: leaf(2).item())


def test_an_axis_that_is_not_there():
    text = message(errors.ShapeError, lambda: leaf(2, 3).sum(2))
    assert "axis 2" in text and "-2 to 1" in text
    with pytest.raises(IndexError):
        leaf(2, 3).sum(5)


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        (lambda x: x.hsplit(0), errors.ShapeError, "into 0 equal parts"),
        (lambda x: x[0, 0].narrow(0, 0, 1), errors.ShapeError, "a 0-d Tensor has none"),
        (lambda x: x.diff(n=-1), errors.OptionError, "0 or more"),
        (lambda x: x.renorm(0, 0, 1.0), errors.OptionError, "positive p"),
        (lambda x: x.cov(aweights=tg.ones(3, 3)), errors.ShapeError, r"(3,)"),
        (lambda x: x.cov(fweights=tg.ones(3)), errors.DtypeError, "aweights take fractions"),
    ],
)
def test_an_argument_that_makes_no_sense(wrong, error, says):
    assert says in message(error, lambda: wrong(leaf(2, 3)))


def test_a_numpy_function_that_is_not_covered():
    text = message(errors.NotCoveredError, lambda: np.unwrap(leaf(3)))
    assert "np.unwrap" in text and "detach().numpy()" in text


def test_an_error_in_a_forward_keeps_its_kind_and_says_where():
    with pytest.raises(IndexError) as caught:
        leaf(3)[5]
    assert "index" in "".join(caught.value.__notes__)


def test_a_failed_walk_touches_no_gradient():
    x, y = leaf(2), leaf(2)
    z = (x * y).sum() + (x * x).sum()
    with tg.no_grad():
        y += 1
    with pytest.raises(errors.ChangedAfterUseError):
        z.backward()
    assert x.grad is None and y.grad is None


def test_the_line_of_a_call_from_nowhere():
    assert errors.line_of(("", 0, "")) == ""
    linecache.clearcache()
    assert errors.line_of(("nowhere.py", 3, "f")) == "nowhere.py:3, in f"


@pytest.mark.parametrize(
    ("call", "offered"),
    [
        (lambda x: tg.nn.functional.pad(x, (1, 1), mode="mirror"), "reflect"),
        (lambda x: tg.nn.functional.pad(x, (1, 1), mode="reflect", value=1.0), "takes no value"),
        (lambda x: tg.meshgrid(x[0], indexing="yx"), "xy"),
        (lambda x: tg.linalg.cond(x, 3), "fro"),
        (lambda x: tg.linalg.matrix_norm(x, "max"), "nuc"),
        (lambda x: tg.linalg.qr(x, mode="full"), "complete"),
        (lambda x: tg.linalg.lstsq(x, x, driver="gelsx"), "gelsy"),
        (lambda x: x.scatter(0, tg.tensor([[0]]), 1.0, reduce="max"), "multiply"),
        (lambda x: x.scatter_reduce(0, tg.tensor([[0]]), x, "max"), "amax"),
        (lambda x: tg.div(x, 2, rounding_mode="up"), "trunc"),
        (lambda x: tg.gradient(x, edge_order=3), "1 and 2"),
        (lambda x: x.quantile(0.5, interpolation="best"), "best"),
    ],
)
def test_an_option_that_does_not_exist_is_an_option_error_that_names_those_that_do(call, offered):
    assert offered in message(errors.OptionError, lambda: call(tg.eye(2)))
