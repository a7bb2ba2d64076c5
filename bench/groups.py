"""Consumer groups of many members: how long until all have what is theirs, what one that leaves costs the others,
and what their heartbeats cost the broker. Thalweg and Apache Kafka, one after another.
"""
import argparse
import json
import subprocess
import typing

import results
from node import Scratch
from servers import BUILT, KINDS, build, cpu_seconds, create_topic, prepare_java

LOAD = BUILT / "tests/group_load"
SERVERS = ("thalweg", "kafka")


class Shape(typing.NamedTuple):
    protocol: str
    members: int
    partitions: int
    groups: int = 1
    share: int = 1  # Members on one connection.

    def __str__(self):
        groups = f" in {self.groups} groups" if self.groups > 1 else ""
        shared = f", {self.share} on each connection" if self.share > 1 else ""
        return f"{self.protocol}: {self.members:,} members{groups}{shared}, {self.partitions:,} partitions"


SHAPES = [Shape("consumer", 1_000, 10_000), Shape("classic", 1_000, 10_000), Shape("consumer", 10_000, 2_000, 10, 5)]
QUICK = [Shape("consumer", 20, 100), Shape("classic", 20, 100)]


def play(server, shape, seconds):
    """What each phase told, and the broker's CPU seconds in it."""
    create_topic(server, "bench", shape.partitions)
    options = {"address": server.kafka, **shape._asdict(), "seconds": seconds}
    options.pop("protocol")
    command = [LOAD, shape.protocol, *(f"{name}={value}" for name, value in options.items())]
    phases, before = [], cpu_seconds(server.process.pid)
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as load:
        try:
            for line in load.stdout:
                now = cpu_seconds(server.process.pid)
                phases.append(json.loads(line) | {"cpu": now - before})
                before = now
            said = load.stderr.read().strip()
        finally:
            load.kill()
    return phases, said


def row(title, shape, phases, said):
    if len(phases) < 3 or not all(phase.get("settled", True) for phase in phases):
        return [title, f"did not settle: {said[-80:]}" if said else "did not settle"] + [""] * 6
    joined, left, steady = phases
    return [title, f"{joined['seconds']:.1f} s", f"{joined['cpu']:.2f} s", f"{left['seconds']:.1f} s",
            left["given_up"], f"{left['longest_pause']:.1f} s", f"{100 * steady['cpu'] / steady['seconds']:.1f} %",
            f"{steady['ms_99']:.1f} ms", joined["doubled"] + left["doubled"]]


COLUMNS = ["server", "stable after the last join", "broker CPU for it", "stable after one left",
           "partitions others gave up", "longest pause", "heartbeats, share of a core", "heartbeat, 99 %",
           "owned twice"]


def main(arguments):
    parser = argparse.ArgumentParser(prog="./do bench groups", description=__doc__)
    parser.add_argument("--servers", default="", help="servers whose name contains this")
    parser.add_argument("--protocol", default="", help="shapes of this protocol alone: consumer, classic")
    parser.add_argument("--quick", action="store_true", help="small groups: to see that it works")
    parser.add_argument("--seconds", type=int, default=20, help="of heartbeats")
    args = parser.parse_args(arguments)
    kinds = [kind for kind in KINDS if kind.name in SERVERS and args.servers in kind.name]
    build("thalweg", "group_load")
    if any(kind.family == "kafka" for kind in kinds):
        prepare_java()
    for shape in QUICK if args.quick else SHAPES:
        if args.protocol not in shape.protocol:
            continue
        rows = []
        for kind in kinds:
            with Scratch() as scratch:
                server = kind.start(scratch / "data")
                try:
                    rows.append(row(kind.title, shape, *play(server, shape, args.seconds)))
                finally:
                    server.stop()
        print(f"\n{shape}\n\n{results.table(COLUMNS, rows)}", end="", flush=True)
