package cli

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// feed is a made-up input of SNS envelopes, and what must become of it.
type feed struct {
	lines  []string
	events map[string]parcelEvent // by their bytes
	broken []string               // lines that nobody can deliver
	copies int                    // events beyond the first of each kind
}

// parcelEvent is what a test needs to know of an event.
type parcelEvent struct {
	parcel string
	at     string // sorts like the time
	notify bool
}

type timedLine struct {
	at   time.Time
	text string
}

// newFeed makes n lines. Events come up to a minute later than they happened,
// some of them twice, up to four to a line. One line in fifty is broken.
func newFeed(seed uint64, n int) *feed {
	m := feedMaker{Rand: rand.New(rand.NewPCG(seed, 1)), feed: &feed{events: map[string]parcelEvent{}}}
	return m.make(n)
}

type feedMaker struct {
	*rand.Rand
	feed   *feed
	serial int
	now    time.Time
}

func (m *feedMaker) make(n int) *feed {
	m.now = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC) // no change of the clocks follows
	var lines []timedLine
	for len(lines) < n {
		at := m.now.Add(time.Duration(m.IntN(60_000)) * time.Millisecond)
		if m.IntN(50) == 0 {
			lines = append(lines, timedLine{at, m.brokenLine()})
			continue
		}
		events := m.someEvents()
		lines = append(lines, timedLine{at, m.envelope(events)})
		for m.IntN(8) == 0 && len(lines) < n { // comes again, as a whole or in part
			at = at.Add(time.Duration(m.IntN(10_000)) * time.Millisecond)
			again := events[m.IntN(len(events)):]
			lines = append(lines, timedLine{at, m.envelope(again)})
			m.feed.copies += len(again)
		}
	}
	slices.SortStableFunc(lines, func(a, b timedLine) int { return a.at.Compare(b.at) })
	for _, l := range lines {
		m.feed.lines = append(m.feed.lines, l.text)
	}
	return m.feed
}

func (m *feedMaker) someEvents() []string {
	m.now = m.now.Add(time.Duration(m.IntN(500)) * time.Millisecond)
	if m.IntN(20) == 0 { // differ in one field that is part of the id, and in none other
		parcel := fmt.Sprintf("38%016d", m.serial)
		return []string{m.event(parcel, `null`), m.event(parcel, `"SMS"`)}
	}
	events := make([]string, 1+m.IntN(3))
	for i := range events {
		events[i] = m.event(fmt.Sprintf("37%016d", m.IntN(300)), m.pick(`null`, `"SMS"`))
	}
	return events
}

// event returns the bytes of an event, in one of the many ways to write it.
func (m *feedMaker) event(parcel, channel string) string {
	m.serial++
	local := m.now.Add(time.Hour).Format("2006-01-02 15:04:05") // Oslo, in winter
	kind := m.pick("100", "101", "103", "104")
	tracking := fmt.Sprintf("%q", "T"+parcel)
	if !strings.HasPrefix(parcel, "38") {
		tracking = m.pick(fmt.Sprintf(`"T-%d"`, m.serial), fmt.Sprint(100_000_000_000_000_000+m.serial))
	}
	fields := []string{
		fmt.Sprintf(`"shipmentNumber":%q`, parcel),
		`"trackingNumber":` + tracking,
		fmt.Sprintf(`"eventTime": %q`, local),
		fmt.Sprintf(`"eventType":{"apiKey":"%s","name":"%s"}`, kind, m.pick("På vei", "Utlevert \U0001F4E6", `a\/b \"c\" \u00e6`)),
		`"additionalInfo":` + m.pick(`null`, `{}`, `{"apiKey":null}`, `{"apiKey":"x"}`),
		`"comChannelType":` + channel,
		fmt.Sprintf(`"serial":%d`, m.serial),
		`"weight":` + m.pick(`1.50`, `1E+2`, `-0`, `123456789012345678`),
	}
	if m.IntN(4) == 0 {
		fields = append(fields, `"note":1`, `"note": [ {"note":2} ]`) // the same name twice is legal
	}
	if strings.HasPrefix(parcel, "38") {
		fields[3], fields[4] = `"eventType":{"apiKey":"100"}`, `"additionalInfo":null`
		kind = "100"
	}
	m.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	text := "{" + strings.Join(fields, m.pick(",", ", ", " ,\t")) + "}"
	m.feed.events[text] = parcelEvent{parcel: parcel, at: local, notify: kind == "103"}
	return text
}

func (m *feedMaker) envelope(events []string) string {
	m.serial++
	message := `{"events":[` + strings.Join(events, m.pick(",", " , ")) + `]` + m.pick(`}`, `, "count": 3}`)
	extra := m.pick(``, `"MessageAttributes":{"shopId":{"Type":"String","Value":"1"}},`, `"Type":"Notification",`)
	return fmt.Sprintf(`{"Type":"Notification","MessageId":"m-%d",%s"TopicArn":"arn:aws:sns:eu-north-1:1:parcels","Message":%s,"Signature":"x"}`,
		m.serial, extra, m.quote(message))
}

// quote writes a JSON string with few or with many escapes.
func (m *feedMaker) quote(text string) string {
	if m.IntN(2) == 0 {
		quoted, err := json.Marshal(text)
		if err != nil {
			panic(err)
		}
		return string(quoted)
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\' || r == '/':
			b.WriteString(`\` + string(r))
		case r < ' ' || r > '~' && r < 0x10000:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String() + `"`
}

func (m *feedMaker) brokenLine() string {
	m.serial++
	good := fmt.Sprintf(`{"Type":"Notification","MessageId":"b-%d","Message":"{\"events\":[{\"shipmentNumber\":\"%d\"}]}"}`, m.serial, m.serial)
	line := m.pick(
		fmt.Sprintf("not JSON, number %d: æøå", m.serial),
		fmt.Sprintf("bytes %d that are no text: \xff\xfe", m.serial),
		good[:46+m.IntN(len(good)-46)],
		good+"}",
		good+" "+good,
		fmt.Sprintf(`{"Type":"Notification","MessageId":"b-%d","Message":"not JSON"}`, m.serial),
		fmt.Sprintf(`{"Type":"Notification","MessageId":"b-%d","Message":"{\"events\":[{\"shipmentNumber\":"}`, m.serial),
		fmt.Sprintf(`{"Type":"Notification","MessageId":"b-%d","Message":"{\"event\":[]}"}`, m.serial),
		fmt.Sprintf(`{"Type":"Else","MessageId":"b-%d"}`, m.serial),
		fmt.Sprintf(`[%d]`, m.serial),
	)
	m.feed.broken = append(m.feed.broken, line)
	return line
}

func (m *feedMaker) pick(texts ...string) string { return texts[m.IntN(len(texts))] }

func (f *feed) text() string { return strings.Join(f.lines, "\n") + "\n" }

// part is some lines of an output file that one run of the process wrote.
type part []string

// outcome is what a flow made of a feed.
type outcome struct {
	notify, rest []part
	dead         []string
}

// seen adds up how often each event was delivered, and checks what must hold in
// every case: nothing but the bytes of the feed's events, each in its own file,
// those of a parcel in the order in which they happened.
func (f *feed) seen(t *testing.T, o outcome) map[string]int {
	t.Helper()
	seen := map[string]int{}
	for notify, parts := range map[bool][]part{true: o.notify, false: o.rest} {
		for _, lines := range parts {
			last := map[string]string{}
			for _, line := range lines {
				e, known := f.events[line]
				switch {
				case !known:
					t.Fatalf("delivered what the feed does not hold: %q", line)
				case e.notify != notify:
					t.Fatalf("delivered to the wrong sink: %s", line)
				case e.at < last[e.parcel]:
					t.Fatalf("after an event of %s, too late: %s", last[e.parcel], line)
				}
				last[e.parcel] = e.at
				seen[line]++
			}
		}
	}
	return seen
}

// mustHold fails the test unless every event was delivered, and returns how many
// of them were delivered again.
func (f *feed) mustHold(t *testing.T, o outcome) (again int) {
	t.Helper()
	seen := f.seen(t, o)
	lost := 0
	for text := range f.events {
		if seen[text] == 0 {
			if lost++; lost <= 3 {
				t.Errorf("lost: %s", text)
			}
			continue
		}
		again += seen[text] - 1
	}
	if lost > 0 {
		t.Errorf("%d of %d events were lost", lost, len(f.events))
	}
	return again
}

// letter is what a test needs to know of a dead letter.
type letter struct {
	Time           time.Time `json:"time"`
	Flow           string    `json:"flow"`
	Stage          string    `json:"stage"`
	Sink           string    `json:"sink"`
	Error          string    `json:"error"`
	Attempts       int       `json:"attempts"`
	Payload        *string   `json:"payload"`
	PayloadBase64  []byte    `json:"payload_base64"`
	Original       *string   `json:"original"`
	OriginalBase64 []byte    `json:"original_base64"`
}

func lettersOf(t *testing.T, lines []string) []letter {
	t.Helper()
	letters := make([]letter, len(lines))
	for i, line := range lines {
		if err := json.Unmarshal([]byte(line), &letters[i]); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
	}
	return letters
}

// original returns what the source gave.
func (l letter) original() string {
	switch {
	case l.Original != nil:
		return *l.Original
	case l.OriginalBase64 != nil:
		return string(l.OriginalBase64)
	case l.Payload != nil:
		return *l.Payload
	}
	return string(l.PayloadBase64)
}

// mustBury fails the test unless the dead letters are the broken lines of the
// feed, each of them at least and at most so often.
func (f *feed) mustBury(t *testing.T, dead []string, least, most int) {
	t.Helper()
	count := map[string]int{}
	for i, l := range lettersOf(t, dead) {
		count[l.original()]++
		if l.Stage == "" || l.Error == "" || l.Time.IsZero() || l.Attempts != 1 || l.Flow != "parcels" {
			t.Fatalf("the dead letter lacks something: %s", dead[i])
		}
	}
	for _, line := range f.broken {
		if n := count[line]; n < least || n > most {
			t.Fatalf("%d dead letters hold the line, want %d to %d: %q", n, least, most, line)
		}
		delete(count, line)
	}
	for line := range count {
		t.Fatalf("a dead letter of a line that is not broken: %q", line)
	}
}
