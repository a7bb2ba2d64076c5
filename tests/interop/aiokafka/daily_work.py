"""A day's work with aiokafka. Usage: daily_work.py HOST:PORT PREFIX"""
import asyncio
import pathlib
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code
from aiokafka.structs import OffsetAndMetadata

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "day"))
from day import PATIENCE, Day, Record, expect  # noqa: E402

BOOTSTRAP, PREFIX = sys.argv[1:3]
loop = asyncio.new_event_loop()


def waits(work):
    """Lets the day, which is not asynchronous, call what is."""
    return lambda *args, **kwargs: loop.run_until_complete(asyncio.wait_for(work(*args, **kwargs), PATIENCE))


def raise_first(answers):
    """What answers say of one topic each: (name, error code, ...)."""
    for name, code, *_ in answers:
        if code:
            raise for_code(code)(name)


class Client:
    """What aiokafka can do. Its administrator can neither delete groups nor look at the disks, and changes
    configurations in the old way only."""

    @waits
    async def start(self):
        self.admin = AIOKafkaAdminClient(bootstrap_servers=BOOTSTRAP)
        await self.admin.start()
        self.asking = AIOKafkaConsumer(bootstrap_servers=BOOTSTRAP)
        await self.asking.start()

    def code(self, error):
        return getattr(error, "errno", None)

    @waits
    async def create(self, topic, partitions, config):
        wanted = NewTopic(topic, partitions, 1, topic_configs=config)
        raise_first((await self.admin.create_topics([wanted])).topic_errors)

    @waits
    async def delete(self, topic):
        raise_first((await self.admin.delete_topics([topic])).topic_error_codes)

    @waits
    async def send(self, topic, records, acks, codec, idempotent):
        settings = {} if idempotent else {"acks": acks if acks == "all" else int(acks)}
        producer = AIOKafkaProducer(bootstrap_servers=BOOTSTRAP, max_request_size=2_000_000, linger_ms=5,
                                    enable_idempotence=idempotent,
                                    compression_type=None if codec == "none" else codec, **settings)
        await producer.start()
        try:
            return await self._produce(producer, topic, records)
        finally:
            await producer.stop()

    async def _produce(self, producer, topic, records):
        sent = [await producer.send(topic, key=r.key, value=r.value, headers=r.headers, partition=r.partition,
                                    timestamp_ms=r.timestamp) for r in records]
        await producer.flush()
        return [getattr(await future, "offset", -1) for future in sent]

    @waits
    async def transact(self, name, topic, records, commit):
        producer = AIOKafkaProducer(bootstrap_servers=BOOTSTRAP, transactional_id=name)
        try:
            await asyncio.wait_for(producer.start(), 5)
            await producer.begin_transaction()
            await self._produce(producer, topic, records)
            await (producer.commit_transaction if commit else producer.abort_transaction)()
        finally:
            await producer.stop()

    def _consumer(self, *topics, **settings):
        return AIOKafkaConsumer(*topics, bootstrap_servers=BOOTSTRAP, enable_auto_commit=False, fetch_max_wait_ms=200,
                                max_partition_fetch_bytes=2_000_000, isolation_level="read_committed", **settings)

    async def _take(self, consumer, count):
        read = []
        while len(read) < count:
            for records in (await consumer.getmany(timeout_ms=200, max_records=count - len(read))).values():
                read += [Record(r.partition, r.key, r.value, list(r.headers), r.timestamp, r.offset) for r in records]
        return read

    @waits
    async def read(self, topic, begin, count):
        consumer = self._consumer(auto_offset_reset="none")
        await consumer.start()
        try:
            consumer.assign([TopicPartition(topic, partition) for partition in begin])
            for partition, offset in begin.items():
                consumer.seek(TopicPartition(topic, partition), offset)
            return await self._take(consumer, count)
        finally:
            await consumer.stop()

    @waits
    async def read_group(self, group, topic, count):
        consumer = self._consumer(topic, group_id=group, auto_offset_reset="earliest")
        await consumer.start()
        try:
            read = await self._take(consumer, count)
            await consumer.commit({TopicPartition(topic, r.partition): OffsetAndMetadata(r.offset + 1, "")
                                   for r in read})
            return read
        finally:
            await consumer.stop()

    @waits
    async def committed(self, group, topic):
        offsets = await self.admin.list_consumer_group_offsets(group)
        return sum(offset.offset for offset in offsets.values())

    @waits
    async def groups(self):
        return [name for name, _ in await self.admin.list_consumer_groups()]

    @waits
    async def offset_at(self, topic, timestamp):
        partition = TopicPartition(topic, 0)
        return (await self.asking.offsets_for_times({partition: timestamp}))[partition].offset

    @waits
    async def watermarks(self, topic):
        partition = TopicPartition(topic, 0)
        ends = await self.asking.beginning_offsets([partition]), await self.asking.end_offsets([partition])
        return tuple(end[partition] for end in ends)

    @waits
    async def topics(self):
        return await self.admin.list_topics()

    @waits
    async def partitions(self, topic):
        described = (await self.admin.describe_topics([topic]))[0]
        raise_first([(topic, described["error_code"])])
        return sum(partition["leader"] >= 0 for partition in described["partitions"])

    @waits
    async def cluster(self):
        cluster = await self.admin.describe_cluster()
        return cluster["cluster_id"], [broker["node_id"] for broker in cluster["brokers"]], cluster["controller_id"]

    @waits
    async def config(self, topic, name):
        asked = ConfigResource(ConfigResourceType.TOPIC, topic, configs={name: None})
        code, why, _, _, entries = (await self.admin.describe_configs([asked]))[0].resources[0]
        raise_first([(why, code)])
        return entries[0][1]

    @waits
    async def replace_config(self, topic, name, value):
        change = ConfigResource(ConfigResourceType.TOPIC, topic, configs={name: value})
        code, why, *_ = (await self.admin.alter_configs([change]))[0].resources[0]
        raise_first([(why, code)])

    @waits
    async def grow(self, topic, partitions):
        raise_first((await self.admin.create_partitions({topic: NewPartitions(partitions)})).topic_errors)

    @waits
    async def trim(self, topic, before):
        low = (await self.admin.delete_records({TopicPartition(topic, 0): RecordsToDelete(before)})).values()
        expect(list(low) == [before], f"the low watermarks are {low}")


client = Client()
client.start()
Day(client, PREFIX).work()
