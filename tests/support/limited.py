"""Run `sunsift` as on a machine that sets it limits.

limited.py LARGEST_FILE_BYTES|unlimited [sunsift's arguments]
"""

import ctypes
import resource
import runpy
import sys

CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def obey_permissions() -> None:
    """Let the permission bits of files bind this process even where it is root."""
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = _Header(CAPABILITY_VERSION_3, 0), (_Sets * 2)()
    if libc.capget(ctypes.byref(header), sets):
        raise OSError(ctypes.get_errno(), "capget")
    sets[0].effective &= ~(1 << CAP_DAC_OVERRIDE)
    sets[0].permitted &= ~(1 << CAP_DAC_OVERRIDE)
    if libc.capset(ctypes.byref(header), sets):
        raise OSError(ctypes.get_errno(), "capset")


def main() -> None:
    """Set the limits, then be `sunsift`."""
    largest = sys.argv.pop(1)
    obey_permissions()
    if largest != "unlimited":
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(largest), int(largest)))
    sys.path.pop(0)
    runpy.run_module("sunsift", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
