"""Copies a topic to another in transactions with confluent-kafka, until it is killed; every third is aborted and done
again. Usage: confluent_copy.py HOST:PORT NAME FROM TO"""
import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer

BOOTSTRAP, NAME, FROM, TO = sys.argv[1:5]
PATIENCE = 30
consumer = Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": NAME, "group.instance.id": NAME,
                     "isolation.level": "read_committed", "enable.auto.commit": False, "auto.offset.reset": "earliest",
                     "fetch.wait.max.ms": 50, "session.timeout.ms": 6000, "heartbeat.interval.ms": 500})
producer = Producer({"bootstrap.servers": BOOTSTRAP, "transactional.id": NAME})


def rewind():
    """Goes back to what is committed."""
    for partition in consumer.committed(consumer.assignment(), PATIENCE):
        if partition.offset < 0:
            partition.offset = OFFSET_BEGINNING
        consumer.seek(partition)


producer.init_transactions(PATIENCE)
consumer.subscribe([FROM])
turn = 1
while True:
    messages = consumer.consume(20, 0.1)
    for message in messages:
        if message.error():
            raise KafkaException(message.error())
    if not messages:
        continue
    producer.begin_transaction()
    for message in messages:
        producer.produce(TO, message.value(), message.key(), message.partition())
    producer.send_offsets_to_transaction(consumer.position(consumer.assignment()), consumer.consumer_group_metadata(),
                                         PATIENCE)
    if turn % 3:
        producer.commit_transaction(PATIENCE)
    else:
        producer.flush(PATIENCE)
        producer.abort_transaction(PATIENCE)
        rewind()
    turn += 1
