"""Checks results of `plumb audit` against their JSON Schema, docs/schemas/audit-result.schema.json.

    python scripts/checks/audit_schema.py DIR|result.json …

Needs the package jsonschema. The schema itself is checked first, as draft 2020-12.
"""

import json
import sys
from pathlib import Path

from jsonschema import Draft202012Validator

SCHEMA = Path(__file__).resolve().parents[2] / "docs/schemas/audit-result.schema.json"


def main():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    failed = False
    for name in sys.argv[1:]:
        path = Path(name)
        path = path / "result.json" if path.is_dir() else path
        faults = sorted(validator.iter_errors(json.loads(path.read_text(encoding="utf-8"))), key=lambda f: f.json_path)
        failed |= bool(faults)
        print(f"{'FAIL' if faults else 'ok  '} {path}")
        for fault in faults:
            print(f"     {fault.json_path}: {fault.message}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
