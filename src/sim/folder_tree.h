// Names on a simulated disk: as programs see them now, and as a crash may leave them. Every change
// of names waits until its folder is synced.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/file_content.h"

namespace sim {

struct Node;
using NodePtr = std::shared_ptr<Node>;

// A file or a folder.
struct Node {
  bool is_folder = false;
  FileContent content;                     // Of a file.
  std::map<std::string, NodePtr> entries;  // Of a folder, now
  std::map<std::string, NodePtr> durable;  // and for certain after a crash.
};

class FolderTree {
 public:
  FolderTree();

  NodePtr find(const std::string& path) const;  // Null when there is none.
  // The folder that holds `path`, and the name in it. Null when there is no such folder.
  struct Place {
    NodePtr folder;
    std::string name;
  };
  Place place(const std::string& path) const;

  void put(const Place& place, NodePtr node);  // Null removes.
  void move(const Place& from, const Place& to);

  // What changed so far; syncing `folder` up to such a mark makes its part durable.
  std::uint64_t mark() const { return next_change_; }
  void sync(const NodePtr& folder, std::uint64_t mark);

  void crash(Clockwork& chance);

  std::uint64_t used_bytes() const;

 private:
  struct Set {
    NodePtr folder;
    std::string name;
    NodePtr node;
  };
  struct Change {
    std::uint64_t number;
    std::vector<Set> sets;  // Together or not at all. The first tells whose change it is.
  };

  void change(std::vector<Set> sets);
  static void make_durable(const Change& change);
  void settle(const NodePtr& node, Clockwork& chance);

  NodePtr root_;
  std::uint64_t next_change_ = 1;
  std::vector<Change> pending_;
};

}  // namespace sim
