#!/usr/bin/env python3
"""Measures. Usage: run.py [NAME]: one of node, produce, fetch, micro, or all four; `compare` runs Apache Kafka too.

Prints tables in Markdown, as docs/performance.md has them. Nothing here passes or fails.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
from apache_kafka import ApacheKafka  # noqa: E402
from node import Node, Scratch  # noqa: E402
from wire import Connection  # noqa: E402

BUILT = ROOT / "build/release"
LOAD = BUILT / "tests/load"
FLOOR = BUILT / "tests/floor"
SECONDS = 5


def status_bytes(pid, field):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(field)


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def table(title, columns, rows):
    print(f"\n{title}\n\n| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    sys.stdout.flush()


def first_answer(data):
    """Seconds from the start of the process to the first answered request."""
    started = time.perf_counter()
    node = Node(data)
    with Connection(node.address) as connection:
        connection.api_versions()
    return node, time.perf_counter() - started


def partitions_one_by_one(scratch):
    topics, each = 100, 100
    node, _ = first_answer(scratch / "many")
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
    after = status_bytes(node.process.pid, "VmRSS")
    node.stop()
    return created, grown / topics / each, restarted, after


def measure_node():
    with Scratch() as scratch:
        starts = []
        for attempt in range(5):
            node, seconds = first_answer(scratch / f"data{attempt}")
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


class Floor:
    """The least a broker could do (floor.cc), behind the same few names as a Node."""

    def __init__(self, folder, *options):
        folder.mkdir()
        self.process = subprocess.Popen([FLOOR, "127.0.0.1:0", folder, *options], stdout=subprocess.PIPE, text=True)
        self.kafka = self.process.stdout.readline().split()[1].removeprefix("kafka=")

    def stop(self):
        self.process.kill()
        self.process.wait()


def drive(server, what, topic, connections, depth, records, seconds=SECONDS):
    before = cpu_seconds(server.process.pid)
    said = subprocess.run([LOAD, what, server.kafka, topic, *map(str, (connections, depth, records, seconds))],
                          capture_output=True, text=True, check=True).stdout
    result = json.loads(said)
    result["cpu"] = cpu_seconds(server.process.pid) - before
    return result


def row(name, result):
    rate = result["bytes"] / result["seconds"] / 1e6
    cpu = result["cpu"] / (result["bytes"] / 1e9) if result["bytes"] else 0
    return [name, f"{rate:,.0f} MB/s", f"{result['ms_50']:.2f}", f"{result['ms_99']:.2f}", f"{result['ms_999']:.2f}",
            f"{cpu:.2f}", result["errors"] or ""]


COLUMNS = ["server", "rate", "ms, median", "ms, 99 %", "ms, 99.9 %", "CPU s per GB", "errors"]
# connections, requests under way on each, records of 1 KiB in a batch
SHAPES = [(1, 1, 1), (2, 4, 16), (4, 8, 64)]


def servers(scratch, compare, *floor_options):
    yield "floor", lambda name: Floor(scratch / name, *floor_options)
    yield "Thalweg", lambda name: Node(scratch / name)
    if compare:
        yield "Apache Kafka 4.2.1", lambda name: ApacheKafka(scratch / name)


def measure_produce(compare=False):
    for connections, depth, records in SHAPES:
        rows = []
        with Scratch() as scratch:
            for name, start in servers(scratch, compare, "--sync"):
                server = start(name.split()[0])
                drive(server, "produce", "warm", connections, depth, records, 1)
                rows.append(row(name, drive(server, "produce", "t", connections, depth, records)))
                server.stop()
        shape = f"{connections} connections, {depth} requests under way on each, {records} KiB a batch"
        table(f"Produce, acks=all: {shape}", COLUMNS, rows)


def measure_fetch(compare=False):
    rows = []
    with Scratch() as scratch:
        for name, start in servers(scratch, compare):
            server = start(name.split()[0])
            drive(server, "produce", "t", 2, 8, 64, 3)
            drive(server, "fetch", "t", 2, 1, 64, 1)
            rows.append(row(name, drive(server, "fetch", "t", 2, 1, 64)))
            server.stop()
    table("Fetch: 2 connections, up to 1 MiB an answer, from the page cache", COLUMNS, rows)


def measure_micro():
    for program in sorted(path.stem for path in ROOT.glob("bench/*_bench.cc")):
        subprocess.run(["ninja", "-C", BUILT, "--quiet", program], check=True)
        subprocess.run([BUILT / "tests" / program, "--benchmark_min_time=0.2"], check=True)


def main():
    wanted = sys.argv[1] if len(sys.argv) > 1 else "all"
    compare = wanted == "compare"
    if wanted not in ("all", "compare", "node", "produce", "fetch", "micro"):
        sys.exit(__doc__)
    subprocess.run(["ninja", "-C", BUILT, "--quiet", "thalweg", "load", "floor"], check=True)
    if wanted in ("all", "node"):
        measure_node()
    if wanted in ("all", "produce", "compare"):
        measure_produce(compare)
    if wanted in ("all", "fetch", "compare"):
        measure_fetch(compare)
    if wanted in ("all", "micro"):
        measure_micro()


if __name__ == "__main__":
    main()
