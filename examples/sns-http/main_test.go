package main

import (
	"context"
	"fmt"
)

func Example() {
	if err := run(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"parcel":"370600000000000011","at":"2025-06-02T08:30:00Z","what":"handed in"}
	// {"parcel":"370600000000000011","at":"2025-06-02T21:10:00Z","what":"reached Bodø"}
	// {"parcel":"370600000000000011","at":"2025-06-03T11:05:00Z","what":"delivered"}
}
