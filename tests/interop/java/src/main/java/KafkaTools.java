import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Map;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs Apache Kafka's command-line tools one after another in one process. A line of stdin is a command, its words
 * apart by tabs; what it printed comes back, and after it a line with a dot and the code that it ended with.
 */
public final class KafkaTools {
  private static final Map<String, String> CLASSES = Map.of(
      "kafka-consumer-groups", "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
      "kafka-groups", "org.apache.kafka.tools.GroupsCommand",
      "kafka-configs", "kafka.admin.ConfigCommand");

  private static final class Ended extends Error {
    private final int code;

    private Ended(int code) {
      super(null, null, false, false);
      this.code = code;
    }
  }

  public static void main(String[] args) throws Exception {
    Exit.setExitProcedure((code, message) -> {
      throw new Ended(code);
    });
    PrintStream answers = System.out;
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      ByteArrayOutputStream said = new ByteArrayOutputStream();
      System.setOut(new PrintStream(said, true));
      System.setErr(System.out);
      int code = run(line.split("\t"));
      answers.write(said.toByteArray());
      answers.println("\n. " + code);
    }
  }

  private static int run(String[] words) throws Exception {
    try {
      Class.forName(CLASSES.get(words[0])).getMethod("main", String[].class)
          .invoke(null, (Object) Arrays.copyOfRange(words, 1, words.length));
      return 0;
    } catch (java.lang.reflect.InvocationTargetException error) {
      if (error.getCause() instanceof Ended ended) return ended.code;
      System.out.println(error.getCause());
      return 1;
    }
  }
}
