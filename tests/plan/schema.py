"""Every plan and drift of the golden tests, as a document, is what docs/schema/plan.json says; and every test is listed."""

import json
import pathlib
import subprocess
import sys

SKIP = 77


def documents(run, folder):
    """(name, document) of each test that ends in one; refusals are text."""
    for path in sorted(folder.rglob("*.test")):
        text = subprocess.run([run, "--json", str(path)], capture_output=True, text=True, check=True).stdout
        if text.startswith("{"):
            yield path.stem, json.loads(text)


def spoilt(doc):
    """The document with one thing wrong, in turn: a schema that takes these says nothing."""
    yield {**doc, "format": "berth.plan/2"}
    yield {**doc, "surprise": 1}
    yield {key: value for key, value in doc.items() if key not in ("actions", "items")}
    for list_name in ("actions", "items"):
        for row in doc.get(list_name, [])[:1]:
            yield {**doc, list_name: [{**row, "address": "nonsense"}]}


def main(run, folder, schema_path):
    try:
        import jsonschema
    except ImportError:
        print("jsonschema is not installed")
        return SKIP
    schema = json.loads(pathlib.Path(schema_path).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    problems, n = [], 0
    for name, doc in documents(run, pathlib.Path(folder)):
        n += 1
        problems += [f"{name}: {error.json_path}: {error.message}" for error in validator.iter_errors(doc)]
        problems += [f"{name}: a spoilt document is taken" for bad in spoilt(doc) if validator.is_valid(bad)]
    listed = (pathlib.Path(folder) / "meson.build").read_text()
    for path in pathlib.Path(folder).rglob("*.test"):
        if f"'{path.stem}'" not in listed:
            problems.append(f"{path.name} is not in meson.build")
    print("\n".join(problems) or f"{n} documents are as the schema says")
    return 1 if problems or not n else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
