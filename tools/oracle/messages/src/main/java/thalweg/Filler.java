package thalweg;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;

/** Makes one message, as JSON, of its definition and some values. */
final class Filler {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final Map<String, JsonNode> commonStructs = new HashMap<>();
  private final JsonNode spec;
  private final int version;
  private final Values values;

  Filler(JsonNode spec, int version, Values values) {
    this.spec = spec;
    this.version = version;
    this.values = values;
    for (JsonNode struct : spec.path("commonStructs")) {
      commonStructs.put(struct.get("name").asText(), struct.get("fields"));
    }
  }

  ObjectNode message() {
    return struct(spec.get("fields"));
  }

  private ObjectNode struct(JsonNode fields) {
    ObjectNode made = JSON.objectNode();
    for (JsonNode field : fields) {
      boolean tagged = Specs.holds(field, "taggedVersions", version);
      if (!(Specs.holds(field, "versions", version) || tagged) || (tagged && !values.hasTag())) {
        continue;
      }
      String name = field.get("name").asText();
      made.set(Character.toLowerCase(name.charAt(0)) + name.substring(1), field(field));
    }
    return made;
  }

  private JsonNode field(JsonNode field) {
    boolean nullable = Specs.holds(field, "nullableVersions", version);
    String type = field.get("type").asText();
    if (field.has("default") && values.isDefault()) {
      String text = field.get("default").asText();
      if (!text.equals("null")) {
        return standard(type, text);
      }
      if (nullable) {
        return JSON.nullNode();
      }
    }
    if (nullable && values.isNull()) {
      return JSON.nullNode();
    }
    if (!type.startsWith("[]")) {
      return value(type, field);
    }
    String element = type.substring(2);
    ArrayNode made = JSON.arrayNode();
    for (int n = values.length(Character.isUpperCase(element.charAt(0))); n > 0; --n) {
      made.add(value(element, field));
    }
    return made;
  }

  /** A default as the definitions write it. */
  private static JsonNode standard(String type, String text) {
    switch (type) {
      case "string": return JSON.textNode(text);
      case "bool": return JSON.booleanNode(Boolean.parseBoolean(text));
      case "float64": return JSON.numberNode(Double.parseDouble(text));
      default: return JSON.numberNode(Long.decode(text));
    }
  }

  private JsonNode value(String type, JsonNode field) {
    switch (type) {
      case "bool": return JSON.booleanNode(values.flag());
      case "int8": return JSON.numberNode((int) values.integer(8, true));
      case "int16": return JSON.numberNode((int) values.integer(16, true));
      case "uint16": return JSON.numberNode((int) values.integer(16, false));
      case "int32": return JSON.numberNode((int) values.integer(32, true));
      case "uint32": return JSON.numberNode(values.integer(32, false));
      case "int64": return JSON.numberNode(values.integer(64, true));
      case "float64": return JSON.numberNode(values.real());
      case "uuid": return JSON.textNode(values.uuid().toString());
      case "string": return JSON.textNode(values.text());
      case "bytes":
      case "records": return JSON.binaryNode(values.bytes());
      default: return struct(field.has("fields") ? field.get("fields") : commonStructs.get(type));
    }
  }
}
