// Finds what a person probably meant: the known word nearest to a mistyped one.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// How many letters must be put in, left out, replaced or swapped with their neighbour.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The nearest of `known`, unless even that differs in more than about a third of its letters.
// Of equally near ones the first.
std::optional<std::string> most_similar(std::string_view word, std::span<const std::string> known);
