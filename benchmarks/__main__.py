"""Compare tinygrad_edu with its neighbours: `python -m benchmarks [TASK …] [--rounds N] [--processes N] [--json FILE]`.

Each contender runs in a process of its own; rounds are interleaved, so that a slow minute of the
machine strikes all alike; a ratio is the median over rounds of ours to theirs in the same round.
Threads of BLAS are fast or slow for the whole life of a process: `--processes` asks several, and
shows the range of their medians.
"""

import argparse
import importlib
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys

TASKS = ["chain", "perceptron_small", "perceptron_large", "modules_small", "modules_large", "deep", "importing",
         "epoch", "conv", "lenet", "vgg", "batchnorm", "layernorm", "cross_entropy", "lstm", "encoder",
         "update_sgd", "update_momentum", "update_adam"]  # fmt: skip
CONTENDERS = {
    "tinygrad_edu": "tinygrad_edu", "as_it_is": "tinygrad_edu", "pytorch": "torch", "numpy": "numpy", "jax": "jax",
    "mygrad": "mygrad", "autograd": "autograd",
}  # fmt: skip
TITLES = {"pytorch": "PyTorch eager", "numpy": "NumPy by hand", "jax": "jax.jit", "mygrad": "MyGrad",
          "autograd": "HIPS autograd", "tinygrad_edu": "tinygrad_edu", "as_it_is": "... BLAS as it is"}  # fmt: skip


def start(task, contender):
    """A worker that has warmed up."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.worker", task, contender],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    if not worker.stdout.readline():
        raise RuntimeError(f"{contender} failed at {task}: try `python -m benchmarks.worker {task} {contender}`")
    return worker


def ask(worker):
    """One round of one worker."""
    worker.stdin.write("go\n")
    worker.stdin.flush()
    return json.loads(worker.stdout.readline())


def compare(task, rounds, processes):
    """The measurements of every contender that is installed and has this task."""
    module = importlib.import_module(f"benchmarks.tasks.{task}")
    rounds = getattr(module, "ROUNDS", rounds)
    names = [name for name in CONTENDERS if hasattr(module, name)]
    missing = [name for name in names if importlib.util.find_spec(CONTENDERS[name]) is None]
    answers = {name: [] for name in names if name not in missing}
    for _ in range(processes):
        workers = {name: start(task, name) for name in answers}
        for _ in range(rounds):
            for name, worker in workers.items():
                answers[name].append(ask(worker))
        for worker in workers.values():
            worker.stdin.close()
            worker.wait()
    ours = [a["seconds"] for a in answers["tinygrad_edu"]]
    rows = {}
    for name, given in answers.items():
        seconds, peaks = [a["seconds"] for a in given], [a["peak"] for a in given]
        by_process = [statistics.median(seconds[i : i + rounds]) for i in range(0, len(seconds), rounds)]
        rows[name] = {
            "microseconds": statistics.median(seconds) * 1e6,
            "range": [min(by_process) * 1e6, max(by_process) * 1e6],
            "ratio": statistics.median(o / s for o, s in zip(ours, seconds, strict=True)),
            "peak_megabytes": None if None in peaks else max(peaks) / 2**20,
        }
    return {
        "task": task, "title": module.TITLE, "rounds": rounds, "processes": processes, "rows": rows, "missing": missing,
    }  # fmt: skip


def show(result):
    """One task as a table."""
    several = result["processes"] > 1
    of = f" in each of {result['processes']} processes" if several else ""
    print(f"\n{result['title']}  (median of {result['rounds']} rounds{of})")
    print(f"  {'':<18}{'microseconds':>14}{'ours to it':>12}{'peak MB':>10}" + "     range of processes" * several)
    for name, row in result["rows"].items():
        ratio = "" if name == "tinygrad_edu" else f"{row['ratio']:.2f} x"
        peak = "-" if row["peak_megabytes"] is None else f"{row['peak_megabytes']:.1f}"
        low, high = row["range"]
        print(
            f"  {TITLES[name]:<18}{row['microseconds']:>14,.0f}{ratio:>12}{peak:>10}"
            + f"{low:>12,.0f} -{high:>10,.0f}" * several
        )
    for name in result["missing"]:
        print(f"  {TITLES[name]:<18}{'not installed: skipped':>14}")


def main():
    """Read the command line, run the tasks, print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=f"of {', '.join(TASKS)} (default: all)")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--processes", type=int, default=1, help="of each contender, one after the other")
    parser.add_argument("--json", metavar="FILE", help="also write the figures here")
    chosen = parser.parse_args()
    unknown = set(chosen.tasks) - set(TASKS)
    if unknown:
        parser.error(f"no such task: {', '.join(sorted(unknown))}; there are {', '.join(TASKS)}")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    results = []
    for task in chosen.tasks or TASKS:
        results.append(compare(task, chosen.rounds, chosen.processes))
        show(results[-1])
    if chosen.json:
        with open(chosen.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
