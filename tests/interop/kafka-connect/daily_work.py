"""Kafka Connect in standalone mode with its file connectors: lines of one file become lines of another.

Usage: daily_work.py HOST:PORT PREFIX JAVA [DATA], where JAVA is the folder that holds lib/ with the jars.
"""
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from apache_kafka import free_port  # noqa: E402
from report import Report, eventually, expect  # noqa: E402

BOOTSTRAP, PREFIX, FOLDER = sys.argv[1:4]
TOPIC = f"{PREFIX}-lines"
PATIENCE = 60
JAVA = ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Dlog4j2.level=warn",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{FOLDER}/lib/*",
        "org.apache.kafka.connect.cli.ConnectStandalone"]

WORKER = """bootstrap.servers={bootstrap}
listeners=http://127.0.0.1:{port}
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
offset.storage.file.filename={work}/offsets
offset.flush.interval.ms=500
plugin.path={work}/plugins
plugin.discovery=service_load
"""
SOURCE = """name={prefix}-source
connector.class=org.apache.kafka.connect.file.FileStreamSourceConnector
tasks.max=1
file={work}/in.txt
topic={topic}
"""
SINK = """name={prefix}-sink
connector.class=org.apache.kafka.connect.file.FileStreamSinkConnector
tasks.max=1
file={work}/out.txt
topics={topic}
consumer.override.auto.offset.reset=earliest
"""


class Connect:
    """A worker with both connectors, on files in a folder that outlives it."""

    def __init__(self, work):
        self.work, self.port = work, free_port()
        values = {"bootstrap": BOOTSTRAP, "work": work, "prefix": PREFIX, "topic": TOPIC, "port": self.port}
        files = []
        for name, text in (("worker", WORKER), ("source", SOURCE), ("sink", SINK)):
            files.append(work / f"{name}.properties")
            files[-1].write_text(text.format(**values))
        (work / "plugins").mkdir(exist_ok=True)
        self.log = open(work / "connect.log", "ab")
        self.process = subprocess.Popen([*JAVA, *files], stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)

    def ask(self, path):
        """What the worker's own interface answers, or nothing while it is not up."""
        expect(self.process.poll() is None, f"Connect ended: {(self.work / 'connect.log').read_text()[-800:]}")
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return json.load(answer)

    def states(self):
        """What both connectors and their tasks say of themselves."""
        states = []
        for name in (f"{PREFIX}-source", f"{PREFIX}-sink"):
            status = self.ask(f"/connectors/{name}/status") or {"connector": {"state": "none"}, "tasks": []}
            states += [status["connector"]["state"], *[task["state"] for task in status["tasks"]]]
        return states

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def append(work, lines):
    with open(work / "in.txt", "a") as file:
        file.write("".join(f"{line}\n" for line in lines))


def written(work):
    out = work / "out.txt"
    return out.read_text().split("\n")[:-1] if out.exists() else []


def copies(work):
    append(work, [f"line {i}" for i in range(500)])
    with Connect(work) as connect:
        eventually(lambda: connect.states() == ["RUNNING"] * 4, PATIENCE, "connectors that run")
        report.ok("connectors-run")
        eventually(lambda: connect.ask("/connectors") and len(written(work)) >= 500, PATIENCE, "500 lines")
        append(work, ["as it runs"])
        eventually(lambda: len(written(work)) > 500, PATIENCE, "the line that came while it ran")
    expect(written(work) == [*(f"line {i}" for i in range(500)), "as it runs"], f"wrote {written(work)[:5]}")


def goes_on(work):
    append(work, ["while it was away"])
    with Connect(work) as connect:
        eventually(lambda: connect.ask("/connectors") is not None and "while it was away" in written(work), PATIENCE,
                   "the line that came meanwhile")
    expect(len(written(work)) == 502, f"{len(written(work))} lines instead of 502: some came twice or not at all")


report = Report()
with tempfile.TemporaryDirectory() as folder:
    report.run("file-source-and-sink", copies, pathlib.Path(folder))
    report.run("goes-on-after-a-restart", goes_on, pathlib.Path(folder))
report.exit()
