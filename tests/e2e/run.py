"""Runs one module of end-to-end tests; exits 77 (skipped) where the local AWS cannot run."""
import importlib.util
import os
import signal
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))

if __name__ == "__main__":
    if not all(importlib.util.find_spec(name) for name in ("moto", "boto3", "flask")):
        print("moto and boto3 are not installed; scripts/check says how to get them")
        sys.exit(77)
    # Who is started in the background, or by nohup, may ignore them, and berth would then mean to go on too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    sys.path.insert(0, os.path.join(HERE, "..", sys.argv[1]))
    sys.argv[1:] = sys.argv[2:]
    unittest.main(module=None)
