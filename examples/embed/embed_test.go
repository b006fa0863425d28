package main

import (
	"context"
	"fmt"
	"os"
)

func Example() {
	if err := serve(context.Background(), os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// order: two pairs of mittens for Kari
	// mail from shop@example.com: {"id":1,"parcel":"370600000000000011","at":"2025-06-02T08:30:00Z","what":"handed in","eta":"4 June"}
	// mail from shop@example.com: {"id":2,"parcel":"370600000000000011","at":"2025-06-03T11:05:00Z","what":"reached Bodø","eta":"5 June"}
	// copies dropped: 1
}
