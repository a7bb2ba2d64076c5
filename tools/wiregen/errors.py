"""schema/errors.table -> gen/base/error_code.h and .cc."""
import pathlib
from dataclasses import dataclass

HEADER = "// Generated from schema/errors.table by tools/wiregen. Do not edit.\n"


@dataclass(frozen=True)
class ErrorRow:
    number: int
    name: str
    retriable: bool
    text: str


def read_errors(path: pathlib.Path) -> list[ErrorRow]:
    rows = []
    for line in path.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        number, name, retry, text = line.split(None, 3)
        if retry not in ("retry", "final"):
            raise SystemExit(f"{path}: {name}: 'retry' or 'final', not {retry!r}")
        rows.append(ErrorRow(int(number), name, retry == "retry", text.strip()))
    return rows


def generate_errors(rows: list[ErrorRow]) -> dict[str, str]:
    enum = "".join(f"  {row.name} = {row.number},  // {row.text}\n" for row in rows)
    header = f"""{HEADER}#pragma once
#include <cstdint>
#include <string_view>

// Why a request failed. The numbers are Kafka's, on the wire and within.
enum class ErrorCode : std::int16_t {{
{enum}}};

std::string_view name_of(ErrorCode code);  // "UnknownMemberId"; "?" for a number nobody declared.
std::string_view text_of(ErrorCode code);  // A sentence for people.
bool is_retriable(ErrorCode code);         // Whether asking again may help.
"""
    table = "".join(
        f'    {{{row.number}, "{row.name}", "{row.text}", {str(row.retriable).lower()}}},\n' for row in rows)
    source = f"""{HEADER}#include "base/error_code.h"

#include <algorithm>
#include <iterator>

namespace {{

struct Row {{
  std::int16_t number;
  std::string_view name;
  std::string_view text;
  bool retriable;
}};

constexpr Row kRows[] = {{
{table}}};

const Row* find(ErrorCode code) {{
  const auto number = static_cast<std::int16_t>(code);
  const auto found = std::ranges::find(kRows, number, &Row::number);
  return found == std::end(kRows) ? nullptr : found;
}}

}}  // namespace

std::string_view name_of(ErrorCode code) {{
  const Row* row = find(code);
  return row ? row->name : "?";
}}

std::string_view text_of(ErrorCode code) {{
  const Row* row = find(code);
  return row ? row->text : "an error that this version does not know";
}}

bool is_retriable(ErrorCode code) {{
  const Row* row = find(code);
  return row && row->retriable;
}}
"""
    return {"base/error_code.h": header, "base/error_code.cc": source}
