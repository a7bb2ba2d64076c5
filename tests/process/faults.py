#!/usr/bin/env python3
"""A broker that is killed, stopped, or has a bad disk, under the load of real clients.

Usage: faults.py [--rounds N] [--seed N] [--only FAULT]. Without --rounds each fault comes once.

Idempotent producers and a group of consumers on librdkafka (fault_load.cc) go on through all rounds. In each
round one fault happens; then it is taken back, and the clients have to get on by themselves. After it every
record that was ever acknowledged must be at its offset with its value, once, in the order of its key, and the
group must have been given all of them. The disk fails below the process, by broken_disk.cc, which needs no
rights; what a real full disk does is in disks.py.
"""
import argparse
import concurrent.futures
import contextlib
import pathlib
import random
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from node import PROGRAM, Node, Scratch  # noqa: E402
from report import Report, eventually, expect  # noqa: E402
from wire import Connection, batch  # noqa: E402

TOOLS = PROGRAM.parent / "tests"
TOPIC = "t"
PARTITIONS = 6
PATIENCE = 120
STORAGE_ERROR = 56
OPTIONS = ["--set", "log.index.size.max.bytes=4096", "--set", "log.index.interval.bytes=512",
           "--set", "group.min.session.timeout.ms=500", "--set", "group.initial.rebalance.delay.ms=100",
           "--set", "offsets.topic.num.partitions=2", "--set", "metadata.log.max.record.bytes.between.snapshots=2000"]
RECORD = re.compile(r"^(\d+) (\S+) (\d+) (\S+) ")


class Ledger:
    """What the broker has promised: places acknowledged, places read, and what was found where."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = {}  # (partition, offset) -> (key, sequence)
        self.read = {}  # As acknowledged; a record may be read before its acknowledgement is here.
        self.found = {}
        self.wrong = []

    def take(self, line):
        words = line.split()
        with self.lock:
            if words[0] == "ack":
                place, record = (int(words[1]), int(words[2])), (words[3], int(words[4]))
                if self.acknowledged.setdefault(place, record) != record:
                    self.wrong.append(f"{place} was given to {self.acknowledged[place]} and to {record}")
                if self.read.get(place, record) != record:
                    self.wrong.append(f"the group read {self.read[place]} at {place}, which is {record}'s")
            elif words[0] == "read":
                place, record = (int(words[1]), int(words[2])), (words[3], int(words[4]))
                if self.read.setdefault(place, record) != record:
                    self.wrong.append(f"the group read {self.read[place]} at {place}, and then {record}")
                if self.acknowledged.get(place, record) != record:
                    self.wrong.append(f"the group read {record} at {place}, not {self.acknowledged[place]}")
            elif words[0] == "failed":
                self.wrong.append(f"a record was given up: {line}")
            elif words[0] == "left":
                self.wrong.append(f"a producer ended with {words[1]} records on their way")

    def count(self):
        with self.lock:
            return len(self.acknowledged)

    def promised(self):
        with self.lock:
            expect(not self.wrong, "; ".join(self.wrong[:3]))
            return dict(self.acknowledged)

    def by_partition(self):
        with self.lock:
            counts = [0] * PARTITIONS
            for partition, _ in self.acknowledged:
                counts[partition] += 1
            return counts

    def unread(self, promised):
        with self.lock:
            return promised.keys() - self.read.keys()

    def compare(self, there):
        """`there` holds (partition, offset) -> (key, sequence) in the order of the log."""
        last = {}
        for place, (key, sequence) in there.items():
            expect(last.get(key, -1) < sequence, f"{key} {sequence} at {place} comes after {last.get(key)}")
            last[key] = sequence
        for place, record in self.found.items():
            expect(there.get(place) == record, f"{place} held {record} before, now {there.get(place)}")
        self.found = there


class Load:
    """fault_load as a process, with a thread that keeps the ledger."""

    def __init__(self, node, ledger, per_second):
        self.process = subprocess.Popen([TOOLS / "fault_load", node.kafka, TOPIC, "3", "2", str(per_second)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        text=True)
        self.done = False
        self.thread = threading.Thread(target=self._listen, args=(ledger,), daemon=True)
        self.thread.start()

    def _listen(self, ledger):
        for line in self.process.stdout:
            if line == "done\n":
                self.done = True
            else:
                ledger.take(line)

    def __enter__(self):
        return self

    def finish(self):
        """Stops sending; what is on its way is delivered."""
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.thread.join(PATIENCE)
        expect(self.done, f"the load ended with {self.process.returncode}")

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.thread.join(10)


class Bench:
    """The node under test on its bad disk, started again on the same address as often as needed."""

    def __init__(self, scratch, dice):
        self.data, self.plan, self.dice = scratch / "data", scratch / "plan", dice
        self.plan.write_text("")
        self.address = "127.0.0.1:0"
        self.node = None
        self.plans = 0
        self.start()

    def start(self):
        library = TOOLS / "libbroken_disk.so"
        self.node = Node(self.data, *OPTIONS, kafka=self.address,
                         wrap=["env", f"LD_PRELOAD={library}", f"BROKEN_DISK={self.plan}"])
        self.address = self.node.kafka
        self.heard = 0  # How much of the node's log was there when the fault under way began.

    def kill(self):
        self.node.kill()

    def restart(self):
        """As an operator does it: the old process ends in good order, as far as its disk lets it."""
        self.node.stop()
        self.start()

    @contextlib.contextmanager
    def broken(self, *faults):
        # In one step: the library reads it at any moment.
        self.listen()
        fresh = self.plan.with_suffix(".new")
        # The library counts by line: with a number of its own each plan begins anew.
        self.plans += 1
        fresh.write_text("".join(f"{fault} {self.plans}\n" for fault in faults))
        fresh.rename(self.plan)
        try:
            yield
        finally:
            self.plan.write_text("")

    def listen(self):
        """From here on: what was said before is of other faults."""
        self.heard = len(self.node.stderr())

    def said(self):
        return self.node.stderr()[self.heard:]

    def says(self, pattern, what):
        """Waits until the node's log has a line of that pattern since the fault began, and gives it."""
        found = eventually(lambda: re.search(f"^.*({pattern}).*$", self.said(), re.M), PATIENCE, what)
        return found[0]

    def struck(self, *faults):
        """Waits until each of these faults of the plan has met a call of the node's."""
        file = self.plan.with_suffix(".met")
        wanted = {f"{fault} {self.plans}" for fault in faults}
        eventually(lambda: file.exists() and wanted <= set(file.read_text().splitlines()), PATIENCE,
                   f"{' and '.join(faults)}")

    def connect(self):
        return Connection(self.node.address, PATIENCE)


def killed(bench):
    """kill -9, and half the time once more while it starts."""
    bench.kill()
    if bench.dice.random() < 0.5:
        process = subprocess.Popen([PROGRAM, "serve", "--data", bench.data, "--kafka", bench.address, "--http",
                                    "127.0.0.1:0", *OPTIONS], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(bench.dice.uniform(0, 0.06))
        process.kill()
        process.wait()
    bench.start()


def paused(bench):
    """SIGSTOP for longer than the group's session timeout: its members are late, not lost."""
    bench.node.process.send_signal(19)
    time.sleep(3)
    bench.node.process.send_signal(18)


def full_disk(bench):
    """No write finds room, no file can be made. When there is room again writing goes on by itself."""
    with bench.broken("write ENOSPC /data/ 0", "create ENOSPC /data/ 0"):
        line = bench.says("records could not be written.*No space left", "the line about the full disk")
        expect("/data/" in line and "make room" in line, f"the line does not say which file and what to do: {line}")
        with bench.connect() as connection:
            error, _ = connection.produce(TOPIC, bench.dice.randrange(PARTITIONS), batch([b"refused"]))
            expect(error == STORAGE_ERROR, f"a full disk gave error {error}")
            expect(connection.create_topic(f"u{time.monotonic_ns()}") != 0, "a topic was made on a full disk")
        time.sleep(0.5)
    bench.says("records are written again", "the line that writing goes on")
    expect(bench.node.metric("thalweg_partitions_offline") == 0, "a full disk took partitions offline")


def full_disk_and_killed(bench):
    """What a full disk left half written is cut off at the next start."""
    with bench.broken("write short /data/ 40", "write ENOSPC /data/ 0", "create ENOSPC /data/ 0"):
        bench.says("records could not be written", "the line about the full disk")
        bench.kill()
    bench.start()


def short_writes(bench):
    """The kernel may write less than it was given: nobody need know."""
    fault = "write short /data/ 300"
    with bench.broken(fault):
        bench.struck(fault)
        time.sleep(1)
    expect("could not" not in bench.said(), "a short write was taken for an error")


def failing_writes(bench):
    """Now and then a write fails: the record is refused, its traces are cut off, its producer tries again."""
    with bench.broken("write short .log 3", "write EIO .log 3", "write EIO .index 2", "create EIO .timeindex 1"):
        bench.says("records could not be written.*Input/output error", "the line about the failed write")
        time.sleep(0.5)
    expect(bench.node.metric("thalweg_partitions_offline") == 0, "a failed write took partitions offline")


def failing_sync(bench):
    """After one failed sync a partition takes no more writes, though the disk is well again: what the kernel
    still holds of it nobody knows. The others go on. A restart reads back what is there."""
    partition = bench.dice.randrange(PARTITIONS)
    with bench.broken(f"sync EIO /{TOPIC}-{partition}/ 1"):
        line = bench.says(f"a log takes no more writes.*/{TOPIC}-{partition}.*Input/output error", "the line about it")
        expect("restart" in line, f"the line does not say what to do: {line}")
    expect(bench.node.metric("thalweg_partitions_offline") == 1, "not one partition is offline")
    expect(bench.node.metric("thalweg_log_sync_failures_total") >= 1, "the failed sync was not counted")
    with bench.connect() as connection:
        error, _ = connection.produce(TOPIC, partition, batch([b"refused"]))
        expect(error == STORAGE_ERROR, f"a partition in doubt gave error {error}")
    if bench.dice.random() < 0.5:
        bench.kill()
        bench.start()
    else:
        bench.restart()


def failing_group_log(bench):
    """The groups' own log fails: the group finds its coordinator again after a restart."""
    with bench.broken("sync EIO __consumer_offsets 0"):
        bench.says("a log takes no more writes.*__consumer_offsets", "the line about it")
    bench.restart()


def failing_metadata(bench):
    """The metadata log cannot be synced: a topic is refused, records go on."""
    name = f"m{time.monotonic_ns()}"
    with bench.broken("sync EIO __cluster_metadata 1"), bench.connect() as connection:
        expect(connection.create_topic(name) != 0, "a topic was made without its record")
        bench.says("a log takes no more writes.*__cluster_metadata.*restart", "the line about it")
    with bench.connect() as connection:
        error, _ = connection.produce("kept", 0, batch([b"x"]))
        expect(error == 0, f"a topic that is there gave error {error}")
    bench.restart()
    with bench.connect() as connection:
        expect(connection.create_topic(name + "b") == 0, "after the restart no topic can be made")


def failing_folders(bench):
    """Names cannot be made durable, files of checkpoints cannot be replaced."""
    faults = "sync_folder EIO /data/ 1", "rename EIO /data/ 3"
    with bench.broken(*faults), bench.connect() as connection:
        # A new topic makes folders; a log that rolls its segment replaces files.
        connection.create_topic(f"f{time.monotonic_ns()}")
        bench.struck(*faults)
    bench.restart()


FAULTS = [killed, paused, full_disk, full_disk_and_killed, short_writes, failing_writes, failing_sync,
          failing_group_log, failing_metadata, failing_folders]


def read_partition(node, partition, count):
    """The first `count` records of a partition as kcat reads them; None: up to its end."""
    # Not to the end while producers go on: it may never be seen.
    until = ["-e"] if count is None else ["-c", str(count)]
    done = subprocess.run(["kcat", "-b", node.kafka, "-C", "-t", TOPIC, "-p", str(partition), "-o", "beginning", "-q",
                           *until, "-f", "%o %k %s\n"], capture_output=True, text=True, timeout=PATIENCE)
    expect(done.returncode == 0, f"kcat: {done.stderr[-300:]}")
    there = {}
    for line in done.stdout.splitlines():
        match = RECORD.match(line)
        expect(match and match[2] == match[4], f"not a record that was sent: {line[:100]}")
        expect(int(match[1]) == len(there), f"partition {partition} goes on at {match[1]}")
        there[partition, len(there)] = match[2], int(match[3])
    return there


def read_all(node, counts):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        parts = pool.map(lambda p: read_partition(node, p, counts[p]), range(PARTITIONS))
        return {place: record for part in parts for place, record in part.items()}


def check(bench, ledger):
    """The clients get on by themselves; then the log holds what was promised."""
    before = ledger.by_partition()
    eventually(lambda: all(now > then for now, then in zip(ledger.by_partition(), before)), PATIENCE,
               "an acknowledgement for each partition")
    promised = ledger.promised()
    counts = [1 + max(offset for p, offset in promised if p == partition) for partition in range(PARTITIONS)]
    compare(bench, ledger, promised, counts)
    eventually(lambda: not ledger.unread(promised), PATIENCE, "the group's reading all that was acknowledged")


def compare(bench, ledger, promised, counts):
    there = read_all(bench.node, counts)
    ledger.compare(there)
    for place, record in promised.items():
        expect(there.get(place) == record, f"acknowledged {record} at {place}, found {there.get(place)}")


def one_round(bench, ledger, fault):
    time.sleep(bench.dice.uniform(0.3, 1.0))
    fault(bench)
    check(bench, ledger)


def run_rounds(report, names, dice, per_second):
    """All rounds on one data folder and one load; after a round that failed nothing can be told."""
    with Scratch() as scratch:
        bench, ledger = Bench(scratch, dice), Ledger()
        try:
            with bench.connect() as connection:
                expect(connection.create_topic(TOPIC, PARTITIONS) == 0, "the topic was not created")
                expect(connection.create_topic("kept") == 0, "the other topic was not created")
            with Load(bench.node, ledger, per_second) as load:
                for number, fault in enumerate(names):
                    started, failures = time.monotonic(), report.failures
                    report.run(f"{number + 1}-{fault.__name__.replace('_', '-')}", one_round, bench, ledger, fault)
                    print(f"  {time.monotonic() - started:.1f} s, {ledger.count()} records acknowledged",
                          file=sys.stderr)
                    if report.failures > failures:
                        print(bench.node.stderr()[-3000:], file=sys.stderr)
                        return
                report.run("everything-delivered", finish, bench, ledger, load)
        finally:
            bench.kill()


def finish(bench, ledger, load):
    load.finish()
    promised = ledger.promised()
    compare(bench, ledger, promised, [None] * PARTITIONS)
    # Idempotent producers that gave nothing up: what is in the log is what was acknowledged, no more.
    expect(ledger.found.keys() == promised.keys(), "records are in the log that nobody was told of")
    expect(len(promised) > 1000, "hardly anything was acknowledged: the test tests nothing")
    expect(bench.node.stop() == 0, "the last stop was not clean")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, help="so many rounds, their faults drawn by chance")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="of what is drawn")
    parser.add_argument("--only", choices=[fault.__name__ for fault in FAULTS])
    parser.add_argument("--per-second", type=int, default=1200, help="records to send")
    args = parser.parse_args()
    dice = random.Random(args.seed)
    print(f"  seed {args.seed}", file=sys.stderr)
    faults = [fault for fault in FAULTS if args.only in (None, fault.__name__)]
    dice.shuffle(faults)
    chosen = [dice.choice(faults) for _ in range(args.rounds)] if args.rounds else faults
    report = Report()
    run_rounds(report, chosen, dice, args.per_second)
    report.exit()


if __name__ == "__main__":
    main()
