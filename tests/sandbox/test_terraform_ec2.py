"""What a client that reads back every attribute found: CreateSubnet by zone id."""
from harness import Case, client


class SubnetByZoneId(Case):
    def test_no_subnet_of_ones_own_is_a_default_subnet(self):
        """DefaultForAz is true of the default VPC's subnets only, and MapPublicIpOnLaunch is false until it is set."""
        ec2 = client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
        for i, zone in enumerate(("use1-az1", "use1-az6")):
            made = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{i}.0/24", AvailabilityZoneId=zone)["Subnet"]
            self.assertEqual(made["AvailabilityZoneId"], zone)
            seen = ec2.describe_subnets(SubnetIds=[made["SubnetId"]])["Subnets"][0]
            for subnet in (made, seen):
                self.assertIs(subnet["DefaultForAz"], False)
                self.assertIs(subnet["MapPublicIpOnLaunch"], False)
