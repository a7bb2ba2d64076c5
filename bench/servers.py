"""What is measured: the floors, Thalweg and Apache Kafka, each a process behind the same few names.

A server has `kafka` (host:port), `pid` and `stop()`; `Kind` says what it is called and what it promises.
"""
import dataclasses
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
import apache_kafka  # noqa: E402
from node import Node  # noqa: E402
from wire import Connection, string  # noqa: E402

BUILT = ROOT / "build/release"
FLOOR = BUILT / "tests/floor"
TOOL_JVM = ["-Xmx512m", "-XX:+UseG1GC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-Dlog4j2.level=error"]

# As Apache Kafka's own start script sets them.
DEFAULT_JVM = ["-Xmx1G", "-Xms1G", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
               "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent", "-XX:MaxInlineLevel=15",
               "-Djava.awt.headless=true"]
# As its documentation advises for a production server.
TUNED_JVM = ["-Xmx6g", "-Xms6g", "-XX:MetaspaceSize=96m", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
             "-XX:InitiatingHeapOccupancyPercent=35", "-XX:G1HeapRegionSize=16M", "-XX:MinMetaspaceFreeRatio=50",
             "-XX:MaxMetaspaceFreeRatio=80", "-XX:+ExplicitGCInvokesConcurrent"]
QUIET_LOGS = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dlog4j2.level=warn"]
# The delay of a group's first rebalance is Apache Kafka's default, and ours; tests have it shorter.
KAFKA_SETTINGS = "log.segment.delete.delay.ms=1000\ngroup.initial.rebalance.delay.ms=3000\n"
LIST_OFFSETS, DELETE_TOPICS, CREATE_PARTITIONS = 2, 20, 37


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def status_bytes(pid, field):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(field)


class Floor:
    """The least a broker could do (floor.cc)."""

    def __init__(self, folder, *options):
        folder.mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen([FLOOR, "127.0.0.1:0", folder, *options], stdout=subprocess.PIPE, text=True)
        self.kafka = self.process.stdout.readline().split()[1].removeprefix("kafka=")

    def stop(self):
        self.process.kill()
        self.process.wait()


class Kafka(apache_kafka.ApacheKafka):
    def __init__(self, folder, jvm, settings=""):
        super().__init__(folder, KAFKA_SETTINGS + settings, [*jvm, *QUIET_LOGS])


@dataclasses.dataclass(frozen=True)
class Kind:
    """A server and what its acknowledgement means."""
    name: str
    title: str
    policy: str
    start: object  # (folder) -> server

    @property
    def family(self):
        return self.name.split("-")[0]


SYNCED, RELAXED = "synced before the answer", "page cache"
RELAX = ("--set", "thalweg.durability=page-cache")
KINDS = [
    Kind("floor", "floor", RELAXED, lambda folder: Floor(folder)),
    Kind("floor-synced", "floor", SYNCED, lambda folder: Floor(folder, "--sync")),
    Kind("thalweg-relaxed", "Thalweg", RELAXED,
         lambda folder: Node(folder, *RELAX, "--set", "log.segment.delete.delay.ms=1000")),
    Kind("thalweg", "Thalweg (default)", SYNCED,
         lambda folder: Node(folder, "--set", "log.segment.delete.delay.ms=1000")),
    Kind("kafka", "Apache Kafka (default, 1 GiB heap)", RELAXED, lambda folder: Kafka(folder, DEFAULT_JVM)),
    Kind("kafka-tuned", "Apache Kafka (tuned, 6 GiB heap)", RELAXED,
         lambda folder: Kafka(folder, TUNED_JVM, "num.io.threads=2\nnum.network.threads=2\n")),
    Kind("kafka-synced", "Apache Kafka (flush.messages=1)", SYNCED,
         lambda folder: Kafka(folder, DEFAULT_JVM, "log.flush.interval.messages=1\n")),
]


def address(server):
    host, port = server.kafka.rsplit(":", 1)
    return host, int(port)


def await_answer(server, seconds=60):
    """Until the server answers ApiVersions."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with Connection(address(server), 5) as connection:
                connection.api_versions()
            return
        except OSError:
            if time.monotonic() > deadline or server.process.poll() is not None:
                raise RuntimeError("the server does not answer") from None
            time.sleep(0.002)


CREATED_AT_ONCE = 5_000  # Apache Kafka refuses to create 10,000 partitions by one request.


def create_partitions(connection, name, count):
    """Gives the error code."""
    asked = struct.pack(">i", 1) + string(name) + struct.pack(">ii", count, -1) + struct.pack(">ib", 30_000, 0)
    answer = connection.call(CREATE_PARTITIONS, 0, asked)
    return struct.unpack_from(">h", answer, 4 + 4 + len(string(name)))[0]  # Behind the throttle time and the count.


def create_topic(server, name, partitions, seconds=60):
    """A topic whose partitions all have their leader: Apache Kafka answers before that."""
    asked = struct.pack(">ii", -1, 1) + string(name) + struct.pack(">i", partitions)
    asked += b"".join(struct.pack(">iq", partition, -1) for partition in range(partitions))
    deadline = time.monotonic() + seconds
    with Connection(address(server), seconds) as connection:
        error = connection.create_topic(name, min(partitions, CREATED_AT_ONCE))
        if not error and partitions > CREATED_AT_ONCE:
            error = create_partitions(connection, name, partitions)
        if error:
            raise RuntimeError(f"the topic {name} was not created: error {error}")
        while True:
            answer = connection.call(LIST_OFFSETS, 1, asked)
            at = 4 + len(string(name)) + 4  # Behind the count of topics, the name, and the count of partitions.
            if not any(struct.unpack_from(">h", answer, at + 22 * i + 4)[0] for i in range(partitions)):
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"the partitions of {name} have no leader after {seconds} s")
            time.sleep(0.05)


def delete_topic(server, name):
    with Connection(address(server), 60) as connection:
        connection.call(DELETE_TOPICS, 1, struct.pack(">i", 1) + string(name) + struct.pack(">i", 30_000))


def build(*targets):
    done = subprocess.run(["ninja", "-C", BUILT, "--quiet", *targets], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"bench: cannot build {' '.join(targets)}:\n{done.stdout[-3000:]}")


def build_all():
    build("thalweg", "load", "client_load", "floor")


def java_tool(name, *arguments):
    """Runs one of Apache Kafka's own tools; gives what it said."""
    done = subprocess.run(["java", *TOOL_JVM, "-cp", f"{apache_kafka.JARS}/*", f"org.apache.kafka.tools.{name}",
                           *map(str, arguments)], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise RuntimeError(f"{name} ended with {done.returncode}: {(done.stdout + done.stderr).strip()[-300:]}")
    return done.stdout


def prepare_java():
    """Sees to it that Java and Apache Kafka's jars are here."""
    if not shutil.which("java"):
        sys.exit("bench: there is no java here, which Apache Kafka needs; install default-jdk-headless")
    try:
        apache_kafka.prepare_java()
    except RuntimeError as why:
        sys.exit(f"bench: {' '.join(str(why).split())[:300]}")


def interrupt_on_term():
    """SIGTERM ends a run as Ctrl-C does: with everything stopped that was started."""
    def interrupt(*_):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, interrupt)
