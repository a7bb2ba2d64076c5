"""What exactly-once costs: read, process, write with and without it (`thalweg bench eos`), on Thalweg and Apache Kafka.

    ./do bench eos                          about seven minutes
    ./do bench eos --seconds 4              to see that it works
    ./do bench eos --servers thalweg        servers whose name contains this

At full speed it shows throughput; at a fixed rate, which every server carries, how long a commit takes. While a load
runs, a file beside the broker's logs is appended to and synced every so often: what a commit may be held against.
A run that is whole is written to bench/results/eos.json.
"""
import argparse
import contextlib
import json
import os
import subprocess
import threading
import time

import compare
import results
from node import Scratch
from servers import BUILT, KINDS, SYNCED, build, cpu_seconds, prepare_java

PROGRAM = BUILT / "thalweg"
RESULT = results.RESULTS / "eos.json"
SERVERS = ("thalweg-relaxed", "thalweg", "kafka")
RATE = 20_000
SYNC_EVERY, SYNC_BYTES = 0.02, 4096
MOST_PRODUCERS = 100_000


class SyncProbe:
    """How long fdatasync takes in a folder, in microseconds: by itself, and while something else writes there."""

    def __init__(self, folder):
        self.file = os.open(folder / "sync-probe", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self.stopped = threading.Event()

    def once(self):
        os.write(self.file, b"\0" * SYNC_BYTES)
        began = time.perf_counter()
        os.fdatasync(self.file)
        return (time.perf_counter() - began) * 1e6

    def alone(self, times=100):
        return summary([self.once() for _ in range(times)])

    @contextlib.contextmanager
    def beside(self, into):
        """Fills `into` when the block ends."""
        taken, self.stopped = [], threading.Event()

        def probe():
            while not self.stopped.wait(SYNC_EVERY):
                taken.append(self.once())
        thread = threading.Thread(target=probe)
        thread.start()
        try:
            yield
        finally:
            self.stopped.set()
            thread.join()
            into.update(summary(taken))

    def close(self):
        os.close(self.file)


def summary(micros):
    ordered = sorted(micros) or [0.0]
    return {"p50": ordered[len(ordered) // 2], "p99": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
            "max": ordered[-1], "count": len(micros)}


def bench_eos(server, seconds, rounds, *options):
    before = cpu_seconds(server.process.pid)
    done = subprocess.run([PROGRAM, "bench", "eos", "-b", server.kafka, "--json", "--duration", f"{seconds}s",
                           "--rounds", str(rounds), *map(str, options)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"bench eos: {done.stderr.strip()[-300:]}")
    return json.loads(done.stdout) | {"cpu_seconds": cpu_seconds(server.process.pid) - before}


def measure(kind, seconds):
    with Scratch() as scratch:
        server = kind.start(scratch / "data")
        probe = SyncProbe(scratch)
        try:
            idle = probe.alone()
            # Disks are noisier than memory: the more rounds, the more of the same noise either guarantee meets.
            fast = bench_eos(server, seconds * (3 if kind.policy == SYNCED else 1), 10)
            beside = {}
            with probe.beside(beside):
                paced = bench_eos(server, seconds, 2, "--rate", RATE)
            return {"title": kind.title, "policy": kind.policy, "fast": fast, "paced": paced, "sync_alone": idle,
                    "sync_beside": beside}
        finally:
            probe.close()
            server.stop()


def producer_states():
    """MiB that so many open producers take."""
    build("producers_bench")
    done = subprocess.run([BUILT / "tests/producers_bench", f"--benchmark_filter=memory/{MOST_PRODUCERS}/",
                           "--benchmark_format=json"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["benchmarks"][0]["MiB"]


# The tables.

def ms(micros):
    return f"{micros / 1000:.2f}"


def speed_rows(rows):
    for row in rows.values():
        for name, title in (("at_least_once", "at least once"), ("exactly_once", "exactly once")):
            one = row["fast"][name]
            yield [row["title"], row["policy"], title, f"{one['records_per_second']:,.0f}",
                   f"{one['bytes_per_second'] / 1e6:.0f}", *latency_cells(one), one["aborted"], one["retried"]]


def paced_rows(rows):
    for row in rows.values():
        for name, title in (("at_least_once", "at least once"), ("exactly_once", "exactly once")):
            one = row["paced"][name]
            yield [row["title"], row["policy"], title, f"{one['records_per_second']:,.0f}",
                   f"{one['partitions_per_commit']:.1f}", *latency_cells(one), *end_cells(one), one["aborted"],
                   one["retried"]]


def latency_cells(one):
    return [ms(one["latency_us"]["commit"][name]) for name in ("p50", "p99", "max")]


def end_cells(one):
    end = one["latency_us"]["end"]
    return [ms(end["p50"]), ms(end["p99"])] if end["max"] else ["", ""]


SPEED_COLUMNS = ["server", "an acknowledgement means", "guarantee", "records/s", "MB/s", "commit ms, 50 %", "99 %",
                 "most", "aborted", "retried"]
PACED_COLUMNS = ["server", "an acknowledgement means", "guarantee", "records/s", "partitions a commit",
                 "commit ms, 50 %", "99 %", "most", "EndTxn alone, 50 %", "99 %", "aborted", "retried"]
SYNC_COLUMNS = ["server", "an acknowledgement means", "alone: ms, 50 %", "99 %", "beside the load: ms, 50 %", "99 %"]
GOAL_COLUMNS = ["what", "measured", "to reach", "holds"]


def holds(ratio, most):
    return "yes" if ratio <= most else "**no**"


def commit(rows, name, quantile, what="commit"):
    return rows[name]["paced"]["exactly_once"]["latency_us"][what][quantile]


def goal_rows(rows, producers):
    for name in ("thalweg-relaxed", "thalweg", "kafka"):
        if name not in rows:
            continue
        row, share = rows[name], rows[name]["fast"]["ratio"]
        by_round = ", ".join(f"{100 * one:.0f}" for one in row["fast"]["round_ratios"])
        goal = ["95 %", holds(0.95, share)] if "thalweg" in name else ["", ""]
        yield [f"exactly once : at least once, {row['title']}, {row['policy']}",
               f"{100 * share:.1f} % (rounds: {by_round})", *goal]
    if "thalweg-relaxed" in rows and "kafka" in rows:
        for what, title in (("commit", "offsets and EndTxn"), ("end", "EndTxn alone")):
            ours, theirs = (commit(rows, name, "p99", what) for name in ("thalweg-relaxed", "kafka"))
            yield [f"99 % of commits ({title}) at {RATE:,} records/s, page cache: Thalweg's to Apache Kafka's",
                   f"{ms(ours)} ms : {ms(theirs)} ms = {ours / theirs:.2f}", "0.3", holds(ours / theirs, 0.3)]
    if "thalweg" in rows:
        sync = rows["thalweg"]["sync_beside"]
        for what, title in (("commit", "offsets and EndTxn"), ("end", "EndTxn alone")):
            for quantile, named in (("p50", "50 %"), ("p99", "99 %")):
                took = commit(rows, "thalweg", quantile, what)
                times = took / sync[quantile]
                yield [f"{named} of commits ({title}), synced, in times of fdatasync beside the load",
                       f"{ms(took)} ms : {ms(sync[quantile])} ms = {times:.1f}", "3", holds(times, 3)]
    yield [f"{MOST_PRODUCERS:,} producers with a transaction open", f"{producers:.1f} MiB", "100 MiB",
           holds(producers, 100)]


def report(rows, producers):
    said = [("To reach", GOAL_COLUMNS, goal_rows(rows, producers)),
            ("As fast as it goes, 1 KiB records, 10 partitions, a commit every 100 ms", SPEED_COLUMNS,
             speed_rows(rows)),
            (f"At {RATE:,} records/s", PACED_COLUMNS, paced_rows(rows)),
            ("fdatasync of 4 KiB on the broker's disk", SYNC_COLUMNS,
             ([row["title"], row["policy"], *(ms(row[when][name]) for when in ("sync_alone", "sync_beside")
                                              for name in ("p50", "p99"))] for row in rows.values()))]
    for title, columns, cells in said:
        print(f"\n{title}\n\n{results.table(columns, list(cells))}", end="", flush=True)


def main(arguments):
    parser = argparse.ArgumentParser(prog="./do bench eos", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", default="", help="servers whose name contains this; writes no result")
    parser.add_argument("--seconds", type=int, default=20,
                        help="of each guarantee and load; three times as long at full speed where writes are synced")
    args = parser.parse_args(arguments)
    kinds = [kind for kind in KINDS if kind.name in SERVERS and args.servers in kind.name]
    build("thalweg", "producers_bench")
    if any(kind.family == "kafka" for kind in kinds):
        prepare_java()
    rows = {kind.name: measure(kind, args.seconds) for kind in kinds}
    producers = producer_states()
    report(rows, producers)
    if not args.servers:
        results.write_whole(RESULT, json.dumps({"machine": compare.machine(), "rows": rows,
                                                "producers_mib": producers}, indent=1) + "\n")
