"""Attention and transformers: PyTorch's names and numbers, masks of every kind, and errors that say what to do."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.errors import DtypeError, ShapeError, TinygradError
from tinygrad_edu.nn import functional as F
from tinygrad_edu.record import GATES

RNG = np.random.default_rng(0)
STEPS, KEYS, BATCH, SIZE, HEADS = 4, 5, 3, 6, 2


def torch_or_skip():
    return pytest.importorskip("torch", reason="PyTorch itself is not installed")


def both(make):
    """A module in both libraries, at float64, with one state, none of it 0 or 1."""
    torch = torch_or_skip()
    ours, theirs = make(nn).double(), make(torch.nn).double()
    with torch.no_grad():
        for p in theirs.parameters():
            p.copy_(torch.tensor(RNG.normal(size=p.shape) / 2))
    assert ours.load_state_dict(theirs.state_dict()) == ([], [])
    assert {name: t.shape for name, t in ours.state_dict().items()} == {
        name: tuple(t.shape) for name, t in theirs.state_dict().items()
    }
    assert list(ours.state_dict()) == list(theirs.state_dict())
    return torch, ours, theirs


def in_both(torch, *shapes):
    """Random leaves, in both libraries."""
    arrays = [RNG.normal(size=shape) for shape in shapes]
    return [tg.tensor(a, requires_grad=True) for a in arrays], [torch.tensor(a, requires_grad=True) for a in arrays]


def agree(results, expected, leaves):
    """Outputs, and the gradients of a sum of their squares, at pairs of leaves."""
    pairs = [(t, u) for t, u in zip(results, expected, strict=True) if u is not None]
    assert [t is None for t in results] == [u is None for u in expected]
    for t, u in pairs:
        assert t.shape == tuple(u.shape)
        assert_allclose(t, u.detach().numpy(), rtol=1e-9, atol=1e-11)
    sum(((i + 1) * t * t).sum() for i, (t, _) in enumerate(pairs)).backward()
    sum(((i + 1) * u * u).sum() for i, (_, u) in enumerate(pairs)).backward()
    for p, q in leaves:
        assert (p.grad is None) == (q.grad is None)
        if q.grad is not None:
            assert_allclose(p.grad, q.grad, rtol=1e-9, atol=1e-10)


def every(ours, theirs, mine, yours):
    """The leaves of a comparison: parameters and inputs."""
    return [*zip(ours.parameters(), theirs.parameters(), strict=True), *zip(mine, yours, strict=True)]


# MultiheadAttention

LAYERS = {
    "plain": {},
    "no bias": {"bias": False},
    "more keys": {"add_bias_kv": True, "add_zero_attn": True},
    "zeros": {"add_zero_attn": True, "batch_first": True},
    "other features": {"kdim": 3, "vdim": 4},
    "other keys, batch first": {"kdim": 3, "batch_first": True, "add_bias_kv": True, "bias": False},
}
ATTN = {
    "none": None,
    "bool": RNG.random((STEPS, KEYS)) < 0.3,
    "float": RNG.normal(size=(STEPS, KEYS)),
    "each head": RNG.normal(size=(BATCH * HEADS, STEPS, KEYS)),
}
PADDING = {"none": None, "bool": np.arange(KEYS) >= np.array([[5], [3], [1]]), "float": RNG.normal(size=(BATCH, KEYS))}
ATTN["bool"][:, 0] = False  # every query may see the first key


def shapes_of(layer):
    """Of query, key and value."""
    sizes = ((STEPS, SIZE), (KEYS, layer.kdim), (KEYS, layer.vdim))
    return [(BATCH, n, size) if layer.batch_first else (n, BATCH, size) for n, size in sizes]


@pytest.mark.filterwarnings("ignore:Support for mismatched")
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("attn", ATTN)
@pytest.mark.parametrize("padding", PADDING)
@pytest.mark.parametrize("weights", ["none", "mean", "each head"])
def test_pytorchs_numbers(name, attn, padding, weights):
    torch, ours, theirs = both(lambda lib: lib.MultiheadAttention(SIZE, HEADS, **LAYERS[name]))
    mine, yours = in_both(torch, *shapes_of(ours))
    masks = {"attn_mask": ATTN[attn], "key_padding_mask": PADDING[padding]}
    how = {"need_weights": weights != "none", "average_attn_weights": weights == "mean"}
    found = ours(*mine, **masks, **how)
    expected = theirs(*yours, **{k: None if m is None else torch.tensor(m) for k, m in masks.items()}, **how)
    agree(found, expected, every(ours, theirs, mine, yours))


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("same", [1, 2])
def test_one_tensor_for_several_inputs(first, same):
    """A sequence that attends to itself; a query that attends to a memory."""
    torch, ours, theirs = both(lambda lib: lib.MultiheadAttention(SIZE, HEADS, batch_first=first))
    mine, yours = in_both(torch, *[(BATCH, STEPS, SIZE)] * (3 - same))
    x, y = ((*some, *some[-1:] * same) for some in (mine[: 3 - same], yours[: 3 - same]))
    x, y = ((some[0],) * 3 if same == 1 else some[:3] for some in (x, y))
    agree(ours(*x, need_weights=False), theirs(*y, need_weights=False), every(ours, theirs, mine, yours))


@pytest.mark.parametrize("weights", [False, True])
def test_one_sequence(weights):
    torch, ours, theirs = both(lambda lib: lib.MultiheadAttention(SIZE, HEADS, add_bias_kv=True))
    mine, yours = in_both(torch, (STEPS, SIZE), (KEYS, SIZE), (KEYS, SIZE))
    padding, attn = np.arange(KEYS) > 2, np.tri(STEPS, KEYS) == 0
    found = ours(*mine, padding, weights, attn)
    expected = theirs(*yours, torch.tensor(padding), weights, torch.tensor(attn))
    agree(found, expected, every(ours, theirs, mine, yours))


def test_weights_are_shares_and_dropout_is_for_training():
    tg.manual_seed(0)
    layer, x = nn.MultiheadAttention(4, 2, dropout=0.5), tg.randn(5, 2, 4)
    assert not np.array_equal(layer(x, x, x)[0], layer(x, x, x)[0])
    assert not np.array_equal(layer(x, x, x, need_weights=False)[0], layer(x, x, x, need_weights=False)[0])
    layer.eval()
    out, weights = layer(x, x, x)
    assert_allclose(weights.sum(-1), np.ones((2, 5)), rtol=1e-6)
    assert_allclose(layer(x, x, x, need_weights=False)[0], out, rtol=1e-4, atol=1e-6)


def test_it_starts_as_pytorchs():
    layer = nn.MultiheadAttention(200, 4, add_bias_kv=True)
    assert_allclose(np.abs(layer.in_proj_weight.numpy()).max(), np.sqrt(6 / 800), rtol=1e-3)
    assert not layer.in_proj_bias.numpy().any()
    assert not layer.out_proj.bias.numpy().any()
    assert layer.bias_k.numpy().any()
    assert layer.out_proj.weight.numpy().any()


# scaled_dot_product_attention


def parts(*shapes):
    return [tg.tensor(RNG.normal(size=shape), requires_grad=True) for shape in shapes]


def test_by_its_formula():
    q, k, v = parts((2, 3, 4, 6), (2, 3, 5, 6), (2, 3, 5, 2))
    e = np.exp(np.einsum("nhle,nhse->nhls", q, k) / np.sqrt(6))
    expected = np.einsum("nhls,nhsv->nhlv", e / e.sum(-1, keepdims=True), v)
    assert_allclose(F.scaled_dot_product_attention(q, k, v), expected, rtol=1e-12)


def test_a_causal_query_sees_no_later_key():
    q, k, v = parts((4, 6), (4, 6), (4, 2))
    first = np.array(F.scaled_dot_product_attention(q, k, v, is_causal=True))
    with tg.no_grad():
        k[2:], v[2:] = 9.0, 9.0
    again = np.array(F.scaled_dot_product_attention(q, k, v, is_causal=True))
    assert_allclose(first[:2], again[:2])
    assert not np.allclose(first[2:], again[2:])
    mask = np.tri(4, dtype=bool)
    assert_allclose(F.scaled_dot_product_attention(q, k, v, mask), again)


@pytest.mark.parametrize("weights", [False, True])
def test_nothing_to_see_is_zero(weights):
    """With PyTorch that is nan where weights are asked for."""
    layer, x = nn.MultiheadAttention(4, 2), tg.randn(3, 1, 4).requires_grad_()
    mask = np.zeros((3, 3), bool)
    mask[1] = True
    out, _ = layer(x, x, x, attn_mask=mask, need_weights=weights)
    assert not out[1].numpy().any()
    out.sum().backward()
    assert np.isfinite(x.grad).all()
    assert np.isfinite(out).all()


def test_fused_equals_its_meaning_in_plain_gates():
    tg.manual_seed(0)
    arrays = [RNG.normal(size=s) for s in ((2, 1, 4, 6), (3, 5, 6), (3, 5, 2), (4, 5))]
    drop = (RNG.random((2, 3, 4, 5)) > 0.3) / 0.7
    how = {"scale": 0.3, "drop": drop, "kept": []}
    leaves = [tg.tensor(a, requires_grad=True) for a in arrays]
    gate = GATES["attention"]
    fused, plain = nn.attention._attention(*leaves, **how), gate.meaning(*leaves, **how)
    assert_allclose(fused, plain, rtol=1e-12, atol=1e-14)
    found = [tg.autograd.grad((z * z).sum(), leaves) for z in (fused, plain)]
    for one, other in zip(*found, strict=True):
        assert_allclose(one, other, rtol=1e-11, atol=1e-13)


def test_walked_twice():
    q, k, v = parts((4, 6), (4, 6), (4, 2))
    z = (F.scaled_dot_product_attention(q, k, v) ** 2).sum()
    z.backward(retain_graph=True)
    once = np.array(q.grad)
    z.backward()
    assert_allclose(q.grad, 2 * once, rtol=1e-12)


def test_float32_stays_and_threads_change_nothing():
    tg.manual_seed(0)
    layer, x = nn.MultiheadAttention(64, 4, batch_first=True), tg.randn(4, 128, 64).requires_grad_()
    outs = []
    try:
        for threads in (None, 2):
            tg.set_num_threads(threads)
            x.grad = None
            out, _ = layer(x, x, x, need_weights=False)
            out.sum().backward()
            assert out.dtype == x.grad.dtype == np.float32
            outs.append((np.array(out), np.array(x.grad)))
    finally:
        tg.set_num_threads(None)
    for one, other in zip(*outs, strict=True):
        assert_allclose(one, other, rtol=1e-4, atol=1e-5)


# Transformers


KINDS = {
    "as in the paper": lambda lib: {"dropout": 0.0},
    "norm first, gelu": lambda lib: {"dropout": 0.0, "norm_first": True, "activation": "gelu"},
    "batch first, no bias": lambda lib: {"dropout": 0.0, "batch_first": True, "bias": False, "layer_norm_eps": 1e-3},
    "a function": lambda lib: {"dropout": 0.0, "activation": lib.functional.silu},
    "a module": lambda lib: {"dropout": 0.0, "activation": lib.PReLU()},
}


def sequence(how, steps):
    return (BATCH, steps, SIZE) if how.get("batch_first") else (steps, BATCH, SIZE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("training", [True, False])
def test_an_encoder_layer(kind, training):
    how = KINDS[kind]
    torch, ours, theirs = both(lambda lib: lib.TransformerEncoderLayer(SIZE, HEADS, 7, **how(lib)).train(training))
    mine, yours = in_both(torch, sequence(how(nn), KEYS))
    masks = RNG.normal(size=(KEYS, KEYS)), PADDING["float"]
    expected = theirs(*yours, *map(torch.tensor, masks))
    agree([ours(*mine, *masks)], [expected], every(ours, theirs, mine, yours))
    text = repr(theirs).replace("NonDynamicallyQuantizableLinear", "Linear")
    mine = repr(ours).partition("  #")[0].splitlines()
    assert "    6, 2" in mine.pop(2)  # what PyTorch does not say: embed_dim, num_heads
    assert mine == text.splitlines()


@pytest.mark.parametrize("kind", KINDS)
def test_a_decoder_layer(kind):
    how = KINDS[kind]
    torch, ours, theirs = both(lambda lib: lib.TransformerDecoderLayer(SIZE, HEADS, 7, **how(lib)))
    mine, yours = in_both(torch, sequence(how(nn), STEPS), sequence(how(nn), KEYS))
    masks = np.triu(np.ones((STEPS, STEPS), bool), 1), ATTN["bool"], None, PADDING["bool"]
    expected = theirs(*yours, *(None if m is None else torch.tensor(m) for m in masks))
    agree([ours(*mine, *masks)], [expected], every(ours, theirs, mine, yours))


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind != "a module"]
)  # PyTorch's copies of a decoder layer forget it
def test_a_whole_transformer(kind):
    how = KINDS[kind]
    torch, ours, theirs = both(lambda lib: lib.Transformer(SIZE, HEADS, 2, 2, 7, **how(lib)))
    mine, yours = in_both(torch, sequence(how(nn), KEYS), sequence(how(nn), STEPS))
    mask = nn.Transformer.generate_square_subsequent_mask(STEPS, dtype=tg.float64)
    their_mask = torch.nn.Transformer.generate_square_subsequent_mask(STEPS, dtype=torch.float64)
    assert_allclose(mask, their_mask)
    padding = PADDING["bool"]
    found = ours(
        *mine, tgt_mask=mask, src_key_padding_mask=padding, memory_key_padding_mask=padding, tgt_is_causal=True
    )
    padding = torch.tensor(padding)
    expected = theirs(*yours, tgt_mask=their_mask, src_key_padding_mask=padding, memory_key_padding_mask=padding)
    agree([found], [expected], every(ours, theirs, mine, yours))


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
def test_stacks_of_layers_and_one_sequence():
    def make(lib):
        layer = lib.TransformerEncoderLayer(SIZE, HEADS, 7, dropout=0.0, batch_first=True)
        decoder = lib.TransformerDecoderLayer(SIZE, HEADS, 7, dropout=0.0)
        return lib.ModuleList(
            [lib.TransformerEncoder(layer, 2, lib.LayerNorm(SIZE)), lib.TransformerDecoder(decoder, 2)]
        )

    torch, ours, theirs = both(make)
    mine, yours = in_both(torch, (KEYS, SIZE), (STEPS, SIZE))
    found, expected = (net[1](z[1], net[0](z[0])) for net, z in ((ours, mine), (theirs, yours)))
    agree([found], [expected], every(ours, theirs, mine, yours))


def test_layers_of_a_stack_start_alike_and_are_their_own():
    net = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 2)
    one, other = (layer.linear1.weight for layer in net.layers)
    assert one is not other
    assert_allclose(one, other)
    whole = nn.Transformer(4, 2, 2, 1, 8)
    assert not np.allclose(*(layer.linear1.weight for layer in whole.encoder.layers))


# Errors


def says(error, *texts):
    for text in texts:
        assert text in str(error.value), str(error.value)


def test_inputs_that_do_not_fit_name_the_layer():
    net = nn.Sequential(nn.Linear(4, 4), nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2, 8), 2))
    with pytest.raises(ShapeError) as error:
        net(tg.ones(5, 3, 4))
    says(error, "1.layers.0: TransformerEncoderLayer(", "(steps, batch, 6)", "src (5, 3, 4)")
    layer, x = nn.MultiheadAttention(6, 2, batch_first=True), tg.ones(3, 5, 6)
    for given in ((x, x, x[:, :4]), (x, x[:2], x[:2]), (x[0], x, x), (x[None],) * 3, (x[..., :5], x, x)):
        with pytest.raises(ShapeError) as error:
            layer(*given)
        says(error, "MultiheadAttention(6, 2, batch_first=True)", "query (N, L, 6), key (N, S, 6)", str(given[0].shape))
    with pytest.raises(ShapeError, match=r"attn_mask does not fit(?s:.)*\(5, 5\) or \(6, 5, 5\)(?s:.)*\(5, 4\)"):
        layer(x, x, x, attn_mask=np.zeros((5, 4), bool))
    with pytest.raises(ShapeError, match=r"key_padding_mask does not fit(?s:.)*\(3, 5\)(?s:.)*\(5, 3\)"):
        layer(x, x, x, np.zeros((5, 3), bool))
    with pytest.raises(DtypeError, match=r"bools, or of floats(?s:.)*int64"):
        layer(x, x, x, attn_mask=np.zeros((5, 5), int))
    with pytest.raises(TinygradError, match="is_causal is a hint"):
        layer(x, x, x, is_causal=True)
    with pytest.raises(ShapeError, match=r"Transformer was given(?s:.)*src \(5, 3, 6\) and tgt \(4, 2, 6\)"):
        nn.Transformer(6, 2, 1, 1, 8)(tg.ones(5, 3, 6), tg.ones(4, 2, 6))


def test_functions_that_do_not_fit():
    q, k, v = tg.ones(2, 4, 6), tg.ones(2, 5, 6), tg.ones(2, 5, 3)
    for given in ((q, k[..., :4], v), (q, k, v[:, :4]), (q, k, v, np.ones((3, 5), bool)), (q[0, 0], k, v)):
        with pytest.raises(ShapeError, match=r"key \(…, S, E\)"):
            F.scaled_dot_product_attention(*given)
    with pytest.raises(TinygradError, match="not both"):
        F.scaled_dot_product_attention(q, q, q, np.ones((4, 4), bool), is_causal=True)
    with pytest.raises(ShapeError, match="share those of the query evenly"):
        F.scaled_dot_product_attention(tg.ones(3, 4, 6), k, v, enable_gqa=True)


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.MultiheadAttention(5, 2),
        lambda: nn.MultiheadAttention(0, 1),
        lambda: nn.MultiheadAttention(4, 2, dropout=1.5),
        lambda: nn.TransformerEncoderLayer(4, 2, activation="swish"),
        lambda: F.scaled_dot_product_attention(tg.ones(1, 1), tg.ones(1, 1), tg.ones(1, 1), dropout_p=2.0),
    ],
)
def test_arguments_that_mean_nothing(make):
    with pytest.raises(ValueError, match="got"):
        make()
