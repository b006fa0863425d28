package main

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/leat-io/leat/plugins"
)

// newRule reads the settings: zones, with their hours; stations, with their zones;
// cut_off; unknown, which is pass or reject. It tells all that is wrong with them.
func newRule(config map[string]json.RawMessage) (*rule, error) {
	r := &rule{zones: map[string]time.Duration{}, stations: map[string]string{}, cutOff: 24}
	var wrong []error
	for name := range config {
		if name != "zones" && name != "stations" && name != "cut_off" && name != "unknown" {
			wrong = append(wrong, plugins.FieldError(name, "there is no such setting"))
		}
	}
	wrong = append(wrong, r.readZones(config["zones"]), r.readStations(config["stations"]), r.readCutOff(config["cut_off"]), r.readUnknown(config["unknown"]))
	return r, errors.Join(wrong...)
}

func (r *rule) readZones(text json.RawMessage) error {
	var zones map[string]json.RawMessage
	if json.Unmarshal(text, &zones) != nil || len(zones) == 0 {
		return plugins.FieldError("zones", "want zones with their hours, such as {near: 24}")
	}
	var wrong []error
	for name, value := range zones {
		var hours int
		if json.Unmarshal(value, &hours) != nil || hours < 0 {
			wrong = append(wrong, plugins.FieldError("zones."+name, "want whole hours, such as 24, not %s", value))
		}
		r.zones[name] = time.Duration(hours) * time.Hour
	}
	return errors.Join(wrong...)
}

func (r *rule) readStations(text json.RawMessage) error {
	var stations map[string]json.RawMessage
	if len(text) > 0 && json.Unmarshal(text, &stations) != nil {
		return plugins.FieldError("stations", "want stations with their zones, such as {BER: near}")
	}
	var wrong []error
	for name, value := range stations {
		var zone string
		_ = json.Unmarshal(value, &zone)
		if _, ok := r.zones[zone]; !ok {
			wrong = append(wrong, plugins.FieldError("stations."+name, "there is no zone %s under zones", value))
		}
		r.stations[name] = zone
	}
	return errors.Join(wrong...)
}

func (r *rule) readCutOff(text json.RawMessage) error {
	if len(text) == 0 {
		return nil
	}
	if json.Unmarshal(text, &r.cutOff) != nil || r.cutOff < 0 || r.cutOff > 24 {
		return plugins.FieldError("cut_off", "want an hour from 0 to 24, not %s", text)
	}
	return nil
}

func (r *rule) readUnknown(text json.RawMessage) error {
	switch string(text) {
	case "", `"pass"`:
		return nil
	case `"reject"`:
		r.reject = true
		return nil
	}
	return plugins.FieldError("unknown", "want pass or reject, not %s", text)
}
