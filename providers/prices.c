/*
 * AWS's list prices. One table for each kind of thing: its meters with unit and date, a row for each region.
 *
 * From the files behind AWS's pricing pages of 2025 (all regions), and from extracts of the Price List between 2026-09
 * and 2026-10 (us-east-1, ap-southeast-1, eu-central-1; Fargate for x86 in most): where both have a price, they agree.
 * `dated` is the list that most prices of the meter come from. Spot is the feed of 2026-09-28 and -29; for ARM outside
 * of us-east-1, eu-west-1 and ap-south-2 it is the on-demand price less the discount that x86 has there.
 *
 * To renew: https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/<Offer>/current/<region>/index.json
 */
#include "providers/prices.h"
#include "base/mem.h"

#include <string.h>

#define NONE (-1)

struct row {
	const char *region;
	double price[12]; /* in the order of the meters; NONE: not known */
};

static const struct meter fargate_meters[] = {
    {"fargate.x86.vcpu", "vCPU-hour", "2026-09-29"},        {"fargate.x86.gb", "GB-hour", "2026-09-29"},
    {"fargate.x86.spot.vcpu", "vCPU-hour", "2026-09-29"},   {"fargate.x86.spot.gb", "GB-hour", "2026-09-29"},
    {"fargate.arm64.vcpu", "vCPU-hour", "2025-11-04"},      {"fargate.arm64.gb", "GB-hour", "2025-11-04"},
    {"fargate.arm64.spot.vcpu", "vCPU-hour", "2026-09-29"}, {"fargate.arm64.spot.gb", "GB-hour", "2026-09-29"},
    {"fargate.ephemeral.gb", "GB-hour", "2025-11-04"},
};

static const struct row fargate_rows[] = {
    {"af-south-1", {0.0546, 0.006, 0.01638, 0.0018, 0.04372, 0.0048, 0.013116, 0.00144, 0.000145}},
    {"ap-east-1", {0.0556, 0.0061, 0.01668, 0.00183, 0.04449, 0.00487, 0.013347, 0.001461, 0.000147}},
    {"ap-east-2", {0.045504, 0.004977, NONE, NONE, 0.036405, 0.003978, NONE, NONE, 0.0001197}},
    {"ap-northeast-1", {0.05056, 0.00553, 0.01563522, 0.0017101, 0.04045, 0.00442, 0.01250879, 0.00136684, 0.000133}},
    {"ap-northeast-2", {0.04656, 0.00511, 0.013968, 0.001533, 0.03725, 0.00409, 0.011175, 0.001227, 0.000127}},
    {"ap-northeast-3", {0.05056, 0.00553, NONE, NONE, 0.04045, 0.00442, NONE, NONE, 0.000133}},
    {"ap-south-1", {0.04256, 0.004655, 0.01344511, 0.00147056, 0.02383, 0.00261, 0.00752812, 0.00082452, 0.000127}},
    {"ap-south-2", {0.04256, 0.00466, 0.012768, 0.0013965, 0.02383, 0.00261, 0.007149, 0.000783, 0.000127}},
    {"ap-southeast-1", {0.05056, 0.00553, 0.01544659, 0.00168947, 0.04045, 0.00442, 0.01235788, 0.00135035, 0.000133}},
    {"ap-southeast-2", {0.04856, 0.00532, 0.01520795, 0.00166611, 0.03885, 0.00426, 0.01216699, 0.00133414, 0.000133}},
    {"ap-southeast-3", {0.05056, 0.00553, NONE, NONE, 0.04045, 0.00442, NONE, NONE, 0.000133}},
    {"ap-southeast-4", {0.04856, 0.00532, NONE, NONE, 0.03885, 0.00426, NONE, NONE, 0.000133}},
    {"ap-southeast-5", {0.045504, 0.004977, NONE, NONE, 0.036403, 0.003982, NONE, NONE, 0.00012}},
    {"ap-southeast-6", {0.053416, 0.005852, NONE, NONE, 0.042735, 0.004686, NONE, NONE, 0.0001463}},
    {"ap-southeast-7", {0.045504, 0.004977, NONE, NONE, 0.036403, 0.003982, NONE, NONE, 0.00012}},
    {"ca-central-1", {0.04456, 0.004865, 0.013368, 0.0014595, 0.03565, 0.00389, 0.010695, 0.001167, 0.000122}},
    {"ca-west-1", {0.04456, 0.004865, NONE, NONE, 0.03565, 0.00389, NONE, NONE, 0.000122}},
    {"eu-central-1", {0.04656, 0.00511, 0.01441236, 0.00158177, 0.03725, 0.00409, 0.01153051, 0.00126604, 0.000132}},
    {"eu-central-2", {0.05448, 0.00598, NONE, NONE, 0.04358, 0.00478, NONE, NONE, 0.0001584}},
    {"eu-north-1", {0.0445, 0.0049, 0.01342378, 0.00147812, 0.0356, 0.00392, 0.01073902, 0.0011825, 0.000116}},
    {"eu-south-1", {0.0486, 0.0053, 0.01458, 0.00159, 0.03886, 0.00427, 0.011658, 0.001281, 0.000128}},
    {"eu-south-2", {0.046552, 0.005112, NONE, NONE, 0.037242, 0.004089, NONE, NONE, 0.000122}},
    {"eu-west-1", {0.04048, 0.004445, 0.01225536, 0.00134573, 0.03238, 0.00356, 0.00979124, 0.00107649, 0.000122}},
    {"eu-west-2", {0.04656, 0.00511, 0.01468459, 0.00161165, 0.03725, 0.00409, 0.0117483, 0.00128995, 0.000129}},
    {"eu-west-3", {0.0486, 0.0053, 0.01464299, 0.00159687, 0.03888, 0.00424, 0.01171439, 0.0012775, 0.000129}},
    {"il-central-1", {0.0518144, 0.0056896, NONE, NONE, 0.04145152, 0.00455168, NONE, NONE, 0.0001464}},
    {"me-central-1", {0.0526, 0.0058, NONE, NONE, 0.04208, 0.00464, NONE, NONE, 0.000134}},
    {"me-south-1", {0.0526, 0.0058, 0.0162103, 0.00178745, 0.04208, 0.00464, 0.01296824, 0.00142996, 0.000134}},
    {"mx-central-1", {0.042504, 0.00466725, NONE, NONE, 0.033999, 0.003738, NONE, NONE, 0.00011655}},
    {"sa-east-1", {0.0696, 0.0076, 0.02199254, 0.00240148, 0.0557, 0.00612, 0.01760035, 0.00193382, 0.000211}},
    {"us-east-1", {0.04048, 0.004445, 0.01288561, 0.00141493, 0.03238, 0.00356, 0.01030969, 0.00113349, 0.000111}},
    {"us-east-2", {0.04048, 0.004445, 0.01539807, 0.00169082, 0.03238, 0.00356, 0.01231693, 0.00135418, 0.000111}},
    {"us-west-1", {0.04656, 0.00511, 0.01437645, 0.00157783, 0.03725, 0.00409, 0.01150178, 0.00126288, 0.000133}},
    {"us-west-2", {0.04048, 0.004445, 0.01258905, 0.00138237, 0.03238, 0.00356, 0.01007, 0.00110714, 0.000111}},
};

static const struct meter single_meters[] = {
    {"rds.postgres.t4g.micro.single", "hour", "2025-06-18"},  {"rds.postgres.t4g.small.single", "hour", "2025-06-18"},
    {"rds.postgres.t4g.medium.single", "hour", "2025-06-18"}, {"rds.postgres.t4g.large.single", "hour", "2025-06-18"},
    {"rds.postgres.m6g.large.single", "hour", "2025-06-18"},  {"rds.postgres.m7g.large.single", "hour", "2025-06-18"},
    {"rds.postgres.r6g.large.single", "hour", "2025-06-18"},  {"rds.postgres.r7g.large.single", "hour", "2025-06-18"},
};

static const struct row single_rows[] = {
    {"af-south-1", {0.021, 0.041, 0.082, 0.164, 0.209, NONE, 0.299, NONE}},
    {"ap-east-1", {0.028, 0.056, 0.111, 0.222, 0.243, NONE, 0.297, 0.316}},
    {"ap-east-2", {0.023, 0.046, 0.091, 0.182, 0.199, NONE, 0.243, 0.258}},
    {"ap-northeast-1", {0.025, 0.05, 0.101, 0.202, 0.221, 0.234, 0.27, 0.287}},
    {"ap-northeast-2", {0.025, 0.051, 0.102, 0.203, 0.221, 0.2344, 0.27, 0.2869}},
    {"ap-northeast-3", {0.025, 0.051, 0.101, 0.202, 0.234, 0.249, 0.27, NONE}},
    {"ap-south-1", {0.021, 0.042, 0.084, 0.167, 0.226, 0.24, 0.256, 0.272}},
    {"ap-south-2", {0.021, 0.042, 0.084, 0.167, 0.226, 0.2396, 0.256, 0.272}},
    {"ap-southeast-1", {0.025, 0.051, 0.102, 0.203, 0.221, 0.234, 0.27, 0.287}},
    {"ap-southeast-2", {0.025, 0.051, 0.102, 0.203, 0.221, 0.234, 0.27, 0.287}},
    {"ap-southeast-3", {0.025, 0.051, 0.102, 0.203, 0.221, 0.235, 0.27, NONE}},
    {"ap-southeast-4", {0.025, 0.051, 0.102, 0.203, 0.221, 0.235, 0.27, NONE}},
    {"ap-southeast-5", {0.023, 0.046, 0.091, 0.183, 0.188, 0.199, 0.23, 0.244}},
    {"ap-southeast-6", {NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE}},
    {"ap-southeast-7", {0.023, 0.046, 0.091, 0.183, 0.188, 0.199, 0.23, 0.244}},
    {"ca-central-1", {0.018, 0.035, 0.07, 0.141, 0.175, 0.1856, 0.243, 0.2582}},
    {"ca-west-1", {NONE, NONE, NONE, NONE, 0.175, NONE, 0.243, NONE}},
    {"eu-central-1", {0.019, 0.037, 0.074, 0.149, 0.189, 0.2, 0.274, 0.291}},
    {"eu-central-2", {0.021, 0.041, 0.082, 0.164, 0.208, 0.221, 0.301, NONE}},
    {"eu-north-1", {0.016, 0.033, 0.065, 0.13, 0.167, 0.177, 0.231, 0.2454}},
    {"eu-south-1", {0.018, 0.036, 0.073, 0.145, 0.185, NONE, 0.264, 0.281}},
    {"eu-south-2", {0.018, 0.035, 0.07, 0.14, 0.176, 0.1864, 0.252, 0.2678}},
    {"eu-west-1", {0.017, 0.035, 0.069, 0.138, 0.176, 0.186, 0.252, 0.268}},
    {"eu-west-2", {0.018, 0.036, 0.072, 0.145, 0.184, 0.1952, 0.264, 0.2805}},
    {"eu-west-3", {0.018, 0.036, 0.072, 0.145, 0.184, 0.195, 0.264, NONE}},
    {"il-central-1", {0.018, 0.037, 0.072, 0.145, 0.185, 0.197, 0.265, NONE}},
    {"me-central-1", {0.019, 0.038, 0.076, 0.152, 0.193, 0.205, 0.277, NONE}},
    {"me-south-1", {0.019, 0.038, 0.076, 0.152, 0.193, 0.2044, 0.277, 0.294}},
    {"mx-central-1", {0.017, 0.034, 0.068, 0.135, 0.167, 0.176, 0.236, 0.251}},
    {"sa-east-1", {0.034, 0.069, 0.137, 0.275, 0.208, 0.221, 0.468, 0.497}},
    {"us-east-1", {0.016, 0.032, 0.065, 0.129, 0.159, 0.168, 0.225, 0.239}},
    {"us-east-2", {0.016, 0.032, 0.065, 0.129, 0.159, 0.168, 0.225, 0.239}},
    {"us-west-1", {0.021, 0.043, 0.085, 0.171, 0.181, 0.192, 0.252, 0.2678}},
    {"us-west-2", {0.016, 0.032, 0.065, 0.129, 0.159, 0.168, 0.225, 0.239}},
};

static const struct meter multi_meters[] = {
    {"rds.postgres.t4g.micro.multi", "hour", "2025-06-18"},  {"rds.postgres.t4g.small.multi", "hour", "2025-06-18"},
    {"rds.postgres.t4g.medium.multi", "hour", "2025-06-18"}, {"rds.postgres.t4g.large.multi", "hour", "2025-06-18"},
    {"rds.postgres.m6g.large.multi", "hour", "2025-06-18"},  {"rds.postgres.m7g.large.multi", "hour", "2025-06-18"},
    {"rds.postgres.r6g.large.multi", "hour", "2025-06-18"},  {"rds.postgres.r7g.large.multi", "hour", "2025-06-18"},
};

static const struct row multi_rows[] = {
    {"af-south-1", {0.041, 0.082, 0.164, 0.328, 0.417, NONE, 0.599, NONE}},
    {"ap-east-1", {0.056, 0.111, 0.222, 0.445, 0.485, NONE, 0.593, 0.631}},
    {"ap-east-2", {0.046, 0.091, 0.182, 0.364, 0.398, NONE, 0.486, 0.516}},
    {"ap-northeast-1", {0.05, 0.101, 0.202, 0.403, 0.441, 0.468, 0.54, 0.574}},
    {"ap-northeast-2", {0.051, 0.102, 0.203, 0.406, 0.441, 0.4688, 0.54, 0.5738}},
    {"ap-northeast-3", {0.051, 0.101, 0.202, 0.404, 0.468, 0.498, 0.539, NONE}},
    {"ap-south-1", {0.042, 0.084, 0.167, 0.334, 0.452, 0.479, 0.513, 0.544}},
    {"ap-south-2", {0.042, 0.084, 0.167, 0.334, 0.452, 0.4792, 0.512, 0.544}},
    {"ap-southeast-1", {0.051, 0.102, 0.203, 0.406, 0.441, 0.468, 0.54, 0.574}},
    {"ap-southeast-2", {0.051, 0.102, 0.203, 0.406, 0.441, 0.468, 0.54, 0.574}},
    {"ap-southeast-3", {0.051, 0.102, 0.203, 0.406, 0.441, 0.47, 0.54, NONE}},
    {"ap-southeast-4", {0.051, 0.102, 0.203, 0.406, 0.441, 0.47, 0.54, NONE}},
    {"ap-southeast-5", {0.046, 0.091, 0.183, 0.366, 0.376, 0.398, 0.46, 0.488}},
    {"ap-southeast-6", {NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE}},
    {"ap-southeast-7", {0.046, 0.091, 0.183, 0.366, 0.376, 0.398, 0.46, 0.488}},
    {"ca-central-1", {0.035, 0.07, 0.141, 0.282, 0.35, 0.3712, 0.486, 0.5164}},
    {"ca-west-1", {NONE, NONE, NONE, NONE, 0.35, NONE, 0.486, NONE}},
    {"eu-central-1", {0.037, 0.074, 0.149, 0.298, 0.379, 0.401, 0.549, 0.582}},
    {"eu-central-2", {0.041, 0.082, 0.164, 0.328, 0.416, 0.442, 0.603, NONE}},
    {"eu-north-1", {0.033, 0.065, 0.13, 0.261, 0.334, 0.354, 0.462, 0.4908}},
    {"eu-south-1", {0.036, 0.073, 0.145, 0.29, 0.37, NONE, 0.528, 0.561}},
    {"eu-south-2", {0.035, 0.07, 0.14, 0.28, 0.352, 0.3728, 0.504, 0.5356}},
    {"eu-west-1", {0.035, 0.069, 0.138, 0.277, 0.352, 0.372, 0.504, 0.536}},
    {"eu-west-2", {0.036, 0.072, 0.145, 0.29, 0.368, 0.3904, 0.529, 0.561}},
    {"eu-west-3", {0.036, 0.072, 0.145, 0.29, 0.368, 0.39, 0.528, NONE}},
    {"il-central-1", {0.037, 0.073, 0.145, 0.291, 0.37, 0.394, 0.529, NONE}},
    {"me-central-1", {0.038, 0.076, 0.152, 0.304, 0.386, 0.41, 0.554, NONE}},
    {"me-south-1", {0.038, 0.076, 0.152, 0.304, 0.386, 0.4088, 0.554, 0.588}},
    {"mx-central-1", {0.034, 0.068, 0.135, 0.27, 0.334, 0.352, 0.472, 0.502}},
    {"sa-east-1", {0.069, 0.137, 0.275, 0.55, 0.416, 0.442, 0.935, 0.994}},
    {"us-east-1", {0.032, 0.065, 0.129, 0.258, 0.318, 0.337, 0.45, 0.478}},
    {"us-east-2", {0.032, 0.065, 0.129, 0.258, 0.318, 0.337, 0.45, 0.478}},
    {"us-west-1", {0.043, 0.085, 0.171, 0.342, 0.363, 0.384, 0.504, 0.5356}},
    {"us-west-2", {0.032, 0.065, 0.129, 0.258, 0.318, 0.337, 0.45, 0.478}},
};

static const struct meter storage_meters[] = {
    {"rds.gp3.single", "GB-month", "2025-06-18"},
    {"rds.gp3.multi", "GB-month", "2025-06-18"},
    {"rds.gp3.iops.single", "IOPS-month", "2025-06-18"},
    {"rds.gp3.iops.multi", "IOPS-month", "2025-06-18"},
    {"rds.gp3.throughput.single", "MBps-month", "2025-06-18"},
    {"rds.gp3.throughput.multi", "MBps-month", "2025-06-18"},
    {"rds.backup", "GB-month", "2025-06-18"},
};

static const struct row storage_rows[] = {
    {"af-south-1", {0.151, 0.302, 0.026, 0.053, 0.105, 0.21, 0.113}},
    {"ap-east-1", {0.15, 0.3, 0.026, 0.052, 0.104, 0.209, 0.095}},
    {"ap-east-2", {0.124, 0.248, 0.022, 0.044, 0.086, 0.172, 0.086}},
    {"ap-northeast-1", {0.138, 0.276, 0.024, 0.048, 0.096, 0.192, 0.095}},
    {"ap-northeast-2", {0.131, 0.262, 0.023, 0.046, 0.091, 0.182, 0.095}},
    {"ap-northeast-3", {0.138, 0.276, 0.024, 0.048, 0.096, 0.192, 0.095}},
    {"ap-south-1", {0.131, 0.262, 0.023, 0.046, 0.091, 0.182, 0.095}},
    {"ap-south-2", {0.131, 0.262, 0.023, 0.046, 0.091, 0.182, 0.095}},
    {"ap-southeast-1", {0.138, 0.276, 0.024, 0.048, 0.096, 0.192, 0.095}},
    {"ap-southeast-2", {0.138, 0.276, 0.024, 0.048, 0.096, 0.192, 0.095}},
    {"ap-southeast-3", {0.138, 0.276, 0.024, 0.048, 0.096, 0.192, 0.095}},
    {"ap-southeast-4", {0.138, 0.276, 0.024, 0.048, 0.096, 0.192, 0.095}},
    {"ap-southeast-5", {0.124, 0.248, 0.022, 0.044, 0.086, 0.172, 0.086}},
    {"ap-southeast-6", {NONE, NONE, NONE, NONE, NONE, NONE, NONE}},
    {"ap-southeast-7", {0.124, 0.248, 0.022, 0.044, 0.086, 0.172, 0.086}},
    {"ca-central-1", {0.127, 0.254, 0.022, 0.044, 0.088, 0.177, 0.105}},
    {"ca-west-1", {0.127, 0.254, 0.022, 0.044, 0.088, 0.177, 0.105}},
    {"eu-central-1", {0.137, 0.274, 0.024, 0.048, 0.095, 0.191, 0.103}},
    {"eu-central-2", {0.1507, 0.3014, 0.0264, 0.0528, 0.1045, 0.2101, 0.1133}},
    {"eu-north-1", {0.12, 0.24, 0.021, 0.042, 0.083, 0.167, 0.09}},
    {"eu-south-1", {0.133, 0.266, 0.023, 0.046, 0.093, 0.185, 0.1}},
    {"eu-south-2", {0.127, 0.254, 0.022, 0.044, 0.088, 0.177, 0.095}},
    {"eu-west-1", {0.127, 0.254, 0.022, 0.044, 0.088, 0.177, 0.095}},
    {"eu-west-2", {0.133, 0.266, 0.023, 0.046, 0.093, 0.185, 0.1}},
    {"eu-west-3", {0.133, 0.266, 0.023, 0.046, 0.093, 0.185, 0.1}},
    {"il-central-1", {0.153, 0.305, 0.027, 0.053, 0.106, 0.213, 0.105}},
    {"me-central-1", {0.14, 0.279, 0.024, 0.049, NONE, NONE, 0.1045}},
    {"me-south-1", {0.14, 0.279, 0.024, 0.049, 0.097, 0.194, 0.1045}},
    {"mx-central-1", {0.121, 0.242, 0.021, 0.042, 0.084, 0.168, 0.1}},
    {"sa-east-1", {0.219, 0.438, 0.038, 0.076, 0.152, 0.305, 0.095}},
    {"us-east-1", {0.115, 0.23, 0.02, 0.04, 0.08, 0.16, 0.095}},
    {"us-east-2", {0.115, 0.23, 0.02, 0.04, 0.08, 0.16, 0.095}},
    {"us-west-1", {0.138, 0.276, 0.024, 0.048, 0.096, 0.192, 0.095}},
    {"us-west-2", {0.115, 0.23, 0.02, 0.04, 0.08, 0.16, 0.095}},
};

static const struct meter other_meters[] = {
    {"ipv4.public.in_use", "address-hour", "2025-11-04"},
    {"route53.zone", "zone-month", "2026-09-25"},
    {"cloudmap.resource", "registered resource-month", "2025-06-18"},
    {"cloudmap.discovery", "million calls", "2025-06-18"},
    {"apigw.http.tier1", "million requests", "2025-11-04"},
    {"apigw.http.tier2", "million requests", "2025-11-04"},
    {"ecr.storage", "GB-month", "2025-06-18"},
    {"logs.ingest", "GB", "2025-11-04"},
    {"logs.ingest.vended.tier1", "GB", "2025-11-04"},
    {"logs.storage", "GB-month", "2025-11-04"},
    {"ssm.parameter.advanced.hour", "parameter-hour", "2025-06-18"},
};

static const struct row other_rows[] = {
    {"af-south-1", {0.005, 0.5, 0.1, 1, 1.32, 1.19, 0.1, 0.678, 0.678, 0.036, 0.00007}},
    {"ap-east-1", {0.005, 0.5, 0.1, 1, 1.38, 1.24, 0.1, 0.8, 0.8, 0.03, 0.00007}},
    {"ap-east-2", {0.005, 0.5, 0.1, 1, NONE, NONE, 0.1, 0.5, 0.5, 0.03, 0.00007}},
    {"ap-northeast-1", {0.005, 0.5, 0.1, 1, 1.29, 1.18, 0.1, 0.76, 0.76, 0.033, 0.00007}},
    {"ap-northeast-2", {0.005, 0.5, 0.1, 1, 1.23, 1.11, 0.1, 0.76, 0.76, 0.0314, 0.00007}},
    {"ap-northeast-3", {0.005, 0.5, 0.1, 1, 1.29, 1.18, 0.1, 0.76, 0.76, 0.033, 0.00007}},
    {"ap-south-1", {0.005, 0.5, 0.1, 1, 1.05, 0.95, 0.1, 0.67, 0.67, 0.03, 0.00007}},
    {"ap-south-2", {0.005, 0.5, 0.1, 1, 1.05, 0.95, 0.1, 0.67, 0.67, 0.03, 0.00007}},
    {"ap-southeast-1", {0.005, 0.5, 0.1, 1, 1.25, 1.13, 0.1, 0.7, 0.7, 0.03, 0.00007}},
    {"ap-southeast-2", {0.005, 0.5, 0.1, 1, 1.29, 1.18, 0.1, 0.67, 0.67, 0.033, 0.00007}},
    {"ap-southeast-3", {0.005, 0.5, 0.1, 1, 1.29, 1.18, 0.1, 0.7, 0.7, 0.03, 0.00007}},
    {"ap-southeast-4", {0.005, 0.5, 0.1, 1, 1.29, 1.18, 0.1, 0.67, 0.67, 0.033, 0.00007}},
    {"ap-southeast-5", {0.005, 0.5, 0.1, 1, 1.125, 1.017, 0.1, 0.5, 0.5, 0.03, 0.00007}},
    {"ap-southeast-6", {0.005, 0.5, NONE, NONE, NONE, NONE, NONE, 0.5, 0.5, 0.03, NONE}},
    {"ap-southeast-7", {0.005, 0.5, 0.1, 1, 1.125, 1.017, 0.1, 0.5, 0.5, 0.03, 0.00007}},
    {"ca-central-1", {0.005, 0.5, 0.1, 1, 1.11, 1, 0.1, 0.55, 0.55, 0.033, 0.00007}},
    {"ca-west-1", {0.005, 0.5, 0.1, 1, 1.11, 1, 0.1, 0.55, 0.55, 0.033, 0.00007}},
    {"eu-central-1", {0.005, 0.5, 0.1, 1, 1.2, 1.08, 0.1, 0.63, 0.63, 0.0324, 0.00007}},
    {"eu-central-2", {0.005, 0.5, 0.1, 1, 1.32, 1.188, 0.1, 0.69, 0.69, 0.0356, 0.00007}},
    {"eu-north-1", {0.005, 0.5, 0.1, 1, 1.06, 0.96, 0.1, 0.54, 0.54, 0.028, 0.00007}},
    {"eu-south-1", {0.005, 0.5, 0.1, 1, 1.17, 1.05, 0.1, 0.6, 0.6, 0.032, 0.00007}},
    {"eu-south-2", {0.005, 0.5, 0.1, 1, 1.11, 1, 0.1, 0.57, 0.57, 0.03, 0.00007}},
    {"eu-west-1", {0.005, 0.5, 0.1, 1, 1.11, 1, 0.1, 0.57, 0.57, 0.03, 0.00007}},
    {"eu-west-2", {0.005, 0.5, 0.1, 1, 1.16, 1.04, 0.1, 0.5985, 0.5985, 0.0315, 0.00007}},
    {"eu-west-3", {0.005, 0.5, 0.1, 1, 1.17, 1.05, 0.1, 0.5985, 0.5985, 0.0315, 0.00007}},
    {"il-central-1", {0.005, 0.5, 0.1, 1, 1.22, 1.1, 0.1, 0.5, 0.5, 0.03, 0.000077}},
    {"me-central-1", {0.005, 0.5, 0.1, 1, 1.22, 1.1, 0.1, 0.63, 0.63, 0.033, 0.00007}},
    {"me-south-1", {0.005, 0.5, 0.1, 1, 1.23, 1.11, 0.1, 0.63, 0.63, 0.03, 0.00007}},
    {"mx-central-1", {0.005, 0.5, 0.1, 1, NONE, NONE, 0.1, 0.5, 0.5, 0.03, 0.00007}},
    {"sa-east-1", {0.005, 0.5, 0.1, 1, 1.59, 1.43, 0.1, 0.9, 0.9, 0.0408, 0.00007}},
    {"us-east-1", {0.005, 0.5, 0.1, 1, 1, 0.9, 0.1, 0.5, 0.5, 0.03, 0.00007}},
    {"us-east-2", {0.005, 0.5, 0.1, 1, 1, 0.9, 0.1, 0.5, 0.5, 0.03, 0.00007}},
    {"us-west-1", {0.005, 0.5, 0.1, 1, 1.17, 1.05, 0.1, 0.67, 0.67, 0.033, 0.00007}},
    {"us-west-2", {0.005, 0.5, 0.1, 1, 1, 0.9, 0.1, 0.5, 0.5, 0.03, 0.00007}},
};

#define REGIONS ARRAY_SIZE(fargate_rows)

/* Each table has the same regions. */
static const struct table {
	const struct meter *meter;
	size_t n;
	const struct row *row;
} tables[] = {
    {fargate_meters, ARRAY_SIZE(fargate_meters), fargate_rows},
    {single_meters, ARRAY_SIZE(single_meters), single_rows},
    {multi_meters, ARRAY_SIZE(multi_meters), multi_rows},
    {storage_meters, ARRAY_SIZE(storage_meters), storage_rows},
    {other_meters, ARRAY_SIZE(other_meters), other_rows},
};

_Static_assert(ARRAY_SIZE(single_rows) == REGIONS && ARRAY_SIZE(multi_rows) == REGIONS &&
		   ARRAY_SIZE(storage_rows) == REGIONS && ARRAY_SIZE(other_rows) == REGIONS,
	       "a table lacks a region");

const char *price_region_at(size_t i)
{
	return i < REGIONS ? fargate_rows[i].region : NULL;
}

/* NULL if the table has no such region. */
static const double *prices_of(const struct table *t, const char *region)
{
	for (size_t i = 0; i < REGIONS; i++)
		if (!strcmp(t->row[i].region, region))
			return t->row[i].price;
	return NULL;
}

bool price_region_known(const char *region)
{
	return prices_of(&tables[0], region) != NULL;
}

const struct meter *price_meter_at(size_t i)
{
	for (const struct table *t = tables; t < tables + ARRAY_SIZE(tables); t++) {
		if (i < t->n)
			return &t->meter[i];
		i -= t->n;
	}
	return NULL;
}

const struct meter *price_meter(const char *name)
{
	const struct meter *m = NULL;

	for (size_t i = 0; (m = price_meter_at(i)); i++)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}

bool price_find(const char *region, const char *meter, double *ret)
{
	const struct meter *m = price_meter(meter);

	for (const struct table *t = tables; m && t < tables + ARRAY_SIZE(tables); t++) {
		const double *price = prices_of(t, region);

		if (m < t->meter || m >= t->meter + t->n)
			continue;
		if (!price || price[m - t->meter] < 0)
			return false;
		*ret = price[m - t->meter];
		return true;
	}
	return false;
}
