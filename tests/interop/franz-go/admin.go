package main

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"thalweg/interop/day"
)

// administration is what the day asks of franz-go's administrator.
func administration(admin *kadm.Client) day.Client {
	alter := func(ctx context.Context, how func(context.Context, []kadm.AlterConfig, ...string) (
		kadm.AlterConfigsResponses, error), topic, name, value string) error {
		answers, err := how(ctx, []kadm.AlterConfig{{Name: name, Value: &value}}, topic)
		if err != nil {
			return err
		}
		return answers[0].Err
	}
	return day.Client{
		Create: func(ctx context.Context, topic string, partitions int, config map[string]string) error {
			settings := map[string]*string{}
			for name, value := range config {
				settings[name] = &value
			}
			_, err := admin.CreateTopic(ctx, int32(partitions), -1, settings, topic)
			return err
		},
		Delete: func(ctx context.Context, topic string) error {
			_, err := admin.DeleteTopic(ctx, topic)
			return err
		},
		Committed: func(ctx context.Context, group, topic string) (int64, error) {
			offsets, err := admin.FetchOffsets(ctx, group)
			sum := int64(0)
			offsets.Each(func(offset kadm.OffsetResponse) { sum += offset.At })
			return sum, err
		},
		Groups: func(ctx context.Context) ([]string, error) {
			groups, err := admin.ListGroups(ctx)
			return groups.Groups(), err
		},
		DeleteGroup: func(ctx context.Context, group string) error {
			_, err := admin.DeleteGroup(ctx, group)
			return err
		},
		OffsetAt: func(ctx context.Context, topic string, at time.Time) (int64, error) {
			offsets, err := admin.ListOffsetsAfterMilli(ctx, at.UnixMilli(), topic)
			offset, _ := offsets.Lookup(topic, 0)
			return offset.Offset, err
		},
		Watermarks: func(ctx context.Context, topic string) (int64, int64, error) {
			starts, err := admin.ListStartOffsets(ctx, topic)
			if err != nil {
				return 0, 0, err
			}
			ends, err := admin.ListEndOffsets(ctx, topic)
			low, _ := starts.Lookup(topic, 0)
			high, _ := ends.Lookup(topic, 0)
			return low.Offset, high.Offset, err
		},
		Topics: func(ctx context.Context) ([]string, error) {
			topics, err := admin.ListTopics(ctx)
			return topics.Names(), err
		},
		Partitions: func(ctx context.Context, topic string) (int, error) {
			topics, err := admin.ListTopics(ctx, topic)
			if err != nil {
				return 0, err
			}
			led := 0
			for _, partition := range topics[topic].Partitions {
				if partition.Leader >= 0 {
					led++
				}
			}
			return led, topics[topic].Err
		},
		Cluster: func(ctx context.Context) (day.Cluster, error) {
			metadata, err := admin.BrokerMetadata(ctx)
			return day.Cluster{ID: metadata.Cluster, Brokers: metadata.Brokers.NodeIDs(),
				Controller: metadata.Controller}, err
		},
		LogDirBytes: func(ctx context.Context, topic string) (int64, error) {
			folders, err := admin.DescribeAllLogDirs(ctx, nil)
			if err != nil {
				return 0, err
			}
			size := int64(0)
			folders.Each(func(folder kadm.DescribedLogDir) {
				if partition, found := folder.Topics.Lookup(topic, 0); found {
					size += partition.Size
				}
			})
			return size, nil
		},
		Config: func(ctx context.Context, topic, name string) (string, error) {
			described, err := admin.DescribeTopicConfigs(ctx, topic)
			if err != nil {
				return "", err
			}
			for _, config := range described[0].Configs {
				if config.Key == name {
					return config.MaybeValue(), nil
				}
			}
			return "", described[0].Err
		},
		SetConfig: func(ctx context.Context, topic, name, value string) error {
			return alter(ctx, admin.AlterTopicConfigs, topic, name, value)
		},
		ReplaceConfig: func(ctx context.Context, topic, name, value string) error {
			return alter(ctx, admin.AlterTopicConfigsState, topic, name, value)
		},
		Grow: func(ctx context.Context, topic string, partitions int) error {
			answers, err := admin.UpdatePartitions(ctx, partitions, topic)
			if err != nil {
				return err
			}
			return answers.Error()
		},
		Trim: func(ctx context.Context, topic string, before int64) error {
			answers, err := admin.DeleteRecords(ctx, kadm.Offsets{topic: {0: {Topic: topic, At: before}}})
			if err != nil {
				return err
			}
			return answers.Error()
		},
	}
}
