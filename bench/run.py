#!/usr/bin/env python3
"""Measures Thalweg, on this machine and against what stands beside it. Nothing here passes or fails.

    ./do bench                  node, produce, fetch, offsets and micro, one after another
    ./do bench node             start, memory, 10,000 partitions
    ./do bench produce          against the floor program: the least a broker could do
    ./do bench fetch            the same
    ./do bench offsets          offset commits, and 10,000 groups brought back at a start
    ./do bench micro            the benchmarks of single functions (bench/*_bench.cc)
    ./do bench groups [...]     consumer groups of thousands of members, Apache Kafka's too
    ./do bench share [...]      a share group's throughput, Apache Kafka's too
    ./do bench eos [...]        what exactly-once costs, Apache Kafka's too
    ./do bench chaos [...]      transactions while everything is killed and stopped, ten minutes or --minutes N
    ./do bench compare [...]    Apache Kafka too, under the same loads; `./do bench compare --help`
    ./do bench report           make the tables and plots of the last comparison again
    ./do bench flame [NAME]     where the broker's time goes: bench/results/flame-NAME.svg
"""
import subprocess
import sys
import time

from servers import (BUILT, ROOT, Floor, await_answer, build, build_all, cpu_seconds, interrupt_on_term,
                     prepare_java, status_bytes)
from node import Node, NotReady, Scratch
from wire import Connection
import compare
import eos
import flame
import groups
import offsets
import results
import share_groups

SECONDS = 5


def table(title, columns, rows):
    print(f"\n{title}\n\n{results.table(columns, rows)}", end="", flush=True)


def first_answer(data):
    """A node, and the seconds from the start of its process to its first answer."""
    started = time.perf_counter()
    node = Node(data)
    await_answer(node)
    return node, time.perf_counter() - started


def partitions_one_by_one(scratch):
    topics, each = 100, 100
    node, _ = first_answer(scratch / "many")
    with node:
        before = status_bytes(node.process.pid, "VmRSS")
        started = time.perf_counter()
        with Connection(node.address, 120) as connection:
            for number in range(topics):
                if connection.create_topic(f"topic-{number}", each) != 0:
                    raise RuntimeError("a topic was not created")
        created = time.perf_counter() - started
        time.sleep(1)
        grown = status_bytes(node.process.pid, "VmRSS") - before
        node.stop()
    node, restarted = first_answer(scratch / "many")
    with node:
        after = status_bytes(node.process.pid, "VmRSS")
        node.stop()
    return created, grown / topics / each, restarted, after


def measure_node():
    with Scratch() as scratch:
        starts = []
        for attempt in range(5):
            node, seconds = first_answer(scratch / f"data{attempt}")
            with node:
                starts.append(seconds)
                if attempt == 4:
                    time.sleep(2)
                    idle = status_bytes(node.process.pid, "VmRSS")
                node.stop()
        created, per_partition, restarted, after = partitions_one_by_one(scratch)
    table("A node by itself", ["what", "measured", "to reach"], [
        ["start to first answer, median of 5", f"{sorted(starts)[2] * 1000:.0f} ms", "100 ms"],
        ["resident memory, idle", f"{idle / (1 << 20):.1f} MiB", "40 MiB"],
        ["10,000 partitions created", f"{created:.1f} s", "30 s"],
        ["resident memory for each of them", f"{per_partition / 1024:.1f} KiB", "20 KiB"],
        ["start to first answer with them", f"{restarted:.2f} s", "5 s"],
        ["resident memory after that start", f"{after / (1 << 20):.1f} MiB", ""],
    ])


def drive(server, what, seconds=SECONDS, **shape):
    before = cpu_seconds(server.process.pid)
    result = compare.generate(compare.LOAD, what, server, "t", **shape, seconds=seconds)
    result["cpu_seconds"] = cpu_seconds(server.process.pid) - before
    return result


def row(name, result):
    return [name, f"{results.rate(result):,.0f} MB/s", *(f"{result[ms]:.2f}" for ms in ("ms_50", "ms_99", "ms_999")),
            f"{results.cpu(result):.2f}", result["errors"] or ""]


COLUMNS = ["server", "rate", "ms, median", "ms, 99 %", "ms, 99.9 %", "CPU s per GB", "errors"]
SHAPES = [{"clients": 1, "partitions": 1, "depth": 1, "records": 1},
          {"clients": 2, "partitions": 2, "depth": 4, "records": 16},
          {"clients": 4, "partitions": 4, "depth": 8, "records": 63}]


def beside_the_floor(measure, *floor_options):
    rows = []
    with Scratch() as scratch:
        for name, start in (("floor", lambda: Floor(scratch / "floor", *floor_options)),
                            ("Thalweg", lambda: Node(scratch / "thalweg"))):
            server = start()
            try:
                rows.append(row(name, measure(server)))
            finally:
                server.stop()
    return rows


def measure_produce():
    for shape in SHAPES:
        def produce(server):
            drive(server, "produce", 1, **shape)
            return drive(server, "produce", **shape)
        connections, depth, records = (shape[name] for name in ("clients", "depth", "records"))
        table(f"Produce, acks=all, synced: {connections} connections, {depth} requests under way on each, "
              f"{records} KiB a batch", COLUMNS, beside_the_floor(produce, "--sync"))


def measure_fetch():
    def fetch(server):
        drive(server, "produce", 3, clients=2, partitions=2, depth=8)
        drive(server, "fetch", 1, clients=2, partitions=2)
        return drive(server, "fetch", clients=2, partitions=2)
    table("Fetch: 2 connections, up to 1 MiB an answer, from the page cache", COLUMNS, beside_the_floor(fetch))


def measure_offsets():
    table("Offset commits, synced, one shard: each consumer has one under way", offsets.COMMIT_COLUMNS,
          offsets.commits())
    table(f"{offsets.GROUPS:,} groups with a member and {offsets.OFFSETS} offsets each, brought back at a start",
          offsets.RELOAD_COLUMNS, offsets.reload())


def measure_micro():
    for program in sorted(path.stem for path in ROOT.glob("bench/*_bench.cc")):
        build(program)
        subprocess.run([BUILT / "tests" / program, "--benchmark_min_time=0.2"], check=True)


def prove_transactions(arguments):
    """Here because it takes long; it measures nothing."""
    sys.path.insert(0, str(ROOT / "tests/process"))
    import chaos
    build("thalweg", "process_tests")
    prepare_java()
    chaos.main(["--minutes", "10", *arguments])


OWN = {"node": measure_node, "produce": measure_produce, "fetch": measure_fetch, "offsets": measure_offsets,
       "micro": measure_micro}
WITH_ARGUMENTS = {"chaos": prove_transactions, "groups": groups.main, "share": share_groups.main, "eos": eos.main,
                  "compare": compare.main, "flame": flame.main, "report": lambda _: results.main()}


def main():
    name, *arguments = sys.argv[1:] or ["all"]
    if name not in ("all", *OWN, *WITH_ARGUMENTS) or (arguments and name not in WITH_ARGUMENTS):
        sys.exit(__doc__.strip())
    interrupt_on_term()
    try:
        if name in WITH_ARGUMENTS:
            WITH_ARGUMENTS[name](arguments)
        else:
            build_all()
        for own, measure in OWN.items():
            if name in ("all", own):
                measure()
    except KeyboardInterrupt:
        sys.exit("\nbench: interrupted")
    except (RuntimeError, OSError, NotReady) as error:
        sys.exit(f"bench: {error}")


if __name__ == "__main__":
    main()
