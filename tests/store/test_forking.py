"""A store that was open before a fork is usable after it, in both processes."""

from pathlib import Path

from queuebit.store import open_store
from queuebit.testing.store_checks.invariants import assert_consistent

from .builders import run_python

CODE = """
import os, sys, threading, uuid, warnings
from queuebit.store import *
warnings.simplefilter("ignore", DeprecationWarning)
store = open_store(sys.argv[1])

def submit(count):
    for _ in range(count):
        store.submit([NewJob(job_id=str(uuid.uuid4()), backend_name="b", circuits=(b"c",))])
        store.count()

submit(1)
threads = [threading.Thread(target=submit, args=(50,)) for _ in range(2)]
for thread in threads:
    thread.start()
children = []
for _ in range(4):
    child = os.fork()
    if child == 0:
        submit(20)
        os._exit(0 if store.count() >= 21 else 3)
    children.append(child)
submit(20)
for thread in threads:
    thread.join()
assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
assert store.count() == 1 + 2 * 50 + 4 * 20 + 20
"""


def test_threads_and_forked_children_share_a_store(tmp_path: Path) -> None:
    ran = run_python(CODE, tmp_path / "lab.db")
    assert ran.returncode == 0, ran.stderr
    store = open_store(tmp_path / "lab.db")
    assert store.count() == 201
    assert_consistent(store)
    store.close()
