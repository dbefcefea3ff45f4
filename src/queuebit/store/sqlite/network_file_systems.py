"""Finding out whether a folder lies on a network file system, where SQLite's write-ahead log doesn't work.

The log's index is shared memory, which two machines don't share, and the locks of such systems are not to be relied on
(https://www.sqlite.org/wal.html, https://www.sqlite.org/faq.html#q5).
"""

import os
import re
from pathlib import Path

from queuebit.store.exceptions import StoreUnusableError

NETWORK_TYPES = frozenset(
    {
        "9p",
        "acfs",
        "afpfs",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "davfs",
        "dfs",
        "gfs2",
        "glusterfs",
        "gpfs",
        "lustre",
        "ncp",
        "ncpfs",
        "nfs",
        "nfs3",
        "nfs4",
        "ocfs2",
        "orangefs",
        "panfs",
        "prl_fs",
        "pvfs2",
        "smb2",
        "smb3",
        "smbfs",
        "sshfs",
        "vboxsf",
        "vmhgfs",
        "webdav",
    }
)
NETWORK_FUSE_TYPES = frozenset(
    {
        "beegfs",
        "ceph",
        "davfs",
        "davfs2",
        "gcsfuse",
        "glusterfs",
        "juicefs",
        "moosefs",
        "rclone",
        "s3fs",
        "seaweedfs",
        "sshfs",
        "vmhgfs-fuse",
        "wekafs",
    }
)
MOUNTS = Path("/proc/self/mountinfo")


def refuse_network_file_system(path: Path) -> None:
    """Refuse a database that lies on a network file system.

    Args:
        path: the database, in a folder that is there; without symbolic links.

    Raises:
        StoreUnusableError: if it does; the text says where it could be instead.
    """
    kind = file_system_type(path.parent)
    if is_network_type(kind):
        raise StoreUnusableError(
            f"the store {path} would lie on a network file system ({kind}), where a database can be damaged; "
            f"put it on a disk of this machine, for example {Path.home() / path.name}"
        )


def is_network_type(kind: str) -> bool:
    """Return whether a file system's type is that of a network file system.

    Args:
        kind: the type as the system names it, for example ``ext4``, ``nfs4`` or ``fuse.sshfs``.
    """
    kind = kind.lower()
    return kind in NETWORK_TYPES or (kind.startswith("fuse.") and kind[5:] in NETWORK_FUSE_TYPES)


def file_system_type(folder: Path) -> str:
    """Return the type of the file system that a folder lies on; empty if the system doesn't tell.

    Args:
        folder: a folder that is there, without symbolic links.
    """
    if MOUNTS.exists():
        return type_from_mounts(MOUNTS.read_text(errors="replace"), folder, folder.stat().st_dev)
    return _type_from_partitions(folder)


def type_from_mounts(text: str, folder: Path, device: int) -> str:
    """Return the type from what Linux says of its mounts.

    Args:
        text: contents of ``/proc/self/mountinfo``.
        folder: the folder.
        device: the number of its device.
    """
    numbers = f"{os.major(device)}:{os.minor(device)}"
    best, kind = -1, ""
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split()
        if len(fields) < 5 or not after:
            continue
        mount_point = Path(_unescaped(fields[4]))
        if not folder.is_relative_to(mount_point):
            continue
        # The innermost mount around a folder counts, of several on one place the one with the folder's device, or the
        # last one where the system doesn't show the device.
        depth = 2 * len(mount_point.parts) + (fields[2] == numbers)
        if depth >= best:
            best, kind = depth, after.split()[0]
    return kind


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def _type_from_partitions(folder: Path) -> str:
    import psutil

    around = [part for part in psutil.disk_partitions(all=True) if folder.is_relative_to(part.mountpoint)]
    innermost = max(around, key=lambda part: len(Path(part.mountpoint).parts), default=None)
    if innermost is None:
        return ""
    return "smbfs" if "remote" in innermost.opts.split(",") else str(innermost.fstype)
