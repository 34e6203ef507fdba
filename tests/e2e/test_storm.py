"""A few seeds of tests/storm, with what takes a minute left out."""
import os
import pathlib
import random
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "storm"))

import storm  # noqa: E402

# Another sample: BERTH_STORM_SEED=N.
SEEDS = random.Random(int(os.environ.get("BERTH_STORM_SEED", "1"))).sample(range(1, 201), 2)


class Storm(unittest.TestCase):
    def test_ends_as_in_good_weather(self):
        for got in storm.storms(SEEDS, False, len(SEEDS)):
            with self.subTest(repeat=f"tests/storm/storm.py --seed {got['seed']} --short --verbose"):
                self.assertIsNone(got["fault"], got["fault"])
                self.assertGreater(got["tally"]["retries"], 10)


if __name__ == "__main__":
    unittest.main()
