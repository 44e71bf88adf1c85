"""Which addresses a webhook may be at: a table."""

import pytest

from gateway.hooks.addresses import why_refused

OURS = [
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255",
    "198.18.0.1", "::1", "fc00::1", "fd12:3456::1", "::ffff:127.0.0.1", "::ffff:10.1.2.3", "::127.0.0.1", "64:ff9b::10.0.0.1",
    "64:ff9b::7f00:1", "2002:0a00:0001::1", "64:ff9b:1::1",
]  # fmt: skip
NOBODYS = [
    "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "192.0.0.8", "192.0.2.1", "198.51.100.7", "203.0.113.9", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::ffff:169.254.169.254", "64:ff9b::169.254.169.254",
    "2002:a9fe:a9fe::1", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1", "2001::1", "2001:db8::1", "3fff::1", "100::1", "5f00::1",
    "fd00:ec2::254", "::ffff:0.0.0.0", "192.88.99.1", "",  "example.com",
]  # fmt: skip
THE_WORLDS = [
    "1.1.1.1", "93.184.215.14", "100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1", "192.167.255.255", "11.0.0.1",
    "2606:4700:4700::1111", "2a00:1450:4001::1", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1", "2002:0101:0101::1",
]  # fmt: skip


@pytest.mark.parametrize("address", OURS)
def test_the_inside_of_a_network_is_refused_unless_somebody_allowed_it(address: str) -> None:
    assert "allow_private" in str(why_refused(address, allow_private=False))
    assert why_refused(address, allow_private=True) is None


@pytest.mark.parametrize("address", NOBODYS)
def test_what_is_no_host_of_ours_is_refused_whatever_is_allowed(address: str) -> None:
    assert why_refused(address, allow_private=False) is not None
    assert why_refused(address, allow_private=True) is not None


@pytest.mark.parametrize("address", THE_WORLDS)
def test_the_world_may_be_told(address: str) -> None:
    assert why_refused(address, allow_private=False) is None
