package thalweg;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.InputStream;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarFile;

/** The definitions of messages that lie in Kafka's jars, and the classes that were made of them. */
final class Specs {
  private static final List<String> PACKAGES = List.of(
      "org.apache.kafka.common.message.", "org.apache.kafka.common.metadata.",
      "org.apache.kafka.coordinator.group.generated.", "org.apache.kafka.coordinator.transaction.generated.",
      "org.apache.kafka.coordinator.share.generated.", "org.apache.kafka.raft.generated.");

  private Specs() {}

  /** Every definition on the class path, by name. */
  static Map<String, JsonNode> all() throws Exception {
    ObjectMapper mapper = new ObjectMapper().configure(JsonParser.Feature.ALLOW_COMMENTS, true);
    Map<String, JsonNode> found = new TreeMap<>();
    for (String path : System.getProperty("java.class.path").split(File.pathSeparator)) {
      if (!path.contains("kafka") || !path.endsWith(".jar")) {
        continue;
      }
      try (JarFile jar = new JarFile(path)) {
        for (var entry : Collections.list(jar.entries())) {
          if (!entry.getName().endsWith(".json")) {
            continue;
          }
          try (InputStream in = jar.getInputStream(entry)) {
            JsonNode spec = mapper.readTree(in);
            if (spec.has("validVersions") && spec.has("fields") && classOf(spec, "") != null) {
              found.put(spec.get("name").asText(), spec);
            }
          }
        }
      }
    }
    return found;
  }

  static Class<?> classOf(JsonNode spec, String suffix) {
    String type = spec.get("type").asText();
    boolean data = List.of("request", "response", "header").contains(type);
    for (String prefix : PACKAGES) {
      try {
        return Class.forName(prefix + spec.get("name").asText() + (data ? "Data" : "") + suffix);
      } catch (ClassNotFoundException next) {
        // Another package has it, or none.
      }
    }
    return null;
  }

  /** First and last of a range of versions as the definitions write it. */
  static int[] range(String text) {
    if (text.equals("none")) {
      return new int[] {0, -1};
    }
    if (text.endsWith("+")) {
      return new int[] {Integer.parseInt(text.substring(0, text.length() - 1)), Short.MAX_VALUE};
    }
    String[] ends = text.split("-");
    return new int[] {Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1])};
  }

  static boolean holds(JsonNode node, String property, int version) {
    if (!node.has(property)) {
      return false;
    }
    int[] versions = range(node.get(property).asText());
    return versions[0] <= version && version <= versions[1];
  }
}
