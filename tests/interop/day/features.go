package day

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

var everyAck = Sending{Acks: "all", Codec: "none"}

func (d *day) createTopic(ctx context.Context) error {
	topic, err := d.topic(ctx, "created", 3, map[string]string{"retention.ms": "3600000"})
	if err != nil {
		return err
	}
	return d.expectCode(d.Create(ctx, topic, 3, nil), TopicExists, "creating it twice")
}

// produce first sends a record to each partition by itself, with an answer: a leader that is not ready yet
// would lose what is sent without one, and what was sent to two partitions may come twice to the other.
func (d *day) produce(ctx context.Context, acks, codec string) error {
	topic, err := d.topic(ctx, "acks-"+acks+"-"+codec, 2, nil)
	if err != nil {
		return err
	}
	sent := d.records(2, 200, 300)
	for _, part := range []struct {
		records []Record
		acks    string
	}{{sent[:1], "all"}, {sent[1:2], "all"}, {sent[2:], acks}} {
		if _, err := d.Send(ctx, topic, part.records, Sending{Acks: part.acks, Codec: codec}); err != nil {
			return fmt.Errorf("send: %w", err)
		}
	}
	return d.expectSame(ctx, topic, 2, sent)
}

func (d *day) idempotent(ctx context.Context) error {
	topic, err := d.topic(ctx, "idempotent", 1, nil)
	if err != nil {
		return err
	}
	sent := d.records(1, 2000, 200)
	offsets, err := d.Send(ctx, topic, sent, Sending{Acks: "all", Codec: "none", Idempotent: true})
	if err != nil {
		return err
	}
	for i, offset := range offsets {
		if offset != int64(i) {
			return fmt.Errorf("record %d was acknowledged at offset %d", i, offset)
		}
	}
	return d.expectSame(ctx, topic, 1, sent)
}

func (d *day) headers(ctx context.Context) error {
	sent := d.records(1, 3, 10)
	sent[0].Headers = []Header{{"trace", []byte("4f2a")}, {"trace", []byte("again")}}
	sent[1].Headers = []Header{{"empty", []byte{}}, {"é", d.blob(5000)}}
	return d.sendAndReadBack(ctx, "headers", 1, sent, everyAck)
}

func (d *day) nulls(ctx context.Context) error {
	sent := []Record{{Value: []byte("value")}, {Key: []byte("key")}, {}, {Key: []byte{}, Value: []byte{}}}
	return d.sendAndReadBack(ctx, "nulls", 1, sent, everyAck)
}

func (d *day) sizes(ctx context.Context) error {
	var sent []Record
	for _, size := range []int{1, 127, 128, 16_383, 16_384, 100_000, 500_000, 1_048_000} {
		sent = append(sent, Record{Value: d.blob(size)})
	}
	return d.sendAndReadBack(ctx, "sizes", 1, sent, everyAck)
}

func (d *day) seekByTime(ctx context.Context) error {
	topic, err := d.topic(ctx, "times", 1, nil)
	if err != nil {
		return err
	}
	start := time.Now().Add(-1000 * time.Second).Truncate(time.Millisecond)
	sent := d.records(1, 100, 50)
	for i := range sent {
		sent[i].Time = start.Add(time.Duration(i) * time.Second)
	}
	if _, err := d.Send(ctx, topic, sent, everyAck); err != nil {
		return err
	}
	offset, err := d.OffsetAt(ctx, topic, start.Add(41_500*time.Millisecond))
	if err != nil || offset != 42 {
		return because(err, "the first record from then on is 42, not %d", offset)
	}
	read, err := d.Read(ctx, topic, map[int32]int64{0: offset}, 58)
	if err != nil {
		return err
	}
	if !read[0].Time.Equal(start.Add(42 * time.Second)) {
		return fmt.Errorf("read from %s on", read[0].Time)
	}
	low, high, err := d.Watermarks(ctx, topic)
	if err != nil || low != 0 || high != 100 {
		return because(err, "the watermarks are %d and %d", low, high)
	}
	return nil
}

func (d *day) groupResumes(ctx context.Context) error {
	topic, err := d.topic(ctx, "group", 2, nil)
	if err != nil {
		return err
	}
	if _, err := d.Send(ctx, topic, d.records(2, 100, 50), everyAck); err != nil {
		return err
	}
	group := d.prefix + "-group"
	seen := map[string]bool{}
	for range 2 {
		read, err := d.ReadGroup(ctx, group, topic, 50)
		if err != nil {
			return err
		}
		for _, record := range read {
			place := fmt.Sprintf("%d@%d", record.Partition, record.Offset)
			if seen[place] {
				return fmt.Errorf("%s was read twice", place)
			}
			seen[place] = true
		}
	}
	if len(seen) != 100 {
		return fmt.Errorf("both lives together read %d records", len(seen))
	}
	committed, err := d.Committed(ctx, group, topic)
	if err != nil || committed != 100 {
		return because(err, "committed offsets add up to %d", committed)
	}
	groups, err := d.Groups(ctx)
	if err != nil || !slices.Contains(groups, group) {
		return because(err, "the group is not listed among %v", groups)
	}
	return nil
}

func (d *day) deleteGroup(ctx context.Context) error {
	group := d.prefix + "-group"
	if err := d.DeleteGroup(ctx, group); err != nil {
		return err
	}
	groups, err := d.Groups(ctx)
	if err != nil || slices.Contains(groups, group) {
		return because(err, "the group is still listed among %v", groups)
	}
	return nil
}

func (d *day) transactions(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, 5*time.Second)
	defer stop()
	topic, err := d.topic(ctx, "transactions", 1, nil)
	if err != nil {
		return err
	}
	aborted, committed := d.records(1, 5, 20), d.records(1, 5, 20)
	if err := d.Transact(ctx, d.prefix, topic, aborted, false); err != nil {
		return err
	}
	if err := d.Transact(ctx, d.prefix, topic, committed, true); err != nil {
		return err
	}
	read, err := d.Read(ctx, topic, beginnings(1), 5)
	if err != nil || string(read[0].Value) != string(committed[0].Value) {
		return because(err, "what was aborted is read")
	}
	return nil
}

func (d *day) listTopics(ctx context.Context) error {
	topics, err := d.Topics(ctx)
	if err != nil || !slices.Contains(topics, d.prefix+"-created") {
		return because(err, "the created topic is not listed among %v", topics)
	}
	return nil
}

func (d *day) describeTopic(ctx context.Context) error {
	partitions, err := d.Partitions(ctx, d.prefix+"-created")
	if err != nil || partitions != 3 {
		return because(err, "%d partitions with leaders", partitions)
	}
	return nil
}

func (d *day) describeCluster(ctx context.Context) error {
	cluster, err := d.Cluster(ctx)
	if err != nil {
		return err
	}
	if len(cluster.Brokers) != 1 || !slices.Contains(cluster.Brokers, cluster.Controller) {
		return fmt.Errorf("controller %d, brokers %v", cluster.Controller, cluster.Brokers)
	}
	if cluster.ID != "" && len(cluster.ID) != 22 {
		return fmt.Errorf("cluster id %q", cluster.ID)
	}
	return nil
}

func (d *day) describeLogDirs(ctx context.Context) error {
	size, err := d.LogDirBytes(ctx, d.prefix+"-sizes")
	if err != nil || size < 1_600_000 {
		return because(err, "the large records take %d bytes", size)
	}
	return nil
}

func (d *day) config(ctx context.Context) error {
	topic, err := d.topic(ctx, "configured", 1, map[string]string{"retention.ms": "3600000"})
	if err != nil {
		return err
	}
	expect := func(name, want string) error {
		return until(ctx, name+"="+want, func() bool {
			got, err := d.Config(ctx, topic, name)
			return err == nil && got == want
		})
	}
	if err := expect("retention.ms", "3600000"); err != nil {
		return err
	}
	if d.SetConfig != nil {
		if err := errors.Join(d.SetConfig(ctx, topic, "retention.ms", "7200000"),
			expect("retention.ms", "7200000")); err != nil {
			return err
		}
	}
	if d.ReplaceConfig != nil {
		return errors.Join(d.ReplaceConfig(ctx, topic, "segment.bytes", "2000000"),
			expect("segment.bytes", "2000000"), expect("retention.ms", "604800000"))
	}
	return nil
}

func (d *day) createPartitions(ctx context.Context) error {
	topic, err := d.topic(ctx, "grown", 1, nil)
	if err != nil {
		return err
	}
	if err := d.Grow(ctx, topic, 4); err != nil {
		return err
	}
	if err := until(ctx, "growth to 4 partitions", func() bool {
		partitions, err := d.Partitions(ctx, topic)
		return err == nil && partitions == 4
	}); err != nil {
		return err
	}
	sent := d.records(4, 40, 20)
	if _, err := d.Send(ctx, topic, sent, everyAck); err != nil {
		return err
	}
	return d.expectSame(ctx, topic, 4, sent)
}

func (d *day) deleteRecords(ctx context.Context) error {
	topic, err := d.topic(ctx, "trimmed", 1, nil)
	if err != nil {
		return err
	}
	if _, err := d.Send(ctx, topic, d.records(1, 50, 20), everyAck); err != nil {
		return err
	}
	if err := d.Trim(ctx, topic, 30); err != nil {
		return err
	}
	low, _, err := d.Watermarks(ctx, topic)
	if err != nil || low != 30 {
		return because(err, "the low watermark is %d", low)
	}
	read, err := d.Read(ctx, topic, map[int32]int64{0: 30}, 20)
	if err != nil || read[0].Offset != 30 {
		return because(err, "reading begins elsewhere")
	}
	return nil
}

func (d *day) unknownTopic(ctx context.Context) error {
	_, err := d.Partitions(ctx, d.prefix+"-nowhere")
	if err := d.expectCode(err, UnknownTopic, "a topic that is not there"); err != nil {
		return err
	}
	return d.expectCode(d.Create(ctx, d.prefix+"-no where", 1, nil), InvalidTopic, "an unlawful name")
}

func (d *day) outOfRange(ctx context.Context) error {
	_, err := d.Read(ctx, d.prefix+"-headers", map[int32]int64{0: 1000}, 1)
	return d.expectCode(err, OffsetOutOfRange, "an offset past the end")
}

func (d *day) tooLarge(ctx context.Context) error {
	topic, err := d.topic(ctx, "small", 1, map[string]string{"max.message.bytes": "1000"})
	if err != nil {
		return err
	}
	_, err = d.Send(ctx, topic, []Record{{Value: d.blob(2000)}}, everyAck)
	return d.expectCode(err, MessageTooLarge, "a record over the limit")
}

func (d *day) deleteTopic(ctx context.Context) error {
	topic, err := d.topic(ctx, "gone", 1, nil)
	if err != nil {
		return err
	}
	if err := d.Delete(ctx, topic); err != nil {
		return err
	}
	return until(ctx, "end of the topic", func() bool {
		_, err := d.Partitions(ctx, topic)
		return err != nil && d.Code(err) == UnknownTopic
	})
}
