import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Copies a topic to another in transactions, until it is killed; every third is aborted and done again.
 * Usage: ExactCopy HOST:PORT NAME FROM TO
 */
public final class ExactCopy {
  public static void main(String[] args) {
    String name = args[1];
    Map<String, Object> reading = Map.of("bootstrap.servers", args[0], "group.id", name, "group.instance.id", name,
        "isolation.level", "read_committed", "enable.auto.commit", "false", "auto.offset.reset", "earliest",
        "max.poll.records", 20, "fetch.max.wait.ms", 50, "session.timeout.ms", 6000, "heartbeat.interval.ms", 500);
    Map<String, Object> writing = Map.of("bootstrap.servers", args[0], "transactional.id", name);
    try (var consumer = new KafkaConsumer<>(reading, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        var producer = new KafkaProducer<>(writing, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.initTransactions();
      consumer.subscribe(List.of(args[2]));
      for (int turn = 1;; ) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(100));
        if (records.isEmpty()) continue;
        producer.beginTransaction();
        for (ConsumerRecord<byte[], byte[]> record : records) {
          producer.send(new ProducerRecord<>(args[3], record.partition(), record.key(), record.value()));
        }
        producer.sendOffsetsToTransaction(records.nextOffsets(), consumer.groupMetadata());
        if (turn++ % 3 != 0) {
          producer.commitTransaction();
        } else {
          producer.flush();
          producer.abortTransaction();
          rewind(consumer);
        }
      }
    }
  }

  /** Goes back to what is committed. */
  private static void rewind(KafkaConsumer<byte[], byte[]> consumer) {
    Map<TopicPartition, OffsetAndMetadata> committed = new HashMap<>(consumer.committed(consumer.assignment()));
    for (TopicPartition partition : consumer.assignment()) {
      OffsetAndMetadata offset = committed.get(partition);
      if (offset == null) {
        consumer.seekToBeginning(List.of(partition));
      } else {
        consumer.seek(partition, offset);
      }
    }
  }
}
