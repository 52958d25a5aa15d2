import os
import subprocess
import sys

import psutil

from experiments.processes import lived


def test_the_dead_zombies_and_those_that_began_later_did_not_live():
    ended = subprocess.Popen(["true"])
    ended.wait()
    began = psutil.Process().create_time()
    assert lived(os.getpid(), began)
    assert not lived(os.getpid(), began - 60)
    assert not lived(ended.pid, began)
    assert not lived(-1, began)
    zombie = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    zombie.stdout.read()
    os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
    moment = psutil.Process(zombie.pid).create_time()
    assert not lived(zombie.pid, moment)
    zombie.communicate()
