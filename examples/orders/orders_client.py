#!/usr/bin/env python3
"""Writes lines KEY<TAB>VALUE to a topic, or prints a topic that way, with Python's confluent-kafka.

orders_client.py produce HOST:PORT TOPIC < lines
orders_client.py consume HOST:PORT TOPIC > lines
"""
import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition


def produce(bootstrap, topic):
    failures = []
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True, "compression.type": "lz4",
                         "linger.ms": 5})

    def delivered(error, _):
        if error:
            failures.append(error)

    for line in sys.stdin.buffer:
        key, value = line.rstrip(b"\n").split(b"\t", 1)
        while True:
            try:
                producer.produce(topic, key=key, value=value, on_delivery=delivered)
                break
            except BufferError:  # So much is on its way that we wait for some of it to arrive.
                producer.poll(0.1)
        producer.poll(0)
    producer.flush()
    if failures:
        sys.exit(f"{len(failures)} records were not delivered, the first because of {failures[0]}")


def consume(bootstrap, topic):
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "orders-client", "enable.auto.commit": False})
    partitions = [TopicPartition(topic, number, OFFSET_BEGINNING)
                  for number in consumer.list_topics(topic, 10).topics[topic].partitions]
    left = {}
    for partition in partitions:
        low, high = consumer.get_watermark_offsets(partition, 10)
        if high > low:
            left[partition.partition] = high
    consumer.assign(partitions)
    while left:
        for message in consumer.consume(10_000, 0.5):
            if message.error():
                sys.exit(str(message.error()))
            sys.stdout.buffer.write(message.key() + b"\t" + message.value() + b"\n")
            if message.offset() + 1 >= left.get(message.partition(), 1 << 63):
                del left[message.partition()]
    sys.stdout.buffer.flush()
    consumer.close()


if __name__ == "__main__":
    {"produce": produce, "consume": consume}[sys.argv[1]](*sys.argv[2:4])
