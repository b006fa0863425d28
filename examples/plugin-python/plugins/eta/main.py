#!/usr/bin/python3
"""Estimates when a parcel is delivered, from its station and the time of its event.

The first line names Debian's own Python, for which `apt install python3-grpcio` brings
gRPC; one that comes first on the PATH may have none. Write another path, or
`#!/usr/bin/env python3`, where yours has it.
"""

import leat_plugin
import rule


def configure(config):
    estimate = rule.Rule(config)

    def handle(event):
        parcel = event.json_object()
        eta = None if "eta" in parcel else estimate.eta(parcel)
        if eta is not None:
            event.add_fields(eta=eta)
        return event

    return handle


if __name__ == "__main__":
    leat_plugin.serve(configure=configure, name="eta")
