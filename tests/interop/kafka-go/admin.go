package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
	"thalweg/interop/day"
)

// first gives the error of the only thing asked about.
func first[K comparable](failed map[K]error) error {
	return errors.Join(slices.Collect(maps.Values(failed))...)
}

// administration is what the day asks of kafka-go's client. It has no call to delete records or to see
// the disks, and neither idempotence nor transactions in its writer.
func administration(client *kafka.Client) day.Client {
	offsets := func(ctx context.Context, topic string, asked ...kafka.OffsetRequest) (kafka.PartitionOffsets, error) {
		answer, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{
			Topics: map[string][]kafka.OffsetRequest{topic: asked}})
		if err != nil {
			return kafka.PartitionOffsets{}, err
		}
		return answer.Topics[topic][0], answer.Topics[topic][0].Error
	}
	return day.Client{
		Create: func(ctx context.Context, topic string, partitions int, config map[string]string) error {
			wanted := kafka.TopicConfig{Topic: topic, NumPartitions: partitions, ReplicationFactor: -1}
			for name, value := range config {
				wanted.ConfigEntries = append(wanted.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: value})
			}
			answer, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{wanted}})
			if err != nil {
				return err
			}
			return first(answer.Errors)
		},
		Delete: func(ctx context.Context, topic string) error {
			answer, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: []string{topic}})
			if err != nil {
				return err
			}
			return first(answer.Errors)
		},
		Committed: func(ctx context.Context, group, topic string) (int64, error) {
			answer, err := client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: group,
				Topics: map[string][]int{topic: {0, 1}}})
			if err != nil {
				return 0, err
			}
			sum := int64(0)
			for _, partition := range answer.Topics[topic] {
				sum += partition.CommittedOffset
			}
			return sum, answer.Error
		},
		Groups: func(ctx context.Context) ([]string, error) {
			answer, err := client.ListGroups(ctx, &kafka.ListGroupsRequest{})
			if err != nil {
				return nil, err
			}
			var names []string
			for _, group := range answer.Groups {
				names = append(names, group.GroupID)
			}
			return names, answer.Error
		},
		DeleteGroup: func(ctx context.Context, group string) error {
			answer, err := client.DeleteGroups(ctx, &kafka.DeleteGroupsRequest{GroupIDs: []string{group}})
			if err != nil {
				return err
			}
			return first(answer.Errors)
		},
		OffsetAt: func(ctx context.Context, topic string, at time.Time) (int64, error) {
			found, err := offsets(ctx, topic, kafka.TimeOffsetOf(0, at))
			for offset := range found.Offsets {
				return offset, err
			}
			return -1, err
		},
		Watermarks: func(ctx context.Context, topic string) (int64, int64, error) {
			found, err := offsets(ctx, topic, kafka.FirstOffsetOf(0), kafka.LastOffsetOf(0))
			return found.FirstOffset, found.LastOffset, err
		},
		Topics: func(ctx context.Context) ([]string, error) {
			answer, err := client.Metadata(ctx, &kafka.MetadataRequest{})
			if err != nil {
				return nil, err
			}
			var names []string
			for _, topic := range answer.Topics {
				names = append(names, topic.Name)
			}
			return names, nil
		},
		Partitions: func(ctx context.Context, topic string) (int, error) { return partitions(ctx, client, topic) },
		Cluster: func(ctx context.Context) (day.Cluster, error) {
			answer, err := client.Metadata(ctx, &kafka.MetadataRequest{})
			if err != nil {
				return day.Cluster{}, err
			}
			cluster := day.Cluster{ID: answer.ClusterID, Controller: int32(answer.Controller.ID)}
			for _, broker := range answer.Brokers {
				cluster.Brokers = append(cluster.Brokers, int32(broker.ID))
			}
			return cluster, nil
		},
		Config: func(ctx context.Context, topic, name string) (string, error) {
			answer, err := client.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{
				Resources: []kafka.DescribeConfigRequestResource{{ResourceType: kafka.ResourceTypeTopic,
					ResourceName: topic, ConfigNames: []string{name}}}})
			if err != nil {
				return "", err
			}
			return answer.Resources[0].ConfigEntries[0].ConfigValue, answer.Resources[0].Error
		},
		SetConfig: func(ctx context.Context, topic, name, value string) error {
			answer, err := client.IncrementalAlterConfigs(ctx, &kafka.IncrementalAlterConfigsRequest{
				Resources: []kafka.IncrementalAlterConfigsRequestResource{{ResourceType: kafka.ResourceTypeTopic,
					ResourceName: topic, Configs: []kafka.IncrementalAlterConfigsRequestConfig{{Name: name,
						Value: value, ConfigOperation: kafka.ConfigOperationSet}}}}})
			if err != nil {
				return err
			}
			return answer.Resources[0].Error
		},
		ReplaceConfig: func(ctx context.Context, topic, name, value string) error {
			answer, err := client.AlterConfigs(ctx, &kafka.AlterConfigsRequest{
				Resources: []kafka.AlterConfigRequestResource{{ResourceType: kafka.ResourceTypeTopic,
					ResourceName: topic, Configs: []kafka.AlterConfigRequestConfig{{Name: name, Value: value}}}}})
			if err != nil {
				return err
			}
			return first(answer.Errors)
		},
		Grow: func(ctx context.Context, topic string, partitions int) error {
			answer, err := client.CreatePartitions(ctx, &kafka.CreatePartitionsRequest{
				Topics: []kafka.TopicPartitionsConfig{{Name: topic, Count: int32(partitions)}}})
			if err != nil {
				return err
			}
			return first(answer.Errors)
		},
	}
}

func partitions(ctx context.Context, client *kafka.Client, topic string) (int, error) {
	answer, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{topic}})
	if err != nil {
		return 0, err
	}
	led := 0
	for _, partition := range answer.Topics[0].Partitions {
		if partition.Error == nil {
			led++
		}
	}
	return led, answer.Topics[0].Error
}
