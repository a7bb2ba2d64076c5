import static org.apache.kafka.coordinator.group.GroupCoordinatorRecordHelpers.*;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.common.runtime.CoordinatorMetadataDelta;
import org.apache.kafka.coordinator.common.runtime.CoordinatorMetadataImage;
import org.apache.kafka.coordinator.common.runtime.CoordinatorMetadataImage.TopicMetadata;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.Utils;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataValue.ClassicMemberMetadata;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataValue.ClassicProtocol;
import org.apache.kafka.coordinator.group.modern.MemberState;
import org.apache.kafka.coordinator.group.modern.consumer.ConsumerGroupMember;
import org.apache.kafka.coordinator.group.modern.consumer.ResolvedRegularExpression;

/** Writes records of consumer groups, and hashes of topics, with Apache Kafka's code. `./do oracle groups`. */
public final class Groups {
    private static final String[] TEXTS =
        {"orders", "a", "", "till-1", "caf\u00e9", "\u6f22\u5b57", "x.y_z", "\ud83d\ude00"};
    private static final MemberState[] STATES =
        {MemberState.STABLE, MemberState.UNREVOKED_PARTITIONS, MemberState.UNRELEASED_PARTITIONS};

    private final Random random;
    private final StringBuilder out =
        new StringBuilder("# Made by tools/oracle/groups with kafka-group-coordinator 4.2.1.\n");
    private final GroupCoordinatorRecordSerde serde = new GroupCoordinatorRecordSerde();

    private Groups(long seed) {
        random = new Random(seed);
    }

    public static void main(String[] args) throws IOException {
        if (args.length != 3) throw new IllegalArgumentException("FILE NUMBER SEED");
        Groups groups = new Groups(Long.parseLong(args[2]));
        for (int i = 0; i < Integer.parseInt(args[1]); ++i) groups.one();
        Files.writeString(Path.of(args[0]), groups.out);
    }

    private void one() {
        String group = text();
        String member = text();
        epochs(group);
        member(group, member);
        assignments(group, member);
        regex(group);
        topics();
    }

    private void epochs(String group) {
        int epoch = random.nextInt();
        long hash = random.nextLong();
        line("epoch", newConsumerGroupEpochRecord(group, epoch, hash), say(group), epoch, hash);
        line("epoch-gone", newConsumerGroupEpochTombstoneRecord(group), say(group));
        line("topics-gone", newConsumerGroupSubscriptionMetadataTombstoneRecord(group), say(group));
        line("target-epoch", newConsumerGroupTargetAssignmentEpochRecord(group, epoch), say(group), epoch);
        line("target-epoch-gone", newConsumerGroupTargetAssignmentEpochTombstoneRecord(group), say(group));
    }

    private void member(String group, String id) {
        List<String> topics = new ArrayList<>(names());
        String regex = random.nextBoolean() ? null : "o.*" + text();
        int timeout = random.nextInt(Integer.MAX_VALUE);
        ConsumerGroupMember member = new ConsumerGroupMember.Builder(id)
            .setInstanceId(maybe()).setRackId(maybe()).setClientId(text()).setClientHost(text())
            .setSubscribedTopicNames(topics).setSubscribedTopicRegex(regex).setRebalanceTimeoutMs(timeout)
            .setServerAssignorName(maybe()).setClassicMemberMetadata(classic()).build();
        line("member", newConsumerGroupMemberSubscriptionRecord(group, member),
            say(group), say(id), say(member.instanceId()), say(member.rackId()), say(member.clientId()),
            say(member.clientHost()), say(topics), say(regex), timeout, say(member.serverAssignorName().orElse(null)),
            member.classicMemberMetadata().map(Groups::say).orElse("-"));
        line("member-gone", newConsumerGroupMemberSubscriptionTombstoneRecord(group, id), say(group), say(id));
    }

    private void assignments(String group, String id) {
        Map<Uuid, Set<Integer>> target = partitions();
        line("target", newConsumerGroupTargetAssignmentRecord(group, id, target), say(group), say(id), say(target));
        line("target-gone", newConsumerGroupTargetAssignmentTombstoneRecord(group, id), say(group), say(id));

        Map<Uuid, Set<Integer>> has = partitions();
        Map<Uuid, Set<Integer>> revoking = partitions();
        MemberState state = STATES[random.nextInt(STATES.length)];
        int epoch = random.nextInt();
        int previous = random.nextInt();
        ConsumerGroupMember member = new ConsumerGroupMember.Builder(id)
            .setMemberEpoch(epoch).setPreviousMemberEpoch(previous).setState(state)
            .setAssignedPartitions(has).setPartitionsPendingRevocation(revoking).build();
        line("holding", newConsumerGroupCurrentAssignmentRecord(group, member),
            say(group), say(id), epoch, previous, state.value(), say(has), say(revoking));
        line("holding-gone", newConsumerGroupCurrentAssignmentTombstoneRecord(group, id), say(group), say(id));
    }

    private void regex(String group) {
        String regex = "r" + text();
        Set<String> topics = names();
        long version = random.nextLong();
        long time = random.nextLong();
        line("regex", newConsumerGroupRegularExpressionRecord(group, regex,
            new ResolvedRegularExpression(topics, version, time)), say(group), say(regex), say(topics), version, time);
        line("regex-gone", newConsumerGroupRegularExpressionTombstone(group, regex), say(group), say(regex));
    }

    private record Topic(String name, Uuid id, List<List<String>> racks) implements TopicMetadata {
        @Override public int partitionCount() { return racks.size(); }
        @Override public List<String> partitionRacks(int partition) { return new ArrayList<>(racks.get(partition)); }
    }

    private record Image(Map<String, Topic> topics) implements CoordinatorMetadataImage {
        @Override public Set<Uuid> topicIds() { return Set.of(); }
        @Override public Set<String> topicNames() { return topics.keySet(); }
        @Override public Optional<TopicMetadata> topicMetadata(String name) {
            return Optional.ofNullable(topics.get(name));
        }
        @Override public Optional<TopicMetadata> topicMetadata(Uuid id) { return Optional.empty(); }
        @Override public CoordinatorMetadataDelta emptyDelta() { throw new UnsupportedOperationException(); }
        @Override public long version() { return 0; }
        @Override public boolean isEmpty() { return topics.isEmpty(); }
    }

    /** The hash by which a group notices that its topics are others than they were. */
    private void topics() {
        Map<String, Topic> topics = new TreeMap<>();
        for (int i = random.nextInt(4); i > 0; --i) {
            List<List<String>> racks = new ArrayList<>();
            for (int k = 1 + random.nextInt(12); k > 0; --k) {
                List<String> of = new ArrayList<>();
                for (int r = random.nextInt(4); r > 0; --r) {
                    of.add("r" + random.nextInt(3) + (random.nextInt(4) == 0 ? "\u00e9" : ""));
                }
                racks.add(of);
            }
            String name = "t" + random.nextInt(1000);
            topics.put(name, new Topic(name, new Uuid(random.nextLong(), random.nextLong()), racks));
        }
        Map<String, Long> hashes = new LinkedHashMap<>();
        for (String name : topics.keySet()) hashes.put(name, Utils.computeTopicHash(name, new Image(topics)));
        out.append("hash\t").append(Utils.computeGroupHash(hashes));
        for (Topic topic : topics.values()) {
            out.append('\t').append(topic.name).append('\t').append(hex(topic.id)).append('\t');
            List<String> partitions = new ArrayList<>();
            for (List<String> racks : topic.racks) {
                partitions.add("p" + String.join("", racks.stream().map(rack -> "+" + rack).toList()));
            }
            out.append(String.join(",", partitions));
        }
        out.append('\n');
    }

    // What is random.

    private String text() {
        String number = random.nextInt(3) == 0 ? Integer.toString(random.nextInt(100_000)) : "";
        return TEXTS[random.nextInt(TEXTS.length)] + number;
    }

    private String maybe() {
        String text = text();
        return random.nextBoolean() || text.isEmpty() ? null : text;
    }

    private Set<String> names() {
        Set<String> names = new TreeSet<>();
        for (int i = random.nextInt(4); i > 0; --i) names.add("t" + random.nextInt(1000));
        return names;
    }

    // In order, for the order of Kafka's own maps says nothing.
    private Map<Uuid, Set<Integer>> partitions() {
        Map<Uuid, Set<Integer>> all = new TreeMap<>(Comparator.comparing(Groups::hex));
        for (int i = random.nextInt(4); i > 0; --i) {
            Set<Integer> some = new TreeSet<>();
            for (int k = 1 + random.nextInt(5); k > 0; --k) some.add(random.nextInt(100_000));
            all.put(new Uuid(random.nextLong(), random.nextLong()), new LinkedHashSet<>(some));
        }
        return all;
    }

    private ClassicMemberMetadata classic() {
        if (random.nextBoolean()) return null;
        List<ClassicProtocol> protocols = new ArrayList<>();
        for (int i = 1 + random.nextInt(3); i > 0; --i) {
            byte[] metadata = new byte[random.nextInt(20)];
            random.nextBytes(metadata);
            protocols.add(new ClassicProtocol().setName("p" + random.nextInt(100)).setMetadata(metadata));
        }
        return new ClassicMemberMetadata().setSessionTimeoutMs(random.nextInt(Integer.MAX_VALUE))
            .setSupportedProtocols(protocols);
    }

    // How it is told: texts after a `=`, none as `-`, several with `,` in between.

    private void line(String kind, CoordinatorRecord record, Object... fields) {
        byte[] value = serde.serializeValue(record);
        out.append(kind);
        for (Object field : fields) out.append('\t').append(field);
        out.append('\t').append(HexFormat.of().formatHex(serde.serializeKey(record)));
        out.append('\t').append(value == null ? "-" : "x" + HexFormat.of().formatHex(value)).append('\n');
    }

    private static String say(String text) {
        return text == null ? "-" : "=" + text;
    }

    private static String say(Iterable<String> texts) {
        List<String> all = new ArrayList<>();
        for (String text : texts) all.add(say(text));
        return String.join(",", all);
    }

    private static String say(ClassicMemberMetadata classic) {
        List<String> all = new ArrayList<>(List.of(Integer.toString(classic.sessionTimeoutMs())));
        for (ClassicProtocol protocol : classic.supportedProtocols()) {
            all.add(protocol.name() + "=" + HexFormat.of().formatHex(protocol.metadata()));
        }
        return String.join(",", all);
    }

    private static String say(Map<Uuid, Set<Integer>> partitions) {
        List<String> all = new ArrayList<>();
        partitions.forEach((topic, some) -> {
            for (int partition : some) all.add(hex(topic) + ":" + partition);
        });
        return String.join(",", all);
    }

    private static String hex(Uuid id) {
        return HexFormat.of().formatHex(
            ByteBuffer.allocate(16).putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits()).array());
    }
}
