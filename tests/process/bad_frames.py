#!/usr/bin/env python3
"""Hostile bytes on the Kafka port: each gets its answer or loses its connection, and others are served on."""
import os
import pathlib
import random
import socket
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from node import Node, Scratch  # noqa: E402
from report import Report, expect  # noqa: E402
from wire import API_VERSIONS, METADATA, PRODUCE, Closed, Connection, batch, request, string  # noqa: E402
from wire import read_api_versions_v0  # noqa: E402

UNSUPPORTED_VERSION, CORRUPT_MESSAGE, INVALID_TOPIC, UNKNOWN_TOPIC, INVALID_RECORD = 35, 2, 17, 3, 87
dice = random.Random(int(os.environ.get("SEED", "11")))


def resident_bytes(node):
    for line in pathlib.Path(f"/proc/{node.process.pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the node is gone")


def still_serves(node):
    expect(node.process.poll() is None, f"the node ended: {node.stderr()[-500:]}")
    with Connection(node.address) as other:
        error, apis = other.api_versions()
        expect(error == 0 and apis[PRODUCE][0] == 0, f"after that ApiVersions gives {error}")


def closes(node, data, hang_up=False):
    """The node closes the connection on these bytes, at the latest when the client hangs up."""
    with Connection(node.address) as connection:
        try:
            connection.send(data)
            if hang_up:
                connection.socket.shutdown(socket.SHUT_WR)
            while connection.socket.recv(65536):
                pass
        except TimeoutError:
            raise
        except OSError:
            pass  # Closed already, before all was sent.
    still_serves(node)


def giant_length(node):
    before = resident_bytes(node)
    closes(node, struct.pack(">i", 0x7FFFFFFF) + b"x" * 1000)
    expect(resident_bytes(node) < before + (64 << 20), "a length alone made the node take memory")


def negative_length(node):
    closes(node, struct.pack(">i", -1) + b"x" * 100)


def lying_length(node):
    whole = request(API_VERSIONS, 0, b"")
    closes(node, struct.pack(">i", len(whole) + 1000) + whole[4:], hang_up=True)


def too_short_a_frame(node):
    for size in range(8):
        closes(node, struct.pack(">i", size) + b"\0" * size, hang_up=True)


def random_bytes(node):
    for _ in range(200):
        closes(node, dice.randbytes(dice.randint(1, 300)), hang_up=True)


def random_bodies(node):
    """Sound frames of every API with bodies of chance: an error or a closed connection, never an end."""
    with Connection(node.address) as connection:
        _, apis = connection.api_versions()
    for api, (first, last) in apis.items():
        for version in {first, last}:
            for size in (0, 1, 17, 120):
                closes(node, request(api, version, dice.randbytes(size)), hang_up=True)


def truncated_requests(node):
    body = string(None) + struct.pack(">hii", -1, 1000, 1) + string("t") + struct.pack(">iii", 1, 0, 70) + batch([b"x"])
    for cut in range(0, len(body), 3):
        closes(node, request(PRODUCE, 3, body[:cut]), hang_up=True)


def giant_arrays(node):
    before = resident_bytes(node)
    for count in (0x7FFFFFFF, 0x10000000):
        closes(node, request(METADATA, 1, struct.pack(">i", count)), hang_up=True)
        closes(node, request(PRODUCE, 3, string(None) + struct.pack(">hii", 1, 1000, count)), hang_up=True)
    expect(resident_bytes(node) < before + (64 << 20), "a count alone made the node take memory")


def unknown_api(node):
    closes(node, request(999, 0, b""), hang_up=True)
    closes(node, request(-5, 0, b""), hang_up=True)


def unknown_version(node):
    """ApiVersions of a version to come is answered in version 0, with the ranges, so that the client can go on."""
    with Connection(node.address) as connection:
        no_tags = b"\0"  # A header of version 2 ends in tagged fields.
        connection.send(request(API_VERSIONS, 99, no_tags, correlation=77))
        frame = connection.read_frame()
        expect(struct.unpack_from(">i", frame)[0] == 77, "another correlation id")
        error, apis = read_api_versions_v0(frame[4:])
        expect(error == UNSUPPORTED_VERSION, f"error {error}")
        expect(API_VERSIONS in apis, f"ranges {apis}")
        expect(connection.api_versions()[0] == 0, "the connection does not go on")
    closes(node, request(METADATA, 99, b""), hang_up=True)


def pipelined_in_order(node):
    with Connection(node.address) as connection:
        ask = b"".join(request(API_VERSIONS, 0, b"", correlation=i) for i in range(200))
        connection.send(ask)
        got = [struct.unpack_from(">i", connection.read_frame())[0] for _ in range(200)]
    expect(got == list(range(200)), "answers out of order")


def byte_by_byte(node):
    with Connection(node.address) as connection:
        for byte in request(API_VERSIONS, 0, b"", correlation=5):
            connection.send(bytes([byte]))
        expect(connection.read_frame()[:4] == b"\0\0\0\5", "another answer")


def bad_batches(node):
    with Connection(node.address) as connection:
        expect(connection.create_topic("batches") == 0, "the topic was not created")
        sound = batch([b"one", b"two"])
        cases = [
            ("a wrong checksum", batch([b"x"], crc=1), {CORRUPT_MESSAGE}),
            ("a lying count", batch([b"x"], count=5), {INVALID_RECORD, CORRUPT_MESSAGE}),
            ("a giant count", batch([b"x"], count=0x7FFFFFF0), {INVALID_RECORD, CORRUPT_MESSAGE}),
            ("no records", batch([], count=0), {INVALID_RECORD, CORRUPT_MESSAGE}),
            ("a cut batch", sound[:-3], {CORRUPT_MESSAGE, INVALID_RECORD}),
            ("an unknown codec", batch([b"x"], codec=7), {INVALID_RECORD, CORRUPT_MESSAGE, 76}),
            ("gzip that is none", batch([b"\x1f\x8bnot gzip"], codec=1), {INVALID_RECORD, CORRUPT_MESSAGE}),
            ("two batches", sound + sound, {INVALID_RECORD}),
            ("noise", dice.randbytes(200), {CORRUPT_MESSAGE, INVALID_RECORD, 76}),
        ]
        for why, records, errors in cases:
            error, _ = connection.produce("batches", 0, records)
            expect(error in errors, f"{why} gave error {error}, not one of {errors}")
        expect(connection.produce("batches", 0, sound) == (0, 0), "something of these was stored")
        expect(connection.produce("nowhere-at-all", 9, sound)[0] == UNKNOWN_TOPIC, "an unknown partition was found")


def topic_names(node):
    with Connection(node.address) as connection:
        for name in ("../escape", "a/b", "..", ".", "", "x" * 250, "nul\0", "é", "a b"):
            error = connection.create_topic(name)
            expect(error == INVALID_TOPIC, f"topic name {name!r} gave error {error}")
    expect(not (node.data.parent / "escape-0").exists(), "a topic name left the data folder")


def many_half_open(node):
    """Clients that connect and say nothing, or half a frame, hold nobody up."""
    idle = [Connection(node.address) for _ in range(200)]
    for connection in idle[::2]:
        connection.send(struct.pack(">i", 1000) + b"half")
    still_serves(node)
    for connection in idle:
        connection.close()
    still_serves(node)


def bytes_to_the_http_port(node):
    host, port = node.http.rsplit(":", 1)
    for data in (b"\0" * 100, b"GET / HTTP/9.9\r\n\r\n", b"GET " + b"x" * 100_000, dice.randbytes(500)):
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            try:
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
            except ConnectionError:
                pass
    expect(node.get("/healthz")[0] == 200, "the node is not well")


TESTS = [giant_length, negative_length, lying_length, too_short_a_frame, random_bytes, random_bodies,
         truncated_requests, giant_arrays, unknown_api, unknown_version, pipelined_in_order, byte_by_byte,
         bad_batches, topic_names, many_half_open, bytes_to_the_http_port]


def main():
    report = Report()
    with Scratch() as scratch, Node(scratch / "data") as node:
        for test in TESTS:
            report.run(test.__name__.replace("_", "-"), test, node)
        code = node.stop()
        report.run("stops-cleanly", lambda: expect(code == 0, f"exit code {code}: {node.stderr()[-800:]}"))
    report.exit()


if __name__ == "__main__":
    try:
        main()
    except Closed as error:
        print(f"FAIL whole the node closed a connection it should not: {error}")
        sys.exit(1)
