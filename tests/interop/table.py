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
- **kafka-go.** It gives empty keys, values and headers as none when it reads; they are stored and sent as they were.
- **@confluentinc/kafka-javascript.** Where its binary package cannot be had it compiles librdkafka; with
  `CKJS_LINKING=dynamic` it does so without fetching other sources.
- **Kafka Streams.** It stays in its group when it is closed, so a restart waits for its session to end (45 s by
  default), with any broker; closing it with `LEAVE_GROUP` avoids that.
"""


def write_table(file, verdicts, broker, lacking):
    clients = {name: found for name, found in verdicts.items() if CLIENTS[name].columns == "client"}
    tools = {name: found for name, found in verdicts.items() if CLIENTS[name].columns == "tool"}
    text = HEAD.format(broker=broker) + "\n" + clients_table(clients) + NOTES
    if tools:
        text += "\n## What comes with Apache Kafka\n\n" + tools_table(tools)
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
            failed.setdefault(feature, []).append(re.sub(r"<br>.*", "", CLIENTS[name].title.replace("/<br>", "/")))
    if not failed:
        return "Nothing does.\n"
    return "".join(f"- **{feature}** ({', '.join(names)}): {lacking.get(feature, 'a fault: the run failed.')}\n"
                   for feature, names in failed.items())
