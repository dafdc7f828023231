"""Containers: lists and dicts of modules and parameters, PyTorch's names; state that compares; errors with a path."""

import copy

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.errors import ShapeError, TinygradError


def sizes(modules):
    return [module.out_features for module in modules]


def layers(*outs):
    return [nn.Linear(1, out) for out in outs]


@pytest.mark.parametrize("kind", [nn.ModuleList, lambda parts: nn.Sequential(*parts)])
def test_a_list_of_modules(kind):
    parts = kind(layers(1, 2, 3))
    assert sizes(parts.insert(1, nn.Linear(1, 9))) == [1, 9, 2, 3]
    assert [name for name, _ in parts.named_children()] == ["0", "1", "2", "3"]
    del parts[0]
    assert parts.pop().out_features == 3
    assert parts.pop(0).out_features == 9
    parts += layers(7, 8)
    assert sizes(parts) == [2, 7, 8]
    assert sizes(parts + layers(5)) == [2, 7, 8, 5]
    assert sizes(parts) == [2, 7, 8]
    del parts[:2]
    assert [name for name, _ in parts.named_children()] == ["0"]
    assert parts[0] in parts
    assert nn.Linear(1, 8) not in parts
    parts.insert(-1, nn.Linear(1, 4)).insert(99, nn.Linear(1, 6))
    assert sizes(parts) == [4, 8, 6]
    parts[-1] = nn.Linear(1, 3)
    assert sizes(parts[::-1]) == [3, 8, 4]
    for wrong in (lambda: parts.append(tg.relu), lambda: parts.insert(0, 1), lambda: parts.__setitem__(0, None)):
        with pytest.raises(TinygradError, match="holds modules"):
            wrong()
    with pytest.raises(IndexError):
        parts[9]


def test_a_list_extended_by_itself():
    parts = nn.ModuleList(layers(1, 2))
    assert len(parts.extend(parts)) == 4


def test_names_of_slices_are_pytorchs():
    torch = pytest.importorskip("torch", reason="PyTorch itself is not installed")
    for lib in (nn, torch.nn):
        found = lib.Sequential(*(lib.Linear(1, n) for n in (1, 2, 3)))[1:]
        assert list(found.state_dict()) == ["1.weight", "1.bias", "2.weight", "2.bias"]
        found = lib.ModuleList([lib.Linear(1, n) for n in (1, 2, 3)])[1:]
        assert list(found.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]


def test_a_dict_of_modules():
    parts = nn.ModuleDict(modules={"one": nn.Linear(1, 1), "two": nn.ReLU()})
    parts.update([("three", nn.Linear(1, 3))])
    parts["two"] = nn.Linear(1, 2)
    assert list(parts) == list(parts.keys()) == ["one", "two", "three"]
    assert [(name, part.out_features) for name, part in parts.items()] == [("one", 1), ("two", 2), ("three", 3)]
    assert sizes(parts.values()) == [1, 2, 3]
    assert list(parts.state_dict())[:2] == ["one.weight", "one.bias"]
    assert "one" in parts and "four" not in parts
    assert parts.get("four") is None
    assert parts.pop("one").out_features == 1
    del parts["two"]
    assert len(parts) == 1
    parts.clear()
    assert len(parts) == 0 and list(parts.parameters()) == []
    with pytest.raises(KeyError):
        parts["one"]
    with pytest.raises(TinygradError, match="'train' is an attribute of every ModuleDict"):
        parts["train"] = nn.ReLU()
    with pytest.raises(TinygradError, match="holds modules"):
        parts["a"] = tg.ones(1)


def test_parameters_in_containers():
    held = nn.ParameterList([tg.ones(2), nn.Parameter(tg.zeros(3))])
    held.append(tg.ones(1)).extend([tg.ones(4)])
    held += [tg.ones(5)]
    held[-1] = tg.ones(6)
    assert [p.shape for p in held] == [(2,), (3,), (1,), (4,), (6,)]
    assert list(held.state_dict()) == ["0", "1", "2", "3", "4"]
    assert [p.shape for p in held[1:3]] == [(3,), (1,)]
    assert held[0].requires_grad
    assert "(1): Parameter of shape (3,), float32" in repr(held)
    named = nn.ParameterDict(parameters={"a": tg.ones(2), "b": nn.Parameter(tg.ones(1))})
    assert list(named.state_dict()) == ["a", "b"]
    assert "(a): Parameter of shape (2,), float32" in repr(named)
    for wrong in (lambda: held.append(1.0), lambda: named.update({"c": [1.0]})):
        with pytest.raises(TinygradError, match="holds Parameters and Tensors"):
            wrong()
    with pytest.raises(TinygradError, match="is an attribute"):
        named["forward"] = tg.ones(1)


def test_containers_are_copied_and_compare_by_state():
    net = nn.ModuleDict({"a": nn.Sequential(*layers(2, 3)), "b": nn.ModuleList(layers(1))})
    other = copy.deepcopy(net)
    assert net.state_dict() == other.state_dict()
    assert dict(net.state_dict()) == other.state_dict()
    assert net.state_dict() == {name: np.asarray(t) for name, t in net.state_dict().items()}
    snapshot = copy.deepcopy(net.state_dict())
    with tg.no_grad():
        net["a"][0].weight[0] = 7
    assert net.state_dict() != other.state_dict()
    assert snapshot == other.state_dict() != 3
    other.double()
    assert snapshot != other.state_dict()
    del snapshot["a.0.bias"]
    assert snapshot != net.state_dict()


# Errors name the layer by its path.


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 8), nn.Sequential(nn.ReLU(), nn.Linear(16, 32))])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def test_an_error_names_the_layer_by_its_path():
    with pytest.raises(ShapeError) as error:
        nn.Sequential(Net())(tg.ones(2, 4))
    text = str(error.value)
    assert text.count("layer  ") == 1
    assert text.split("\n")[1] == "  layer     0.layers.1.1: Linear(in_features=16, out_features=32, bias=True)"
    assert "expected  (…, 16)" in text
    assert "got       (2, 8)" in text
    with pytest.raises(ShapeError) as error:
        nn.Linear(4, 8)(tg.ones(2, 3))
    assert "  layer" not in str(error.value)


def test_an_error_in_ones_own_forward_is_placed_too():
    class Own(nn.Module):
        def forward(self, x):
            return x @ tg.ones(5, 5)

    with pytest.raises(ShapeError, match=r"matmul(?s:.)*layer     1: Own\(\)"):
        nn.Sequential(nn.ReLU(), Own())(tg.ones(2, 4))
