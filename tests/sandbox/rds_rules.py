"""What a DB instance may be: versions, classes, names, storage (network sheet 3.3, 20)."""
import re

from rds_groups import rds_error

VERSIONS = {
    "postgres": ["13.20", "13.21", "14.17", "14.18", "15.12", "15.13", "16.6", "16.8", "16.9", "17.4", "17.5"],
    "mysql": ["8.0.41", "8.0.42", "8.4.4", "8.4.5"], "mariadb": ["10.11.11", "11.4.5"],
}
LICENSE = {"postgres": "postgresql-license"}
PORT = {"postgres": 5432, "mysql": 3306, "mariadb": 3306}
CLASS = re.compile(r"db\.(t3|t4g|m5|m6g|m6i|m7g|m7i|m8g|r5|r6g|r6i|r7g|r7i|r8g|x2g)\."
                   r"(micro|small|medium|large|xlarge|2xlarge|4xlarge|8xlarge|12xlarge|16xlarge|24xlarge)")
WINDOW = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def version(engine, wanted):
    """`16` is expanded to the newest 16.x; without any, the newest of all."""
    known = VERSIONS.get(engine)
    if known is None:
        raise rds_error("InvalidParameterValue", f"Invalid DB engine: {engine}")
    if not wanted:
        return known[-1]
    matching = [v for v in known if v == wanted or v.startswith(wanted + ".")]
    if not matching:
        raise rds_error("InvalidParameterCombination", f"Cannot find version {wanted} for {engine}")
    return matching[-1]


def family(engine, full):
    return f"{engine}{full.split('.')[0]}" if engine == "postgres" else f"{engine}{'.'.join(full.split('.')[:2])}"


def check_class(name, engine, full):
    if not CLASS.fullmatch(name or ""):
        raise rds_error("InvalidParameterCombination",
                        "RDS does not support creating a DB instance with the following combination: "
                        f"DBInstanceClass={name}, Engine={engine}, EngineVersion={full}")


def check_identifier(name):
    if not re.fullmatch(r"[a-z](?:-?[a-z0-9])*", name) or len(name) > 63:
        raise rds_error("InvalidParameterValue", "The parameter DBInstanceIdentifier is not a valid identifier. "
                        "Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; "
                        "and must not end with a hyphen or contain two consecutive hyphens.")


def check_password(password):
    if not 8 <= len(password) <= 128:
        raise rds_error("InvalidParameterValue",
                        "The parameter MasterUserPassword is not a valid password because it is "
                        + ("shorter than 8" if len(password) < 8 else "longer than 128") + " characters.")
    if not re.fullmatch(r"[\x21-\x7e]+", password) or set(password) & set("/@\""):
        raise rds_error("InvalidParameterValue", "The parameter MasterUserPassword is not a valid password. Only "
                        "printable ASCII characters besides '/', '@', '\"', ' ' may be used.")


def check_user(name):
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,15}", name) or name.lower() in ("admin", "rdsadmin", "rdsrepladmin"):
        raise rds_error("InvalidParameterValue", f"MasterUsername {name} cannot be used as it is a reserved word used "
                                                 "by the engine")


def check_storage(size, kind, iops, throughput):
    low = 100 if kind in ("io1", "io2") else 20
    if kind not in ("gp2", "gp3", "io1", "io2", "standard"):
        raise rds_error("InvalidParameterValue", f"Invalid storage type: {kind}")
    if not size or not low <= size <= 65536:
        raise rds_error("InvalidParameterValue", f"Invalid storage size for engine name postgres and storage type "
                                                 f"{kind}: {size}")
    if kind == "gp3" and size < 400 and (iops or throughput):
        raise rds_error("InvalidParameterCombination", "You can't specify IOPS or storage throughput for engine "
                                                       "postgres and a storage size less than 400.")
    if kind in ("io1", "io2") and not iops:
        raise rds_error("InvalidParameterCombination", f"Storage type {kind} requires Iops")


def default_performance(size, kind):
    """(iops, throughput) that a gp3 volume has without being asked."""
    if kind != "gp3":
        return None, None
    return (3000, 125) if size < 400 else (12000, 500)


def _minutes(text):
    match = WINDOW.fullmatch(text)
    if not match:
        return None
    a, b, c, d = map(int, match.groups())
    return (a * 60 + b, c * 60 + d) if a < 24 and c < 24 and b < 60 and d < 60 else None


def backup_window(text):
    times = _minutes(text)
    if times is None or (times[1] - times[0]) % 1440 < 30:
        raise rds_error("InvalidParameterValue", f"Invalid backup window: {text}")
    return text


def maintenance_window(text):
    text = text.lower()
    match = re.fullmatch(r"(\w{3}):(\d\d:\d\d)-(\w{3}):(\d\d:\d\d)", text)
    if not match or match.group(1) not in DAYS or match.group(3) not in DAYS or \
            _minutes(f"{match.group(2)}-{match.group(4)}") is None:
        raise rds_error("InvalidParameterValue", f"Invalid maintenance window format: {text}")
    return text


def check_disjoint(backup, maintenance):
    day, night = _minutes(backup), _minutes(re.sub(r"[a-z]{3}:", "", maintenance))
    if night[0] < night[1] and day[0] < day[1] and day[0] < night[1] and night[0] < day[1]:
        raise rds_error("InvalidParameterCombination", "The backup window and maintenance window must not overlap.")
