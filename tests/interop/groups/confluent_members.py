"""Members of groups by confluent-kafka, for the suites of this folder; cast.py says what is asked and told."""
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaException
from member_programs import BOOTSTRAP, COMMIT_EVERY, Command, tell, tell_owned

NAMES = {"assignor": "partition.assignment.strategy", "remote-assignor": "group.remote.assignor",
         "instance": "group.instance.id", "rack": "client.rack", "protocol": "group.protocol",
         "session": "session.timeout.ms"}
ON_THE_WAY = ("_NO_OFFSET", "REBALANCE_IN_PROGRESS", "ILLEGAL_GENERATION", "STALE_MEMBER_EPOCH")


class Member(threading.Thread):
    def __init__(self, command):
        super().__init__()
        settings = {"bootstrap.servers": BOOTSTRAP, "group.id": command.group, "client.id": command.name,
                    "fetch.wait.max.ms": 100, "auto.offset.reset": "earliest", "enable.auto.commit": False,
                    "log_level": 0,
                    **{NAMES[word]: value for word, value in command.words.items()}}
        if "session" in command.words:
            settings["heartbeat.interval.ms"] = 200
        self.member, self.topic = command.name, command.topic
        self.consumer = Consumer(settings)
        self.owned, self.read = set(), []
        self.stopping = False
        self.start()

    def run(self):
        try:
            self.consumer.subscribe([self.topic], on_assign=self.assigned, on_revoke=self.revoked, on_lost=self.lost)
            self.work()
            self.consumer.close()
        except Exception as error:
            tell(f"{self.member} failed {type(error).__name__}: {error}".replace("\n", " "))
        tell(f"{self.member} left")

    def work(self):
        committed = time.monotonic()
        while not self.stopping:
            message = self.consumer.poll(0.05)
            while message is not None:
                if message.error():
                    raise KafkaException(message.error())
                self.read.append(f"{self.member} read {message.partition()} {message.offset()}")
                message = self.consumer.poll(0) if len(self.read) < 500 else None
            if time.monotonic() - committed > COMMIT_EVERY:
                self.commit()
                committed = time.monotonic()

    def commit(self):
        """Tells what was read and commits it; gives whether that went well, which it does not while the member is on
        its way to another generation or epoch."""
        tell(*self.read)
        self.read.clear()
        try:
            self.consumer.commit(asynchronous=False)
        except KafkaException as error:
            if error.args[0].name() not in ON_THE_WAY:
                raise
            return error.args[0].name() == "_NO_OFFSET"
        return True

    def assigned(self, consumer, partitions):
        self.owned |= {partition.partition for partition in partitions}
        tell_owned(self.member, self.owned)

    def revoked(self, consumer, partitions):
        """A commit that crosses with the answer that brings a new epoch is refused; soon that answer is here."""
        for _ in range(5):
            if self.commit():
                break
            time.sleep(0.05)
        self.give_up(partitions)

    def lost(self, consumer, partitions):
        self.give_up(partitions)

    def give_up(self, partitions):
        self.owned -= {partition.partition for partition in partitions}
        tell_owned(self.member, self.owned)


members = {}
for line in sys.stdin:
    asked = Command(line)
    if asked.verb == "start":
        members[asked.name] = Member(asked)
    else:
        members[asked.name].stopping = True
for member in members.values():
    member.stopping = True
