import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Writes transactions, or reads what is committed, and writes each act down before and after it
 * (tests/process/transfers/told.h says how), until standard input ends. tests/process/chaos.py kills and stops it.
 *
 * <p>Usage: TransferWorker write HOST:PORT HISTORY PARTITIONS SEED NAME GROUP TIMEOUT_MS
 *         | TransferWorker read HOST:PORT HISTORY PARTITIONS SEED
 *         | TransferWorker content HOST:PORT HISTORY PARTITIONS GROUP...
 */
public final class TransferWorker {
  private static final String TOPIC = "transfers";
  private static final TopicPartition PLACE = new TopicPartition(TOPIC, 0);  // Of the groups' offsets.
  private static volatile boolean stopping = false;

  /** One write a line: what has been noted outlives this process, wherever it is killed. */
  private static final class History {
    private final FileOutputStream file;

    History(String path) throws IOException {
      file = new FileOutputStream(path, true);
    }

    void note(Object... words) {
      StringBuilder line = new StringBuilder().append(System.nanoTime());
      for (Object word : words) line.append(' ').append(word);
      try {
        file.write(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
      } catch (IOException error) {
        throw new UncheckedIOException(error);
      }
    }
  }

  private static final class Writer {
    private static final int COMMITS_TRIED = 3;
    private final Map<String, Object> settings;
    private final int partitions;
    private final String name;
    private final String group;  // And the transactional id.
    private final History history;
    private final Random dice;
    private final KafkaConsumer<byte[], byte[]> member;
    private KafkaProducer<byte[], byte[]> producer;
    private int number = -1;
    private int values = 0;
    private long committed = 0;  // Up to here the group has read,
    private long position = 0;  // and to here with the transaction that is open.

    Writer(String[] args, History history) {
      partitions = Integer.parseInt(args[3]);
      dice = new Random(Long.parseLong(args[4]));
      name = args[5];
      group = args[6];
      member = member(args[1], group);
      settings = Map.ofEntries(Map.entry("bootstrap.servers", args[1]), Map.entry("transactional.id", group),
          Map.entry("transaction.timeout.ms", Integer.parseInt(args[7])), Map.entry("max.block.ms", 6000),
          Map.entry("request.timeout.ms", 3000), Map.entry("delivery.timeout.ms", 5000),
          Map.entry("linger.ms", 2), Map.entry("retry.backoff.ms", 50), Map.entry("reconnect.backoff.max.ms", 300));
      this.history = history;
    }

    /**
     * A producer that is lost, to a rival or a mishap, is let go. Another takes the id, which shuts out whoever had it,
     * and only then asks how far the group has come.
     */
    void work() {
      while (!stopping) {
        producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
        try {
          producer.initTransactions();
          committed = readUpTo(member);
          history.note("init", name, committed);
          while (!stopping && transact()) pause(10);
        } catch (KafkaException | IllegalStateException error) {
          history.note("lost", name, Math.max(number, 0), error.getClass().getSimpleName());
        } finally {
          producer.close(Duration.ZERO);
        }
        pause(1000);
      }
    }

    /** False if the producer is to be let go, its transaction open. */
    private boolean transact() {
      ++number;
      position = committed;
      history.note("begin", name, number);
      try {
        producer.beginTransaction();
        write();
        if (dice.nextInt(12) == 0) return false;
        if (dice.nextInt(4) != 0) {
          commit();
          return true;
        }
      } catch (KafkaException error) {
        history.note("failed", name, number, error.getClass().getSimpleName());
      }
      history.note("abort", name, number);
      producer.abortTransaction();
      history.note("aborted", name, number);
      return true;
    }

    private void write() {
      int batches = 1 + dice.nextInt(3);
      for (int batch = 0; batch < batches; ++batch) {
        int partition = dice.nextInt(partitions);
        int records = 1 + dice.nextInt(3);
        for (int record = 0; record < records; ++record) {
          String value = name + "/" + number + "/" + values++;
          history.note("write", name, number, group, position++, partition, value);
          byte[] padding = new byte[dice.nextInt(1000)];
          producer.send(new ProducerRecord<>(TOPIC, partition, padding, value.getBytes(StandardCharsets.UTF_8)));
        }
        if (dice.nextBoolean()) producer.flush();
        if (dice.nextInt(20) == 0) pause(800);
      }
      producer.sendOffsetsToTransaction(Map.of(PLACE, new OffsetAndMetadata(position)), member.groupMetadata());
    }

    private void commit() {
      history.note("commit", name, number);
      for (int tried = 1;; ++tried) {
        try {
          producer.commitTransaction();
          break;
        } catch (TimeoutException late) {
          // It may be asked again, and nothing else, before a new producer is made.
          if (tried == COMMITS_TRIED) throw new IllegalStateException(late);
        }
      }
      history.note("committed", name, number);
      committed = position;
    }

    private void pause(int most) {
      try {
        Thread.sleep(dice.nextInt(most));
      } catch (InterruptedException error) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** A consumer that reads nothing, and tells of its group. */
  private static KafkaConsumer<byte[], byte[]> member(String bootstrap, String group) {
    return new KafkaConsumer<>(Map.of("bootstrap.servers", bootstrap, "group.id", group, "isolation.level",
        "read_committed", "default.api.timeout.ms", 6000, "request.timeout.ms", 3000, "reconnect.backoff.max.ms", 300),
        new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /**
   * How far the group has read, when no transaction is under way that might say otherwise: a consumer waits for that.
   * Admin.listConsumerGroupOffsets would leave the partition out, as if nobody had ever said.
   */
  private static long readUpTo(KafkaConsumer<byte[], byte[]> member) {
    OffsetAndMetadata said = member.committed(Set.of(PLACE)).get(PLACE);
    return said == null ? 0 : said.offset();
  }

  private static KafkaConsumer<byte[], byte[]> consumer(String bootstrap, List<TopicPartition> partitions) {
    var consumer = new KafkaConsumer<>(Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed",
        "auto.offset.reset", "none", "fetch.max.wait.ms", 200, "reconnect.backoff.max.ms", 300,
        "request.timeout.ms", 3000), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    consumer.assign(partitions);
    for (TopicPartition partition : partitions) consumer.seek(partition, 0);
    return consumer;
  }

  private static void note(History history, String what, ConsumerRecord<byte[], byte[]> record) {
    history.note(what, record.partition(), record.offset(), new String(record.value(), StandardCharsets.UTF_8));
  }

  /** Reads on, and now and then again what it has read. */
  private static void read(String bootstrap, List<TopicPartition> partitions, Random dice, History history) {
    try (var consumer = consumer(bootstrap, partitions)) {
      while (!stopping) {
        List<Long> from = partitions.stream().map(consumer::position).toList();
        for (var record : consumer.poll(Duration.ofMillis(200))) note(history, "read", record);
        for (int i = 0; i < partitions.size(); ++i) {
          long next = consumer.position(partitions.get(i));
          if (next != from.get(i)) history.note("polled", i, from.get(i), next);
        }
        if (dice.nextInt(50) != 0) continue;
        TopicPartition partition = partitions.get(dice.nextInt(partitions.size()));
        long position = consumer.position(partition);
        long back = dice.nextInt(10) == 0 ? position : Math.min(position, dice.nextInt(1000));
        consumer.seek(partition, position - back);
      }
    }
  }

  /** Everything that is committed, after the run, and how far each group has read. */
  private static void readAll(String bootstrap, List<TopicPartition> partitions, List<String> groups,
      History history) {
    try (var consumer = consumer(bootstrap, partitions)) {
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
        for (var record : consumer.poll(Duration.ofMillis(200))) note(history, "content", record);
      }
    }
    for (String group : groups) {
      try (var member = member(bootstrap, group)) {
        history.note("group", group, readUpTo(member));
      }
    }
    history.note("complete");
  }

  private static void waitForEnd() {
    try {
      while (System.in.read() >= 0) {}
    } catch (IOException error) {
      // Nobody holds the other end either.
    }
    stopping = true;
  }

  public static void main(String[] args) throws Exception {
    Thread listener = new Thread(TransferWorker::waitForEnd);
    listener.setDaemon(true);
    listener.start();
    History history = new History(args[2]);
    List<TopicPartition> partitions = new ArrayList<>();
    for (int i = 0; i < Integer.parseInt(args[3]); ++i) partitions.add(new TopicPartition(TOPIC, i));
    switch (args[0]) {
      case "write" -> new Writer(args, history).work();
      case "read" -> read(args[1], partitions, new Random(Long.parseLong(args[4])), history);
      default -> readAll(args[1], partitions, List.of(args).subList(4, args.length), history);
    }
  }
}
