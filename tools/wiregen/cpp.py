"""What the parts of a schema are called in C++, and the values they begin with."""
import re

from .schema import EMPTY, NEVER, PRIMITIVES, STRONG


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def header_of(schema):
    """Where the header goes, under the folder of generated files."""
    folder = "wire" if schema.path.parts[0] == "kafka" else "wire/state"
    return f"{folder}/{schema.stem}.h"


def value_type(made):
    """The type of one value, whatever stands around it."""
    return made.strong or PRIMITIVES.get(made.type, made.type)


def inner_type(made):
    """The type of the field but for whether it may be null."""
    return f"std::vector<{value_type(made)}>" if made.array else value_type(made)


def member_type(made):
    return f"std::optional<{inner_type(made)}>" if made.nullable else inner_type(made)


def is_number(made):
    return not made.array and not made.is_struct and made.type not in ("string", "bytes", "records", "uuid")


def _literal(made):
    text = made.default or ("false" if made.type == "bool" else "0")
    if made.type == "string":
        return text
    if text == "-2147483648":
        return "INT32_MIN"
    return text


def initialiser(made):
    """What follows the name of the member. Each has one, so that a designated initialiser may leave it out."""
    if made.default == EMPTY:
        return f"{{{inner_type(made)}{{}}}}"
    if made.nullable or made.array:
        return "{}"
    if made.strong == "ErrorCode":
        return " = ErrorCode::None"
    if made.strong:
        return f"{{{made.default or ''}}}"
    return f" = {_literal(made)}" if made.default or is_number(made) else "{}"


def is_default(made, owner):
    """The expression that tells whether a member of `m` says nothing beyond its default."""
    name = f"m.{made.name}"
    if made.default == EMPTY and made.is_struct and not made.array:
        return f"{name} == {owner}::{made.type}{{}}"
    if made.default == EMPTY:
        return f"{name} && {name}->empty()"
    if made.nullable:
        return f"!{name}"
    if made.array or made.type == "bytes":
        return f"{name}.empty()"
    if made.type == "records":
        return f"{name}.size() == 0"
    if made.is_struct:
        return f"{name} == {owner}::{made.type}{{}}"
    if made.type == "uuid":
        return f"{name}{'.value' if made.strong else ''}.is_zero()"
    if made.type == "string" and made.default is None:
        return f"{name}{'.value' if made.strong else ''}.empty()"
    if made.type == "bool":
        return name if made.default == "true" else f"!{name}"
    if made.strong == "ErrorCode":
        return f"{name} == ErrorCode::None"
    if made.strong:
        return f"{name} == {made.strong}{{{_literal(made)}}}"
    return f"{name} == {_literal(made)}"


def includes_of(messages):
    found = {"base/bytes.h", "base/result.h", "wire/api.h", "wire/records.h"}
    for message in messages:
        for struct in [message, *message.structs]:
            for made in struct.fields:
                if made.strong:
                    found.add(STRONG[made.strong][1])
                elif made.type == "uuid":
                    found.add("base/ids.h")
    return sorted(found)


def versions_note(versions, message):
    """"v3+" and the like, or nothing for a field of all versions."""
    if message.versions.within(versions):
        return ""
    if versions.last == NEVER or versions.last >= message.versions.last:
        return f"v{versions.first}+"
    first = max(versions.first, message.versions.first)
    return f"v{first}-v{versions.last}" if first != versions.last else f"v{first}"
