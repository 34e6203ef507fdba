#include "base/err.h"

const char *err_text(int code)
{
	switch (code) {
	case ERR_OK:
		return "no error";
#define X(name, text)    \
	case ERR_##name: \
		return text;
		ERR_LIST(X)
#undef X
	default:
		return "unknown error";
	}
}
