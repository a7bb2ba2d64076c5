#include "app/table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace app {

namespace {

constexpr std::string_view kBold = "\033[1m";
constexpr std::string_view kPlain = "\033[0m";
constexpr std::string_view kGap = "  ";

// Characters, not bytes: continuation bytes of UTF-8 take no place of their own.
std::size_t width(const std::string& cell) {
  return static_cast<std::size_t>(std::ranges::count_if(
      cell, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string padded(const std::string& cell, std::size_t to, Align align) {
  const std::string space(to - std::min(to, width(cell)), ' ');
  return align == Align::Right ? space + cell : cell + space;
}

std::string trimmed(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

}  // namespace

std::string printable(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  return text;
}

void Table::add(std::vector<std::string> cells) {
  check(cells.size() == columns_.size(), "a row has a cell for each column");
  for (std::string& cell : cells) cell = printable(std::move(cell));
  rows_.push_back(std::move(cells));
}

std::string Table::text(bool styled) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t widest = width(columns_[i].title);
    for (const auto& row : rows_) widest = std::max(widest, width(row[i]));
    widths.push_back(widest);
  }
  const auto line = [&](auto&& cell_at) {
    std::string out;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) out += kGap;
      out += padded(cell_at(i), widths[i], columns_[i].align);
    }
    return trimmed(std::move(out));
  };
  const std::string titles = line([&](std::size_t i) { return columns_[i].title; });
  std::string out = styled ? fmt::format("{}{}{}\n", kBold, titles, kPlain) : titles + "\n";
  for (const auto& row : rows_) out += line([&](std::size_t i) { return row[i]; }) + "\n";
  return out;
}

void Facts::add(std::string name, std::string value) {
  facts_.emplace_back(std::move(name), printable(std::move(value)));
}

std::string Facts::text(bool styled) const {
  std::size_t widest = 0;
  for (const auto& [name, value] : facts_) widest = std::max(widest, width(name));
  std::string out;
  for (const auto& [name, value] : facts_) {
    const std::string label = padded(name, widest, Align::Left);
    const std::string shown = styled ? fmt::format("{}{}{}", kBold, label, kPlain) : label;
    out += trimmed(fmt::format("{}{}{}", shown, kGap, value)) + "\n";
  }
  return out;
}

}  // namespace app
