package sqstest
import ("net/http";"time")
type topics struct{}
type sender struct{}
type signer struct{}
func newTopics() *topics { return nil }
func newSender(Options) *sender { return nil }
func (*sender) close() {}
func newSigner(string, time.Time) (*signer, error) { return nil, nil }
func (s *Server) serveCertificate(http.ResponseWriter, *http.Request) {}
var createTopic, deleteTopic, listTopics, getTopicAttributes, setTopicAttributes, subscribe, unsubscribe, confirmSubscription, listSubscriptions, publish, publishBatch func(*call) (result, *failure)
