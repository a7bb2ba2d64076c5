// A day's work with segmentio's kafka-go. Usage: kafka-go HOST:PORT PREFIX
package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/segmentio/kafka-go"
	"thalweg/interop/day"
)

var bootstrap string

// One for all: each asks for all topics again and again until it is closed, and so finds new ones.
var transport = &kafka.Transport{MetadataTTL: 50 * time.Millisecond}

var codecs = map[string]kafka.Compression{
	"none": 0, "gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd,
}

var acks = map[string]kafka.RequiredAcks{"0": kafka.RequireNone, "1": kafka.RequireOne, "all": kafka.RequireAll}

func toKafka(record day.Record) kafka.Message {
	made := kafka.Message{Key: record.Key, Value: record.Value, Time: record.Time, WriterData: record.Partition}
	for _, header := range record.Headers {
		made.Headers = append(made.Headers, kafka.Header(header))
	}
	return made
}

func fromKafka(message kafka.Message) day.Record {
	made := day.Record{Partition: int32(message.Partition), Key: message.Key, Value: message.Value,
		Offset: message.Offset, Time: message.Time}
	for _, header := range message.Headers {
		made.Headers = append(made.Headers, day.Header(header))
	}
	return made
}

// send writes record by record's own partition. The writer does not tell at which offsets they landed.
func send(ctx context.Context, topic string, records []day.Record, how day.Sending) ([]int64, error) {
	writer := &kafka.Writer{Addr: kafka.TCP(bootstrap), Topic: topic, RequiredAcks: acks[how.Acks],
		Compression: codecs[how.Codec], BatchTimeout: 5 * time.Millisecond, BatchBytes: 1_048_588, MaxAttempts: 3,
		Balancer: kafka.BalancerFunc(func(message kafka.Message, _ ...int) int {
			return int(message.WriterData.(int32))
		}),
		Transport: transport}
	defer writer.Close()
	var made []kafka.Message
	for _, record := range records {
		made = append(made, toKafka(record))
	}
	return nil, writer.WriteMessages(ctx, made...)
}

func read(ctx context.Context, topic string, from map[int32]int64, count int) ([]day.Record, error) {
	all := make(chan day.Record)
	failed := make(chan error, len(from))
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for partition, offset := range from {
		reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{bootstrap}, Topic: topic,
			Partition: int(partition), MinBytes: 1, MaxBytes: 2_000_000, MaxWait: 200 * time.Millisecond,
			IsolationLevel: kafka.ReadCommitted, OffsetOutOfRangeError: true})
		defer reader.Close()
		if err := reader.SetOffset(offset); err != nil {
			return nil, err
		}
		go func() {
			for {
				message, err := reader.ReadMessage(ctx)
				if err != nil {
					failed <- err
					return
				}
				select {
				case all <- fromKafka(message):
				case <-ctx.Done():
					return
				}
			}
		}()
	}
	var read []day.Record
	for len(read) < count {
		select {
		case record := <-all:
			read = append(read, record)
		case err := <-failed:
			return nil, err
		}
	}
	return read, nil
}

func readGroup(ctx context.Context, group, topic string, count int) ([]day.Record, error) {
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{bootstrap}, GroupID: group, Topic: topic,
		MinBytes: 1, MaxBytes: 2_000_000, MaxWait: 200 * time.Millisecond, StartOffset: kafka.FirstOffset})
	defer reader.Close()
	var messages []kafka.Message
	var read []day.Record
	for len(read) < count {
		message, err := reader.FetchMessage(ctx)
		if err != nil {
			return nil, err
		}
		messages = append(messages, message)
		read = append(read, fromKafka(message))
	}
	return read, reader.CommitMessages(ctx, messages...)
}

func code(err error) int16 {
	var many kafka.WriteErrors
	if errors.As(err, &many) {
		err = many[0]
	}
	var large kafka.MessageTooLargeError
	if errors.As(err, &large) {
		return day.MessageTooLarge
	}
	var number kafka.Error
	if errors.As(err, &number) {
		return int16(number)
	}
	return -1
}

func main() {
	bootstrap = os.Args[1]
	client := &kafka.Client{Addr: kafka.TCP(bootstrap), Timeout: day.Patience, Transport: transport}
	work := administration(client)
	work.Codecs = []string{"none", "gzip", "snappy", "lz4", "zstd"}
	work.Code = code
	work.EmptyIsNull = true
	work.Send, work.Read, work.ReadGroup = send, read, readGroup
	day.Work(work, os.Args[2])
}
