"""What a PyTorch user writes by mistake is told in his own words, with the way out."""

import copy
import pickle

import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.errors import DataFileError, DtypeError, ShapeError, TinygradError, ViewInPlaceError


def written_in_place(write):
    """The function that lets `write` try on a Tensor of its own."""

    def tried():
        write(tg.arange(4.0))

    return tried


def put_three(t):
    t[1:3] = tg.ones(3)


def put_three_while_recording(t):
    t = t * tg.ones(4, requires_grad=True)
    t[[1, 2]] = tg.ones(3)


def put_into_expanded(t):
    t.expand(2, 4)[0, 0] = 5


def put_ragged(t):
    t[0:2] = [[1.0], [2.0, 3.0]]


def put_text(t):
    t[0:2] = "ab"


def add_to_expanded(t):
    t = t.expand(2, 4)
    t += 1.0


def add_a_half(t):
    t = t.long()
    t += 0.5


ONE, MANY = tg.ones(2), tg.ones(2, 3)

# What is written, and what the error says to that.
SLIPS = {
    "a value too long": (written_in_place(put_three), ShapeError, ["t[…] = v", "expected  (2,)", "(3,)"]),
    "while recording": (written_in_place(put_three_while_recording), ShapeError, ["t[…] = v", "(2,)", "(3,)"]),
    "ragged values": (written_in_place(put_ragged), TinygradError, ["rows of equal length"]),
    "text for values": (written_in_place(put_text), DtypeError, ["real numbers"]),
    "expanded": (written_in_place(put_into_expanded), ViewInPlaceError, ["t[…] = v", "read-only", ".clone()"]),
    "expanded +=": (written_in_place(add_to_expanded), ViewInPlaceError, ["+= ", "read-only", ".clone()"]),
    "a float into integers": (written_in_place(add_a_half), DtypeError, ["+=", "int64", ".float()"]),
    "Sequential of a list": (lambda: nn.Sequential([nn.Tanh()]), TinygradError, ["nn.Sequential(*layers)"]),
    "optimizer of a module": (lambda: tg.optim.SGD(nn.Linear(2, 2)), TinygradError, ["Linear", "model.parameters()"]),
    "cat without brackets": (lambda: tg.cat(ONE, ONE), DtypeError, ["cat takes", "list", "cat([a, b])"]),
    "cat of matrices": (lambda: tg.cat(MANY, MANY), DtypeError, ["(2, 3) and (2, 3)", "cat([a, b])"]),
    "stack without brackets": (lambda: tg.stack(ONE, ONE), DtypeError, ["stack([a, b])"]),
    "view": (lambda: tg.ones(4).view(3), ShapeError, ["view", "4 elements into 3", "got       (3,)", "-1"]),
    "reshape": (lambda: tg.ones(4).reshape(-1, 3), ShapeError, ["4 elements into groups of 3", "got       (-1, 3)"]),
    "masked_fill": (lambda: MANY.masked_fill(tg.ones(4) > 0, 0), ShapeError, ["masked_fill", "(4,)", "(2, 3)"]),
    "a float size": (lambda: tg.zeros(2.0), DtypeError, ["whole numbers", "2.0", "int(n)"]),
    "a float among sizes": (lambda: tg.rand(2, 3.5), DtypeError, ["whole numbers", "2, 3.5"]),
    "a stretch to a float": (lambda: tg.ones(1).broadcast_to((2.5,)), DtypeError, ["whole numbers", "2.5"]),
    "a float index": (lambda: ONE[1.0], IndexError, ["an integer", "1.0", "x[int(i)]"]),
    "a float Tensor as index": (lambda: ONE[ONE], IndexError, ["float32 of shape (2,)", "x[i.long()]"]),
    "a loss made of Tensors": (lambda: nn.MSELoss(ONE, ONE), TinygradError, ["nn.MSELoss()(input, target)"]),
    "the cross-entropy": (lambda: nn.CrossEntropyLoss(MANY, ONE), TinygradError, ["nn.CrossEntropyLoss()(input"]),
    "sizes for values": (lambda: tg.Tensor(2, 3), DtypeError, ["2, 3", "tg.zeros(2, 3)", "tg.empty(2, 3)"]),
    "the graph": (lambda: (2 * tg.ones(2, requires_grad=True)).grad_fn.next_functions, AttributeError, ["t.inputs"]),
    "softmax of what": (lambda: nn.functional.softmax(MANY), TypeError, ["'dim' (or 'axis')"]),
    "a pickle's ending": (lambda: tg.save({}, "there/m.pth"), DataFileError, ["m.safetensors or m.npz"]),
    "no ending": (lambda: tg.save({}, "m"), DataFileError, ["mend      m.safetensors or m.npz"]),
    "no file": (lambda: tg.load("missing.pt"), DataFileError, ["missing.pt", "No such file"]),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_told_with_the_way_out(slip):
    call, kind, words = SLIPS[slip]
    with pytest.raises(kind) as caught:
        call()
    for word in words:
        assert word in str(caught.value)


def test_a_weight_and_options_still_make_a_loss():
    loss = nn.CrossEntropyLoss(ONE, label_smoothing=0.1)
    assert loss.weight.tolist() == [1.0, 1.0]
    assert copy.deepcopy(loss).label_smoothing == pickle.loads(pickle.dumps(loss)).label_smoothing == 0.1
