"""A layer handed the wrong shape says which one it is, by its path, what it expected and what it got."""

import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.errors import OptionError, ShapeError, TinygradError

WINDOW = "(size + padding - dilation * (kernel - 1) - 1) // stride + 1"
POOL = "floor((size + 2·padding - dilation·(kernel_size - 1) - 1) / stride) + 1"

TRANSPOSED = "(size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1"

# A layer, the shapes that it is handed, and what its error says was expected, and got.
WRONG = [
    (nn.Linear(4, 3), [(2, 5)], "(…, 4)"),
    (nn.Linear(12, 3), [(2, 3, 4)], "(…, 12)", "put nn.Flatten() before it"),
    (nn.Bilinear(3, 4, 2), [(2, 3), (2, 5)], "(…, 3) and (…, 4)"),
    (nn.Conv1d(3, 4, 3), [(2, 4, 9)], "(N, 3, length)"),
    (nn.Conv2d(16, 32, 3), [(2, 3, 8, 8)], "(N, 16, height, width)"),
    (nn.Conv3d(2, 3, 3), [(2, 5, 5)], "(N, 2, depth, height, width)"),
    (nn.ConvTranspose1d(3, 4, 3), [(2, 4, 9)], "(N, 3, length)"),
    (nn.ConvTranspose2d(3, 4, 3), [(2, 4, 9, 9)], "(N, 3, height, width)"),
    (nn.ConvTranspose3d(3, 4, 3), [(3, 9, 9)], "(N, 3, depth, height, width)"),
    (nn.BatchNorm1d(4), [(2, 5)], "(N, 4) or (N, 4, L)"),
    (nn.BatchNorm1d(4), [(1, 4)], "at least two values for each channel"),
    (nn.BatchNorm2d(4), [(2, 4)], "(N, 4, H, W)"),
    (nn.BatchNorm3d(4), [(2, 4, 3, 3)], "(N, 4, D, H, W)"),
    (nn.InstanceNorm2d(4, affine=True), [(2, 5, 3, 3)], "(N, 4, H, W)"),
    (nn.InstanceNorm1d(4), [(2, 4, 1)], "at least two values for each channel of a sample"),
    (nn.LayerNorm((3, 4)), [(2, 4, 3)], "(…, 3, 4)"),
    (nn.RMSNorm(4), [(2, 5)], "(…, 4)"),
    (nn.GroupNorm(2, 4), [(2, 6, 3)], "(N, 4, …)"),
    (nn.LocalResponseNorm(2), [(2, 3)], "(N, C, L, …)"),
    (nn.RNN(3, 4), [(5, 2, 4)], "(steps, batch, 3)"),
    (nn.LSTM(3, 4, batch_first=True), [(2, 5, 4)], "(batch, steps, 3)"),
    (nn.GRU(3, 4), [(5, 4)], "(steps, 3)"),
    (nn.RNNCell(3, 4), [(2, 4)], "(batch, 3) and (batch, 4)"),
    (nn.LSTMCell(3, 4), [(2, 4)], "(batch, 3) and (batch, 4)"),
    (nn.GRUCell(3, 4), [(2, 4)], "(batch, 3) and (batch, 4)"),
    (nn.MultiheadAttention(4, 2), [(3, 2, 5)] * 3, "query (L, N, 4), key (S, N, 4), value (S, N, 4)"),
    (nn.TransformerEncoderLayer(4, 2, 8), [(3, 2, 5)], "(steps, batch, 4)"),
    (nn.TransformerDecoderLayer(4, 2, 8), [(3, 2, 4), (3, 2, 5)], "(steps, batch, 4)"),
    (nn.MaxPool2d(3), [(3, 2)], "(N, C, H, W)"),
    (nn.MaxUnpool2d(2), [(1, 1, 2, 2), (1, 1, 3, 3)], "(1, 1, 2, 2)", "[1, 1, 3, 3]"),
    (nn.AdaptiveAvgPool2d(2), [(2, 3)], "(N, C, H, W)"),
    (nn.PixelShuffle(2), [(1, 3, 4, 4)], "C divisible by 2² = 4"),
    (nn.Upsample(scale_factor=2, mode="bilinear"), [(1, 3, 4)], "(N, C, H, W)"),
    (nn.Unflatten(1, (2, 3)), [(4, 5)], "5", "(2, 3)"),
    (nn.ReflectionPad2d(3), [(1, 1, 3, 3)], "at most 2"),
    (nn.PReLU(3), [(2, 4, 5)], "(4,)"),
    (nn.GLU(), [(2, 3)], "an even size of axis -1"),
    (nn.Dropout2d(), [(2,)], "(N, C, …)"),
    # A window that does not fit: the formula, and the formula with the numbers in it.
    (nn.Conv2d(3, 4, 5, 2, 1), [(2, 3, 2, 8)], WINDOW, "axis 2: (2 + 2 - 1 * (5 - 1) - 1) // 2 + 1 = 0"),
    (nn.Conv1d(3, 4, 3, dilation=4), [(3, 8)], WINDOW, "(8 + 0 - 4 * (3 - 1) - 1) // 1 + 1 = 0"),
    (
        nn.ConvTranspose2d(3, 4, 1, padding=5),
        [(2, 3, 2, 2)],
        TRANSPOSED,
        "(2 - 1) * 1 - 2 * 5 + 1 * (1 - 1) + 0 + 1 = -8",
    ),
    (nn.Unfold(5), [(1, 2, 3, 3)], WINDOW, "(3 + 0 - 1 * (5 - 1) - 1) // 1 + 1 = -1"),
    (nn.MaxPool2d(3, 2), [(2, 3, 2, 9)], POOL, "floor((2 + 2·0 - 1·(3 - 1) - 1) / 2) + 1 = 0"),
    (nn.MaxPool3d(3), [(2, 3, 3, 3, 2)], POOL, "floor((2 + 2·0 - 1·(3 - 1) - 1) / 3) + 1 = 0"),
    (nn.AvgPool1d(4), [(3, 2)], POOL, "floor((2 + 2·0 - 1·(4 - 1) - 1) / 4) + 1 = 0"),
    (nn.LPPool1d(2, 3), [(2, 3, 2)], POOL, "floor((2 + 2·0 - 1·(3 - 1) - 1) / 3) + 1 = 0"),
    (nn.FractionalMaxPool2d(3, 4), [(1, 2, 3, 3)], "size - kernel_size + 1 = 3 - 3 + 1 = 1", "output_size 4"),
]


class Net(nn.Module):
    """The layer, at `layers.3`."""

    def __init__(self, layer):
        super().__init__()
        self.layers = nn.ModuleList([*(nn.Identity() for _ in range(3)), layer])

    def forward(self, *given):
        return self.layers[3](*given)


@pytest.mark.parametrize(("layer", "shapes", "expected", "got"), [(*row, str(row[1][-1]))[:4] for row in WRONG])
def test_a_layer_names_itself_by_its_path(layer, shapes, expected, got):
    given = [tg.ones(*shape) for shape in shapes]
    if isinstance(layer, nn.MaxUnpool2d):
        given[1] = given[1].long()
    with pytest.raises(ShapeError) as error:
        Net(layer)(*given)
    text = str(error.value)
    assert text.split("\n")[1] == f"  layer     layers.3: {type(layer).__name__}({layer.extra_repr()})"
    assert expected in text.partition("\n  expected  ")[2], text
    assert got in text.partition("\n  got       ")[2], text


def test_embedding_names_itself():
    net = nn.Sequential(nn.Embedding(5, 3))
    with pytest.raises(TinygradError, match=r"0: Embedding\(5, 3\)(?s:.)*expected +0 to 4(?s:.)*got +7"):
        net(tg.tensor([7]))
    with pytest.raises(TinygradError, match=r"0: Embedding\(5, 3\)(?s:.)*expected +input of int64"):
        net(tg.ones(2))


ELEMENTWISE = ["MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "BCELoss", "BCEWithLogitsLoss", "PoissonNLLLoss",
               "SoftMarginLoss", "HingeEmbeddingLoss", "MultiLabelSoftMarginLoss"]  # fmt: skip


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_column_against_a_row_raises(name):
    net = nn.ModuleDict({"loss": getattr(nn, name)()})
    with pytest.raises(ShapeError, match=r"(?s)expected  target \(5, 1\).*got       target \(5,\).*reshape"):
        net["loss"](tg.ones(5, 1), tg.ones(5))


@pytest.mark.parametrize(
    ("loss", "shapes"),
    [
        (nn.KLDivLoss(reduction="sum"), [(5, 1), (5,)]),
        (nn.GaussianNLLLoss(), [(5, 1), (5,), (5, 1)]),
        (nn.MarginRankingLoss(), [(5, 1), (5,), (5,)]),
        (nn.TripletMarginLoss(), [(5, 1), (5,), (5, 1)]),
        (nn.CosineEmbeddingLoss(), [(5, 2), (5, 2), (5, 1)]),
    ],
)
def test_a_column_against_a_row_raises_in_losses_of_several(loss, shapes):
    with pytest.raises(ShapeError, match=r"(?s)expected.*\(5, 1\)|expected.*target \(N,\)"):
        loss(*(tg.ones(*shape) for shape in shapes))


@pytest.mark.parametrize(
    ("attribute", "value", "says"),
    [
        ("bias", (4,), "linear: the bias does not fit the weight.\n  at        test_layer_errors.py"),
        ("weight", (3, 5), "input (2, 4) and weight (3, 5)"),
    ],
)
def test_a_linear_layer_blames_its_own_parts_for_what_is_theirs(attribute, value, says):
    layer = nn.Linear(4, 3)
    setattr(layer, attribute, nn.Parameter(tg.ones(*value)))
    with pytest.raises(ShapeError) as error:
        layer(tg.ones(2, 4))
    assert says in str(error.value) and "was given an input" not in str(error.value)
    with pytest.raises(ShapeError, match="was given an input that it does not fit"):
        layer(tg.ones(2, 3, 2, 2))


@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss(), nn.NLLLoss(), nn.MultiMarginLoss(), nn.HingeLoss()])
def test_a_column_of_classes_raises(loss):
    with pytest.raises(ShapeError, match=r"(?s)one class for each row.*got.*\(5, 1\)"):
        loss(tg.ones(5, 3), tg.ones(5, 1).long())


MISUSED = [
    (lambda: nn.Linear(-1, 3), "in_features and out_features are counts; got -1, 3"),
    (lambda: nn.Conv2d(3, 4, 3, groups=2), "groups must divide both channels; got 3, 4 and 2"),
    (lambda: nn.MultiheadAttention(5, 2), "num_heads divides embed_dim"),
    (lambda: nn.Dropout(1.5), "between 0 and 1; got 1.5"),
    (lambda: nn.MSELoss(reduction="avg"), "one of none, mean, sum; got 'avg'"),
    (lambda: nn.Sequential(nn.ReLU), "got       the class ReLU itself\n  mend      make one: ReLU(…)"),
    (lambda: nn.ModuleList([abs]), "mend      a class derived from Module"),
    (lambda: nn.LSTM(3, 4)(tg.ones(5, 2, 3), tg.ones(1, 2, 4)), "expected  a tuple (h, c)\n  got       Tensor"),
    (lambda: nn.GRU(3, 4)(tg.ones(5, 2, 3), (tg.ones(1, 2, 4),)), "expected  one Tensor, h\n  got       tuple"),
    (lambda: tg.data.DataLoader(5), "anything with __getitem__ and __len__\n  got       int"),
    (lambda: tg.data.DataLoader([1], 0), "batch_size must be 1 or more; got 0"),
    (lambda: next(iter(tg.data.DataLoader([tg.ones(2), tg.ones(3)], 2))), "all of them (2,), as the first"),
]


OUT_OF_RANGE = [
    (lambda: nn.functional.interpolate(tg.ones(1, 1, 2)), "either size or scale_factor"),
    (lambda: nn.Upsample(2, mode="best")(tg.ones(1, 1, 2)), "no mode 'best'"),
    (lambda: nn.Embedding(3, 2, padding_idx=3), "padding_idx is no row of the table"),
    (lambda: nn.Conv2d(4, 4, 3, groups=-2), "groups must divide both channels; got 4, 4 and -2"),
    (lambda: nn.MultiheadAttention(4, -2), "both at least 1; got -2 and 4"),
    (lambda: nn.GRU(3, 4, num_layers=0), "at least 1; got 4 and 0"),
    (lambda: nn.functional.alpha_dropout(tg.ones(2), 1.5), "between 0 and 1; got 1.5"),
    (lambda: tg.training.Monitor(every=0), "every is 1 step or more; got 0"),
    (lambda: tg.training.TopK(0), "k is 1 or more; got 0"),
    (lambda: tg.training.F1Score("most"), "average is macro, micro, weighted or None; got 'most'"),
    (lambda: tg.training.EarlyStopping(mode="best"), "mode is min or max; got 'best'"),
    (lambda: tg.training.fit(*[None] * 4, epochs=1, scheduler_interval="step"), "is epoch or batch; got 'step'"),
    (lambda: tg.set_num_threads(0), "1 or more, or None; got 0"),
]


@pytest.mark.parametrize(("use", "says"), OUT_OF_RANGE, ids=[says[:30] for _, says in OUT_OF_RANGE])
def test_an_option_out_of_its_range_is_one_class_of_error_everywhere(use, says):
    with pytest.raises(OptionError) as error:
        use()
    assert says in str(error.value)


@pytest.mark.parametrize(("use", "says"), MISUSED, ids=[says[:30] for _, says in MISUSED])
def test_a_misuse_names_the_user_s_line(use, says):
    with pytest.raises(TinygradError) as error:
        use()
    assert says in str(error.value)
    assert "\n  at        test_layer_errors.py:" in str(error.value)
