"""Just enough of the Kafka protocol, by hand, for tests that must see each byte and each acknowledgement.

Only versions without compact encodings are spoken. Everything is loopback and every wait is bounded.
"""
import socket
import struct
import time

PRODUCE, FETCH, METADATA, API_VERSIONS, CREATE_TOPICS = 0, 1, 3, 18, 19


def crc32c_table():
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return table


CRC32C = crc32c_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ CRC32C[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def string(text):
    if text is None:
        return struct.pack(">h", -1)
    raw = text.encode()
    return struct.pack(">h", len(raw)) + raw


def varint(number):
    number = (number << 1) ^ (number >> 63)
    out = bytearray()
    while number > 0x7F:
        out.append(0x80 | (number & 0x7F))
        number >>= 7
    out.append(number)
    return bytes(out)


TRANSACTIONAL = 0x10  # Of a batch's attributes.


def batch(values, codec=0, count=None, crc=None, producer=(-1, -1, -1)):
    """A record batch v2 without keys. `count` and `crc` lie when given; `producer` is id, epoch and first sequence.

    `codec` is all of the attributes.
    """
    records = b""
    for delta, value in enumerate(values):
        body = b"\0" + varint(0) + varint(delta) + varint(-1) + varint(len(value)) + value + varint(0)
        records += varint(len(body)) + body
    now = int(time.time() * 1000)
    count = len(values) if count is None else count
    checked = struct.pack(">hiqqqhii", codec, count - 1, now, now, *producer, count) + records
    sum_of = crc32c(checked) if crc is None else crc
    return struct.pack(">qiibI", 0, len(checked) + 9, 0, 2, sum_of) + checked


def request(api, version, body, correlation=1, client="process-test"):
    header = struct.pack(">hhi", api, version, correlation) + string(client)
    return struct.pack(">i", len(header) + len(body)) + header + body


class Closed(Exception):
    """The other side closed the connection."""


class Connection:
    def __init__(self, address, seconds=20):
        self.socket = socket.create_connection(address, timeout=seconds)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.correlation = 0

    def send(self, data):
        self.socket.sendall(data)

    def read_exactly(self, size):
        data = b""
        while len(data) < size:
            try:
                chunk = self.socket.recv(size - len(data))
            except ConnectionError as error:
                raise Closed(str(error)) from error
            if not chunk:
                raise Closed(f"after {len(data)} of {size} bytes")
            data += chunk
        return data

    def read_frame(self):
        (size,) = struct.unpack(">i", self.read_exactly(4))
        return self.read_exactly(size)

    def call(self, api, version, body):
        """A request and its answer, without the answer's header (of which there is only the plain form)."""
        self.correlation += 1
        self.send(request(api, version, body, self.correlation))
        frame = self.read_frame()
        (correlation,) = struct.unpack_from(">i", frame)
        if correlation != self.correlation:
            raise AssertionError(f"asked as {self.correlation}, answered as {correlation}")
        return frame[4:]

    def api_versions(self):
        """error, {api: (first, last)}"""
        answer = self.call(API_VERSIONS, 0, b"")
        return read_api_versions_v0(answer)

    def create_topic(self, name, partitions=1, configs=None):
        body = struct.pack(">i", 1) + string(name) + struct.pack(">ihi", partitions, 1, 0)
        entries = (configs or {}).items()
        body += struct.pack(">i", len(entries)) + b"".join(string(key) + string(value) for key, value in entries)
        answer = self.call(CREATE_TOPICS, 2, body + struct.pack(">ib", 10_000, 0))
        at = 4 + 4
        (length,) = struct.unpack_from(">h", answer, at)
        return struct.unpack_from(">h", answer, at + 2 + length)[0]

    def produce(self, topic, partition, records, acks=-1, transaction=None):
        """Sends bytes that stand where record batches should; gives (error, base offset)."""
        body = string(transaction) + struct.pack(">hii", acks, 10_000, 1) + string(topic)
        body += struct.pack(">iii", 1, partition, len(records)) + records
        answer = self.call(PRODUCE, 3, body)
        (length,) = struct.unpack_from(">h", answer, 4)
        _, _, error, offset = struct.unpack_from(">iihq", answer, 4 + 2 + length)
        return error, offset

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def read_api_versions_v0(answer):
    error, count = struct.unpack_from(">hi", answer)
    rows = (struct.unpack_from(">hhh", answer, 6 + 6 * i) for i in range(count))
    return error, {api: (first, last) for api, first, last in rows}
