"""The clients there are suites for: what each is called, what it needs, how it is made ready and how it is run."""
import dataclasses
import pathlib
import shutil
import sys
import threading
from collections.abc import Callable

from toolchains import BUILT, ROOT, Node, cargo, go, python, quietly

sys.path.insert(0, str(ROOT / "tests/support"))
from apache_kafka import newer, prepare_java  # noqa: E402

HERE = ROOT / "tests/interop"
JAVA = ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", f"{BUILT}/java/classes:{BUILT}/java/lib/*"]


@dataclasses.dataclass(frozen=True)
class Client:
    title: str  # The head of its column: name<br>version<br>language.
    prepare: Callable  # Fetches and builds; gives the command that runs the suite.
    needs: tuple = ()  # Commands that have to be on PATH.
    columns: str = "client"  # Which table of docs/clients.md it stands in: client, tool, group or transaction.


def java(*program):
    def prepare():
        prepare_java()
        return [*JAVA, *program]
    return prepare


def script_on_java(folder):
    def prepare():
        prepare_java()
        return [sys.executable, HERE / folder / "daily_work.py"]
    return prepare


def librdkafka(source):
    source = HERE / source
    program = BUILT / "librdkafka" / source.stem

    def prepare():
        if not newer(program, source):
            program.parent.mkdir(parents=True, exist_ok=True)
            quietly("clang++-19", "-std=c++23", "-O1", "-Wall", "-Wextra", "-Werror", source, "-o", program,
                    "-lrdkafka++")
        return [program]
    return prepare


def python_client(folder, program=None):
    def prepare():
        venv = python(folder, *(HERE / folder / "requirements.txt").read_text().split())
        return [venv / "bin/python", HERE / (program or f"{folder}/daily_work.py")]
    return prepare


def node_client(folder, npm, build=None):
    """Lays a suite out in build/interop with the packages of its lock file; gives where."""
    built, lock = BUILT / folder, (HERE / folder / "package-lock.json").read_text()
    built.mkdir(parents=True, exist_ok=True)
    for file in (*(HERE / folder).iterdir(), *(HERE / "day").glob("*.js"), *(HERE / "groups").glob("*.js")):
        shutil.copy(file, built)
    ready = built / "ready"
    if not ready.exists() or ready.read_text() != lock:
        npm("ci", "--no-audit", "--no-fund", "--ignore-scripts", folder=built)
        if build:
            build(built)
        ready.write_text(lock)
    return built


PREPARING_KAFKAJS = threading.Lock()  # Its own suite and those of groups are made ready side by side.


def kafkajs(program):
    def prepare():
        with PREPARING_KAFKAJS:
            built = node_client("kafkajs", lambda *words, folder: quietly("npm", *words, folder=folder))
        return ["node", built / program]
    return prepare


def prepare_platformatic():
    node = Node()
    return [node.program, node_client("platformatic-kafka", node.npm) / "daily_work.js"]


def prepare_confluent_javascript():
    """Its binary packages are not on npm, so it is compiled, with the librdkafka that it brings."""
    node = Node()

    def build(folder):
        # Without debug information and at -O1 this takes half the time; ccache knows it again wherever it is built.
        node.compile(folder / "node_modules/@confluentinc/kafka-javascript", CKJS_LINKING="dynamic",
                     CC="ccache clang-19", CXX="ccache clang++-19", CFLAGS="-O1 -g0", CXXFLAGS="-O1 -g0",
                     CCACHE_NOHASHDIR="1", CCACHE_BASEDIR=str(folder))

    return [node.program, node_client("confluent-javascript", node.npm, build) / "daily_work.js"]


def go_client(folder):
    def prepare():
        program = BUILT / "go" / pathlib.Path(folder).name
        quietly(go(), "build", "-o", program, f"./{folder}", folder=HERE, CGO_ENABLED="0", GOTOOLCHAIN="local",
                GOFLAGS="-buildvcs=false")
        return [program]
    return prepare


def prepare_rskafka():
    quietly(cargo(), "build", "--quiet", "--locked", folder=HERE / "rskafka", CARGO_TARGET_DIR=str(BUILT / "rskafka"))
    return [BUILT / "rskafka/debug/daily-work"]


# The members of groups by each client (groups/cast.py): what makes their program ready and gives its command.
MEMBERS = {
    "java": java("GroupMembers"),
    "librdkafka": librdkafka("groups/librdkafka_members.cc"),
    "confluent-python": python_client("confluent-python", "groups/confluent_members.py"),
    "franz-go": go_client("groups/franz-go-members"),
    "sarama": go_client("groups/sarama-members"),
    "aiokafka": python_client("aiokafka", "groups/aiokafka_members.py"),
    "kafkajs": kafkajs("kafkajs_members.js"),
}


# Programs that copy a topic in transactions (exactly-once/killed.py), and one that counts words.
COPIERS = {
    "java": java("ExactCopy"),
    "librdkafka": librdkafka("exactly-once/librdkafka_copy.cc"),
    "confluent-python": python_client("confluent-python", "exactly-once/confluent_copy.py"),
    "franz-go": go_client("exactly-once/franz-go-copy"),
}
STREAMS = java("ExactWords")


def told_in_python(program, *others):
    """A suite in Python with confluent-kafka, and what makes ready the programs of others that it starts."""
    def prepare():
        for prepare_other in others:
            prepare_other()
        return python_client("confluent-python", program)()
    return prepare


def groups(program, *clients):
    return told_in_python(program, *(MEMBERS[client] for client in clients))


# Two suites run at a time, in this order; the longest comes first.
CLIENTS = {
    "groups-bounced": Client("Ten members restarted in turn", groups("groups/bounce.py", "java"), ("java", "mvn"),
                             "group"),
    "groups-mixed": Client("Several clients in one group", groups("groups/mixed.py", *MEMBERS),
                           ("java", "mvn", "clang++-19", "node", "npm"), "group"),
    "groups-migrated": Client("From one protocol to the other and back",
                              groups("groups/migrate.py", "java", "confluent-python"), ("java", "mvn"), "group"),
    "kafka-tools": Client("Apache Kafka's tools 4.2.1", script_on_java("kafka-tools"), ("java", "mvn"), "tool"),
    "kafka-group-tools": Client("kafka-consumer-groups, kafka-groups, kafka-configs",
                                groups("kafka-group-tools/daily_work.py", "java"), ("java", "mvn"), "tool"),
    "kafka-connect": Client("Kafka Connect 4.2.1, standalone", script_on_java("kafka-connect"), ("java", "mvn"),
                            "tool"),
    "exactly-once": Client("Killed again and again",
                           told_in_python("exactly-once/killed.py", *COPIERS.values(), STREAMS),
                           ("java", "mvn", "clang++-19"), "transaction"),
    "transactions": Client("Java's producer 4.2.1", java("TransactionWork"), ("java", "mvn"), "transaction"),
    "kafka-streams": Client("Kafka Streams 4.2.1", java("WordCount"), ("java", "mvn"), "tool"),
    "java-share": Client("Java's share consumer 4.2.1", java("ShareWork"), ("java", "mvn"), "tool"),
    "java": Client("Java client<br>4.2.1", java("DailyWork"), ("java", "mvn")),
    "librdkafka": Client("librdkafka<br>2.0.2<br>C++", librdkafka("librdkafka/daily_work.cc"),
                         ("clang++-19",)),
    "kcat": Client("kcat<br>1.7.1", lambda: [sys.executable, HERE / "kcat/daily_work.py"], ("kcat",)),
    "confluent-python": Client("confluent-kafka<br>2.16.1<br>Python", python_client("confluent-python")),
    "confluent-javascript": Client("@confluentinc/<br>kafka-javascript<br>1.10.1", prepare_confluent_javascript,
                                   ("clang++-19", "ccache", "make")),
    "kafkajs": Client("kafkajs<br>2.2.4<br>JavaScript", kafkajs("daily_work.js"), ("node", "npm")),
    "platformatic-kafka": Client("@platformatic/<br>kafka<br>2.12.1", prepare_platformatic),
    "kafka-python": Client("kafka-python<br>3.0.12", python_client("kafka-python")),
    "aiokafka": Client("aiokafka<br>0.14.0<br>Python", python_client("aiokafka")),
    "franz-go": Client("franz-go<br>1.22.2<br>Go", go_client("franz-go")),
    "sarama": Client("sarama<br>1.61.1<br>Go", go_client("sarama")),
    "kafka-go": Client("segmentio/<br>kafka-go<br>0.4.51", go_client("kafka-go")),
    "rskafka": Client("rskafka<br>0.6.0<br>Rust", prepare_rskafka),
}

# What Thalweg cannot do yet, as SUITE/FEATURE, and why. A suite tries it all the same, and it is a failure of the run
# when it works, for then it must leave this list.
LACKING = {}
