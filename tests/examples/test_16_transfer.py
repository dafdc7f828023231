"""Transfer: what the digits 0 to 4 taught helps to read 5 to 9 when examples are few."""


def test_the_first_net_has_learned(quick):
    found, _ = quick("16_transfer")
    assert found["first"] > 0.93


def test_learned_features_beat_a_start_from_scratch(quick):
    found, _ = quick("16_transfer")
    for mean in found["mean"].values():
        assert mean["learned, frozen"] > mean["from scratch"] + 0.01
        assert mean["learned, moved with care"] > mean["from scratch"] + 0.01


def test_it_is_the_learning_that_helps_not_the_freezing(quick):
    found, _ = quick("16_transfer")
    for mean in found["mean"].values():
        assert mean["learned, frozen"] > mean["noise, frozen"] + 0.02


def test_a_machine_reads_features_better_than_pixels(quick):
    found, _ = quick("16_transfer")
    for mean in found["mean"].values():
        assert mean["machine on learned"] > mean["machine on pixels"] + 0.01


def test_more_examples_help(quick):
    found, _ = quick("16_transfer")
    assert all(found["mean"][100][name] > score + 0.05 for name, score in found["mean"][20].items())


def test_its_picture_is_there(quick):
    found, out = quick("16_transfer")
    assert [path.name for path in out.iterdir()] == [found["picture"]]
