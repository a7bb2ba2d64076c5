"""Members by several clients in one group, leaving one after another. Usage: mixed.py HOST:PORT PREFIX"""
import concurrent.futures
import sys

from broker import SESSION_MS, Broker, Load
from cast import Stage
from group import Group
from report import Report

BOOTSTRAP, PREFIX = sys.argv[1:3]

# What each client can do by itself. In a classic group the leader's client assigns, whoever the others are.
ASSIGNORS = {
    "java": ("range", "roundrobin", "sticky", "cooperative-sticky"),
    "librdkafka": ("range", "roundrobin", "cooperative-sticky"),
    "confluent-python": ("range", "roundrobin", "cooperative-sticky"),
    "franz-go": ("range", "roundrobin", "sticky", "cooperative-sticky"),
    "sarama": ("range", "roundrobin", "sticky"),
    "aiokafka": ("range", "roundrobin", "sticky"),
    "kafkajs": ("roundrobin",),
}
# Among other clients' sticky assignors it sometimes fails to decode what it gets, with Apache Kafka too.
ALONE = {("sarama", "sticky")}
CONSUMER_PROTOCOL = ("java", "confluent-python", "franz-go")


class Mixed:
    def __init__(self, stage):
        self.stage, self.broker = stage, Broker(BOOTSTRAP)

    def group(self, name, partitions):
        group = Group(self.stage, f"{PREFIX}-{name}", f"{PREFIX}-{name}-orders", partitions)
        self.broker.create(group.topic, partitions)
        self.broker.hasten(group.name)
        return group

    def leave_one_by_one(self, name, clients, words):
        """All share the work; the first goes, and the next, and the last has it all."""
        group = self.group(name, 12)
        with Load(BOOTSTRAP, group.topic, 12) as load:
            for client in clients:
                group.start(client, client, **words)
            group.await_shared_out("together")
            for client in clients[:-1]:
                group.stop(client)
                group.await_shared_out(f"without {client}")
            group.await_read(load.stop())
        group.stop_all()

    def classic(self, assignor):
        clients = [client for client, assignors in ASSIGNORS.items()
                   if assignor in assignors and (client, assignor) not in ALONE]
        words = {"protocol": "classic", "assignor": assignor, "session": SESSION_MS}
        self.leave_one_by_one(assignor, clients, words)

    def consumer(self, assignor):
        words = {"protocol": "consumer", "remote_assignor": assignor}
        self.leave_one_by_one(f"consumer-{assignor}", list(CONSUMER_PROTOCOL), words)

    def alone(self, client):
        """Each assignor of one client, among two members of its kind."""
        for assignor in ASSIGNORS[client]:
            group = self.group(f"{client}-{assignor}", 6)
            words = {"protocol": "classic", "assignor": assignor, "session": SESSION_MS}
            group.start(client, "first", **words)
            group.await_shared_out(f"{assignor}, one member")
            group.start(client, "second", **words)
            group.await_shared_out(f"{assignor}, two members")
            group.stop("first")
            group.await_shared_out(f"{assignor}, one member of two")
            group.stop_all()


def main():
    report = Report()
    with Stage(BOOTSTRAP) as stage:
        mixed = Mixed(stage)
        work = {f"mixed-{assignor}": (mixed.classic, assignor)
                for assignor in ("range", "roundrobin", "sticky", "cooperative-sticky")}
        work |= {f"mixed-consumer-{assignor}": (mixed.consumer, assignor) for assignor in ("uniform", "range")}
        work |= {f"assignors-of-{client}": (mixed.alone, client) for client in ASSIGNORS}
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            tried = {name: pool.submit(*what) for name, what in work.items()}
            for name, trial in tried.items():
                report.run(name, trial.result)
    report.exit()


main()
