#!/usr/bin/env python3
"""Makes C++ of what is declared in schema/: error codes, and a .h and .cc for each message file.

Writes only files whose content changes, so that an edit recompiles what uses it and nothing else.
"""
import argparse
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
from wiregen.errors import generate_errors, read_errors  # noqa: E402
from wiregen.json_text import generate_json_texts  # noqa: E402
from wiregen.messages import generate_messages  # noqa: E402
from wiregen.schema import SchemaError, read_schemas  # noqa: E402
from wiregen.tables import generate_tables  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder for the generated files")
    parser.add_argument("--list", action="store_true", help="only print the paths of what would be made")
    args = parser.parse_args()

    try:
        schemas = read_schemas(ROOT / "schema")
    except SchemaError as wrong:
        raise SystemExit(f"schema/{wrong}")
    files = generate_errors(read_errors(ROOT / "schema/errors.table"))
    files |= generate_messages(schemas) | generate_tables(schemas) | generate_json_texts(schemas)
    for name, text in files.items():
        path = args.out / name
        if args.list:
            print(path)
        elif not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


if __name__ == "__main__":
    main()
