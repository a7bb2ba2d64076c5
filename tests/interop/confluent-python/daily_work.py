"""A day's work with confluent-kafka, Python's client on librdkafka. Usage: daily_work.py HOST:PORT PREFIX"""
import pathlib
import random
import sys
import time

from confluent_kafka import (OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicCollection,
                             TopicPartition)
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions,
                                   NewTopic, OffsetSpec, ResourceType)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from report import Report, eventually, expect  # noqa: E402

BOOTSTRAP, PREFIX = sys.argv[1:3]
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
PATIENCE = 30
dice = random.Random(7)
admin = AdminClient({"bootstrap.servers": BOOTSTRAP})


def create(name, partitions=1, config=None):
    topic = f"{PREFIX}-{name}"
    admin.create_topics([NewTopic(topic, partitions, config=config or {})])[topic].result(PATIENCE)
    return topic


def blob(size):
    return bytes(dice.choices(b"abcdefghijklmnop", k=size))


def send(records, **settings):
    """Sends (topic, partition, key, value, headers, timestamp) and gives what was acknowledged, in order."""
    producer = Producer({"bootstrap.servers": BOOTSTRAP, **{k.replace("_", "."): v for k, v in settings.items()}})
    acknowledged = []

    def delivered(error, message):
        acknowledged.append(error or message)

    for topic, partition, key, value, headers, timestamp in records:
        producer.produce(topic, value=value, key=key, partition=partition, on_delivery=delivered,
                         timestamp=timestamp or 0, headers=headers or [])
        producer.poll(0)
    expect(producer.flush(PATIENCE) == 0, "not everything was delivered in time")
    for answer in acknowledged:
        if isinstance(answer, KafkaError):
            raise KafkaException(answer)
    return acknowledged


def record(topic, key, value, partition=0, headers=None, timestamp=None):
    return topic, partition, key, value, headers, timestamp


def some_records(topic, partitions, count, size):
    return [record(topic, b"key-%d" % i, blob(size), i % partitions) for i in range(count)]


def poll(consumer, count):
    read = []
    deadline = time.monotonic() + PATIENCE
    while len(read) < count and time.monotonic() < deadline:
        for message in consumer.consume(count - len(read), 0.2):
            if message.error():
                raise KafkaException(message.error())
            read.append(message)
    expect(len(read) == count, f"read {len(read)} records instead of {count}")
    return read


def consumer(**settings):
    return Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": f"{PREFIX}-none", "enable.auto.commit": False,
                     **{k.replace("_", "."): v for k, v in settings.items()}})


def read_from(partitions, count):
    reader = consumer()
    try:
        reader.assign(partitions)
        return poll(reader, count)
    finally:
        reader.close()


def expect_same(sent, topic, partitions):
    read = {}
    for message in read_from([TopicPartition(topic, p, OFFSET_BEGINNING) for p in range(partitions)], len(sent)):
        read.setdefault(message.partition(), []).append(message)
    for _, partition, key, value, headers, _ in sent:
        message = read[partition].pop(0)
        where = f"partition {partition} offset {message.offset()}"
        expect(message.key() == key, f"{where}: another key")
        expect(message.value() == value, f"{where}: another value")
        expect((message.headers() or []) == (headers or []), f"{where}: other headers {message.headers()}")


def create_topic():
    topic = create("created", 3)
    try:
        create("created", 3)
        expect(False, "creating it twice was accepted")
    except KafkaException as error:
        expect(error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS, f"twice gave {error}")
    expect(len(admin.list_topics(topic, 10).topics[topic].partitions) == 3, "not 3 partitions")


def produce(acks, codec):
    topic = create(f"acks-{acks}-{codec}", 2)
    sent = some_records(topic, 2, 200, 300)
    send(sent, acks=acks, compression_type=codec, linger_ms=20)
    expect_same(sent, topic, 2)


def idempotent_produce():
    topic = create("idempotent")
    sent = some_records(topic, 1, 2000, 200)
    acknowledged = send(sent, enable_idempotence=True, batch_num_messages=50)
    expect([message.offset() for message in acknowledged] == list(range(2000)), "offsets are not in order")
    expect_same(sent, topic, 1)


def headers():
    topic = create("headers")
    sent = [record(topic, b"k", b"v", headers=[("trace", b"4f2a"), ("trace", b"again")]),
            record(topic, b"k", b"v", headers=[("empty", b""), ("none", None), ("é", blob(5000))])]
    send(sent)
    expect_same(sent, topic, 1)


def nulls():
    topic = create("nulls")
    sent = [record(topic, None, b"value"), record(topic, b"key", None), record(topic, None, None),
            record(topic, b"", b"")]
    send(sent)
    expect_same(sent, topic, 1)


def sizes():
    topic = create("sizes")
    sent = [record(topic, None, blob(size)) for size in (1, 127, 128, 16_383, 16_384, 100_000, 500_000, 1_048_000)]
    send(sent, message_max_bytes=2_000_000)
    expect_same(sent, topic, 1)


def seek_by_time():
    topic = create("times")
    start = int(time.time() * 1000) - 1_000_000
    send([record(topic, None, blob(50), timestamp=start + i * 1000) for i in range(100)])
    reader = consumer()
    found = reader.offsets_for_times([TopicPartition(topic, 0, start + 41_500)], PATIENCE)[0]
    expect(found.offset == 42, f"the first record from then on is 42, not {found.offset}")
    reader.close()
    expect(read_from([found], 58)[0].timestamp()[1] == start + 42_000, "another timestamp was read")
    low, high = consumer().get_watermark_offsets(TopicPartition(topic, 0), PATIENCE)
    expect((low, high) == (0, 100), f"watermarks are {low} and {high}")


def group_resume(protocol="classic"):
    name = "group" if protocol == "classic" else f"group-{protocol}"
    topic, group = create(name, 2), f"{PREFIX}-{name}"
    send(some_records(topic, 2, 100, 50))
    seen = set()
    for _ in range(2):
        reader = consumer(group_id=group, auto_offset_reset="earliest", group_protocol=protocol)
        reader.subscribe([topic])
        for message in poll(reader, 50):
            expect((message.partition(), message.offset()) not in seen, "a record was read twice")
            seen.add((message.partition(), message.offset()))
        reader.commit(asynchronous=False)
        reader.close()
    groups = admin.list_consumer_groups().result(PATIENCE).valid
    expect(group in [found.group_id for found in groups], "the group is not listed")


def group_shares_out():
    topic = create("shared", 6)
    first, second = (consumer(group_id=f"{PREFIX}-shared", group_protocol="consumer") for _ in range(2))

    def until(members, wanted, what):
        def reached():
            for member in members:
                member.poll(0.05)
            return [len(member.assignment()) for member in members] == wanted
        eventually(reached, PATIENCE, what)

    first.subscribe([topic])
    until([first], [6], "that one member has all")
    second.subscribe([topic])
    until([first, second], [3, 3], "that two members have half each")
    first.close()
    until([second], [6], "that it gets what the other left")
    second.close()


def delete_group():
    group = f"{PREFIX}-group"
    admin.delete_consumer_groups([group])[group].result(PATIENCE)
    groups = admin.list_consumer_groups().result(PATIENCE).valid
    expect(group not in [found.group_id for found in groups], "the group is still listed")


def transactions():
    topic = create("transactions")
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "transactional.id": PREFIX})
    producer.init_transactions(3)
    for value, end in ((b"aborted", producer.abort_transaction), (b"committed", producer.commit_transaction)):
        producer.begin_transaction()
        producer.produce(topic, value=value, partition=0)
        producer.flush(PATIENCE)
        end(PATIENCE)
    read = read_from([TopicPartition(topic, 0, OFFSET_BEGINNING)], 1)
    expect(read[0].value() == b"committed", "what was aborted is read")


def auto_create():
    topic = f"{PREFIX}-by-itself"
    sent = [record(topic, None, b"value")]
    send(sent)
    expect_same(sent, topic, 1)


def out_of_range():
    reader = consumer(auto_offset_reset="error")
    reader.assign([TopicPartition(f"{PREFIX}-headers", 0, 1000)])
    message = eventually(lambda: reader.poll(0.5), PATIENCE, "an error")
    reader.close()
    expect("out of range" in message.error().str().lower(), f"it gave {message.error()}")


def list_topics():
    metadata = admin.list_topics(timeout=10)
    expect(f"{PREFIX}-created" in metadata.topics, "the created topic is not listed")
    expect(metadata.brokers and metadata.controller_id in metadata.brokers, "no controller among the brokers")


def describe_topic():
    topic = f"{PREFIX}-created"
    described = admin.describe_topics(TopicCollection([topic]))[topic].result(PATIENCE)
    expect(len(described.partitions) == 3, f"{len(described.partitions)} partitions")
    expect(all(partition.leader is not None for partition in described.partitions), "no leader")


def describe_cluster():
    cluster = admin.describe_cluster().result(PATIENCE)
    expect(len(cluster.cluster_id) == 22, f"cluster id {cluster.cluster_id}")
    expect(len(cluster.nodes) == 1, f"{len(cluster.nodes)} nodes")


def configured(topic, name):
    resource = ConfigResource(ResourceType.TOPIC, topic)
    return admin.describe_configs([resource])[resource].result(PATIENCE)[name].value


def config():
    topic = create("configured", config={"retention.ms": "3600000"})

    def holds(name, value):
        eventually(lambda: configured(topic, name) == value, PATIENCE, f"{name}={value}")

    holds("retention.ms", "3600000")
    change = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[
        ConfigEntry("retention.ms", "7200000", incremental_operation=AlterConfigOpType.SET)])
    admin.incremental_alter_configs([change])[change].result(PATIENCE)
    holds("retention.ms", "7200000")
    replacement = ConfigResource(ResourceType.TOPIC, topic, {"segment.bytes": "2000000"})
    admin.alter_configs([replacement])[replacement].result(PATIENCE)
    holds("segment.bytes", "2000000")
    holds("retention.ms", "604800000")


def create_partitions():
    topic = create("grown")
    admin.create_partitions([NewPartitions(topic, 4)])[topic].result(PATIENCE)
    eventually(lambda: len(admin.list_topics(topic, 10).topics[topic].partitions) == 4, 10, "growth to 4 partitions")
    sent = some_records(topic, 4, 40, 20)
    send(sent)
    expect_same(sent, topic, 4)


def delete_records():
    topic = create("trimmed")
    send(some_records(topic, 1, 50, 20))
    partition = TopicPartition(topic, 0, 30)
    low = list(admin.delete_records([partition]).values())[0].result(PATIENCE).low_watermark
    expect(low == 30, f"the low watermark is {low}")
    earliest = admin.list_offsets({TopicPartition(topic, 0): OffsetSpec.earliest()})
    expect(list(earliest.values())[0].result(PATIENCE).offset == 30, "the earliest offset is another")
    expect(read_from([TopicPartition(topic, 0, OFFSET_BEGINNING)], 20)[0].offset() == 30, "reading begins elsewhere")


def unknown_topic():
    topic = f"{PREFIX}-nowhere"
    reader = consumer(allow_auto_create_topics=False)
    reader.subscribe([topic])
    message = eventually(lambda: reader.poll(0.5), PATIENCE, "an error")
    reader.close()
    expect(message.error().code() == KafkaError.UNKNOWN_TOPIC_OR_PART, f"it gave {message.error()}")


def too_large():
    topic = create("small", config={"max.message.bytes": "1000"})
    try:
        send([record(topic, None, blob(2000))])
        expect(False, "a record over the limit was accepted")
    except KafkaException as error:
        expect(error.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE, f"it gave {error}")


def delete_topic():
    topic = create("gone")
    admin.delete_topics([topic])[topic].result(PATIENCE)
    eventually(lambda: topic not in admin.list_topics(timeout=10).topics, 10, "the end of the topic")


report = Report()
report.run("create-topic", create_topic)
for acks in ("0", "1", "all"):
    for codec in CODECS:
        report.run(f"produce-{acks}-{codec}", produce, acks, codec)
report.run("idempotent-produce", idempotent_produce)
report.run("headers", headers)
report.run("null-key-and-value", nulls)
report.run("record-sizes", sizes)
report.run("seek-by-time", seek_by_time)
report.run("group-resume", group_resume)
report.run("group-of-the-newer-protocol", group_resume, "consumer")
report.run("group-shares-out", group_shares_out)
report.run("delete-group", delete_group)
report.run("transactions", transactions)
report.run("list-topics", list_topics)
report.run("describe-topic", describe_topic)
report.run("describe-cluster", describe_cluster)
report.run("config", config)
report.run("create-partitions", create_partitions)
report.run("delete-records", delete_records)
report.run("auto-create", auto_create)
report.run("unknown-topic", unknown_topic)
report.run("out-of-range", out_of_range)
report.run("too-large", too_large)
report.run("delete-topic", delete_topic)
report.exit()
