package sqs

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/leat-io/leat/internal/awsapi"
)

// autoAPI speaks JSON until an answer shows that the service does not.
type autoAPI struct {
	log *slog.Logger

	mu    sync.Mutex
	now   api
	other *queryAPI // nil once one of the two is settled on
}

func newAutoAPI(c *awsapi.Caller, log *slog.Logger) *autoAPI {
	return &autoAPI{log: log, now: &jsonAPI{caller: c}, other: &queryAPI{caller: c}}
}

// try calls f with the protocol that is spoken, and once more with the other when
// the answer was no JSON. A call that JSON could not make reach its queue has done
// nothing there.
func (a *autoAPI) try(f func(api) error) error {
	a.mu.Lock()
	now, other := a.now, a.other
	a.mu.Unlock()
	err := f(now)
	if other == nil {
		return err
	}
	if err == nil {
		a.settle(now)
		return nil
	}
	if !refusesJSON(err) {
		return err
	}
	again := f(other)
	if !answersInXML(again) {
		return err
	}
	a.log.Info("the service does not speak AWS JSON 1.0: using the query protocol")
	a.settle(other)
	return again
}

// answersInXML reports whether an answer shows that the query protocol is spoken:
// it was understood, or refused in its words.
func answersInXML(err error) bool {
	var refused *awsapi.Error
	return err == nil || errors.As(err, &refused) && refused.XML && refused.Code != "" && refused.Status < 500
}

func (a *autoAPI) settle(on api) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.other != nil {
		a.now, a.other = on, nil
	}
}

// refusesJSON reports whether an answer shows that JSON was not understood. Whoever
// is in trouble, or stands between, may answer with any page.
func refusesJSON(err error) bool {
	var refused *awsapi.Error
	if errors.As(err, &refused) {
		return refused.Status < 500 && (refused.XML || refused.Code == "")
	}
	return errors.Is(err, errNotJSON)
}

func (a *autoAPI) at(url string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now.at(url)
	if a.other != nil {
		a.other.at(url)
	}
}

func (a *autoAPI) resolve(ctx context.Context, q queueRef) (url string, err error) {
	err = a.try(func(p api) error { url, err = p.resolve(ctx, q); return err })
	return url, err
}

func (a *autoAPI) create(ctx context.Context, name string, settings map[string]string) (url string, err error) {
	err = a.try(func(p api) error { url, err = p.create(ctx, name, settings); return err })
	return url, err
}

func (a *autoAPI) set(ctx context.Context, settings map[string]string) error {
	return a.try(func(p api) error { return p.set(ctx, settings) })
}

func (a *autoAPI) attributes(ctx context.Context) (found map[string]string, err error) {
	err = a.try(func(p api) error { found, err = p.attributes(ctx); return err })
	return found, err
}

func (a *autoAPI) receive(ctx context.Context, q receiveCall) (messages []*received, err error) {
	err = a.try(func(p api) error { messages, err = p.receive(ctx, q); return err })
	return messages, err
}

func (a *autoAPI) remove(ctx context.Context, receipts []string) (failed map[int]*entryError, err error) {
	err = a.try(func(p api) error { failed, err = p.remove(ctx, receipts); return err })
	return failed, err
}

func (a *autoAPI) change(ctx context.Context, entries []visibility) (failed map[int]*entryError, err error) {
	err = a.try(func(p api) error { failed, err = p.change(ctx, entries); return err })
	return failed, err
}

func (a *autoAPI) send(ctx context.Context, entries []*outgoing) (failed map[int]*entryError, err error) {
	err = a.try(func(p api) error { failed, err = p.send(ctx, entries); return err })
	return failed, err
}
