"""importing: `import tinygrad_edu` against `import numpy`, each in a new interpreter."""

import os
import subprocess
import sys

TITLE = "import, in a new interpreter"


# compiled once and kept, as an installed package is
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}


def _importing(name):
    return lambda: lambda: subprocess.run([sys.executable, "-c", f"import {name}"], check=True, env=ENVIRONMENT)


tinygrad_edu = _importing("tinygrad_edu")
numpy = _importing("numpy")
pytorch = _importing("torch")
