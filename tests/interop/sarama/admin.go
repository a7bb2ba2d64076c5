package main

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/IBM/sarama"
	"thalweg/interop/day"
)

// administration is what the day asks of sarama's administrator.
func administration(client sarama.Client, admin sarama.ClusterAdmin) day.Client {
	return day.Client{
		Create: func(_ context.Context, topic string, partitions int, config map[string]string) error {
			settings := map[string]*string{}
			for name, value := range config {
				settings[name] = &value
			}
			return admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: int32(partitions),
				ReplicationFactor: -1, ConfigEntries: settings}, false)
		},
		Delete: func(_ context.Context, topic string) error { return admin.DeleteTopic(topic) },
		Committed: func(_ context.Context, group, topic string) (int64, error) {
			answer, err := admin.ListConsumerGroupOffsets(group, map[string][]int32{topic: {0, 1}})
			if err != nil {
				return 0, err
			}
			return answer.GetBlock(topic, 0).Offset + answer.GetBlock(topic, 1).Offset, nil
		},
		Groups: func(context.Context) ([]string, error) {
			groups, err := admin.ListConsumerGroups()
			return slices.Collect(maps.Keys(groups)), err
		},
		DeleteGroup: func(_ context.Context, group string) error { return admin.DeleteConsumerGroup(group) },
		OffsetAt: func(_ context.Context, topic string, at time.Time) (int64, error) {
			return client.GetOffset(topic, 0, at.UnixMilli())
		},
		Watermarks: func(_ context.Context, topic string) (int64, int64, error) {
			low, err := client.GetOffset(topic, 0, sarama.OffsetOldest)
			if err != nil {
				return 0, 0, err
			}
			high, err := client.GetOffset(topic, 0, sarama.OffsetNewest)
			return low, high, err
		},
		Topics: func(context.Context) ([]string, error) {
			topics, err := admin.ListTopics()
			return slices.Collect(maps.Keys(topics)), err
		},
		Partitions: func(_ context.Context, topic string) (int, error) { return partitions(admin, topic) },
		Cluster: func(context.Context) (day.Cluster, error) {
			brokers, controller, err := admin.DescribeCluster()
			cluster := day.Cluster{Controller: controller}
			for _, broker := range brokers {
				cluster.Brokers = append(cluster.Brokers, broker.ID())
			}
			return cluster, err
		},
		LogDirBytes: func(_ context.Context, topic string) (int64, error) { return logDirBytes(client, admin, topic) },
		Config: func(_ context.Context, topic, name string) (string, error) {
			entries, err := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: topic,
				ConfigNames: []string{name}})
			if err != nil || len(entries) != 1 {
				return "", err
			}
			return entries[0].Value, nil
		},
		SetConfig: func(_ context.Context, topic, name, value string) error {
			return admin.IncrementalAlterConfig(sarama.TopicResource, topic,
				map[string]sarama.IncrementalAlterConfigsEntry{
					name: {Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &value}}, false)
		},
		ReplaceConfig: func(_ context.Context, topic, name, value string) error {
			return admin.AlterConfig(sarama.TopicResource, topic, map[string]*string{name: &value}, false)
		},
		Grow: func(_ context.Context, topic string, partitions int) error {
			return admin.CreatePartitions(topic, int32(partitions), nil, false)
		},
		Trim: func(_ context.Context, topic string, before int64) error {
			return admin.DeleteRecords(topic, map[int32]int64{0: before})
		},
	}
}

func partitions(admin sarama.ClusterAdmin, topic string) (int, error) {
	topics, err := admin.DescribeTopics([]string{topic})
	if err != nil {
		return 0, err
	}
	if topics[0].Err != sarama.ErrNoError {
		return 0, topics[0].Err
	}
	led := 0
	for _, partition := range topics[0].Partitions {
		if partition.Leader >= 0 {
			led++
		}
	}
	return led, nil
}

func logDirBytes(client sarama.Client, admin sarama.ClusterAdmin, topic string) (int64, error) {
	broker := client.Brokers()[0].ID()
	folders, err := admin.DescribeLogDirs([]int32{broker})
	if err != nil {
		return 0, err
	}
	size := int64(0)
	for _, folder := range folders[broker] {
		for _, found := range folder.Topics {
			if found.Topic == topic {
				size += found.Partitions[0].Size
			}
		}
	}
	return size, nil
}
