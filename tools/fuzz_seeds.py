#!/usr/bin/env python3
"""Gives the fuzzers a start: makes inputs of Kafka's golden messages and batches and of a few texts, in build/fuzz.

`./do fuzz --keep` then takes the best of them into tests/fuzz. Needed when a target is new, or has a new layout.
"""
import gzip
import pathlib
import re
import struct
import sys
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOUND = ROOT / "build/fuzz"


def golden():
    """(name, version, bytes) of each golden message; tests/formats/golden.h has the layout."""
    data = gzip.decompress((ROOT / "tests/formats/wire/golden.bin.gz").read_bytes())
    at = 0

    def take(size):
        nonlocal at
        at += size
        return data[at - size:at]

    while at < len(data):
        name = take(take(1)[0]).decode()
        version = struct.unpack(">h", take(2))[0]
        sent, _, _ = (take(struct.unpack(">I", take(4))[0]) for _ in range(3))
        yield name, version, sent


def batches():
    """(name, bytes) of each of Kafka's batches."""
    name = ""
    for line in (ROOT / "tests/formats/batches/kafka-clients-4.2.1.txt").read_text().splitlines():
        word, _, rest = line.partition(" ")
        if word == "batch":
            name = rest
        elif word == "bytes":
            yield name, bytes.fromhex(rest)


def messages():
    firsts = {}
    for name, version, sent in golden():
        first = firsts.setdefault(name, version)
        if name == "RequestHeader" or name.startswith("ResponseHeader"):
            yield b"\0\0\xff" + sent
        else:
            yield struct.pack(">HB", zlib.crc32(name.encode()) & 0xffff, version - first) + sent


def record_batches():
    return (bytes([name.startswith("legacy-")]) + data for name, data in batches())


def compression():
    codecs = ["none", "gzip", "snappy", "lz4", "zstd"]
    for name, data in batches():
        codec = codecs.index(name.rsplit("-", 1)[1]) if name.rsplit("-", 1)[1] in codecs else 0
        if not name.startswith("legacy-"):
            yield bytes([codec]) + data[61:]


def logs():
    """A few batches one behind the other, each at its offset."""
    plain = [data for name, data in batches() if name.startswith(("plain", "idempotent", "transactional", "control"))]
    for flags in (0, 4, 8, 0x10, 3, 0x13):
        log, offset = b"", 0
        for data in plain[:3]:
            log += struct.pack(">q", offset) + data[8:]
            offset += struct.unpack(">i", data[23:27])[0] + 1
        index = struct.pack(">II", 5, len(plain[0])) if flags & 1 else b""
        times = struct.pack(">qI", 1_700_000_070_000, 5) if flags & 2 else b""
        epochs = b"0\n1\n0 0\n".ljust(20, b"\n") if flags & 4 else b""
        yield bytes([flags, len(index), len(times), 0]) + index + times + epochs + log
    for name, data in batches():
        yield bytes(4) + data


def metadata():
    keys = {}
    for file in (ROOT / "schema/state").glob("cluster.wire"):
        for line in file.read_text().splitlines():
            if line.startswith("record "):
                keys[line.split()[1]] = int(line.split()[3])
    for name, version, sent in golden():
        if name in keys:
            record = bytes([1, keys[name], version]) + sent
            if len(record) < 128:
                yield bytes([len(record)]) + record


def state():
    messages_of = {}
    for name, version, sent in golden():
        messages_of.setdefault(name, []).append((version, sent))
    for kind, name in ((1, "OffsetCommit"), (2, "GroupMetadata")):
        key = struct.pack(">h", kind) + messages_of[name + "Key"][0][1]
        for version, body in messages_of[name + "Value"]:
            yield bytes([1, len(key)]) + key + struct.pack(">h", version) + body
    for _, data in batches():
        yield b"\x02" + data
        yield b"\x03" + data + data
    yield b"\x00" + struct.pack(">hIIqhiqiqiq", 1, 0, 1, 1, 0, 5, 9, 2, 1000, 0, -1)
    for text in ("0\n1\norders 0 42\n", "0\n2\n0 0\n3 17\n", "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ\n",
                 "version=1\ncluster.id=abc\nnode.id=1\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAQ\n"):
        yield b"\x04" + text.encode()
    yield b"\x05" + struct.pack(">IIII", 5, 100, 9, 300)
    yield b"\x05" + struct.pack(">qIqI", 1000, 5, 2000, 9)
    for name in ("00000000000000000042.log", "00000000000000000042.index", "orders-0", "a.b-c-12",
                 "00000000000000000042-0000000001.checkpoint", "orders-0.abcdef-delete", "1.snapshot", "3.txnindex"):
        yield b"\x06" + name.encode()


def apis():
    """name -> (key, the first flexible version) of the APIs that the broker serves."""
    served = set(re.findall(r"^\s*SERVED\((\w+),", (ROOT / "src/broker/apis.cc").read_text(), re.M))
    found = {}
    for file in (ROOT / "schema/kafka").glob("*.wire"):
        line = re.search(r"^api (\w+) = (\d+) +versions \S+ +flexible (\w+)", file.read_text(), re.M)
        if line and line[1] in served:
            found[line[1]] = int(line[2]), 1 << 15 if line[3] == "never" else int(line[3])
    return found


def frame(connection, key, version, flexible, body):
    """A step of broker_fuzz.cc: a request as one frame."""
    request = struct.pack(">hhihs", key, version, 7, 1, b"c") + (b"\0" if flexible else b"") + body
    return struct.pack(">BH", connection, len(request)) + request


def text(value):
    return struct.pack(">h", len(value)) + value


def broker():
    wait = bytes([2 * 4, 5])
    orders = struct.pack(">i", 1) + text(b"orders") + struct.pack(">ii", 1, 0)
    for _, data in batches():
        produce = struct.pack(">hhi", -1, -1, 1000) + orders + struct.pack(">i", len(data)) + data
        fetch = struct.pack(">iiiib", -1, 100, 1, 1 << 20, 0) + orders + struct.pack(">qi", 0, 1 << 20)
        yield frame(0, 0, 3, False, produce) + frame(1, 1, 4, False, fetch) + wait
    group = text(b"g") + struct.pack(">ii", 10_000, 10_000)
    join = group + text(b"") + text(b"consumer") + struct.pack(">i", 1) + text(b"range") + struct.pack(">i", 0)
    yield frame(0, 10, 0, False, text(b"g")) + wait + frame(0, 11, 2, False, join) + frame(1, 11, 2, False, join) + wait
    known = apis()
    for name, version, sent in golden():
        api = known.get(name.removesuffix("Request")) if name.endswith("Request") else None
        if api and len(sent) < 60_000:
            yield frame(0, api[0], version, version >= api[1], sent) + wait
    yield bytes([1 * 4, 8]) + b"\x7f\xff\xff\xff\0\0\0\0" + wait
    yield bytes([1 * 4, 6]) + b"\0\0\0\x20\0\x12" + bytes([2 * 4, 255, 3 * 4])


def config():
    yield b"\0[broker]\nnode_id = 1\n"
    yield b"\0node.id=1\nlog.retention.ms=1000\nlisteners=PLAINTEXT://127.0.0.1:9092\n# why\ncompression.type=zstd\n"
    for text in (b"1h30m", b"10 MiB", b"true", b"-1", b"2147483648", b"delete,compact", b"producer", b"0.5"):
        yield from (bytes([option]) + text for option in range(0, 256, 5))
    for file in ROOT.glob("examples/**/*.toml"):
        yield b"\0" + file.read_bytes()


def http():
    yield b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
    yield b"POST /x HTTP/1.1\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc"
    yield b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    yield b"HTTP/1.0 404 Not Found\r\n\r\ngone"


def command_line():
    yield b"\x00:\x00NULL\x00key:value"
    for text in (b"earliest", b"-10", b"@1732363200000", b"2026-11-23T12:00:00.5+01:00", b"-1h", b"PT1H30M", b"1.5MiB",
                 b"1h30m"):
        yield b"\x01" + text
    yield b"\x02%t-%p@%o %T %I %k=%v %h %S%%\\n\\x41\x00key\x00value \xff\xc3\xa9"
    yield b"\x03a\\n\\x41\\\\ \xc3\xa9 \xf0\x9f\x98\x80 \xed\xa0\x80"
    for record in metadata():
        yield b"\x04" + record[1:]


MAKERS = {"message": messages, "record_batch": record_batches, "compression": compression, "log": logs,
          "metadata": metadata, "state": state, "config": config, "http": http, "command_line": command_line, "broker": broker}


def main():
    if len(sys.argv) > 1:
        sys.exit(__doc__)
    for target, make in MAKERS.items():
        folder = FOUND / target
        folder.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(make()):
            (folder / f"seed-{number}").write_bytes(seed)
        print(f"{target}: {number + 1} seeds")


if __name__ == "__main__":
    main()
