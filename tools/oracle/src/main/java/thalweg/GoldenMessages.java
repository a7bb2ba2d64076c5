package thalweg;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.DataOutputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.jar.JarFile;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

/**
 * Writes random messages of every kind and version as Kafka itself encodes them. What is random comes
 * from the definitions that lie in Kafka's jars, so this shares nothing with our schemas.
 *
 * <p>The file is gzip of entries: name (length as one byte, then text), version (two bytes), message
 * (length as four bytes, then the bytes).
 */
public final class GoldenMessages {
  private static final int PER_VERSION = 10;
  private static final List<String> PACKAGES = List.of(
      "org.apache.kafka.common.message.", "org.apache.kafka.common.metadata.",
      "org.apache.kafka.coordinator.group.generated.", "org.apache.kafka.coordinator.transaction.generated.",
      "org.apache.kafka.coordinator.share.generated.", "org.apache.kafka.raft.generated.");
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final Random random = new Random(20261123);
  private Map<String, JsonNode> commonStructs = new HashMap<>();
  private int version;

  public static void main(String[] args) throws Exception {
    new GoldenMessages().run(args[0]);
  }

  private void run(String path) throws Exception {
    try (DataOutputStream out = new DataOutputStream(new GZIPOutputStream(new FileOutputStream(path)))) {
      for (JsonNode spec : specs().values()) {
        int[] versions = range(spec.get("validVersions").asText());
        for (version = versions[0]; version <= versions[1]; ++version) {
          for (int i = 0; i < PER_VERSION; ++i) {
            entry(out, spec);
          }
        }
      }
    }
  }

  /** Every message definition on the class path, by name. */
  private static Map<String, JsonNode> specs() throws Exception {
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

  private static Class<?> classOf(JsonNode spec, String suffix) {
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

  private void entry(DataOutputStream out, JsonNode spec) throws Exception {
    commonStructs = new HashMap<>();
    for (JsonNode struct : spec.path("commonStructs")) {
      commonStructs.put(struct.get("name").asText(), struct.get("fields"));
    }
    JsonNode json = struct(spec.get("fields"));
    Message message = (Message) classOf(spec, "JsonConverter")
        .getMethod("read", JsonNode.class, short.class).invoke(null, json, (short) version);
    ObjectSerializationCache cache = new ObjectSerializationCache();
    ByteBuffer bytes = ByteBuffer.allocate(message.size(cache, (short) version));
    message.write(new ByteBufferAccessor(bytes), cache, (short) version);

    byte[] name = spec.get("name").asText().getBytes("UTF-8");
    out.writeByte(name.length);
    out.write(name);
    out.writeShort(version);
    out.writeInt(bytes.position());
    out.write(bytes.array(), 0, bytes.position());
  }

  private static int[] range(String text) {
    if (text.equals("none")) {
      return new int[] {0, -1};
    }
    if (text.endsWith("+")) {
      return new int[] {Integer.parseInt(text.substring(0, text.length() - 1)), Short.MAX_VALUE};
    }
    String[] ends = text.split("-");
    return new int[] {Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1])};
  }

  private boolean holds(JsonNode field, String property) {
    if (!field.has(property)) {
      return false;
    }
    int[] versions = range(field.get(property).asText());
    return versions[0] <= version && version <= versions[1];
  }

  private ObjectNode struct(JsonNode fields) {
    ObjectNode made = JSON.objectNode();
    for (JsonNode field : fields) {
      boolean tagged = holds(field, "taggedVersions");
      if (!(holds(field, "versions") || tagged) || (tagged && random.nextBoolean())) {
        continue;
      }
      String name = field.get("name").asText();
      made.set(Character.toLowerCase(name.charAt(0)) + name.substring(1), field(field));
    }
    return made;
  }

  private JsonNode field(JsonNode field) {
    if (holds(field, "nullableVersions") && random.nextInt(3) == 0) {
      return JSON.nullNode();
    }
    String type = field.get("type").asText();
    if (!type.startsWith("[]")) {
      return value(type, field);
    }
    ArrayNode made = JSON.arrayNode();
    for (int n = random.nextInt(3); n > 0; --n) {
      made.add(value(type.substring(2), field));
    }
    return made;
  }

  private JsonNode value(String type, JsonNode field) {
    switch (type) {
      case "bool": return JSON.booleanNode(random.nextBoolean());
      case "int8": return JSON.numberNode((int) (byte) integer());
      case "int16": return JSON.numberNode((int) (short) integer());
      case "uint16": return JSON.numberNode((int) (integer() & 0xffff));
      case "int32": return JSON.numberNode((int) integer());
      case "uint32": return JSON.numberNode(integer() & 0xffffffffL);
      case "int64": return JSON.numberNode(integer());
      case "float64": return JSON.numberNode(random.nextGaussian());
      case "uuid": return JSON.textNode(new Uuid(random.nextLong(), random.nextLong()).toString());
      case "string": return JSON.textNode(text());
      case "bytes":
      case "records": {
        byte[] bytes = new byte[random.nextInt(20)];
        random.nextBytes(bytes);
        return JSON.binaryNode(bytes);
      }
      default: return struct(field.has("fields") ? field.get("fields") : commonStructs.get(type));
    }
  }

  /** Small numbers and extreme ones more often than chance would give them. */
  private long integer() {
    switch (random.nextInt(4)) {
      case 0: return random.nextInt(300) - 2;
      case 1: return random.nextBoolean() ? Long.MAX_VALUE : Long.MIN_VALUE;
      default: return random.nextLong();
    }
  }

  /** Now and then longer than a varint of one byte can say. */
  private String text() {
    int n = random.nextInt(60) == 0 ? 130 : random.nextInt(8);
    StringBuilder made = new StringBuilder();
    for (; n > 0; --n) {
      made.append(random.nextInt(20) == 0 ? 'ß' : (char) ('a' + random.nextInt(26)));
    }
    return made.toString();
  }
}
