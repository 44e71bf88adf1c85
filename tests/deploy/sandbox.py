"""`python -m tests.deploy.sandbox COMMAND…` executes it within what deploy/systemd/deskgate.service leaves the service. Not a test.

System calls, address families, memory that is written to and executed, capabilities and new privileges are the kernel's to refuse, and it
refuses here what it would refuse there. Only PID 1 can make the unit's view of the file system.
"""

import ctypes
import errno
import os
import socket
import sys

from tests.deploy.units import allowed_calls, unit

ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
EQUAL = 4
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_SET_MDWE, MDWE_REFUSE_EXEC_GAIN = 24, 38, 65, 1
LAST_CAPABILITY = 40
CAP_DAC_OVERRIDE = 1
"""What root as the user of the tests keeps: the tests' database belongs to another user."""


class Argument(ctypes.Structure):
    """`struct scmp_arg_cmp`."""

    _fields_ = [("position", ctypes.c_uint), ("operator", ctypes.c_int), ("first", ctypes.c_uint64), ("second", ctypes.c_uint64)]


def confine() -> None:
    service = unit("deskgate.service")
    libc, seccomp = ctypes.CDLL(None, use_errno=True), ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    seccomp.seccomp_rule_add_array.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(Argument)]
    seccomp.seccomp_load.argtypes = [ctypes.c_void_p]
    rules = seccomp.seccomp_init(REFUSE)
    for name in allowed_calls(service) - {"socket"}:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # else it is of another architecture
            seccomp.seccomp_rule_add_array(rules, ALLOW, number, 0, None)
    for family in service.value("Service", "RestrictAddressFamilies").split():
        only = Argument(0, EQUAL, getattr(socket, family), 0)
        seccomp.seccomp_rule_add_array(rules, ALLOW, seccomp.seccomp_syscall_resolve_name(b"socket"), 1, ctypes.byref(only))
    assert service.value("Service", "CapabilityBoundingSet") == ""
    for capability in set(range(LAST_CAPABILITY + 1)) - {CAP_DAC_OVERRIDE} if os.geteuid() == 0 else ():
        assert libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0, os.strerror(ctypes.get_errno())
    assert service.value("Service", "NoNewPrivileges") == service.value("Service", "MemoryDenyWriteExecute") == "yes"
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    # Since Linux 6.3; earlier ones are left to systemd's own filter on mmap.
    libc.prctl(PR_SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0)
    os.umask(int(service.value("Service", "UMask"), 8))
    assert seccomp.seccomp_load(rules) == 0


def main() -> None:
    if handed := os.environ.pop("HAND_OVER", ""):
        # sd_listen_fds(3): descriptors from 3 on, and the pid, which exec keeps.
        for place, descriptor in enumerate(map(int, handed.split(",")), 3):
            os.dup2(descriptor, place)
        os.environ["LISTEN_PID"] = str(os.getpid())
    if os.environ.pop("UNCONFINED", "") != "1":
        confine()
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])


if __name__ == "__main__":
    main()
