import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Members of groups by Java's client, for the suites of tests/interop/groups; cast.py says what is asked and told. */
public final class GroupMembers {
  private static final Map<String, String> ASSIGNORS = Map.of(
      "range", "org.apache.kafka.clients.consumer.RangeAssignor",
      "roundrobin", "org.apache.kafka.clients.consumer.RoundRobinAssignor",
      "sticky", "org.apache.kafka.clients.consumer.StickyAssignor",
      "cooperative-sticky", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor");
  private static final int TRIES = 50;
  private static final long COMMIT_EVERY = Duration.ofMillis(200).toNanos();

  private final String bootstrap;
  private final FileOutputStream events;
  private final Map<String, Member> members = new HashMap<>();

  private GroupMembers(String bootstrap, FileOutputStream events) {
    this.bootstrap = bootstrap;
    this.events = events;
  }

  public static void main(String[] args) throws Exception {
    GroupMembers all = new GroupMembers(args[0], new FileOutputStream(args[1], true));
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) all.obey(line.split(" "));
    for (Member member : all.members.values()) member.stopping = true;
    for (Member member : all.members.values()) member.thread.join();
  }

  private void obey(String[] words) {
    if (words[0].equals("stop")) {
      members.get(words[1]).stopping = true;
      return;
    }
    Properties settings = new Properties();
    settings.putAll(Map.of("bootstrap.servers", bootstrap, "group.id", words[2], "client.id", words[1],
        "auto.offset.reset", "earliest", "enable.auto.commit", "false", "fetch.max.wait.ms", "100",
        "metadata.max.age.ms", "2000"));
    for (int i = 4; i < words.length; i++) set(settings, words[i].split("=", 2));
    members.put(words[1], new Member(words[1], words[3], settings));
  }

  private static void set(Properties settings, String[] word) {
    switch (word[0]) {
      case "assignor" -> settings.put("partition.assignment.strategy", ASSIGNORS.get(word[1]));
      case "remote-assignor" -> settings.put("group.remote.assignor", word[1]);
      case "instance" -> settings.put("group.instance.id", word[1]);
      case "rack" -> settings.put("client.rack", word[1]);
      case "session" -> {
        settings.put("session.timeout.ms", word[1]);
        settings.put("heartbeat.interval.ms", "200");
      }
      case "protocol" -> settings.put("group.protocol", word[1]);
      default -> throw new IllegalArgumentException(word[0]);
    }
  }

  /** Lines reach the file in one write, so that those of several programs do not mix. */
  private void tell(String lines) {
    try {
      synchronized (events) {
        events.write(lines.getBytes());
      }
    } catch (java.io.IOException error) {
      throw new java.io.UncheckedIOException(error);
    }
  }

  private final class Member implements ConsumerRebalanceListener {
    private final String name;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final TreeSet<Integer> owned = new TreeSet<>();
    private final Thread thread;
    private volatile boolean stopping = false;
    private long committed = System.nanoTime();

    private Member(String name, String topic, Properties settings) {
      this.name = name;
      consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
      thread = new Thread(() -> work(topic), name);
      thread.start();
    }

    private void work(String topic) {
      try (consumer) {
        consumer.subscribe(List.of(topic), this);
        while (!stopping) {
          read();
          if (System.nanoTime() - committed > COMMIT_EVERY) commit();
        }
        // Closing in the midst of a rebalance would leave no time for it.
        for (int tries = 0; !commit() && tries < TRIES; tries++) read();
      } catch (Throwable error) {
        tell(name + " failed " + String.valueOf(error).replace('\n', ' ') + "\n");
      }
      tell(name + " left\n");
    }

    private void read() {
      StringBuilder lines = new StringBuilder();
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
        lines.append(name).append(" read ").append(record.partition()).append(' ').append(record.offset())
            .append('\n');
      }
      tell(lines.toString());
    }

    /** Gives whether it went well, which it does not while the member is on its way to another generation or epoch. */
    private boolean commit() {
      try {
        consumer.commitSync();
        committed = System.nanoTime();
        return true;
      } catch (RebalanceInProgressException | CommitFailedException busy) {
        return false;
      }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      // A commit that crosses with the answer that brings a new epoch is refused; soon that answer is here.
      for (int tries = 0; !commit() && tries < TRIES; tries++) LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
      for (TopicPartition partition : partitions) owned.remove(partition.partition());
      tellOwned();
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      for (TopicPartition partition : partitions) owned.remove(partition.partition());
      tellOwned();
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      for (TopicPartition partition : partitions) owned.add(partition.partition());
      tellOwned();
    }

    private void tellOwned() {
      String numbers = owned.stream().map(String::valueOf).collect(Collectors.joining(" "));
      tell((name + " owns " + numbers).strip() + "\n");
    }
  }
}
