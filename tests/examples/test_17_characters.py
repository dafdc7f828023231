"""Letters: both nets know more than who counts pairs, more when they have read some, and nobody looks ahead."""


def test_both_beat_counting(quick):
    found, _ = quick("17_characters")
    known, best = found["known"], found["best"]
    assert known[1] > known[2] > known[3]
    assert best["recurrent"] < known[2] - 0.3
    assert best["transformer"] < known[2] - 0.1


def test_who_has_read_some_letters_guesses_better(quick):
    found, _ = quick("17_characters")
    for net in found["nets"].values():
        assert net["places"][4:12].mean() < net["places"][:2].mean() - 0.1


def test_what_was_seen_is_known_better(quick):
    found, _ = quick("17_characters")
    history = found["nets"]["recurrent"]["history"]
    assert history["loss"][-1] < history["val_loss"][-1] - 0.3


def test_nobody_looks_ahead(quick):
    found, _ = quick("17_characters")
    assert max(net["looks_ahead"] for net in found["nets"].values()) < 1e-4


def test_it_writes_words(quick):
    found, _ = quick("17_characters")
    for net in found["nets"].values():
        assert net["says"].startswith("The gradient ") and len(net["says"]) == 73
        assert net["says"].count(" ") > 5


def test_its_pictures_are_there(quick):
    found, out = quick("17_characters")
    assert {path.name for path in out.iterdir()} == {found["picture"], "attention.png"}
