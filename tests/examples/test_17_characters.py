"""Letters: both nets know more than who counts pairs, more when they have read some, and nobody looks ahead."""


def test_both_beat_counting(quick):
    found, _ = quick("17_characters")
    known, best = found["known"], found["best"]
    assert known[0] > known[1] > known[2]
    assert best["recurrent"] < known[1] - 0.3
    assert best["transformer"] < known[1] - 0.1


def test_who_has_read_some_letters_guesses_better(quick):
    found, _ = quick("17_characters")
    for bits in found["places"].values():
        assert bits[4:12].mean() < bits[:2].mean() - 0.1


def test_what_was_seen_is_known_better(quick):
    found, _ = quick("17_characters")
    _, seen, unseen = found["rows"]["recurrent"][-1]
    assert seen < unseen - 0.3


def test_nobody_looks_ahead(quick):
    found, _ = quick("17_characters")
    assert max(found["looks_ahead"].values()) < 1e-4


def test_it_writes_words(quick):
    found, _ = quick("17_characters")
    for text in found["says"].values():
        assert text.startswith("The gradient ") and len(text) == 73
        assert text.count(" ") > 5


def test_its_pictures_are_there(quick):
    found, out = quick("17_characters")
    assert {path.name for path in out.iterdir()} == {found["picture"], "attention.png"}
