"""A day's work with Apache Kafka's own command-line tools.

Usage: daily_work.py HOST:PORT PREFIX JAVA [DATA], where JAVA/lib holds the jars that tests/interop/java
fetches and DATA the node's data folder, which Kafka's dump tool then reads.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from report import Report, Skip, eventually, expect  # noqa: E402

BOOTSTRAP, PREFIX, FOLDER = sys.argv[1:4]
DATA = pathlib.Path(sys.argv[4]) if len(sys.argv) > 4 else None
TOPIC = f"{PREFIX}-orders"
JAVA = ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Dlog4j2.level=error",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", f"{FOLDER}/lib/*"]
CLASSES = {
    "kafka-topics": "org.apache.kafka.tools.TopicCommand",
    "kafka-configs": "kafka.admin.ConfigCommand",
    "kafka-get-offsets": "org.apache.kafka.tools.GetOffsetShell",
    "kafka-console-producer": "org.apache.kafka.tools.ConsoleProducer",
    "kafka-console-consumer": "org.apache.kafka.tools.consumer.ConsoleConsumer",
    "kafka-consumer-groups": "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
    "kafka-console-share-consumer": "org.apache.kafka.tools.consumer.ConsoleShareConsumer",
    "kafka-share-groups": "org.apache.kafka.tools.consumer.group.ShareGroupCommand",
    "kafka-delete-records": "org.apache.kafka.tools.DeleteRecordsCommand",
    "kafka-broker-api-versions": "org.apache.kafka.tools.BrokerApiVersionsCommand",
    "kafka-cluster": "org.apache.kafka.tools.ClusterTool",
    "kafka-log-dirs": "org.apache.kafka.tools.LogDirsCommand",
    "kafka-producer-perf-test": "org.apache.kafka.tools.ProducerPerformance",
    "kafka-transactions": "org.apache.kafka.tools.TransactionsCommand",
    "kafka-dump-log": "kafka.tools.DumpLogSegments",
}


def run(tool, *arguments, text=""):
    done = subprocess.run([*JAVA, CLASSES[tool], *arguments], input=text.encode(), capture_output=True, timeout=90)
    said = done.stdout.decode()
    expect(done.returncode == 0, f"{tool} ended with {done.returncode}: {said[-300:]} {done.stderr.decode()[-500:]}")
    return said


def ask(tool, *arguments, text=""):
    return run(tool, "--bootstrap-server", BOOTSTRAP, *arguments, text=text)


def topics():
    ask("kafka-topics", "--create", "--topic", TOPIC, "--partitions", "3", "--config", "retention.ms=3600000",
        "--config", "segment.bytes=1048576")
    expect(TOPIC in ask("kafka-topics", "--list").split(), "the topic is not listed")
    described = ask("kafka-topics", "--describe", "--topic", TOPIC)
    expect("PartitionCount: 3" in described and "retention.ms=3600000" in described, described)
    ask("kafka-topics", "--alter", "--topic", TOPIC, "--partitions", "4")
    described = ask("kafka-topics", "--describe", "--topic", TOPIC)
    expect("PartitionCount: 4" in described, described)


def delete_topic():
    ask("kafka-topics", "--delete", "--topic", TOPIC)
    eventually(lambda: TOPIC not in ask("kafka-topics", "--list").split(), 20, "the end of the topic")


def configs():
    entity = ["--entity-type", "topics", "--entity-name", TOPIC]
    ask("kafka-configs", "--alter", *entity,
        "--add-config", "max.message.bytes=2000000,cleanup.policy=[compact,delete]")
    described = ask("kafka-configs", "--describe", *entity)
    expect("max.message.bytes=2000000" in described and "cleanup.policy=compact,delete" in described, described)
    ask("kafka-configs", "--alter", *entity, "--delete-config", "max.message.bytes,cleanup.policy")
    expect("2000000" not in ask("kafka-configs", "--describe", *entity), "the change was not undone")


def broker_config():
    described = ask("kafka-configs", "--describe", "--all", "--entity-type", "brokers", "--entity-name", "1")
    expect("log.segment.bytes=" in described, described[:300])


def console():
    sent = [f"key-{i}:order number {i}" for i in range(200)]
    ask("kafka-console-producer", "--topic", TOPIC, "--reader-property", "parse.key=true",
        "--reader-property", "key.separator=:", text="\n".join(sent) + "\n")
    got = ask("kafka-console-consumer", "--topic", TOPIC, "--from-beginning", "--max-messages", "200", "--timeout-ms",
              "20000", "--formatter-property", "print.key=true", "--formatter-property", "key.separator=:",
              "--group", f"{PREFIX}-console")
    expect(sorted(got.split("\n"))[1:] == sorted(sent), "what was read is not what was sent")


def offsets():
    latest = ask("kafka-get-offsets", "--topic", TOPIC).split()
    expect(sum(int(line.rsplit(":", 1)[1]) for line in latest) == 200, f"latest offsets {latest}")
    earliest = ask("kafka-get-offsets", "--topic", TOPIC, "--time", "earliest").split()
    expect(earliest == [f"{TOPIC}:{p}:0" for p in range(4)], f"earliest offsets {earliest}")


def groups():
    group = f"{PREFIX}-console"
    expect(group in ask("kafka-consumer-groups", "--list").split(), "the group is not listed")
    described = ask("kafka-consumer-groups", "--describe", "--group", group)
    lags = re.findall(rf"{TOPIC}\s+\d+\s+(\d+)\s+(\d+)\s+(\d+)", described)
    expect(len(lags) == 4 and all(lag == "0" for _, _, lag in lags), described)


def share_groups():
    group = f"{PREFIX}-shared"
    ask("kafka-configs", "--alter", "--entity-type", "groups", "--entity-name", group,
        "--add-config", "share.auto.offset.reset=earliest")
    got = ask("kafka-console-share-consumer", "--topic", TOPIC, "--group", group, "--max-messages", "200",
              "--timeout-ms", "20000")
    expect(len(set(got.split("\n"))) == 201, f"read {len(set(got.splitlines()))} records instead of 200")
    tool = ["kafka-share-groups", "--group", group]
    expect(group in ask("kafka-share-groups", "--list").split(), "the share group is not listed")
    expect(re.search(rf"{group}\s+\S+\s+.*Empty", ask(*tool, "--describe", "--state")), "its state is not told")
    described = ask(*tool, "--describe")
    expect(len(re.findall(rf"{TOPIC}\s+\d+\s+\d+\s+0", described)) == 4, described)
    ask(*tool, "--reset-offsets", "--to-earliest", "--topic", TOPIC, "--execute")
    described = ask(*tool, "--describe")
    expect(len(re.findall(rf"{TOPIC}\s+\d+\s+0\s+[1-9]", described)) == 4, described)
    ask(*tool, "--delete-offsets", "--topic", TOPIC)
    ask(*tool, "--delete")
    expect(group not in ask("kafka-share-groups", "--list").split(), "the share group is still listed")


def delete_records():
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write('{"version":1,"partitions":[{"topic":"%s","partition":0,"offset":-1}]}' % TOPIC)
        file.flush()
        ask("kafka-delete-records", "--offset-json-file", file.name)
    ends = [ask("kafka-get-offsets", "--topic-partitions", f"{TOPIC}:0", "--time", time)
            for time in ("earliest", "latest")]
    expect(ends[0] == ends[1], f"offsets {ends}")


def api_versions():
    said = ask("kafka-broker-api-versions")
    for api in ("Produce(0): 0 to 13 [usable: 13]", "Fetch(1): 4 to 18 [usable: 18]",
                "Metadata(3): 0 to 13 [usable: 13]"):
        expect(api in said, f"not {api} but {said[:800]}")


def cluster_id():
    said = run("kafka-cluster", "cluster-id", "--bootstrap-server", BOOTSTRAP)
    expect(re.search(r"Cluster ID: \S{22}\s", said), said)


def log_dirs():
    expect(f'"{TOPIC}-0"' in ask("kafka-log-dirs", "--describe", "--topic-list", TOPIC), "the partition has no folder")


def perf_test():
    said = run("kafka-producer-perf-test", "--topic", TOPIC, "--num-records", "20000", "--record-size", "1024",
               "--throughput", "-1", "--producer-props", f"bootstrap.servers={BOOTSTRAP}", "compression.type=lz4")
    expect(said.startswith("20000 records sent") or "\n20000 records sent" in said, said)


def dump_log():
    if DATA is None:
        raise Skip("no data folder given")
    folders = sorted(DATA.glob(f"**/{TOPIC}-*"))
    expect(folders, f"no folder of {TOPIC} under {DATA}")
    logs, indexes = [], []
    for folder in folders:
        logs += sorted(folder.glob("*.log"))
        # The last segment of a folder is still being written, and its indexes have room left at their end.
        indexes += [*sorted(folder.glob("*.index"))[:-1], *sorted(folder.glob("*.timeindex"))[:-1]]
    expect(len(logs) > len(folders), "no segment was rolled")
    said = run("kafka-dump-log", "--deep-iteration", "--files", ",".join(map(str, logs)))
    expect("isvalid: false" not in said and "Found" not in said, said[-500:])
    records = len(re.findall(r"^\| offset: ", said, re.M))
    expect(records >= 20000, f"only {records} records in the log")
    said = run("kafka-dump-log", "--index-sanity-check", "--files", ",".join(map(str, indexes)))
    expect(said.count("passed sanity check") == len(indexes), said[-500:])
    said = run("kafka-dump-log", "--verify-index-only", "--files", ",".join(map(str, indexes)))
    expect("Mismatches" not in said and "Found" not in said, said[-500:])


def transactions():
    """One is committed, one aborted, one open; then that is aborted too, at its partition and at its coordinator."""
    name, topic = f"{PREFIX}-transfers", f"{PREFIX}-transfers"
    ask("kafka-topics", "--create", "--topic", topic, "--partitions", "1", "--config", "segment.bytes=1048576")
    command = [*JAVA[:-1], f"{FOLDER}/classes:{FOLDER}/lib/*", "OpenTransaction", BOOTSTRAP, name, topic]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as producer:
        expect(producer.stdout.readline() == b"open\n", "no transaction was opened")
        producer.stdin.close()
    listed = ask("kafka-transactions", "list")
    expect(re.search(rf"^{name}\s+\d+\s+\d+\s+Ongoing\s*$", listed, re.M), listed)
    described = ask("kafka-transactions", "describe", "--transactional-id", name)
    expect(re.search(rf"\sOngoing\s.*{topic}-0", described), described)
    where = ["--topic", topic, "--partition", "0"]
    # Producer, epoch, last sequence, when, and the first offset of what is open: behind two of 60 and their markers.
    writers = ask("kafka-transactions", "describe-producers", *where)
    expect(re.search(r"^\d+\s+\d+\s+\d+\s+59\s+\d+\s+122\s*$", writers, re.M), writers)
    hanging = ask("kafka-transactions", "find-hanging", "--broker-id", "1", "--max-transaction-timeout", "15")
    expect(name not in hanging and topic not in hanging, hanging)
    dump_transactions(topic, name)
    ask("kafka-transactions", "abort", *where, "--start-offset", "122")
    writers = ask("kafka-transactions", "describe-producers", *where)
    expect(re.search(r"^\d+\s+.*\sNone\s*$", writers, re.M), writers)
    ask("kafka-transactions", "forceTerminateTransaction", "--transactionalId", name)
    eventually(lambda: "Ongoing" not in ask("kafka-transactions", "describe", "--transactional-id", name), 20,
               "the end of the transaction")


def dump_transactions(topic, name):
    if DATA is None:
        return

    def dump(pattern, *more):
        files = sorted(DATA.glob(pattern))
        expect(files, f"no file {pattern} under {DATA}")
        said = run("kafka-dump-log", *more, "--files", ",".join(map(str, files)))
        expect("isvalid: false" not in said and "Found" not in said, said[-500:])
        return said

    said = dump(f"**/{topic}-0/*.log", "--deep-iteration")
    expect(re.findall(r"endTxnMarker: (\w+)", said) == ["COMMIT", "ABORT"], said[-500:])
    said = dump(f"**/{topic}-0/*.txnindex")
    expect(re.findall(r"firstOffset: (\d+) lastOffset: (\d+) lastStableOffset: (\d+)", said)
           == [("61", "121", "122")], said)
    said = dump(f"**/{topic}-0/*.snapshot")
    expect("currentTxnFirstOffset: OptionalLong[122]" in said, said)
    said = dump("**/__transaction_state-*/*.log", "--transaction-log-decoder", "--deep-iteration")
    # Empty; ongoing, about to commit, committed; ongoing, about to abort, aborted; ongoing.
    states = re.findall(rf'"transactionalId":"{name}".*"transactionStatus":(\d)', said)
    expect("".join(states) == "01241351", f"states {states}: {said[-800:]}")


report = Report()
report.run("kafka-topics", topics)
report.run("kafka-configs", configs)
report.run("kafka-configs-of-broker", broker_config)
report.run("kafka-console-producer-and-consumer", console)
report.run("kafka-get-offsets", offsets)
report.run("kafka-consumer-groups", groups)
report.run("kafka-share-groups-and-console-share-consumer", share_groups)
report.run("kafka-delete-records", delete_records)
report.run("kafka-broker-api-versions", api_versions)
report.run("kafka-cluster-id", cluster_id)
report.run("kafka-log-dirs", log_dirs)
report.run("kafka-producer-perf-test", perf_test)
report.run("kafka-dump-log", dump_log)
report.run("kafka-transactions-and-their-files", transactions)
report.run("kafka-delete-topic", delete_topic)
report.exit()
