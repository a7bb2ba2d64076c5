// Members of groups by sarama, for the suites of tests/interop/groups.
package main

import (
	"context"
	"errors"
	"time"

	"github.com/IBM/sarama"
	"thalweg/interop/groups/members"
)

var strategies = map[string]func() sarama.BalanceStrategy{
	"range": sarama.NewBalanceStrategyRange, "roundrobin": sarama.NewBalanceStrategyRoundRobin,
	"sticky": sarama.NewBalanceStrategySticky,
}

func settings(wanted members.Wanted) *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.ClientID = wanted.Name
	config.Consumer.MaxWaitTime = 100 * time.Millisecond
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Interval = members.CommitEvery
	config.Consumer.Group.Session.Timeout = wanted.Session()
	config.Consumer.Group.Heartbeat.Interval = 200 * time.Millisecond
	config.Consumer.Group.Rebalance.Retry.Backoff = 100 * time.Millisecond
	config.Consumer.Group.Rebalance.GroupStrategies =
		[]sarama.BalanceStrategy{strategies[wanted.Words["assignor"]]()}
	config.Consumer.Group.InstanceId = wanted.Words["instance"]
	return config
}

// generation is the member in one generation of its group: Setup when it has its partitions, Cleanup before it
// gives them up.
type generation struct {
	topic  string
	events *members.Events
}

func (g generation) Setup(session sarama.ConsumerGroupSession) error {
	g.events.Took(session.Claims()[g.topic])
	return nil
}

func (g generation) Cleanup(session sarama.ConsumerGroupSession) error {
	session.Commit()
	g.events.GaveUp(session.Claims()[g.topic])
	return nil
}

func (g generation) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case message, open := <-claim.Messages():
			if !open {
				return nil
			}
			g.events.Read(message.Partition, message.Offset)
			session.MarkMessage(message, "")
		case <-session.Context().Done():
			return nil
		}
	}
}

func live(bootstrap string, wanted members.Wanted, events *members.Events, stop <-chan struct{}) error {
	group, err := sarama.NewConsumerGroup([]string{bootstrap}, wanted.Group, settings(wanted))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-stop
		cancel()
	}()
	for ctx.Err() == nil {
		err := group.Consume(ctx, []string{wanted.Topic}, generation{wanted.Topic, events})
		if err != nil && ctx.Err() == nil {
			return errors.Join(err, group.Close())
		}
	}
	return group.Close()
}

func main() { members.Run(live) }
