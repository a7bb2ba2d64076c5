"""What befalls a stage: each takes the stage, the role it is about, and for how long. After it the broker runs."""
import signal
import time

from report import eventually
from stage import PATIENCE


def broker_killed(stage, _role, _seconds):
    """kill -9, and half the time once more while it starts."""
    stage.kill_broker()
    if stage.dice.random() < 0.5:
        stage.kill_broker_while_it_starts(stage.dice.uniform(0, 0.06))
    stage.start_broker()


def broker_stopped(stage, _role, seconds):
    """SIGSTOP: clients time out, and what they sent meanwhile is there when it goes on."""
    stage.node.process.send_signal(signal.SIGSTOP)
    time.sleep(seconds)
    stage.node.process.send_signal(signal.SIGCONT)


def worker_killed(_stage, role, _seconds):
    """kill -9; the next begins at once, and a writer takes the id of the dead."""
    role.worker.kill()
    role.begin()


def worker_stopped(_stage, role, seconds):
    """SIGSTOP: a writer may find that its transaction was ended for it."""
    role.worker.pause()
    time.sleep(seconds)
    role.worker.resume()


def writer_outlived(_stage, role, seconds):
    """Another takes the id of a writer that stands still. Then that one comes back, in the middle of a transaction,
    and takes the id back, until it is killed."""
    old = role.worker
    old.pause()
    new = role.begin()

    eventually(lambda: new.said("init") or not new.runs(), PATIENCE, f"that {new.name} has its id")
    time.sleep(seconds / 2)
    old.resume()
    time.sleep(seconds)
    old.runs()
    old.kill()


def broker_killed_under_a_zombie(stage, role, seconds):
    """The broker forgets all that it has in memory while a writer stands still, whose id is taken meanwhile."""
    old = role.worker
    old.pause()
    role.begin()
    time.sleep(seconds / 2)
    broker_killed(stage, None, 0)
    time.sleep(seconds / 2)
    old.resume()
    time.sleep(seconds)
    old.runs()
    old.kill()


OF_THE_BROKER = [broker_killed, broker_stopped]
OF_ANY_WORKER = [worker_killed, worker_stopped]
OF_WRITERS = [writer_outlived, broker_killed_under_a_zombie]


def draw(stage):
    """A mishap, whom it is about, and for how long: for less than a transaction may last, or for more."""
    mishap = stage.dice.choice(OF_THE_BROKER + OF_ANY_WORKER + OF_WRITERS)
    role = stage.dice.choice(stage.writers if mishap in OF_WRITERS or stage.dice.random() < 0.7 else stage.readers)
    seconds = stage.dice.choice([stage.dice.uniform(1, 3), stage.dice.uniform(5, 8)])
    return mishap, role, min(seconds, 3) if mishap in OF_WRITERS else seconds
