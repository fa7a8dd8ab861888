"""What happens to the servers and the daemon while sessions are at work."""

import threading


class Trouble:
    """Carries out a profile's troubles one after another, evenly over the sessions' work. `work` says how much of it is
    done, from 0 to 1; `random` decides details."""

    def __init__(self, legacy, target, daemon, random, work):
        self.legacy, self.target, self.daemon, self.random, self.work = legacy, target, daemon, random, work
        self._pause = threading.Event()  # never set: pauses between looks

    def run(self, names, log):
        for i, name in enumerate(names, 1):
            self._until(i / (len(names) + 1))
            log.note("trouble", name)
            getattr(self, name)()
            log.note("trouble", f"{name} is over")

    def _until(self, share):
        while self.work() < share:
            self._pause.wait(0.01)

    def kill(self):
        self.daemon.kill()
        self.daemon.start()

    def terminate(self):
        """In order: sessions in a transaction get a second to finish it."""
        code = self.daemon.terminate()
        assert code == 0, f"told to end, pgtandem ended with {code}:\n{self.daemon.log_tail()}"
        self.daemon.start()

    def target_crash(self):
        self.target.restart("immediate")

    def target_down(self):
        self.target.stop("fast")
        self._until(min(self.work() + 0.1, 1))
        self.target.start()

    def legacy_crash(self):
        self.legacy.restart("immediate")

    def all_crash(self):
        self.daemon.kill()
        self.legacy.stop("immediate")
        self.target.stop("immediate")
        self.legacy.start()
        self.daemon.start()
        self.target.start()

    def backend(self):
        """An administrator ends what is at work."""
        self.legacy.sql("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                    " WHERE usename = 'app' AND state = 'active'")


class Heals(threading.Thread):
    """Heals whole tables and single rows until told to stop."""

    def __init__(self, daemon, schema, random, log):
        super().__init__(name="heals", daemon=True)
        self.daemon_under_test, self.schema, self.random, self.log = daemon, schema, random, log
        self.stopped = threading.Event()
        self.finished = 0

    def run(self):
        while not self.stopped.is_set():
            table = self.random.choice(self.schema.in_play)
            what = ["--all"]
            if self.random.random() < 0.3 and table.columns == ("id",) and table.literals.__name__ == "number":
                what = [v for _ in range(3) for v in ("--key", str(self.random.randint(1, self.schema.keys)))]
            result = self.daemon_under_test.command("heal", "--table", table.name, "--timeout", "10s", *what)
            self.log.note("heal", f"{table.name} {' '.join(what)} => {result.returncode}")
            self.finished += result.returncode == 0

    def end(self):
        self.stopped.set()
        self.join(60)
