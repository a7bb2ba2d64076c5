import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Writes lines KEY, TAB, VALUE to a topic, or prints a topic that way, with Kafka's Java client.
 *
 * <p>java -cp 'LIB/*' Orders.java produce HOST:PORT TOPIC &lt; lines
 *
 * <p>java -cp 'LIB/*' Orders.java consume HOST:PORT TOPIC &gt; lines
 */
public final class Orders {
  public static void main(String[] args) throws Exception {
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[1]);
    if (args[0].equals("produce")) {
      produce(settings, args[2]);
    } else {
      consume(settings, args[2]);
    }
  }

  private static void produce(Properties settings, String topic) throws Exception {
    settings.put("linger.ms", "5");
    settings.put("compression.type", "zstd");
    Exception[] failure = new Exception[1];
    var in = new BufferedReader(new InputStreamReader(new FileInputStream(FileDescriptor.in), StandardCharsets.UTF_8));
    try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        int tab = line.indexOf('\t');
        var record = new ProducerRecord<>(topic, line.substring(0, tab), line.substring(tab + 1));
        producer.send(record, (where, error) -> {
          if (error != null) failure[0] = error;
        });
      }
    }
    if (failure[0] != null) throw failure[0];
  }

  private static void consume(Properties settings, String topic) throws Exception {
    var stream = new FileOutputStream(FileDescriptor.out);
    var out = new BufferedWriter(new OutputStreamWriter(stream, StandardCharsets.UTF_8));
    try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
          .map(info -> new TopicPartition(topic, info.partition())).toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(500))) {
          out.write(record.key() + "\t" + record.value() + "\n");
        }
      }
    }
    out.flush();
  }
}
