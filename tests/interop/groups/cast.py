"""Members of groups by other people's clients.

A member program holds members by one client. Run as `PROGRAM HOST:PORT EVENTS` it obeys lines on stdin:

    start NAME GROUP TOPIC WORD=VALUE...   words: protocol, assignor, remote-assignor, instance, rack, session (ms)
    stop NAME                              commits, and leaves
    (the end of stdin)                     stops them all

and appends lines to the file EVENTS, which all programs share, so that their order is the order of what happened:

    NAME owns 0 1 2      from now on; what is given up is told before another can have it
    NAME read 1 4711     partition and offset, before it is committed
    NAME failed WHY
    NAME left

NAME is GROUP.MEMBER here, so that one program can have members in several groups.
"""
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from clients import MEMBERS  # noqa: E402
from report import expect  # noqa: E402


class Program:
    """A member program. Killed, it takes its members with it."""

    def __init__(self, command, bootstrap, stage):
        self.stage, self.members, self.killed = stage, set(), False
        self.process = subprocess.Popen([*map(str, command), bootstrap, str(stage.file)], stdin=subprocess.PIPE,
                                        stdout=sys.stderr, text=True)

    def start(self, name, group, topic, words):
        self.members.add(name)
        self._say(" ".join(["start", name, group, topic, *(f"{word}={value}" for word, value in words.items())]))

    def stop(self, name):
        self.members.discard(name)
        self._say(f"stop {name}")

    def _say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def kill(self):
        self.killed = True
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        for name in self.members:
            self.stage.tell(f"{name} killed")

    def end(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Stage:
    """Where member programs run and are listened to; groups (group.py) are told what their members tell."""

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.folder = tempfile.TemporaryDirectory(prefix="thalweg-groups-")
        self.file = pathlib.Path(self.folder.name) / "events"
        self.file.touch()
        self.reader, self.rest = open(self.file), ""
        self.lock = threading.RLock()
        self.groups, self.programs = {}, {}

    def program(self, client, which=""):
        """The program of that client's members; started when it is first asked for."""
        with self.lock:
            if (client, which) not in self.programs:
                self.programs[client, which] = Program(MEMBERS[client](), self.bootstrap, self)
            return self.programs[client, which]

    def tell(self, line):
        with open(self.file, "a") as file:
            file.write(line + "\n")

    def listen(self):
        """Hands on what was told since."""
        for (client, _), program in list(self.programs.items()):
            expect(program.killed or program.process.poll() is None, f"the program of {client}'s members ended")
        with self.lock:
            *lines, self.rest = (self.rest + self.reader.read()).split("\n")
            for line in lines:
                name, what, *words = line.split(" ")
                group, _, member = name.rpartition(".")
                self.groups[group].hear(member, what, words)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for program in self.programs.values():
            program.end()
        self.reader.close()
        self.folder.cleanup()
