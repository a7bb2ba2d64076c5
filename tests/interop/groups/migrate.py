"""A live group taken from one protocol to the other and back, a member at a time. Usage: migrate.py HOST:PORT PREFIX"""
import sys

from broker import SESSION_MS, Broker, Load
from cast import Stage
from group import Group
from report import Report, expect

BOOTSTRAP, PREFIX = sys.argv[1:3]
MEMBERS, PARTITIONS = 4, 12
CONSUMER = {"protocol": "consumer"}


def classic(assignor):
    return {"protocol": "classic", "assignor": assignor, "session": SESSION_MS}


def roll(group, client, kind, words):
    """Restarts each member with other settings."""
    for i, member in enumerate(list(group.programs)):
        group.stop(member)
        group.start(client, f"{kind}{i}", **words)
        group.await_shared_out(f"with {i + 1} of {MEMBERS} {kind} members")


def migrate(stage, broker, client, assignor):
    group = Group(stage, f"{PREFIX}-{client}-{assignor}", f"{PREFIX}-{client}-{assignor}-orders", PARTITIONS)
    broker.create(group.topic, PARTITIONS)
    broker.hasten(group.name)
    for i in range(MEMBERS):
        group.start(client, f"old{i}", **classic(assignor))
    group.await_shared_out("at first")
    expect(broker.protocol(group.name) == "CLASSIC", "it is not a classic group at first")
    with Load(BOOTSTRAP, group.topic, PARTITIONS) as load:
        roll(group, client, "newer", CONSUMER)
        expect(broker.protocol(group.name) == "CONSUMER", "it did not become a consumer group")
        roll(group, client, "classic", classic(assignor))
        expect(broker.protocol(group.name) == "CLASSIC", "it did not become a classic group again")
        doubled = group.await_read(load.stop())
    expect(not doubled, f"{len(doubled)} records were read twice: {list(doubled.items())[:3]}")
    group.stop_all()


def main():
    report = Report()
    with Stage(BOOTSTRAP) as stage:
        broker = Broker(BOOTSTRAP)
        for client, assignor in (("java", "cooperative-sticky"), ("java", "range"), ("confluent-python", "range"),
                                 ("confluent-python", "cooperative-sticky")):
            report.run(f"there-and-back-{client}-{assignor}", migrate, stage, broker, client, assignor)
    report.exit()


main()
