/* deploy - a role that GitHub's workflows of one branch take, to release images; no long-lived keys. */
#include "base/value.h"
#include "spec/policy_doc.h"
#include "spec/section.h"

#include <string.h>

#define ISSUER "token.actions.githubusercontent.com"

static const struct shape s_repository = {
    .what = "a GitHub repository: owner/name",
    .kind = SHAPE_TEXT,
    .pattern = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?/[A-Za-z0-9._-]+",
    .min = 3,
    .max = 140,
};
/* In a trust policy "*" and "?" would be patterns, and ":" begins the next part of the subject. */
static const struct shape s_branch = {
    .what = "the name of a branch",
    .kind = SHAPE_TEXT,
    .pattern = "[^[:space:]*?:~^\\\\[]+",
    .min = 1,
    .max = 200,
};
static const struct shape s_environment = {
    .what = "the name of a GitHub environment",
    .kind = SHAPE_TEXT,
    .pattern = "[A-Za-z0-9._/-]+",
    .min = 1,
    .max = 200,
};

static void check_github(struct at at, struct diag *d)
{
	struct at branch = at_key(at, "branch"), environment = at_key(at, "environment");

	if (branch.value && environment.value) {
		at_error(environment, d,
			 "A job that names an environment does not tell its branch: give one of the two.");
		at_hint(environment, d, "Limit the branches of the environment in GitHub's settings.");
	}
}

static const struct key github_keys[] = {
    {"repository", &s_repository, KEY_REQUIRED, NULL, "The repository whose workflows may deploy, as owner/name."},
    {"branch", &s_branch, 0, NULL, "The branch whose workflows may deploy; main when absent."},
    {"environment", &s_environment, 0, NULL, "The GitHub environment whose jobs may deploy, instead of a branch."},
    {.name = NULL},
};
static const struct shape s_github = {
    .what = "github",
    .kind = SHAPE_OBJ,
    .keys = github_keys,
    .check = check_github,
};

static const struct key keys[] = {
    {"github", &s_github, KEY_REQUIRED, NULL, "Deployment from GitHub Actions."},
    {.name = NULL},
};

const struct shape deploy_shape = {.what = "deploy", .kind = SHAPE_OBJ, .keys = keys};

static void check(struct at file, struct diag *d)
{
	struct at deploy = at_key(file, "deploy");

	if (has_section(file, "deploy") && !has_section(file, "registry") && !has_section(file, "services")) {
		at_key_error(deploy, d, "There is nothing to deploy: neither a registry nor a service.");
		at_hint(deploy, d, "Add a service to section services.");
	}
}

static json_t *trust(struct at github)
{
	const char *repository = at_str(github, "repository"), *branch = at_str(github, "branch");
	const char *environment = at_str(github, "environment");
	json_t *s = json_pack("{s:s,s:{s:o},s:s}", "Effect", "Allow", "Principal", "Federated",
			      ref_to("iam.oidc_provider.github.arn"), "Action", "sts:AssumeRoleWithWebIdentity");
	json_t *subject = environment ? json_sprintf("repo:%s:environment:%s", repository, environment)
				      : json_sprintf("repo:%s:ref:refs/heads/%s", repository, branch ? branch : "main");

	policy_when(s, "StringEquals", ISSUER ":aud", json_string("sts.amazonaws.com"));
	policy_when(s, "StringEquals", ISSUER ":sub", subject);
	return policy_doc(json_pack("[o]", s));
}

static void allow_push(json_t *statements)
{
	json_array_append_new(statements, policy_allow("ecr:GetAuthorizationToken", json_string("*")));
	json_array_append_new(
	    statements,
	    policy_allow("ecr:BatchCheckLayerAvailability ecr:InitiateLayerUpload ecr:UploadLayerPart "
			 "ecr:CompleteLayerUpload ecr:PutImage ecr:BatchGetImage ecr:GetDownloadUrlForLayer "
			 "ecr:DescribeImages",
			 ref_to("ecr.repository.main.arn")));
}

/* One ARN for each service, made by `arn` of its name. */
static json_t *per_service(struct expand *x, json_t *(*arn)(struct expand *, const char *))
{
	json_t *all = json_array(), *service;
	const char *key;

	json_object_foreach (at_key(x->file, "services").value, key, service)
		json_array_append_new(all, arn(x, key));
	return all;
}

/* As text, not as a reference: the role need not wait until services run. */
static json_t *service_arn(struct expand *x, const char *name)
{
	return join_of("arn:{aws.partition}:ecs:{aws.region}:{aws.account}:service/%s/%s", x->spec->prefix, name);
}

static json_t *deployment_arn(struct expand *x, const char *name)
{
	return join_of("arn:{aws.partition}:ecs:{aws.region}:{aws.account}:service-deployment/%s/%s/*", x->spec->prefix,
		       name);
}

static json_t *family_arn(struct expand *x, const char *name)
{
	return join_of("arn:{aws.partition}:ecs:{aws.region}:{aws.account}:task-definition/%s-%s:*", x->spec->prefix,
		       name);
}

static json_t *task_role_arn(struct expand *x, const char *name)
{
	(void)x;
	return ref_to("iam.role.%s-task.arn", name);
}

static json_t *cluster_arn(struct expand *x, const char *kind)
{
	return join_of("arn:{aws.partition}:ecs:{aws.region}:{aws.account}:%s/%s", kind, x->spec->prefix);
}

static void allow_roles(struct expand *x, json_t *statements)
{
	json_t *roles = per_service(x, task_role_arn);

	json_array_insert_new(roles, 0, ref_to("iam.role.execution.arn"));
	json_array_append_new(statements, policy_when(policy_allow("iam:PassRole", roles), "StringEquals",
						      "iam:PassedToService", json_string("ecs-tasks.amazonaws.com")));
}

/* One-off tasks of a release: only of our families, only in our cluster. */
static void allow_tasks(struct expand *x, json_t *statements)
{
	json_array_append_new(statements, policy_when(policy_allow("ecs:RunTask", per_service(x, family_arn)),
						      "ArnEquals", "ecs:cluster", cluster_arn(x, "cluster")));
	json_array_append_new(
	    statements,
	    policy_allow("ecs:DescribeTasks ecs:StopTask",
			 join_of("arn:{aws.partition}:ecs:{aws.region}:{aws.account}:task/%s/*", x->spec->prefix)));
	json_array_append_new(statements,
			      policy_when(policy_allow("ecs:TagResource", json_string("*")), "StringEquals",
					  "ecs:CreateAction", json_pack("[s,s]", "RunTask", "RegisterTaskDefinition")));
	json_array_append_new(
	    statements, policy_allow("logs:GetLogEvents logs:FilterLogEvents", join_of("{logs.group.services.arn}:*")));
}

static void allow_release(struct expand *x, json_t *statements)
{
	json_array_append_new(statements,
			      policy_allow("ecs:UpdateService ecs:DescribeServices ecs:ListServiceDeployments",
					   per_service(x, service_arn)));
	json_array_append_new(statements,
			      policy_allow("ecs:DescribeServiceDeployments", per_service(x, deployment_arn)));
	/* These two know no resources. */
	json_array_append_new(statements,
			      policy_allow("ecs:RegisterTaskDefinition ecs:DescribeTaskDefinition", json_string("*")));
	allow_tasks(x, statements);
	allow_roles(x, statements);
}

static void expand(struct expand *x)
{
	struct at deploy = at_key(x->file, "deploy");
	json_t *statements;

	if (!has_section(x->file, "deploy"))
		return;
	expand_section(x, deploy, "deploy");
	expand_add(x, "iam.oidc_provider.github", "{s:s,s:[s]}", "url", "https://" ISSUER, "client_ids",
		   "sts.amazonaws.com");
	expand_add(x, "iam.role.deploy", "{s:s,s:o}", "name", expand_text(x, "%s-deploy", x->spec->prefix), "trust",
		   trust(at_key(deploy, "github")));
	statements = json_array();
	if (has_section(x->file, "registry"))
		allow_push(statements);
	if (json_object_size(at_key(x->file, "services").value))
		allow_release(x, statements);
	expand_add(x, "iam.role_policy.deploy", "{s:o,s:s,s:o}", "role", ref_to("iam.role.deploy.name"), "name",
		   "deploy", "policy", policy_doc(statements));
	expand_output(x, "deploy_role", ref_to("iam.role.deploy.arn"));
}

static const struct section_ref refs[] = {
    {"role", "iam.role.deploy.name"},
    {"role_arn", "iam.role.deploy.arn"},
    {.key = NULL},
};

const struct section section_deploy = {.name = "deploy", .check = check, .expand = expand, .refs = refs};
