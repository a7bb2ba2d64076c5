#!/usr/bin/env python3
"""A shop's order stream through kcat, Java and Python: what each wrote, each reads, before and after kill -9.

Usage: order_stream.py [COUNT] (20,000 by default; 1,000,000 is what the README shows)
"""
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "tests/interop")]
from node import Node, Scratch  # noqa: E402
from clients import BUILT, JAVA  # noqa: E402
from report import Report, expect  # noqa: E402
from run import make_all_ready  # noqa: E402
from wire import Connection  # noqa: E402

ORDERS = ROOT / "examples/orders"
PARTITIONS = 6
SECONDS = 900


def writer(client, bootstrap, topic):
    return {
        "kcat": ["kcat", "-b", bootstrap, "-P", "-t", topic, "-K", "\t", "-z", "snappy",
                 "-X", "enable.idempotence=true"],
        "java": [*JAVA, ORDERS / "Orders.java", "produce", bootstrap, topic],
        "python": [BUILT / "confluent-python/bin/python", ORDERS / "orders_client.py", "produce", bootstrap, topic],
    }[client]


def reader(client, bootstrap, topic):
    return {
        "kcat": ["kcat", "-b", bootstrap, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", "%k\t%s\n"],
        "java": [*JAVA, ORDERS / "Orders.java", "consume", bootstrap, topic],
        "python": [BUILT / "confluent-python/bin/python", ORDERS / "orders_client.py", "consume", bootstrap, topic],
    }[client]


CLIENTS = ["kcat", "java", "python"]


def run(command, **streams):
    done = subprocess.run(list(map(str, command)), stderr=subprocess.PIPE, timeout=SECONDS, **streams)
    expect(done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stderr.decode()[-500:]}")
    return done


def checksum(file):
    file.seek(0)
    return run([sys.executable, ORDERS / "orders.py", "--sum"], stdin=file, stdout=subprocess.PIPE).stdout.decode()


def read_sum(client, node, topic):
    with tempfile.TemporaryFile() as file:
        run(reader(client, node.kafka, topic), stdout=file, stdin=subprocess.DEVNULL)
        return checksum(file)


def report_test(report, name, test):
    started = time.monotonic()
    report.run(name, test)
    print(f"  {name}: {time.monotonic() - started:.1f} s", file=sys.stderr)


def everybody_reads(report, node, wanted, when, pairs):
    for written_by, read_by in pairs:
        def compare(written_by=written_by, read_by=read_by):
            got = read_sum(read_by, node, f"orders-{written_by}")
            expect(got == wanted, f"sent {wanted}, read {got}")
        report_test(report, f"{written_by}-to-{read_by}-{when}", compare)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    report = Report()
    if len(make_all_ready(["java", "confluent-python", "kcat"], report)) < 3:
        report.exit()
    with Scratch() as scratch, open(scratch / "orders.tsv", "w+b") as orders:
        run([sys.executable, ORDERS / "orders.py", str(count)], stdout=orders)
        sent = checksum(orders)
        print(sent, file=sys.stderr)
        with Node(scratch / "data") as node:
            with Connection(node.address) as connection:
                for client in CLIENTS:
                    expect(connection.create_topic(f"orders-{client}", PARTITIONS) == 0, "the topic was not created")
            for client in CLIENTS:
                orders.seek(0)
                report_test(report, f"{client}-writes",
                            lambda client=client: run(writer(client, node.kafka, f"orders-{client}"), stdin=orders))
            everybody_reads(report, node, sent, "before", [(w, r) for w in CLIENTS for r in CLIENTS])
            node.kill()
        with Node(scratch / "data") as node:
            # After the crash each topic is read by another client than the one that wrote it.
            everybody_reads(report, node, sent, "after-kill", list(zip(CLIENTS, CLIENTS[1:] + CLIENTS[:1])))
            report.run("stops-cleanly", lambda: expect(node.stop() == 0, "exit code"))
    report.exit()


if __name__ == "__main__":
    main()
