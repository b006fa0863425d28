package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/leat-io/leat/plugins"
)

// rule is the business: the time of the event plus the transit time of its station's
// zone.
type rule struct {
	zones    map[string]time.Duration
	stations map[string]string // station → zone
	cutOff   int               // the hour from which an event counts from the next day
	reject   bool              // an event of another station
}

// eta is when a parcel is expected; not known for one of another station.
func (r *rule) eta(parcel map[string]json.RawMessage) (eta time.Time, known bool, err error) {
	var station string
	_ = json.Unmarshal(parcel["station"], &station) // what is no text is no station
	zone, known := r.stations[station]
	if !known && r.reject {
		return eta, false, plugins.Reject(fmt.Errorf("the station %s is in no zone", parcel["station"]))
	}
	if !known {
		return eta, false, nil
	}
	var text string
	_ = json.Unmarshal(parcel["eventTime"], &text)
	begin, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return eta, false, plugins.Reject(fmt.Errorf("eventTime is %s, want a time such as 2026-03-31T10:15:00+02:00", parcel["eventTime"]))
	}
	if begin.Hour() >= r.cutOff {
		begin = time.Date(begin.Year(), begin.Month(), begin.Day()+1, 0, 0, 0, 0, begin.Location())
	}
	return begin.Add(r.zones[zone]), true, nil
}
