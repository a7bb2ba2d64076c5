#include "app/record_format.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "app/human.h"

namespace app {

namespace {

using Json = nlohmann::ordered_json;

void put(Json& object, const std::string& name, const std::optional<Bytes>& bytes) {
  if (!bytes) {
    object[name] = nullptr;
  } else if (is_utf8(as_text(*bytes))) {
    object[name] = as_text(*bytes);
  } else {
    object[name + "_base64"] = to_base64(*bytes);
  }
}

std::string json_of(const client::RecordView& record) {
  Json object;
  object["topic"] = record.topic;
  object["partition"] = record.partition.value;
  object["offset"] = record.offset.value;
  object["timestamp"] = record.timestamp.value;
  put(object, "key", record.key);
  put(object, "value", record.value);
  object["headers"] = Json::array();
  for (const client::Header& header : record.headers) {
    Json one;
    one["name"] = header.name;
    put(one, "value", header.value);
    object["headers"].push_back(std::move(one));
  }
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Result<RecordFormat> RecordFormat::parse(std::string_view text, Encoding encoding,
                                         std::string null_as) {
  RecordFormat format;
  format.encoding_ = encoding;
  format.null_as_ = std::move(null_as);
  std::string plain;
  const auto flush = [&] {
    if (!plain.empty()) format.pieces_.emplace_back(unescape(std::exchange(plain, {})));
  };
  constexpr std::string_view kLetters = "kvoptTIhS";
  constexpr Field kFields[] = {Field::Key,       Field::Value,   Field::Offset,
                               Field::Partition, Field::Topic,   Field::Millis,
                               Field::Iso,       Field::Headers, Field::Size};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    const char letter = ++i < text.size() ? text[i] : '\0';
    const std::size_t found = kLetters.find(letter);
    if (letter == '%') {
      plain += '%';
    } else if (letter != '\0' && found != std::string_view::npos) {
      flush();
      format.pieces_.emplace_back(kFields[found]);
    } else {
      return fail(ErrorCode::InvalidRequest,
                  fmt::format("--format knows %k %v %o %p %t %T %I %h %S and %%, not '%{}'",
                              letter ? std::string(1, letter) : ""));
    }
  }
  flush();
  const auto* last =
      format.pieces_.empty() ? nullptr : std::get_if<std::string>(&format.pieces_.back());
  const bool ended = last && (last->ends_with('\n') || last->ends_with('\0'));
  if (!ended) format.pieces_.emplace_back("\n");
  return format;
}

RecordFormat RecordFormat::json() {
  RecordFormat format;
  format.json_ = true;
  return format;
}

std::string RecordFormat::shown(const std::optional<Bytes>& bytes) const {
  return bytes ? encode(*bytes, encoding_) : null_as_;
}

void RecordFormat::print(const client::RecordView& record, std::string& out) const {
  if (json_) {
    out += json_of(record);
    out += '\n';
    return;
  }
  for (const Piece& piece : pieces_) {
    std::visit(overloaded{[&](const std::string& plain) { out += plain; },
                          [&](Field field) { print(field, record, out); }},
               piece);
  }
}

void RecordFormat::print(Field field, const client::RecordView& record, std::string& out) const {
  switch (field) {
    case Field::Key:
      out += shown(record.key);
      break;
    case Field::Value:
      out += shown(record.value);
      break;
    case Field::Offset:
      fmt::format_to(std::back_inserter(out), "{}", record.offset.value);
      break;
    case Field::Partition:
      fmt::format_to(std::back_inserter(out), "{}", record.partition.value);
      break;
    case Field::Topic:
      out += record.topic;
      break;
    case Field::Millis:
      fmt::format_to(std::back_inserter(out), "{}", record.timestamp.value);
      break;
    case Field::Iso:
      out += iso_time(record.timestamp);
      break;
    case Field::Size:
      fmt::format_to(std::back_inserter(out), "{}", record.value ? record.value->size() : 0);
      break;
    case Field::Headers:
      for (std::size_t i = 0; i < record.headers.size(); ++i) {
        const client::Header& header = record.headers[i];
        fmt::format_to(std::back_inserter(out), "{}{}={}", i > 0 ? "," : "", header.name,
                       shown(header.value));
      }
      break;
  }
}

}  // namespace app
