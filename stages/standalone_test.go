package stages_test

import (
	"context"
	"testing"

	watermill "github.com/ThreeDotsLabs/watermill/message"
	"github.com/leat-io/leat/pipeline"
	"github.com/leat-io/leat/pipeline/flowtest"
	"github.com/leat-io/leat/stages/dedupe"
	"github.com/leat-io/leat/stages/reorder"
)

func TestAStageServesAsAMiddlewareOfSomebodyElsesRouter(t *testing.T) {
	env := pipeline.NewEnv("orders", flowtest.NewState(), pipeline.Options{})
	once, err := dedupe.New(dedupe.Stage.Defaults.(dedupe.Config), env)
	if err != nil {
		t.Fatal(err)
	}
	if err := env.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	delivered := 0
	handle := pipeline.ToMiddleware(once)(func(*watermill.Message) ([]*watermill.Message, error) {
		delivered++
		return nil, nil
	})
	for _, id := range []string{"1", "1", "2"} {
		if _, err := handle(watermill.NewMessage(id, nil)); err != nil {
			t.Error(err)
		}
	}
	if delivered != 2 || env.Count(pipeline.CountDuplicates) != 1 {
		t.Errorf("delivered %d, duplicates %d", delivered, env.Count(pipeline.CountDuplicates))
	}
	if err := env.Close(); err != nil {
		t.Error(err)
	}
}

func TestAStageCanBeClosedTwice(t *testing.T) {
	for name, stage := range map[string]pipeline.StageDef{"dedupe": dedupe.Stage, "reorder": reorder.Stage} {
		env := pipeline.NewEnv("orders", flowtest.NewState(), pipeline.Options{})
		var err error
		switch c := stage.Defaults.(type) {
		case dedupe.Config:
			_, err = dedupe.New(c, env)
		case reorder.Config:
			_, err = reorder.New(c, env)
		}
		if err == nil {
			err = env.Start(context.Background())
		}
		if err != nil {
			t.Fatal(name, err)
		}
		for range 2 {
			if err := env.Close(); err != nil {
				t.Error(name, err)
			}
		}
	}
}
