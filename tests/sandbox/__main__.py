"""python3 tests/sandbox [--port N]: run the local AWS in the foreground."""
import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


def main():
    parser = argparse.ArgumentParser(prog="sandbox", description="A local AWS for trying and testing berth.")
    parser.add_argument("--port", type=int, default=5577, help="0: any free port (default 5577)")
    parser.add_argument("--warm", action="store_true", help="load all mended services before listening, "
                        "so that the first calls are not slower than the later ones")
    options = parser.parse_args()
    import httpd
    if options.warm:
        import registry
        registry.warm()
    server = httpd.Server(options.port)
    print(f"http://127.0.0.1:{server.port}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
