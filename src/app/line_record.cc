#include "app/line_record.h"

namespace app {

namespace {

std::optional<Bytes> unless_null(std::string_view text, const LineFormat& format) {
  if (!format.null_as.empty() && text == format.null_as) return {};
  return as_bytes(text);
}

}  // namespace

client::RecordView parse_line(std::string_view line, const LineFormat& format) {
  client::RecordView record{};
  const std::size_t separator =
      format.key_separator.empty() ? std::string_view::npos : line.find(format.key_separator);
  if (separator != std::string_view::npos) {
    record.key = unless_null(line.substr(0, separator), format);
    line.remove_prefix(separator + format.key_separator.size());
  }
  record.value = unless_null(line, format);
  return record;
}

}  // namespace app
