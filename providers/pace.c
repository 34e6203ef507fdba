#include "providers/pace.h"
#include "base/mem.h"

#include <math.h>

#define RECOVERY_S 20 /* from nothing to the full rate; from half of it in half the time */
#define SLOWEST 32    /* the rate never falls below this fraction */
#define ONE_SIGN_MS 1000

void pacer_init(struct pacer *p, const struct pace *pace, int64_t now)
{
	*p = (struct pacer){
	    .pace = pace, .tokens = pace->burst, .rate = pace->rate, .at = now, .halved = now - ONE_SIGN_MS};
}

static void refill(struct pacer *p, int64_t now)
{
	double s = now > p->at ? (double)(now - p->at) / 1000 : 0;
	double rate = fmin(p->pace->rate, p->rate + s * p->pace->rate / RECOVERY_S);

	p->tokens = fmin(p->pace->burst, p->tokens + s * (p->rate + rate) / 2);
	p->rate = rate;
	p->at = now;
}

int64_t pacer_take(struct pacer *p, int64_t now)
{
	if (p->pace->flight && p->flight >= p->pace->flight)
		return PACER_FULL;
	if (p->pace->rate > 0) {
		refill(p, now);
		/* A hair less than one counts, else rounding would ask for a wait of nothing. */
		if (p->tokens < 1 - 1e-9)
			return (int64_t)fmax(1, ceil((1 - p->tokens) / p->rate * 1000));
		p->tokens = fmax(0, p->tokens - 1);
	}
	p->flight++;
	return 0;
}

void pacer_give(struct pacer *p)
{
	if (!p->flight)
		BUG("a request that was not in flight ended");
	p->flight--;
}

void pacer_throttled(struct pacer *p, int64_t now)
{
	refill(p, now);
	if (now - p->halved < ONE_SIGN_MS)
		return;
	p->rate = fmax(p->pace->rate / SLOWEST, p->rate / 2);
	p->tokens = 0;
	p->halved = now;
}
