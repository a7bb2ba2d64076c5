import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.ControlRecordType;
import org.apache.kafka.common.record.EndTransactionMarker;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.MemoryRecordsBuilder;
import org.apache.kafka.common.record.Record;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.common.record.SimpleRecord;
import org.apache.kafka.common.record.TimestampType;

/** Writes record batches with Apache Kafka's code, and checks ours with it. `./do oracle batches`. */
public final class Batches {
    private static final int MOST_LISTED = 20;
    private static final long TIME = 1_700_000_000_000L;
    private static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");

    public static void main(String[] args) throws IOException {
        if (args.length == 2 && args[0].equals("write")) write(Path.of(args[1]), 0, 0);
        else if (args.length == 4 && args[0].equals("write"))
            write(Path.of(args[1]), Integer.parseInt(args[2]), Long.parseLong(args[3]));
        else if (args.length == 2 && args[0].equals("check")) check(Path.of(args[1]));
        else throw new IllegalArgumentException("write FILE, write FILE RANDOM-BATCHES SEED, or check FILE");
    }

    // Writing.

    private record Kind(String name, int baseOffset, int epoch, TimestampType time, long producerId,
                        short producerEpoch, int sequence, boolean transactional) {}

    private static void write(Path path, int chance, long seed) throws IOException {
        StringBuilder out = new StringBuilder("# Made by tools/oracle/batches with kafka-clients 4.2.1.\n");
        List<Kind> kinds = List.of(
            new Kind("plain", 0, -1, TimestampType.CREATE_TIME, -1L, (short) -1, -1, false),
            new Kind("stored", 1234, 7, TimestampType.CREATE_TIME, -1L, (short) -1, -1, false),
            new Kind("append-time", 99, 3, TimestampType.LOG_APPEND_TIME, -1L, (short) -1, -1, false),
            new Kind("idempotent", 0, -1, TimestampType.CREATE_TIME, 4711L, (short) 5, Integer.MAX_VALUE - 1, false),
            new Kind("transactional", 10, 2, TimestampType.CREATE_TIME, 4712L, (short) 0, 42, true));
        for (String codec : CODECS) {
            for (Kind kind : kinds) describe(out, kind.name + "-" + codec, build(kind, codec, few()));
            if (!codec.equals("none")) describe(out, "long-" + codec, build(kinds.get(0), codec, many()));
        }
        Random random = new Random(seed);
        for (int i = 0; i < chance; ++i) describe(out, "random-" + i, any(random, i));
        for (ControlRecordType type : List.of(ControlRecordType.ABORT, ControlRecordType.COMMIT)) {
            MemoryRecords marker = MemoryRecords.withEndTransactionMarker(55, TIME, 9, 4712L, (short) 1,
                new EndTransactionMarker(type, 12));
            describe(out, "control-" + type.name().toLowerCase(), marker.buffer());
        }
        for (byte magic : new byte[] {RecordBatch.MAGIC_VALUE_V0, RecordBatch.MAGIC_VALUE_V1}) {
            for (String codec : CODECS) {
                // Version 0 wrote lz4 frames with a wrong checksum, and nothing old has zstd.
                if (codec.equals("zstd") || (magic == 0 && codec.equals("lz4"))) continue;
                describeOld(out, "legacy-" + magic + "-" + codec, buildOld(magic, codec, TimestampType.CREATE_TIME));
                if (magic == 0) continue;
                describeOld(out, "legacy-append-time-" + codec, buildOld(magic, codec, TimestampType.LOG_APPEND_TIME));
            }
        }
        Files.writeString(path, out);
    }

    /** A batch of anything, in each codec in turn and at any of its levels. */
    private static ByteBuffer any(Random random, int turn) {
        boolean producer = random.nextBoolean();
        MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(1024), RecordBatch.MAGIC_VALUE_V2,
            compression(random, CODECS.get(turn % CODECS.size())), TimestampType.CREATE_TIME, 0, TIME,
            producer ? random.nextLong() >>> 1 : -1L, producer ? (short) random.nextInt(1 << 15) : -1,
            producer ? random.nextInt() & Integer.MAX_VALUE : -1, producer && random.nextBoolean(), -1);
        for (int n = 1 + random.nextInt(random.nextInt(8) == 0 ? 500 : 12); n > 0; --n) {
            Header[] headers = new Header[random.nextInt(3) == 0 ? random.nextInt(5) : 0];
            for (int i = 0; i < headers.length; ++i)
                headers[i] = new RecordHeader("h\u00e4" + random.nextInt(100), anyBytes(random, 40));
            builder.append(new SimpleRecord(TIME + (random.nextLong() >> (24 + random.nextInt(40))),
                anyBytes(random, 30), anyBytes(random, random.nextInt(200) == 0 ? 200_000 : 200), headers));
        }
        return builder.build().buffer();
    }

    private static Compression compression(Random random, String codec) {
        switch (codec) {
            case "gzip": return Compression.gzip().level(1 + random.nextInt(9)).build();
            case "lz4": return Compression.lz4().level(1 + random.nextInt(17)).build();
            case "zstd": return Compression.zstd().level(random.nextInt(30) - 7).build();
            default: return Compression.of(codec).build();
        }
    }

    /** Null, empty, noise, or what compresses. */
    private static byte[] anyBytes(Random random, int most) {
        int kind = random.nextInt(5);
        byte[] bytes = kind == 0 ? null : new byte[kind == 1 ? 0 : random.nextInt(most)];
        if (kind == 2) random.nextBytes(bytes);
        if (kind > 2) Arrays.fill(bytes, (byte) random.nextInt());
        return bytes;
    }

    private static ByteBuffer build(Kind kind, String codec, List<SimpleRecord> records) {
        MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(1024), RecordBatch.MAGIC_VALUE_V2,
            Compression.of(codec).build(), kind.time, kind.baseOffset, TIME + 500, kind.producerId,
            kind.producerEpoch, kind.sequence, kind.transactional, kind.epoch);
        for (SimpleRecord record : records) builder.append(record);
        return builder.build().buffer();
    }

    private static ByteBuffer buildOld(byte magic, String codec, TimestampType time) {
        MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(1024), magic,
            Compression.of(codec).build(), time, 500, TIME + 500, -1L, (short) -1, -1, false, -1);
        for (SimpleRecord record : few())
            builder.append(new SimpleRecord(magic == 0 ? -1 : record.timestamp(), record.key(), record.value()));
        return builder.build().buffer();
    }

    private static List<SimpleRecord> few() {
        Header[] some = {new RecordHeader("trace", bytes("abc")), new RecordHeader("empty", new byte[0]),
            new RecordHeader("null", null), new RecordHeader("größe", bytes("é"))};
        return List.of(
            new SimpleRecord(TIME, bytes("k1"), bytes("v1")),
            new SimpleRecord(TIME + 3, null, bytes("no key")),
            new SimpleRecord(TIME - 1000, bytes("no value"), null),
            new SimpleRecord(TIME + 70000, (byte[]) null, null),
            new SimpleRecord(TIME + 2, new byte[0], new byte[0], some),
            new SimpleRecord(TIME + 1, bytes("repeated"), bytes("a".repeat(100)), some));
    }

    // More than a block of snappy and of lz4; half of it compresses well.
    private static List<SimpleRecord> many() {
        Random random = new Random(1);
        List<SimpleRecord> records = new ArrayList<>();
        for (int i = 0; i < 100; ++i) {
            byte[] value = new byte[1024];
            Arrays.fill(value, (byte) i);
            if (i % 50 == 0) random.nextBytes(value);
            records.add(new SimpleRecord(TIME + i, bytes("key " + i % 10), value));
        }
        return records;
    }

    // Describing and checking.

    private static void describe(StringBuilder out, String name, ByteBuffer buffer) {
        ByteBuffer copy = buffer.duplicate();
        RecordBatch batch = MemoryRecords.readableRecords(copy).batches().iterator().next();
        batch.ensureValid();
        out.append("batch ").append(name).append('\n').append(header(batch)).append('\n');
        for (String line : records(batch)) out.append(line).append('\n');
        byte[] all = new byte[buffer.remaining()];
        buffer.duplicate().get(all);
        out.append("bytes ").append(HexFormat.of().formatHex(all)).append('\n');
    }

    private static void describeOld(StringBuilder out, String name, ByteBuffer buffer) {
        out.append("batch ").append(name).append('\n');
        for (Record record : MemoryRecords.readableRecords(buffer.duplicate()).records())
            out.append(line(record)).append('\n');
        byte[] all = new byte[buffer.remaining()];
        buffer.duplicate().get(all);
        out.append("bytes ").append(HexFormat.of().formatHex(all)).append('\n');
    }

    private static String header(RecordBatch batch) {
        return String.format("header base_offset=%d last_offset=%d leader_epoch=%d codec=%s time=%s max_time=%d "
                + "producer=%d:%d sequence=%d..%d transactional=%d control=%d count=%d",
            batch.baseOffset(), batch.lastOffset(), batch.partitionLeaderEpoch(), batch.compressionType().name,
            batch.timestampType() == TimestampType.CREATE_TIME ? "create" : "append", batch.maxTimestamp(),
            batch.producerId(), batch.producerEpoch(), batch.baseSequence(), batch.lastSequence(),
            batch.isTransactional() ? 1 : 0, batch.isControlBatch() ? 1 : 0, batch.countOrNull());
    }

    private static List<String> records(RecordBatch batch) {
        List<String> lines = new ArrayList<>();
        for (Record record : batch) lines.add(line(record));
        if (lines.size() <= MOST_LISTED) return lines;
        CRC32C sum = new CRC32C();
        for (String line : lines) sum.update(bytes(line + "\n"));
        return List.of(String.format("records %d %08x", lines.size(), sum.getValue()));
    }

    private static String line(Record record) {
        StringBuilder out = new StringBuilder("record " + record.offset() + " " + record.timestamp());
        out.append(' ').append(hex(record.hasKey() ? array(record.key()) : null));
        out.append(' ').append(hex(record.hasValue() ? array(record.value()) : null));
        for (Header header : record.headers())
            out.append(' ').append(hex(bytes(header.key()))).append('=').append(hex(header.value()));
        return out.toString();
    }

    private static void check(Path path) throws IOException {
        List<String> said = new ArrayList<>();
        int batches = 0;
        for (String line : Files.readAllLines(path)) {
            if (line.startsWith("#")) continue;
            if (!line.startsWith("bytes ")) {
                said.add(line);
                continue;
            }
            ByteBuffer buffer = ByteBuffer.wrap(HexFormat.of().parseHex(line.substring(6)));
            StringBuilder found = new StringBuilder();
            String name = said.get(0).substring(6);
            if (name.startsWith("legacy-")) describeOld(found, name, buffer);
            else describe(found, name, buffer);
            List<String> lines = new ArrayList<>(found.toString().lines().toList());
            lines.remove(lines.size() - 1);
            if (!lines.equals(said)) {
                throw new IllegalStateException(name + ": we say\n" + String.join("\n", said)
                    + "\nKafka finds\n" + String.join("\n", lines));
            }
            said.clear();
            ++batches;
        }
        if (batches == 0) throw new IllegalStateException("no batches in " + path);
        System.out.println(batches + " batches are read by Kafka as we mean them");
    }

    private static byte[] array(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private static String hex(byte[] bytes) {
        return bytes == null ? "-" : "x" + HexFormat.of().formatHex(bytes);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
