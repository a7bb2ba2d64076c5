// A table for people: columns as wide as their widest cell, numbers to the right.
#pragma once
#include <string>
#include <vector>

namespace app {

enum class Align { Left, Right };

struct Column {
  std::string title;
  Align align = Align::Left;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as there are columns. Control characters are shown as '?', so that a name from
  // the cluster cannot drive the terminal.
  void add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  std::size_t rows() const { return rows_.size(); }

  // One line per row, the titles first. `styled` makes them bold, for a terminal.
  std::string text(bool styled) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Name and value below one another, values aligned: for the facts about one thing.
class Facts {
 public:
  void add(std::string name, std::string value);
  std::string text(bool styled) const;

 private:
  std::vector<std::pair<std::string, std::string>> facts_;
};

// `text` without control characters, safe to show on a terminal.
std::string printable(std::string text);

}  // namespace app
