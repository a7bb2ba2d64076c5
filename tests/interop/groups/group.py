"""The story of one group: its members, who owns what, what was read by whom, and what went wrong."""
import collections
import time

from report import eventually, expect

PATIENCE = 40
CALM = 1.0  # A few heartbeats.


class Group:
    """A group whose members are told of by a Stage. A partition that two own at a time is noted in `faults` when it
    happens, and so is a member that failed."""

    def __init__(self, stage, name, topic, partitions):
        self.stage, self.name, self.topic, self.partitions = stage, name, topic, partitions
        self.programs = {}  # member -> its program, of those that were not asked to stop
        self.owned = {}  # member -> partitions
        self.reads = collections.defaultdict(list)  # (partition, offset) -> members, in their order
        self.told = collections.Counter()  # member -> how often it told what it owns
        self.faults = []
        stage.groups[name] = self

    def start(self, client, member, which="", **words):
        self.programs[member] = self.stage.program(client, which)
        named = {word.replace("_", "-"): value for word, value in words.items()}
        self.programs[member].start(f"{self.name}.{member}", self.name, self.topic, named)

    def stop(self, member):
        """Waits until it has left."""
        self.programs.pop(member).stop(f"{self.name}.{member}")
        self.eventually(lambda: member not in self.owned, f"that {member} leaves")

    def stop_all(self):
        for member in list(self.programs):
            self.stop(member)

    def hear(self, member, what, words):
        if what == "read":
            self.reads[int(words[0]), int(words[1])].append(member)
        elif what == "owns":
            self._owns(member, {int(word) for word in words})
        elif what in ("left", "killed"):
            self.owned.pop(member, None)
        else:
            self.faults.append(" ".join([member, what, *words]))

    def _owns(self, member, partitions):
        self.told[member] += 1
        for other, theirs in self.owned.items():
            if other != member and (both := theirs & partitions):
                self.faults.append(f"{member} and {other} both own {sorted(both)}")
        self.owned[member] = partitions

    def eventually(self, holds, what):
        def holds_now():
            self.stage.listen()
            return holds() or self.faults
        try:
            eventually(holds_now, PATIENCE, what)
        except AssertionError as error:
            raise AssertionError(f"{error}; what members own: {self.owned}") from None
        expect(not self.faults, f"{what}: {len(self.faults)} faults: {'; '.join(self.faults[:4])}")

    def await_shared_out(self, when):
        """Waits until the members own all partitions, and each at least one where there are enough."""
        def shared_out():
            sizes = [len(self.owned.get(member, ())) for member in self.programs]
            busy = sum(size > 0 for size in sizes)
            return sum(sizes) == self.partitions and busy == min(len(sizes), self.partitions)
        self.eventually(shared_out, f"{when}: that {', '.join(self.programs)} own all {self.partitions} partitions")

    def await_calm(self):
        """Waits until nothing has changed for a while: members that gave something up join once more."""
        before, since = None, 0.0
        def calm():
            nonlocal before, since
            if self.told != before:
                before, since = self.told.copy(), time.monotonic()
            return time.monotonic() - since > CALM
        self.eventually(calm, "that it becomes calm")

    def await_read(self, written):
        """None lost: what was acknowledged is read. Gives how many were read more than once."""
        try:
            self.eventually(lambda: written <= self.reads.keys(), "that all is read")
        except AssertionError as error:
            lost = sorted(written - self.reads.keys())
            raise AssertionError(f"{len(lost)} of {len(written)} records were not read: {lost[:5]}: {error}") from None
        return {at: members for at, members in self.reads.items() if len(members) > 1}
