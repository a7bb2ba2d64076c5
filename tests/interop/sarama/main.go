// A day's work with sarama. Usage: sarama HOST:PORT PREFIX
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/IBM/sarama"
	"thalweg/interop/day"
)

var bootstrap []string

var codecs = map[string]sarama.CompressionCodec{
	"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP, "snappy": sarama.CompressionSnappy,
	"lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD,
}

var acks = map[string]sarama.RequiredAcks{"0": sarama.NoResponse, "1": sarama.WaitForLocal, "all": sarama.WaitForAll}

func settings() *sarama.Config {
	config := sarama.NewConfig()
	config.Version = sarama.MaxVersion
	config.Metadata.Retry.Backoff = 50 * time.Millisecond
	config.Consumer.MaxWaitTime = 50 * time.Millisecond
	config.Consumer.IsolationLevel = sarama.ReadCommitted
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	config.Consumer.Offsets.AutoCommit.Enable = false
	config.Consumer.Return.Errors = true
	config.Producer.Return.Successes = true
	config.Producer.Partitioner = sarama.NewManualPartitioner
	config.Producer.MaxMessageBytes = 1_048_588
	config.Net.MaxOpenRequests = 1
	return config
}

func encode(bytes []byte) sarama.Encoder {
	if bytes == nil {
		return nil
	}
	return sarama.ByteEncoder(bytes)
}

func messages(topic string, records []day.Record) []*sarama.ProducerMessage {
	var made []*sarama.ProducerMessage
	for _, record := range records {
		message := &sarama.ProducerMessage{Topic: topic, Partition: record.Partition, Key: encode(record.Key),
			Value: encode(record.Value), Timestamp: record.Time}
		for _, header := range record.Headers {
			message.Headers = append(message.Headers,
				sarama.RecordHeader{Key: []byte(header.Key), Value: header.Value})
		}
		made = append(made, message)
	}
	return made
}

func fromKafka(message *sarama.ConsumerMessage) day.Record {
	made := day.Record{Partition: message.Partition, Key: message.Key, Value: message.Value,
		Offset: message.Offset, Time: message.Timestamp}
	for _, header := range message.Headers {
		made.Headers = append(made.Headers, day.Header{Key: string(header.Key), Value: header.Value})
	}
	return made
}

func send(_ context.Context, topic string, records []day.Record, how day.Sending) ([]int64, error) {
	config := settings()
	config.Producer.RequiredAcks, config.Producer.Compression = acks[how.Acks], codecs[how.Codec]
	config.Producer.Idempotent = how.Idempotent
	producer, err := sarama.NewSyncProducer(bootstrap, config)
	if err != nil {
		return nil, err
	}
	defer producer.Close()
	made := messages(topic, records)
	if err := producer.SendMessages(made); err != nil {
		return nil, err
	}
	var offsets []int64
	for _, message := range made {
		offsets = append(offsets, message.Offset)
	}
	return offsets, nil
}

func transact(_ context.Context, id, topic string, records []day.Record, commit bool) error {
	config := settings()
	config.Producer.RequiredAcks, config.Producer.Idempotent = sarama.WaitForAll, true
	config.Producer.Transaction.ID, config.Producer.Transaction.Retry.Max = id, 3
	producer, err := sarama.NewSyncProducer(bootstrap, config)
	if err != nil {
		return err
	}
	defer producer.Close()
	if err := producer.BeginTxn(); err != nil {
		return err
	}
	if err := producer.SendMessages(messages(topic, records)); err != nil {
		return err
	}
	if !commit {
		return producer.AbortTxn()
	}
	return producer.CommitTxn()
}

func read(ctx context.Context, topic string, from map[int32]int64, count int) ([]day.Record, error) {
	consumer, err := sarama.NewConsumer(bootstrap, settings())
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	all := make(chan *sarama.ConsumerMessage)
	failed := make(chan error, len(from))
	stop := make(chan struct{})
	defer close(stop)
	for partition, offset := range from {
		reader, err := consumer.ConsumePartition(topic, partition, offset)
		if err != nil {
			return nil, err
		}
		defer reader.Close()
		go pass(reader, all, failed, stop)
	}
	var read []day.Record
	for len(read) < count {
		select {
		case message := <-all:
			read = append(read, fromKafka(message))
		case err := <-failed:
			return nil, err
		case <-ctx.Done():
			return nil, fmt.Errorf("read %d records instead of %d", len(read), count)
		}
	}
	return read, nil
}

// pass hands on what a partition's reader gets, until stop.
func pass(from sarama.PartitionConsumer, to chan<- *sarama.ConsumerMessage, failed chan<- error, stop <-chan struct{}) {
	for {
		select {
		case message, open := <-from.Messages():
			if !open {
				return
			}
			select {
			case to <- message:
			case <-stop:
				return
			}
		case err := <-from.Errors():
			if err != nil {
				failed <- err.Err
			}
			return
		case <-stop:
			return
		}
	}
}

// membership takes a number of records as a member of a group, commits them, and leaves.
type membership struct {
	read chan *sarama.ConsumerMessage
	left chan struct{}
}

func (membership) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (membership) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (m membership) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case message, open := <-claim.Messages():
			if !open {
				return nil
			}
			select {
			case m.read <- message:
				session.MarkMessage(message, "")
			case <-m.left:
				session.Commit()
				return nil
			}
		case <-m.left:
			session.Commit()
			return nil
		case <-session.Context().Done():
			return nil
		}
	}
}

func readGroup(ctx context.Context, group, topic string, count int) ([]day.Record, error) {
	member, err := sarama.NewConsumerGroup(bootstrap, group, settings())
	if err != nil {
		return nil, err
	}
	defer member.Close()
	m := membership{make(chan *sarama.ConsumerMessage), make(chan struct{})}
	ended := make(chan error, 1)
	go func() { ended <- member.Consume(ctx, []string{topic}, m) }()
	var read []day.Record
	for len(read) < count {
		select {
		case message := <-m.read:
			read = append(read, fromKafka(message))
		case err := <-ended:
			return nil, errors.Join(errors.New("the group ended early"), err)
		case err := <-member.Errors():
			return nil, err
		}
	}
	close(m.left)
	return read, <-ended
}

func code(err error) int16 {
	var many sarama.ProducerErrors
	if errors.As(err, &many) {
		err = many[0].Err
	}
	var topic *sarama.TopicError
	if errors.As(err, &topic) {
		err = topic.Err
	}
	var kafka sarama.KError
	if errors.As(err, &kafka) {
		return int16(kafka)
	}
	return -1
}

func main() {
	bootstrap = os.Args[1:2]
	client, err := sarama.NewClient(bootstrap, settings())
	if err != nil {
		fmt.Println("FAIL connect", err)
		os.Exit(1)
	}
	admin, err := sarama.NewClusterAdminFromClient(client)
	if err != nil {
		fmt.Println("FAIL connect", err)
		os.Exit(1)
	}
	work := administration(client, admin)
	work.Codecs = []string{"none", "gzip", "snappy", "lz4", "zstd"}
	work.Code = code
	work.Send, work.Read, work.ReadGroup, work.Transact = send, read, readGroup, transact
	work.Idempotence = true
	day.Work(work, os.Args[2])
}
