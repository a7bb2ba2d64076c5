#!/usr/bin/env python3
"""Runs other people's clients against Thalweg: a suite a client, a line a feature.

    tests/interop/run.py                      a node of our own, all suites
    tests/interop/run.py java kcat            only these
    tests/interop/run.py --bootstrap H:P      a broker that runs already
    tests/interop/run.py --apache-kafka       Apache Kafka, started here: proves the suites themselves
    tests/interop/run.py --table docs/clients.md
"""
import argparse
import concurrent.futures
import os
import pathlib
import shutil
import sys
import time

from clients import CLIENTS, LACKING
from table import write_table
from toolchains import BUILT, ROOT, Missing

sys.path.insert(0, str(ROOT / "tests/support"))
import script  # noqa: E402
from apache_kafka import ApacheKafka, prepare_java  # noqa: E402
from node import Node, Scratch  # noqa: E402
from report import Report  # noqa: E402

SUITE_SECONDS = 300
AT_ONCE = 2
# Groups do not wait for more members, and may ask for heartbeats and sessions short enough for a test.
OWN_SETTINGS = ("group.initial.rebalance.delay.ms=0", "group.consumer.min.heartbeat.interval.ms=100",
                "group.consumer.min.session.timeout.ms=1000")


def make_ready(name):
    """Builds and fetches what a suite needs; gives the command that runs it, and what is wrong if it cannot."""
    missing = [command for command in CLIENTS[name].needs if not shutil.which(command)]
    if missing:
        return None, "skip", f"{', '.join(missing)} not found: ./do test installs it"
    started = time.monotonic()
    try:
        command = CLIENTS[name].prepare()
    except Missing as why:
        return None, "skip", why
    except (RuntimeError, OSError) as error:
        return None, "fail", error
    if (took := time.monotonic() - started) > 5:
        print(f"  {name}: made ready in {took:.0f} s", file=sys.stderr)
    return command, None, None


def make_all_ready(names, report):
    ready = {}
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for name, (command, verdict, why) in zip(names, pool.map(make_ready, names)):
            if command:
                ready[name] = command
            elif verdict == "skip":
                report.skip(name, " ".join(str(why).split())[:300])
            else:
                report.fail(f"{name}/prepare", why)
    return ready


def judge(name, ended, lacking, report):
    """Passes a suite's lines on under the client's name; gives feature -> verdict."""
    verdicts = {}
    for verdict, feature, why in ended.verdicts:
        verdicts[feature] = verdict
        if verdict == "skip":
            report.skip(f"{name}/{feature}", why)
        elif f"{name}/{feature}" in lacking and verdict == "ok":
            report.fail(f"{name}/{feature}", "it works now: take it off LACKING in tests/interop/clients.py")
        elif verdict == "ok" or f"{name}/{feature}" in lacking:
            report.ok(f"{name}/{feature}")
        else:
            report.fail(f"{name}/{feature}", why)
    if trouble := ended.trouble():
        report.fail(f"{name}/whole", f"{trouble}: {ended.errors[-600:]}")
    return verdicts


def run_all(commands, bootstrap, data, lacking, report):
    """Gives client -> feature -> verdict."""
    def run(name):
        command = [*commands[name], bootstrap, f"{name}-{os.getpid()}"]
        if CLIENTS[name].columns == "tool":
            command += [BUILT / "java", *([data] if data else [])]
        started = time.monotonic()
        ended = script.run(command, SUITE_SECONDS)
        return ended, time.monotonic() - started

    verdicts = {}
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for name, (ended, took) in zip(commands, pool.map(run, commands)):
            verdicts[name] = judge(name, ended, lacking, report)
            print(f"  {name}: {took:.0f} s", file=sys.stderr)
    return verdicts


def with_own_node(commands, report):
    settings = [word for setting in OWN_SETTINGS for word in ("--set", setting)]
    with Scratch() as scratch, Node(scratch / "data", *settings) as node:
        verdicts = run_all(commands, node.kafka, node.data, LACKING, report)
        code = node.stop()
        if code == 0:
            report.ok("node/stops-cleanly")
        else:
            report.fail("node/stops-cleanly", f"exit code {code}: {node.stderr()[-600:]}")
        return verdicts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("client", nargs="*", help=f"of {', '.join(CLIENTS)}")
    parser.add_argument("--bootstrap", help="HOST:PORT of a broker that runs already")
    parser.add_argument("--data", help="that broker's data folder, for Kafka's dump tool")
    parser.add_argument("--apache-kafka", action="store_true", help="start Apache Kafka and use it")
    parser.add_argument("--table", type=pathlib.Path, help="write the table client × feature to this file")
    args = parser.parse_args()
    if unknown := set(args.client) - set(CLIENTS):
        parser.error(f"no client {', '.join(unknown)}; there are {', '.join(CLIENTS)}")

    report = Report()
    commands = make_all_ready(args.client or list(CLIENTS), report)
    broker, lacking = "Thalweg", LACKING
    if args.bootstrap:
        broker = args.bootstrap
        verdicts = run_all(commands, args.bootstrap, args.data, LACKING, report)
    elif args.apache_kafka:
        broker, lacking = "Apache Kafka 4.2.1", {}
        prepare_java()
        with Scratch() as scratch, ApacheKafka(scratch) as kafka:
            verdicts = run_all(commands, kafka.kafka, kafka.data, {}, report)
    else:
        verdicts = with_own_node(commands, report)
    if args.table:
        write_table(args.table, verdicts, broker, lacking)
    report.exit()


if __name__ == "__main__":
    main()
