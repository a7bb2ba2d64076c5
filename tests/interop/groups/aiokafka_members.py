"""Members of groups by aiokafka, for the suites of this folder; cast.py says what is asked and told."""
import asyncio
import sys
import time

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import CommitFailedError
from member_programs import BOOTSTRAP, COMMIT_EVERY, Command, tell, tell_owned

ASSIGNORS = {"range": RangePartitionAssignor, "roundrobin": RoundRobinPartitionAssignor,
             "sticky": StickyPartitionAssignor}
NAMES = {"session": ("session_timeout_ms", int), "instance": ("group_instance_id", str),
         "assignor": ("partition_assignment_strategy", lambda name: [ASSIGNORS[name]])}


class Member(ConsumerRebalanceListener):
    def __init__(self, command):
        settings = {name: make(command.words[word]) for word, (name, make) in NAMES.items() if word in command.words}
        self.name, self.topic = command.name, command.topic
        self.consumer = AIOKafkaConsumer(
            bootstrap_servers=BOOTSTRAP, group_id=command.group, client_id=command.name, heartbeat_interval_ms=200,
            auto_offset_reset="earliest", enable_auto_commit=False, fetch_max_wait_ms=100, **settings)
        self.stopping = False
        self.task = asyncio.ensure_future(self.live())

    async def live(self):
        try:
            self.consumer.subscribe([self.topic], listener=self)
            await self.consumer.start()
            await self.work()
            await self.commit()
            tell_owned(self.name, ())
            await self.consumer.stop()
        except Exception as error:
            tell(f"{self.name} failed {type(error).__name__}: {error}".replace("\n", " "))
        tell(f"{self.name} left")

    async def work(self):
        committed = time.monotonic()
        while not self.stopping:
            read = await self.consumer.getmany(timeout_ms=50, max_records=500)
            tell(*(f"{self.name} read {at.partition} {record.offset}" for at, records in read.items()
                   for record in records))
            if time.monotonic() - committed > COMMIT_EVERY:
                await self.commit()
                committed = time.monotonic()

    async def commit(self):
        """In a rebalance that is under way on_partitions_revoked comes back to it."""
        if not self.consumer.assignment():
            return
        try:
            await self.consumer.commit()
        except CommitFailedError as error:
            print(f"{self.name}: {error}", file=sys.stderr)

    async def on_partitions_revoked(self, revoked):
        await self.commit()
        tell_owned(self.name, ())

    async def on_partitions_assigned(self, assigned):
        tell_owned(self.name, [partition.partition for partition in assigned])


async def main():
    members, loop = {}, asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = Command(line)
        if command.verb == "start":
            members[command.name] = Member(command)
        else:
            members[command.name].stopping = True
    for member in members.values():
        member.stopping = True
    await asyncio.gather(*(member.task for member in members.values()))


asyncio.run(main())
