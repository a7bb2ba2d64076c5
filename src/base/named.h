// A value with a meaning. Two meanings never mix: there is no conversion in or out but by name.
#pragma once
#include <compare>
#include <cstddef>
#include <functional>
#include <utility>

template <class T, class Tag>
struct Named {
  using Value = T;
  T value{};
  constexpr Named() = default;
  constexpr explicit Named(T v) : value(std::move(v)) {}
  friend constexpr auto operator<=>(const Named&, const Named&) = default;
  friend constexpr bool operator==(const Named&, const Named&) = default;
};

template <class T, class Tag>
struct std::hash<Named<T, Tag>> {
  std::size_t operator()(const Named<T, Tag>& named) const { return std::hash<T>{}(named.value); }
};
