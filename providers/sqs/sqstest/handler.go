package sqstest

import "net/http"

// Handler makes a server without a listener: its calls come through
// [Server.ServeHTTP]. A test in virtual time (testing/synctest) can use one, since
// nothing in it waits for a network. URLs in it have the host sqs.test.
func Handler(o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s, err := newServer(o, "http://sqs.test")
	if err != nil {
		return nil, err
	}
	s.http = &http.Server{} // for Close
	return s, nil
}
