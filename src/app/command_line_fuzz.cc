// What the command line reads that is not its user's: records of any bytes to be printed, and
// lines, positions, times, sizes and templates out of scripts and pipes.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "app/encoding.h"
#include "app/human.h"
#include "app/line_record.h"
#include "app/log_text.h"
#include "app/position.h"
#include "app/record_format.h"
#include "base/check.h"

namespace {

// What stands before the next zero byte.
std::string_view take(std::string_view& text) {
  const std::string_view taken = text.substr(0, text.find('\0'));
  text.remove_prefix(std::min(taken.size() + 1, text.size()));
  return taken;
}

void lines(std::string_view text) {
  app::LineFormat format;
  format.key_separator = take(text);
  format.null_as = take(text);
  const client::RecordView record = app::parse_line(text, format);
  check(!record.key || record.key->size() <= text.size());
  check(!record.value || record.value->size() <= text.size());
}

void numbers(std::string_view text) {
  constexpr Timestamp kNow{1'732'363'200'000};
  (void)app::parse_position(text, kNow);
  if (const auto size = app::parse_size(text)) check(!app::human_size(*size).empty());
  if (const auto time = app::parse_duration(text)) {
    check(!app::human_duration(
               std::chrono::milliseconds(std::min(time->count(), std::int64_t{1} << 40)))
               .empty());
  }
  if (const auto time = app::parse_time(text)) {
    const auto again = app::parse_time(app::iso_time(*time));
    check(!again || *again == *time, "a time is printed as another");
  }
}

// A record whose every part comes from outside, through a template that does too.
void records(std::string_view text) {
  const std::string_view pattern = take(text);
  const std::string_view key = take(text);
  client::RecordView record;
  record.key = as_bytes(key);
  record.value = as_bytes(text);
  for (const auto encoding : {app::Encoding::Text, app::Encoding::Hex, app::Encoding::Base64}) {
    const auto format = app::RecordFormat::parse(pattern, encoding, "NULL");
    std::string out;
    if (format) format->print(record, out);
    check(out.size() <= (pattern.size() + 1) * (3 * text.size() + 3 * key.size() + 100));
  }
  std::string out;
  app::RecordFormat::json().print(record, out);
  check(nlohmann::json::accept(out), "not JSON");
  check(std::ranges::count(out, '\n') == 1, "not one line");
}

// A log's bytes as `log dump` tells of them.
void dumps(std::string_view text) {
  constexpr std::size_t kMost = 20;
  check(app::is_utf8(app::brief(as_bytes(text), kMost)));
  (void)app::metadata_text(as_bytes(text));
}

void encodings(std::string_view text) {
  check(app::unescape(text).size() <= text.size());
  check(app::to_hex(as_bytes(text)).size() == 2 * text.size());
  // Another's eyes: what is not UTF-8 does not come back as it was.
  using nlohmann::json;
  const std::string whole(text);
  const std::string said = json(whole).dump(-1, ' ', false, json::error_handler_t::replace);
  check((json::parse(said) == whole) == app::is_utf8(text));
}

constexpr std::array kKinds{&lines, &numbers, &records, &encodings, &dumps};

}  // namespace

// The first byte chooses what the rest is taken for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  kKinds[data[0] % kKinds.size()]({reinterpret_cast<const char*>(data + 1), size - 1});
  return 0;
}
