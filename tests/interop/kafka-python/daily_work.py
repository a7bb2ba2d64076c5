"""A day's work with kafka-python. Usage: daily_work.py HOST:PORT PREFIX"""
import pathlib
import sys

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import for_code
from kafka.structs import OffsetAndMetadata

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "day"))
from day import PATIENCE, Day, Record, expect  # noqa: E402

BOOTSTRAP, PREFIX = sys.argv[1:3]


class Client:
    def __init__(self):
        self.admin = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)
        self.asking = KafkaConsumer(bootstrap_servers=BOOTSTRAP)

    def code(self, error):
        return getattr(error, "errno", None)

    def create(self, topic, partitions, config):
        self.admin.create_topics({topic: {"num_partitions": partitions, "configs": config}})

    def delete(self, topic):
        self.admin.delete_topics([topic])

    def send(self, topic, records, acks, codec, idempotent):
        producer = self._producer(acks=acks if acks == "all" else int(acks), enable_idempotence=idempotent,
                                  compression_type=None if codec == "none" else codec, linger_ms=5)
        try:
            return self._produce(producer, topic, records)
        finally:
            producer.close()

    def _producer(self, **settings):
        return KafkaProducer(bootstrap_servers=BOOTSTRAP, max_request_size=2_000_000, batch_size=16_000,
                             max_in_flight_requests_per_connection=1, **settings)

    def _produce(self, producer, topic, records):
        sent = [producer.send(topic, key=r.key, value=r.value, headers=r.headers, partition=r.partition,
                              timestamp_ms=r.timestamp) for r in records]
        producer.flush(PATIENCE)
        return [future.get(PATIENCE).offset for future in sent]

    def transact(self, name, topic, records, commit):
        producer = self._producer(transactional_id=name)
        try:
            producer.init_transactions()
            producer.begin_transaction()
            self._produce(producer, topic, records)
            (producer.commit_transaction if commit else producer.abort_transaction)()
        finally:
            producer.close(0)

    def _consumer(self, **settings):
        return KafkaConsumer(bootstrap_servers=BOOTSTRAP, enable_auto_commit=False, fetch_max_wait_ms=200,
                             isolation_level="read_committed", **settings)

    def _poll(self, consumer, count):
        read = []
        # A poll that ends between JoinGroup and SyncGroup would leave the consumer without partitions for good.
        for _ in range(PATIENCE // 5):
            for records in consumer.poll(5_000, max_records=count - len(read)).values():
                read += [Record(r.partition, r.key, r.value, list(r.headers), r.timestamp, r.offset) for r in records]
            if len(read) == count:
                return read
        expect(False, f"read {len(read)} records instead of {count}")

    def read(self, topic, begin, count):
        consumer = self._consumer(auto_offset_reset="none")
        try:
            consumer.assign([TopicPartition(topic, partition) for partition in begin])
            for partition, offset in begin.items():
                consumer.seek(TopicPartition(topic, partition), offset)
            return self._poll(consumer, count)
        finally:
            consumer.close()

    def read_group(self, group, topic, count):
        consumer = self._consumer(group_id=group, auto_offset_reset="earliest")
        try:
            consumer.subscribe([topic])
            read = self._poll(consumer, count)
            consumer.commit({TopicPartition(topic, r.partition): OffsetAndMetadata(r.offset + 1, "", -1)
                             for r in read})
            return read
        finally:
            consumer.close()

    def committed(self, group, topic):
        return sum(offset.offset for offset in self.admin.list_group_offsets(group)[group].values())

    def groups(self):
        return [group["group_id"] for group in self.admin.list_groups()]

    def delete_group(self, group):
        self.admin.delete_groups([group])

    def offset_at(self, topic, timestamp):
        partition = TopicPartition(topic, 0)
        return self.asking.offsets_for_times({partition: timestamp})[partition].offset

    def watermarks(self, topic):
        partition = TopicPartition(topic, 0)
        ends = self.asking.beginning_offsets([partition]), self.asking.end_offsets([partition])
        return tuple(end[partition] for end in ends)

    def topics(self):
        return self.admin.list_topics()

    def partitions(self, topic):
        described = self.admin.describe_topics([topic])[0]
        if described["error_code"]:
            raise for_code(described["error_code"])(topic)
        return sum(partition["leader_id"] >= 0 for partition in described["partitions"])

    def cluster(self):
        cluster = self.admin.describe_cluster()
        return cluster["cluster_id"], [broker["broker_id"] for broker in cluster["brokers"]], cluster["controller_id"]

    def log_dir_bytes(self, topic):
        folders = [folder for broker in self.admin.describe_log_dirs([topic]) for folder in broker["log_dirs"]]
        return sum(partition["partition_size"] for folder in folders for found in folder["topics"]
                   for partition in found["partitions"])

    def config(self, topic, name):
        asked = ConfigResource(ConfigResourceType.TOPIC, topic, configs={name: None})
        return self.admin.describe_configs([asked], config_filter="all")["topic"][topic][name]["value"]

    def set_config(self, topic, name, value):
        change = ConfigResource(ConfigResourceType.TOPIC, topic, configs={name: value})
        answer = self.admin.alter_configs([change])["topic"][topic]
        expect(answer == "OK", f"changing {name} gave {answer}")

    def grow(self, topic, partitions):
        self.admin.create_partitions({topic: partitions})

    def trim(self, topic, before):
        self.admin.delete_records({TopicPartition(topic, 0): before})


Day(Client(), PREFIX).work()
