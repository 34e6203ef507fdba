"""Compares our endpoints with botocore's rules: services x regions of every partition x FIPS x dual stack.
Usage: endpoints.py PATH-OF-ENDPOINT"""
import subprocess
import sys

try:
    from botocore.endpoint_provider import EndpointProvider
    from botocore.exceptions import EndpointProviderError
    from botocore.loaders import create_loader
except ImportError:
    print("botocore is not installed")
    sys.exit(77)

# Our name -> botocore's.
SERVICES = {"ec2": "ec2", "rds": "rds", "iam": "iam", "sts": "sts", "ssm": "ssm", "logs": "logs", "ecr": "ecr", "ecs": "ecs",
            "servicediscovery": "servicediscovery", "apigateway": "apigatewayv2", "tagging": "resourcegroupstaggingapi",
            "s3": "s3", "sso": "sso", "sso_oidc": "sso-oidc"}
# Two services have rules with parameters of their own; these say "regional, path style".
EXTRA = {"sts": {"UseGlobalEndpoint": False},
         "s3": {"UseGlobalEndpoint": False, "Accelerate": False, "DisableMultiRegionAccessPoints": False, "ForcePathStyle": True}}
# China has no FIPS endpoints: botocore signs the name it makes up for IAM for another region.
NO_FIPS = {"cn-north-1", "cn-northwest-1"}


def wanted(provider, service, region, fips, dual):
    try:
        found = provider.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dual, **EXTRA.get(service, {}))
    except EndpointProviderError:
        return None
    schemes = (found.properties or {}).get("authSchemes") or []
    signing = [s["signingRegion"] for s in schemes if "signingRegion" in s]
    return f"{found.url} {signing[0] if signing else region}"


def questions(loader):
    partitions = loader.load_data("partitions")
    regions = [r for p in partitions["partitions"] for r in p["regions"] if not r.endswith("-global")]
    for ours, theirs in SERVICES.items():
        provider = EndpointProvider(loader.load_service_model(theirs, "endpoint-rule-set-1"), partitions)
        for region in regions:
            for fips in (False, True):
                for dual in (False, True):
                    want = None if fips and region in NO_FIPS else wanted(provider, ours, region, fips, dual)
                    if want:
                        yield f"{ours} {region} {int(fips)} {int(dual)}", want


def main():
    asked = list(questions(create_loader()))
    done = subprocess.run([sys.argv[1]], input="".join(f"{q}\n" for q, _ in asked), capture_output=True, text=True, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == len(asked), f"{len(answers)} answers to {len(asked)} questions"
    bad = [(q, want, have) for (q, want), have in zip(asked, answers) if want != have]
    for q, want, have in bad:
        print(f"{q}\n  ours {have}\n  want {want}")
    print(f"{len(asked) - len(bad)} of {len(asked)} endpoints agree")
    return 1 if bad else 0


sys.exit(main())
