"""Files that are too much, or no files: refused at the limits that docs/security.md states, and taken at them."""
import json
import os
import unittest

from bad import BadCase

MIB = 1 << 20
HEAD = "app: gengar\nregion: us-east-1\n"


class Spec(BadCase):
    def write(self, text):
        (self.dir / "berth.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())

    def taken(self, text):
        self.write(text)
        self.assertIn("is valid", self.berth("validate"))

    def refused(self, text, *needles):
        self.write(text)
        self.offline(64, ["validate"], *needles)

    def test_size(self):
        filler = HEAD + "x-a: 1\n#"
        self.taken(filler + "x" * (4 * MIB - len(filler)))
        self.refused(filler + "x" * (4 * MIB - len(filler) + 1), "larger than 4 MiB")

    def test_depth(self):
        # The document and its key are the first two levels; the innermost list is one of its own.
        self.taken(HEAD + "x-a: " + "[" * 63 + "]" * 63 + "\n")
        self.refused(HEAD + "x-a: " + "[" * 64 + "]" * 64 + "\n", "nested more than 64 levels deep")
        self.refused(HEAD + "x-a: " + "[" * 200000 + "\n", "berth.yaml:")
        self.refused(HEAD + "x-a: " + "{a: " * 100000 + "\n", "berth.yaml:")

    def test_values(self):
        # The map, app and region, and the list itself count too.
        self.taken(HEAD + "x-a: [" + "1," * (100000 - 4) + "]\n")
        self.refused(HEAD + "x-a: [" + "1," * (100000 - 3) + "]\n", "more than 100000 values")

    def test_aliases_that_grow(self):
        text = HEAD + "x-a: &a [1,1,1,1,1,1,1,1,1,1]\n"
        for name, before in zip("bcdefghi", "abcdefgh"):
            text += f"x-{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
        self.refused(text, "more than 100000 values, with what its aliases stand for")
        merged = HEAD + "x-a: &a {" + ",".join(f"k{i}: [1,1,1,1,1,1,1,1,1]" for i in range(1000)) + "}\n"
        merged += "".join(f"x-m{i}: {{<<: *a}}\n" for i in range(20))
        self.refused(merged, "more than 100000 values")
        self.refused(HEAD + "x-a: &a [*a]\n", "stands inside of what it stands for")

    def test_keys(self):
        self.taken(HEAD + "x-" + "k" * 1022 + ": 1\n")
        self.refused(HEAD + "x-" + "k" * 1023 + ": 1\n", "berth.yaml:3:")

    def test_scalars(self):
        self.taken(HEAD + "x-a: " + "v" * (3 * MIB) + "\n")

    def test_documents_and_tags(self):
        self.refused(HEAD + "---\napp: other\n", "second document")
        self.refused("---\n" * 100000, "berth.yaml:")
        self.refused(HEAD + "x-a: !!binary aGVsbG8=\n", "Tag !!binary is not understood")
        self.refused(HEAD + "x-a: !!python/object/apply:os.system [touch pwned]\n", "is not understood")
        self.refused(HEAD + "x-a: !<tag:example.com,2000:x> 1\n", "is not understood")
        self.assertFalse((self.dir / "pwned").exists())

    def test_what_is_no_ordinary_file(self):
        os.mkfifo(self.dir / "fifo")
        for path in ("fifo", "/dev/zero", "/dev/null", "/dev/stdin"):
            self.offline(64, ["-f", path, "validate"], "it is no ordinary file", timeout=20)
        self.offline(1, ["-f", ".", "validate"], "Is a directory")
        (self.dir / "sparse").write_bytes(b"")
        os.truncate(self.dir / "sparse", 1 << 40)
        self.offline(64, ["-f", "sparse", "validate"], "larger than 4 MiB", timeout=20)


class Plan(BadCase):
    def test_what_is_no_ordinary_file(self):
        os.mkfifo(self.dir / "fifo")
        for path in ("fifo", "/dev/zero", "/dev/null"):
            self.offline(64, ["apply", path, "--yes"], "it is no ordinary file", "plan --out", timeout=20)
        self.offline(1, ["apply", ".", "--yes"], "Is a directory")

    def test_size(self):
        (self.dir / "p").write_bytes(b"")
        os.truncate(self.dir / "p", 32 * MIB + 1)
        self.offline(64, ["apply", "p", "--yes"], "larger than 32 MiB", timeout=20)
        self.berth("plan", "--out", "q")
        text = (self.dir / "q").read_text()
        (self.dir / "q").write_text(text + " " * (32 * MIB - len(text)))
        self.apply_saved("q", 0)

    def apply_saved(self, path, code):
        self.berth("apply", path, "--yes", code=code)

    def test_depth(self):
        self.berth("plan", "--out", "q")
        doc = json.loads((self.dir / "q").read_text())
        for levels, words in ((80, "nested more than 72 levels deep"), (2100, "no saved plan, or not a whole one")):
            text = json.dumps(doc)[:-1] + ', "x": ' + "[" * levels + "]" * levels + "}"
            (self.dir / "deep").write_text(text)
            self.offline(64, ["apply", "deep", "--yes"], words)


if __name__ == "__main__":
    unittest.main()
