package main

import (
	"fmt"
	"time"
)

// event is a parcel event. What is unknown is null rather than absent.
type event struct {
	ShipmentNumber  *string  `json:"shipmentNumber"`
	TrackingNumber  string   `json:"trackingNumber"`
	EventTime       string   `json:"eventTime"`
	EventTimeUTC    string   `json:"eventTimeUtc,omitempty"` // newer events only
	Lat             *float64 `json:"lat"`
	Lon             *float64 `json:"lon"`
	LocationContext *string  `json:"locationContext"`
	EventType       code     `json:"eventType"`
	AdditionalInfo  *code    `json:"additionalInfo"`
	EventGroup      group    `json:"eventGroup"`
	ComChannelType  *string  `json:"comChannelType"`
	ChangeUserID    *string  `json:"changeUserId"`
	RegSystem       *string  `json:"regSystem"`
	Message         *string  `json:"message"`
	LoadUnit        int64    `json:"loadUnit,omitempty"` // a field that no document mentions

	at time.Time
}

type code struct {
	APIKey      string `json:"apiKey"`
	Description string `json:"description"`
}

type group struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// The event types that the generator itself has to know.
const (
	sorted   = "042"
	loaded   = "055"
	notified = "103"
)

// types says what each event type is called and which group it belongs to.
var types = map[string]struct {
	text  string
	group group
}{
	"001":    {"Forhåndsmeldt av avsender", group{1, "Registrert"}},
	"005":    {"Levert inn i butikk", group{1, "Registrert"}},
	"041":    {"Tatt imot på terminal", group{2, "Underveis"}},
	sorted:   {"Sortert videre", group{2, "Underveis"}},
	loaded:   {"Lastet på bil", group{2, "Underveis"}},
	"070":    {"Klar på hentestedet", group{3, "Klar"}},
	notified: {"Varsel til mottakeren", group{5, "Varsel"}},
	"110":    {"Sjåføren er på vei", group{3, "Klar"}},
	"120":    {"Hentet", group{4, "Framme"}},
	"121":    {"Gitt til mottakeren på døra", group{4, "Framme"}},
	"130":    {"På vei tilbake til avsenderen", group{6, "Retur"}},
}

// station is a place that events name by its code; stations.csv says more.
type station struct {
	code, name string
	lat, lon   float64
}

var terminals = []station{
	{"T0101", "Lørenskog", 59.9269, 10.9640}, {"T0302", "Førde", 61.4522, 5.8572},
	{"T0405", "Trondheim Sør", 63.3580, 10.3770}, {"T0507", "Bodø", 67.2804, 14.4049},
	{"T0611", "Tromsø", 69.6492, 18.9553}, {"T0713", "Ålesund", 62.4722, 6.1495},
}

// The last one is not in stations.csv: it has only just opened.
var shops = []station{
	{"B1407", "Ås", 59.6606, 10.7830}, {"B2310", "Hønefoss", 60.1681, 10.2565},
	{"B3519", "Mosjøen", 65.8369, 13.1913}, {"B4402", "Fosnavåg", 62.3406, 5.6336},
	{"B5128", "Sørvær", 70.6346, 21.9803}, {"B6033", "Brønnøysund", 65.4749, 12.2128},
	{"B7001", "Værøy", 67.6630, 12.6930},
}

// parcel is a parcel and where it goes.
type parcel struct {
	*feed
	tracking, shipment string
	attributes         map[string]attribute
	out                []event
	at                 time.Time
}

func (f *feed) newParcel(number int) *parcel {
	begin := time.Date(2025, time.June, 2, 7, 0, 0, 0, oslo).Add(time.Duration(number) * 43 * time.Minute)
	return &parcel{
		feed: f, at: begin.Add(f.between(0, 40*time.Minute)),
		tracking:   fmt.Sprintf("3706%08d%06d", f.rand.IntN(1e8), 100_000+number*7),
		shipment:   fmt.Sprintf("7040%013d", f.rand.Int64N(1e13)),
		attributes: f.newAttributes(),
	}
}

// events draws the parcel's way from the sender to the recipient.
func (p *parcel) events() []event {
	from, to, shop := pick(p.rand, terminals), pick(p.rand, terminals), pick(p.rand, shops)
	p.add("001", nil, "")
	p.after(time.Hour, 5*time.Hour).add("005", pick(p.rand, shops), "")
	p.after(2*time.Hour, 6*time.Hour).throughTerminal(from, "Videre mot "+to.name)
	if p.rand.IntN(5) < 3 && to != from {
		p.after(3*time.Hour, 8*time.Hour).throughTerminal(to, "Snart framme ved "+shop.name)
	}
	p.after(time.Hour, 3*time.Hour)
	switch p.rand.IntN(10) {
	case 0:
		p.add("070", shop, "")
		p.after(time.Second, 9*time.Second).notify("SMS", "EMAIL")
		p.after(20*time.Hour, 22*time.Hour).notify("SMS")
		p.after(2*time.Hour, 8*time.Hour).add("130", shop, "Ingen hentet pakken på "+shop.name)
	case 1, 2, 3:
		p.add("110", to, "")
		p.after(time.Second, 15*time.Second).notify("SMS")
		p.after(time.Hour, 4*time.Hour).add("121", to, "")
		p.after(time.Second, 20*time.Second).notify("EMAIL", "APP")
	default:
		p.add("070", shop, "Hentekode følger på SMS")
		p.after(time.Second, 9*time.Second).notify("SMS", "EMAIL")
		p.after(time.Hour, 28*time.Hour).add("120", shop, "")
	}
	return p.out
}

func (p *parcel) throughTerminal(at *station, whereTo string) {
	p.add("041", at, "")
	p.after(8*time.Second, 65*time.Second).add(sorted, at, "")
	p.after(10*time.Second, 80*time.Second).add(loaded, at, whereTo)
}

// notify tells the recipient over several channels in the same second. Only the
// channel tells these events apart.
func (p *parcel) notify(channels ...string) {
	for _, c := range channels {
		p.add(notified, nil, "Melding om pakken, så du vet når den kommer")
		p.out[len(p.out)-1].ComChannelType = &c
	}
}

func (p *parcel) after(low, high time.Duration) *parcel {
	p.at = p.at.Add(p.between(low, high))
	return p
}

func (p *parcel) add(apiKey string, at *station, message string) {
	t := types[apiKey]
	e := event{
		TrackingNumber: p.tracking, at: p.at, EventTime: p.at.Format("2006-01-02 15:04:05"),
		EventType: code{apiKey, t.text}, EventGroup: t.group, Message: orNull(message),
	}
	if p.rand.IntN(10) > 0 {
		e.ShipmentNumber = &p.shipment
	}
	if p.rand.IntN(3) == 0 {
		e.EventTimeUTC = p.at.UTC().Format("2006-01-02T15:04:05.000000Z")
	}
	if at != nil {
		e.Lat, e.Lon, e.LocationContext = &at.lat, &at.lon, &at.code
		e.RegSystem, e.ChangeUserID = orNull("SKANNER"), orNull(fmt.Sprintf("u%04d", p.rand.IntN(90)))
	}
	if apiKey == loaded {
		e.AdditionalInfo = &code{fmt.Sprintf("%04d", 1+p.rand.IntN(12)), "Rampe på terminalen"}
		e.LoadUnit = 370_000_000_000_000_000 + p.rand.Int64N(1e15)
	}
	p.out = append(p.out, e)
}
