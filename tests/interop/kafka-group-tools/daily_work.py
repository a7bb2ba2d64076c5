"""Apache Kafka's command-line tools for groups, held against what they said of Apache Kafka itself.

Usage: daily_work.py HOST:PORT PREFIX JAVA [--rewrite], where JAVA/lib holds the jars and JAVA/classes the suites.
conversation.txt has in each section (`# NAME`) what is done (`! VERB WORDS`), asked (`> TOOL WORDS`), and what was
answered. --rewrite, given only with Apache Kafka, writes the answers again.
"""
import itertools
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "groups"))
from broker import SESSION_MS, Broker  # noqa: E402
from cast import Stage  # noqa: E402
from clients import JAVA  # noqa: E402
from confluent_kafka import Producer  # noqa: E402
from group import Group  # noqa: E402
from report import Report, expect  # noqa: E402

BOOTSTRAP, PREFIX = sys.argv[1:3]
REWRITE = "--rewrite" in sys.argv
CONVERSATION = HERE / "conversation.txt"
FIRST_TIME = 1_767_225_600_000  # 2026-01-01T00:00Z; record i of a partition is i seconds later.
IDS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<![\w.-])[\w-]{22}(?![\w-])")
REASON = re.compile(r"(org\.apache\.kafka\.common\.errors\.\w+): .*")  # Brokers have words of their own for it.


class Tools:
    """KafkaTools.java, a command at a time."""

    def __init__(self):
        self.process = subprocess.Popen([*JAVA, "KafkaTools"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def run(self, words):
        self.process.stdin.write("\t".join(words) + "\n")
        self.process.stdin.flush()
        said = []
        while not (line := self.process.stdout.readline()).startswith(". "):
            expect(line, f"the tools ended at {words}")
            said.append(line)
        return said

    def end(self):
        self.process.stdin.close()
        self.process.wait(20)


class Talk:
    """Does and asks what the conversation says, and knows how to tell what differs by nature from what does not."""

    def __init__(self, stage):
        self.stage, self.broker, self.tools = stage, Broker(BOOTSTRAP), Tools()
        self.groups, self.files = {}, tempfile.TemporaryDirectory()

    def do(self, verb, *words):
        getattr(self, f"do_{verb}")(*words)

    def do_create(self, topic, partitions):
        self.broker.create(f"{PREFIX}-{topic}", int(partitions), retention_ms="-1")

    def do_produce(self, topic, partition, first, count):
        producer = Producer({"bootstrap.servers": BOOTSTRAP})
        for i in range(int(first), int(first) + int(count)):
            producer.produce(f"{PREFIX}-{topic}", b"order", partition=int(partition), timestamp=FIRST_TIME + 1000 * i)
        expect(producer.flush(30) == 0, "not all was written")

    def do_start(self, name, topic, *members):
        """Members are NAME or NAME@INSTANCE."""
        partitions = len(self.broker.admin.list_topics(f"{PREFIX}-{topic}", 30).topics[f"{PREFIX}-{topic}"].partitions)
        words = {"protocol": "consumer"} if name.startswith("newer") else {
            "protocol": "classic", "assignor": "range", "session": SESSION_MS}
        group = self.groups[name] = Group(self.stage, f"{PREFIX}-{name}", f"{PREFIX}-{topic}", partitions)
        for member in members:
            member, _, instance = member.partition("@")
            group.start("java", member, **words, **({"instance": instance} if instance else {}))
            group.await_shared_out(f"with {member}")
        group.await_calm()

    def do_read(self, name, count):
        group = self.groups[name]
        group.eventually(lambda: len(group.reads) == int(count), f"that {count} records are read")
        group.eventually(lambda: sum(self.broker.committed(group.name).values()) == int(count), "that all is committed")

    def do_stop(self, name):
        self.groups[name].stop_all()

    def do_file(self, name, *lines):
        (pathlib.Path(self.files.name) / name).write_text("".join(f"{PREFIX}-{line}\n" for line in lines))

    def ask(self, line):
        """Gives what was answered, a word apart from the next by one space, the rows of tables in order."""
        words = line.replace("PREFIX", PREFIX).replace("FILES", self.files.name).split()
        said = [" ".join(self.told(one).split()) for one in
                self.tools.run([words[0], "--bootstrap-server", BOOTSTRAP, *words[1:]])]
        said = [one for one in said if one and not one.startswith("at ")]  # A trace is the tool's own business.
        if "--list" in words:
            said = [one for one in said if "PREFIX" in one or one.startswith("GROUP ")]  # Others are here, too.
        if "--all-groups" in words:
            said = [one for one in said if "PREFIX" in one]
        rows = itertools.groupby(said, lambda one: one.split()[0].partition("-")[0])
        return [one for _, alike in rows for one in sorted(alike)]

    def told(self, line):
        line = line.replace(PREFIX, "PREFIX").replace(BOOTSTRAP, "BROKER").replace(self.files.name, "FILES")
        # Long words are quoted in CSV. Only Thalweg says what holds where a group has no setting of its own.
        line = re.sub(r", DEFAULT_CONFIG:[^}]*", "", line.replace('"PREFIX-orders"', "PREFIX-orders"))
        return REASON.sub(r"\1", IDS.sub("ID", line))


def sections():
    """(name, lines) of each."""
    found = []
    for line in CONVERSATION.read_text().splitlines():
        if line.startswith("# "):
            found.append((line[2:], []))
        elif line and found:
            found[-1][1].append(line)
    return found


def talk_of(talk, lines):
    """Goes through a section; gives it with the answers of today."""
    today = []
    for line in lines:
        if line.startswith("! "):
            talk.do(*line[2:].split())
            today.append(line)
        elif line.startswith("> "):
            today += [line, *talk.ask(line[2:])]
    return today


def hold(talk, lines):
    today = talk_of(talk, lines)
    differ = [f"{was!r} became {now!r}" for was, now in zip(lines, today) if was != now]
    expect(lines == today, "; ".join(differ[:3]) or f"{len(today)} lines instead of {len(lines)}")


def rewrite(talk):
    head = CONVERSATION.read_text().split("\n# ", 1)[0]
    text = "".join(f"\n# {name}\n" + "\n".join(talk_of(talk, lines)) + "\n" for name, lines in sections())
    CONVERSATION.write_text(head.rstrip("\n") + "\n" + text)


def main():
    report = Report()
    with Stage(BOOTSTRAP) as stage:
        talk = Talk(stage)
        if REWRITE:
            report.run("rewrite", rewrite, talk)
        else:
            for name, lines in sections():
                report.run(name, hold, talk, lines)
        talk.tools.end()
        talk.files.cleanup()
    report.exit()


main()
