"""A broker and those who write and read transactions at it: processes that are killed, stopped, and started again."""
import collections
import pathlib
import signal
import struct
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "support"), str(HERE.parents[1] / "interop")]
from clients import JAVA  # noqa: E402
from node import Node, NotReady  # noqa: E402
from report import eventually, expect  # noqa: E402
from wire import Connection, string  # noqa: E402

TOPIC, PARTITIONS = "transfers", 4
PATIENCE = 90
LIST_OFFSETS = 2
READ_UNCOMMITTED, READ_COMMITTED = 0, 1
# A client that crashes is one more that was killed, and is counted: librdkafka 2.0.2 may free twice what a fenced
# producer had under way when it was let go.
CRASHES = -signal.SIGABRT, -signal.SIGSEGV
OPTIONS = ["--set", "offsets.topic.num.partitions=2", "--set", "transaction.state.log.num.partitions=2",
           "--set", "transaction.abort.timed.out.transaction.cleanup.interval.ms=500",
           # Small segments: markers, aborted transactions and producers' state are found over their borders, too.
           "--set", "log.segment.bytes=1048576"]


class Worker:
    """One life of a role: a process, and the history that outlives it."""

    def __init__(self, name, command, folder):
        self.name, self.history, self.errors = name, folder / f"{name}.history", folder / f"{name}.errors"
        self.history.touch()
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE,
                                            stdout=subprocess.DEVNULL, stderr=errors)

    def mark(self):
        """A place in the history, for said()."""
        return self.history.stat().st_size

    def said(self, act, since=0):
        """Whether it has noted such an act since that place."""
        with open(self.history, "rb") as file:
            file.seek(since)
            return b" %s " % act.encode() in file.read()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        """kill -9, which also ends what is stopped."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()

    def runs(self):
        """False if the client crashed. Nobody ends in another way but by the plan."""
        code = self.process.poll()
        expect(code is None or code in CRASHES, self.complaint())
        return code is None

    def complaint(self):
        return f"{self.name} ended with {self.process.poll()}: {self.errors.read_text(errors='replace')[-800:]}"


class Role:
    """A place among the workers; who has it follows on who had it, under the same transactional id."""

    def __init__(self, stage, kind, client, number):
        self.stage, self.kind, self.client, self.number = stage, kind, client, number
        self.progress = "committed" if kind == "write" else "read"
        self.lives = []

    @property
    def name(self):
        return f"{self.client}-{self.kind}-{self.number}"

    @property
    def group(self):
        """Whose offsets a writer says; and its transactional id."""
        return f"group-{self.name}"

    @property
    def worker(self):
        return self.lives[-1]

    def begin(self):
        """Gives the worker that has the role from now on; what becomes of the one before is the caller's affair."""
        name = f"{self.name}.{len(self.lives)}"
        self.lives.append(self.stage.start(name, self.client, self.kind, self.stage.dice.randrange(1 << 31),
                                           *([name, self.group, self.stage.timeout_ms]
                                             if self.kind == "write" else [])))
        return self.worker


class Stage:
    def __init__(self, folder, dice, timeout_ms, tools, program):
        self.folder, self.dice, self.timeout_ms, self.tools, self.program = folder, dice, timeout_ms, tools, program
        self.happened = collections.Counter()
        self.address, self.node = "127.0.0.1:0", None
        self.started = []  # Every process but the broker.
        self.start_broker()
        with Connection(self.node.address) as connection:
            expect(connection.create_topic(TOPIC, PARTITIONS) == 0, "the topic was not created")
        self.writers = [Role(self, "write", client, number) for number in (1, 2) for client in ("java", "librdkafka")]
        self.readers = [Role(self, "read", client, 1) for client in ("java", "librdkafka")]

    @property
    def roles(self):
        return self.writers + self.readers

    def role(self, name):
        return next(role for role in self.roles if role.name == name)

    def start(self, name, client, kind, *arguments):
        command = [*JAVA, "TransferWorker"] if client == "java" else [self.tools / "transfer_worker"]
        worker = Worker(name, [*command, kind, self.address, self.folder / f"{name}.history", PARTITIONS, *arguments],
                        self.folder)
        self.started.append(worker)
        return worker

    def start_broker(self):
        self.node = Node(self.folder / "data", *OPTIONS, kafka=self.address, program=self.program)
        self.address = self.node.kafka

    def kill_broker(self):
        self.node.kill()
        with open(self.folder / "broker.log", "a") as log:
            log.write(self.node.stderr() + "killed\n")

    def kill_broker_while_it_starts(self, seconds):
        try:
            self.node = Node(self.folder / "data", *OPTIONS, kafka=self.address, program=self.program, seconds=seconds)
        except NotReady:
            return  # It has been killed.
        self.kill_broker()

    def expect_alive(self):
        """Nobody ends but by the plan."""
        expect(self.node.process.poll() is None, f"the broker ended: {self.node.stderr()[-800:]}")
        for role in self.roles:
            if role.worker.runs():
                continue
            self.happened["client_crashed"] += 1
            role.begin()

    def everybody_goes_on(self):
        """When all is well again each role gets on by itself."""
        marks = {role.worker: role.worker.mark() for role in self.roles}

        def stuck():
            self.expect_alive()
            return [role.name for role in self.roles
                    if not role.worker.said(role.progress, marks.get(role.worker, 0))]
        try:
            eventually(lambda: not stuck(), PATIENCE, "that all go on")
        except AssertionError as late:
            raise AssertionError(f"{late}: {stuck()}") from None

    def dismiss(self):
        """Everybody ends what is under way, and leaves."""
        for role in self.roles:
            role.worker.process.stdin.close()
        for role in self.roles:
            try:
                expect(role.worker.process.wait(PATIENCE) in (0, *CRASHES), role.worker.complaint())
            except subprocess.TimeoutExpired:
                raise AssertionError(f"{role.worker.name} did not stop within {PATIENCE} s") from None

    def ends(self, isolation):
        """The high watermark or the last stable offset of each partition."""
        asked = struct.pack(">ibi", -1, isolation, 1) + string(TOPIC) + struct.pack(">i", PARTITIONS)
        asked += b"".join(struct.pack(">iq", partition, -1) for partition in range(PARTITIONS))
        with Connection(self.node.address) as connection:
            answer = connection.call(LIST_OFFSETS, 2, asked)
        at = 4 + 4 + len(string(TOPIC)) + 4
        rows = [struct.unpack_from(">ihqq", answer, at + 22 * i) for i in range(PARTITIONS)]
        expect(not any(error for _, error, _, _ in rows), f"ListOffsets gave {rows}")
        return [offset for _, _, _, offset in rows]

    def all_transactions_end(self):
        try:
            eventually(lambda: self.ends(READ_COMMITTED) == self.ends(READ_UNCOMMITTED), self.timeout_ms / 1000 + 30,
                       "that the last transaction ends")
        except AssertionError as late:
            raise AssertionError(f"{late}: last stable offsets {self.ends(READ_COMMITTED)}, high watermarks "
                                 f"{self.ends(READ_UNCOMMITTED)}") from None

    def read_everything(self):
        """Both clients read all that is committed; Java's tells of the groups, too."""
        groups = [role.group for role in self.writers]
        for worker in (self.start("content-java", "java", "content", *groups),
                       self.start("content-librdkafka", "librdkafka", "content")):
            try:
                code = worker.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                raise AssertionError(f"{worker.name} did not come to the end of what there is") from None
            expect(code == 0, worker.complaint())

    def judge(self):
        """What the checker counted, and the faults it found."""
        done = subprocess.run([self.tools / "transfers_check", *(worker.history for worker in self.started)],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)
        expect(done.returncode in (0, 1), f"the checker ended with {done.returncode}: {done.stderr[-800:]}")
        lines = [line.split(" ", 1) for line in done.stdout.splitlines()]
        counts = {name: int(value) for name, value in lines if name != "fault"}
        return counts, [text for name, text in lines if name == "fault"]

    def close(self):
        """Nothing is left, whatever state it is in."""
        for worker in self.started:
            if worker.process.poll() is None:
                worker.kill()
        if self.node and self.node.process.poll() is None:
            self.kill_broker()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
