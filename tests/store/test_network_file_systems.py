"""Network file systems are found out and refused."""

import os
from pathlib import Path

import pytest

from queuebit.store import StoreUnusableError, open_store
from queuebit.store.sqlite import network_file_systems
from queuebit.store.sqlite.network_file_systems import file_system_type, is_network_type, type_from_mounts

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:26 / /home rw,relatime shared:2 - autofs systemd-1 rw,fd=5
31 30 0:52 / /home rw,relatime shared:3 - nfs4 server:/export/home rw,vers=4.2
40 22 8:2 / /home/me/local\\040disk rw - btrfs /dev/sdb1 rw
50 22 0:60 / /mnt/share rw - cifs //server/share rw
51 22 0:61 / /mnt/far rw - fuse.sshfs me@far: rw
52 22 0:62 / /tmp rw - tmpfs tmpfs rw
this line means nothing
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/var/lib", "ext4"),
        ("/home/me", "nfs4"),
        ("/homes", "ext4"),
        ("/home/me/local disk/queue", "btrfs"),
        ("/mnt/share", "cifs"),
        ("/mnt/far/a/b", "fuse.sshfs"),
        ("/tmp", "tmpfs"),
    ],
)
def test_the_innermost_mount_counts(folder: str, kind: str) -> None:
    assert type_from_mounts(MOUNTS, Path(folder), os.makedev(99, 99)) == kind


def test_of_two_mounts_at_one_place_the_one_with_the_device_counts() -> None:
    assert type_from_mounts(MOUNTS, Path("/home"), os.makedev(0, 26)) == "autofs"
    assert type_from_mounts(MOUNTS, Path("/home"), os.makedev(0, 52)) == "nfs4"


@pytest.mark.parametrize(
    "kind", ["nfs", "nfs4", "NFS", "cifs", "smb3", "smbfs", "9p", "ceph", "lustre", "fuse.sshfs", "fuse.rclone"]
)
def test_network_types_are_known(kind: str) -> None:
    assert is_network_type(kind)


@pytest.mark.parametrize(
    "kind", ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "zfs", "apfs", "fuse.ntfs-3g", "fuseblk", ""]
)
def test_local_types_are_not(kind: str) -> None:
    assert not is_network_type(kind)


def test_this_folder_is_local(tmp_path: Path) -> None:
    kind = file_system_type(tmp_path)
    assert kind
    assert not is_network_type(kind)


def test_without_a_table_of_mounts_the_partitions_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = file_system_type(tmp_path)
    monkeypatch.setattr(network_file_systems, "MOUNTS", tmp_path / "none")
    assert file_system_type(tmp_path) == expected


def test_a_store_on_a_network_file_system_is_refused_with_the_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"{MOUNTS}60 22 0:70 / {tmp_path} rw - nfs4 server:/lab rw\n")
    monkeypatch.setattr(network_file_systems, "MOUNTS", mounts)
    with pytest.raises(
        StoreUnusableError, match=r"lab\.db would lie on a network file system \(nfs4\).*put it on a disk"
    ):
        open_store(tmp_path / "lab.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mountinfo"]
