#!/usr/bin/env bash
# Everything that an account holds, asked through the AWS CLI: one line "kind id" each, in order. Not through berth, and
# not through the library calls of the other tests, so that neither can overlook what it does not know of itself.
# What every account has from the start (its default network, service-linked roles) is left out.
# Usage: account.sh   (AWS_ENDPOINT_URL, credentials and region as the AWS CLI finds them)
set -euo pipefail
export AWS_PAGER=""

# Some of the CLI's own commands look past the variable.
aws() {
	command aws ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} "$@"
}

# ask SERVICE OPERATION QUERY [OPTIONS]: texts of the answer, one a line; all pages, also where the CLI follows none.
ask() {
	local service=$1 operation=$2 query=$3 token=() answer
	shift 3
	while :; do
		answer=$(aws "$service" "$operation" --output json "$@" "${token[@]}")
		jq_like "$query" <<<"$answer"
		more=$(jq_like 'NextToken|nextToken' <<<"$answer")
		[ -n "$more" ] || break
		case $service in
		apigatewayv2) token=(--next-token "$more") ;;
		*) break ;;
		esac
	done
}

# QUERY is a path "List[].Member", alternatives divided by |; a list of texts ends in "[]".
jq_like() {
	python3 -c '
import json, sys

def walk(value, path):
    if not path:
        if isinstance(value, (str, int)):
            print(value)
    elif path[0].endswith("[]"):
        for item in value.get(path[0][:-2]) or []:
            walk(item, path[1:])
    elif isinstance(value, dict) and value.get(path[0]) is not None:
        walk(value[path[0]], path[1:])

answer = json.load(sys.stdin)
for path in sys.argv[1].split("|"):
    walk(answer, path.split("."))
' "$1"
}

# list KIND SERVICE OPERATION QUERY [OPTIONS]
list() {
	local kind=$1
	shift
	ask "$@" | sed "s|^|$kind |"
}

default_vpcs=$(aws ec2 describe-vpcs --filters Name=is-default,Values=true --output json | jq_like 'Vpcs[].VpcId')
vpcs=$(aws ec2 describe-vpcs --filters Name=is-default,Values=false --output json | jq_like 'Vpcs[].VpcId' | paste -sd, -)

network() {
	local ours=(--filters "Name=vpc-id,Values=${vpcs:-none}") gateway attached
	list vpc ec2 describe-vpcs 'Vpcs[].VpcId' --filters Name=is-default,Values=false
	list subnet ec2 describe-subnets 'Subnets[].SubnetId' "${ours[@]}"
	list route_table ec2 describe-route-tables 'RouteTables[].RouteTableId' "${ours[@]}"
	list security_group ec2 describe-security-groups 'SecurityGroups[].GroupId' "${ours[@]}"
	list network_interface ec2 describe-network-interfaces 'NetworkInterfaces[].NetworkInterfaceId' "${ours[@]}"
	for gateway in $(ask ec2 describe-internet-gateways 'InternetGateways[].InternetGatewayId'); do
		attached=$(aws ec2 describe-internet-gateways --internet-gateway-ids "$gateway" --output json |
			jq_like 'InternetGateways[].Attachments[].VpcId')
		[ -n "$attached" ] && grep -qxF "$attached" <<<"$default_vpcs" || echo "internet_gateway $gateway"
	done
}

cluster() {
	local arn status
	for arn in $(ask ecs list-clusters 'clusterArns[]'); do
		status=$(aws ecs describe-clusters --clusters "$arn" --output json | jq_like 'clusters[].status')
		[ "$status" != INACTIVE ] || continue
		echo "cluster $arn"
		list service ecs list-services 'serviceArns[]' --cluster "$arn"
		list task ecs list-tasks 'taskArns[]' --cluster "$arn"
	done
	list task_definition ecs list-task-definitions 'taskDefinitionArns[]' --status ACTIVE
	list task_definition ecs list-task-definitions 'taskDefinitionArns[]' --status INACTIVE
}

roles() {
	local role
	for role in $(aws iam list-roles --output json | python3 -c '
import json, sys
for role in json.load(sys.stdin)["Roles"]:
    if not role["Path"].startswith("/aws-service-role/"):
        print(role["RoleName"])'); do
		echo "role $role"
		list "role_policy $role" iam list-role-policies 'PolicyNames[]' --role-name "$role"
		list "role_attachment $role" iam list-attached-role-policies 'AttachedPolicies[].PolicyArn' --role-name "$role"
	done
	list policy iam list-policies 'Policies[].Arn' --scope Local
	list oidc_provider iam list-open-id-connect-providers 'OpenIDConnectProviderList[].Arn'
}

api() {
	local id part
	list vpc_link apigatewayv2 get-vpc-links 'Items[].VpcLinkId'
	for id in $(ask apigatewayv2 get-apis 'Items[].ApiId'); do
		echo "api $id"
		for part in integration:IntegrationId route:RouteId stage:StageName; do
			list "${part%:*} $id" apigatewayv2 "get-${part%:*}s" "Items[].${part#*:}" --api-id "$id"
		done
	done
}

rest() {
	local group
	list db_instance rds describe-db-instances 'DBInstances[].DBInstanceIdentifier'
	list db_subnet_group rds describe-db-subnet-groups 'DBSubnetGroups[].DBSubnetGroupName'
	list db_snapshot rds describe-db-snapshots 'DBSnapshots[].DBSnapshotIdentifier'
	list repository ecr describe-repositories 'repositories[].repositoryName'
	list parameter ssm describe-parameters 'Parameters[].Name'
	list namespace servicediscovery list-namespaces 'Namespaces[].Id'
	list sd_service servicediscovery list-services 'Services[].Id'
	for group in $(ask logs describe-log-groups 'logGroups[].logGroupName'); do
		echo "log_group $group"
		list "log_stream $group" logs describe-log-streams 'logStreams[].logStreamName' --log-group-name "$group"
	done
}

{
	network
	cluster
	roles
	api
	rest
} | LC_ALL=C sort
