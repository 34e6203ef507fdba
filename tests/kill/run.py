"""Runs the sweep; exits 77 (skipped) where the local AWS cannot run."""
import importlib.util
import sys

if __name__ == "__main__":
    if not all(importlib.util.find_spec(name) for name in ("moto", "boto3", "flask")):
        print("moto and boto3 are not installed; scripts/check says how to get them")
        sys.exit(77)
    import sweep
    sys.exit(sweep.main())
