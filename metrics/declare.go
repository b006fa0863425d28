package metrics

import (
	"slices"

	"github.com/leat-io/leat/pipeline"
)

// Kind is the kind of a metric.
type Kind string

// Kinds of metrics.
const (
	Counter   Kind = "counter"
	Gauge     Kind = "gauge"
	Histogram Kind = "histogram"
)

// Metric is one that the collector exposes.
type Metric struct {
	Name   string
	Kind   Kind
	Help   string
	Labels []string

	from   string   // what the pipeline calls it
	owners []string // kinds of the owners it is of
}

// Labels.
const (
	labelFlow    = "flow"
	labelStage   = "stage"
	labelSink    = "sink"
	labelSource  = "source"
	labelReason  = "reason"
	labelCall    = "call"
	labelPart    = "part"
	labelCounter = "counter"
	labelResult  = "result"
)

// Names of what the collector itself finds out.
const (
	fromWaiting    = "backlog_waiting"
	fromTaken      = "backlog_taken"
	fromDelayed    = "backlog_delayed"
	fromAge        = "backlog_age"
	fromBacklogErr = "backlog_errors"
	fromSpool      = "spool_events"
	fromSpoolBytes = "spool_bytes"
	fromSpoolAge   = "spool_age"
	fromSpoolLost  = "spool_lost"
	fromCallErrors = "call_errors"
	fromTripErrors = "round_trip_errors"
	fromAny        = "any"
	fromReloads    = "reloads"
	fromLoaded     = "loaded"
)

// All returns the metrics in the order of the manual.
func All() []Metric {
	return slices.Concat(flows(), sources(), stages(), sinks(), states(), plugins(), others())
}

func one(kind Kind, owner, from, name, help string, labels ...string) Metric {
	return Metric{Name: "leat_" + name, Kind: kind, Help: help, Labels: labels, from: from, owners: []string{owner}}
}

// perStep is a metric of stages and of sinks: one of the two labels is empty.
func perStep(kind Kind, from, name, help string, more ...string) Metric {
	labels := append([]string{labelFlow, labelStage, labelSink}, more...)
	return Metric{Name: "leat_" + name, Kind: kind, Help: help, Labels: labels, from: from, owners: []string{pipeline.KindStage, pipeline.KindSink}}
}

func flows() []Metric {
	of := func(kind Kind, from, name, help string) Metric {
		return one(kind, pipeline.KindFlow, from, name, help, labelFlow)
	}
	return []Metric{
		of(Gauge, pipeline.GaugeInFlight, "flow_in_flight_events", "Events under way that do not wait for their turn. One that has waited and goes on counts as held too, until it is settled."),
		of(Gauge, pipeline.GaugeMaxInFlight, "flow_max_in_flight_events", "The limit max_in_flight of the flow."),
		of(Gauge, pipeline.GaugeHeld, "flow_held_events", "Events that wait: for their turn in reorder, or for a copy of them in dedupe."),
		of(Gauge, pipeline.GaugeMaxHeld, "flow_max_held_events", "The limit max_held of the flow. At it, the source is not read any further."),
		of(Gauge, pipeline.GaugeHeldBytes, "flow_held_bytes", "What the held events count against max_held_bytes."),
		of(Gauge, pipeline.GaugeMaxHeldBytes, "flow_max_held_bytes", "The limit max_held_bytes of the flow."),
		of(Gauge, pipeline.GaugeReady, "flow_ready", "1 while the sources of the flow are open and it is not about to end."),
		of(Gauge, pipeline.GaugePaused, "flow_paused", "1 while the flow is paused by hand, to be drained too."),
		of(Histogram, pipeline.TimeFromEvent, "flow_event_to_settled_seconds", "Time from when an event happened until a sink settled it, of events that have a time. A fan-out counts once for each sink."),
		of(Histogram, pipeline.TimeFromReceipt, "flow_receipt_to_settled_seconds", "Time from when a source got an event until a sink settled it, what was held included."),
	}
}

func sources() []Metric {
	of := func(kind Kind, from, name, help string) Metric {
		return one(kind, pipeline.KindSource, from, "source_"+name, help, labelFlow, labelSource)
	}
	return []Metric{
		of(Counter, pipeline.CountRead, "events_total", "Events that came from the source, before any split."),
		of(Gauge, fromWaiting, "backlog_messages", "Messages that nobody has taken yet, as far as the source can tell (sqs: ApproximateNumberOfMessages). Asked at most every 30 seconds, when the metrics are read."),
		of(Gauge, fromTaken, "backlog_taken_messages", "Messages that were taken and are not settled, by all consumers of the source."),
		of(Gauge, fromDelayed, "backlog_delayed_messages", "Messages that may not be taken yet."),
		of(Gauge, fromAge, "backlog_age_seconds", "How old the message was that came last, when it came: by how much the flow is behind."),
		of(Counter, fromBacklogErr, "backlog_errors_total", "Questions about the backlog that were not answered."),
		of(Gauge, fromSpool, "spool_events", "Events in the spool that are not settled, those under way included."),
		of(Gauge, fromSpoolBytes, "spool_bytes", "Size of the spool on disk."),
		of(Gauge, fromSpoolAge, "spool_age_seconds", "For how long the oldest event in the spool has waited, 0 if none waits."),
		of(Counter, fromSpoolLost, "spool_lost_events_total", "Events that were found damaged in the spool."),
		of(Counter, pipeline.CountAgain, "spool_offered_again_total", "Events that the flow gave back and the spool offers again."),
		of(Counter, "received", "received_total", "Messages received, each time one is (sqs, redisstream, tiki)."),
		of(Counter, "received_again", "received_again_total", "Messages that came again while they were in flight, and were not offered to the flow again."),
		of(Counter, "visibility_extended", "visibility_extensions_total", "Messages whose visibility timeout was extended, each time (sqs)."),
		of(Counter, "deleted", "deleted_total", "Settled messages that were deleted (sqs)."),
		of(Counter, "made_visible", "made_visible_total", "Messages that the flow handed back and that were made visible to others at once (sqs)."),
		of(Counter, "acknowledged", "acknowledged_total", "Settled entries or events that were acknowledged (redisstream, tiki)."),
		of(Counter, "handed_back", "handed_back_total", "Entries or events that the flow handed back (redisstream, tiki)."),
		of(Counter, "taken_over", "taken_over_total", "Entries taken over from other consumers (redisstream)."),
		of(Counter, "kept_young", "kept_young_total", "Entries under way that were kept from other consumers, each time (redisstream)."),
		of(Counter, "deleted_unsettled", "deleted_unsettled_total", "Entries that were deleted from the stream before they were settled (redisstream)."),
		of(Counter, "labels_unreadable", "labels_unreadable_total", "Entries whose label cannot be read (redisstream)."),
		of(Counter, "unreadable", "unreadable_total", "Elements of an answer that are no event (tiki)."),
		of(Counter, "requests_failed", "requests_failed_total", "Requests to the source's service that failed."),
		of(Counter, "requests_throttled", "requests_throttled_total", "Requests that were refused for being too many (sqs)."),
		of(Counter, "commands_failed", "commands_failed_total", "Commands to the server that failed (redisstream)."),
	}
}

func stages() []Metric {
	of := func(kind Kind, from, name, help string) Metric {
		return one(kind, pipeline.KindStage, from, "stage_"+name, help, labelFlow, labelStage)
	}
	dropped := one(Counter, pipeline.KindStage, pipeline.CountDropped, "dropped_events_total", "Events that were dropped on purpose. Reason: duplicate (a copy was delivered in this run), delivered_earlier (by an earlier run or another process), or the type of the stage that dropped it, such as filter.", labelFlow, labelStage, labelReason)
	return []Metric{
		of(Counter, pipeline.CountIn, "events_in_total", "Events that entered the stage."),
		of(Counter, pipeline.CountOut, "events_out_total", "Events that the stage handed on; of a split, its parts."),
		of(Gauge, pipeline.GaugeInside, "events_inside", "Events in the stage now: held, waiting for an answer or for another attempt."),
		of(Histogram, pipeline.TimeInside, "seconds", "Time from when an event entered the stage until it was handed on, dropped or given up; waiting and further attempts included. Of many events in one message each eighth is timed, and counts for the others."),
		dropped,
		of(Counter, pipeline.CountUntimed, "untimed_events_total", "Events in which no time could be read (identify)."),
		of(Counter, pipeline.CountLate, "late_events_total", "Events that came after a later event of their key had left."),
		of(Counter, pipeline.CountForced, "forced_events_total", "Events that left before their time, to stay within max_held."),
		of(Counter, pipeline.CountReordered, "reordered_events_total", "Events that left after an event that came later."),
		of(Counter, pipeline.CountSplit, "split_messages_total", "Events that were split."),
		of(Counter, pipeline.CountParts, "split_parts_total", "What they were split into."),
		of(Counter, "misses", "lookup_misses_total", "Lookups that found nothing (enrich)."),
		of(Counter, "lookups_failed", "lookups_failed_total", "Lookups that failed (enrich)."),
		of(Counter, "cache_hits", "lookup_cache_hits_total", "Lookups that were answered from memory (enrich)."),
		of(Counter, "reload_errors", "lookup_reload_errors_total", "Files of values that could not be read again (enrich)."),
		of(Counter, "confirmed", "subscriptions_confirmed_total", "Subscriptions of SNS topics that were confirmed (snsunwrap)."),
		of(Counter, "confirmations_refused", "subscriptions_refused_total", "Subscriptions of SNS topics that were not confirmed (snsunwrap)."),
		perStep(Counter, pipeline.CountRetried, "retries_total", "Further attempts of a stage or sink."),
		perStep(Counter, pipeline.CountReturned, "returned_events_total", "Events that a stage or sink gave back to their source: it cannot handle them, and there are no dead letters, or they cannot be written."),
		perStep(Counter, pipeline.CountDead, "dead_letters_total", "Events that became dead letters at a stage or sink. Reason: rejected (no repetition will help), given_up (after give_up_after), no_route, unreadable (by its source), panic.", labelReason),
	}
}

func sinks() []Metric {
	of := func(kind Kind, from, name, help string) Metric {
		return one(kind, pipeline.KindSink, from, "sink_"+name, help, labelFlow, labelSink)
	}
	whole := func(kind Kind, from, name, help string) Metric {
		return one(kind, pipeline.KindSink, from, "sink_"+name, help, labelSink)
	}
	return []Metric{
		of(Counter, pipeline.CountIn, "events_in_total", "Events of the flow that entered the sink, dead letters included."),
		of(Counter, pipeline.CountOut, "events_settled_total", "Events of the flow that the sink has stored or delivered, dead letters included."),
		of(Gauge, pipeline.GaugeInside, "events_inside", "Events of the flow in the sink now: being delivered, or waiting for another attempt."),
		of(Histogram, pipeline.TimeInside, "seconds", "Time from when an event entered the sink until it was settled or given up, further attempts included."),
		whole(Gauge, pipeline.GaugeDown, "down", "1 while the sink fails and its flows pause until it works again."),
		whole(Counter, "requests", "requests_total", "Requests to the sink's service (sqs, sns)."),
		whole(Counter, "requests_failed", "requests_failed_total", "Requests to the sink's service that failed (sqs, sns)."),
		whole(Counter, "requests_throttled", "requests_throttled_total", "Requests that were refused for being too many (sqs, sns)."),
	}
}

func states() []Metric {
	return []Metric{
		one(Histogram, pipeline.KindState, fromAny, "state_call_seconds", "Time that a call of the state store took. Call: claim, commit, release (dedupe), last (reorder). Many calls share a round trip.", labelFlow, labelStage, labelCall),
		one(Counter, pipeline.KindState, fromCallErrors, "state_call_errors_total", "Calls of the state store that failed.", labelFlow, labelStage, labelCall),
		one(Histogram, pipeline.KindState, pipeline.TimeRoundTrip, "state_round_trip_seconds", "Time that a round trip to the state store's server took (redis)."),
		one(Counter, pipeline.KindState, fromTripErrors, "state_round_trip_errors_total", "Round trips that failed (redis)."),
		one(Counter, pipeline.KindState, "claims_taken_over", "state_claims_taken_over_total", "Events that were delivered here although another process had taken over their claim, and may have been delivered twice (redis)."),
	}
}

func plugins() []Metric {
	of := func(from, name, help string) Metric {
		return perStep(Counter, "plugin_"+from, "plugin_"+name+"_total", help)
	}
	return []Metric{
		of("crashes", "crashes", "Processes of the plugin that died by themselves or were killed because they hung."),
		of("restarts", "restarts", "Processes that were started in place of one that died."),
		of("timeouts", "timeouts", "Events that the plugin did not answer in time."),
		of("culprits", "culprits", "Events that crashed the plugin again and again, and were rejected."),
		of("replacements", "replacements", "Times that a new version of the plugin took over."),
		of("replacements_failed", "replacements_failed", "Times that a new version of the plugin could not take over."),
		perStep(Gauge, "plugin_queue", "plugin_queue_events", "Events that wait to be sent to the plugin."),
	}
}

func others() []Metric {
	reloads := Metric{Name: "leat_reloads_total", Kind: Counter, Labels: []string{labelResult}, from: fromReloads,
		Help: "Times that the pipeline.yaml was read again. Result: ok, refused (it has problems, and nothing was touched), failed (what is new could not be started, and what ran before was started again)."}
	loaded := Metric{Name: "leat_loaded_timestamp_seconds", Kind: Gauge, from: fromLoaded,
		Help: "When what runs was read from its files, in seconds since 1970."}
	m := Metric{Name: "leat_custom_total", Kind: Counter, Labels: []string{labelFlow, labelPart, labelCounter}, from: fromAny,
		Help: "Counters that stages, sources and sinks of other programs keep (Env.Counter), by their names."}
	lost := one(Counter, pipeline.KindTracer, pipeline.CountLost, "trace_spans_dropped_total", "Spans that could not be sent, or not as fast as they came; events went on without.")
	return []Metric{reloads, loaded, m, lost}
}
