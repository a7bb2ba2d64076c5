#!/usr/bin/env python3
"""Simulated days of a broker, one after another.

  ./do sim 42                         the day of seed 42, told in full
  ./do sim 42 --workload admin --mishaps kill,full-disk
  ./do sim --runs 200                 200 seeds that nobody has tried; --from SEED to choose them
  ./do sim --minutes 480              as many as go into a night
  ./do sim --planted                  plants each fault in turn and counts the seeds until it is found
  ./do sim --list                     workloads, mishaps and faults there are

Each seed runs twice and both runs must agree. A seed that fails is told, with the command that
repeats it. At the end: the seldom branches of the code that no run took.
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import shlex
import subprocess
import sys
import threading
import time
import typing

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build/asan/tests/thalweg_sim"
SEED = re.compile(r"^seed (\d+) hash \w+ (ok|FAILED: .*)$", re.M)
MARK = re.compile(r"^mark (\d+) (.*)$", re.M)
STATED = ROOT / "tests/sim/planted.txt"
SEEDS_A_PROCESS = 5
SECONDS_A_SEED = 240  # Far more than any takes: it hangs.
MOST_SEEDS = 40  # Until a planted fault counts as not found.


class Runs:
    """Runs batches of seeds in processes of their own, and adds up what they say."""

    def __init__(self, options=()):
        self.options = list(options)
        self.seeds = 0
        self.failed = {}
        self.marks = collections.Counter()
        self.broken = []  # What a process said that did not come to its end.
        self.started = time.monotonic()
        self.lock = threading.Lock()
        self.processes = set()
        self.stopped = False

    def batch(self, first, runs):
        if self.stopped:
            return
        process = subprocess.Popen([PROGRAM, str(first), str(runs), "--marks", *self.options], text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   errors="replace")
        with self.lock:
            self.processes.add(process)
        try:
            out, errors = process.communicate(timeout=SECONDS_A_SEED * runs)
        except subprocess.TimeoutExpired:
            process.kill()
            out, errors = process.communicate()
            errors += f"\ntook over {SECONDS_A_SEED * runs} s"
        with self.lock:
            self.processes.discard(process)
            if not self.stopped:
                self.take(first, runs, process.returncode, out, errors)

    def take(self, first, runs, code, out, errors):
        seeds = SEED.findall(out)
        self.seeds += len(seeds)
        self.failed |= {int(seed): verdict for seed, verdict in seeds if verdict != "ok"}
        for times, name in MARK.findall(out):
            self.marks[name] += int(times)
        if len(seeds) < runs:
            self.broken.append(f"seed {first + len(seeds)} ended its process:\n{errors[-4000:]}")
        elif code != 0 and all(verdict == "ok" for _, verdict in seeds):  # A sanitizer spoke at the end.
            self.broken.append(f"after seed {first + runs - 1} the process ended with {code}:\n{errors[-4000:]}")

    def stop(self):
        self.stopped = True
        for process in list(self.processes):
            process.kill()

    def per_minute(self):
        return 60 * self.seeds / max(time.monotonic() - self.started, 0.001)


def batches(first, runs):
    for start in range(first, first + runs, SEEDS_A_PROCESS):
        yield start, min(SEEDS_A_PROCESS, first + runs - start)


def run_many(first, runs, seconds, options=(), progress=True):
    """Runs seeds from `first` on until there were `runs`, or the time is over."""
    total = Runs(options)
    end = time.monotonic() + seconds
    pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
    waiting = batches(first, runs)
    under_way = set()
    try:
        while True:
            while len(under_way) < os.cpu_count() and time.monotonic() < end:
                batch = next(waiting, None)
                if not batch:
                    break
                under_way.add(pool.submit(total.batch, *batch))
            if not under_way:
                return total
            done, under_way = concurrent.futures.wait(under_way, 1, concurrent.futures.FIRST_COMPLETED)
            for one in done:
                one.result()
            if progress and sys.stderr.isatty():
                print(f"\r{total.seeds} seeds, {total.per_minute():.0f} a minute, {len(total.failed)} failed ",
                      end="", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return total
    finally:
        total.stop()
        pool.shutdown()
        if progress and sys.stderr.isatty():
            print(file=sys.stderr)


def tell(total):
    never = sorted(name for name, times in total.marks.items() if times == 0)
    print(f"{total.seeds} seeds, {total.per_minute():.0f} a minute, {len(total.failed)} failed")
    for seed, verdict in sorted(total.failed.items()):
        print(f"  seed {seed} {verdict}\n    again with: {shlex.join(['./do', 'sim', str(seed), *total.options])}")
    for text in total.broken:
        print(text)
    if total.seeds:
        print(f"seldom branches taken: {len(total.marks) - len(never)} of {len(total.marks)}")
    for name in never:
        print(f"  never: {name}")
    return 1 if total.failed or total.broken or not total.seeds else 0


class Stated(typing.NamedTuple):
    """What tests/sim/planted.txt says of a fault that can be planted."""

    fault: str
    day: str = "any day"  # Or options of thalweg_sim: a workload, mishaps.
    seeds: int = 0


def stated_faults():
    rows = [line.split("|") for line in STATED.read_text().splitlines() if "|" in line and not line.startswith("#")]
    return {fault.strip(): Stated(fault.strip(), day.strip(), int(seeds)) for fault, day, seeds in rows}


def planted_faults():
    listed = subprocess.run([PROGRAM, "--list"], capture_output=True, text=True, check=True).stdout
    return [line.strip() for line in listed.split("faults that can be planted\n")[1].splitlines()]


def verdict_of(seed, options):
    """What became of one seed: None if all was well, or what the checks said."""
    try:
        done = subprocess.run([PROGRAM, str(seed), "--once", *options], capture_output=True, text=True,
                              errors="replace", timeout=SECONDS_A_SEED)
    except subprocess.TimeoutExpired:
        return f"took over {SECONDS_A_SEED} s"
    if done.returncode == 2:  # It never began.
        sys.exit(done.stderr.strip())
    verdicts = SEED.findall(done.stdout)
    if done.returncode == 0:
        return None
    return verdicts[0][1].removeprefix("FAILED: ") if verdicts else "the broker stopped itself"


def seeds_until_found(stated):
    """How many seeds from 1 on it took until the checks found the fault, or None; and what they said.

    A seed on which they say something without the fault, too, has found nothing."""
    options = [] if stated.day == "any day" else stated.day.split()
    for seed in range(1, MOST_SEEDS + 1):
        found = verdict_of(seed, ["--plant", stated.fault, *options])
        if not found:
            continue
        innocent = verdict_of(seed, options)
        if innocent:
            return None, f"seed {seed} fails without the fault, too: {innocent}"
        return seed, found
    return None, f"not found within {MOST_SEEDS} seeds"


def plant_all():
    """Plants each fault in turn, and gives (what is stated, seeds it took, what the checks said) as they end."""
    stated = stated_faults()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = [stated.pop(fault, Stated(fault)) for fault in planted_faults()]
        tried = {pool.submit(seeds_until_found, row): row for row in rows}
        for done in concurrent.futures.as_completed(tried):
            yield tried[done], *done.result()
    for row in stated.values():
        yield row, None, "there is no such fault any more"


def tell_planted():
    print(f"{'fault':<44}  seeds  stated  found by")
    missed = 0
    for row, seeds, why in plant_all():
        missed += not seeds or seeds > row.seeds
        print(f"{row.fault:<44}  {seeds or '-':>5}  {row.seeds or '-':>6}  {why[:100]}", flush=True)
    return 1 if missed else 0


def main():
    parser = argparse.ArgumentParser(prog="./do sim", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seed", nargs="?", help="one seed, told in full")
    parser.add_argument("--runs", type=int, help="how many seeds")
    parser.add_argument("--minutes", type=float, help="for how long")
    parser.add_argument("--from", dest="first", type=int, help="the first seed; else one that nobody has tried")
    parser.add_argument("--workload", help="instead of the one that each seed draws")
    parser.add_argument("--mishaps", help="only these, separated by commas")
    parser.add_argument("--plant", help="one fault, planted in the broker")
    parser.add_argument("--planted", action="store_true", help="plant each fault in turn")
    parser.add_argument("--list", action="store_true", help="workloads, mishaps and faults")
    wanted = parser.parse_args()
    chosen = {"--workload": wanted.workload, "--mishaps": wanted.mishaps, "--plant": wanted.plant}
    options = [word for name, value in chosen.items() if value is not None for word in (name, value)]
    if wanted.list:
        return subprocess.run([PROGRAM, "--list"]).returncode
    if wanted.planted:
        return tell_planted()
    if wanted.seed is not None:
        if not wanted.seed.isdecimal():
            print(f"do sim: '{wanted.seed}' is not a seed; a seed is a number, as in: ./do sim 42", file=sys.stderr)
            return 2
        return subprocess.run([PROGRAM, wanted.seed, "--diary", *options]).returncode
    if wanted.runs is None and wanted.minutes is None:
        parser.print_usage(sys.stderr)
        return 2
    first = wanted.first if wanted.first is not None else int.from_bytes(os.urandom(4), "big")
    runs = wanted.runs if wanted.runs is not None else 1 << 40
    return tell(run_many(first, runs, 60 * wanted.minutes if wanted.minutes else 1e12, options))


if __name__ == "__main__":
    sys.exit(main())
