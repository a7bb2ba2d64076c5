// The only place that knows toml++. Its errors come as values: TOML_EXCEPTIONS is 0.
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <fmt/format.h>

#include <toml++/toml.h>

#include "config/lines.h"

namespace config {
namespace {

// A value as it is written without TOML's quotes; none for what no option can be.
Result<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* yes = node.as_boolean()) return std::string(yes->get() ? "true" : "false");
  if (const auto* whole = node.as_integer()) return std::to_string(whole->get());
  if (const auto* real = node.as_floating_point()) return fmt::format("{}", real->get());
  return fail(ErrorCode::InvalidConfig, "takes text, a number, true or false, or a list of these");
}

Result<std::string> list_of(const toml::array& array) {
  std::string list;
  for (const toml::node& item : array) {
    if (!list.empty()) list += ',';
    list += TRY(text_of(item));
  }
  return list;
}

// `log.segment.bytes = 1` makes tables in tables: their names are put together again.
Result<void> flatten(const toml::table& table, const std::string& before, std::vector<Line>& lines,
                     std::size_t& wrong_line) {
  for (const auto& [key, node] : table) {
    const std::string name = before + std::string(key.str());
    wrong_line = node.source().begin.line;
    if (const toml::table* inner = node.as_table()) {
      TRY_VOID(flatten(*inner, name + ".", lines, wrong_line));
      continue;
    }
    Result<std::string> value = node.is_array() ? list_of(*node.as_array()) : text_of(node);
    if (!value) return fail(value.error().code, name + " " + value.error().detail);
    lines.push_back({wrong_line, name, *std::move(value)});
  }
  return {};
}

}  // namespace

Result<std::vector<Line>> read_toml(std::string_view text, std::size_t& wrong_line) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    wrong_line = parsed.error().source().begin.line;
    return fail(ErrorCode::InvalidConfig, std::string(parsed.error().description()));
  }
  std::vector<Line> lines;
  TRY_VOID(flatten(parsed.table(), "", lines, wrong_line));
  return lines;
}

}  // namespace config
