"""What is said when an address of the configuration cannot be listened on: the address, and what to do."""

import socket

import pytest

from gateway.supervisor.sockets import CannotListenError, bind


def test_a_busy_port_is_named_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        endpoint = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(CannotListenError, match=f"cannot listen on {endpoint}: .*; another program has it: .*server.listen"):
            bind(endpoint)


def test_an_address_of_another_machine_is_named_with_the_remedy() -> None:
    with pytest.raises(CannotListenError, match=r"192\.0\.2\.1:0: .*; this machine does not have that address"):
        bind("192.0.2.1:0")
