import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Produced;

/**
 * Kafka Streams counts words: a repartition topic, a store with its changelog, a group of the classic protocol.
 * Prints a line for each feature: ok or FAIL and why. Usage: WordCount HOST:PORT PREFIX
 */
public final class WordCount extends Features {
  private static final Duration PATIENCE = Duration.ofSeconds(40);

  private final String bootstrap;
  private final String prefix;

  private WordCount(String bootstrap, String prefix) {
    this.bootstrap = bootstrap;
    this.prefix = prefix;
  }

  public static void main(String[] args) throws Exception {
    WordCount work = new WordCount(args[0], args[1]);
    Path state = Files.createTempDirectory("thalweg-streams");
    try {
      work.everything(state);
    } finally {
      try (var files = Files.walk(state)) {
        files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
      }
    }
    work.finish();
  }

  private void everything(Path state) throws Exception {
    Path first = Files.createDirectory(state.resolve("first"));
    Path second = Files.createDirectory(state.resolve("second"));
    Path exact = Files.createDirectory(state.resolve("exact"));
    feature("word-count", () -> {
      create("plain");
      counts("plain", "at_least_once", first, List.of("all streams lead to kafka", "join kafka summit"),
          Map.of("kafka", 2L, "join", 1L));
    });
    feature("word-count-goes-on", () -> counts("plain", "at_least_once", first, List.of("kafka and streams"),
        Map.of("kafka", 3L, "streams", 2L)));
    // With no state of its own left it has to read the changelog.
    feature("word-count-restores-its-store", () -> counts("plain", "at_least_once", second,
        List.of("kafka once more"), Map.of("kafka", 4L, "more", 1L)));
    feature("exactly-once", () -> {
      create("exact");
      counts("exact", "exactly_once_v2", exact, List.of("exactly once"), Map.of("once", 1L));
    });
  }

  private void create(String name) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
      admin.createTopics(List.of(new NewTopic(prefix + "-" + name + "-in", Optional.of(2), Optional.empty()),
          new NewTopic(prefix + "-" + name + "-out", Optional.of(1), Optional.empty()))).all().get();
    }
  }

  /** Starts the program, sends it lines, and waits for counts; the program is closed then. */
  private void counts(String name, String guarantee, Path state, List<String> lines, Map<String, Long> wanted)
      throws Exception {
    String in = prefix + "-" + name + "-in";
    String out = prefix + "-" + name + "-out";
    Throwable[] ended = new Throwable[1];
    KafkaStreams streams = new KafkaStreams(topology(in, out), settings(name, guarantee, state));
    try {
      streams.setUncaughtExceptionHandler(error -> {
        ended[0] = error;
        while (ended[0].getCause() != null) ended[0] = ended[0].getCause();
        return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
      });
      streams.start();
      send(in, lines);
      expect(out, wanted, ended);
    } finally {
      // Streams stays in its group by itself, and who comes next then waits for its session to end.
      streams.close(CloseOptions.timeout(PATIENCE).withGroupMembershipOperation(GroupMembershipOperation.LEAVE_GROUP));
    }
  }

  private org.apache.kafka.streams.Topology topology(String in, String out) {
    StreamsBuilder builder = new StreamsBuilder();
    KStream<String, String> text = builder.stream(in);
    text.flatMapValues(line -> Arrays.asList(line.split(" ")))
        .groupBy((key, word) -> word)
        .count()
        .toStream()
        .to(out, Produced.with(Serdes.String(), Serdes.Long()));
    return builder.build();
  }

  private Properties settings(String name, String guarantee, Path state) {
    Properties all = new Properties();
    all.put("bootstrap.servers", bootstrap);
    all.put("application.id", prefix + "-" + name);
    all.put("processing.guarantee", guarantee);
    all.put("state.dir", state.toString());
    all.put("default.key.serde", Serdes.StringSerde.class.getName());
    all.put("default.value.serde", Serdes.StringSerde.class.getName());
    all.put("commit.interval.ms", 100);
    all.put("statestore.cache.max.bytes", 0);
    all.put("max.block.ms", 5000);
    return all;
  }

  private void send(String topic, List<String> lines) throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap);
    try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      for (String line : lines) producer.send(new ProducerRecord<>(topic, line)).get();
    }
  }

  /** Reads the whole of what was counted until the last count of each word is the wanted one. */
  private void expect(String topic, Map<String, Long> wanted, Throwable[] ended) throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_committed");
    Map<String, Long> counted = new HashMap<>();
    try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new LongDeserializer())) {
      TopicPartition partition = new TopicPartition(topic, 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (System.nanoTime() < deadline) {
        consumer.poll(Duration.ofMillis(100)).forEach(record -> counted.put(record.key(), record.value()));
        if (counted.entrySet().containsAll(wanted.entrySet())) return;
        if (ended[0] != null) throw new IllegalStateException("the program ended: " + ended[0]);
      }
    }
    throw new IllegalStateException("counted " + counted + " instead of " + wanted);
  }
}
