#!/usr/bin/env python3
"""How a node starts, stops, and says what is wrong when it cannot start."""
import pathlib
import re
import signal
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from node import Node, Scratch, refuses_to_start  # noqa: E402
from report import Report, eventually, expect  # noqa: E402
from wire import Connection, batch  # noqa: E402


def serves(scratch):
    with Node(scratch / "data") as node:
        for path in ("/healthz", "/readyz"):
            expect(node.get(path)[0] == 200, f"{path} gives {node.get(path)}")
        status, metrics = node.get("/metrics")
        expect(status == 200 and "# TYPE" in metrics, f"/metrics gives {status} {metrics[:200]}")
        expect(node.get("/nothing-here")[0] == 404, "an unknown path is found")
        with Connection(node.address) as connection:
            expect(connection.api_versions()[0] == 0, "ApiVersions fails")


def stops_on(number):
    def test(scratch):
        with Node(scratch / "data") as node:
            with Connection(node.address) as connection:
                connection.create_topic("t")
                expect(connection.produce("t", 0, batch([b"x"])) == (0, 0), "produce failed")
                node.process.send_signal(number)
                code = node.process.wait(20)
            expect(code == 0, f"exit code {code}: {node.stderr()[-500:]}")
        # A clean stop leaves nothing to recover, and what was there is there.
        with Node(scratch / "data") as node, Connection(node.address) as connection:
            expect(connection.produce("t", 0, batch([b"y"])) == (0, 1), "the record from before is gone")
            expect(node.stop() == 0, "the second stop")
    return test


def port_in_use(scratch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refuses_to_start(scratch / "data", kafka=f"127.0.0.1:{port}", says=[str(port), "in use"])


def bad_option_value(scratch):
    refuses_to_start(scratch / "data", "--set", "log.segment.bytes=banana", says=["log.segment.bytes", "banana"])


def option_out_of_bounds(scratch):
    refuses_to_start(scratch / "data", "--set", "num.partitions=0", says=["num.partitions"])


def unknown_option(scratch):
    refuses_to_start(scratch / "data", "--set", "log.segment.byte=1", says=["log.segment.byte", "log.segment.bytes"])


def missing_config_file(scratch):
    refuses_to_start(scratch / "data", "--config", str(scratch / "none.properties"), says=["none.properties"])


def bad_address(scratch):
    refuses_to_start(scratch / "data", kafka="nonsense", says=["nonsense"])


def data_in_use(scratch):
    with Node(scratch / "data"):
        refuses_to_start(scratch / "data", says=["data", "another process|in use|locked"])


def edited_identity(line, replacement, says):
    def test(scratch):
        with Node(scratch / "data") as node:
            node.stop()
        file = scratch / "data/meta.properties"
        changed = re.sub(line, replacement, file.read_text(), flags=re.M)
        expect(changed != file.read_text(), f"no {line} in {file.read_text()!r}")
        file.write_text(changed)
        refuses_to_start(scratch / "data", says=says)
        expect(file.read_text() == changed, "the refused folder was written to")
    return test


def damaged_identity(scratch):
    with Node(scratch / "data") as node:
        node.stop()
    (scratch / "data/meta.properties").write_bytes(b"\0\xff nonsense")
    refuses_to_start(scratch / "data", says=["meta.properties"])


def data_is_a_file(scratch):
    (scratch / "data").write_text("a file")
    refuses_to_start(scratch / "data", says=["data"])


def identity_is_kept(scratch):
    def identity(node):
        node.stop()
        return (scratch / "data/meta.properties").read_text()

    with Node(scratch / "data") as node:
        first = identity(node)
    with Node(scratch / "data") as node:
        expect(identity(node) == first, "the cluster or folder id changed")
    expect(re.search(r"^cluster\.id=\S{22}$", first, re.M), f"no cluster id in {first!r}")


def two_listen_at_once(scratch):
    with Node(scratch / "one") as one, Node(scratch / "two") as two:
        expect(one.kafka != two.kafka, "both on one port")


def leaves_no_process(scratch):
    with Node(scratch / "data") as node:
        pid = node.process.pid
        expect(node.stop() == 0, "stop")
    eventually(lambda: not pathlib.Path(f"/proc/{pid}").exists(), 5, "the end of the process")


TESTS = {
    "serves": serves,
    "stops-on-sigterm": stops_on(signal.SIGTERM),
    "stops-on-sigint": stops_on(signal.SIGINT),
    "port-in-use": port_in_use,
    "bad-option-value": bad_option_value,
    "option-out-of-bounds": option_out_of_bounds,
    "unknown-option": unknown_option,
    "missing-config-file": missing_config_file,
    "bad-address": bad_address,
    "data-in-use": data_in_use,
    "data-of-another-node": edited_identity(r"^node\.id=.*$", "node.id=4711", ["4711", "node"]),
    "data-of-a-newer-version": edited_identity(r"^version=.*$", "version=99", ["99", "version"]),
    "damaged-identity": damaged_identity,
    "data-is-a-file": data_is_a_file,
    "identity-is-kept": identity_is_kept,
    "two-listen-at-once": two_listen_at_once,
    "leaves-no-process": leaves_no_process,
}


def main():
    report = Report()
    for name, test in TESTS.items():
        with Scratch() as scratch:
            report.run(name, test, scratch)
    report.exit()


if __name__ == "__main__":
    main()
