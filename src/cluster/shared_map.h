// A map whose copies share what they have in common: a copy costs the same however much it holds,
// and a change copies a small part. So a new picture of the cluster for each change stays cheap
// with many thousands of topics.
//
// Invariant: each key is in the part that its hash names; a part that several maps share is never
// written.
#pragma once
#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace cluster {

template <class Key, class Value>
class SharedMap {
 public:
  const Value* find(const Key& key) const {
    const auto& part = parts_[index(key)];
    if (!part) return nullptr;
    const auto at = part->find(key);
    return at == part->end() ? nullptr : &at->second;
  }
  bool contains(const Key& key) const { return find(key) != nullptr; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void put(const Key& key, Value value) {
    if (own(key).insert_or_assign(key, std::move(value)).second) ++size_;
  }
  void erase(const Key& key) {
    if (contains(key)) size_ -= own(key).erase(key);
  }

  // Calls `visit(key, value)` for each, in an order that depends on the keys alone.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& part : parts_) {
      if (!part) continue;
      for (const auto& [key, value] : *part) visit(key, value);
    }
  }

 private:
  using Part = std::map<Key, Value>;
  static constexpr std::size_t kParts = 128;

  static std::size_t index(const Key& key) {
    const std::size_t hash = std::hash<Key>{}(key);
    return (hash ^ hash >> 32U) % kParts;
  }
  Part& own(const Key& key) {
    auto& part = parts_[index(key)];
    if (!part) {
      part = std::make_shared<Part>();
    } else if (part.use_count() > 1) {
      part = std::make_shared<Part>(*part);
    }
    return *part;
  }

  std::array<std::shared_ptr<Part>, kParts> parts_{};
  std::size_t size_ = 0;
};

}  // namespace cluster
