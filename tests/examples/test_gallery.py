"""The gallery names every example, shows every picture, and says what the runs found."""

import re
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

GOOD = '''"""98: is it so?

More words.
"""
from PIL import Image

def run(quick, out):
    assert not quick
    out.mkdir()
    Image.effect_noise((1600, 900), 60).convert("RGB").save(out / "noise.png")
    return {"finding": "It is, by 42.0 %.", "picture": "noise.png"}
'''


@pytest.fixture
def gallery(monkeypatch, tmp_path):
    import gallery

    monkeypatch.setattr(gallery, "HERE", tmp_path)
    return gallery


def test_the_readme_is_what_the_findings_say():
    import gallery

    assert (EXAMPLES / "README.md").read_text(encoding="utf-8") == gallery.page(gallery.read(EXAMPLES / "gallery"))


def test_the_readme_names_every_example_and_every_picture_is_there():
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    names = {path.name for path in EXAMPLES.glob("[0-9][0-9]_*.py")}
    assert set(re.findall(r"\]\((\d\d_\w+\.py)\)", text)) == names
    pictures = {EXAMPLES / path for path in re.findall(r"!\[.*?\]\((.*?)\)", text)}
    assert len(pictures) == len(names)
    assert pictures == {path for path in (EXAMPLES / "gallery").iterdir() if path.suffix != ".json"}


def test_a_run_keeps_finding_and_small_picture(gallery, tmp_path):
    (tmp_path / "98_good.py").write_text(GOOD)
    out = tmp_path / "out"
    gallery.keep(gallery.run("98_good", out), "98_good", out, tmp_path / "gallery")
    found = gallery.read(tmp_path / "gallery")["98_good"]
    text = gallery.page({"98_good": found})
    assert "[98 good](98_good.py)" in text and "*Is it so?* It is, by 42.0 %." in text
    assert f"(gallery/{found['picture']})" in text
    from PIL import Image

    with Image.open(tmp_path / "gallery" / found["picture"]) as picture:
        assert picture.size == (800, 450)


def test_one_that_fails_costs_only_itself(gallery, tmp_path, monkeypatch, capsys):
    class AtOnce:
        """Runs what is submitted in this process."""

        def __init__(self, *settings, **more): ...

        def __enter__(self):
            return self

        def __exit__(self, *error): ...

        def submit(self, function, *arguments):
            self.result = lambda: function(*arguments)
            return self

    monkeypatch.setattr(gallery, "ProcessPoolExecutor", AtOnce)
    (tmp_path / "97_bad.py").write_text('"""97: does it fail?"""\n\ndef run(quick, out):\n    1 / 0\n')
    (tmp_path / "98_good.py").write_text(GOOD)
    assert gallery.make(["97_bad", "98_good"], tmp_path / "gallery") == ["97_bad"]
    assert "97_bad failed: ZeroDivisionError" in capsys.readouterr().out
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "98_good" in text and "97_bad" not in text


def test_a_thin_line_keeps_its_colour(gallery, tmp_path):
    from PIL import Image, ImageDraw

    orange = (230, 159, 0)
    picture = Image.effect_noise((1600, 900), 90).convert("RGB")
    ImageDraw.Draw(picture).line((0, 450, 1600, 450), orange, 6)
    picture.save(tmp_path / "line.png")
    gallery.shrink(tmp_path / "line.png", tmp_path / "small.png")
    with Image.open(tmp_path / "small.png") as small:
        red, green, blue = small.convert("RGB").getpixel((400, 225))
    assert abs(red - 230) < 40 and abs(green - 159) < 40 and blue < 40


def test_an_example_is_a_page():
    for path in EXAMPLES.glob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 120, f"{path.name} is longer than a page"
