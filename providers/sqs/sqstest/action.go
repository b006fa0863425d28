package sqstest

// action is what a client can ask for.
type action struct {
	do           func(c *call) (result, *failure)
	onQueue      bool // the queue that the call names must exist
	batch        bool
	sns          bool
	alwaysResult bool // an empty answer has a Result element too
}

// actions are all actions by name. Those of SQS and SNS have different names.
var actions = map[string]*action{
	"CreateQueue":                  {do: createQueue},
	"GetQueueUrl":                  {do: getQueueURL},
	"ListQueues":                   {do: listQueues, alwaysResult: true},
	"DeleteQueue":                  onQueue(deleteQueue),
	"PurgeQueue":                   onQueue(purgeQueue),
	"GetQueueAttributes":           onQueue(getQueueAttributes),
	"SetQueueAttributes":           onQueue(setQueueAttributes),
	"SendMessage":                  onQueue(sendMessage),
	"SendMessageBatch":             onQueueBatch(sendMessageBatch),
	"ReceiveMessage":               {do: withQueue(receiveMessage), onQueue: true, alwaysResult: true},
	"DeleteMessage":                onQueue(deleteMessage),
	"DeleteMessageBatch":           onQueueBatch(deleteMessageBatch),
	"ChangeMessageVisibility":      onQueue(changeVisibility),
	"ChangeMessageVisibilityBatch": onQueueBatch(changeVisibilityBatch),

	"CreateTopic":              onTopics(createTopic),
	"DeleteTopic":              onTopics(deleteTopic),
	"ListTopics":               onTopics(listTopics),
	"GetTopicAttributes":       onTopics(getTopicAttributes),
	"SetTopicAttributes":       onTopics(setTopicAttributes),
	"Subscribe":                onTopics(subscribe),
	"Unsubscribe":              onTopics(unsubscribe),
	"ConfirmSubscription":      onTopics(confirmSubscription),
	"ListSubscriptionsByTopic": onTopics(listSubscriptions),
	"Publish":                  onTopics(publish),
	"PublishBatch":             {do: publishBatch, sns: true, batch: true, alwaysResult: true},
}

func onQueue(do func(c *call) (result, *failure)) *action {
	return &action{do: withQueue(do), onQueue: true}
}

func onQueueBatch(do func(c *call) (result, *failure)) *action {
	return &action{do: withQueue(do), onQueue: true, batch: true, alwaysResult: true}
}

func onTopics(do func(c *call) (result, *failure)) *action {
	return &action{do: do, sns: true}
}

// withQueue finds the call's queue first.
func withQueue(do func(c *call) (result, *failure)) func(c *call) (result, *failure) {
	return func(c *call) (result, *failure) {
		if c.queue = c.server.find(c.Queue); c.queue == nil {
			return nil, noSuchQueue()
		}
		return do(c)
	}
}
