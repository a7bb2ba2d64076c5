#!/usr/bin/env python3
"""Transactions of real clients, while they and their broker are killed and stopped, judged by the simulator's checks.

Usage: chaos.py [--minutes N] [--seed N] [--planted FAULT]. Without --minutes a short plan, always the same.

Two writers on Java's client and two on librdkafka write transactions, commit three of four, and say in each how far a
group has read; one reader of each client reads what is committed (transfers/). Everybody writes down what it does,
before and after. Then all is healed, everybody has to get on, all transactions have to end, and transfers_check holds
the histories against what is there: aborted and torn reads, lost and doubled writes, order, offsets that do not go with
their records. --planted runs a debug build of the broker with a mistake in it, which the checks have to find.
"""
import argparse
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/support", "tests/interop", "tests/process/transfers")]
import mishaps  # noqa: E402
from node import PROGRAM  # noqa: E402
from report import Report, expect  # noqa: E402
from run import make_all_ready  # noqa: E402
from stage import Stage  # noqa: E402

SHORT, LONG = 1.0, 4.0  # Seconds: before and after a transaction of the short plan is over.
TIMEOUT_MS = 3000
PLAN = [(mishaps.writer_outlived, "java-write-1", SHORT), (mishaps.broker_killed, None, 0),
        (mishaps.worker_killed, "librdkafka-write-1", 0), (mishaps.broker_stopped, None, LONG),
        (mishaps.writer_outlived, "librdkafka-write-2", SHORT), (mishaps.worker_stopped, "java-write-2", SHORT),
        (mishaps.worker_killed, "librdkafka-read-1", 0)]


def befall(stage, mishap, role, seconds):
    mishap(stage, role, seconds)
    stage.happened[mishap.__name__] += 1
    stage.expect_alive()


def live(stage, minutes):
    """Everybody works, and mishaps come: those of the plan, or as they are drawn until the time is over."""
    for role in stage.roles:
        role.begin()
    stage.everybody_goes_on()
    if not minutes:
        for mishap, name, seconds in PLAN:
            befall(stage, mishap, name and stage.role(name), seconds)
            time.sleep(0.5)
    deadline = time.monotonic() + minutes * 60
    while time.monotonic() < deadline:
        befall(stage, *mishaps.draw(stage))
        time.sleep(stage.dice.uniform(0.5, 3))
    stage.everybody_goes_on()
    stage.dismiss()
    stage.all_transactions_end()
    stage.read_everything()


def tell(stage, counts, seconds):
    print(f"  {seconds:.0f} s; " + ", ".join(f"{name.replace('_', ' ')} {times}"
                                             for name, times in sorted(stage.happened.items())), file=sys.stderr)
    print(f"  transactions: {counts['committed']} committed, {counts['aborted']} aborted or left open, "
          f"{counts['in-doubt']} in doubt; {counts['cycles']} pairs in one order here, in another there",
          file=sys.stderr)
    print(f"  values: {counts['written']} written, {counts['content']} there, given to readers {counts['reads']} times",
          file=sys.stderr, flush=True)


def run(report, folder, args):
    """False if there is something to look at in the folder."""
    began = time.monotonic()
    kind = "debug" if args.planted else "release"
    program = ROOT / "build/debug/tests/thalweg_planted" if args.planted else PROGRAM
    with Stage(folder, random.Random(args.seed), TIMEOUT_MS, ROOT / f"build/{kind}/tests", program) as stage:
        trouble = None
        try:
            live(stage, args.minutes)
        except (AssertionError, OSError, RuntimeError) as error:
            trouble = error
        counts, faults = {}, []
        if trouble is None:
            counts, faults = stage.judge()
            tell(stage, counts, time.monotonic() - began)
    for fault in faults:
        print(f"  anomaly: {fault}", file=sys.stderr)
    if args.planted:
        found = faults or trouble
        report.run("planted", expect, found, f"nothing was found of: {args.planted}")
        print(f"  {args.planted}: {faults[0] if faults else trouble}", file=sys.stderr)
        return True
    report.run("everybody-gets-on", expect, trouble is None, f"{trouble}")
    if trouble is None:
        report.run("nothing-is-wrong", expect, not faults, f"{len(faults)} anomalies; {faults[:1]}")
        report.run("much-was-done", expect, counts["committed"] >= 50 and counts["reads"] >= 200, f"only {counts}")
    return trouble is None and not faults


def interrupt(*_):
    raise KeyboardInterrupt


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=0, help="so long, with mishaps drawn by chance")
    parser.add_argument("--seed", type=int, help="of what is drawn")
    parser.add_argument("--planted", metavar="FAULT", help="one of tests/sim/planted.txt")
    args = parser.parse_args(arguments)
    if args.seed is None:
        args.seed = random.randrange(1 << 32) if args.minutes else 1
    if args.planted:
        os.environ["THALWEG_PLANT"] = args.planted
    report = Report()
    if not make_all_ready(["java"], report):
        report.exit()
    print(f"  seed {args.seed}", file=sys.stderr)
    signal.signal(signal.SIGTERM, interrupt)  # As Ctrl-C: nothing is left, not even what is stopped.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="thalweg-chaos-"))
    done_with = True
    try:
        done_with = run(report, folder, args)
    finally:
        if done_with:
            shutil.rmtree(folder)
        else:
            print(f"  the broker's data and everybody's history are in {folder}", file=sys.stderr)
    report.exit()


if __name__ == "__main__":
    main()
