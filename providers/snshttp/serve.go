package snshttp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/ThreeDotsLabs/watermill/message"
)

// Subscribe opens the listener. When ctx ends no more requests are taken and the
// channel closes; requests whose messages are out still get their answers.
func (r *receiver) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listener != nil || r.stopped() {
		return nil, errors.New("an snshttp source can be subscribed to once, before it is closed")
	}
	address, err := r.config.address()
	if err != nil {
		return nil, fmt.Errorf("listen for messages of SNS: %w", err)
	}
	l, err := r.listen(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("listen for messages of SNS: %w", err)
	}
	r.listener = l
	r.log.Info("listening for messages of SNS", "address", l.Addr().String(), "path", r.config.Path, "https", r.config.TLS.on())
	go r.serve(l)
	go r.end(context.AfterFunc(ctx, func() { r.stop(nil) }))
	return r.door.messages, nil
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", address)
}

func (r *receiver) serve(l net.Listener) {
	serve := r.server.Serve
	if r.server.TLSConfig != nil {
		serve = func(l net.Listener) error { return r.server.ServeTLS(l, "", "") }
	}
	if err := serve(l); !errors.Is(err, http.ErrServerClosed) {
		r.stop(fmt.Errorf("listen for messages of SNS: %w", err))
	}
}

// end waits for the stop, then closes the door first and the server once the
// requests under way have their answers.
func (r *receiver) end(unwatch func() bool) {
	defer close(r.done)
	defer r.giveUp()
	<-r.stopping
	unwatch()
	r.door.close()
	if r.server.Shutdown(r.waiting) != nil {
		_ = r.server.Close()
	}
}

func (r *receiver) stop(err error) {
	r.stopOnce.Do(func() {
		r.err = err
		close(r.stopping)
	})
}

func (r *receiver) stopped() bool {
	select {
	case <-r.stopping:
		return true
	default:
		return false
	}
}

// Close stops the source and returns when all requests have their answers. Those
// whose messages are not settled in time get 503, though the flow may yet settle
// them.
func (r *receiver) Close() error {
	r.mu.Lock()
	r.stop(nil)
	subscribed := r.listener != nil
	r.mu.Unlock()
	if !subscribed {
		return nil
	}
	timer := r.clock.AfterFunc(closeGrace, r.giveUp)
	defer timer.Stop()
	<-r.done
	return nil
}

// Err says what ended the source, nil if it was asked to end. It is known once
// the channel is closed.
func (r *receiver) Err() error { return r.err }

// Addr returns the address that the source listens on, nil before it does.
func (r *receiver) Addr() net.Addr {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listener == nil {
		return nil
	}
	return r.listener.Addr()
}
