"""What there is to know of objects and identities: tags by ARN, policies by key."""
import upstream


def tags_of(call, arn):
    """The tags of what an ARN names; None if there is no such thing, or it bears none."""
    import tagging
    if ":role/" in arn:
        for role in upstream.backend("iam", call.account, "aws").roles.values():
            if role.arn == arn:
                return _iam_tags(role)
        return None
    for resource in tagging.everything(call):
        if resource.arn == arn:
            return dict(resource.tags) or None
    for provider_arn, provider in upstream.backend("iam", call.account, "aws").open_id_providers.items():
        if provider_arn == arn:
            return _iam_tags(provider)
    return None


def _iam_tags(thing):
    tags = thing.tags.values() if isinstance(thing.tags, dict) else thing.tags or []
    return {t["Key"]: t["Value"] for t in tags} or None


def identity_of(call):
    """The IAM user or role behind the key of a call; None: the account itself, which may do all."""
    arn = call.key.arn if call.key else ""
    iam = upstream.backend("iam", call.account, "aws")
    if ":assumed-role/" in arn:
        name = arn.split("/")[1]
        return next((r for r in iam.roles.values() if r.name == name), None)
    return next((u for u in iam.users.values() if u.arn == arn), None)


def policies_of(call, identity):
    """Texts of all identity policies: inline, attached, and those of the user's groups."""
    holders = [identity]
    iam = upstream.backend("iam", call.account, "aws")
    holders += [g for g in iam.groups.values() if identity in getattr(g, "users", [])]
    for holder in holders:
        yield from holder.policies.values()
        for policy in holder.managed_policies.values():
            yield next(v.document for v in policy.versions if v.version_id == policy.default_version_id)
