"""The broker under test as these suites use it besides their members: an administrator, and a load of records."""
import pathlib
import sys
import threading
import time

from confluent_kafka import ConsumerGroupTopicPartitions, Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from group import PATIENCE  # noqa: E402
from report import eventually, expect  # noqa: E402

SESSION_MS = 6000  # The least that brokers allow classic groups by default.


class Broker:
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.admin = AdminClient({"bootstrap.servers": bootstrap})

    def create(self, topic, partitions, **config):
        wanted = NewTopic(topic, partitions, config={name.replace("_", "."): value for name, value in config.items()})
        self.admin.create_topics([wanted])[topic].result(PATIENCE)
        # Some clients take it for a failure of theirs where a new topic is not known everywhere yet.
        eventually(lambda: self.admin.list_topics(topic, PATIENCE).topics[topic].error is None, PATIENCE,
                   f"that {topic} is known")

    def hasten(self, group):
        """Short heartbeats and sessions for a group of the newer protocol, whose members leave them to the broker."""
        entries = [ConfigEntry(name, str(value), incremental_operation=AlterConfigOpType.SET) for name, value in
                   (("consumer.heartbeat.interval.ms", 200), ("consumer.session.timeout.ms", SESSION_MS))]
        resource = ConfigResource(ResourceType.GROUP, group, incremental_configs=entries)
        self.admin.incremental_alter_configs([resource])[resource].result(PATIENCE)

    def protocol(self, group):
        """CLASSIC or CONSUMER."""
        listed = self.admin.list_consumer_groups().result(PATIENCE).valid
        return next(found.type.name for found in listed if found.group_id == group)

    def committed(self, group):
        """partition -> offset"""
        asked = ConsumerGroupTopicPartitions(group)
        found = self.admin.list_consumer_group_offsets([asked])[group].result(PATIENCE)
        return {at.partition: at.offset for at in found.topic_partitions}


class Load:
    """Writes records to a topic all the time, round its partitions, and remembers which were acknowledged."""

    def __init__(self, bootstrap, topic, partitions, a_second=300):
        self.acknowledged, self.failures = set(), []
        self.stopping = False
        self.producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 5})
        self.thread = threading.Thread(target=self._write, args=(topic, partitions, a_second))
        self.thread.start()

    def _write(self, topic, partitions, a_second):
        number, began = 0, time.monotonic()
        while not self.stopping:
            while number < (time.monotonic() - began) * a_second:
                self.producer.produce(topic, b"order %d" % number, partition=number % partitions,
                                      on_delivery=self._delivered)
                number += 1
            self.producer.poll(0.02)
        self.producer.flush(PATIENCE)

    def _delivered(self, error, message):
        if error:
            self.failures.append(str(error))
        else:
            self.acknowledged.add((message.partition(), message.offset()))

    def stop(self):
        """Gives the (partition, offset) of all that was acknowledged."""
        self.stopping = True
        self.thread.join()
        expect(not self.failures, f"{len(self.failures)} records were not taken: {self.failures[:1]}")
        expect(self.acknowledged, "nothing was written")
        return self.acknowledged

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join()
