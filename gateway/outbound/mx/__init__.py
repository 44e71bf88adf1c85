"""Straight to the recipients' mail servers: `route` says where a domain's mail goes, `sts` and `dane` what its servers must prove, `opener`
opens a session by that, and `transport` is what the sender hands its letters to. `route`, `sts`, `dane` and `demand` are pure.
"""
