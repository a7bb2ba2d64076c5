import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Transactions by Java's producer. Prints a line for each feature: ok or FAIL and why. */
public final class TransactionWork extends Features {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int PARTITIONS = 3;

  private final String bootstrap;
  private final String prefix;
  private final Admin admin;

  private TransactionWork(String bootstrap, String prefix) {
    this.bootstrap = bootstrap;
    this.prefix = prefix;
    this.admin = Admin.create(settings(Map.of()));
  }

  public static void main(String[] args) {
    TransactionWork work = new TransactionWork(args[0], args[1]);
    work.feature("commit-and-abort", work::commitAndAbort);
    work.feature("open-transaction-holds-readers-back", work::openHoldsBack);
    work.feature("offsets-in-a-transaction", work::offsets);
    work.feature("zombie-producer-is-fenced", work::zombieProducer);
    work.feature("zombie-member-is-refused", work::zombieMember);
    work.feature("stranger-is-no-member", work::stranger);
    work.feature("time-limit-above-the-greatest-is-refused", work::tooLong);
    work.feature("goes-on-after-a-crash", work::crash);
    work.feature("timeout-aborts", work::timeout);
    work.feature("list-and-describe", work::describe);
    work.feature("fence-producers", work::fence);
    work.admin.close();
    work.finish();
  }

  private static void expect(boolean holds, String why) {
    if (!holds) throw new IllegalStateException(why);
  }

  private Properties settings(Map<String, ?> more) {
    Properties all = new Properties();
    all.put("bootstrap.servers", bootstrap);
    all.putAll(more);
    return all;
  }

  private String topic(String name) throws Exception {
    String topic = prefix + "-" + name;
    admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) -1))).all().get();
    return topic;
  }

  private KafkaProducer<String, String> producer(String name, int timeoutMs) {
    KafkaProducer<String, String> producer = new KafkaProducer<>(
        settings(Map.of("transactional.id", prefix + "-" + name, "transaction.timeout.ms", timeoutMs, "max.block.ms",
            (int) PATIENCE.toMillis())), new StringSerializer(), new StringSerializer());
    producer.initTransactions();
    return producer;
  }

  private KafkaProducer<String, String> producer(String name) {
    return producer(name, 60_000);
  }

  private KafkaConsumer<String, String> consumer(Map<String, ?> more) {
    Properties all = settings(Map.of("auto.offset.reset", "earliest", "enable.auto.commit", "false",
        "fetch.max.wait.ms", "50", "isolation.level", "read_committed"));
    all.putAll(more);
    return new KafkaConsumer<>(all, new StringDeserializer(), new StringDeserializer());
  }

  private static List<TopicPartition> partitionsOf(String topic) {
    return IntStream.range(0, PARTITIONS).mapToObj(p -> new TopicPartition(topic, p)).toList();
  }

  private static void send(KafkaProducer<String, String> producer, String topic, String what, int count) {
    for (int i = 0; i < count; i++) producer.send(new ProducerRecord<>(topic, i % PARTITIONS, null, what + i));
    producer.flush();
  }

  /** What a reader of that isolation sees of a topic, when it has come to the end of what it may see. */
  private List<String> read(String topic, IsolationLevel isolation) throws Exception {
    List<TopicPartition> partitions = partitionsOf(topic);
    List<String> values = new ArrayList<>();
    try (var consumer = consumer(Map.of("isolation.level", isolation.toString().toLowerCase()))) {
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        expect(System.nanoTime() < deadline, "the end at " + ends + " was not reached");
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(50))) values.add(record.value());
      }
    }
    return values;
  }

  private void expectCommitted(String topic, Set<String> wanted) throws Exception {
    List<String> read = read(topic, IsolationLevel.READ_COMMITTED);
    expect(read.size() == wanted.size() && Set.copyOf(read).equals(wanted), "read " + read + " instead of " + wanted);
  }

  private static Set<String> named(String what, int count) {
    return Set.copyOf(IntStream.range(0, count).mapToObj(i -> what + i).toList());
  }

  private void commitAndAbort() throws Exception {
    String topic = topic("commit-and-abort");
    try (var producer = producer("commit-and-abort")) {
      for (String what : List.of("lost", "kept", "gone")) {
        producer.beginTransaction();
        send(producer, topic, what, 30);
        if (what.equals("kept")) producer.commitTransaction();
        else producer.abortTransaction();
      }
    }
    expectCommitted(topic, named("kept", 30));
    expect(read(topic, IsolationLevel.READ_UNCOMMITTED).size() == 90, "who reads all does not see all");
  }

  private long end(String topic, IsolationLevel isolation) throws Exception {
    TopicPartition first = new TopicPartition(topic, 0);
    return admin.listOffsets(Map.of(first, OffsetSpec.latest()), new ListOffsetsOptions(isolation)).all().get()
        .get(first).offset();
  }

  private void openHoldsBack() throws Exception {
    String topic = topic("open");
    try (var open = producer("open"); var other = producer("other")) {
      open.beginTransaction();
      send(open, topic, "open", PARTITIONS);
      other.beginTransaction();
      send(other, topic, "other", PARTITIONS);
      other.commitTransaction();
      expectCommitted(topic, Set.of());
      expect(end(topic, IsolationLevel.READ_COMMITTED) == 0, "the last stable offset is not before what is open");
      expect(end(topic, IsolationLevel.READ_UNCOMMITTED) == 3, "the log end is elsewhere");
      open.abortTransaction();
    }
    expectCommitted(topic, named("other", PARTITIONS));
  }

  private Long committed(String group, TopicPartition partition) throws Exception {
    var found = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
    return found.get(partition) == null ? null : found.get(partition).offset();
  }

  private void offsets() throws Exception {
    String group = prefix + "-offsets-group";
    TopicPartition partition = new TopicPartition(topic("offsets"), 1);
    try (var producer = producer("offsets")) {
      for (boolean commit : new boolean[] {false, true}) {
        producer.beginTransaction();
        producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(commit ? 7 : 5)),
            new ConsumerGroupMetadata(group));
        expect(committed(group, partition) == null, "an offset was committed before its transaction");
        if (commit) producer.commitTransaction();
        else producer.abortTransaction();
      }
    }
    expect(Long.valueOf(7).equals(committed(group, partition)), "committed is " + committed(group, partition));
  }

  private void zombieProducer() throws Exception {
    String topic = topic("zombie");
    var zombie = producer("zombie");
    zombie.beginTransaction();
    send(zombie, topic, "zombie", 9);
    try (var successor = producer("zombie")) {
      successor.beginTransaction();
      send(successor, topic, "successor", 9);
      expectFenced(zombie);
      successor.commitTransaction();
    }
    zombie.close(Duration.ZERO);
    expectCommitted(topic, named("successor", 9));
  }

  private static void expectFenced(KafkaProducer<String, String> producer) {
    try {
      producer.commitTransaction();
    } catch (ProducerFencedException | InvalidProducerEpochException fenced) {
      return;
    } catch (KafkaException error) {
      expect(error.getCause() instanceof ProducerFencedException
          || error.getCause() instanceof InvalidProducerEpochException, "it gave " + error);
      return;
    }
    expect(false, "a fenced producer committed");
  }

  private void zombieMember() throws Exception {
    String topic = topic("member");
    TopicPartition partition = new TopicPartition(topic, 0);
    String group = prefix + "-member-group";
    try (var member = consumer(Map.of("group.id", group)); var producer = producer("member")) {
      member.subscribe(List.of(topic));
      for (int tries = 0; member.assignment().size() < PARTITIONS; tries++) {
        expect(tries < 300, "the member gets nothing");
        member.poll(Duration.ofMillis(100));
      }
      ConsumerGroupMetadata then = member.groupMetadata();
      ConsumerGroupMetadata before = new ConsumerGroupMetadata(
          group, then.generationId() - 1, then.memberId(), then.groupInstanceId());
      producer.beginTransaction();
      try {
        producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(5)), before);
        expect(false, "offsets of a generation before were taken");
      } catch (CommitFailedException refused) {
        producer.abortTransaction();
      }
      producer.beginTransaction();
      producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(6)), then);
      producer.commitTransaction();
    }
    expect(Long.valueOf(6).equals(committed(group, partition)), "committed is " + committed(group, partition));
  }

  private void stranger() throws Exception {
    TopicPartition partition = new TopicPartition(topic("stranger"), 0);
    String group = prefix + "-stranger-group";
    try (var member = consumer(Map.of("group.id", group)); var producer = producer("stranger")) {
      member.subscribe(List.of(partition.topic()));
      for (int tries = 0; member.assignment().size() < PARTITIONS; tries++) {
        expect(tries < 300, "the member gets nothing");
        member.poll(Duration.ofMillis(100));
      }
      ConsumerGroupMetadata stranger =
          new ConsumerGroupMetadata(group, member.groupMetadata().generationId(), "stranger", Optional.empty());
      producer.beginTransaction();
      try {
        producer.sendOffsetsToTransaction(Map.of(partition, new OffsetAndMetadata(5)), stranger);
        expect(false, "offsets of nobody in the group were taken");
      } catch (CommitFailedException refused) {
        producer.abortTransaction();
      }
    }
    expect(committed(group, partition) == null, "committed is " + committed(group, partition));
  }

  private void tooLong() {
    try {
      producer("too-long", 900_001).close();
      expect(false, "more than transaction.max.timeout.ms was granted");
    } catch (KafkaException error) {
      expect(String.valueOf(error.getMessage()).contains(Errors.INVALID_TRANSACTION_TIMEOUT.message()),
          "it gave " + error);
    }
  }

  /** What a producer left open is aborted when the next of its name begins. */
  private void crash() throws Exception {
    String topic = topic("crash");
    List<KafkaProducer<String, String>> dead = new ArrayList<>();
    for (int life = 0; life < 4; life++) {
      var producer = producer("crash");
      producer.beginTransaction();
      send(producer, topic, "life" + life + "-", 6);
      producer.commitTransaction();
      producer.beginTransaction();
      send(producer, topic, "left" + life + "-", 6);
      dead.add(producer);
    }
    producer("crash").close();
    List<String> read = read(topic, IsolationLevel.READ_COMMITTED);
    expect(read.size() == 24 && read.stream().allMatch(value -> value.startsWith("life")), "read " + read);
    for (var producer : dead) producer.close(Duration.ZERO);
  }

  private void timeout() throws Exception {
    String topic = topic("timeout");
    try (var late = producer("timeout", 1_000); var other = producer("in-time")) {
      late.beginTransaction();
      send(late, topic, "late", PARTITIONS);
      other.beginTransaction();
      send(other, topic, "in-time", PARTITIONS);
      other.commitTransaction();
      for (int tries = 0; end(topic, IsolationLevel.READ_COMMITTED) < 4; tries++) {
        expect(tries < 600, "the transaction was not ended for its producer");
        Thread.sleep(50);
      }
      try {
        late.commitTransaction();
        expect(false, "a transaction was committed after its time");
      } catch (ProducerFencedException | InvalidProducerEpochException | InvalidTxnStateException expected) {
        // Which of them depends on the version of the protocol.
      }
    }
    expectCommitted(topic, named("in-time", PARTITIONS));
  }

  private TransactionDescription described(String name) throws Exception {
    String id = prefix + "-" + name;
    return admin.describeTransactions(List.of(id)).all().get().get(id);
  }

  private void describe() throws Exception {
    String topic = topic("described");
    try (var producer = producer("described")) {
      producer.beginTransaction();
      send(producer, topic, "open", PARTITIONS);
      TransactionDescription open = described("described");
      expect(open.state() == TransactionState.ONGOING, "its state is " + open.state());
      expect(open.topicPartitions().equals(Set.copyOf(partitionsOf(topic))), "it has " + open.topicPartitions());
      boolean listed = admin.listTransactions().all().get().stream().anyMatch(
          found -> found.transactionalId().equals(prefix + "-described") && found.state() == TransactionState.ONGOING);
      expect(listed, "it is not listed");
      var first = new TopicPartition(topic, 0);
      var writers = admin.describeProducers(List.of(first)).partitionResult(first).get().activeProducers();
      expect(writers.size() == 1 && writers.get(0).currentTransactionStartOffset().orElse(-1) == 0,
          "the partition says " + writers);
      producer.commitTransaction();
      // It is answered when it is decided; the partitions hear of it then.
      for (int tries = 0; described("described").state() != TransactionState.COMPLETE_COMMIT; tries++) {
        expect(tries < 600, "it ended as " + described("described"));
        Thread.sleep(50);
      }
      expect(described("described").topicPartitions().isEmpty(), "it still has " + described("described"));
    }
  }

  private void fence() throws Exception {
    String topic = topic("fenced");
    var producer = producer("fenced");
    producer.beginTransaction();
    send(producer, topic, "fenced", PARTITIONS);
    admin.fenceProducers(List.of(prefix + "-fenced")).all().get();
    expectFenced(producer);
    producer.close(Duration.ZERO);
    expectCommitted(topic, Set.of());
  }
}
