"""A day's work with Apache Kafka's protocol, told once for the clients in Python that bring a Client.

A client's suite gives an object with the methods that its client has; a feature whose method is not there
is not told of. Features have the same names in all languages, for they are the rows of docs/clients.md.
"""
import dataclasses
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from report import Report, eventually, expect  # noqa: E402

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
OFFSET_OUT_OF_RANGE, UNKNOWN_TOPIC, MESSAGE_TOO_LARGE, INVALID_TOPIC, TOPIC_EXISTS = 1, 3, 10, 17, 36
PATIENCE = 30


@dataclasses.dataclass
class Record:
    partition: int = 0
    key: bytes | None = None
    value: bytes | None = None
    headers: list = dataclasses.field(default_factory=list)
    timestamp: int | None = None
    offset: int | None = None


class Day:
    """The features; each takes what the client can do and looks at what came of it.

    What the client must have: code(error), create(topic, partitions, config), delete(topic), topics(),
    partitions(topic), send(topic, records, acks, codec, idempotent) -> offsets, and read(topic, {partition:
    offset}, count), which gives what is committed. What it may have stands in _features.
    """

    def __init__(self, client, prefix):
        self.client = client
        self.prefix = prefix
        self.dice = random.Random(7)

    def work(self):
        report = Report()
        for name, needs, feature in self._features():
            if not needs or hasattr(self.client, needs):
                report.run(name, feature)
        report.exit()

    def _features(self):
        yield "create-topic", None, self.create_topic
        for acks in ("0", "1", "all"):
            for codec in CODECS:
                yield f"produce-{acks}-{codec}", None, lambda acks=acks, codec=codec: self.produce(acks, codec)
        yield "idempotent-produce", None, self.idempotent_produce
        yield "headers", None, self.headers
        yield "null-key-and-value", None, self.nulls
        yield "record-sizes", None, self.sizes
        yield "seek-by-time", "offset_at", self.seek_by_time
        yield "group-resume", "read_group", self.group_resumes
        yield "delete-group", "delete_group", self.delete_group
        yield "transactions", "transact", self.transactions
        yield "list-topics", None, self.list_topics
        yield "describe-topic", None, self.describe_topic
        yield "describe-cluster", "cluster", self.describe_cluster
        yield "describe-log-dirs", "log_dir_bytes", self.describe_log_dirs
        yield "config", "config", self.config
        yield "create-partitions", "grow", self.create_partitions
        yield "delete-records", "trim", self.delete_records
        yield "unknown-topic", None, self.unknown_topic
        yield "out-of-range", None, self.out_of_range
        yield "too-large", None, self.too_large
        yield "delete-topic", None, self.delete_topic

    def create(self, name, partitions=1, config=None):
        topic = f"{self.prefix}-{name}"
        self.client.create(topic, partitions, config or {})
        return topic

    def blob(self, size):
        return bytes(self.dice.choices(b"abcdefghijklmnop", k=size))

    def records(self, partitions, count, size):
        return [Record(i % partitions, b"key-%d" % i, self.blob(size)) for i in range(count)]

    def send(self, topic, records, acks="all", codec="none", idempotent=False):
        return self.client.send(topic, records, acks, codec, idempotent)

    def send_and_read_back(self, name, partitions, sent, **how):
        topic = self.create(name, partitions)
        self.send(topic, sent, **how)
        self.expect_same(topic, partitions, sent)

    def expect_same(self, topic, partitions, sent):
        read = {}
        for record in self.client.read(topic, dict.fromkeys(range(partitions), 0), len(sent)):
            read.setdefault(record.partition, []).append(record)
        next_offset = dict.fromkeys(range(partitions), 0)
        for want in sent:
            at = next_offset[want.partition]
            next_offset[want.partition] += 1
            got, where = read[want.partition][at], f"partition {want.partition} offset {at}"
            expect(got.offset == at, f"{where} came as offset {got.offset}")
            expect(got.key == want.key, f"{where}: another key")
            expect(got.value == want.value, f"{where}: another value")
            expect(got.headers == want.headers, f"{where}: other headers {got.headers}")

    def refused(self, code, what, call, *args):
        try:
            call(*args)
        except Exception as error:
            expect(self.client.code(error) == code, f"{what} gave {error!r}")
        else:
            expect(False, f"{what} was accepted")

    def create_topic(self):
        topic = self.create("created", 3, {"retention.ms": "3600000"})
        self.refused(TOPIC_EXISTS, "creating it twice", self.client.create, topic, 3, {})

    def produce(self, acks, codec):
        """First a record to each partition by itself, with an answer: a leader that is not ready yet would lose
        what is sent without one, and what was sent to two partitions may come twice to the other."""
        topic, sent = self.create(f"acks-{acks}-{codec}", 2), self.records(2, 200, 300)
        for records, asked in ((sent[:1], "all"), (sent[1:2], "all"), (sent[2:], acks)):
            self.send(topic, records, asked, codec)
        self.expect_same(topic, 2, sent)

    def idempotent_produce(self):
        topic = self.create("idempotent")
        sent = self.records(1, 2000, 200)
        expect(self.send(topic, sent, idempotent=True) == list(range(2000)), "offsets are not in order")
        self.expect_same(topic, 1, sent)

    def headers(self):
        self.send_and_read_back("headers", 1, [
            Record(value=b"v", headers=[("trace", b"4f2a"), ("trace", b"again")]),
            Record(value=b"v", headers=[("empty", b""), ("é", self.blob(5000))])])

    def nulls(self):
        self.send_and_read_back("nulls", 1, [
            Record(value=b"value"), Record(key=b"key"), Record(key=b"", value=b"")])

    def sizes(self):
        sizes = (1, 127, 128, 16_383, 16_384, 100_000, 500_000, 1_048_000)
        self.send_and_read_back("sizes", 1, [Record(value=self.blob(size)) for size in sizes])

    def seek_by_time(self):
        topic = self.create("times")
        start = int(time.time() * 1000) - 1_000_000
        self.send(topic, [Record(value=self.blob(50), timestamp=start + i * 1000) for i in range(100)])
        offset = self.client.offset_at(topic, start + 41_500)
        expect(offset == 42, f"the first record from then on is 42, not {offset}")
        expect(self.client.read(topic, {0: offset}, 58)[0].timestamp == start + 42_000, "another timestamp was read")
        expect(self.client.watermarks(topic) == (0, 100), f"the watermarks are {self.client.watermarks(topic)}")

    def group_resumes(self):
        topic = self.create("group", 2)
        self.send(topic, self.records(2, 100, 50))
        group = f"{self.prefix}-group"
        read = [(record.partition, record.offset)
                for _ in range(2) for record in self.client.read_group(group, topic, 50)]
        expect(len(read) == len(set(read)) == 100, f"read {len(read)} records, {len(set(read))} different ones")
        committed = self.client.committed(group, topic)
        expect(committed == 100, f"committed offsets add up to {committed}")
        expect(group in self.client.groups(), "the group is not listed")

    def delete_group(self):
        group = f"{self.prefix}-group"
        self.client.delete_group(group)
        expect(group not in self.client.groups(), "the group is still listed")

    def transactions(self):
        topic = self.create("transactions")
        aborted, committed = self.records(1, 5, 20), self.records(1, 5, 20)
        self.client.transact(self.prefix, topic, aborted, False)
        self.client.transact(self.prefix, topic, committed, True)
        read = self.client.read(topic, {0: 0}, 5)
        expect([r.value for r in read] == [r.value for r in committed], "what was aborted is read")

    def list_topics(self):
        expect(f"{self.prefix}-created" in self.client.topics(), "the created topic is not listed")

    def describe_topic(self):
        partitions = self.client.partitions(f"{self.prefix}-created")
        expect(partitions == 3, f"{partitions} partitions with leaders")

    def describe_cluster(self):
        cluster, brokers, controller = self.client.cluster()
        expect(len(brokers) == 1 and controller in brokers, f"controller {controller}, brokers {brokers}")
        expect(cluster is None or len(cluster) == 22, f"cluster id {cluster}")

    def describe_log_dirs(self):
        size = self.client.log_dir_bytes(f"{self.prefix}-sizes")
        expect(size > 1_600_000, f"the large records take {size} bytes")

    def config(self):
        topic = self.create("configured", config={"retention.ms": "3600000"})

        def holds(name, value):
            eventually(lambda: self.client.config(topic, name) == value, PATIENCE, f"{name}={value}")

        holds("retention.ms", "3600000")
        if hasattr(self.client, "set_config"):
            self.client.set_config(topic, "retention.ms", "7200000")
            holds("retention.ms", "7200000")
        if hasattr(self.client, "replace_config"):
            self.client.replace_config(topic, "segment.bytes", "2000000")
            holds("segment.bytes", "2000000")
            holds("retention.ms", "604800000")

    def create_partitions(self):
        topic = self.create("grown")
        self.client.grow(topic, 4)
        eventually(lambda: self.client.partitions(topic) == 4, PATIENCE, "growth to 4 partitions")
        sent = self.records(4, 40, 20)
        self.send(topic, sent)
        self.expect_same(topic, 4, sent)

    def delete_records(self):
        topic = self.create("trimmed")
        self.send(topic, self.records(1, 50, 20))
        self.client.trim(topic, 30)
        low = self.client.watermarks(topic)[0]
        expect(low == 30, f"the low watermark is {low}")
        expect(self.client.read(topic, {0: 30}, 20)[0].offset == 30, "reading begins elsewhere")

    def unknown_topic(self):
        self.refused(UNKNOWN_TOPIC, "deleting what is not there", self.client.delete, f"{self.prefix}-nowhere")
        self.refused(INVALID_TOPIC, "an unlawful name", self.create, "no where")

    def out_of_range(self):
        self.refused(OFFSET_OUT_OF_RANGE, "an offset past the end", self.client.read, f"{self.prefix}-headers",
                     {0: 1000}, 1)

    def too_large(self):
        topic = self.create("small", config={"max.message.bytes": "1000"})
        self.refused(MESSAGE_TOO_LARGE, "a record over the limit", self.send, topic, [Record(value=self.blob(2000))])

    def delete_topic(self):
        topic = self.create("gone")
        self.client.delete(topic)
        eventually(lambda: topic not in self.client.topics(), PATIENCE, "the end of the topic")
