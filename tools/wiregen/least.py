"""The fewest bytes that a struct can take on the wire: what a reader holds an array's count against."""

SIZES = {"bool": 1, "int8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "int64": 8, "float64": 8, "uuid": 16}


def _field(made, message, version):
    flexible = version >= message.flexible_from
    if made.array or made.type in ("bytes", "records"):
        return 1 if flexible else 4
    if made.type == "string":
        return 1 if flexible else 2
    if made.is_struct:
        return 1 if made.nullable else _struct(message.struct(made.type), message, version)
    return SIZES[made.type]


def _in_version(struct, version):
    return [made for made in struct.fields if made.versions.first <= version <= made.versions.last]


def _struct(struct, message, version):
    tags = 1 if version >= message.flexible_from else 0
    return tags + sum(_field(made, message, version) for made in _in_version(struct, version) if made.tag is None)


def _used(name, struct, message, version):
    """Whether a message of that version can hold the struct of that name, from this one on."""
    return any(made.type == name or _used(name, message.struct(made.type), message, version)
               for made in _in_version(struct, version) if made.is_struct)


def least_bytes(struct, message):
    """In whichever version of the message has the struct and needs least for it; a byte even if it is empty."""
    versions = range(message.versions.first, message.versions.last + 1)
    sizes = [_struct(struct, message, v) for v in versions if _used(struct.name, message, message, v)]
    return max(1, min(sizes, default=1))
