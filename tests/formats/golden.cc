#include "golden.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "json_text.h"
#include "wire/apis.h"
#include "wire/header.h"

namespace wire {
namespace {

using Json = nlohmann::ordered_json;

// What we make of Kafka's bytes.
struct Ours {
  bool read = false;  // To the end, and nothing was left over.
  std::size_t left = 0;
  std::string json;
  ByteVector again;
};

const MessageType* find_type(std::string_view name) {
  static const auto types = [] {
    std::map<std::string_view, const MessageType*> found;
    for (const MessageType* type : all_messages()) found[type->name] = type;
    return found;
  }();
  const auto found = types.find(name);
  return found == types.end() ? nullptr : found->second;
}

Ours message(const MessageType& type, Version version, Bytes bytes) {
  const bool flexible = type.schema.flexible(version);
  const auto made = type.make();
  Reader reader(bytes, version, flexible);
  type.walk(reader, made.get());
  Output out;
  Writer writer(out, version, flexible);
  type.walk(writer, made.get());
  return {reader.done(), reader.ok() ? reader.rest().size() : 0,
          json_text(type, version, made.get()), std::move(out.bytes)};
}

Ours request_header(Bytes bytes) {
  const Result<RequestFrame> frame = read_request_header(bytes);
  if (!frame) return {false, 0, "{}", {}};
  JsonText json(0);
  json.begin();
  json.field("requestApiKey", frame->header.api_key);
  json.field("requestApiVersion", frame->header.api_version);
  json.field("correlationId", frame->header.correlation_id);
  json.field("clientId", frame->header.client_id);
  json.end();
  Output out;
  write_request_header(frame->header, out);
  return {frame->body.empty(), frame->body.size(), json.text(), std::move(out.bytes)};
}

Ours response_header(const Api& api, Version version, Bytes bytes) {
  const Result<ResponseFrame> frame = read_response_header(bytes, api, version);
  if (!frame) return {false, 0, "{}", {}};
  JsonText json(0);
  json.begin();
  json.field("correlationId", frame->correlation_id);
  json.end();
  Output out;
  write_response_header(frame->correlation_id, api, version, out);
  return {frame->body.empty(), frame->body.size(), json.text(), std::move(out.bytes)};
}

constexpr std::string_view kRequestHeader = "RequestHeader";
constexpr std::string_view kResponseHeader = "ResponseHeader:";

const Api* api_of(std::string_view name) {
  std::int16_t key = -1;
  name.remove_prefix(kResponseHeader.size());
  std::from_chars(name.data(), name.data() + name.size(), key);
  return find_api(key);
}

Ours read(const Golden& golden) {
  if (golden.name == kRequestHeader) return request_header(golden.sent);
  if (golden.name.starts_with(kResponseHeader)) {
    return response_header(*api_of(golden.name), golden.version, golden.sent);
  }
  return message(*find_type(golden.name), golden.version, golden.sent);
}

std::string compare(const std::string& path, const Json* ours, const Json* theirs);

std::string compare_members(const std::string& path, const Json& ours, const Json& theirs) {
  const std::string prefix = path.empty() ? "" : path + ".";
  const auto member = [](const Json& object, const std::string& name) {
    const auto found = object.find(name);
    return found == object.end() ? nullptr : &*found;
  };
  for (const auto& [name, value] : theirs.items()) {
    std::string found = compare(prefix + name, member(ours, name), &value);
    if (!found.empty()) return found;
  }
  for (const auto& [name, value] : ours.items()) {
    if (!theirs.contains(name)) return compare(prefix + name, &value, nullptr);
  }
  return "";
}

std::string compare_elements(const std::string& path, const Json& ours, const Json& theirs) {
  const auto at = [](const Json& array, std::size_t i) {
    return i < array.size() ? &array[i] : nullptr;
  };
  for (std::size_t i = 0; i < std::max(ours.size(), theirs.size()); ++i) {
    std::string found = compare(fmt::format("{}[{}]", path, i), at(ours, i), at(theirs, i));
    if (!found.empty()) return found;
  }
  return "";
}

// The first place where two values part, and what stands there; in the order of Kafka's fields.
std::string compare(const std::string& path, const Json* ours, const Json* theirs) {
  if (ours && theirs && *ours == *theirs) return "";
  if (ours && theirs && ours->is_object() && theirs->is_object()) {
    return compare_members(path, *ours, *theirs);
  }
  if (ours && theirs && ours->is_array() && theirs->is_array()) {
    return compare_elements(path, *ours, *theirs);
  }
  const auto shown = [](const Json* value) { return value ? value->dump() : "nothing"; };
  return fmt::format("{}: ours {}, Kafka's {}", path, shown(ours), shown(theirs));
}

std::string hex(Bytes bytes) {
  std::string text;
  for (const std::byte b : bytes) text += fmt::format(" {:02x}", std::to_integer<int>(b));
  return text.empty() ? " (ends)" : text;
}

std::string compare_bytes(Bytes ours, Bytes theirs) {
  const auto at = static_cast<std::size_t>(std::ranges::mismatch(ours, theirs).in1 - ours.begin());
  const auto around = [&](Bytes bytes) {
    return hex(bytes.subspan(at, std::min<std::size_t>(8, bytes.size() - at)));
  };
  return fmt::format("the same fields, but byte {} of {} differs: ours{}, Kafka's{}", at,
                     theirs.size(), around(ours), around(theirs));
}

std::string compare(const Golden& golden, const Ours& ours) {
  const Json mine = Json::parse(ours.json, nullptr, false);
  const Json kafkas = Json::parse(golden.json, nullptr, false);
  std::string found = compare("", &mine, &kafkas);
  if (!found.empty()) return found;
  if (ours.left > 0) return fmt::format("{} bytes are left over", ours.left);
  if (!ours.read) return "does not read";
  const ByteVector& plain = golden.plain.empty() ? golden.sent : golden.plain;
  return ours.again == plain ? "" : compare_bytes(ours.again, plain);
}

}  // namespace

Result<void> read_golden(const std::function<ByteVector(std::size_t)>& take,
                         const std::function<void(const Golden&)>& each) {
  bool whole = true;
  const auto number = [&](std::size_t bytes) {
    std::size_t value = 0;
    const ByteVector taken = take(bytes);
    whole &= taken.size() == bytes;
    for (const std::byte b : taken) value = value << 8 | std::to_integer<std::size_t>(b);
    return value;
  };
  const auto blob = [&](std::size_t bytes) {
    ByteVector taken = take(bytes);
    whole &= taken.size() == bytes;
    return taken;
  };
  while (true) {
    const ByteVector length = take(1);
    if (length.empty()) return {};
    Golden golden;
    golden.name = as_text(blob(std::to_integer<std::size_t>(length[0])));
    golden.version = static_cast<Version>(number(2));
    golden.sent = blob(number(4));
    golden.plain = blob(number(4));
    golden.json = as_text(blob(number(4)));
    if (!whole) return fail(ErrorCode::CorruptMessage, "Kafka's messages end in the middle of one");
    each(golden);
  }
}

bool is_ours(const Golden& golden) {
  if (golden.name == kRequestHeader) return true;
  if (golden.name.starts_with(kResponseHeader)) return api_of(golden.name) != nullptr;
  const MessageType* type = find_type(golden.name);
  return type != nullptr && type->schema.has(golden.version);
}

std::string difference(const Golden& golden) {
  const std::string found = compare(golden, read(golden));
  return found.empty() ? "" : fmt::format("{} v{}: {}", golden.name, golden.version, found);
}

}  // namespace wire
