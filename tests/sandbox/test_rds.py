from harness import Case, client


class Rds(Case):
    def setUp(self):
        super().setUp()
        self.rds, self.ec2 = client("rds"), client("ec2")
        self.vpc, self.subnets, _ = self.network()

    def group(self, name="Main"):
        return self.rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription="d",
                                               SubnetIds=self.subnets)["DBSubnetGroup"]

    def make(self, **more):
        args = dict(DBInstanceIdentifier="Gengar", Engine="postgres", EngineVersion="16",
                    DBInstanceClass="db.t4g.micro", AllocatedStorage=20, StorageType="gp3", MasterUsername="app",
                    MasterUserPassword="correct-horse", DBSubnetGroupName="main", PubliclyAccessible=False,
                    StorageEncrypted=True)
        args.update(more)
        return self.rds.create_db_instance(**{k: v for k, v in args.items() if v is not None})["DBInstance"]

    def read(self):
        return self.rds.describe_db_instances(DBInstanceIdentifier="gengar")["DBInstances"][0]

    def status(self, wanted):
        return self.until(lambda: self.read()["DBInstanceStatus"] == wanted and self.read())

    def test_subnet_groups(self):
        made = self.group()
        self.assertEqual(made["DBSubnetGroupName"], "main")
        self.refused("DBSubnetGroupAlreadyExists", self.group, "MAIN")
        self.refused("DBSubnetGroupDoesNotCoverEnoughAZs", self.rds.create_db_subnet_group, DBSubnetGroupName="x",
                     DBSubnetGroupDescription="d", SubnetIds=self.subnets[:1])
        self.refused("InvalidSubnet", self.rds.create_db_subnet_group, DBSubnetGroupName="x",
                     DBSubnetGroupDescription="d", SubnetIds=["subnet-0123456789abcdef0"])
        self.refused("DBSubnetGroupNotFoundFault", self.rds.describe_db_subnet_groups, DBSubnetGroupName="no",
                     status=404)

    def test_life(self):
        self.group()
        security = self.ec2.create_security_group(GroupName="db", Description="d", VpcId=self.vpc)["GroupId"]
        made = self.make(VpcSecurityGroupIds=[security], Tags=[{"Key": "k", "Value": "v"}])
        self.assertEqual((made["DBInstanceStatus"], made["DBInstanceIdentifier"]), ("creating", "gengar"))
        self.assertNotIn("Endpoint", made)
        self.refused("DBInstanceAlreadyExists", self.make)
        self.refused("InvalidDBInstanceState", self.rds.modify_db_instance, DBInstanceIdentifier="gengar",
                     BackupRetentionPeriod=2)
        self.status("backing-up")
        live = self.status("available")
        self.assertTrue(live["EngineVersion"].startswith("16."))
        self.assertEqual((live["LicenseModel"], live["Iops"], live["StorageThroughput"], live["Endpoint"]["Port"]),
                         ("postgresql-license", 3000, 125, 5432))
        self.assertEqual(live["TagList"], [{"Key": "k", "Value": "v"}])
        self.refused("DependencyViolation", self.ec2.delete_security_group, GroupId=security)
        self.refused("InvalidDBSubnetGroupStateFault", self.rds.delete_db_subnet_group, DBSubnetGroupName="main")
        delete = dict(DBInstanceIdentifier="gengar")
        self.refused("InvalidParameterCombination", self.rds.delete_db_instance, **delete)
        self.refused("InvalidParameterCombination", self.rds.delete_db_instance, SkipFinalSnapshot=True,
                     FinalDBSnapshotIdentifier="x", **delete)
        self.rds.delete_db_instance(FinalDBSnapshotIdentifier="last", **delete)
        self.assertEqual(self.read()["DBInstanceStatus"], "deleting")
        self.until(lambda: not self.rds.describe_db_instances()["DBInstances"])
        self.refused("DBInstanceNotFound", self.read, status=404)
        self.assertEqual(self.rds.describe_db_snapshots()["DBSnapshots"][0]["DBSnapshotIdentifier"], "last")
        self.until(lambda: not self.ec2.describe_network_interfaces()["NetworkInterfaces"])
        self.ec2.delete_security_group(GroupId=security)
        self.rds.delete_db_subnet_group(DBSubnetGroupName="main")

    def test_changes_are_pending_first(self):
        self.group()
        self.make()
        self.status("available")
        change = self.rds.modify_db_instance
        me = {"DBInstanceIdentifier": "gengar"}
        self.refused("InvalidParameterCombination", change, contains="No modifications", **me)
        self.refused("InvalidParameterCombination", change, contains="No modifications", BackupRetentionPeriod=1, **me)
        change(DBInstanceClass="db.t4g.small", **me)
        self.until(lambda: self.read()["DBInstanceStatus"] == "available")
        live = self.read()
        self.assertEqual(live["DBInstanceClass"], "db.t4g.micro")
        self.assertEqual(live["PendingModifiedValues"], {"DBInstanceClass": "db.t4g.small"})
        got = change(BackupRetentionPeriod=7, DeletionProtection=True, ApplyImmediately=True, **me)["DBInstance"]
        self.assertEqual((got["BackupRetentionPeriod"], got["DBInstanceStatus"], got["DeletionProtection"]),
                         (1, "available", True))
        self.status("modifying")
        live = self.status("available")
        self.assertEqual((live["BackupRetentionPeriod"], live["DBInstanceClass"]), (7, "db.t4g.small"))
        self.assertEqual(live.get("PendingModifiedValues"), {})
        self.refused("InvalidParameterCombination", self.rds.delete_db_instance, SkipFinalSnapshot=True,
                     contains="protected", **me)

    def test_storage(self):
        self.group()
        self.refused("InvalidParameterCombination", self.make, Iops=3000)
        self.refused("InvalidParameterValue", self.make, AllocatedStorage=5)
        self.make()
        self.status("available")
        change, me = self.rds.modify_db_instance, {"DBInstanceIdentifier": "gengar", "ApplyImmediately": True}
        self.refused("InvalidParameterCombination", change, AllocatedStorage=10, **me)
        self.refused("InvalidParameterCombination", change, AllocatedStorage=21, **me)
        change(AllocatedStorage=30, **me)
        self.until(lambda: self.read()["AllocatedStorage"] == 30)
        self.refused("InvalidParameterCombination", change, contains="optimized", AllocatedStorage=60, **me)

    def test_refusals_at_create(self):
        self.group()
        for code, wrong in (("InvalidParameterCombination", {"EngineVersion": "9.9"}),
                            ("InvalidParameterCombination", {"DBInstanceClass": "db.nope.micro"}),
                            ("InvalidParameterCombination", {"MasterUserPassword": None}),
                            ("InvalidParameterCombination", {"ManageMasterUserPassword": True}),
                            ("InvalidParameterValue", {"MasterUserPassword": "short"}),
                            ("InvalidParameterValue", {"MasterUserPassword": "has a space"}),
                            ("InvalidParameterValue", {"MasterUsername": "admin"}),
                            ("InvalidParameterValue", {"DBInstanceIdentifier": "a--b"}),
                            ("InvalidParameterValue", {"VpcSecurityGroupIds": ["sg-0123456789abcdef0"]}),
                            ("DBSubnetGroupNotFoundFault", {"DBSubnetGroupName": "nope"}),
                            ("InvalidVPCNetworkStateFault", {"PubliclyAccessible": True})):
            self.refused(code, self.make, **wrong)
        self.assertEqual(self.rds.describe_db_instances()["DBInstances"], [])

    def test_pages_and_filters(self):
        self.group()
        for i in range(3):
            self.make(DBInstanceIdentifier=f"db{i}")
        self.refused("InvalidParameterValue", self.rds.describe_db_instances, MaxRecords=5)
        self.set(page_size=2)
        first = self.rds.describe_db_instances()
        self.assertEqual(len(first["DBInstances"]), 2)
        self.assertEqual(len(self.rds.describe_db_instances(Marker=first["Marker"])["DBInstances"]), 1)
        two = self.rds.describe_db_instances(Filters=[{"Name": "db-instance-id", "Values": ["db1", "db2", "db9"]}])
        self.assertEqual(len(two["DBInstances"]), 2)

    def test_tags_and_versions(self):
        arn = self.group()["DBSubnetGroupArn"]
        self.rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "a", "Value": "b"}])
        self.assertEqual(self.rds.list_tags_for_resource(ResourceName=arn)["TagList"], [{"Key": "a", "Value": "b"}])
        self.rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["a"])
        self.assertEqual(self.rds.list_tags_for_resource(ResourceName=arn)["TagList"], [])
        found = self.rds.describe_db_engine_versions(Engine="postgres", EngineVersion="16", DefaultOnly=True)
        self.assertEqual(found["DBEngineVersions"][0]["DBParameterGroupFamily"], "postgres16")
