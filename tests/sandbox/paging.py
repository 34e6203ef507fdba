"""Pages.  They are small on purpose: a client that reads one page only must fail here.

A service may always answer with fewer items than were asked for, so the knob
`page_size` caps every page; 0 leaves AWS's own limits.
"""
import base64

import config
from errors import AwsError


def page(items, token, size=None, default=None, bad_token=None):
    """-> (items of this page, next token or None).  size None and default None: all at once."""
    start = 0
    if token:
        try:
            text = base64.urlsafe_b64decode(str(token).encode()).decode()
            if not text.startswith("sandbox:"):
                raise ValueError
            start = int(text[8:])
        except ValueError:
            raise bad_token or AwsError("InvalidNextToken", "The token is invalid.") from None
    wanted = size or default
    if wanted is None and not token:
        return items, None
    wanted = wanted or len(items)
    if config.knobs.page_size:
        wanted = min(wanted, config.knobs.page_size)
    end = start + wanted
    if end >= len(items):
        return items[start:], None
    return items[start:end], base64.urlsafe_b64encode(f"sandbox:{end}".encode()).decode()


def fill(result, key, items, out_token, call, size=None, token="nextToken", default=None, bad_token=None):
    """Put a page of items and its token into a result."""
    got, following = page(items, call.get(token), size, default, bad_token)
    result[key] = got
    if following:
        result[out_token] = following
    return result
