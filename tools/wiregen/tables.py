"""All schemas together -> the table of APIs, and the list of all message types."""
from .cpp import snake
from .messages import NEVER

BANNER = "// Generated from schema/ by tools/wiregen. Do not edit.\n"


def _apis_header():
    return f"""{BANNER}#pragma once
#include <cstdint>
#include <span>

#include "wire/api.h"

namespace wire {{

// Every API that has a schema, by key. What a broker serves of them is its own affair.
std::span<const Api> all_apis();
const Api* find_api(std::int16_t key);

}}  // namespace wire
"""


def _apis_source(apis):
    rows = ""
    for api in apis:
        flexible = "" if api.flexible_from == NEVER else f", .flexible_from = {api.flexible_from}"
        rows += (f"    {{.key = {api.key}, .name = \"{api.name}\", .first = {api.versions.first}, "
                 f".last = {api.versions.last}{flexible}}},\n")
    return f"""{BANNER}#include "wire/apis.h"

#include <algorithm>
#include <iterator>

namespace wire {{

static constexpr Api kApis[] = {{
{rows}}};

std::span<const Api> all_apis() {{ return kApis; }}

const Api* find_api(std::int16_t key) {{
  const auto* found = std::ranges::lower_bound(kApis, key, {{}}, &Api::key);
  return found != std::end(kApis) && found->key == key ? found : nullptr;
}}

}}  // namespace wire
"""


def _all_messages(messages):
    names = [snake(m.name) + "_type" for m in messages]
    declared = "".join(f"extern const MessageType {name};\n" for name in names)
    listed = "".join(f"    &{name},\n" for name in names)
    return f"""{BANNER}#include "wire/message_type.h"

namespace wire {{

{declared}
static constexpr const MessageType* kAll[] = {{
{listed}}};

std::span<const MessageType* const> all_messages() {{ return kAll; }}

}}  // namespace wire
"""


def generate_tables(schemas):
    apis = sorted((s.api for s in schemas if s.api), key=lambda api: api.key)
    messages = [m for s in schemas for m in s.messages]
    return {
        "wire/apis.h": _apis_header(),
        "wire/apis.cc": _apis_source(apis),
        "wire/all_messages.cc": _all_messages(messages),
    }
