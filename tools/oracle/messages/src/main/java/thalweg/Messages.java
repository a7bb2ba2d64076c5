package thalweg;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.RawTaggedField;

/**
 * Writes messages of every kind and version as Apache Kafka itself encodes them, and what its
 * JsonConverters say is in them. What is filled in follows the definitions that lie in Kafka's jars,
 * so this shares nothing with our schemas. tests/formats/golden.h describes the stream.
 *
 * <p>{@code stream N SEED NAME} writes N random messages of each version of whatever has NAME in its
 * name to standard output; {@code golden FILE NAMES} the few that tests keep, of the messages that the
 * file NAMES lists as "name first last".
 */
public final class Messages {
  private static final int ROUNDS = 4;
  private static final int FEW = 3;
  private static final int FIRST_UNKNOWN_TAG = 1000;

  private final DataOutputStream out;
  private final Values.Chance chance;

  private Messages(OutputStream out, long seed) {
    this.out = new DataOutputStream(new BufferedOutputStream(out, 1 << 16));
    chance = new Values.Chance(seed);
  }

  public static void main(String[] args) throws Exception {
    if (args.length == 4 && args[0].equals("stream")) {
      new Messages(System.out, Long.parseLong(args[2])).stream(Integer.parseInt(args[1]), args[3]);
    } else if (args.length == 3 && args[0].equals("golden")) {
      try (OutputStream file = new FileOutputStream(args[1])) {
        new Messages(new GZIPOutputStream(file) {{ def.setLevel(9); }}, 20261123).golden(args[2]);
      }
    } else {
      throw new IllegalArgumentException("stream N SEED NAME, or golden FILE NAMES");
    }
  }

  private void stream(int messages, String wanted) throws Exception {
    for (JsonNode spec : Specs.all().values()) {
      if (!spec.get("name").asText().contains(wanted) || spec.get("type").asText().equals("header")) {
        continue;
      }
      int[] versions = Specs.range(spec.get("validVersions").asText());
      for (int version = versions[0]; version <= versions[1]; ++version) {
        for (int i = 0; i < messages; ++i) {
          message(spec, version, i < ROUNDS ? new Values.Numbered(i) : chance);
        }
      }
    }
    if ("RequestHeader".contains(wanted) || "ResponseHeader".contains(wanted)) {
      headers(messages);
    }
    out.close();
  }

  private void golden(String names) throws Exception {
    Map<String, JsonNode> specs = Specs.all();
    for (String line : java.nio.file.Files.readAllLines(java.nio.file.Path.of(names))) {
      String[] words = line.split(" ");
      for (int version = Integer.parseInt(words[1]); version <= Integer.parseInt(words[2]); ++version) {
        for (int i = 0; i < ROUNDS; ++i) {
          message(specs.get(words[0]), version, new Values.Numbered(i));
        }
        for (int i = 0; i < FEW; ++i) {
          message(specs.get(words[0]), version, chance);
        }
      }
    }
    headers(1);
    out.close();
  }

  private void message(JsonNode spec, int version, Values values) throws Exception {
    JsonNode json = new Filler(spec, version, values).message();
    Class<?> converter = Specs.classOf(spec, "JsonConverter");
    Message message = (Message) converter.getMethod("read", JsonNode.class, short.class)
        .invoke(null, json, (short) version);
    JsonNode said = (JsonNode) converter.getMethod("write", message.getClass(), short.class, boolean.class)
        .invoke(null, message, (short) version, false);
    boolean tagged = Specs.holds(spec, "flexibleVersions", version) && values == chance && chance.below(4) == 0;
    entry(spec.get("name").asText(), version, message, version, said, tagged);
  }

  /** Those of each API and version: a header's version follows from the message's. */
  private void headers(int messages) throws Exception {
    for (ApiKeys api : ApiKeys.values()) {
      for (short version = api.oldestVersion(); version <= api.latestVersion(true); ++version) {
        for (int i = 0; i < messages; ++i) {
          header(api, version);
        }
      }
    }
  }

  private void header(ApiKeys api, short version) throws Exception {
    RequestHeaderData asked = new RequestHeaderData().setRequestApiKey(api.id).setRequestApiVersion(version)
        .setCorrelationId((int) chance.integer(32, true)).setClientId(chance.isNull() ? null : chance.text());
    short askedVersion = api.requestHeaderVersion(version);
    JsonNode said = org.apache.kafka.common.message.RequestHeaderDataJsonConverter.write(asked, askedVersion, false);
    entry("RequestHeader", askedVersion, asked, askedVersion, said, askedVersion >= 2 && chance.below(4) == 0);
    ResponseHeaderData answered = new ResponseHeaderData().setCorrelationId((int) chance.integer(32, true));
    short answeredVersion = api.responseHeaderVersion(version);
    said = org.apache.kafka.common.message.ResponseHeaderDataJsonConverter.write(answered, answeredVersion, false);
    entry("ResponseHeader:" + api.id, version, answered, answeredVersion, said,
        answeredVersion >= 1 && chance.below(4) == 0);
  }

  private void entry(String name, int shownVersion, Message message, int version, JsonNode said, boolean tagged)
      throws Exception {
    byte[] plain = encode(message, version);
    byte[] sent = plain;
    if (tagged) {
      addUnknownTags(message, said);
      sent = encode(message, version);
    }
    byte[] text = name.getBytes(StandardCharsets.UTF_8);
    out.writeByte(text.length);
    out.write(text);
    out.writeShort(shownVersion);
    blob(sent);
    blob(tagged ? plain : new byte[0]);
    blob(said.toString().getBytes(StandardCharsets.UTF_8));
  }

  private void blob(byte[] bytes) throws IOException {
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static byte[] encode(Message message, int version) {
    ObjectSerializationCache cache = new ObjectSerializationCache();
    ByteBuffer bytes = ByteBuffer.allocate(message.size(cache, (short) version));
    message.write(new ByteBufferAccessor(bytes), cache, (short) version);
    return bytes.array();
  }

  /** What a later version may have added, here and there in the message and the structs within it. */
  private void addUnknownTags(Message message, JsonNode said) throws Exception {
    List<RawTaggedField> tags = message.unknownTaggedFields();
    for (int n = chance.below(3); n > 0; --n) {
      tags.add(new RawTaggedField(FIRST_UNKNOWN_TAG - 200 * n, chance.bytes()));
    }
    // Of what lies inside only that which is written, for the rest must be at its default.
    for (Map.Entry<String, JsonNode> part : said.properties()) {
      if (!part.getValue().isContainerNode()) {
        continue;
      }
      Field field = message.getClass().getDeclaredField(part.getKey());
      field.setAccessible(true);
      Object value = field.get(message);
      if (value instanceof Message) {
        addUnknownTags((Message) value, part.getValue());
      } else {
        Iterator<JsonNode> elements = part.getValue().elements();
        for (Object element : (Iterable<?>) value) {
          JsonNode saidOfIt = elements.next();
          if (element instanceof Message) {
            addUnknownTags((Message) element, saidOfIt);
          }
        }
      }
    }
  }
}
