"""Who takes an axis takes it under either name: PyTorch's dim, dims, keepdim and NumPy's axis, axes, keepdims."""

import inspect

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.errors import NoSuchAxisError

FACES = (tg, tg.linalg, tg.special, nn.functional, nn.utils, tg.Tensor)
OTHER = {"dim": "axis", "dims": "axes", "keepdim": "keepdims"} | {f"dim{n}": f"axis{n}" for n in range(3)}
OTHER |= {new: old for old, new in OTHER.items()}
COUNTS = {"tile"}  # its `dims` are numbers of times, not axes


def matrix():
    return tg.tensor([[3.0, 1.0, 2.0], [0.5, 4.0, 5.0], [7.0, 6.0, 9.0]])


def functions():
    """Every public function and method that takes an axis, with its own names for it."""
    found = []
    for face in FACES:
        for name, function in vars(face).items():
            if inspect.isfunction(function) and not name.startswith("_") and function.__name__ not in COUNTS:
                own = OTHER.keys() & inspect.signature(function).parameters.keys()
                if own:
                    found.append(pytest.param(function, sorted(own), id=f"{face.__name__}.{name}"))
    return found


def arguments(function):
    """What the function needs besides its axes: new every time, for it may write to them."""
    name, x = function.__name__.rstrip("_"), matrix()
    index = tg.tensor([2, 0, 1]) if name.startswith("index_") else tg.tensor([[0, 1, 2], [2, 0, 1], [1, 2, 0]])
    known = {
        "tensors": [x, x], "module": nn.Linear(3, 3), "index": 1 if name.startswith("select") else index,
        "indices": index, "src": matrix()[0] if "select" in name or "diagonal" in name else matrix() + 1,
        "source": matrix() + 1, "value": 8.0, "k": 2, "q": 0.5, "p": 2.0, "maxnorm": 1.0, "chunks": 2, "start": 1,
        "length": 2, "sizes": (3, 1), "split_size_or_sections": 2, "indices_or_sections": 2, "shifts": (1, 2),
        "reduce": "prod", "pieces": 3, "y": matrix() - 2, "x2": matrix() - 2, "B": matrix()[0],
        "repeats": 2, "input": tg.cat([x, x], 1),
    }  # fmt: skip
    first, *rest = inspect.signature(function).parameters.values()
    needed = {p.name for p in rest if p.default is p.empty or p.name in ("repeats", "src")} - OTHER.keys()
    return known.get(first.name, x), {name: known[name] for name in needed}


def outcome(function, axes, *spread):
    tg.manual_seed(0)
    first, more = arguments(function)
    return plain(function(first, *spread, **more, **axes))


def plain(result):
    if isinstance(result, (tuple, list)):
        return [plain(part) for part in result]
    if isinstance(result, nn.Module):
        return {name: value.tolist() for name, value in result.state_dict().items()}
    return result.tolist() if isinstance(result, tg.Tensor) else result


def axes_for(function, names):
    several = {"dim": (1, 0)} if function.__name__ == "matrix_norm" else {}
    values = {"dim": 1, "axis": 1, "dims": (1, 0), "keepdim": True, "keepdims": True, "dim0": 1, "dim1": 0, "dim2": 1}
    return {name: (values | several)[name] for name in names}


@pytest.mark.parametrize(("function", "names"), functions())
def test_dim_and_axis_mean_the_same(function, names):
    parameters = inspect.signature(function).parameters
    if parameters[names[0]].kind is inspect.Parameter.VAR_POSITIONAL:
        expected = outcome(function, {}, *axes_for(function, names)[names[0]])
        for name in ("dim", "dims", "axis", "axes"):
            assert outcome(function, {name: (1, 0)}) == expected
        return
    axes = axes_for(function, names)
    turned = {OTHER[name]: value for name, value in axes.items()}
    assert outcome(function, turned) == outcome(function, axes)


@pytest.mark.parametrize(("function", "names"), functions())
def test_an_axis_that_is_not_there_is_refused(function, names):
    parameters = inspect.signature(function).parameters
    for name in names:
        if name.startswith("keep"):
            continue
        axes = {} if function is tg.Tensor.size else axes_for(function, names)  # of its two names the first counts
        wrong = (9, *axes[name][1:]) if isinstance(axes.get(name), tuple) else 9
        spread = parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
        with pytest.raises(NoSuchAxisError, match="axis 9"):
            outcome(function, {} if spread else axes | {name: wrong}, *(wrong if spread else ()))


def test_the_table_finds_functions_of_every_kind():
    found = {parameter.id for parameter in functions()}
    assert len(found) > 150
    assert {"tinygrad_edu.cat", "tinygrad_edu.sum", "Tensor.index_add_", "Tensor.size", "Tensor.swapaxes"} <= found
    assert {"tinygrad_edu.linalg.norm", "tinygrad_edu.nn.functional.glu", "tinygrad_edu.nn.utils.weight_norm"} <= found


@pytest.mark.parametrize("call", [tg.sum, tg.unsqueeze, tg.cat])
def test_an_axis_given_twice_is_refused(call):
    with pytest.raises(TypeError, match="they mean the same"):
        call(matrix(), dim=0, axis=0)
    with pytest.raises(TypeError, match="multiple values"):
        call(matrix(), 0, **{OTHER[next(n for n in inspect.signature(call).parameters if n in OTHER)]: 0})


def test_the_first_argument_is_input_too():
    assert tg.unsqueeze(input=matrix(), axis=0).shape == (1, 3, 3)
    assert np.array_equal(tg.permute(input=matrix(), dims=(1, 0)), matrix().T)
