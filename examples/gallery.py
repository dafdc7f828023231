"""gallery: runs every example in full, each in a process of its own, and writes README.md beside this file.

Of each it keeps the picture, small, in gallery/, and its finding in gallery/findings.json as soon as it has ended, so
that an example that fails costs only itself; named, examples are run again alone.

    python examples/gallery.py [NAME ...]
"""

import importlib
import json
import multiprocessing
import shutil
import sys
import tempfile
from argparse import ArgumentParser
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from time import perf_counter

from tinygrad_edu.files import write_whole

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in HERE.glob("[0-9][0-9]_*.py"))
WIDTH, LARGEST = 800, 80_000  # pixels and bytes of a picture that is kept


def run(name, out):
    """What an example asks and what it finds; for a process of its own."""
    sys.path.insert(0, str(HERE))
    begin = perf_counter()
    example = importlib.import_module(name)
    found = example.run(False, out)
    seconds = round(perf_counter() - begin, 1)
    question = example.__doc__.split("\n")[0].partition(": ")[2]
    question = question[0].upper() + question[1:]
    return {"question": question, "finding": found["finding"], "picture": found["picture"], "seconds": seconds}


def shrink(source, target):
    """Copy a picture; a PNG no wider than it is shown, in as many colours as fit."""
    if source.suffix != ".png":
        shutil.copyfile(source, target)
        return
    from PIL import Image

    image = Image.open(source).convert("RGB")
    image.thumbnail((WIDTH, 10 * WIDTH), Image.Resampling.LANCZOS)
    for colors in (256, 128, 64, 32):
        # An octree keeps the colours of thin lines; the median cut, Pillow's default, turns them grey.
        few = image.quantize(colors, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        write_whole(target, lambda file, few=few: few.save(file, "PNG", optimize=True))
        if target.stat().st_size <= LARGEST:
            return


def keep(found, name, out, gallery):
    """Add an example's picture and finding to the gallery's folder."""
    gallery.mkdir(exist_ok=True)
    picture = name + Path(found["picture"]).suffix
    shrink(out / found["picture"], gallery / picture)
    findings = read(gallery) | {name: found | {"picture": picture}}
    text = json.dumps(dict(sorted(findings.items())), indent=1, ensure_ascii=False) + "\n"
    write_whole(gallery / "findings.json", lambda file: file.write(text.encode()))


def read(gallery):
    """What was found so far, by the names of the examples."""
    path = gallery / "findings.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def page(findings):
    """The gallery as Markdown."""
    total = sum(found["seconds"] for found in findings.values())
    lines = [
        "# The gallery",
        "",
        "Each example asks one question and is one page to read, to run and to change:",
        '`python examples/NAME.py [--quick] [--out DIR]`, after `pip install ".[examples]"`.',
        "",
        f"This page is made by `python examples/gallery.py`; the examples took {total / 60:.0f} minutes when it was.",
    ]
    for name, found in findings.items():
        lines += ["", f"## [{name.replace('_', ' ')}]({name}.py)", "", f"*{found['question']}* {found['finding']}"]
        lines += ["", f"![{name}](gallery/{found['picture']})"]
    return "\n".join(lines) + "\n"


def make(names, gallery):
    """Run these examples; returns the names of those that failed."""
    failed = []
    context = multiprocessing.get_context("spawn")
    for name in names:
        with ProcessPoolExecutor(1, context) as pool, tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / name
            try:
                found = pool.submit(run, name, out).result()
            except Exception as error:
                failed.append(name)
                print(f"== {name} failed: {type(error).__name__}: {error}", flush=True)
                continue
            keep(found, name, out, gallery)
            print(f"== {name}: {found['seconds']} s", flush=True)
    text = page(read(gallery))
    write_whole(gallery.parent / "README.md", lambda file: file.write(text.encode()))
    return failed


if __name__ == "__main__":
    parser = ArgumentParser(description="Run examples in full and write the gallery.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="these only; default: all")
    sys.exit(bool(make(parser.parse_args().names or NAMES, HERE / "gallery")))
