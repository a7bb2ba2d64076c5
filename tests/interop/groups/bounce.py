"""Ten members of a group restarted one after another while records are written. Usage: bounce.py HOST:PORT PREFIX
BOUNCES=20 in the environment restarts each member that often instead of once.

None may be lost. None may come twice either, for a member commits what it has read before it gives a partition up;
only of a member that is killed comes again what it had read since its last commit.
"""
import concurrent.futures
import os
import sys

from broker import SESSION_MS, Broker, Load
from cast import Stage
from group import Group
from report import Report, expect

BOOTSTRAP, PREFIX = sys.argv[1:3]
MEMBERS, PARTITIONS = 10, 20
ROUNDS = int(os.environ.get("BOUNCES", "1"))
CLASSIC = {"protocol": "classic", "assignor": "cooperative-sticky", "session": SESSION_MS}
CONSUMER = {"protocol": "consumer"}


def prepare(stage, broker, name):
    group = Group(stage, f"{PREFIX}-{name}", f"{PREFIX}-{name}-orders", PARTITIONS)
    broker.create(group.topic, PARTITIONS)
    broker.hasten(group.name)
    return group


def rolling(stage, broker, name, words):
    group = prepare(stage, broker, name)
    for i in range(MEMBERS):
        group.start("java", f"m{i}", **words)
    group.await_shared_out("at first")
    with Load(BOOTSTRAP, group.topic, PARTITIONS) as load:
        for i in range(MEMBERS * ROUNDS):
            group.stop(f"m{i}")
            group.start("java", f"m{i + MEMBERS}", **words)
            group.await_shared_out(f"after bounce {i + 1}")
        doubled = group.await_read(load.stop())
    expect(not doubled, f"{len(doubled)} records were read twice: {list(doubled.items())[:3]}")
    group.stop_all()


def rolling_static(stage, broker, name, words):
    """Members with instance ids come back to what they had, and nobody else notices."""
    group = prepare(stage, broker, name)
    for i in range(MEMBERS):
        group.start("java", f"m{i}", instance=f"till-{i}", **words)
    group.await_shared_out("at first")
    group.await_calm()
    told_before = group.told.copy()
    with Load(BOOTSTRAP, group.topic, PARTITIONS) as load:
        for i in range(MEMBERS):
            owned = group.owned[f"m{i}"]
            group.stop(f"m{i}")
            group.start("java", f"m{i + MEMBERS}", instance=f"till-{i}", **words)
            group.await_shared_out(f"after bounce {i + 1}")
            expect(group.owned[f"m{i + MEMBERS}"] == owned, f"till-{i} came back to other partitions")
        doubled = group.await_read(load.stop())
    disturbed = {member for member, times in group.told.items() if member in told_before
                 and times > told_before[member] + 1}  # Each tells once more when it stops.
    expect(not disturbed, f"others were disturbed: {sorted(disturbed)}")
    expect(not doubled, f"{len(doubled)} records were read twice: {list(doubled.items())[:3]}")
    group.stop_all()


def kill(stage, broker, name, words):
    """One of ten is killed; what it had read since its last commit comes again to others, and nothing else does."""
    group = prepare(stage, broker, name)
    for i in range(MEMBERS - 1):
        group.start("java", f"m{i}", **words)
    group.start("java", "killed", which=name, **words)
    group.await_shared_out("at first")
    with Load(BOOTSTRAP, group.topic, PARTITIONS) as load:
        group.eventually(lambda: sum("killed" in members for members in group.reads.values()) > 100,
                         "that it has read something")
        owned = group.owned["killed"]
        group.programs.pop("killed").kill()
        committed = broker.committed(group.name)
        group.await_shared_out("after the kill")
        doubled = group.await_read(load.stop())
    for (partition, offset), members in doubled.items():
        expect(members[0] == "killed" and len(members) == 2 and partition in owned
               and offset >= committed.get(partition, 0),
               f"partition {partition} offset {offset} was read by {members}, committed was {committed}")
    group.stop_all()


def main():
    report = Report()
    with Stage(BOOTSTRAP) as stage, concurrent.futures.ThreadPoolExecutor(2) as pool:
        broker = Broker(BOOTSTRAP)
        tried = {}
        for scenario, told in ((rolling, "rolling-bounce"), (rolling_static, "static-bounce"), (kill, "kill-of-one")):
            for words in (CLASSIC, CONSUMER):
                name = f"{told}-{words['protocol']}"
                tried[name] = pool.submit(scenario, stage, broker, name, words)
        for name, trial in tried.items():
            report.run(name, trial.result)
    report.exit()


main()
