"""Thalweg, Apache Kafka and the floor under the same loads, one after another on this machine.

    ./do bench compare                       all of it, about 25 minutes; goes on where it was interrupted
    ./do bench compare --quick               a second each and small: to see that it works
    ./do bench compare --only latency        workloads whose name contains this; prints, writes no page
    ./do bench compare --servers kafka       servers whose name contains this
    ./do bench compare --seconds 10 --fresh  measure for longer, and all anew

A run that is whole is written to bench/results/compare.json, and the tables and plots of docs/performance.md are
made from that; `./do bench report` makes them again.
"""
import argparse
import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import results
from servers import (BUILT, KINDS, ROOT, address, await_answer, build_all, cpu_seconds, create_topic, delete_topic,
                     java_tool, prepare_java, status_bytes)
from wire import Connection

LOAD = BUILT / "tests/load"
CLIENT_LOAD = BUILT / "tests/client_load"
WORK = ROOT / "build/bench/compare"
RESULT = ROOT / "bench/results/compare.json"

ALL = tuple(kind.name for kind in KINDS)
BROKERS = tuple(name for name in ALL if not name.startswith("floor"))
FAST_BROKERS = tuple(name for name in BROKERS if name != "kafka-synced")
READERS = ("floor", "thalweg-relaxed", "kafka", "kafka-tuned")
READING_BROKERS = READERS[1:]
NODES = ("thalweg", "kafka", "kafka-tuned")
RAW, LIBRDKAFKA, JAVA = "raw sockets", "librdkafka", "Kafka's own tools"


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    title: str
    generator: str
    run: object  # (server, workload, settings) -> what was measured, as a dict. None: not of a server that runs.
    options: dict = dataclasses.field(default_factory=dict)
    servers: tuple = ALL
    warm_seconds: int = 1
    rounds: int = 1  # Three where a mark is set: what else runs on the machine must not decide.

    @property
    def partitions(self):
        return self.options.get("partitions", 1)


@dataclasses.dataclass(frozen=True)
class Settings:
    seconds: float
    quick: bool

    @property
    def preload(self):
        """Bytes that are there before something is read."""
        return (64 if self.quick else 768) << 20

    @property
    def idle_topics(self):
        return 10 if self.quick else 100


# Generators: each runs a program to its end and gives its JSON.

def said_by(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise RuntimeError(f"{pathlib.Path(command[0]).name}: {(done.stderr or done.stdout).strip()[-300:]}")
    return json.loads(done.stdout)


def generate(program, what, server, topic, **options):
    return said_by([program, what, f"address={server.kafka}", f"topic={topic}",
                    *(f"{name}={value}" for name, value in options.items())])


@contextlib.contextmanager
def watched(server, result):
    """Adds to `result` what the broker spent meanwhile."""
    before, began = cpu_seconds(server.process.pid), time.monotonic()
    yield
    result["cpu_seconds"] = cpu_seconds(server.process.pid) - before
    result["wall_seconds"] = time.monotonic() - began
    result["rss"] = status_bytes(server.process.pid, "VmRSS")
    result["rss_peak"] = status_bytes(server.process.pid, "VmHWM")


def measured(program, what, server, workload, settings):
    """After some time to warm up. Of several rounds the one in the middle, by what the workload is there to show."""
    # So much and no more is produced, or the fastest would be the one that pays for memory never touched before.
    bound = {"until": 1 << 30} if what == "produce" and "rate" not in workload.options else {}
    generate(program, what, server, workload.name, **workload.options, **bound, seconds=workload.warm_seconds)
    rounds = []
    for _ in range(workload.rounds):
        rounds.append({})
        with watched(server, rounds[-1]):
            rounds[-1] |= generate(program, what, server, workload.name, **workload.options, **bound,
                                   seconds=settings.seconds)
    paced = "rate" in workload.options
    rounds.sort(key=lambda row: row["ms_99"] if paced else results.cpu(row))
    return rounds[len(rounds) // 2] | {"rounds": rounds}


def raw_produce(server, workload, settings):
    return measured(LOAD, "produce", server, workload, settings)


def fill(server, workload, size):
    shape = {"partitions": workload.partitions, "clients": min(4, workload.partitions), "depth": 8}
    generate(LOAD, "produce", server, workload.name, **shape, until=size, seconds=60)


def raw_fetch(server, workload, settings):
    fill(server, workload, settings.preload)
    return measured(LOAD, "fetch", server, workload, settings)


def client_produce(server, workload, settings):
    return measured(CLIENT_LOAD, "produce", server, workload, settings)


def client_consume(server, workload, settings):
    fill(server, workload, settings.preload)
    result = {}
    with watched(server, result):
        result |= generate(CLIENT_LOAD, "consume", server, workload.name, **workload.options,
                           until=settings.preload * 0.98, seconds=60)
    return result


PRODUCED = re.compile(r"(\d+) records sent, [\d.,]+ records/sec \(([\d.,]+) MB/sec\), .*? ([\d.,]+) ms max latency, "
                      r"(\d+) ms 50th, \d+ ms 95th, (\d+) ms 99th, (\d+) ms 99.9th")


def number(text):
    return float(text.replace(",", ""))


def java_produce(server, workload, settings):
    """Whole milliseconds, and counted from when the tool got to send: Kafka's tool does no better. Rate and latencies
    are those after the tool's own code has been compiled."""
    size, rate = workload.options["bytes"], workload.options["rate"]
    each = rate if rate > 0 else 40_000
    records, warming = int(each * (settings.seconds + 2)), int(each * 2)
    result = {}
    with watched(server, result):
        said = java_tool("ProducerPerformance", "--topic", workload.name, "--num-records", records, "--record-size",
                         size, "--throughput", rate, "--warmup-records", warming, "--bootstrap-server", server.kafka,
                         "--command-property", "acks=all", f"linger.ms={workload.options['linger_ms']}",
                         "batch.size=65536")
    found = PRODUCED.findall(said)
    if not found:
        raise RuntimeError(f"ProducerPerformance: {said.strip()[-300:]}")
    _, megabytes, most, *percentiles = map(number, found[-1])
    return result | {"records": records, "bytes": records * size, "errors": said.count("Exception"), "late": 0,
                     "seconds": records * size / (megabytes * (1 << 20)), "answers": records,
                     **dict(zip(("ms_50", "ms_99", "ms_999"), percentiles)), "ms_max": most}


def java_consume(server, workload, settings):
    fill(server, workload, settings.preload)
    records = int(settings.preload / 1024 * 0.98)
    result = {}
    with watched(server, result):
        said = java_tool("ConsumerPerformance", "--topic", workload.name, "--num-records", records, "--hide-header",
                         "--bootstrap-server", server.kafka, "--timeout", 20_000)
    row = said.strip().splitlines()[-1].split(", ")
    megabytes, got, fetching = float(row[2]), float(row[4]), float(row[7]) / 1000
    return result | {"records": got, "bytes": megabytes * (1 << 20), "seconds": fetching, "late": 0,
                     "errors": max(0, records - got)}


def forget_pages(folder):
    """Takes the files of a folder out of the page cache."""
    os.sync()
    for parent, _, names in os.walk(folder):  # Which minds no folder that goes meanwhile.
        for name in names:
            with contextlib.suppress(FileNotFoundError), open(pathlib.Path(parent, name), "rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def catch_up(server, workload, settings):
    """A consumer reads from cold what is there while producers add to it; the latencies are the producers'."""
    backlog = settings.preload // 3  # About what a consumer on librdkafka reads while the producers run.
    fill(server, workload, backlog)
    forget_pages(server.data)
    result, consumed = {}, {}

    def consume():
        consumed.update(generate(CLIENT_LOAD, "consume", server, workload.name, clients=1,
                                 partitions=workload.partitions, until=backlog * 0.98, seconds=30))
    with watched(server, result):
        reader = threading.Thread(target=consume)
        reader.start()
        try:
            produced = generate(LOAD, "produce", server, workload.name, **workload.options, seconds=settings.seconds)
        finally:
            reader.join()
    return produced | result | {"bytes": consumed["bytes"] + produced["bytes"], "consumed": consumed["bytes"],
                                "consumed_seconds": consumed["seconds"]}


COUPLE = {"clients": 4, "depth": 8, "partitions": 4}
PACED = {"clients": 4, "depth": 64, "partitions": 4, "rate": 10_000}
WORKLOADS = [
    Workload("latency", "10,000 records/s of 1 KiB, 10 to a batch", RAW, raw_produce, {**PACED, "records": 10},
             rounds=3),
    Workload("latency-librdkafka", "10,000 records/s of 1 KiB, linger 0", LIBRDKAFKA, client_produce,
             {"clients": 1, "partitions": 4, "rate": 10_000, "bytes": 1024}, BROKERS, rounds=3),
    Workload("latency-java", "10,000 records/s of 1 KiB, linger 0", JAVA, java_produce,
             {"partitions": 4, "rate": 10_000, "bytes": 1024, "linger_ms": 0}, FAST_BROKERS),
    Workload("produce-1k", "1 KiB records, 64 KiB batches, 4 producers, 4 partitions", RAW, raw_produce, COUPLE,
             rounds=3),
    Workload("produce-100b", "100 B records, 64 KiB batches, 4 producers, 4 partitions", RAW, raw_produce,
             {**COUPLE, "bytes": 100, "records": 600}),
    Workload("produce-100k", "100 KiB records, one to a batch, 4 producers, 4 partitions", RAW, raw_produce,
             {**COUPLE, "bytes": 100 << 10, "records": 1}),
    Workload("produce-one", "1 KiB records, 64 KiB batches, 1 producer, 1 partition", RAW, raw_produce,
             {"clients": 1, "depth": 5}),
    Workload("produce-100p", "1 KiB records, 64 KiB batches, 4 producers, 100 partitions", RAW, raw_produce,
             {**COUPLE, "partitions": 100}),
    Workload("produce-1000p", "1 KiB records, 64 KiB batches, 4 producers, 1,000 partitions", RAW, raw_produce,
             {**COUPLE, "partitions": 1000}, warm_seconds=4),
    Workload("produce-50", "1 KiB records, 16 KiB batches, 50 producers, 100 partitions", RAW, raw_produce,
             {"clients": 50, "depth": 2, "partitions": 100, "records": 16}),
    Workload("keyed", "1 KiB records, one to a batch, 10 partitions a request, 50 producers, 1,000 partitions", RAW,
             raw_produce, {"clients": 50, "depth": 2, "partitions": 1000, "records": 1, "spread": 10}, BROKERS,
             warm_seconds=4),
    Workload("produce-librdkafka", "1 KiB records, linger 5 ms, 1 producer, 4 partitions", LIBRDKAFKA, client_produce,
             {"clients": 1, "partitions": 4, "bytes": 1024, "linger_ms": 5}, BROKERS),
    Workload("produce-java", "1 KiB records, linger 5 ms, 1 producer, 4 partitions", JAVA, java_produce,
             {"partitions": 4, "rate": -1, "bytes": 1024, "linger_ms": 5}, FAST_BROKERS),
    Workload("fetch", "up to 1 MiB an answer, 2 consumers, from the page cache", RAW, raw_fetch,
             {"clients": 2, "partitions": 2}, READERS, rounds=3),
    Workload("consume-librdkafka", "1 consumer, 4 partitions, from the page cache", LIBRDKAFKA, client_consume,
             {"clients": 1, "partitions": 4}, READING_BROKERS),
    Workload("consume-java", "1 consumer, 4 partitions, from the page cache", JAVA, java_consume, {"partitions": 4},
             READING_BROKERS),
    Workload("catch-up", "a consumer (librdkafka) from cold, while 4 producers send 20,000 records/s of 1 KiB", RAW,
             catch_up, {**PACED, "rate": 20_000, "records": 10}, FAST_BROKERS),
]
NODE = Workload("node", "start, idle, and 10,000 partitions", "", None, {}, NODES)


# A node by itself.

def measure_node(kind, folder, settings):
    starts = []
    for attempt in range(2 if kind.family == "kafka" else 5):
        began = time.perf_counter()
        server = kind.start(folder / f"empty{attempt}")
        try:
            await_answer(server)
            starts.append(time.perf_counter() - getattr(server, "began", began))
        finally:
            server.stop()
    with running(kind, folder / "idle") as server:
        time.sleep(2)
        result = {"start_seconds": sorted(starts)[len(starts) // 2], "idle": status_bytes(server.process.pid, "VmRSS")}
        began = time.monotonic()
        with Connection(address(server), 300) as connection:
            for topic in range(settings.idle_topics):
                if error := connection.create_topic(f"topic-{topic}", 100):
                    raise RuntimeError(f"a topic was not created: error {error}")
        result["create_seconds"] = time.monotonic() - began
        time.sleep(2)
        before = cpu_seconds(server.process.pid)
        time.sleep(3)
        result["idle_cpu_share"] = (cpu_seconds(server.process.pid) - before) / 3
        result["idle_with_partitions"] = status_bytes(server.process.pid, "VmRSS")
        result["partitions"] = settings.idle_topics * 100
    began = time.perf_counter()
    with running(kind, folder / "idle") as server:
        await_answer(server)
        result["restart_seconds"] = time.perf_counter() - getattr(server, "began", began)
    return result


@contextlib.contextmanager
def running(kind, folder):
    server = kind.start(folder)
    try:
        await_answer(server)
        yield server
    finally:
        server.stop()


# Rows, each kept as soon as it is measured.

class Rows:
    """The rows of one run, in a folder that is named for what was measured and how."""

    def __init__(self, settings, fresh):
        program = hashlib.sha256((BUILT / "thalweg").read_bytes()).hexdigest()
        how = repr((program, settings, [(w.name, w.options, w.rounds) for w in WORKLOADS]))
        self.folder = WORK / hashlib.sha256(how.encode()).hexdigest()[:12]
        if fresh:
            shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, kind, workload):
        return self.folder / f"{workload.name}.{kind.name}.json"

    def has(self, kind, workload):
        return self.path(kind, workload).exists()

    def keep(self, kind, workload, row):
        named = {"workload": workload.name, "server": kind.name, **row}
        results.write_whole(self.path(kind, workload), json.dumps(named))

    def all(self, kinds, workloads):
        return [json.loads(self.path(kind, workload).read_text())
                for workload in workloads for kind in kinds if self.has(kind, workload)]


def brief(row):
    if "start_seconds" in row:
        return f"{row['start_seconds']:.3f} s to start, {row['idle'] / (1 << 20):.0f} MiB"
    late = f", p99 {row['ms_99']:.2f} ms" if "ms_99" in row else ""
    return f"{results.rate(row):,.0f} MB/s, {results.cpu(row):.2f} CPU s/GB{late}"


def say(kind, workload, what):
    print(f"{kind.name:16} {workload.name:20} {what}", flush=True)


def measure_kind(kind, workloads, settings, rows, scratch):
    wanted = [w for w in workloads if kind.name in w.servers and not rows.has(kind, w)]
    loads = [w for w in wanted if w is not NODE]
    if NODE in wanted:
        row = measure_node(kind, scratch, settings)
        rows.keep(kind, NODE, row)
        say(kind, NODE, brief(row))
    with contextlib.ExitStack() as stack:
        server = None
        for workload in loads:
            if server is None or kind.family == "floor":  # A floor's file takes batches of one size.
                stack.close()
                server = stack.enter_context(running_load(kind, scratch / workload.name, settings))
            if kind.family != "floor":
                create_topic(server, workload.name, workload.partitions)
            row = workload.run(server, workload, settings)
            rows.keep(kind, workload, row)
            say(kind, workload, brief(row))
            if kind.family != "floor":
                delete_topic(server, workload.name)
                settle(server)


def settle(server, most=15):
    """Until the broker is idle: the next load must not pay for the files of the last being deleted."""
    time.sleep(1.2)  # Longer than a deletion is put off.
    deadline = time.monotonic() + most
    while time.monotonic() < deadline:
        before = cpu_seconds(server.process.pid)
        time.sleep(0.3)
        if cpu_seconds(server.process.pid) - before < 0.1:
            return


@contextlib.contextmanager
def running_load(kind, folder, settings):
    """A server that has been under load: what is compiled as it runs has been compiled."""
    folder.mkdir(parents=True, exist_ok=True)
    server = kind.start(folder / "data")
    server.data = folder
    try:
        if kind.family == "kafka":
            await_answer(server)
            generate(LOAD, "produce", server, "warm", **COUPLE, seconds=1 if settings.quick else 6)
            generate(LOAD, "fetch", server, "warm", clients=2, partitions=2, seconds=1 if settings.quick else 2)
            delete_topic(server, "warm")
            settle(server)
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def machine():
    about = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in about if line.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return {"cores": os.cpu_count(), "cpu": model, "memory_gib": round(memory), "kernel": platform.release(),
            "commit": subprocess.run(["git", "rev-parse", "--short=10", "HEAD"], cwd=ROOT, capture_output=True,
                                     text=True).stdout.strip()}


def parse(arguments):
    parser = argparse.ArgumentParser(prog="./do bench compare", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="NAME")
    parser.add_argument("--servers", default="", metavar="NAME")
    parser.add_argument("--seconds", type=float, metavar="N", help="of each measurement (3)")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--fresh", action="store_true")
    args = parser.parse_args(arguments)
    if args.seconds is not None and not 0 < args.seconds <= 3600:
        parser.error("--seconds wants a number above 0 and up to 3600")
    return args


def main(arguments):
    args = parse(arguments)
    settings = Settings(args.seconds or (1 if args.quick else 3), args.quick)
    workloads = [w for w in [NODE, *WORKLOADS] if args.only in w.name]
    kinds = [k for k in KINDS if args.servers in k.name]
    if not workloads or not kinds:
        sys.exit(f"bench: no such workload or server. Workloads: {', '.join(w.name for w in [NODE, *WORKLOADS])}. "
                 f"Servers: {', '.join(ALL)}")
    if any(kind.family == "kafka" for kind in kinds) or any(w.generator == JAVA for w in workloads):
        prepare_java()
    build_all()
    rows = Rows(settings, args.fresh)
    try:
        for kind in kinds:
            with tempfile.TemporaryDirectory(prefix="thalweg-bench-") as scratch:
                measure_kind(kind, workloads, settings, rows, pathlib.Path(scratch))
    except KeyboardInterrupt:
        sys.exit("\nbench: interrupted; the same command goes on from here")
    except (RuntimeError, OSError) as error:
        sys.exit(f"bench: {error}")
    result = {"machine": machine(), "when": time.strftime("%Y-%m-%d"), "seconds": settings.seconds,
              "servers": {k.name: {"title": k.title, "policy": k.policy} for k in KINDS},
              "workloads": {w.name: {"title": w.title, "generator": w.generator} for w in [NODE, *WORKLOADS]},
              "rows": rows.all(kinds, workloads)}
    print("\n" + results.text(result))
    if args.quick or args.only or args.servers:
        return
    results.write_whole(RESULT, json.dumps(result, indent=1) + "\n")
    results.main()
