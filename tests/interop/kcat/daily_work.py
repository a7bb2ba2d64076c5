"""A day's work with kcat, as a shell user does it. Usage: daily_work.py HOST:PORT PREFIX"""
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from report import Report, expect  # noqa: E402

BOOTSTRAP, PREFIX = sys.argv[1:3]


def kcat(*arguments, text="", fails=False):
    done = subprocess.run(["kcat", "-b", BOOTSTRAP, "-X", "topic.metadata.refresh.fast.interval.ms=20", *arguments],
                          input=text.encode(), capture_output=True, timeout=60)
    if fails:
        expect(done.returncode != 0, "kcat should have failed")
        return done.stderr.decode()
    expect(done.returncode == 0, f"kcat {' '.join(arguments)}: {done.stderr.decode()[-300:]}")
    return done.stdout.decode()


def lines(count, size=100):
    texts = (hashlib.sha256(b"%d" % i).hexdigest() * (size // 64 + 1) for i in range(count))
    return "".join(f"key-{i}\t{text[:size]}\n" for i, text in enumerate(texts))


def read(topic, *more):
    return kcat("-C", "-t", topic, "-p", "0", "-o", "beginning", "-e", "-q", "-f", "%k\t%s\n", *more)


def produce(acks, codec):
    topic = f"{PREFIX}-acks-{acks}-{codec}"
    sent = lines(200)
    kcat("-P", "-t", topic, "-p", "0", "-K", "\t", "-z", codec, "-X", f"acks={acks}", text=sent)
    expect(read(topic) == sent, "what was read is not what was sent")


def headers():
    topic = f"{PREFIX}-headers"
    kcat("-P", "-t", topic, "-p", "0", "-H", "trace=4f2a", "-H", "trace=again", text="value\n")
    got = kcat("-C", "-t", topic, "-p", "0", "-e", "-q", "-f", "%h %s\n")
    expect(got == "trace=4f2a,trace=again value\n", f"read {got!r}")


def nulls():
    topic = f"{PREFIX}-nulls"
    kcat("-P", "-t", topic, "-p", "0", "-K", ":", "-Z", text="key:\n:value\n:\n")
    got = kcat("-C", "-t", topic, "-p", "0", "-e", "-q", "-f", "%K %k %S %s\n")
    expect(got == "3 key -1 \n-1  5 value\n-1  -1 \n", f"read {got!r}")


def sizes():
    topic = f"{PREFIX}-sizes"
    with tempfile.TemporaryDirectory() as folder:
        for size in (1, 127, 128, 16384, 100_000, 999_000):
            file = pathlib.Path(folder, str(size))
            file.write_bytes(b"x" * size)
            kcat("-P", "-t", topic, "-p", "0", str(file))
    got = kcat("-C", "-t", topic, "-p", "0", "-e", "-q", "-f", "%S\n").split()
    expect(got == ["1", "127", "128", "16384", "100000", "999000"], f"read sizes {got}")


def seek():
    topic = f"{PREFIX}-seek"
    kcat("-P", "-t", topic, "-p", "0", text="".join(f"{i}\n" for i in range(100)))
    at = lambda offset: kcat("-C", "-t", topic, "-p", "0", "-o", offset, "-e", "-q").split()  # noqa: E731
    expect(at("90") == [str(i) for i in range(90, 100)], "from an offset")
    expect(at("-5") == [str(i) for i in range(95, 100)], "the last five")
    expect(len(at("s@1000")) == 100, "from a time long ago")
    found = kcat("-Q", "-t", f"{topic}:0:1000")
    expect(found.split() == [topic, "[0]", "offset", "0"], f"asked for a time: {found!r}")


def group_resume():
    topic = f"{PREFIX}-group"
    kcat("-P", "-t", topic, "-p", "0", text="".join(f"{i}\n" for i in range(100)))
    seen = []
    for _ in range(2):
        seen += kcat("-G", f"{PREFIX}-group", "-c", "50", "-q", "-X", "auto.offset.reset=earliest", topic).split()
    expect(seen == [str(i) for i in range(100)], f"two lives read {len(seen)} records, {len(set(seen))} different")


def metadata():
    listed = json.loads(kcat("-L", "-J"))
    expect(len(listed["brokers"]) == 1, "not one broker")
    expect(listed["controllerid"] >= 0, "no controller")
    topics = {topic["topic"]: topic for topic in listed["topics"]}
    partition = topics[f"{PREFIX}-headers"]["partitions"][0]
    expect(partition["leader"] == listed["brokers"][0]["id"], f"another leader: {partition}")


def idempotent():
    topic = f"{PREFIX}-idempotent"
    sent = lines(2000)
    kcat("-P", "-t", topic, "-p", "0", "-K", "\t", "-X", "enable.idempotence=true", "-X", "batch.num.messages=50",
         text=sent)
    expect(read(topic) == sent, "what was read is not what was sent")


def transactions():
    # kcat commits what it sends when it ends; without a coordinator it says so and ends at once.
    topic = f"{PREFIX}-transactions"
    sent = lines(10)
    kcat("-P", "-t", topic, "-p", "0", "-K", "\t", "-X", f"transactional.id={PREFIX}",
         "-X", "transaction.timeout.ms=3000", text=sent)
    expect(read(topic, "-X", "isolation.level=read_committed") == sent, "what was read is not what was sent")


def auto_create():
    topic = f"{PREFIX}-by-itself"
    kcat("-P", "-t", topic, "-p", "0", text="value\n")
    found = json.loads(kcat("-L", "-J", "-t", topic))["topics"]
    expect(found[0]["topic"] == topic and found[0]["partitions"], f"the topic did not come into being: {found}")


def out_of_range():
    said = kcat("-C", "-t", f"{PREFIX}-headers", "-p", "0", "-o", "1000", "-e", "-X", "auto.offset.reset=error",
                fails=True)
    expect("out of range" in said.lower(), f"it said {said!r}")


def too_large():
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"x" * 2_000_000)
        file.flush()
        said = kcat("-P", "-t", f"{PREFIX}-sizes", "-p", "0", "-X", "message.max.bytes=5000000", file.name, fails=True)
    expect("too large" in said.lower(), f"it said {said!r}")


def unknown_topic():
    said = kcat("-C", "-t", f"{PREFIX}-nowhere", "-p", "0", "-e", "-X", "allow.auto.create.topics=false", fails=True)
    expect("Unknown topic" in said, f"it said {said!r}")


report = Report()
for acks in ("0", "1", "all"):
    for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
        report.run(f"produce-{acks}-{codec}", produce, acks, codec)
report.run("idempotent-produce", idempotent)
report.run("headers", headers)
report.run("null-key-and-value", nulls)
report.run("record-sizes", sizes)
report.run("seek-by-time", seek)
report.run("group-resume", group_resume)
report.run("transactions", transactions)
report.run("list-topics", metadata)
report.run("describe-topic", metadata)
report.run("auto-create", auto_create)
report.run("unknown-topic", unknown_topic)
report.run("out-of-range", out_of_range)
report.run("too-large", too_large)
report.exit()
