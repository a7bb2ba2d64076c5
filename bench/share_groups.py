"""A share group's throughput: records that lie ready, acquired and acknowledged by Java's share consumers.

Apache Kafka's own load program (ShareConsumerPerformance) reads them from either server, so the client costs the same.
"""
import argparse
import re
import subprocess
import sys

from node import Scratch
from servers import (BUILT, DEFAULT_JVM, KINDS, Kafka, build, cpu_seconds, create_topic, java_tool, prepare_java)
import results

SHARED = ("share.coordinator.state.topic.replication.factor=1\nshare.coordinator.state.topic.min.isr=1\n"
          "share.coordinator.state.topic.num.partitions=4\n")
RECORDS, BYTES = 500_000, 100
SHAPES = [(4, 4), (1, 4)]  # Partitions, consumers.
COLUMNS = ["server", "partitions", "consumers", "records/s", "broker CPU µs each"]


def start(kind, folder):
    return Kafka(folder, DEFAULT_JVM, SHARED) if kind.name == "kafka" else kind.start(folder)


def consume(server, partitions, consumers, records):
    topic, group = f"shared-{partitions}", f"workers-{partitions}"
    create_topic(server, topic, partitions)
    subprocess.run([BUILT / "thalweg", "config", "set", "group", group, "share.auto.offset.reset=earliest", "-b",
                    server.kafka], check=True, stdout=subprocess.DEVNULL)
    java_tool("ProducerPerformance", "--topic", topic, "--num-records", records, "--record-size", BYTES,
              "--throughput", -1, "--bootstrap-server", server.kafka, "--command-property", "linger.ms=5")
    before = cpu_seconds(server.process.pid)
    said = java_tool("ShareConsumerPerformance", "--topic", topic, "--group", group, "--num-records", records,
                     "--threads", consumers, "--bootstrap-server", server.kafka, "--hide-header", "--timeout", 30_000)
    cpu = cpu_seconds(server.process.pid) - before
    found = re.search(r"^\S+ \S+, \S+ \S+, ([\d.]+), ([\d.]+), ([\d.]+), (\d+), (\d+)", said, re.M)
    if not found:
        raise RuntimeError(f"ShareConsumerPerformance: {said.strip()[-300:]}")
    _, _, rate, taken, _ = map(float, found.groups())
    return [f"{rate:,.0f}", f"{cpu / taken * 1e6:.1f}"]


def main(arguments):
    parser = argparse.ArgumentParser(prog="./do bench share", description=__doc__)
    parser.add_argument("--servers", default="", help="servers whose name contains this")
    parser.add_argument("--records", type=int, default=RECORDS)
    args = parser.parse_args(arguments)
    kinds = [kind for kind in KINDS if kind.name in ("thalweg", "kafka") and args.servers in kind.name]
    build("thalweg")
    prepare_java()
    rows = []
    for kind in kinds:
        with Scratch() as scratch:
            server = start(kind, scratch / "data")
            try:
                for partitions, consumers in SHAPES:
                    rows.append([kind.title, partitions, consumers,
                                 *consume(server, partitions, consumers, args.records)])
            finally:
                server.stop()
    title = f"{args.records:,} records of {BYTES} bytes through a share group"
    print(f"\n{title}\n\n{results.table(COLUMNS, rows)}", end="", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
