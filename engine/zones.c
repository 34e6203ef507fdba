/* Zones that a VPC link may have a subnet in; elsewhere CreateVpcLink fails at once. */
#include "engine/refresh.h"

#include <string.h>

/* Where AWS serves only some zones of a region. Regions that are not here are served whole, or not at all. */
static const struct {
	const char *region;
	const char *zone[6];
} partly[] = {
    {"us-east-1", {"use1-az1", "use1-az2", "use1-az4", "use1-az5", "use1-az6"}},
    {"us-west-1", {"usw1-az1", "usw1-az3"}},
    {"ca-central-1", {"cac1-az1", "cac1-az2"}},
    {"eu-west-3", {"euw3-az1", "euw3-az3"}},
    {"ap-northeast-1", {"apne1-az1", "apne1-az2", "apne1-az4"}},
    {"ap-east-1", {"ape1-az2", "ape1-az3"}},
};

bool zone_serves_vpc_links(const char *region, const char *zone_id)
{
	for (size_t i = 0; i < ARRAY_SIZE(partly); i++) {
		if (strcmp(partly[i].region, region) != 0)
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(partly[i].zone) && partly[i].zone[k]; k++)
			if (!strcmp(partly[i].zone[k], zone_id))
				return true;
		return false;
	}
	return true;
}
