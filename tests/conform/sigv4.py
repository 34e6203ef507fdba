"""Compares our signer with botocore's on random requests. Usage: sigv4.py PATH-OF-SIGN [COUNT [SEED]]"""
import json
import random
import string
import subprocess
import sys
from datetime import datetime, timezone
from unittest import mock
from urllib.parse import quote

try:
    import botocore.auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError:
    print("botocore is not installed")
    sys.exit(77)

KEYS = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SIGNERS = {False: botocore.auth.SigV4Auth, True: botocore.auth.S3SigV4Auth}
ALPHABET = string.ascii_letters + string.digits + "-._~ /:+=&%*'()!@$,;\"<>é€\u1234😀"


def text(rng, low, high, alphabet=ALPHABET):
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(low, high)))


def path(rng, s3):
    parts = [quote(text(rng, 0, 8), safe="") for _ in range(rng.randint(0, 4))]
    if not s3:
        parts += rng.choices([".", "..", "", "a"], k=rng.randint(0, 3))
        rng.shuffle(parts)
    # A URL that begins with // or holds nothing but slashes is cut up differently by botocore's URL parser.
    parts = ["v2"] + parts if rng.random() < 0.8 else []
    return "/" + "/".join(parts)


def query(rng):
    pairs = []
    for _ in range(rng.choice([0, 0, 1, 2, 5])):
        key = quote(text(rng, 1, 6), safe="-._~")
        kind = rng.random()
        pairs.append(f"{key}=" if kind < 0.2 else f"{key}={quote(text(rng, 1, 8), safe='-._~')}")
        if kind > 0.8:
            pairs.append(pairs[-1])
    return "&".join(pairs)


def headers(rng, host):
    values = {"host": host}
    if rng.random() < 0.6:
        values["Content-Type"] = rng.choice(["application/x-amz-json-1.1", "application/x-www-form-urlencoded; charset=utf-8"])
    for name in rng.sample(["X-Amz-Target", "x-amz-meta-A", "If-None-Match", "Z-Last", "X-Amz-Tagging"], rng.randint(0, 3)):
        values[name] = text(rng, 0, 12, string.ascii_letters + "  *;=,\"")
    if rng.random() < 0.3:
        values["User-Agent"] = "never/signed"
        values["Connection"] = "close"
    return values


def request(rng):
    s3 = rng.random() < 0.3
    service = "s3" if s3 else rng.choice(["ec2", "iam", "ssm", "apigateway", "ecr"])
    region = rng.choice(["us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1"])
    host = rng.choice([f"{service}.{region}.amazonaws.com", "127.0.0.1:5000"])
    case = {"method": rng.choice(["GET", "POST", "PUT", "DELETE"]), "path": path(rng, s3), "query": query(rng),
            "headers": headers(rng, host), "region": region, "service": service, "s3": s3,
            "body": text(rng, 0, 80) if rng.random() < 0.6 else "",
            "time": datetime.fromtimestamp(rng.randrange(0, 2**32), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")}
    if rng.random() < 0.4:
        case["token"] = text(rng, 20, 60, string.ascii_letters + "/+=")
    return case


def expected(case):
    url = f"http://{case['headers']['host']}{case['path']}" + (f"?{case['query']}" if case["query"] else "")
    req = AWSRequest(method=case["method"], url=url, data=case["body"].encode(), headers=dict(case["headers"]))
    now = datetime.strptime(case["time"], "%Y-%m-%dT%H:%M:%SZ")
    signer = SIGNERS[case["s3"]](Credentials(*KEYS, case.get("token")), case["service"], case["region"])
    # Over plain http botocore always hashes the body, as berth does everywhere.
    with mock.patch("botocore.auth.get_current_datetime", return_value=now):
        signer.add_auth(req)
    return req.headers["Authorization"], req.headers.get("X-Amz-Content-SHA256")


def main():
    program, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 400
    rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 20260102)
    cases = [request(rng) for _ in range(count)]
    done = subprocess.run([program], input="".join(json.dumps(c) + "\n" for c in cases), capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == count, f"{len(answers)} answers to {count} requests"
    bad = 0
    for case, have in zip(cases, answers):
        want, body_hash = expected(case)
        if have.get("authorization") != want or have.get("content_sha256") != body_hash:
            bad += 1
            print(f"request {json.dumps(case)}\n  ours {json.dumps(have)}\n  want {want} {body_hash}")
    print(f"{count - bad} of {count} signatures agree")
    return 1 if bad else 0


sys.exit(main())
