// A day's work with franz-go. Usage: franz-go HOST:PORT PREFIX
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"thalweg/interop/day"
)

var bootstrap string

var codecs = map[string]kgo.CompressionCodec{
	"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
	"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
}

var acks = map[string]kgo.Acks{"0": kgo.NoAck(), "1": kgo.LeaderAck(), "all": kgo.AllISRAcks()}

func dial(options ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(bootstrap), kgo.FetchMaxWait(200 * time.Millisecond),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.MetadataMinAge(20 * time.Millisecond)}, options...)...)
}

func toKafka(topic string, record day.Record) *kgo.Record {
	made := &kgo.Record{Topic: topic, Partition: record.Partition, Key: record.Key, Value: record.Value,
		Timestamp: record.Time}
	for _, header := range record.Headers {
		made.Headers = append(made.Headers, kgo.RecordHeader(header))
	}
	return made
}

func fromKafka(record *kgo.Record) day.Record {
	made := day.Record{Partition: record.Partition, Key: record.Key, Value: record.Value, Offset: record.Offset,
		Time: record.Timestamp}
	for _, header := range record.Headers {
		made.Headers = append(made.Headers, day.Header(header))
	}
	return made
}

func send(ctx context.Context, topic string, records []day.Record, how day.Sending) ([]int64, error) {
	options := []kgo.Opt{kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.RequiredAcks(acks[how.Acks]),
		kgo.ProducerBatchCompression(codecs[how.Codec]), kgo.ProducerBatchMaxBytes(1_048_588)}
	if !how.Idempotent {
		options = append(options, kgo.DisableIdempotentWrite(), kgo.MaxProduceRequestsInflightPerBroker(1))
	}
	client, err := dial(options...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return produce(ctx, client, topic, records)
}

func produce(ctx context.Context, client *kgo.Client, topic string, records []day.Record) ([]int64, error) {
	var made []*kgo.Record
	for _, record := range records {
		made = append(made, toKafka(topic, record))
	}
	var offsets []int64
	for _, result := range client.ProduceSync(ctx, made...) {
		if result.Err != nil {
			return nil, result.Err
		}
		offsets = append(offsets, result.Record.Offset)
	}
	return offsets, nil
}

func transact(ctx context.Context, id, topic string, records []day.Record, commit bool) error {
	client, err := dial(kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.TransactionalID(id))
	if err != nil {
		return err
	}
	defer client.Close()
	if err := client.BeginTransaction(); err != nil {
		return err
	}
	if _, err := produce(ctx, client, topic, records); err != nil {
		return err
	}
	return client.EndTransaction(ctx, kgo.TransactionEndTry(commit))
}

func poll(ctx context.Context, client *kgo.Client, count int) ([]day.Record, error) {
	var read []day.Record
	for len(read) < count {
		fetches := client.PollRecords(ctx, count-len(read))
		if err := fetches.Err(); err != nil {
			return nil, err
		}
		fetches.EachRecord(func(record *kgo.Record) { read = append(read, fromKafka(record)) })
	}
	return read, nil
}

func read(ctx context.Context, topic string, from map[int32]int64, count int) ([]day.Record, error) {
	offsets := map[int32]kgo.Offset{}
	for partition, offset := range from {
		offsets[partition] = kgo.NewOffset().At(offset)
	}
	client, err := dial(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: offsets}),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return poll(ctx, client, count)
}

func readGroup(ctx context.Context, group, topic string, count int) ([]day.Record, error) {
	client, err := dial(kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	read, err := poll(ctx, client, count)
	if err != nil {
		return nil, err
	}
	return read, client.CommitUncommittedOffsets(ctx)
}

func code(err error) int16 {
	var kafka *kerr.Error
	if errors.As(err, &kafka) {
		return kafka.Code
	}
	return -1
}

func main() {
	bootstrap = os.Args[1]
	client, err := dial()
	if err != nil {
		fmt.Println("FAIL connect", err)
		os.Exit(1)
	}
	work := administration(kadm.NewClient(client))
	work.Codecs = []string{"none", "gzip", "snappy", "lz4", "zstd"}
	work.Code = code
	work.Send, work.Read, work.ReadGroup, work.Transact = send, read, readGroup, transact
	work.Idempotence = true
	day.Work(work, os.Args[2])
}
