#!/usr/bin/env python3
"""Runs other people's clients against Thalweg: a suite a client, a line a feature.

    tests/interop/run.py                      a node of our own, all suites
    tests/interop/run.py java kcat            only these
    tests/interop/run.py --bootstrap H:P      a broker that runs already
    tests/interop/run.py --apache-kafka       Apache Kafka, started here: proves the suites themselves
    tests/interop/run.py --table docs/interop.md
"""
import argparse
import concurrent.futures
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from apache_kafka import ApacheKafka  # noqa: E402
from node import Node, Scratch  # noqa: E402
from report import Report  # noqa: E402

HERE = ROOT / "tests/interop"
BUILT = ROOT / "build/interop"
SUITE_SECONDS = 300


def quietly(*command, folder=ROOT):
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace")
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {said[-2000:]}")


def newer(made, *sources):
    return made.exists() and all(made.stat().st_mtime > source.stat().st_mtime for source in sources)


def prepare_java():
    pom, work = HERE / "java/pom.xml", HERE / "java/src/main/java/DailyWork.java"
    if not newer(BUILT / "java/classes/DailyWork.class", pom, work) or not (BUILT / "java/lib").exists():
        quietly("mvn", "-q", "-B", "-f", pom, "compile", "dependency:copy-dependencies")
        (BUILT / "java/classes/DailyWork.class").touch()


def prepare_librdkafka():
    source, program = HERE / "librdkafka/daily_work.cc", BUILT / "librdkafka/daily_work"
    if not newer(program, source):
        program.parent.mkdir(parents=True, exist_ok=True)
        quietly("clang++-19", "-std=c++23", "-O1", "-Wall", "-Wextra", "-Werror", source, "-o", program, "-lrdkafka++")


def prepare_python():
    wanted, venv = HERE / "confluent-python/requirements.txt", BUILT / "confluent-python"
    if not newer(venv / "ready", wanted):
        shutil.rmtree(venv, ignore_errors=True)
        quietly(sys.executable, "-m", "venv", venv)
        quietly(venv / "bin/pip", "install", "-q", "-r", wanted)
        (venv / "ready").touch()


def prepare_kafkajs():
    folder = BUILT / "kafkajs"
    folder.mkdir(parents=True, exist_ok=True)
    lock = HERE / "kafkajs/package-lock.json"
    for file in ("package.json", "package-lock.json", "daily_work.js"):
        shutil.copy(HERE / "kafkajs" / file, folder)
    if not newer(folder / "ready", lock):
        quietly("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", folder=folder)
        (folder / "ready").touch()


JAVA = ["java", "-Xmx256m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
        "-cp", f"{BUILT}/java/classes:{BUILT}/java/lib/*"]

# For each client: what its row is called, the commands it needs, how it is made ready, how it is run.
CLIENTS = {
    "librdkafka": ("librdkafka 2.0 (C++)", ["clang++-19"], prepare_librdkafka, [BUILT / "librdkafka/daily_work"]),
    "kcat": ("kcat 1.7", ["kcat"], lambda: None, [sys.executable, HERE / "kcat/daily_work.py"]),
    "java": ("Java client 4.2", ["java", "mvn"], prepare_java, [*JAVA, "DailyWork"]),
    "confluent-python": ("confluent-kafka 2.16 (Python)", [], prepare_python,
                         [BUILT / "confluent-python/bin/python", HERE / "confluent-python/daily_work.py"]),
    "kafkajs": ("kafkajs 2.2 (JavaScript)", ["node", "npm"], prepare_kafkajs,
                ["node", BUILT / "kafkajs/daily_work.js"]),
    "kafka-tools": ("Apache Kafka's tools 4.2", ["java", "mvn"], prepare_java,
                    [sys.executable, HERE / "kafka-tools/daily_work.py"]),
}


def make_ready(names, report):
    """Builds and fetches what the suites need, one after the other; gives those that can run."""
    ready = []
    for name in names:
        _, needs, prepare, _ = CLIENTS[name]
        missing = [command for command in needs if not shutil.which(command)]
        if missing:
            report.skip(name, f"{', '.join(missing)} not found")
            continue
        try:
            prepare()
            ready.append(name)
        except (RuntimeError, OSError) as error:
            report.fail(f"{name}/prepare", error)
    return ready


def run_suite(name, bootstrap, data):
    """Runs a suite in a process group of its own, so that nothing it starts outlives it."""
    command = [*CLIENTS[name][3], bootstrap, f"{name}-{os.getpid()}"]
    if name == "kafka-tools":
        command += [BUILT / "java/lib", *([data] if data else [])]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        out, errors = process.communicate(timeout=SUITE_SECONDS)
        ended = f"ended with {process.returncode}"
    except subprocess.TimeoutExpired:
        ended = f"took over {SUITE_SECONDS} s"
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    if process.returncode is None:
        out, errors = process.communicate()
    return out.decode(errors="replace"), errors.decode(errors="replace"), ended


def judge(name, out, errors, ended, report):
    """Passes a suite's lines on under the client's name; gives feature -> verdict."""
    verdicts = {}
    for line in out.splitlines():
        verdict, _, rest = line.partition(" ")
        feature, _, why = rest.partition(" ")
        if verdict not in ("ok", "FAIL", "skip"):
            continue
        verdicts[feature] = verdict
        if verdict == "ok":
            report.ok(f"{name}/{feature}")
        elif verdict == "skip":
            report.skip(f"{name}/{feature}", why)
        else:
            report.fail(f"{name}/{feature}", why)
    if not verdicts or ("FAIL" not in verdicts.values() and ended != "ended with 0"):
        report.fail(f"{name}/whole", f"{ended}: {errors[-600:]}")
    return verdicts


def write_table(file, table, broker):
    """The table client × feature: what each client's suite did, and how it went."""
    features = list(dict.fromkeys(feature for verdicts in table.values() for feature in verdicts))
    mark = {"ok": "yes", "FAIL": "**no**", "skip": "skipped", None: ""}
    names = [CLIENTS[name][0] for name in table]
    lines = ["# Interoperability", "",
             f"What the suites of `tests/interop` did with {broker}, written by `tests/interop/run.py --table`.",
             "An empty cell: the client has no such call, or its suite leaves it to another on the same library.", "",
             "| | " + " | ".join(names) + " |", "|---|" + ":-:|" * len(names)]
    for feature in features:
        cells = (mark[verdicts.get(feature)] for verdicts in table.values())
        lines.append(f"| {feature} | " + " | ".join(cells) + " |")
    pathlib.Path(file).write_text("\n".join(lines) + "\n")


def run_all(names, bootstrap, data, report):
    table = {}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        suites = {name: pool.submit(run_suite, name, bootstrap, data) for name in names}
        for name, suite in suites.items():
            started = time.monotonic()
            out, errors, ended = suite.result()
            table[name] = judge(name, out, errors, ended, report)
            print(f"  {name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    return table


def with_own_node(names, report):
    with Scratch() as scratch, Node(scratch / "data", "--set", "group.initial.rebalance.delay.ms=0") as node:
        table = run_all(names, node.kafka, node.data, report)
        code = node.stop()
        if code == 0:
            report.ok("node/stops-cleanly")
        else:
            report.fail("node/stops-cleanly", f"exit code {code}: {node.stderr()[-600:]}")
        return table


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("client", nargs="*", help=f"of {', '.join(CLIENTS)}")
    parser.add_argument("--bootstrap", help="HOST:PORT of a broker that runs already")
    parser.add_argument("--data", help="that broker's data folder, for Kafka's dump tool")
    parser.add_argument("--apache-kafka", action="store_true", help="start Apache Kafka and use it")
    parser.add_argument("--table", help="write the table client × feature to this file")
    args = parser.parse_args()
    if unknown := set(args.client) - set(CLIENTS):
        parser.error(f"no client {', '.join(unknown)}; there are {', '.join(CLIENTS)}")

    report = Report()
    names = make_ready(args.client or list(CLIENTS), report)
    broker = "Thalweg"
    if args.bootstrap:
        broker = args.bootstrap
        table = run_all(names, args.bootstrap, args.data, report)
    elif args.apache_kafka:
        broker = "Apache Kafka 4.2.1"
        prepare_java()
        with Scratch() as scratch, ApacheKafka(scratch) as kafka:
            table = run_all(names, kafka.kafka, kafka.data, report)
    else:
        table = with_own_node(names, report)
    if args.table:
        write_table(args.table, table, broker)
    report.exit()


if __name__ == "__main__":
    main()
