"""STS: who am I, and keys that are minted and then believed by the signature check."""
import auth
import upstream
from errors import AwsError
from registry import answers


@answers("sts", "GetCallerIdentity")
def get_caller_identity(call):
    if call.key is None:
        return call.moto()
    return {"Account": call.key.account, "Arn": call.key.arn, "UserId": call.key.user_id}


@answers("sts", "AssumeRole", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML")
def assume_role(call):
    arn = call.get("RoleArn", "")
    parts = arn.split(":")
    if len(parts) != 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
        raise AwsError("ValidationError", f"{arn} is invalid")
    roles = upstream.backend("iam", call.account, "aws").roles.values()
    if not any(r.arn == arn for r in roles):
        raise AwsError("AccessDenied", f"User is not authorized to perform: sts:{call.name} on resource: {arn}", 403)
    result = call.moto()
    made = result["Credentials"]
    user = result["AssumedRoleUser"]
    expires = made["Expiration"].timestamp()
    auth.keys.add(auth.Key(made["AccessKeyId"], made["SecretAccessKey"], user["Arn"], user["AssumedRoleId"],
                           made["SessionToken"], expires))
    return result


@answers("sts", "GetSessionToken", "GetFederationToken")
def session_token(call):
    result = call.moto()
    made = result["Credentials"]
    arn = result.get("FederatedUser", {}).get("Arn") or (call.key.arn if call.key else "")
    auth.keys.add(auth.Key(made["AccessKeyId"], made["SecretAccessKey"], arn, "AIDASESSION",
                           made["SessionToken"], made["Expiration"].timestamp()))
    return result
