// The records of consumer groups, and the hash of their topics, are byte for byte what Apache
// Kafka's group coordinator makes: `./do oracle groups` makes such files. A line is a kind, its
// fields, and the record's key and value; texts stand after a `=`, and `-` is none.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "group/metadata.h"
#include "group/record.h"

namespace group {
namespace {

std::vector<std::string> split(const std::string& text, char mark) {
  std::vector<std::string> parts;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t to = std::min(text.find(mark, from), text.size());
    parts.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return parts;
}
std::vector<std::string> items(const std::string& text) {
  return text.empty() ? std::vector<std::string>{} : split(text, ',');
}

ByteVector unhex(std::string_view text) {
  ByteVector bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

TopicId to_topic(std::string_view hex) {
  TopicId id;
  std::ranges::copy(unhex(hex), id.value.bytes.begin());
  return id;
}

std::optional<std::string> maybe(const std::string& said) {
  if (said == "-") return {};
  return said.substr(1);
}
std::string text(const std::string& said) { return maybe(said).value(); }
std::int32_t whole(const std::string& said) { return std::stoi(said); }

Assigned to_assigned(const std::string& said) {
  Assigned assigned;
  for (const std::string& item : items(said)) {
    add(assigned, to_topic(std::string_view(item).substr(0, 32)),
        {PartitionIndex{whole(item.substr(33))}});
  }
  return assigned;
}
std::set<TopicName> to_topics(const std::string& said) {
  std::set<TopicName> topics;
  for (const std::string& item : items(said)) topics.insert(TopicName{text(item)});
  return topics;
}

std::optional<ClassicSide> to_classic(const std::string& said) {
  if (said == "-") return {};
  const std::vector<std::string> parts = items(said);
  ClassicSide classic{.session_timeout = Millis{whole(parts.at(0))}};
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::size_t mark = parts[i].find('=');
    classic.protocols.push_back({parts[i].substr(0, mark), unhex(parts[i].substr(mark + 1))});
  }
  return classic;
}

using Fields = std::vector<std::string>;  // From the kind on.

MemberFacts to_facts(const Fields& f) {
  MemberFacts facts{.rack = maybe(f.at(4)),
                    .client_id = text(f.at(5)),
                    .client_host = text(f.at(6)),
                    .topics = to_topics(f.at(7)),
                    .regex = maybe(f.at(8)),
                    .rebalance_timeout = Millis{whole(f.at(9))},
                    .assignor = maybe(f.at(10)),
                    .classic = to_classic(f.at(11))};
  if (const auto instance = maybe(f.at(3))) facts.instance = InstanceId{*instance};
  return facts;
}

Holding to_holding(const Fields& f) {
  return {.epoch = Epoch{whole(f.at(3))},
          .previous = Epoch{whole(f.at(4))},
          .state = static_cast<MemberState>(whole(f.at(5))),
          .assigned = to_assigned(f.at(6)),
          .revoking = to_assigned(f.at(7))};
}

std::optional<ConsumerChange> to_change(const Fields& f) {
  const std::string& kind = f.at(0);
  const auto member = [&] { return MemberId{text(f.at(2))}; };
  if (kind == "epoch") return GroupEpochSet{GroupEpoch{Epoch{whole(f.at(2))}, std::stoll(f.at(3))}};
  if (kind == "epoch-gone") return GroupEpochSet{};
  if (kind == "topics-gone") return TopicMetadataDropped{};
  if (kind == "target-epoch") return TargetEpochSet{Epoch{whole(f.at(2))}};
  if (kind == "target-epoch-gone") return TargetEpochSet{};
  if (kind == "member") return MemberSet{member(), to_facts(f)};
  if (kind == "member-gone") return MemberSet{.member = member()};
  if (kind == "target") return TargetSet{member(), to_assigned(f.at(3))};
  if (kind == "target-gone") return TargetSet{.member = member()};
  if (kind == "holding") return HoldingSet{member(), to_holding(f)};
  if (kind == "holding-gone") return HoldingSet{.member = member()};
  if (kind == "regex-gone") return RegexSet{.regex = text(f.at(2))};
  if (kind != "regex") return {};
  return RegexSet{text(f.at(2)), Resolved{.topics = to_topics(f.at(3)),
                                          .version = std::stoll(f.at(4)),
                                          .at = Timestamp{std::stoll(f.at(5))}}};
}

void check_record(const Fields& fields) {
  const auto change = to_change(fields);
  ASSERT_TRUE(change) << "there is no such kind";
  const ConsumerRecord record{GroupId{text(fields.at(1))}, *change};
  const ByteVector key = unhex(fields.at(fields.size() - 2));
  std::optional<ByteVector> value;
  if (fields.back() != "-") value = unhex(fields.back().substr(1));

  const Encoded encoded = encode(record);
  EXPECT_EQ(encoded.key, key);
  EXPECT_EQ(encoded.value, value);
  const auto read = decode(key, value ? std::optional<Bytes>(*value) : std::nullopt);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ(**read, Record(record));
}

// "p+r1+r2,p": two partitions, the first with replicas in these racks. A broker for each rack.
std::vector<cluster::Partition> to_partitions(const std::string& said, cluster::Image& image) {
  std::vector<cluster::Partition> partitions;
  for (const std::string& item : items(said)) {
    cluster::Partition& partition = partitions.emplace_back();
    const std::vector<std::string> racks = split(item, '+');
    for (std::size_t i = 1; i < racks.size(); ++i) {
      const BrokerId id{static_cast<std::int32_t>(image.brokers.size())};
      image.brokers[id].rack = racks[i];
      partition.replicas.push_back(id);
    }
  }
  return partitions;
}

void check_hash(const Fields& fields) {
  cluster::Image image;
  std::set<TopicName> names;
  for (std::size_t i = 2; i + 2 < fields.size(); i += 3) {
    auto topic = std::make_shared<cluster::Topic>();
    topic->name = TopicName{fields[i]};
    topic->id = to_topic(fields[i + 1]);
    topic->partitions = to_partitions(fields[i + 2], image);
    image.topics.put(topic->name, topic);
    names.insert(topic->name);
  }
  names.insert(TopicName{"not there"});
  EXPECT_EQ(metadata_hash(names, image), std::stoll(fields.at(1)));
}

TEST(KafkaGroups, HaveTheSameRecordsAndHashes) {
  const char* elsewhere = std::getenv("THALWEG_GROUPS");
  std::ifstream in(elsewhere ? elsewhere
                             : THALWEG_SOURCE_DIR "/tests/formats/groups/kafka-4.2.1.txt");
  ASSERT_TRUE(in) << "there is no such file";
  std::map<std::string, int> seen;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('#')) continue;
    SCOPED_TRACE(line);
    const Fields fields = split(line, '\t');
    ++seen[fields[0]];
    if (fields[0] == "hash") {
      check_hash(fields);
    } else {
      check_record(fields);
    }
  }
  EXPECT_EQ(seen.size(), 14U) << "kinds of records, tombstones and the hash";
}

}  // namespace
}  // namespace group
