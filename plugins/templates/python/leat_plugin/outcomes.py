"""What becomes of an event that does not simply go on, and what is wrong with settings."""


class Drop(Exception):
    """The event ends here, as it should."""

    def __init__(self, reason=""):
        super().__init__(reason)
        self.reason = reason


class Retry(Exception):
    """Nothing is wrong with the event, but it cannot be handled now. leat keeps it, and
    tries it again: not before so many seconds, or when leat sees fit."""

    def __init__(self, reason="", after=0):
        super().__init__(reason)
        self.reason = reason
        self.after = after


class Reject(Exception):
    """The event can never be handled: it goes to the dead letters, with its bytes."""

    def __init__(self, reason=""):
        super().__init__(reason)
        self.reason = reason


class ConfigError(Exception):
    """A setting is wrong: path says which, such as "stations[2].zone", and "" stands for
    all of them. ConfigError.of tells of several at once."""

    def __init__(self, path, message):
        super().__init__("%s: %s" % (path, message) if path else message)
        self.problems = [(path, message)]

    @classmethod
    def of(cls, problems):
        """One error for a list of (path, message)."""
        error = cls(*problems[0])
        error.problems = list(problems)
        return error


class Config(dict):
    """The settings under config in pipeline.yaml, and where the plugin stands there: the
    names of its flow and of its stage or sink, whether it is a sink, and how many seconds
    an event may take (0: no limit)."""

    flow = ""
    name = ""
    sink = False
    timeout = 0.0
