"""importing: `import tinygrad_edu` against `import numpy`, each in a new interpreter."""

import subprocess
import sys

TITLE = "import, in a new interpreter"


def _importing(name):
    return lambda: lambda: subprocess.run([sys.executable, "-c", f"import {name}"], check=True)


tinygrad_edu = _importing("tinygrad_edu")
numpy = _importing("numpy")
pytorch = _importing("torch")
