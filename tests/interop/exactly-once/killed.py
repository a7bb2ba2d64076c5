"""Programs that read, process and write exactly once, killed again and again. Usage: killed.py HOST:PORT PREFIX

Each client's copies a topic in transactions that take its group's offsets along. It is killed with kill -9 wherever it
happens to be, and started anew with the same names. In the end a reader of what is committed must find each record
once, and in its order. Kafka Streams counts words in the same way, and each count must come once.
In the environment, KILLS=20 kills each that often, and BROKER_KILLS=20 has a Thalweg of its own, which is killed as
often while they work; a program that gives up over that is started anew too.
"""
import collections
import concurrent.futures
import contextlib
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "groups"), str(HERE.parent), str(HERE.parents[1] / "support")]
from broker import Broker  # noqa: E402
from clients import COPIERS, STREAMS  # noqa: E402
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicPartition  # noqa: E402
from node import Node, Scratch  # noqa: E402
from report import Report, eventually, expect  # noqa: E402

BOOTSTRAP, PREFIX = sys.argv[1:3]
KILLS = int(os.environ.get("KILLS", "3"))
BROKER_KILLS = int(os.environ.get("BROKER_KILLS", "0"))
PARTITIONS, PATIENCE = 3, 60
WORDS = ("river", "valley", "watershed", "delta", "thalweg", "bank", "ford")


class Program:
    """A program that is killed, and started again."""

    def __init__(self, command):
        self.command = list(map(str, command))
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Mortal(threading.Thread):
    """A broker that is killed wherever it is, and started again at the same address."""

    def __init__(self, data):
        super().__init__()
        self.data, self.deaths, self.error = data, 0, None
        self.node = Node(data)
        self.stopping = threading.Event()

    def run(self):
        dice = random.Random(11)
        try:
            while self.deaths < BROKER_KILLS and not self.stopping.wait(1 + 2 * dice.random()):
                self.node.kill()
                self.deaths += 1
                self.node = Node(self.data, kafka=self.node.kafka)
        except Exception as error:
            self.error = error

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.join()
        self.node.kill()

    def judge(self):
        expect(self.error is None, f"the broker did not come back: {self.error}")
        expect(self.deaths > 0, "the broker was never killed")
        print(f"the broker was killed {self.deaths} times", file=sys.stderr)


class Reader:
    """Reads what is committed of a topic, in order, a list for each partition."""

    def __init__(self, topic, partitions):
        self.consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": f"{topic}-reader",
                                  "isolation.level": "read_committed", "enable.auto.commit": False,
                                  "fetch.wait.max.ms": 50})
        self.consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in range(partitions)])
        self.read = {partition: [] for partition in range(partitions)}

    def count(self):
        """Gives how many records have come by now."""
        for message in self.consumer.consume(1000, 0.1):
            if message.error():
                if BROKER_KILLS and message.error().retriable():
                    continue
                raise KafkaException(message.error())
            self.read[message.partition()].append((message.key(), message.value()))
        return sum(map(len, self.read.values()))


class Writer(threading.Thread):
    """Writes records to the partitions of a topic in turn, until it is told to stop."""

    def __init__(self, topic, partitions, record):
        super().__init__()
        self.topic, self.partitions, self.record = topic, partitions, record
        self.producer = Producer({"bootstrap.servers": BOOTSTRAP, "enable.idempotence": True})
        self.written = {partition: [] for partition in range(partitions)}
        self.stopping = False
        self.start()

    def run(self):
        number = 0
        while not self.stopping:
            for _ in range(4):
                key, value = self.record(number)
                self.producer.produce(self.topic, value, key, number % self.partitions)
                self.written[number % self.partitions].append((key, value))
                number += 1
            self.producer.poll(0)
            time.sleep(0.01)
        self.producer.flush(PATIENCE)

    def stop(self):
        self.stopping = True
        self.join()


def live_and_die(program, writer, reader, seed):
    """Kills the program wherever it is, and lets it come to the end of what was written. Gives that."""
    def reaches(count):
        if BROKER_KILLS and program.process.poll() is not None:
            program.start()
        expect(program.process.poll() is None, f"it ended by itself with {program.process.poll()}")
        return reader.count() >= count

    dice = random.Random(seed)
    program.start()
    try:
        for _ in range(KILLS):
            enough = reader.count() + 50
            eventually(lambda enough=enough: reaches(enough), PATIENCE, "that it goes on")
            time.sleep(dice.random() * 0.3)
            program.kill()
            program.start()
        writer.stop()
        wanted = sum(map(len, writer.written.values()))
        eventually(lambda: reaches(wanted), PATIENCE, f"that {wanted} records come")
        program.kill()
        time.sleep(0.5)
        expect(reader.count() == wanted, f"{reader.count()} records came instead of {wanted}")
    finally:
        writer.stop()
        program.kill()


def copied(broker, client):
    name = f"{PREFIX}-{client}"
    for topic in (f"{name}-in", f"{name}-out"):
        broker.create(topic, PARTITIONS)
    writer = Writer(f"{name}-in", PARTITIONS, lambda number: (None, b"order %d" % number))
    reader = Reader(f"{name}-out", PARTITIONS)
    command = [*COPIERS[client](), BOOTSTRAP, name, f"{name}-in", f"{name}-out"]
    live_and_die(Program(command), writer, reader, client)
    for partition, written in writer.written.items():
        expect(reader.read[partition] == written, f"partition {partition} is not what was written")


def counted(broker):
    name = f"{PREFIX}-words"
    broker.create(f"{name}-in", PARTITIONS)
    broker.create(f"{name}-out", PARTITIONS)
    dice = random.Random(5)
    writer = Writer(f"{name}-in", PARTITIONS, lambda _: (None, dice.choice(WORDS).encode()))
    reader = Reader(f"{name}-out", PARTITIONS)
    with tempfile.TemporaryDirectory(prefix="thalweg-streams-") as state:
        live_and_die(Program([*STREAMS(), BOOTSTRAP, name, state]), writer, reader, "words")
    wanted = collections.Counter(word for words in writer.written.values() for _, word in words)
    counts = collections.defaultdict(list)
    for records in reader.read.values():
        for word, count in records:
            counts[word].append(int.from_bytes(count))
    for word, times in wanted.items():
        expect(counts[word] == list(range(1, times + 1)), f"{word} was counted {len(counts[word])} times, not {times}")


def try_all(report):
    broker = Broker(BOOTSTRAP)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        tried = {f"copy-{client}": pool.submit(copied, broker, client) for client in COPIERS}
        tried["kafka-streams-word-count"] = pool.submit(counted, broker)
        for name, trial in tried.items():
            report.run(name, trial.result)


def main():
    global BOOTSTRAP
    report = Report()
    with contextlib.ExitStack() as held:
        mortal = None
        if BROKER_KILLS:
            mortal = held.enter_context(Mortal(held.enter_context(Scratch()) / "data"))
            BOOTSTRAP = mortal.node.kafka
        try_all(report)
        if mortal:
            report.run("broker-comes-back", mortal.judge)
    report.exit()


main()
