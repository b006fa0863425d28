package cli

import (
	"errors"
	"time"

	"github.com/leat-io/leat/deadletters"
	"github.com/leat-io/leat/pipeline"
	"github.com/spf13/cobra"
)

// letterFilter is what flags say of letters.
type letterFilter struct {
	deadletters.Filter
	*deadletters.Choice
}

func (f *letterFilter) flags(c *cobra.Command, catalog pipeline.Catalog) {
	c.Flags().StringVar(&f.Filter.Flow, "flow", "", "letters of this `FLOW`")
	completeFlow(c, "flow")
	c.Flags().StringVar(&f.Filter.Stage, "stage", "", "letters of this `STAGE` or sink")
	completeStep(c, "stage", catalog)
	c.Flags().StringVar(&f.Filter.Error, "error", "", "letters whose error contains this `TEXT`, in either casing")
	c.Flags().StringVar(&f.Filter.Since, "since", "", "letters written since this `TIME`: 24h, 2026-03-31 or 2026-03-31T14:00:00Z")
	c.Flags().StringVar(&f.Filter.Until, "until", "", "letters written before this `TIME`")
}

// prepare reads what was given as text.
func (f *letterFilter) prepare(now time.Time) (err error) {
	f.Choice, err = f.Choose(now)
	var unreadable *deadletters.TimeError
	if errors.As(err, &unreadable) {
		return usageError("--" + unreadable.Error())
	}
	return err
}
