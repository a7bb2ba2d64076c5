// Package day is a day's work with Apache Kafka's protocol, told once for every client in Go.
//
// A suite fills in a Client: what it leaves nil its client cannot do, and that feature is not told of.
// Features have the same names in all languages, for they are the rows of docs/clients.md.
package day

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"slices"
	"strings"
	"time"
)

// Patience is how long one feature may take.
const Patience = 30 * time.Second

// Kafka's error numbers that the day expects to see.
const (
	OffsetOutOfRange = 1
	UnknownTopic     = 3
	MessageTooLarge  = 10
	InvalidTopic     = 17
	TopicExists      = 36
)

type Header struct {
	Key   string
	Value []byte
}

type Record struct {
	Partition int32
	Key       []byte
	Value     []byte
	Headers   []Header
	Time      time.Time
	Offset    int64
}

type Sending struct {
	Acks       string // 0, 1 or all
	Codec      string
	Idempotent bool
}

type Cluster struct {
	ID         string
	Brokers    []int32
	Controller int32
}

// Client is what a client's library can do. Reads see what is committed only.
type Client struct {
	Codecs      []string
	EmptyIsNull bool                  // Reading, it gives nothing for what is there but has no bytes.
	Code        func(err error) int16 // Kafka's number of an error.
	Create      func(ctx context.Context, topic string, partitions int, config map[string]string) error
	Delete      func(ctx context.Context, topic string) error
	Send        func(ctx context.Context, topic string, records []Record, how Sending) ([]int64, error)
	Idempotence bool
	// Read reads some partitions, each from an offset; ReadGroup joins, reads, commits and leaves.
	Read      func(ctx context.Context, topic string, from map[int32]int64, count int) ([]Record, error)
	ReadGroup func(ctx context.Context, group, topic string, count int) ([]Record, error)
	// Committed adds up what a group has committed in a topic.
	Committed   func(ctx context.Context, group, topic string) (int64, error)
	Groups      func(ctx context.Context) ([]string, error)
	DeleteGroup func(ctx context.Context, group string) error
	OffsetAt    func(ctx context.Context, topic string, at time.Time) (int64, error)
	Watermarks  func(ctx context.Context, topic string) (low, high int64, err error)
	Topics      func(ctx context.Context) ([]string, error)
	Partitions  func(ctx context.Context, topic string) (withLeader int, err error)
	Cluster     func(ctx context.Context) (Cluster, error)
	LogDirBytes func(ctx context.Context, topic string) (int64, error)
	Config      func(ctx context.Context, topic, name string) (string, error)
	SetConfig   func(ctx context.Context, topic, name, value string) error
	// ReplaceConfig is the old way of changing: what is not named goes back to its default.
	ReplaceConfig func(ctx context.Context, topic, name, value string) error
	Grow          func(ctx context.Context, topic string, partitions int) error
	Trim          func(ctx context.Context, topic string, before int64) error
	// Transact sends records in one transaction and ends it.
	Transact func(ctx context.Context, id, topic string, records []Record, commit bool) error
}

type day struct {
	Client
	prefix string
	dice   *rand.Rand
	failed bool
}

// Work does everything the client can, prints a line a feature, and ends the program.
func Work(client Client, prefix string) {
	d := &day{Client: client, prefix: prefix, dice: rand.New(rand.NewSource(7))}
	d.feature("create-topic", d.createTopic)
	for _, acks := range []string{"0", "1", "all"} {
		for _, codec := range d.Codecs {
			d.feature("produce-"+acks+"-"+codec, func(ctx context.Context) error { return d.produce(ctx, acks, codec) })
		}
	}
	d.featureIf(d.Idempotence, "idempotent-produce", d.idempotent)
	d.feature("headers", d.headers)
	d.feature("null-key-and-value", d.nulls)
	d.feature("record-sizes", d.sizes)
	d.featureIf(d.OffsetAt != nil, "seek-by-time", d.seekByTime)
	d.featureIf(d.ReadGroup != nil, "group-resume", d.groupResumes)
	d.featureIf(d.DeleteGroup != nil, "delete-group", d.deleteGroup)
	d.featureIf(d.Transact != nil, "transactions", d.transactions)
	d.featureIf(d.Topics != nil, "list-topics", d.listTopics)
	d.feature("describe-topic", d.describeTopic)
	d.featureIf(d.Cluster != nil, "describe-cluster", d.describeCluster)
	d.featureIf(d.LogDirBytes != nil, "describe-log-dirs", d.describeLogDirs)
	d.featureIf(d.Config != nil, "config", d.config)
	d.featureIf(d.Grow != nil, "create-partitions", d.createPartitions)
	d.featureIf(d.Trim != nil, "delete-records", d.deleteRecords)
	d.feature("unknown-topic", d.unknownTopic)
	d.feature("out-of-range", d.outOfRange)
	d.feature("too-large", d.tooLarge)
	d.feature("delete-topic", d.deleteTopic)
	fmt.Println("done")
	if d.failed {
		os.Exit(1)
	}
	os.Exit(0)
}

func (d *day) feature(name string, work func(context.Context) error) {
	ctx, stop := context.WithTimeout(context.Background(), Patience)
	defer stop()
	if err := work(ctx); err != nil {
		d.failed = true
		fmt.Printf("FAIL %s %.500s\n", name, strings.Join(strings.Fields(err.Error()), " "))
		return
	}
	fmt.Printf("ok %s\n", name)
}

func (d *day) featureIf(can bool, name string, work func(context.Context) error) {
	if can {
		d.feature(name, work)
	}
}

func (d *day) topic(ctx context.Context, name string, partitions int, config map[string]string) (string, error) {
	topic := d.prefix + "-" + name
	if err := d.Create(ctx, topic, partitions, config); err != nil {
		return topic, fmt.Errorf("create %s: %w", topic, err)
	}
	return topic, nil
}

func (d *day) blob(size int) []byte {
	made := make([]byte, size)
	for at := range made {
		made[at] = byte('a' + d.dice.Intn(16))
	}
	return made
}

func (d *day) records(partitions, count, size int) []Record {
	made := make([]Record, count)
	for i := range made {
		made[i] = Record{Partition: int32(i % partitions), Key: fmt.Appendf(nil, "key-%d", i), Value: d.blob(size)}
	}
	return made
}

func beginnings(partitions int) map[int32]int64 {
	from := map[int32]int64{}
	for p := range partitions {
		from[int32(p)] = 0
	}
	return from
}

// sendAndReadBack sends to a new topic and expects the same records at the offsets 0, 1, 2 of each partition.
func (d *day) sendAndReadBack(ctx context.Context, name string, partitions int, sent []Record, how Sending) error {
	topic, err := d.topic(ctx, name, partitions, nil)
	if err != nil {
		return err
	}
	if _, err := d.Send(ctx, topic, sent, how); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return d.expectSame(ctx, topic, partitions, sent)
}

func (d *day) expectSame(ctx context.Context, topic string, partitions int, sent []Record) error {
	read, err := d.Read(ctx, topic, beginnings(partitions), len(sent))
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	byPartition := map[int32][]Record{}
	for _, record := range read {
		byPartition[record.Partition] = append(byPartition[record.Partition], record)
	}
	next := map[int32]int64{}
	for _, want := range sent {
		at := next[want.Partition]
		next[want.Partition]++
		if at >= int64(len(byPartition[want.Partition])) {
			return fmt.Errorf("partition %d has only %d records", want.Partition, at)
		}
		if why := d.difference(want, byPartition[want.Partition][at], at); why != "" {
			return fmt.Errorf("partition %d offset %d: %s", want.Partition, at, why)
		}
	}
	return nil
}

func (d *day) difference(want, got Record, at int64) string {
	sameBytes := func(a, b []byte) bool {
		return bytes.Equal(a, b) && (d.EmptyIsNull || (a == nil) == (b == nil))
	}
	switch {
	case got.Offset != at:
		return fmt.Sprintf("came as offset %d", got.Offset)
	case !sameBytes(want.Key, got.Key):
		return fmt.Sprintf("another key %q", got.Key)
	case !sameBytes(want.Value, got.Value):
		return "another value"
	case !slices.EqualFunc(want.Headers, got.Headers, func(a, b Header) bool {
		return a.Key == b.Key && sameBytes(a.Value, b.Value)
	}):
		return fmt.Sprintf("other headers %.200v", got.Headers)
	}
	return ""
}

func (d *day) expectCode(err error, code int16, what string) error {
	if err == nil {
		return fmt.Errorf("%s was accepted", what)
	}
	if d.Code(err) != code {
		return fmt.Errorf("%s gave %w", what, err)
	}
	return nil
}

func until(ctx context.Context, what string, holds func() bool) error {
	for !holds() {
		select {
		case <-ctx.Done():
			return errors.New("no " + what)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// because gives the error, or what is wrong where there is none.
func because(err error, format string, values ...any) error {
	if err != nil {
		return err
	}
	return fmt.Errorf(format, values...)
}
