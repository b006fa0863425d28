package tikitest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/leat-io/leat/providers/tiki/tikitest"
)

func Example() {
	s, err := tikitest.Start(tikitest.Options{SellerTokens: []string{"mine"}})
	if err != nil {
		panic(err)
	}
	defer s.Close()
	s.AddQueueOf("orders", "mine")
	_ = s.Push("orders", `{"id":"1"}`, `{"id":"2"}`)

	call := func(path, body string) {
		q, _ := http.NewRequest(http.MethodPost, s.BaseURL+"/queues/orders/events/"+path, strings.NewReader(body))
		q.Header.Set("Authorization", "Bearer mine")
		answer, err := http.DefaultClient.Do(q)
		if err != nil {
			panic(err)
		}
		defer answer.Body.Close()
		text, _ := io.ReadAll(answer.Body)
		fmt.Println(answer.StatusCode, strings.TrimSpace(string(text)))
	}
	call("pull", `{"ack_id":null}`)
	call("pull", `{"ack_id":null}`)
	call("ack", `{"ack_id":"5e1f0000-0000-4000-8000-000000000001"}`)
	call("pull", `{"ack_id":null}`)
	call("ack", `{"ack_id":"5e1f0000-0000-4000-8000-000000000001"}`)
	// Output:
	// 200 {"events":[{"id":"1"},{"id":"2"}],"ack_id":"5e1f0000-0000-4000-8000-000000000001"}
	// 200 {"events":[{"id":"1"},{"id":"2"}],"ack_id":"5e1f0000-0000-4000-8000-000000000001"}
	// 200 {}
	// 200 {"events":[],"ack_id":null}
	// 400 {"error":"the ack_id is not valid","status":400}
}
