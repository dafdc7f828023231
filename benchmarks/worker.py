"""worker: one contender at one task, in a process of its own, timing when it is told to."""

import importlib
import json
import statistics
import sys
import time


def timed(step):
    """Seconds that one step takes."""
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def status(key):
    """A number of bytes from this process's status (VmRSS: resident now, VmHWM: at most)."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))


def forget_peak():
    """Let VmHWM start anew from what is resident now."""
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def main(task, contender):
    """Make the step, warm it, then answer each line on standard input with a line of JSON."""
    module = importlib.import_module(f"benchmarks.tasks.{task}")
    step = getattr(module, contender)()
    step(*getattr(module, "WARM", ()))
    resident = status("VmRSS")
    forget_peak()
    warm = min(timed(step) for _ in range(3 if not hasattr(module, "ROUNDS") else 1))
    repeats = max(1, min(500, int(0.25 / warm)))
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        seconds = statistics.median(timed(step) for _ in range(repeats))
        print(json.dumps({"seconds": seconds, "peak": max(0, status("VmHWM") - resident)}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
