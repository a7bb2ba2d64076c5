"""Apache Kafka itself as a process on the loopback interface: one node, controller and broker in one.

The interop suites must pass against it, which proves the suites. Its jars are those that
tests/interop/java/pom.xml fetches.
"""
import pathlib
import socket
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROJECT = ROOT / "tests/interop/java"
JARS = ROOT / "build/interop/java/lib"
SMALL_JVM = ["-Xmx512m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
             "-Dlog4j2.level=warn"]
CLASSES = ["-cp", f"{JARS}/*"]

SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
log.dirs={data}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
group.consumer.min.heartbeat.interval.ms=100
group.consumer.min.session.timeout.ms=1000
auto.create.topics.enable=true
"""


def newer(made, *sources):
    return made.exists() and all(made.stat().st_mtime > source.stat().st_mtime for source in sources)


PREPARING = threading.Lock()  # Suites that need it are made ready side by side.


def prepare_java():
    """Fetches Apache Kafka's jars and compiles the suites in Java, unless that is done; RuntimeError says what it
    lacks."""
    ready = JARS.parent / "ready"
    with PREPARING:
        if newer(ready, PROJECT / "pom.xml", *sorted(PROJECT.rglob("*.java"))):
            return
        try:
            done = subprocess.run(["mvn", "-q", "-B", "-f", PROJECT / "pom.xml", "compile",
                                   "dependency:copy-dependencies"], capture_output=True, text=True,
                                  stdin=subprocess.DEVNULL)
        except FileNotFoundError:
            raise RuntimeError("there is no mvn here, which Apache Kafka's jars need: install maven") from None
        if done.returncode:
            raise RuntimeError(f"Apache Kafka's jars cannot be had: {(done.stdout + done.stderr)[-2000:].strip()}")
        ready.touch()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ApacheKafka:
    def __init__(self, folder, settings="", jvm=SMALL_JVM):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.data = folder / "data"
        port = free_port()
        self.kafka = f"127.0.0.1:{port}"
        config = folder / "server.properties"
        config.write_text(SETTINGS.format(port=port, controller=free_port(), data=self.data) + settings)
        subprocess.run(["java", *SMALL_JVM, *CLASSES, "kafka.tools.StorageTool", "format", "--ignore-formatted",
                        "-t", "AAAAAAAAQACAAAAAAAAAAQ", "-c", str(config)],
                       check=True, stdout=subprocess.DEVNULL)
        self.log = open(folder / "server.log", "wb")
        self.began = time.perf_counter()
        self.process = subprocess.Popen(["java", *jvm, *CLASSES, "kafka.Kafka", str(config)],
                                        stdout=self.log, stderr=subprocess.STDOUT)
        try:
            self._await_port(port)
        except BaseException:
            self.stop()
            raise

    def _await_port(self, port):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.01)
        raise RuntimeError(f"Apache Kafka did not start: {self._complaint()}")

    def _complaint(self):
        lines = pathlib.Path(self.log.name).read_text(errors="replace").splitlines()
        return next((line.strip() for line in lines if "Exception" in line), f"it says nothing in {self.log.name}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
