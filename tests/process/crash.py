#!/usr/bin/env python3
"""kill -9 under load: every record that was acknowledged is there afterwards, once, at its offset."""
import pathlib
import random
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from node import PROGRAM, Node, Scratch  # noqa: E402
from report import Report, expect  # noqa: E402
from wire import Closed, Connection, batch  # noqa: E402

PARTITIONS = 4
ROUNDS = 6
dice = random.Random(5)


class Load(threading.Thread):
    """Writes to one partition, batch after batch, and remembers what was acknowledged and where."""

    def __init__(self, address, topic, partition, acknowledged, label):
        super().__init__(daemon=True)
        self.address, self.topic, self.partition = address, topic, partition
        self.acknowledged, self.label = acknowledged, label
        self.wrong = None

    def run(self):
        try:
            with Connection(self.address, 10) as connection:
                for number in range(1_000_000):
                    values = [b"%s-%d-%d" % (self.label, number, i) for i in range(3)]
                    error, offset = connection.produce(self.topic, self.partition, batch(values))
                    if error:
                        self.wrong = f"produce gave error {error}"
                        return
                    for i, value in enumerate(values):
                        self.acknowledged[offset + i] = value.decode()
        except (Closed, OSError):
            pass  # The node was killed: what was on its way is neither promised nor barred.


def read_all(node, topic, partition):
    """offset -> value, as kcat reads them."""
    done = subprocess.run(["kcat", "-b", node.kafka, "-C", "-t", topic, "-p", str(partition), "-o", "beginning", "-e",
                           "-q", "-f", "%o %s\n"], capture_output=True, text=True, timeout=60)
    expect(done.returncode == 0, f"kcat: {done.stderr[-300:]}")
    pairs = [line.split(" ", 1) for line in done.stdout.splitlines()]
    offsets = [int(offset) for offset, _ in pairs]
    expect(offsets == list(range(len(offsets))), f"partition {partition} has gaps or repeats in its offsets")
    return {int(offset): value for offset, value in pairs}


def acknowledged_survive(scratch, *options):
    """Several rounds on one data folder, each ended by kill -9 at a moment of chance."""
    acknowledged = [{} for _ in range(PARTITIONS)]
    for turn in range(ROUNDS):
        with Node(scratch / "data", *options) as node:
            if turn == 0:
                with Connection(node.address) as connection:
                    expect(connection.create_topic("t", PARTITIONS) == 0, "the topic was not created")
            loads = [Load(node.address, "t", p, acknowledged[p], b"round%d" % turn) for p in range(PARTITIONS)]
            for load in loads:
                load.start()
            time.sleep(dice.uniform(0.2, 1.0))
            node.kill()
            for load in loads:
                load.join()
                expect(not load.wrong, load.wrong)
        with Node(scratch / "data", *options) as node:
            compare(node, acknowledged)
            if dice.random() < 0.5:
                node.kill()  # Killed again while it has nothing to do.
            else:
                expect(node.stop() == 0, "a clean stop after a crash")
    expect(sum(map(len, acknowledged)) > 1000, "hardly anything was acknowledged: the test tests nothing")


def compare(node, acknowledged):
    for partition, promised in enumerate(acknowledged):
        there = read_all(node, "t", partition)
        for offset, value in promised.items():
            found = there.get(offset)
            expect(found == value, f"acknowledged {value} at {partition}@{offset}, found {found}")
        # What was written but not acknowledged may be there, and is then as good as acknowledged.
        promised.update(there)


def torn_tail(scratch):
    """Noise after the last whole batch, as a torn write leaves it, is cut off; the rest is served."""
    with Node(scratch / "data") as node, Connection(node.address) as connection:
        connection.create_topic("t")
        for i in range(50):
            expect(connection.produce("t", 0, batch([b"%d" % i]))[0] == 0, "produce failed")
        node.kill()
    segment = next((scratch / "data").glob("**/t-0/*.log"))
    with open(segment, "ab") as file:
        file.write(batch([b"torn"] * 50)[:200])
    with Node(scratch / "data") as node, Connection(node.address) as connection:
        there = read_all(node, "t", 0)
        expect(list(there.values()) == [str(i) for i in range(50)], f"there are {len(there)} records")
        expect(connection.produce("t", 0, batch([b"next"])) == (0, 50), "the next record has another place")


def killed_while_starting(scratch):
    """A node killed at any moment of its start starts again."""
    with Node(scratch / "data") as node, Connection(node.address) as connection:
        connection.create_topic("t", 8)
        connection.produce("t", 3, batch([b"kept"]))
        node.kill()
    for wait in (0.0, 0.005, 0.01, 0.02, 0.04, 0.08):
        process = subprocess.Popen([PROGRAM, "serve", "--data", scratch / "data", "--kafka", "127.0.0.1:0", "--http",
                                    "127.0.0.1:0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(wait)
        process.kill()
        process.wait()
    with Node(scratch / "data") as node:
        expect(read_all(node, "t", 3) == {0: "kept"}, "the record is gone")


def main():
    report = Report()
    with Scratch() as scratch:
        report.run("acknowledged-survive", acknowledged_survive, scratch)
    with Scratch() as scratch:
        small = ("--set", "log.segment.bytes=1048576", "--set", "log.index.interval.bytes=200")
        report.run("acknowledged-survive-in-small-segments", acknowledged_survive, scratch, *small)
    with Scratch() as scratch:
        report.run("torn-tail", torn_tail, scratch)
    with Scratch() as scratch:
        report.run("killed-while-starting", killed_while_starting, scratch)
    report.exit()


if __name__ == "__main__":
    main()
