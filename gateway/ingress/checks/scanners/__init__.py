"""Small clients of content scanners: `spamd` (SpamAssassin), `rspamd`, `clamd` (ClamAV).

Each says what to send (`ask`) and reads what came back (`read_answer`, pure); `wire` carries both, bounded in octets; `scan` asks all of
them side by side, bounded in time, and leaves one that is away alone for a while. What came of it is a `results.Result`, never an
exception.
"""
