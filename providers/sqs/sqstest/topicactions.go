package sqstest

import (
	"maps"
	"strconv"
)

// topicSettings are the attributes of a topic that can be set.
var topicSettings = map[string]bool{
	"DisplayName": true, "Policy": true, "DeliveryPolicy": true, "KmsMasterKeyId": true, "SignatureVersion": true,
	"TracingConfig": true, "FifoTopic": true, "ContentBasedDeduplication": true, "FifoThroughputScope": true,
}

func checkTopicSetting(name, value string) *failure {
	switch {
	case !topicSettings[name]:
		return badSNS("AttributeName")
	case name == "SignatureVersion" && value != "1" && value != "2":
		return badSNS("SignatureVersion Reason: Allowed values are 1 and 2")
	}
	return nil
}

func createTopic(c *call) (result, *failure) {
	name := c.args.text("Name")
	if len(name) > 256 || !validTopicName(name) {
		return nil, badSNS("Topic Name")
	}
	attributes := textMap(c.args.pairs("Attributes"))
	for name, value := range attributes {
		if fail := checkTopicSetting(name, value); fail != nil {
			return nil, fail
		}
	}
	if isFIFO(name) != (attributes["FifoTopic"] == "true") {
		return nil, badSNS("Topic Name Reason: the name of a FIFO topic, and of no other, ends in .fifo")
	}
	return texts{{"TopicArn", c.server.topics.make(c.server.topicARN(name), attributes, c.server.now()).arn}}, nil
}

func validTopicName(name string) bool {
	return len(name) > 0 && validQueueName(name[:min(len(name), 80)])
}

func deleteTopic(c *call) (result, *failure) {
	all := c.server.topics
	t := all.find(c.args.text("TopicArn"))
	if t == nil {
		return done{}, nil
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, sub := range t.subs {
		delete(all.subs, sub.arn)
		delete(all.tokens, sub.token)
	}
	t.subs = nil
	delete(all.topics, t.arn)
	return done{}, nil
}

func listTopics(c *call) (result, *failure) {
	all := c.server.topics
	all.mu.Lock()
	defer all.mu.Unlock()
	list := members{name: "Topics"}
	for _, arn := range sortedKeys(all.topics) {
		list.all = append(list.all, texts{{"TopicArn", arn}})
	}
	return list, nil
}

func listSubscriptions(c *call) (result, *failure) {
	t, fail := c.topic()
	if fail != nil {
		return nil, fail
	}
	list := members{name: "Subscriptions"}
	for _, sub := range c.server.Subscriptions(t.arn) {
		arn := sub.ARN
		if !sub.Confirmed {
			arn = "PendingConfirmation"
		}
		list.all = append(list.all, texts{
			{"TopicArn", t.arn}, {"Protocol", sub.Protocol}, {"SubscriptionArn", arn}, {"Owner", account}, {"Endpoint", sub.Endpoint},
		})
	}
	return list, nil
}

func setTopicAttributes(c *call) (result, *failure) {
	t, fail := c.topic()
	if fail != nil {
		return nil, fail
	}
	name, value := c.args.text("AttributeName"), c.args.text("AttributeValue")
	if fail := checkTopicSetting(name, value); fail != nil {
		return nil, fail
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.attributes[name] = value
	return done{}, nil
}

func getTopicAttributes(c *call) (result, *failure) {
	t, fail := c.topic()
	if fail != nil {
		return nil, fail
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	all := map[string]string{"TopicArn": t.arn, "Owner": account, "SignatureVersion": "1", "SubscriptionsDeleted": "0"}
	maps.Copy(all, t.attributes)
	pending := 0
	for _, sub := range t.subs {
		if sub.pending {
			pending++
		}
	}
	all["SubscriptionsPending"] = strconv.Itoa(pending)
	all["SubscriptionsConfirmed"] = strconv.Itoa(len(t.subs) - pending)
	return entryMap(all), nil
}
