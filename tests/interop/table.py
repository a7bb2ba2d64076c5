"""Writes docs/clients.md: what each client's suite did, and how it went."""
import re

from clients import CLIENTS

MARKS = {"ok": "yes", "FAIL": "**no**", "skip": "skipped"}
PRODUCE = re.compile(r"produce-(0|1|all)-(none|gzip|snappy|lz4|zstd)$")

HEAD = """# Clients

<!-- Made by tests/interop/run.py --table docs/clients.md from what the suites did. Change tests/interop. -->

What other people's clients do with {broker}. Each has a suite of its own in `tests/interop`, which `./do test` runs;
the features are told in `tests/interop/day` for the languages that share them. An empty cell: the client has no such
call, or leaves it to another on the same library.
"""

NOTES = """
A row `produce, CODEC` is yes when what was sent with acks 0, 1 and all, or with those that the client has, is read
back as it was: keys, values and offsets. `config` is to set it at creation, change it, and read it back;
`group-resume` is a consumer group that leaves, comes back and goes on where it committed;
`group-of-the-newer-protocol` the same with `group.protocol=consumer`, as are the rows `group-by-regular-expression`,
`group-shares-out` and `group-static-member`.
"""

GROUPS = """
## Clients together, in groups

Records are written all the time, every one of them has to be read, and no partition may have two owners.
`rolling-bounce` and `static-bounce` restart ten members by the Java client in turn, without and with
`group.instance.id`: none is read twice, and static members come back to what they had without anybody's notice.
`kill-of-one` is kill -9: what comes again is what that member had read since its last commit. `mixed` has members by
all clients that know the assignor, which leave one after another: Java, librdkafka, confluent-kafka, franz-go, sarama,
aiokafka, kafkajs, and with the newer protocol Java, confluent-kafka and franz-go. `assignors-of` has two members by one
client, with each of its assignors. `there-and-back` restarts the members of a classic group in turn with
`group.protocol=consumer`, and then back again; none is read twice.

"""

TOOLS_NOTE = """
What `kafka-consumer-groups`, `kafka-groups` and `kafka-configs` say of groups is held against what they said of Apache
Kafka 4.2.1, word for word but for the reasons in error messages: `tests/interop/kafka-group-tools/conversation.txt`.
Thalweg alone adds to a group's setting what would hold without it.
"""

TRANSACTIONS = """
## Transactions

Each program of `Killed again and again` reads a topic, writes to another, and takes its group's offsets along in
transactions, of which it aborts every third. It is killed with kill -9 wherever it happens to be and started anew:
three times in every run of the tests, and with `KILLS=20` and `BROKER_KILLS=20` it and the broker twenty times each.
In the end who reads what is committed must find every record once and in its order, or of Kafka Streams' word count
(`exactly_once_v2`) every count once.

"""

SETTINGS = """
## Settings to know

No client needs a setting to work with Thalweg. Worth knowing:

- **acks=1, whatever the client.** The answer comes when the leader has the records; readers are shown them when they
  are on its disk, which may be some milliseconds later. Who wants to read what was just acknowledged asks for acks=all.
- **@platformatic/kafka.** Name `acks` and `compression` in each `send`. Its producer takes them too when it is made,
  but sends with acks=1 all the same, with any broker.
- **kafkajs with lz4js.** The codec has to set the flag for independent blocks in the header of its frames, or any
  broker refuses them; `tests/interop/kafkajs` shows how in three lines.
- **kafka-python 3.0.12.** A `poll` whose timeout runs out between JoinGroup and SyncGroup leaves the consumer without
  partitions for good, with any broker (seen with Apache Kafka too): give it seconds, not milliseconds.
- **group.protocol=consumer, whatever the client.** A commit that crosses with the answer that brings the member a new
  epoch is refused with STALE_MEMBER_EPOCH, as Apache Kafka 4.2 does: in Java a `CommitFailedException`. What the member
  keeps, its next commit covers. In `onPartitionsRevoked` try again until it is taken, or those records come twice.
- **sarama's sticky assignor.** In a group with other clients it sometimes fails with "insufficient data to decode
  packet" (seen with Apache Kafka), and is left out of `mixed-sticky`. Among its own members it works.
- **kafkajs among others.** Its assigner calls itself `RoundRobinAssigner`, so it shares no protocol with other clients;
  `tests/interop/groups/kafkajs_members.js` gives it Kafka's name in three lines.
- **kafka-go.** It gives empty keys, values and headers as none when it reads; they are stored and sent as they were.
- **@confluentinc/kafka-javascript.** Where its binary package cannot be had it compiles librdkafka; with
  `CKJS_LINKING=dynamic` it does so without fetching other sources.
- **Kafka Streams.** It stays in its group when it is closed, so a restart waits for its session to end (45 s by
  default), with any broker; closing it with `LEAVE_GROUP` avoids that.
"""


def write_table(file, verdicts, broker, lacking):
    clients = {name: found for name, found in verdicts.items() if CLIENTS[name].columns == "client"}
    tools = {name: found for name, found in verdicts.items() if CLIENTS[name].columns == "tool"}
    groups = {name: found for name, found in verdicts.items() if CLIENTS[name].columns == "group"}
    transactions = {name: found for name, found in verdicts.items() if CLIENTS[name].columns == "transaction"}
    text = HEAD.format(broker=broker) + "\n" + clients_table(clients) + NOTES
    if tools:
        text += "\n## What comes with Apache Kafka\n\n" + tools_table(tools) + TOOLS_NOTE
    if groups:
        text += GROUPS + tools_table(groups)
    if transactions:
        text += TRANSACTIONS + tools_table(transactions)
    text += "\n## What fails, and why\n\n" + failures(verdicts, lacking)
    text += SETTINGS
    file.write_text(text)


def folded(found):
    """The fifteen ways to produce as one row a codec."""
    rows = {}
    for feature, verdict in found.items():
        match = PRODUCE.match(feature)
        name = f"produce, {match[2]}" if match else feature
        worse = "FAIL" if "FAIL" in (rows.get(name), verdict) else verdict
        rows[name] = worse
    return rows


def clients_table(clients):
    columns = {name: folded(found) for name, found in clients.items()}
    features = list(dict.fromkeys(feature for rows in columns.values() for feature in rows))
    lines = ["| | " + " | ".join(CLIENTS[name].title for name in columns) + " |", "|---|" + ":-:|" * len(columns)]
    for feature in features:
        cells = (MARKS.get(rows.get(feature), "") for rows in columns.values())
        lines.append(f"| {feature} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def tools_table(tools):
    lines = ["| | what was done | |", "|---|---|:-:|"]
    for name, found in tools.items():
        lines += [f"| {CLIENTS[name].title} | {feature} | {MARKS[verdict]} |" for feature, verdict in found.items()]
    return "\n".join(lines) + "\n"


def failures(verdicts, lacking):
    failed = {}
    for name, found in verdicts.items():
        for feature in (feature for feature, verdict in found.items() if verdict == "FAIL"):
            why = lacking.get(f"{name}/{feature}", "a fault: the run failed.")
            title = re.sub(r"<br>.*", "", CLIENTS[name].title.replace("/<br>", "/"))
            failed.setdefault((feature, why), []).append(title)
    if not failed:
        return "Nothing does.\n"
    return "".join(f"- **{feature}** ({', '.join(names)}): {why}\n" for (feature, why), names in failed.items())
