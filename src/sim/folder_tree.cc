#include "sim/folder_tree.h"

#include <algorithm>

namespace sim {
namespace {

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  while (at < path.size()) {
    const std::size_t slash = std::min(path.find('/', at), path.size());
    std::string part = path.substr(at, slash - at);
    if (!part.empty() && part != ".") parts.push_back(std::move(part));
    at = slash + 1;
  }
  return parts;
}

std::uint64_t bytes_below(const Node& node) {
  std::uint64_t bytes = node.content.size();
  for (const auto& [name, child] : node.entries) bytes += bytes_below(*child);
  return bytes;
}

}  // namespace

FolderTree::FolderTree() : root_(std::make_shared<Node>()) { root_->is_folder = true; }

NodePtr FolderTree::find(const std::string& path) const {
  NodePtr node = root_;
  for (const std::string& part : parts_of(path)) {
    const auto next = node->entries.find(part);
    if (next == node->entries.end()) return nullptr;
    node = next->second;
  }
  return node;
}

FolderTree::Place FolderTree::place(const std::string& path) const {
  std::vector<std::string> parts = parts_of(path);
  if (parts.empty()) return {};
  const std::string name = std::move(parts.back());
  parts.pop_back();
  NodePtr node = root_;
  for (const std::string& part : parts) {
    const auto next = node->entries.find(part);
    if (next == node->entries.end() || !next->second->is_folder) return {};
    node = next->second;
  }
  return {node, name};
}

void FolderTree::put(const Place& place, NodePtr node) {
  change({{place.folder, place.name, std::move(node)}});
}

void FolderTree::move(const Place& from, const Place& to) {
  const NodePtr node = from.folder->entries.at(from.name);
  if (from.folder == to.folder && from.name == to.name) return;
  change({{to.folder, to.name, node}, {from.folder, from.name, nullptr}});
}

void FolderTree::change(std::vector<Set> sets) {
  for (const Set& set : sets) {
    if (set.node) {
      set.folder->entries[set.name] = set.node;
    } else {
      set.folder->entries.erase(set.name);
    }
  }
  pending_.push_back({next_change_++, std::move(sets)});
}

void FolderTree::make_durable(const Change& change) {
  for (const Set& set : change.sets) {
    if (set.node) {
      set.folder->durable[set.name] = set.node;
    } else {
      set.folder->durable.erase(set.name);
    }
  }
}

void FolderTree::sync(const NodePtr& folder, std::uint64_t mark) {
  const auto covered = [&](const Change& change) {
    if (change.number >= mark) return false;
    return std::ranges::any_of(change.sets, [&](const Set& set) { return set.folder == folder; });
  };
  for (const Change& change : pending_) {
    if (covered(change)) make_durable(change);
  }
  std::erase_if(pending_, covered);
}

void FolderTree::crash(Clockwork& chance) {
  // One way per crash: no pending change survives, all do, the first few do, or the first few of
  // each folder.
  const std::uint64_t way = chance.random_below(4);
  const std::uint64_t kept_first = chance.random_below(pending_.size() + 1);
  std::vector<NodePtr> cut_folders;
  std::uint64_t nth = 0;
  for (const Change& change : pending_) {
    const NodePtr& folder = change.sets.front().folder;
    if (way == 3 && chance.chance(3)) cut_folders.push_back(folder);
    const bool cut = std::ranges::find(cut_folders, folder) != cut_folders.end();
    if (way == 1 || (way == 2 && nth < kept_first) || (way == 3 && !cut)) make_durable(change);
    ++nth;
  }
  pending_.clear();
  settle(root_, chance);
}

void FolderTree::settle(const NodePtr& node, Clockwork& chance) {
  if (!node->is_folder) {
    node->content.crash(chance);
    return;
  }
  node->entries = node->durable;
  for (const auto& [name, child] : node->entries) settle(child, chance);
}

std::uint64_t FolderTree::used_bytes() const { return bytes_below(*root_); }

}  // namespace sim
