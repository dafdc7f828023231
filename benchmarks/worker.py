"""worker: one contender at one task, in a process of its own, timing when it is told to."""

import importlib
import json
import statistics
import sys
import time
from pathlib import Path


def timed(step):
    """Seconds that one step takes."""
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


PROC = Path("/proc/self")  # of Linux; elsewhere no peak is told


def status(key):
    """A number of bytes from this process's status (VmRSS: resident now, VmHWM: at most)."""
    lines = (PROC / "status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))


def peak_since(resident):
    """The most that was resident at a time, above this much; None where the system does not say."""
    return max(0, status("VmHWM") - resident) if PROC.exists() else None


def main(task, contender):
    """Make the step, warm it, then answer each line on standard input with a line of JSON."""
    module = importlib.import_module(f"benchmarks.tasks.{task}")
    step = getattr(module, contender)()
    step(*getattr(module, "WARM", ()))
    if PROC.exists():
        (PROC / "clear_refs").write_text("5")  # the peak starts anew from what is resident now
    resident = status("VmRSS") if PROC.exists() else 0
    warm = min(timed(step) for _ in range(3 if not hasattr(module, "ROUNDS") else 1))
    repeats = max(1, min(500, int(0.25 / warm)))
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        seconds = statistics.median(timed(step) for _ in range(repeats))
        print(json.dumps({"seconds": seconds, "peak": peak_since(resident)}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
