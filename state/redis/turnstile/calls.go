package turnstile

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/leat-io/leat/internal/redisapi"
	"github.com/leat-io/leat/pipeline"
)

// reply is what a script answers.
type reply struct {
	verb    string        // HELD, BUSY, GO, WAIT, NONE
	id      string        // of the event that may go
	turn    pipeline.Turn // its turn
	counts  bool          // its time makes earlier ones late
	wait    time.Duration // how long to wait at least; negative: nobody can tell
	session string        // of whom it is waited for
}

// callTimeout is how long an answer is waited for.
const callTimeout = 5 * time.Second

// call runs a script for a line, and joins the shard before it is first used, or when
// Redis has begun anew.
func (l *line) call(ctx context.Context, script *redisapi.Script, args ...any) (reply, error) {
	s := l.shard
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	for {
		gen, err := s.generation(ctx)
		if err != nil {
			return reply{}, err
		}
		answer, err := script.Run(ctx, s.t.o.Pipe, l.keys(), append(l.common(gen), args...)...)
		if err != nil {
			return reply{}, fmt.Errorf("turnstile: %w", err)
		}
		r, err := read(answer)
		if err != nil || r.verb != "GEN" {
			return r, err
		}
		if err := s.beat(ctx); err != nil {
			return reply{}, err
		}
	}
}

func (l *line) keys() []string {
	tag := l.shard.tag
	key := tag + ":" + l.name
	return []string{tag + ":g", tag + ":s", key + ":q", key + ":d", key + ":e", key + ":k"}
}

func (l *line) common(gen string) []any {
	t := l.shard.t
	return []any{gen, t.session, t.o.Grace.Milliseconds(), t.channel(""), t.o.barrier().Milliseconds(), t.o.Window.Milliseconds(), "", fmt.Sprintf("%d:%s", l.shard.number, l.name)}
}

func (l *line) callEnter(ctx context.Context, p *place, due time.Duration, running bool) (reply, error) {
	has := "0"
	if running {
		has = "1"
	}
	return l.call(ctx, enterScript, p.id, p.order, p.at, due.Milliseconds(), l.shard.t.o.MaxAhead.Microseconds(), keep.Milliseconds(), p.sinceGeneration(), has)
}

// callDone says what became of an event; wait is for how long one that goes back is
// waited for.
func (l *line) callDone(ctx context.Context, id string, o pipeline.TurnOutcome, at string, wait time.Duration) (reply, error) {
	return l.call(ctx, doneScript, id, string(o), at, wait.Milliseconds())
}

// read reads an answer.
func read(answer any) (r reply, err error) {
	a, ok := answer.([]any)
	if !ok || len(a) == 0 {
		return r, fmt.Errorf("turnstile: answered with %v", answer)
	}
	text := func(i int) string {
		if i < len(a) {
			return fmt.Sprint(a[i])
		}
		return ""
	}
	number := func(i int) int64 { n, _ := strconv.ParseInt(text(i), 10, 64); return n }
	switch r.verb = text(0); r.verb {
	case "WAIT", "HELD":
		r.wait, r.session = time.Duration(number(1))*time.Millisecond, text(2)
	case "GO":
		r.id, r.counts = text(1), text(7) == "1"
		r.turn = pipeline.Turn{
			Order: number(2), Late: time.Duration(number(3)) * time.Microsecond, Gap: text(4) == "1",
			Unordered: text(5) == "1" || text(7) != "1", Overtaken: text(6) == "1",
		}
	}
	return r, nil
}
