import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Work shared among Java's share consumers (KIP-932). Prints a line for each feature: ok or FAIL and why. */
public final class ShareWork extends Features {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private interface Take {
    void run(KafkaShareConsumer<String, String> consumer, ConsumerRecord<String, String> record);
  }

  private final String bootstrap;
  private final String prefix;
  private final Admin admin;

  private ShareWork(String bootstrap, String prefix) {
    this.bootstrap = bootstrap;
    this.prefix = prefix;
    this.admin = Admin.create(settings(Map.of()));
  }

  public static void main(String[] args) {
    ShareWork work = new ShareWork(args[0], args[1]);
    work.feature("implicit-acknowledgement", work::implicitly);
    work.feature("several-consumers-on-one-partition", work::together);
    work.feature("accept-release-reject", work::explicitly);
    work.feature("renew", work::renew);
    work.feature("given-back-at-close", work::closeGivesBack);
    work.feature("poison-is-given-up", work::poison);
    work.feature("poison-does-not-hold-up-others", work::poisonAmongOthers);
    work.feature("record-limit", work::recordLimit);
    work.feature("begins-by-duration-or-at-the-end", work::begins);
    work.feature("settings-of-a-group", work::groupSettings);
    work.feature("describe-share-group", work::describe);
    work.feature("list-share-groups", work::list);
    work.feature("share-group-offsets", work::offsets);
    work.feature("delete-share-group", work::delete);
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

  private KafkaShareConsumer<String, String> consumer(String name, String mode, int most) {
    return consumer(name, mode, most, "batch_optimized");
  }

  private KafkaShareConsumer<String, String> consumer(String name, String mode, int most, String acquire) {
    KafkaShareConsumer<String, String> consumer = new KafkaShareConsumer<>(
        settings(Map.of("group.id", group(name), "share.acknowledgement.mode", mode, "max.poll.records", most,
            "share.acquire.mode", acquire, "fetch.max.wait.ms", "200")),
        new StringDeserializer(), new StringDeserializer());
    consumer.subscribe(List.of(topic(name)));
    return consumer;
  }

  private String group(String name) {
    return prefix + "-share-" + name;
  }

  private String topic(String name) {
    return prefix + "-shared-" + name;
  }

  /** A topic with so many records, and a group that reads it from its beginning. */
  private void prepare(String name, int partitions, int records) throws Exception {
    admin.createTopics(List.of(new NewTopic(topic(name), partitions, (short) 1))).all().get();
    set(name, "share.auto.offset.reset", "earliest");
    produce(name, partitions, records);
  }

  private void set(String name, String setting, String value) throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.GROUP, group(name));
    admin.incrementalAlterConfigs(Map.of(resource,
        List.of(new AlterConfigOp(new ConfigEntry(setting, value), AlterConfigOp.OpType.SET)))).all().get();
  }

  private void produce(String name, int partitions, int records) throws Exception {
    try (KafkaProducer<String, String> producer = new KafkaProducer<>(
        settings(Map.of("batch.size", "200")), new StringSerializer(), new StringSerializer())) {
      for (int i = 0; i < records; i++) {
        producer.send(new ProducerRecord<>(topic(name), i % partitions, null, "order " + i));
      }
      producer.flush();
    }
  }

  /** Polls until so many records were taken, counting how often each came. */
  private Map<Long, Integer> take(List<KafkaShareConsumer<String, String>> consumers, int count, Take take) {
    Map<Long, Integer> taken = new TreeMap<>();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    int seen = 0;
    while (seen < count && System.nanoTime() < deadline) {
      for (KafkaShareConsumer<String, String> consumer : consumers) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
          taken.merge(record.partition() * 1_000_000L + record.offset(), 1, Integer::sum);
          take.run(consumer, record);
          seen++;
        }
      }
    }
    expect(seen >= count, "got " + seen + " records instead of " + count);
    return taken;
  }

  private void expectNothingLeft(KafkaShareConsumer<String, String> consumer) {
    long deadline = System.nanoTime() + Duration.ofMillis(700).toNanos();
    while (System.nanoTime() < deadline) {
      for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
        expect(false, "it was done with and came again: " + record);
      }
    }
  }

  private void implicitly() throws Exception {
    prepare("implicit", 2, 100);
    try (KafkaShareConsumer<String, String> consumer = consumer("implicit", "implicit", 20)) {
      Map<Long, Integer> taken = take(List.of(consumer), 100, (from, record) -> { });
      expect(taken.size() == 100, taken.size() + " different records instead of 100");
      var outcomes = consumer.commitSync();
      outcomes.forEach((partition, error) -> expect(error.isEmpty(), partition + ": " + error));
    }
    try (KafkaShareConsumer<String, String> consumer = consumer("implicit", "implicit", 20)) {
      expectNothingLeft(consumer);
      produce("implicit", 2, 4);
      expect(take(List.of(consumer), 4, (from, record) -> { }).size() == 4, "new records did not come");
    }
  }

  private void together() throws Exception {
    prepare("together", 1, 300);
    List<KafkaShareConsumer<String, String>> consumers = new ArrayList<>();
    for (int i = 0; i < 3; i++) consumers.add(consumer("together", "implicit", 10));
    Map<KafkaShareConsumer<String, String>, Integer> shares = new HashMap<>();
    Map<Long, Integer> taken =
        take(consumers, 300, (consumer, record) -> shares.merge(consumer, 1, Integer::sum));
    expect(taken.size() == 300, taken.size() + " different records instead of 300");
    expect(taken.values().stream().allMatch(times -> times == 1), "a record came twice: " + taken);
    expect(shares.size() == 3, "only " + shares.size() + " of 3 consumers had work");
    consumers.forEach(KafkaShareConsumer::close);
  }

  private void explicitly() throws Exception {
    prepare("explicit", 1, 30);
    try (KafkaShareConsumer<String, String> consumer = consumer("explicit", "explicit", 30)) {
      Map<Long, Short> deliveries = new HashMap<>();
      take(List.of(consumer), 40, (from, record) -> {
        deliveries.put(record.offset(), record.deliveryCount().get());
        boolean again = record.offset() % 3 == 1 && record.deliveryCount().get() == 1;
        from.acknowledge(record, again ? AcknowledgeType.RELEASE
            : record.offset() % 3 == 2 ? AcknowledgeType.REJECT : AcknowledgeType.ACCEPT);
      });
      for (long offset = 0; offset < 30; offset++) {
        int wanted = offset % 3 == 1 ? 2 : 1;
        expect(deliveries.get(offset) == wanted, "record " + offset + " came " + deliveries.get(offset) + " times");
      }
      consumer.commitSync().forEach((partition, error) -> expect(error.isEmpty(), partition + ": " + error));
      expectNothingLeft(consumer);
    }
  }

  private void renew() throws Exception {
    prepare("renewed", 1, 3);
    try (KafkaShareConsumer<String, String> consumer = consumer("renewed", "explicit", 3)) {
      Set<Long> renewed = new TreeSet<>();
      take(List.of(consumer), 6, (from, record) -> {
        boolean first = renewed.add(record.offset());
        expect(record.deliveryCount().get() == 1, "it was delivered anew: " + record);
        from.acknowledge(record, first ? AcknowledgeType.RENEW : AcknowledgeType.ACCEPT);
      });
      consumer.commitSync().forEach((partition, error) -> expect(error.isEmpty(), partition + ": " + error));
      expectNothingLeft(consumer);
    }
  }

  private void closeGivesBack() throws Exception {
    prepare("closed", 1, 20);
    try (KafkaShareConsumer<String, String> consumer = consumer("closed", "explicit", 20)) {
      take(List.of(consumer), 20, (from, record) -> {
        if (record.offset() < 5) from.acknowledge(record);
        else from.acknowledge(record, AcknowledgeType.RELEASE);
      });
    }
    try (KafkaShareConsumer<String, String> consumer = consumer("closed", "implicit", 20)) {
      Map<Long, Integer> taken = take(List.of(consumer), 15, (from, record) -> { });
      expect(taken.size() == 15 && taken.keySet().iterator().next() == 5, "what came again: " + taken.keySet());
    }
  }

  private void poison() throws Exception {
    prepare("poison", 1, 2);
    try (KafkaShareConsumer<String, String> consumer = consumer("poison", "explicit", 10)) {
      int[] times = {0};
      take(List.of(consumer), 6, (from, record) -> {
        if (record.offset() == 0) times[0]++;
        from.acknowledge(record, record.offset() == 0 ? AcknowledgeType.RELEASE : AcknowledgeType.ACCEPT);
      });
      consumer.commitSync();
      expect(times[0] == 5, "the record that nobody takes came " + times[0] + " times instead of 5");
      expectNothingLeft(consumer);
    }
  }

  private void poisonAmongOthers() throws Exception {
    prepare("among", 1, 12);
    Set<Long> done = new TreeSet<>();
    try (KafkaShareConsumer<String, String> consumer = consumer("among", "explicit", 12)) {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (done.size() < 11 && System.nanoTime() < deadline) {
        boolean spoilt = false;
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(100))) {
          // A member that dies of a record has done nothing with those it got beside it.
          spoilt = spoilt || record.offset() == 5;
          consumer.acknowledge(record, spoilt ? AcknowledgeType.RELEASE : AcknowledgeType.ACCEPT);
          if (!spoilt) done.add(record.offset());
        }
      }
      consumer.commitSync();
    }
    expect(done.size() == 11 && !done.contains(5L), "what others than the poison came through: " + done);
  }

  private void recordLimit() throws Exception {
    prepare("limited", 1, 0);
    try (KafkaProducer<String, String> producer = new KafkaProducer<>(
        settings(Map.of("linger.ms", "500")), new StringSerializer(), new StringSerializer())) {
      for (int i = 0; i < 30; i++) producer.send(new ProducerRecord<>(topic("limited"), "order " + i));
      producer.flush();
    }
    try (KafkaShareConsumer<String, String> one = consumer("limited", "explicit", 4, "record_limit");
        KafkaShareConsumer<String, String> other = consumer("limited", "explicit", 4, "record_limit")) {
      Map<KafkaShareConsumer<String, String>, Set<Long>> taken = new HashMap<>();
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      int seen = 0;
      while (seen < 30 && System.nanoTime() < deadline) {
        for (KafkaShareConsumer<String, String> consumer : List.of(one, other)) {
          var records = consumer.poll(Duration.ofMillis(200));
          expect(records.count() <= 4, records.count() + " records at once, though 4 are the limit");
          for (ConsumerRecord<String, String> record : records) {
            taken.computeIfAbsent(consumer, who -> new TreeSet<>()).add(record.offset());
            consumer.acknowledge(record);
            seen++;
          }
        }
      }
      expect(seen == 30, "got " + seen + " records instead of 30");
      expect(taken.size() == 2, "only " + taken.size() + " of 2 consumers had work of the one batch");
    }
  }

  private void begins() throws Exception {
    admin.createTopics(List.of(new NewTopic(topic("begun"), 1, (short) 1))).all().get();
    long now = System.currentTimeMillis();
    try (KafkaProducer<String, String> producer = new KafkaProducer<>(
        settings(Map.of("batch.size", "0")), new StringSerializer(), new StringSerializer())) {
      for (int i = 0; i < 10; i++) {
        long age = i < 6 ? 7_200_000 : 60_000;
        producer.send(new ProducerRecord<>(topic("begun"), 0, now - age, null, "order " + i));
      }
    }
    set("begun", "share.auto.offset.reset", "by_duration:PT1H");
    try (KafkaShareConsumer<String, String> consumer = consumer("begun", "implicit", 20)) {
      Set<Long> offsets = take(List.of(consumer), 4, (from, record) -> { }).keySet();
      expect(offsets.equals(Set.of(6L, 7L, 8L, 9L)), "an hour back are " + offsets);
    }
    admin.deleteShareGroups(List.of(group("begun"))).all().get();
    set("begun", "share.auto.offset.reset", "latest");
    try (KafkaShareConsumer<String, String> consumer = consumer("begun", "implicit", 20)) {
      expectNothingLeft(consumer);
      produce("begun", 1, 3);
      Set<Long> offsets = take(List.of(consumer), 3, (from, record) -> { }).keySet();
      expect(offsets.equals(Set.of(10L, 11L, 12L)), "from the end on came " + offsets);
    }
  }

  private void groupSettings() throws Exception {
    prepare("set", 1, 1);
    set("set", "share.record.lock.duration.ms", "21000");
    set("set", "share.isolation.level", "read_committed");
    try (KafkaShareConsumer<String, String> consumer = consumer("set", "implicit", 1)) {
      take(List.of(consumer), 1, (from, record) -> { });
      int lock = consumer.acquisitionLockTimeoutMs().orElse(0);
      expect(lock == 21_000, "records are held for " + lock + " ms");
    }
    for (String[] wrong : new String[][] {{"share.record.lock.duration.ms", "1"}, {"share.isolation.level", "dirty"},
        {"share.auto.offset.reset", "by_duration:-PT1H"}, {"share.session.timeout.ms", "1"},
        {"share.heartbeat.interval.ms", "1"}}) {
      try {
        set("set", wrong[0], wrong[1]);
        expect(false, wrong[0] + " may be " + wrong[1]);
      } catch (java.util.concurrent.ExecutionException refused) {
        expect(refused.getCause() instanceof org.apache.kafka.common.errors.InvalidConfigurationException,
            wrong[0] + ": " + refused.getCause());
      }
    }
  }

  private void describe() throws Exception {
    try (KafkaShareConsumer<String, String> consumer = consumer("implicit", "implicit", 20)) {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      int assigned = 0;
      while (assigned < 2 && System.nanoTime() < deadline) {
        consumer.poll(Duration.ofMillis(100));
        var group = admin.describeShareGroups(List.of(group("implicit"))).all().get().get(group("implicit"));
        assigned = group.members().stream().mapToInt(one -> one.assignment().topicPartitions().size()).sum();
      }
      expect(assigned == 2, assigned + " partitions are assigned instead of 2");
    }
    var group = admin.describeShareGroups(List.of(group("implicit"))).all().get().get(group("implicit"));
    expect(group.groupState().toString().equals("Empty"), "the group is " + group.groupState());
  }

  private void list() throws Exception {
    var found = admin.listGroups().all().get().stream().filter(one -> one.groupId().equals(group("implicit")))
        .findFirst();
    expect(found.isPresent() && found.get().type().get().toString().equals("Share"), "listed as " + found);
  }

  private void offsets() throws Exception {
    TopicPartition partition = new TopicPartition(topic("explicit"), 0);
    String group = group("explicit");
    var spec = Map.of(group, new ListShareGroupOffsetsSpec().topicPartitions(List.of(partition)));
    var info = admin.listShareGroupOffsets(spec).partitionsToOffsetInfo(group).get().get(partition);
    expect(info.startOffset() == 30, "the group starts at " + info.startOffset());
    expect(info.lag().get() == 0, "its lag is " + info.lag());

    admin.alterShareGroupOffsets(group, Map.of(partition, 20L)).all().get();
    info = admin.listShareGroupOffsets(spec).partitionsToOffsetInfo(group).get().get(partition);
    expect(info.startOffset() == 20 && info.lag().get() == 10, "after the change: " + info);
    try (KafkaShareConsumer<String, String> consumer = consumer("explicit", "implicit", 30)) {
      Map<Long, Integer> taken = take(List.of(consumer), 10, (from, record) -> { });
      expect(taken.keySet().iterator().next() == 20, "it went on at " + taken.keySet());
    }
    admin.deleteShareGroupOffsets(group, Set.of(topic("explicit"))).all().get();
    var none = admin.listShareGroupOffsets(spec).partitionsToOffsetInfo(group).get().get(partition);
    expect(none == null, "offsets that were deleted are still there: " + none);
  }

  private void delete() throws Exception {
    admin.deleteShareGroups(List.of(group("implicit"))).all().get();
    boolean listed = admin.listGroups().all().get().stream().anyMatch(one -> one.groupId().equals(group("implicit")));
    expect(!listed, "the group is still listed");
    // A group of that name begins anew.
    try (KafkaShareConsumer<String, String> consumer = consumer("implicit", "implicit", 200)) {
      expect(take(List.of(consumer), 104, (from, record) -> { }).size() == 104, "its state was not deleted");
    }
  }
}
