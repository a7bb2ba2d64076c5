// Members of groups by franz-go, for the suites of tests/interop/groups.
package main

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"thalweg/interop/groups/members"
)

var balancers = map[string]kgo.GroupBalancer{
	"range": kgo.RangeBalancer(), "roundrobin": kgo.RoundRobinBalancer(), "sticky": kgo.StickyBalancer(),
	"cooperative-sticky": kgo.CooperativeStickyBalancer(),
}

func options(bootstrap string, wanted members.Wanted, events *members.Events) []kgo.Opt {
	chosen := []kgo.Opt{
		kgo.SeedBrokers(bootstrap), kgo.ClientID(wanted.Name), kgo.ConsumerGroup(wanted.Group),
		kgo.ConsumeTopics(wanted.Topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(),
		kgo.FetchMaxWait(100 * time.Millisecond), kgo.BlockRebalanceOnPoll(), kgo.SessionTimeout(wanted.Session()),
		kgo.HeartbeatInterval(200 * time.Millisecond),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, taken map[string][]int32) {
			events.Took(taken[wanted.Topic])
		}),
		kgo.OnPartitionsRevoked(func(ctx context.Context, client *kgo.Client, revoked map[string][]int32) {
			client.CommitUncommittedOffsets(ctx) // What fails here is read again by the next owner.
			events.GaveUp(revoked[wanted.Topic])
		}),
		kgo.OnPartitionsLost(func(_ context.Context, _ *kgo.Client, lost map[string][]int32) {
			events.GaveUp(lost[wanted.Topic])
		}),
	}
	if instance, set := wanted.Words["instance"]; set {
		chosen = append(chosen, kgo.InstanceID(instance))
	}
	if wanted.Words["protocol"] != "consumer" {
		return append(chosen, kgo.Balancers(balancers[wanted.Words["assignor"]]))
	}
	balancer := kgo.StickyBalancer() // It stands for `uniform` here.
	if wanted.Words["remote-assignor"] == "range" {
		balancer = kgo.RangeBalancer()
	}
	return append(chosen, kgo.ServerSideBalancer(), kgo.Balancers(balancer))
}

func live(bootstrap string, wanted members.Wanted, events *members.Events, stop <-chan struct{}) error {
	client, err := kgo.NewClient(options(bootstrap, wanted, events)...)
	if err != nil {
		return err
	}
	defer client.CloseAllowingRebalance()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-stop
		cancel()
	}()
	committed := time.Now()
	for ctx.Err() == nil {
		waiting, done := context.WithTimeout(ctx, 100*time.Millisecond)
		fetches := client.PollRecords(waiting, 500)
		done()
		fetches.EachRecord(func(record *kgo.Record) { events.Read(record.Partition, record.Offset) })
		if time.Since(committed) > members.CommitEvery {
			client.CommitUncommittedOffsets(context.Background())
			committed = time.Now()
		}
		client.AllowRebalance()
	}
	return nil
}

func main() { members.Run(live) }
