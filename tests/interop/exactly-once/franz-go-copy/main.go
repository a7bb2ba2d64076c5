// Copies a topic to another in franz-go's group-transact sessions, until it is killed; every third is aborted and
// done again. Usage: franz-go-copy HOST:PORT NAME FROM TO
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func copyAll(bootstrap, name, from, to string) error {
	session, err := kgo.NewGroupTransactSession(kgo.SeedBrokers(bootstrap), kgo.TransactionalID(name),
		kgo.ConsumerGroup(name), kgo.InstanceID(name), kgo.ConsumeTopics(from), kgo.RequireStableFetchOffsets(),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.FetchMaxWait(50*time.Millisecond),
		kgo.SessionTimeout(6*time.Second), kgo.HeartbeatInterval(500*time.Millisecond))
	if err != nil {
		return err
	}
	defer session.Close()
	ctx := context.Background()
	// What the program left open when it was killed is aborted here. Otherwise that waits for the first record, which
	// waits for the offsets that are not stable as long as it is open.
	if _, _, err := session.Client().ProducerID(ctx); err != nil {
		return err
	}
	for turn := 1; ; turn++ {
		fetches := session.PollRecords(ctx, 20)
		if err := fetches.Err(); err != nil {
			return err
		}
		if err := session.Begin(); err != nil {
			return err
		}
		refused := kgo.AbortingFirstErrPromise(session.Client())
		fetches.EachRecord(func(record *kgo.Record) {
			session.Produce(ctx, &kgo.Record{Topic: to, Partition: record.Partition, Key: record.Key,
				Value: record.Value}, refused.Promise())
		})
		if err := session.Client().Flush(ctx); err != nil {
			return err
		}
		// A program of more patience would abort and do it again; here nothing is to be refused.
		if err := refused.Err(); err != nil {
			return err
		}
		if _, err := session.End(ctx, kgo.TransactionEndTry(turn%3 != 0)); err != nil {
			return err
		}
	}
}

func main() {
	if err := copyAll(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
