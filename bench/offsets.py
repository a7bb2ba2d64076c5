"""What groups cost: offset commits, and bringing groups back at a start."""
import json
import struct
import subprocess
import time

from node import Node, Scratch
from servers import BUILT, cpu_seconds, status_bytes
from wire import Connection, request, string

LOAD = BUILT / "tests/load"
SECONDS = 5
GROUPS, OFFSETS = 10_000, 10
AT_ONCE = 50
OFFSET_COMMIT, FIND_COORDINATOR, JOIN_GROUP, SYNC_GROUP, LIST_GROUPS = 8, 10, 11, 14, 16

COMMIT_COLUMNS = ["consumers", "connections", "commits/s", "ms, median", "ms, 99 %", "cores", "CPU µs each", "errors"]
RELOAD_COLUMNS = ["what", "measured", "to reach"]


def commit(node, connections, depth, seconds):
    before = cpu_seconds(node.process.pid)
    words = [LOAD, "commit", f"address={node.kafka}", "topic=t", "partitions=20", f"clients={connections}",
             f"depth={depth}", f"seconds={seconds}"]
    result = json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout)
    result["cpu"] = cpu_seconds(node.process.pid) - before
    return result


def commits():
    """Rows: consumers that each have one commit under way, answered when it is on the disk."""
    rows = []
    for connections, depth in ((200, 1), (50, 20)):
        with Scratch() as scratch, Node(scratch / "data", "--set", "thalweg.shards=1") as node:
            commit(node, connections, depth, 1)
            result = commit(node, connections, depth, SECONDS)
            node.stop()
        rows.append([f"{connections * depth:,}", connections, f"{result['records'] / result['seconds']:,.0f}",
                     f"{result['ms_50']:.1f}", f"{result['ms_99']:.1f}", f"{result['cpu'] / result['seconds']:.2f}",
                     f"{result['cpu'] / result['records'] * 1e6:.1f}", result["errors"] or ""])
    return rows


def int32(number):
    return struct.pack(">i", number)


def sized(data):
    return int32(len(data)) + data


SUBSCRIPTION = struct.pack(">hi", 1, 1) + string("t") + int32(-1) + int32(0)
ASSIGNMENT = struct.pack(">hi", 1, 1) + string("t") + int32(1) + int32(0) + int32(-1)


def text_at(frame, at):
    (length,) = struct.unpack_from(">h", frame, at)
    return frame[at + 2:at + 2 + length].decode(), at + 2 + length


class Groups:
    """Groups of one member each, made by hand: joined, synced, and with offsets committed."""

    def __init__(self, connection):
        self.connection = connection
        connection.create_topic("t", OFFSETS)
        while struct.unpack_from(">h", connection.call(FIND_COORDINATOR, 1, string("t") + b"\0"), 4)[0]:
            time.sleep(0.1)

    def ask(self, api, version, bodies):
        for body in bodies:
            self.connection.send(request(api, version, body))
        return [self.connection.read_frame() for _ in bodies]

    def make(self, names):
        joins = self.ask(JOIN_GROUP, 2, [
            string(name) + int32(60_000) + int32(60_000) + string("") + string("consumer") + int32(1) +
            string("range") + sized(SUBSCRIPTION) for name in names])
        members = [self.member(join) for join in joins]
        whos = [string(name) + int32(generation) + string(member)
                for name, (generation, member) in zip(names, members)]
        syncs = self.ask(SYNC_GROUP, 1, [
            who + int32(1) + string(member) + sized(ASSIGNMENT) for who, (_, member) in zip(whos, members)])
        offsets = b"".join(struct.pack(">iq", partition, 1_000) + string("") for partition in range(OFFSETS))
        committed = self.ask(OFFSET_COMMIT, 5, [
            who + int32(1) + string("t") + int32(OFFSETS) + offsets for who in whos])
        if any(struct.unpack_from(">h", sync, 8)[0] for sync in syncs) or any(c[-2:] != b"\0\0" for c in committed):
            raise RuntimeError("a group could not be made")

    @staticmethod
    def member(join):
        error, generation = struct.unpack_from(">hi", join, 8)
        if error:
            raise RuntimeError(f"a join was answered with error {error}")
        at = 14
        for _ in range(3):  # The protocol, the leader, the member.
            text, at = text_at(join, at)
        return generation, text


def count_groups(connection):
    error, count = struct.unpack_from(">hi", connection.call(LIST_GROUPS, 0, b""))
    return 0 if error else count


def reload():
    with Scratch() as scratch:
        with Node(scratch / "data", "--set", "group.initial.rebalance.delay.ms=0") as node:
            with Connection(node.address, 120) as connection:
                groups = Groups(connection)
                for first in range(0, GROUPS, AT_ONCE):
                    groups.make([f"group-{number}" for number in range(first, first + AT_ONCE)])
            node.stop()
        started = time.perf_counter()
        with Node(scratch / "data") as node:
            with Connection(node.address, 120) as connection:
                while count_groups(connection) < GROUPS:
                    time.sleep(0.002)
            took = time.perf_counter() - started
            cpu, memory = cpu_seconds(node.process.pid), status_bytes(node.process.pid, "VmRSS")
            node.stop()
    return [["from the start of the process until all answer", f"{took:.2f} s", "3 s"],
            ["CPU of the broker until then", f"{cpu:.2f} s", ""],
            ["resident memory then", f"{memory / (1 << 20):.0f} MiB", ""]]
