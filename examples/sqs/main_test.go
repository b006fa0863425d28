package main

import (
	"context"
	"fmt"
	"os"
)

func Example() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// notification: {"id":1,"parcel":"370600000000000011","at":"2025-06-02T08:30:00Z","what":"handed in"}
	// notification: {"id":2,"parcel":"370600000000000011","at":"2025-06-02T21:10:00Z","what":"reached Bodø"}
	// notification: {"id":3,"parcel":"370600000000000011","at":"2025-06-03T11:05:00Z","what":"delivered"}
	// dead letters: 1
}
