import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidRegularExpression;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A day's work with Apache Kafka's Java client. Prints a line for each feature: ok or FAIL and why. */
public final class DailyWork extends Features {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");

  private final String bootstrap;
  private final String prefix;
  private final Admin admin;
  private final Random random = new Random(7);

  private DailyWork(String bootstrap, String prefix) {
    this.bootstrap = bootstrap;
    this.prefix = prefix;
    this.admin = Admin.create(settings(Map.of()));
  }

  public static void main(String[] args) {
    DailyWork work = new DailyWork(args[0], args[1]);
    work.everything();
    work.admin.close();
    work.finish();
  }

  private void everything() {
    feature("create-topic", this::createTopic);
    for (String acks : List.of("0", "1", "all")) {
      for (String codec : CODECS) {
        feature("produce-" + acks + "-" + codec, () -> produceAndReadBack(acks, codec));
      }
    }
    feature("idempotent-produce", this::produceIdempotently);
    feature("headers", this::headers);
    feature("null-key-and-value", this::nulls);
    feature("record-sizes", this::sizes);
    feature("seek-by-time", this::seekByTime);
    feature("group-resume", () -> groupResumes("classic"));
    feature("group-of-the-newer-protocol", () -> groupResumes("consumer"));
    feature("group-by-regular-expression", this::groupByRegularExpression);
    feature("group-shares-out", this::groupSharesOut);
    feature("group-static-member", this::groupStaticMember);
    feature("delete-group", this::deleteGroup);
    feature("transactions", this::transactions);
    feature("list-topics", this::listTopics);
    feature("describe-topic", this::describeTopic);
    feature("describe-cluster", this::describeCluster);
    feature("describe-log-dirs", this::describeLogDirs);
    feature("config", this::config);
    feature("create-partitions", this::createPartitions);
    feature("delete-records", this::deleteRecords);
    feature("auto-create", this::autoCreate);
    feature("unknown-topic", this::unknownTopic);
    feature("too-large", this::tooLarge);
    feature("delete-topic", this::deleteTopic);
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

  private KafkaProducer<byte[], byte[]> producer(Map<String, ?> more) {
    return new KafkaProducer<>(settings(more), new ByteArraySerializer(), new ByteArraySerializer());
  }

  private KafkaConsumer<byte[], byte[]> consumer(Map<String, ?> more) {
    return new KafkaConsumer<>(settings(more), new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private String topic(String name, int partitions, Map<String, String> configs) throws Exception {
    String topic = prefix + "-" + name;
    NewTopic wanted = new NewTopic(topic, Optional.of(partitions), Optional.empty()).configs(configs);
    admin.createTopics(List.of(wanted)).all().get();
    return topic;
  }

  private byte[] bytes(int size) {
    byte[] made = new byte[size];
    for (int at = 0; at < size; at++) made[at] = (byte) ('a' + random.nextInt(16));
    return made;
  }

  private List<ProducerRecord<byte[], byte[]>> records(String topic, int partitions, int count, int size) {
    List<ProducerRecord<byte[], byte[]>> made = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      made.add(new ProducerRecord<>(topic, i % partitions, ("key-" + i).getBytes(), bytes(size)));
    }
    return made;
  }

  private List<RecordMetadata> send(
      List<ProducerRecord<byte[], byte[]>> records, Map<String, ?> settings) throws Exception {
    List<java.util.concurrent.Future<RecordMetadata>> sent = new ArrayList<>();
    List<RecordMetadata> acknowledged = new ArrayList<>();
    try (KafkaProducer<byte[], byte[]> producer = producer(settings)) {
      for (ProducerRecord<byte[], byte[]> record : records) sent.add(producer.send(record));
      producer.flush();
      for (java.util.concurrent.Future<RecordMetadata> one : sent) acknowledged.add(one.get());
    }
    return acknowledged;
  }

  /** Reads `count` records of a topic from the beginning, by partitions, without a group. */
  private Map<Integer, List<ConsumerRecord<byte[], byte[]>>> readAll(String topic, int partitions, int count) {
    Map<Integer, List<ConsumerRecord<byte[], byte[]>>> read = new HashMap<>();
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of())) {
      List<TopicPartition> all = new ArrayList<>();
      for (int p = 0; p < partitions; p++) all.add(new TopicPartition(topic, p));
      consumer.assign(all);
      consumer.seekToBeginning(all);
      for (ConsumerRecord<byte[], byte[]> record : poll(consumer, count)) {
        read.computeIfAbsent(record.partition(), p -> new ArrayList<>()).add(record);
      }
    }
    return read;
  }

  private List<ConsumerRecord<byte[], byte[]>> poll(KafkaConsumer<byte[], byte[]> consumer, int count) {
    List<ConsumerRecord<byte[], byte[]>> read = new ArrayList<>();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (read.size() < count && System.nanoTime() < deadline) {
      consumer.poll(Duration.ofMillis(200)).forEach(read::add);
    }
    expect(read.size() == count, "read " + read.size() + " records instead of " + count);
    return read;
  }

  private void expectSame(List<ProducerRecord<byte[], byte[]>> sent, String topic, int partitions) {
    Map<Integer, List<ConsumerRecord<byte[], byte[]>>> read = readAll(topic, partitions, sent.size());
    Map<Integer, Integer> next = new HashMap<>();
    for (ProducerRecord<byte[], byte[]> record : sent) {
      int at = next.merge(record.partition(), 1, Integer::sum) - 1;
      ConsumerRecord<byte[], byte[]> got = read.get(record.partition()).get(at);
      String where = "partition " + record.partition() + " offset " + at;
      expect(got.offset() == at, where + " came as offset " + got.offset());
      expect(java.util.Arrays.equals(record.key(), got.key()), where + ": another key");
      expect(java.util.Arrays.equals(record.value(), got.value()), where + ": another value");
      expect(record.headers().equals(got.headers()), where + ": other headers " + got.headers());
    }
  }

  private void createTopic() throws Exception {
    String topic = topic("created", 3, Map.of("retention.ms", "3600000"));
    try {
      topic("created", 3, Map.of());
      expect(false, "creating it twice was accepted");
    } catch (ExecutionException error) {
      expect(error.getCause() instanceof TopicExistsException, "twice gave " + error.getCause());
    }
    int partitions = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size();
    expect(partitions == 3, partitions + " partitions instead of 3");
  }

  private void produceAndReadBack(String acks, String codec) throws Exception {
    String topic = topic("acks-" + acks + "-" + codec, 2, Map.of());
    List<ProducerRecord<byte[], byte[]>> sent = records(topic, 2, 200, 300);
    // One request at a time: without idempotence a retry may otherwise overtake what it should follow.
    send(sent, Map.of("acks", acks, "compression.type", codec, "enable.idempotence", "false",
        "max.in.flight.requests.per.connection", 1));
    expectSame(sent, topic, 2);
  }

  private void produceIdempotently() throws Exception {
    String topic = topic("idempotent", 2, Map.of());
    List<ProducerRecord<byte[], byte[]>> sent = records(topic, 2, 2000, 200);
    List<RecordMetadata> acknowledged = send(sent, Map.of("batch.size", 2000, "linger.ms", 0));
    for (int i = 0; i < sent.size(); i++) {
      expect(acknowledged.get(i).offset() == i / 2, "record " + i + " at " + acknowledged.get(i));
    }
    expectSame(sent, topic, 2);
  }

  private void headers() throws Exception {
    String topic = topic("headers", 1, Map.of());
    List<ProducerRecord<byte[], byte[]>> sent = records(topic, 1, 3, 10);
    sent.get(0).headers().add("trace", "4f2a".getBytes()).add("trace", "again".getBytes());
    sent.get(1).headers().add("empty", new byte[0]).add("none", null).add("é", bytes(5000));
    send(sent, Map.of());
    expectSame(sent, topic, 1);
    Header none = readAll(topic, 1, 3).get(0).get(1).headers().lastHeader("none");
    expect(none.value() == null, "a header without value came with one");
  }

  private void nulls() throws Exception {
    String topic = topic("nulls", 1, Map.of());
    List<ProducerRecord<byte[], byte[]>> sent = List.of(
        new ProducerRecord<>(topic, 0, null, bytes(5)), new ProducerRecord<>(topic, 0, bytes(5), null),
        new ProducerRecord<>(topic, 0, null, null), new ProducerRecord<>(topic, 0, new byte[0], new byte[0]));
    send(sent, Map.of());
    expectSame(sent, topic, 1);
  }

  private void sizes() throws Exception {
    String topic = topic("sizes", 1, Map.of());
    List<ProducerRecord<byte[], byte[]>> sent = new ArrayList<>();
    for (int size : new int[] {1, 2, 127, 128, 1000, 16_383, 16_384, 100_000, 500_000, 1_048_000}) {
      sent.add(new ProducerRecord<>(topic, 0, null, bytes(size)));
    }
    send(sent, Map.of("max.request.size", 2_000_000));
    expectSame(sent, topic, 1);
  }

  private void seekByTime() throws Exception {
    String topic = topic("times", 1, Map.of());
    List<ProducerRecord<byte[], byte[]>> sent = new ArrayList<>();
    long start = System.currentTimeMillis() - 1_000_000;
    for (int i = 0; i < 100; i++) {
      sent.add(new ProducerRecord<>(topic, 0, start + i * 1000L, null, bytes(50)));
    }
    send(sent, Map.of());
    TopicPartition partition = new TopicPartition(topic, 0);
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of())) {
      consumer.assign(List.of(partition));
      var found = consumer.offsetsForTimes(Map.of(partition, start + 41_500)).get(partition);
      expect(found.offset() == 42, "the first record from then on is 42, not " + found);
      consumer.seek(partition, found.offset());
      expect(poll(consumer, 58).get(0).timestamp() == start + 42_000, "another timestamp was read");
      expect(consumer.offsetsForTimes(Map.of(partition, start + 900_000)).get(partition) == null,
          "a time after the last record has no offset");
    }
    var latest = admin.listOffsets(Map.of(partition, OffsetSpec.maxTimestamp())).all().get().get(partition);
    expect(latest.offset() == 99, "the greatest timestamp is at " + latest.offset());
  }

  private void groupResumes(String protocol) throws Exception {
    String topic = topic("group-" + protocol, 2, Map.of());
    send(records(topic, 2, 100, 50), Map.of());
    Map<String, ?> settings = Map.of("group.id", prefix + "-" + protocol, "auto.offset.reset", "earliest",
        "enable.auto.commit", "false", "max.poll.records", "10", "group.protocol", protocol);
    Set<String> seen = new java.util.HashSet<>();
    for (int life = 0; life < 2; life++) {
      try (KafkaConsumer<byte[], byte[]> consumer = consumer(settings)) {
        consumer.subscribe(List.of(topic));
        for (ConsumerRecord<byte[], byte[]> record : poll(consumer, 50)) {
          expect(seen.add(record.partition() + "@" + record.offset()), "read twice: " + record);
        }
        consumer.commitSync();
      }
    }
    expect(seen.size() == 100, "both lives together read " + seen.size());
    var offsets = admin.listConsumerGroupOffsets(prefix + "-" + protocol).partitionsToOffsetAndMetadata().get();
    long committed = offsets.values().stream().mapToLong(offset -> offset.offset()).sum();
    expect(committed == 100, "committed offsets add up to " + committed);
  }

  private Map<String, Object> inConsumerGroup(String group) {
    return new HashMap<>(Map.of("group.id", group, "group.protocol", "consumer", "auto.offset.reset", "earliest",
        "enable.auto.commit", "false"));
  }

  /** Polls all consumers until it is as wanted. */
  private void pollUntil(
      List<KafkaConsumer<byte[], byte[]>> consumers, java.util.function.BooleanSupplier wanted, String why) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!wanted.getAsBoolean()) {
      expect(System.nanoTime() < deadline, why);
      for (KafkaConsumer<byte[], byte[]> consumer : consumers) consumer.poll(Duration.ofMillis(50));
    }
  }

  private void groupByRegularExpression() throws Exception {
    String group = prefix + "-regex";
    topic("regex-a", 1, Map.of());
    topic("other-regex", 1, Map.of());
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(inConsumerGroup(group))) {
      consumer.subscribe(new SubscriptionPattern(prefix + "-regex-[ab]"));
      pollUntil(List.of(consumer), () -> consumer.assignment().size() == 1, "has no partition that matches");
      topic("regex-b", 2, Map.of());
      pollUntil(List.of(consumer), () -> consumer.assignment().size() == 3, "did not get the new topic's partitions");
    }
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(inConsumerGroup(group))) {
      consumer.subscribe(new SubscriptionPattern("(not a regular expression"));
      try {
        pollUntil(List.of(consumer), () -> false, "an expression that is none was taken");
      } catch (InvalidRegularExpression refused) {
        return;
      }
    }
  }

  private void groupSharesOut() throws Exception {
    String topic = topic("shared", 6, Map.of());
    Map<String, Object> settings = inConsumerGroup(prefix + "-shared");
    try (KafkaConsumer<byte[], byte[]> first = consumer(settings)) {
      first.subscribe(List.of(topic));
      pollUntil(List.of(first), () -> first.assignment().size() == 6, "one member does not have all");
      try (KafkaConsumer<byte[], byte[]> second = consumer(settings)) {
        second.subscribe(List.of(topic));
        pollUntil(List.of(first, second), () -> first.assignment().size() == 3 && second.assignment().size() == 3,
            "two members do not have half each");
        var described = admin.describeConsumerGroups(List.of(prefix + "-shared")).all().get()
            .get(prefix + "-shared");
        expect(described.type() == GroupType.CONSUMER, "described as " + described.type());
        expect(described.members().size() == 2, "described with " + described.members().size() + " members");
        for (var member : described.members()) {
          expect(member.assignment().topicPartitions().size() == 3, "described with " + member.assignment());
        }
      }
      pollUntil(List.of(first), () -> first.assignment().size() == 6, "did not get back what the other left");
    }
  }

  private void groupStaticMember() throws Exception {
    String topic = topic("static", 2, Map.of());
    Map<String, Object> settings = inConsumerGroup(prefix + "-static");
    settings.put("group.instance.id", "till-1");
    int epoch = 0;
    for (int life = 0; life < 2; life++) {
      try (KafkaConsumer<byte[], byte[]> consumer = consumer(settings)) {
        consumer.subscribe(List.of(topic));
        pollUntil(List.of(consumer), () -> consumer.assignment().size() == 2, "has no partitions in life " + life);
        int now = consumer.groupMetadata().generationId();
        expect(life == 0 || now == epoch, "came back into epoch " + now + " instead of " + epoch);
        epoch = now;
      }
    }
  }

  private void deleteGroup() throws Exception {
    String group = prefix + "-classic";
    admin.deleteConsumerGroups(List.of(group)).all().get();
    boolean listed = admin.listGroups().all().get().stream().anyMatch(found -> found.groupId().equals(group));
    expect(!listed, "the group is still listed");
  }

  private void transactions() throws Exception {
    String topic = topic("transactions", 1, Map.of());
    List<ProducerRecord<byte[], byte[]>> aborted = records(topic, 1, 5, 20);
    List<ProducerRecord<byte[], byte[]>> committed = records(topic, 1, 5, 20);
    try (KafkaProducer<byte[], byte[]> producer = producer(Map.of("transactional.id", prefix, "max.block.ms", 5000))) {
      producer.initTransactions();
      producer.beginTransaction();
      aborted.forEach(producer::send);
      producer.flush();
      producer.abortTransaction();
      producer.beginTransaction();
      committed.forEach(producer::send);
      producer.commitTransaction();
    }
    try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of("isolation.level", "read_committed"))) {
      consumer.assign(List.of(new TopicPartition(topic, 0)));
      consumer.seekToBeginning(List.of(new TopicPartition(topic, 0)));
      byte[] first = poll(consumer, 5).get(0).value();
      expect(java.util.Arrays.equals(first, committed.get(0).value()), "what was aborted is read");
    }
  }

  private void listTopics() throws Exception {
    Collection<String> names = admin.listTopics().names().get();
    expect(names.contains(prefix + "-created"), "the created topic is not listed");
  }

  private void describeTopic() throws Exception {
    var described = admin.describeTopics(List.of(prefix + "-created")).allTopicNames().get();
    for (var partition : described.get(prefix + "-created").partitions()) {
      expect(partition.leader() != null, "no leader");
      expect(partition.isr().size() == 1 && partition.replicas().size() == 1, "other replicas " + partition);
    }
  }

  private void describeCluster() throws Exception {
    var cluster = admin.describeCluster();
    expect(!cluster.nodes().get().isEmpty(), "no nodes");
    expect(cluster.controller().get() != null, "no controller");
    expect(cluster.clusterId().get().length() == 22, "cluster id " + cluster.clusterId().get());
  }

  private void describeLogDirs() throws Exception {
    int broker = admin.describeCluster().nodes().get().iterator().next().id();
    var dirs = admin.describeLogDirs(List.of(broker)).allDescriptions().get().get(broker);
    var replicas = dirs.values().iterator().next().replicaInfos();
    var sizes = replicas.get(new TopicPartition(prefix + "-sizes", 0));
    expect(sizes != null && sizes.size() > 1_600_000, "the large records take " + sizes);
  }

  private void config() throws Exception {
    String topic = topic("configured", 1, Map.of("retention.ms", "3600000"));
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    expect(configured(resource, "retention.ms").equals("3600000"), "created with another retention.ms");
    admin.incrementalAlterConfigs(Map.of(resource, List.of(
        new AlterConfigOp(new ConfigEntry("retention.ms", "7200000"), AlterConfigOp.OpType.SET),
        new AlterConfigOp(new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.APPEND)))).all().get();
    expect(configured(resource, "retention.ms").equals("7200000"), "the change did not hold");
    expect(configured(resource, "cleanup.policy").equals("delete,compact"), "nothing was appended");
    admin.incrementalAlterConfigs(Map.of(resource, List.of(
        new AlterConfigOp(new ConfigEntry("retention.ms", null), AlterConfigOp.OpType.DELETE)))).all().get();
    expect(configured(resource, "retention.ms").equals("604800000"), "the default did not come back");
  }

  private String configured(ConfigResource resource, String name) throws Exception {
    return admin.describeConfigs(List.of(resource)).all().get().get(resource).get(name).value();
  }

  private void createPartitions() throws Exception {
    String topic = topic("grown", 1, Map.of());
    admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4))).all().get();
    List<ProducerRecord<byte[], byte[]>> sent = records(topic, 4, 40, 20);
    send(sent, Map.of());
    expectSame(sent, topic, 4);
  }

  private void deleteRecords() throws Exception {
    String topic = topic("trimmed", 1, Map.of());
    send(records(topic, 1, 50, 20), Map.of());
    TopicPartition partition = new TopicPartition(topic, 0);
    long low = admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(30)))
        .lowWatermarks().get(partition).get().lowWatermark();
    expect(low == 30, "the low watermark is " + low);
    var earliest = admin.listOffsets(Map.of(partition, OffsetSpec.earliest())).all().get().get(partition);
    expect(earliest.offset() == 30, "the earliest offset is " + earliest.offset());
    expect(readAll(topic, 1, 20).get(0).get(0).offset() == 30, "reading begins elsewhere");
  }

  private void autoCreate() throws Exception {
    String topic = prefix + "-by-itself";
    List<ProducerRecord<byte[], byte[]>> sent = List.of(new ProducerRecord<>(topic, 0, null, bytes(9)));
    send(sent, Map.of());
    expectSame(sent, topic, 1);
  }

  private void unknownTopic() throws Exception {
    try {
      admin.describeTopics(List.of(prefix + "-nowhere")).allTopicNames().get();
      expect(false, "a topic that is not there was described");
    } catch (ExecutionException error) {
      expect(error.getCause() instanceof UnknownTopicOrPartitionException, "it gave " + error.getCause());
    }
  }

  private void tooLarge() throws Exception {
    String topic = topic("small", 1, Map.of("max.message.bytes", "1000"));
    try {
      send(List.of(new ProducerRecord<>(topic, 0, null, bytes(2000))), Map.of());
      expect(false, "a record over the limit was accepted");
    } catch (ExecutionException error) {
      expect(error.getCause() instanceof RecordTooLargeException, "it gave " + error.getCause());
    }
  }

  private void deleteTopic() throws Exception {
    String topic = topic("gone", 1, Map.of());
    admin.deleteTopics(List.of(topic)).all().get();
    for (int tries = 0; admin.listTopics().names().get().contains(topic); tries++) {
      expect(tries < 100, "the topic is still listed");
      Thread.sleep(50);
    }
    topic("gone", 2, Map.of());
  }
}
