#include "json_text.h"

#include <fmt/format.h>

#include <map>

#include "base/check.h"
#include "wire/message_type.h"

namespace wire {

// Generated, each from its share of schema/.
std::span<const JsonType> json_types_0();
std::span<const JsonType> json_types_1();
std::span<const JsonType> json_types_2();
std::span<const JsonType> json_types_3();

namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string base64(Bytes bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t j = i; j < i + 3; ++j) {
      group = group << 8 | (j < bytes.size() ? std::to_integer<unsigned>(bytes[j]) : 0);
    }
    for (unsigned j = 0; j < 4; ++j) {
      out += i + j > bytes.size() ? '=' : kDigits[group >> (18 - 6 * j) & 63];
    }
  }
  return out;
}

const std::map<std::string_view, const JsonType*>& types() {
  static const auto all = [] {
    std::map<std::string_view, const JsonType*> found;
    for (const auto& part : {json_types_0(), json_types_1(), json_types_2(), json_types_3()}) {
      for (const JsonType& type : part) found[type.name] = &type;
    }
    return found;
  }();
  return all;
}

}  // namespace

void JsonText::begin() { text_ += '{'; }
void JsonText::end() { text_ += '}'; }

void JsonText::separate() {
  if (text_.back() != '{' && text_.back() != '[') text_ += ',';
}

void JsonText::key(std::string_view name) {
  separate();
  text_ += fmt::format("\"{}\":", name);
}

void JsonText::number(std::int64_t v) { text_ += fmt::format("{}", v); }
void JsonText::value(bool v) { text_ += v ? "true" : "false"; }
void JsonText::value(double v) { text_ += fmt::format("{}", v); }
void JsonText::value(const std::string& v) { text_ += quoted(v); }
void JsonText::value(const ByteVector& v) { text_ += quoted(base64(v)); }
void JsonText::value(const Uuid& v) { text_ += quoted(to_text(v)); }

void JsonText::records(std::string_view name, const std::optional<Records>& v) {
  key(fmt::format("{}{}", name, v ? "SizeInBytes" : ""));
  text_ += v ? fmt::format("{}", v->size()) : "null";
}

std::string json_text(const MessageType& type, Version version, const void* message) {
  const auto found = types().find(type.name);
  check(found != types().end(), "a message without its JSON");
  JsonText json(version);
  found->second->describe(json, message);
  return json.text();
}

}  // namespace wire
