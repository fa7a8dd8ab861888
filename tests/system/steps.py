"""Steps of a case that are more than one statement of its session. Each is a string, as docs/coverage.md shows it."""

import rawpg

CODECS = {"LATIN1": "latin1", "SJIS": "shift_jis", "EUC_JP": "euc_jp"}


class Session:
    """A client that runs the steps of a case."""

    def __init__(self, connect, superuser, protocol, startup):
        self.connect = connect      # a new connection of the case's user
        self.superuser = superuser  # runs a text past pgtandem, in a session of its own
        self.protocol = protocol
        self.codec = CODECS.get(startup.get("client_encoding"), "utf-8")
        self.client = connect()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def run(self, step):
        """Its command tags and the SQLSTATEs of its errors."""
        if isinstance(step, Step):
            messages = step.run(self)
        else:
            text = step.encode(self.codec)
            sent = rawpg.query(text) if self.protocol == "simple" else rawpg.run_extended(text) + rawpg.sync()
            messages = self.client.exchange(sent)
        return rawpg.tags(messages) + [f"error {e.sqlstate}" for e in rawpg.errors(messages)]


class Step(str):
    shown = "{}"

    def __new__(cls, text=""):
        step = super().__new__(cls, cls.shown.format(text))
        step.text = text
        return step


class Past(Step):
    """By another session, which pgtandem does not see."""

    shown = "(past pgtandem: {})"

    def run(self, session):
        session.superuser(self.text)
        return []


class Parse(Step):
    """Under the name p, by the protocol."""

    shown = "Parse {}"

    def run(self, session):
        return session.client.exchange(rawpg.parse(self.text.encode(session.codec), "p") + rawpg.sync())


class Run(Step):
    """Of what was parsed under the name p."""

    shown = "Bind, Execute"

    def run(self, session):
        return session.client.exchange(rawpg.bind(statement="p") + rawpg.execute() + rawpg.sync())


class Anew(Step):
    shown = "(a new session)"

    def run(self, session):
        session.client.close()
        session.client = session.connect()
        return []
