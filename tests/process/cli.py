#!/usr/bin/env python3
"""The command line, against a node of its own or, with THALWEG_KAFKA=HOST:PORT, against any Kafka cluster."""
import contextlib
import json
import os
import pathlib
import socket
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from node import PROGRAM, Node, Scratch  # noqa: E402
from report import Report, Skip, eventually, expect  # noqa: E402
from wire import TRANSACTIONAL, Connection, batch, string  # noqa: E402

GIVEN = os.environ.get("THALWEG_KAFKA")
FIND_COORDINATOR, INIT_PRODUCER_ID, ADD_PARTITIONS_TO_TXN = 10, 22, 24
TRANSACTION_KEY = 1
RUN = os.urandom(3).hex()  # Names of their own, so that a cluster may be used again.


class Cli:
    """Runs commands against one cluster. `data` is the node's folder, where there is one."""

    def __init__(self, kafka, data=None, http=None):
        self.kafka, self.data, self.http = kafka, data, http

    def run(self, *words, code=0, stdin=b"", cluster=True):
        command = [PROGRAM, *words, *(["-b", self.kafka] if cluster else [])]
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=60)
        expect(done.returncode == code, f"{' '.join(words)} ended with {done.returncode}, not {code}: "
               f"{done.stdout[-300:]} {done.stderr[-500:]}")
        return done

    def text(self, *words, **more):
        return self.run(*words, **more).stdout.decode()

    def json(self, *words, **more):
        return json.loads(self.text(*words, "--json", **more))

    def refused(self, *words, says, code=1, **more):
        """Fails with one line `error: ...` on standard error, which says all of `says`, and nothing on the other."""
        done = self.run(*words, code=code, **more)
        errors = done.stderr.decode()
        expect(errors.startswith("error: ") and len(errors.splitlines()) <= 3, f"not a short error: {errors!r}")
        expect(done.stdout == b"", f"printed as well: {done.stdout!r}")
        for part in says:
            expect(part in errors, f"{errors!r} does not say {part!r}")

    def topic(self, name, *options, partitions=1):
        topic = f"cli-{name}-{RUN}"
        self.run("topic", "create", topic, "--partitions", str(partitions), *options)
        return topic

    def produce(self, topic, lines, *options):
        self.run("produce", topic, *options, stdin="".join(line + "\n" for line in lines).encode())

    def consume(self, topic, *options):
        return self.text("consume", topic, "--exit-at-end", *options).splitlines()


def topics(cli):
    topic = cli.topic("topics", "-c", "retention.ms=86400000", partitions=3)
    cli.refused("topic", "create", topic, says=[topic, "exists already", "--if-absent"])
    expect("exists already" in cli.text("topic", "create", topic, "--if-absent"), "--if-absent")
    listed = {one["topic"]: one for one in cli.json("topic", "list", "--long")}
    expect(listed[topic]["partitions"] == 3 and listed[topic]["records"] == 0, listed[topic])
    [described] = cli.json("topic", "describe", topic)
    expect([one["partition"] for one in described["partitions"]] == [0, 1, 2], described)
    set_here = {one["name"]: one for one in described["configs"] if one["source"] == "topic"}
    expect(set_here["retention.ms"]["value"] == "86400000", described["configs"])
    expect("acks=all" in described["durability"], described["durability"])
    cli.run("topic", "alter", topic, "--partitions", "5", "-c", "cleanup.policy=compact", "-u", "retention.ms")
    [described] = cli.json("topic", "describe", topic)
    expect(len(described["partitions"]) == 5, "not more partitions")
    expect([one["value"] for one in described["configs"] if one["name"] == "cleanup.policy"] == ["compact"], described)
    cli.refused("topic", "alter", topic, "--partitions", "2", says=[topic])
    cli.refused("topic", "alter", topic, says=["nothing to change"], code=2)
    cli.run("topic", "delete", topic)
    gone = lambda: topic not in [one["topic"] for one in cli.json("topic", "list")]  # noqa: E731
    eventually(gone, 10, "the topic's end")
    cli.refused("topic", "delete", topic, says=[f"no topic '{topic}'"])
    expect("there is no" in cli.text("topic", "delete", topic, "--if-exists"), "--if-exists")


def dry_run_creates_nothing(cli):
    name = f"cli-dry-{RUN}"
    expect("would create" in cli.text("topic", "create", name, "--dry-run"), "--dry-run")
    expect(name not in [one["topic"] for one in cli.json("topic", "list")], "it was created")


def tables(cli):
    topic = cli.topic("tables")
    cli.produce(topic, ["x"] * 1234, "-p", "0")
    head, *rows = cli.text("topic", "list", "--long").splitlines()
    expect(head.split() == ["TOPIC", "PARTITIONS", "REPLICAS", "RECORDS", "SIZE", "HEALTH"], head)
    [row] = [row for row in rows if row.startswith(topic)]
    expect("1,234" in row and row.endswith("ok"), row)
    # Numbers stand to the right: the last digit below the last letter of the title.
    expect(row[head.index("RECORDS"):head.index("RECORDS") + 7].strip() == "1,234", (head, row))
    expect("\033" not in head, "styled without a terminal")


def records(cli):
    topic = cli.topic("records", partitions=2)
    cli.produce(topic, ["a:1", "b:2", "c:NULL", ":empty key", "no key"], "-k", ":", "--null-as", "NULL", "-p", "1",
                "-H", "source=test")
    got = [json.loads(line) for line in cli.consume(topic, "--json")]
    expect([(one["key"], one["value"]) for one in got] ==
           [("a", "1"), ("b", "2"), ("c", None), ("", "empty key"), (None, "no key")], got)
    expect(all(one["partition"] == 1 and one["headers"] == [{"name": "source", "value": "test"}] for one in got), got)
    expect([one["offset"] for one in got] == [0, 1, 2, 3, 4], got)
    lines = cli.consume(topic, "--format", "%t %p@%o %k=%v %h", "--null-as", "-", "-p", "1", "-n", "3")
    expect(lines == [f"{topic} 1@0 a=1 source=test", f"{topic} 1@1 b=2 source=test", f"{topic} 1@2 c=- source=test"],
           lines)
    expect(cli.consume(topic, "--from", "3", "--format", "%o", "-p", "1") == ["3", "4"], "from an offset")
    expect(cli.consume(topic, "--from", "-2", "--format", "%o", "-p", "1") == ["3", "4"], "the last two")
    expect(cli.consume(topic, "--from", "1", "--to", "3", "--format", "%o", "-p", "1") == ["1", "2"], "a range")
    expect(len(cli.consume(topic, "--from", "-1h")) == 5, "the last hour")
    expect(cli.consume(topic, "--from", "2100-01-01") == [], "the future")
    expect(cli.consume(topic, "--from", "latest") == [], "the end")


def any_bytes(cli):
    topic = cli.topic("bytes")
    value = bytes(byte for byte in range(256) if byte != 10)
    cli.run("produce", topic, stdin=value + b"\n\n")
    expect(cli.run("consume", topic, "-e").stdout == value + b"\n\n", "bytes were changed")
    expect(cli.consume(topic, "--output", "hex") == [value.hex(), ""], "hex")
    first, second = [json.loads(line) for line in cli.consume(topic, "--json")]
    expect("value_base64" in first and second["value"] == "", (first, second))


def codecs(cli):
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        topic = cli.topic(codec)
        lines = [f"line {i} " + "x" * (i % 200) for i in range(5000)]
        cli.produce(topic, lines, "-z", codec)
        expect(sorted(cli.consume(topic)) == sorted(lines), f"{codec}: not what was sent")


def produce_counts(cli):
    topic = cli.topic("counts")
    said = json.loads(cli.text("produce", topic, "-n", "3", "--json", stdin=b"1\n2\n3\n4\n"))
    expect(said["delivered"] == 3 and said["failed"] == 0 and said["bytes"] == 3, said)
    said = json.loads(cli.text("produce", topic, "--rate", "200", "--json", stdin=b"x\n" * 41))
    expect(said["delivered"] == 41 and said["seconds"] >= 0.2, said)
    cli.refused("produce", f"cli-absent-{RUN}", says=["no topic", "topic create"], stdin=b"x\n")
    cli.refused("produce", topic, "-p", "7", says=["no partition 7"], stdin=b"x\n")
    cli.refused("produce", topic, "-H", "x", says=["NAME=VALUE"], code=2)


def groups(cli):
    topic, group = cli.topic("groups", partitions=2), f"cli-group-{RUN}"
    for partition in ("0", "1"):
        cli.produce(topic, [str(i) for i in range(10)], "-p", partition)
    expect(len(cli.consume(topic, "--group", group)) == 20, "not everything")
    expect(cli.consume(topic, "--group", group) == [], "the same again")
    described = lambda: cli.json("group", "describe", group)[0]  # noqa: E731
    eventually(lambda: described()["state"] == "Empty", 15, "the members' leaving")
    expect(group in [one["group"] for one in cli.json("group", "list")], "not listed")
    expect(described()["lag"] == 0 and len(described()["partitions"]) == 2, described())

    plan = cli.json("group", "reset", group, "--to", "earliest")
    expect(plan["executed"] is False and [one["to"] for one in plan["partitions"]] == [0, 0], plan)
    expect(described()["lag"] == 0, "a plan changed something")
    cli.run("group", "reset", group, "--topic", f"{topic}:1", "--to", "4", "--execute")
    expect([one["committed"] for one in described()["partitions"]] == [10, 4], described())
    cli.run("group", "reset", group, "--shift-by", "-2", "--execute")
    expect([one["committed"] for one in described()["partitions"]] == [8, 2], described())
    cli.run("group", "reset", group, "--by-duration", "1h", "--execute")
    expect(described()["lag"] == 20, described())
    cli.run("group", "reset", group, "--to", "-3", "--execute")
    expect(described()["lag"] == 6, described())
    behind = described()["lag_seconds"]
    expect(behind is not None and 0 <= behind < 600, f"of records just written: {behind}")
    cli.run("group", "shift", group, "--by", "2", "--dry-run")
    expect(described()["lag"] == 6, "a dry run changed something")
    cli.run("group", "shift", group, "--by", "2", "--execute")
    expect(described()["lag"] == 2, described())
    saved = "".join(f"{topic}\t{one['partition']}\t{one['committed']}\n" for one in described()["partitions"])
    cli.run("group", "reset", group, "--to", "latest", "--execute")
    expect(described()["lag"] == 0 and described()["lag_seconds"] == 0, described())
    cli.run("group", "reset", group, "--from-file", "-", "--execute", stdin=saved.encode())
    expect(described()["lag"] == 2, described())
    from_file = ("group", "reset", group, "--from-file", "-")
    cli.refused(*from_file, says=["no partition 9"], stdin=f"{topic},9,1\n".encode())
    cli.refused(*from_file, says=["line 1", "orders,0,1234"], stdin=b"x\n")
    cli.refused("group", "reset", group, "--to", "latest", "--execute", "--dry-run", says=["--execute"], code=2)
    cli.refused("group", "reset", group, says=["--to", "--shift-by"], code=2)
    cli.refused("group", "reset", group, "--to", "nowhere", says=["nowhere", "earliest"], code=2)
    cli.refused("group", "describe", group + "x", says=[f"did you mean '{group}'"])
    expect(group in [one["group"] for one in cli.json("group", "list", "--state", "empty")], "not listed as empty")
    expect(group not in [one["group"] for one in cli.json("group", "list", "--state", "stable")], "listed as stable")
    expect(cli.json("group", "members", group)["members"] == [], "members of an empty group")

    cli.refused("group", "simulate", group, "--members", "+1", says=["no members"])
    cli.run("group", "delete", group, "--topic", topic)
    expect(described()["partitions"] == [], described())
    cli.refused("group", "delete", group, "--topic", topic, says=["committed nothing"])
    cli.run("group", "delete", group)
    expect(group not in [one["group"] for one in cli.json("group", "list")], "still there")
    cli.refused("group", "delete", group, says=["no group"])


def group_with_members(cli):
    topic, group = cli.topic("members"), f"cli-members-{RUN}"
    consumer = subprocess.Popen([PROGRAM, "consume", topic, "--group", group, "-b", cli.kafka],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    with contextlib.ExitStack() as stack:
        stack.callback(consumer.stderr.close)
        stack.callback(consumer.wait)
        stack.callback(consumer.kill)

        def members():
            done = subprocess.run([PROGRAM, "group", "describe", group, "--json", "-b", cli.kafka],
                                  capture_output=True, timeout=30)
            found = json.loads(done.stdout)[0]["members"] if done.returncode == 0 else []
            return found if any(member["partitions"] for member in found) else None

        [member] = eventually(members, 20, "a member with a partition")
        expect(member["client_id"] == "thalweg" and member["partitions"] == 1, member)
        shown = cli.json("group", "members", group)
        [of_members] = shown["members"]
        expect(of_members["owns"] == [{"topic": topic, "partition": 0}] and of_members["topics"] == [topic], shown)
        expect(shown["unowned"] == [] and b"1 member" in cli.run("group", "members", group).stderr, shown)
        if cli.http:
            at = ("--http", f"http://{cli.http}")
            events = cli.json("group", "timeline", group, *at, cluster=False)["events"]
            expect([one["what"] for one in events] == ["joined", "rebalancing", "rebalanced"], events)
            expect(events[0]["member"] == member["member"] and events[2]["took_ms"] is not None, events)
            expect("a member joined" in cli.text("group", "timeline", group, *at, cluster=False), "no cause")
            cli.refused("group", "timeline", group + "x", *at, says=[f"did you mean '{group}'"], cluster=False)
        more = cli.json("group", "simulate", group, "--members", "+1")
        expect(more["came"] == ["new-1"] and more["partitions"] == 1 and len(more["moves"]) <= 1, more)
        less = cli.json("group", "simulate", group, "--without", "thalweg")
        expect(less["moves"] == [{"topic": topic, "partition": 0, "from": member["member"], "to": None}], less)
        cli.refused("group", "simulate", group, "--without", "nobody", says=["no member 'nobody'"])
        cli.refused("group", "simulate", group, "--members", "3", says=["--members +3"], code=2)
        cli.refused("group", "simulate", group, "--members", "-2", says=["has 1 members"])
        cli.refused("group", "reset", group, "--to", "earliest", "--execute", says=["1 member", "cannot be reset"])
        cli.refused("group", "delete", group, says=["has members"])
        consumer.terminate()
        expect(consumer.wait(20) == 0, f"did not end well: {consumer.returncode} {consumer.stderr.read()[-300:]}")
    eventually(lambda: cli.json("group", "describe", group)[0]["state"] == "Empty", 15, "the member's leaving")


class ShareMember:
    """Says what a member of a share group says to its coordinator, and no more."""

    def __init__(self, cli, group, topic):
        host, port = cli.kafka.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), 10)
        self.group, self.topic = group, topic

    def beat(self, epoch):
        def text(value):
            return bytes([len(value) + 1]) + value.encode()

        topics = b"\x00" if epoch < 0 else b"\x02" + text(self.topic)
        header = struct.pack(">hhihB", 76, 1, 7, -1, 0)
        body = header + text(self.group) + text("worker-1") + struct.pack(">iB", epoch, 0) + topics + b"\x00"
        self.socket.sendall(struct.pack(">i", len(body)) + body)
        with self.socket.makefile("rb") as answer:
            [size] = struct.unpack(">i", answer.read(4))
            [error] = struct.unpack_from(">h", answer.read(size), 9)
        expect(error == 0, f"a heartbeat with epoch {epoch} was refused with {error}")


def share_group(cli):
    topic, group = cli.topic("shared"), f"cli-share-{RUN}"
    cli.produce(topic, [f"order {i}" for i in range(10)])
    cli.run("config", "set", "group", group, "share.auto.offset.reset=earliest")
    [setting] = cli.json("config", "get", "group", group)
    expect((setting["name"], setting["value"]) == ("share.auto.offset.reset", "earliest"), setting)
    cli.refused("config", "set", "group", group, "share.isolation.level=dirty", says=["read_committed"])
    member = ShareMember(cli, group, topic)
    with member.socket:
        member.beat(0)
        [listed] = [one for one in cli.json("group", "list", "--type", "share") if one["group"] == group]
        expect((listed["type"], listed["state"]) == ("share", "Stable"), listed)
        [shown] = cli.json("group", "describe", group)
        expect(shown["members"][0]["client_id"] == "" and shown["members"][0]["partitions"] == 1, shown)
        expect(shown["partitions"][0]["members"] == ["worker-1"] and shown["unowned"] == [], shown)
        expect("DONE BEFORE" in cli.text("group", "describe", group), "a table as of a consumer group")
        [of_members] = cli.json("group", "members", group)["members"]
        expect(of_members["owns"] == [{"topic": topic, "partition": 0}], of_members)
        if cli.http:
            at = ("--http", f"http://{cli.http}")
            events = cli.json("group", "timeline", group, *at, cluster=False)["events"]
            expect([one["what"] for one in events if one["member"]] == ["joined", "assignment changed"], events)
            expect(events[-1]["what"] == "rebalanced" and events[-1]["took_ms"] is not None, events)
        cli.refused("group", "reset", group, "--topic", topic, "--to", "4", "--execute", says=["1 member"])
        cli.refused("group", "delete", group, says=["has members"])
        cli.refused("group", "simulate", group, "--members", "+1", says=["share group"])
        member.beat(-1)
    cli.run("group", "reset", group, "--topic", topic, "--to", "4", "--execute")
    [shown] = cli.json("group", "describe", group)
    expect((shown["state"], shown["type"], shown["lag"]) == ("Empty", "share", 6), shown)
    expect((shown["partitions"][0]["committed"], shown["partitions"][0]["lag"]) == (4, 6), shown)
    expect(shown["lag_seconds"] is not None, shown)
    cli.run("group", "delete", group, "--topic", topic)
    expect(cli.json("group", "describe", group)[0]["partitions"] == [], "it remembers the topic")
    cli.run("group", "delete", group)
    expect(group not in [one["group"] for one in cli.json("group", "list")], "still there")


def transactional_producer(cli, name):
    """One that has begun, with a partition in its transaction if it is given one. Gives (connection, id, epoch)."""
    host, port = cli.kafka.rsplit(":", 1)
    connection = Connection((host, int(port)), 30)
    find = string(name) + struct.pack(">b", TRANSACTION_KEY)
    eventually(lambda: struct.unpack_from(">h", connection.call(FIND_COORDINATOR, 1, find), 4)[0] == 0, 30,
               "a coordinator")
    begin = string(name) + struct.pack(">i", 60_000)
    answer = eventually(lambda: begun(connection.call(INIT_PRODUCER_ID, 0, begin)), 30, "a producer id")
    return connection, *answer


def begun(answer):
    _, error, producer, epoch = struct.unpack_from(">ihqh", answer)
    return None if error else (producer, epoch)


def transactions(cli):
    topic, name = cli.topic("transfers"), f"cli-transfers-{RUN}"
    connection, producer, epoch = transactional_producer(cli, name)
    with connection:
        (listed,) = [one for one in cli.json("txn", "list") if one["transactional_id"] == name]
        expect(listed["state"] == "Empty" and listed["producer_id"] == producer, f"listed as {listed}")
        add = string(name) + struct.pack(">qhi", producer, epoch, 1) + string(topic) + struct.pack(">ii", 1, 0)
        connection.call(ADD_PARTITIONS_TO_TXN, 0, add)
        described = cli.json("txn", "describe", name)
        expect(described["state"] == "Ongoing" and described["partitions"] == [{"topic": topic, "partition": 0}],
               f"described as {described}")
        expect(f"{topic}-0" in cli.text("txn", "describe", name), "the partitions are not shown")
        expect(name in cli.text("txn", "list", "--state", "Ongoing"), "it is not listed")
        expect(name not in cli.text("txn", "list", "--open-for", "1h"), "it is not that old")
        expect(write_in_transaction(connection, topic, name, producer, epoch) == (0, 0), "not written")
        expect(cli.json("txn", "hanging", "--topic", topic) == [], "it does not hang")
        [late] = cli.json("txn", "hanging", "--topic", topic, "--max-transaction-timeout", "0")
        expect(late["abort"] == f"thalweg txn abort {name}", late)
        cli.refused("txn", "abort", "-t", topic, "-p", "0", "--start-offset", "0", says=["torn", f"abort {name}"])
        expect("would abort" in cli.text("txn", "abort", name, "--dry-run"), "--dry-run")
        cli.refused("txn", "list", "--state", "Sad", says=["Sad", "Ongoing"])
        cli.refused("txn", "describe", name + "x", says=["did you mean", name])
        expect("aborted" in cli.text("txn", "abort", name), "what was open is not aborted")
        after = cli.json("txn", "describe", name)
        expect(after["state"] == "Empty" and after["producer_epoch"] > epoch, f"not shut out: {after}")
        done = cli.json("txn", "abort", name)
        expect(not done["aborted"] and done["fenced"], f"told {done}")


def write_in_transaction(connection, topic, name, producer, epoch):
    records = batch([b"one", b"two"], codec=TRANSACTIONAL, producer=(producer, epoch, 0))
    return connection.produce(topic, 0, records, transaction=name)


def hanging_transactions(cli):
    """One that its coordinator never heard of, as clients of the first protocol make them where nobody asks it."""
    option = "transaction.partition.verification.enable"
    if GIVEN:
        broker = str(cli.json("cluster")["brokers"][0]["broker"])
        [verifies] = cli.json("config", "get", "broker", broker, option)
        if verifies["value"] == "true":
            raise Skip(f"needs a cluster with {option}=false")
        find_and_abort_what_hangs(cli)
        return
    with Scratch() as scratch, Node(scratch / "data", "--set", f"{option}=false") as node:
        find_and_abort_what_hangs(Cli(node.kafka))
        expect(node.stop() == 0, "the node's exit")


def find_and_abort_what_hangs(cli):
    topic, name = f"hanging-{RUN}", f"late-{RUN}"
    cli.run("topic", "create", topic, "--partitions", "2")
    cli.produce(topic, ["before"], "-p", "0")
    expect(cli.json("txn", "hanging", "--topic", topic) == [], "found where nothing is")
    connection, producer, epoch = transactional_producer(cli, name)
    with connection:
        expect(write_in_transaction(connection, topic, name, producer, epoch) == (0, 1), "not written")
    cli.produce(topic, ["behind"], "-p", "0")
    expect(cli.consume(topic) == ["before"], "read past what hangs")
    [found] = [one for one in cli.json("txn", "hanging") if one["topic"] == topic]
    expect([found[key] for key in ("topic", "partition", "start_offset", "producer_id", "held_records")] ==
           [topic, 0, 1, producer, 3], found)
    expect(found["transactional_id"] == name and "not part of" in found["why"], found)
    expect(f"{topic}-0" in cli.text("txn", "hanging", "--topic", topic, "--broker", "1"), "not shown")
    expect(cli.json("txn", "hanging", "--broker", "7") == [], "of another broker")
    expect([one["withheld"] for one in cli.json("topic", "describe", topic)[0]["partitions"]] == [3, 0], "withheld")
    expect("WITHHELD" in cli.text("topic", "describe", topic), "withheld")
    [shown] = cli.json("txn", "producers", topic, "--open")
    expect((shown["partition"], shown["transaction_start"], shown["last_sequence"]) == (0, 1, 1), shown)
    expect(cli.json("txn", "producers", topic, "-p", "1") == [], "producers of the other partition")
    where = ("--topic", topic, "--partition", "0", "--start-offset")
    cli.refused("txn", "abort", *where, "0", says=["offset 0", "begin at 1"])
    cli.refused("txn", "abort", "--topic", topic, says=["--start-offset"], code=2)
    expect("would abort" in cli.text("txn", "abort", *where, "1", "--dry-run"), "--dry-run")
    expect(cli.consume(topic) == ["before"], "--dry-run did something")
    done = cli.json("txn", "abort", *where, "1")
    expect(done["aborted"] and done["held_records"] == 3, done)
    expect(cli.consume(topic) == ["before", "behind"], "readers do not go on, or see what was aborted")
    still = cli.json("txn", "hanging", "--topic", topic), cli.json("txn", "producers", topic, "--open")
    expect(still == ([], []), f"still open: {still}")


def configs(cli):
    topic = cli.topic("configs")
    cli.run("config", "set", "topic", topic, "retention.ms=1000000", "max.message.bytes=2000000")
    got = {one["name"]: one for one in cli.json("config", "get", "topic", topic)}
    expect(got["retention.ms"] == {"name": "retention.ms", "value": "1000000", "source": "topic",
                                   "read_only": False, "sensitive": False}, got)
    cli.run("config", "unset", "topic", topic, "retention.ms")
    [one] = cli.json("config", "get", "topic", topic, "retention.ms")
    expect(one["source"] != "topic", one)
    expect(len(cli.json("config", "get", "topic", topic, "--all")) > 15, "not all")
    expect("retention.ms" in cli.text("config", "get", "topic", topic, "retention.ms", "--explain"), "--explain")
    cli.refused("config", "set", "topic", topic, "retention.mss=1", says=["retention.mss", "mean retention.ms?"])
    cli.refused("config", "set", "topic", topic, "retention.ms=soon", says=["retention.ms", "was not changed"])
    cli.refused("config", "get", "topic", topic, "retention.mz", says=["did you mean 'retention.ms'"])
    cli.refused("config", "get", "topic", topic + "x", says=[f"did you mean '{topic}'"])
    cli.refused("config", "set", "topic", topic, "retention.ms", says=["NAME=VALUE"], code=2)
    broker = cli.json("cluster")["brokers"][0]["broker"]
    expect(len(cli.json("config", "get", "broker", str(broker), "--all")) > 20, "the broker's configs")


def cluster(cli):
    seen = cli.json("cluster")
    expect(seen["brokers"] and seen["cluster"] and seen["controller"] >= 0, seen)
    apis = {api["name"]: api for api in seen["apis"]}
    expect(apis["Produce"]["used"] is not None and apis["Fetch"]["last"] >= 12, apis)
    expect("ADDRESS" in cli.text("cluster") and "Metadata" in cli.text("cluster", "--apis"), "tables")


def trim(cli):
    topic = cli.topic("trim")
    cli.produce(topic, [str(i) for i in range(10)])
    expect(cli.json("topic", "trim", topic, "--before", "4")[0]["start"] == 4, "before 4")
    expect(cli.consume(topic) == ["4", "5", "6", "7", "8", "9"], "what is left")
    cli.run("topic", "trim", topic)
    expect(cli.consume(topic) == [], "everything")


def benches(cli):
    topic = f"cli-bench-{RUN}"
    load = ["-n", "5000", "-s", "100"]
    made = cli.json("bench", "produce", topic, "-p", "2", *load)
    expect(made["records"] == 5000 and made["latency_us"]["acknowledged"]["p99"] > 0, made)
    read = cli.json("bench", "consume", topic, "-n", "5000")
    expect(read["records"] == 5000 and read["bytes"] >= 500000, read)
    one = cli.json("bench", "latency", topic, "-n", "50")
    expect(one["records"] == 50, one)
    whole = cli.json("bench", "e2e", topic, "-n", "200", "--rate", "1000")
    expect(whole["records"] == 200 and whole["latency_us"]["received"]["max"] > 0, whole)
    expect("p99" in cli.text("bench", "produce", topic, *load), "the table")


def bench_eos(cli):
    prefix = f"cli-eos-{RUN}"
    options = ["--duration", "600ms", "--rounds", "2", "-p", "3", "--commit-interval", "50ms"]
    result = cli.json("bench", "eos", prefix, *options)
    expect(result["ratio"] > 0 and len(result["round_ratios"]) == 2, result)
    for name in ("at_least_once", "exactly_once"):
        one = result[name]
        expect(one["records"] > 0 and one["bytes"] == 1024 * one["records"], one)
        expect(one["commits"] >= 2 and one["aborted"] == 0, one)
        expect(one["latency_us"]["commit"]["p99"] >= one["latency_us"]["offsets"]["p50"] > 0, one)
    expect(result["at_least_once"]["latency_us"]["end"]["max"] == 0, "there is no transaction to end")
    expect(result["exactly_once"]["latency_us"]["end"]["max"] > 0, "there is one")
    said = cli.text("bench", "eos", prefix, *options, "--rate", "20000", "-s", "100")
    expect("exactly once" in said and "% of the throughput" in said, said)
    eventually(lambda: not [t for t in cli.json("topic", "list") if prefix in str(t)], 10,
               "the deletion of the topics")
    expect(not [g for g in cli.json("group", "list") if prefix in str(g)], "the group is left")
    cli.refused("bench", "eos", "--commit-interval", "soon", says=["--commit-interval"], code=2)
    cli.refused("bench", "eos", "-s", "0", says=["--size"], code=2)


def log_dump(cli):
    if not cli.data:
        raise Skip("needs the broker's own folder")
    topic = cli.topic("dump")
    cli.produce(topic, ["k1:v1", "k2:v2"], "-k", ":")
    folder = cli.data / f"{topic}-0"
    segment = folder / "00000000000000000000.log"
    dumped = json.loads(cli.text("log", "dump", str(segment), "--records", "--json", cluster=False))
    content = [record for one in dumped["batches"] for record in one["content"]]
    expect([(one["key"], one["value"]) for one in content] == [("k1", "v1"), ("k2", "v2")], dumped)
    expect(dumped["sound_bytes"] == dumped["bytes"], dumped)
    expect("k2" in cli.text("log", "dump", str(folder), "--records", cluster=False), "the folder")
    damaged = cli.data.parent / "00000000000000000000.log"
    content = bytearray(segment.read_bytes())
    content[-1] ^= 1
    damaged.write_bytes(content)
    done = cli.run("log", "dump", str(damaged), code=1, cluster=False)
    expect(b"damaged" in done.stderr and b"checksum" in done.stderr, done.stderr)
    index = cli.data.parent / "00000000000000000000.txnindex"
    index.write_bytes(struct.pack(">hqqqq", 0, 7, 3, 5, 6))
    dumped = json.loads(cli.text("log", "dump", str(index), "--json", cluster=False))
    one = {"producer_id": 7, "first_offset": 3, "last_offset": 5, "last_stable_offset": 6}
    expect(dumped["entries"] == [one], dumped)
    index.write_bytes(index.read_bytes()[:-1])
    cli.refused("log", "dump", str(index), says=["half of one"], cluster=False)
    cli.refused("log", "dump", str(cli.data.parent / "none.log"), says=["none.log"], cluster=False)
    [metadata] = cli.data.glob("__cluster_metadata-0/*.log")
    expect(f"TopicRecord {topic}" in cli.text("log", "dump", str(metadata), "--records", cluster=False), "metadata")


def mistakes(cli):
    cli.refused("topi", says=["unknown command 'topi'", "did you mean topic?"], code=2, cluster=False)
    cli.refused("topic", "creat", "x", says=["unknown command 'creat'", "did you mean create?"], code=2, cluster=False)
    cli.refused("topic", "list", "--jsno", says=["unknown option '--jsno'", "--json"], code=2)
    cli.refused("topic", "create", says=["TOPIC", "--help"], code=2)
    cli.refused("topic", "create", "x", "--partitions", "0", says=["--partitions"], code=2)
    cli.refused("consume", "x", "--from", "soon", says=["soon", "earliest"], code=2)
    cli.refused("consume", "x", "--format", "%z", says=["%z"], code=2)
    cli.refused("consume", "x", "-g", "g", "-p", "0", says=["--group"], code=2)
    nobody = Cli("127.0.0.1:1")
    nobody.refused("topic", "list", says=["cannot reach 127.0.0.1:1", "refused", "-b HOST:PORT"])
    Cli("127.0.0.1:x").refused("topic", "list", says=["'x' is not a port"], code=2)
    topic = cli.topic("suggest")
    cli.refused("topic", "describe", topic[:-1], says=[f"did you mean '{topic}'"])


def output_that_cannot_be_written(cli):
    topic = cli.topic("output")
    cli.produce(topic, ["x" * 1000] * 500)
    for words in (["topic", "describe", topic], ["consume", topic, "-e"]):
        command = [PROGRAM, *words, "-b", cli.kafka]
        with open("/dev/full", "wb") as full:
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=60)
        expect(done.returncode == 1 and b"cannot write the output" in done.stderr, f"{words}: {done}")
        # Like `| head`: the reader goes away, and that is nobody's fault.
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, timeout=60)
        os.close(writer)
        expect(done.stderr == b"", f"{words}: {done}")


def help_is_there(cli):
    def walk(*words):
        text = cli.text(*words, "--help", cluster=False)
        expect("Usage: thalweg" in text, f"{words}: {text[:200]}")
        lines = text.splitlines()
        inside = lines[lines.index("Commands:") + 1:] if "Commands:" in lines else []
        for line in inside:
            if not line.startswith("  "):
                break
            if line[2] != " ":
                walk(*words, line.split()[0])
        if not inside:
            expect("Example" in text, f"{words}: no example")
    walk()
    expect(cli.run(code=2, cluster=False).stdout == b"", "thalweg alone")


def completion(cli):
    script = cli.text("completion", "bash", cluster=False)
    probe = script + "\nCOMP_WORDS=(thalweg topic cr); COMP_CWORD=2; _thalweg; echo ${COMPREPLY[@]}" \
        "\nCOMP_WORDS=(thalweg topic create -b x --par); COMP_CWORD=5; _thalweg; echo ${COMPREPLY[@]}\n"
    done = subprocess.run(["bash", "-c", probe], capture_output=True, text=True, timeout=20)
    expect(done.stdout.split() == ["create", "--partitions"], done)
    for shell in ("zsh", "fish"):
        expect("thalweg" in cli.text("completion", shell, cluster=False), shell)


TESTS = {
    "topics": topics,
    "dry-run": dry_run_creates_nothing,
    "tables": tables,
    "records": records,
    "any-bytes": any_bytes,
    "codecs": codecs,
    "produce-counts": produce_counts,
    "groups": groups,
    "group-with-members": group_with_members,
    "share-group": share_group,
    "transactions": transactions,
    "hanging-transactions": hanging_transactions,
    "configs": configs,
    "cluster": cluster,
    "trim": trim,
    "benches": benches,
    "bench-eos": bench_eos,
    "log-dump": log_dump,
    "mistakes": mistakes,
    "output-that-cannot-be-written": output_that_cannot_be_written,
    "help": help_is_there,
    "completion": completion,
}


def main():
    report = Report()
    with contextlib.ExitStack() as stack:
        if GIVEN:
            cli = Cli(GIVEN)
        else:
            scratch = stack.enter_context(Scratch())
            node = stack.enter_context(Node(scratch / "data"))
            cli = Cli(node.kafka, scratch / "data", node.http)
        for name, test in TESTS.items():
            report.run(name, test, cli)
    report.exit()


if __name__ == "__main__":
    main()
