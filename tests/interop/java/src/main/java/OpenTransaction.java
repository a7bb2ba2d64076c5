import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Commits a transaction, aborts one, and leaves one open, each larger than a segment of 1 MiB; says "open" and is gone
 * when stdin ends. Usage: OpenTransaction HOST:PORT ID TOPIC
 */
public final class OpenTransaction {
  public static void main(String[] args) throws Exception {
    Map<String, Object> settings = Map.of("bootstrap.servers", args[0], "transactional.id", args[1]);
    var producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
    producer.initTransactions();
    for (int transaction = 0; transaction < 3; transaction++) {
      producer.beginTransaction();
      for (int i = 0; i < 60; i++) producer.send(new ProducerRecord<>(args[2], 0, "key-" + i, new byte[20_000]));
      producer.flush(); // What was not sent when it is aborted never is.
      if (transaction == 0) producer.commitTransaction();
      if (transaction == 1) producer.abortTransaction();
    }
    System.out.println("open");
    System.in.read();
    Runtime.getRuntime().halt(0); // Nothing is to end the transaction.
  }
}
