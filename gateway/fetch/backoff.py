"""When a mailbox that failed is tried again. PURE: the dice are handed in."""

FIRST = 15.0
LONGEST = 900.0
JITTER = 0.25


def again_in(failures: int, interval: float, dice: float) -> float:
    """Seconds after so many failures in a row (≥ 1); `dice` is from 0 to 1. Never sooner than a mailbox without faults, jitter apart."""
    delay = min(LONGEST, max(interval, FIRST) * 2.0 ** min(failures - 1, 20))
    return max(delay, min(interval, LONGEST)) * (1 - JITTER + 2 * JITTER * dice)
