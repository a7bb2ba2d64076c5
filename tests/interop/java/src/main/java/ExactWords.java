import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Produced;

/**
 * Kafka Streams counts the words of NAME-in into NAME-out, exactly once, until it is killed; each count is told.
 * Usage: ExactWords HOST:PORT NAME STATE
 */
public final class ExactWords {
  public static void main(String[] args) {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    settings.put("application.id", args[1]);
    settings.put("state.dir", args[2]);
    settings.put("group.instance.id", "words"); // Who comes after it need not wait for its session to end.
    settings.put("session.timeout.ms", 6000);
    settings.put("heartbeat.interval.ms", 500);
    settings.put("processing.guarantee", "exactly_once_v2");
    settings.put("commit.interval.ms", 100);
    settings.put("statestore.cache.max.bytes", 0);
    settings.put("default.key.serde", Serdes.StringSerde.class.getName());
    settings.put("default.value.serde", Serdes.StringSerde.class.getName());

    StreamsBuilder builder = new StreamsBuilder();
    builder.<String, String>stream(args[1] + "-in")
        .groupBy((key, word) -> word)
        .count()
        .toStream()
        .to(args[1] + "-out", Produced.with(Serdes.String(), Serdes.Long()));
    new KafkaStreams(builder.build(), settings).start();
  }
}
