#!/usr/bin/env python3
"""A plugin of leat. Change configure to make of an event what you need.

leat starts this program; see README.md for how, and leat_plugin for what there is.
"""

import leat_plugin


def configure(config):
    """Is called once, with the settings under config in pipeline.yaml."""
    label = config.get("label", "seen")
    if not isinstance(label, str):
        raise leat_plugin.ConfigError("label", "want a text, not %r" % (label,))

    def handle(event):
        """Is called for each event, for several at once. What it returns goes on."""
        body = event.json_object()  # an event that is no JSON object goes to the dead letters
        if body.get("test") is True:
            raise leat_plugin.Drop("a test")  # ends here; Retry and Reject are there too
        event.add_fields(label=label)
        return event

    return handle


if __name__ == "__main__":  # a test imports configure and starts nothing
    leat_plugin.serve(configure=configure)
