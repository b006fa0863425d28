package snssig

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// Options are for what asks SNS: [NewFetcher] and [NewConfirmer].
type Options struct {
	// Endpoint is where SNS is reached instead of the hosts named in messages,
	// which must follow the rules all the same; nil: at those hosts, which must
	// then have public addresses. See [ParseEndpoint].
	Endpoint *url.URL
	// Now is the time; nil: that of the machine.
	Now func() time.Time
	// Waiting is called, with the context of the caller, before it waits for
	// the network; nil: nothing is.
	Waiting func(ctx context.Context)
	// Transport makes the requests; nil: one without proxies, which connects to
	// public addresses only unless there is an Endpoint.
	Transport http.RoundTripper
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Waiting == nil {
		o.Waiting = func(context.Context) {}
	}
	return o
}

const (
	maxGood = 64
	maxBad  = 1024
	// fresh is for how long a certificate is used without asking again. A file
	// of SNS never changes; this is for one that SNS takes back.
	fresh = 24 * time.Hour
	// refusedFor is for how long a URL that SNS has no certificate for is not
	// asked again.
	refusedFor = 5 * time.Minute
	// A URL that did not answer is asked again after this, twice that, and so on.
	minPause, maxPause = time.Second, 30 * time.Second
)

// Fetcher is [Certificates] that come from SNS over HTTPS, once for all messages
// that name the same one. What it does when SNS does not answer:
//
//   - what it has it keeps, also past the day after which it asks again;
//   - no answer, 408, 425, 429 and 5xx are transient, and the same URL is asked
//     again after 1 to 30 seconds; meanwhile it returns the same error;
//   - any other answer than 200 with a certificate is permanent, and remembered
//     for five minutes: messages can name URLs that do not exist;
//   - no more than 10 requests are made in a second, after 20 at once. Beyond
//     that the error is transient.
//
// It starts nothing before it is asked; Close ends it.
type Fetcher struct {
	options Options
	reach   *reach
	flights *flights

	mu     sync.Mutex
	closed bool
	good   *recent[found]
	bad    *recent[failed]
	flying map[string]*flight[[]*Certificate]
	budget budget
}

// found are certificates and when they were fetched.
type found struct {
	list []*Certificate
	at   time.Time
}

// failed is why a URL gave none, until when that counts, and after how many
// failures.
type failed struct {
	err   *Error
	until time.Time
	times int
}

// NewFetcher makes a fetcher.
func NewFetcher(o Options) *Fetcher {
	o = o.withDefaults()
	return &Fetcher{
		options: o, reach: newReach(o), flights: newFlights(), good: newRecent[found](maxGood), bad: newRecent[failed](maxBad),
		flying: map[string]*flight[[]*Certificate]{},
	}
}

// Close ends the requests under way and waits for that. Who still waits for one
// gets a transient error, as does who asks later.
func (f *Fetcher) Close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.flights.close()
}

func (f *Fetcher) find(ctx context.Context, p place) ([]*Certificate, error) {
	list, fl, err := f.look(p)
	if list != nil || err != nil {
		return list, err
	}
	f.options.Waiting(ctx)
	return fl.wait(ctx)
}

// look returns the certificates at a place, or a request for them that is under
// way. Old certificates are good until the new ones are there.
func (f *Fetcher) look(p place) (list []*Certificate, fl *flight[[]*Certificate], err error) {
	key, now := p.url(), f.options.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	if known, ok := f.good.get(key); ok {
		if now.Sub(known.at) >= fresh {
			_, _ = f.ask(key, p, now)
		}
		return known.list, nil, nil
	}
	fl, err = f.ask(key, p, now)
	return nil, fl, err
}

// ask returns the request for a place: the one under way, or a new one if there
// may be one. The caller holds mu.
func (f *Fetcher) ask(key string, p place, now time.Time) (*flight[[]*Certificate], error) {
	if fl := f.flying[key]; fl != nil {
		return fl, nil
	}
	if f.closed {
		return nil, later(nil, 0, "the certificate was not fetched: shutting down")
	}
	bad, _ := f.bad.get(key)
	if now.Before(bad.until) {
		return nil, bad.errorAt(now)
	}
	if wait := f.budget.take(now); wait > 0 {
		return nil, later(nil, wait, "the certificate was not fetched yet: too many messages name others")
	}
	fl := start(f.flights, func(ctx context.Context, result *flight[[]*Certificate]) {
		list, err := f.fetch(ctx, p)
		f.settle(key, list, err, result)
	})
	f.flying[key] = fl
	return fl, nil
}

// errorAt is the error, with what is left of the pause.
func (b *failed) errorAt(now time.Time) error {
	if b.err.Permanent {
		return b.err
	}
	again := *b.err
	again.After = b.until.Sub(now)
	return &again
}

// settle keeps what came of a request, before anybody can ask for the next.
func (f *Fetcher) settle(key string, list []*Certificate, err *Error, result *flight[[]*Certificate]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.flying, key)
	now := f.options.Now()
	if err == nil {
		f.good.set(key, found{list, now})
		f.bad.forget(key)
		result.value = list
		return
	}
	bad, _ := f.bad.get(key)
	bad.times++
	bad.err, bad.until = err, now.Add(pause(bad.times))
	if err.Permanent {
		bad.until = now.Add(refusedFor)
		f.good.forget(key)
	}
	f.bad.set(key, bad)
	result.err = bad.errorAt(now)
}

func pause(times int) time.Duration {
	if times > 5 {
		return maxPause
	}
	return min(minPause<<(times-1), maxPause)
}

// fetch makes the request and reads the answer.
func (f *Fetcher) fetch(ctx context.Context, p place) ([]*Certificate, *Error) {
	status, body, err := f.reach.get(ctx, p)
	switch {
	case err != nil:
		return nil, later(err, 0, "the certificate at %s cannot be fetched", p.host)
	case mayPass(status):
		return nil, later(nil, 0, "the certificate at %s cannot be fetched: status %d", p.host, status)
	case status != http.StatusOK:
		return nil, refuse("there is no certificate at its SigningCertURL: %s answered with status %d", p.host, status)
	case len(body) > maxAnswer:
		return nil, refuse("what is at its SigningCertURL is no certificate: it is larger than %d bytes", maxAnswer)
	}
	list, err := ParseCertificates(body)
	if err != nil {
		return nil, &Error{Reason: "what is at its SigningCertURL will not do", Err: err, Permanent: true}
	}
	return list, nil
}
