// Record batches that Apache Kafka's client wrote must mean to us what they mean to it, and those
// that we write are to be read by it: `./do oracle batches` makes such files and checks ours.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "base/crc32c.h"
#include "wire/legacy_message_set.h"
#include "wire/record_batch.h"
#include "wire/record_batch_builder.h"
#include "wire/record_batch_reader.h"

namespace {

constexpr std::size_t kMostListed = 20;

std::string hex(std::optional<Bytes> bytes) {
  if (!bytes) return "-";
  std::string text = "x";
  for (const std::byte b : *bytes) {
    for (const unsigned digit :
         {std::to_integer<unsigned>(b >> 4), std::to_integer<unsigned>(b & std::byte{15})}) {
      text += "0123456789abcdef"[digit];
    }
  }
  return text;
}

ByteVector unhex(std::string_view text) {
  ByteVector bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const std::string digits(text.substr(i, 2));
    bytes.push_back(static_cast<std::byte>(std::stoi(digits, nullptr, 16)));
  }
  return bytes;
}

std::string header_line(const wire::BatchHeader& h) {
  return fmt::format(
      "header base_offset={} last_offset={} leader_epoch={} codec={} time={} max_time={} "
      "producer={}:{} sequence={}..{} transactional={:d} control={:d} count={}",
      h.base_offset.value, h.last_offset().value, h.leader_epoch.value, wire::name_of(h.codec),
      h.timestamp_type == wire::TimestampType::CreateTime ? "create" : "append",
      h.max_timestamp.value, h.producer_id.value, h.producer_epoch.value, h.base_sequence,
      h.last_sequence(), h.transactional, h.control, h.record_count);
}

std::string record_line(const wire::RecordView& r) {
  std::string line = fmt::format("record {} {} {} {}", r.offset.value, r.timestamp.value,
                                 hex(r.key), hex(r.value));
  for (const wire::RecordHeader& header : r.headers) {
    line += " " + hex(as_bytes(header.name)) + "=" + hex(header.value);
  }
  return line;
}

// What a batch holds, in the words of the file.
std::vector<std::string> describe(Bytes batch) {
  wire::BatchScratch scratch;
  std::vector<std::string> lines;
  const auto header = wire::for_each_record(
      batch, scratch, [&](const wire::RecordView& r) { lines.push_back(record_line(r)); });
  if (!header) return {header.error().detail};
  if (lines.size() > kMostListed) {
    std::uint32_t sum = 0;
    for (const std::string& line : lines) sum = crc32c(as_bytes(line + "\n"), sum);
    lines = {fmt::format("records {} {:08x}", lines.size(), sum)};
  }
  lines.insert(lines.begin(), header_line(*header));
  return lines;
}

struct Golden {
  std::string name;
  std::vector<std::string> lines;
  ByteVector bytes;
};

enum class Format { Batches, OldMessageSets };

std::vector<Golden> read_golden(Format format = Format::Batches) {
  const char* fresh = std::getenv("THALWEG_BATCHES");  // Others than the kept ones: ./do oracle.
  const char* kept = THALWEG_SOURCE_DIR "/tests/formats/batches/kafka-clients-4.2.1.txt";
  std::ifstream in(fresh ? fresh : kept);
  std::vector<Golden> batches;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#")) continue;
    if (line.starts_with("batch ")) {
      batches.push_back({line.substr(6), {}, {}});
    } else if (line.starts_with("bytes ")) {
      batches.back().bytes = unhex(line.substr(6));
    } else {
      batches.back().lines.push_back(line);
    }
  }
  std::erase_if(batches, [&](const Golden& golden) {
    return golden.name.starts_with("legacy-") != (format == Format::OldMessageSets);
  });
  return batches;
}

wire::BatchOptions options_of(const wire::BatchHeader& h) {
  wire::BatchOptions options{.compression = {h.codec},
                             .base_offset = h.base_offset,
                             .leader_epoch = h.leader_epoch,
                             .producer_id = h.producer_id,
                             .producer_epoch = h.producer_epoch,
                             .base_sequence = h.base_sequence,
                             .transactional = h.transactional,
                             .control = h.control};
  if (h.timestamp_type == wire::TimestampType::LogAppendTime) {
    options.log_append_time = h.max_timestamp;
  }
  return options;
}

// The batch, made again by our builder.
ByteVector rebuild(Bytes batch) {
  wire::BatchScratch scratch;
  const wire::BatchHeader header = **wire::peek_batch(batch);
  wire::BatchBuilder builder(options_of(header));
  EXPECT_TRUE(
      wire::for_each_record(batch, scratch, [&](const wire::RecordView& r) { builder.add(r); }));
  return builder.finish();
}

TEST(KafkaBatches, MeanToUsWhatTheyMeanToKafka) {
  const std::vector<Golden> batches = read_golden();
  ASSERT_GE(batches.size(), 31u);
  for (const Golden& golden : batches) {
    EXPECT_EQ(describe(golden.bytes), golden.lines) << golden.name;
    EXPECT_TRUE(wire::checksum_matches(golden.bytes)) << golden.name;
  }
}

TEST(KafkaBatches, AreValid) {
  wire::BatchScratch scratch;
  for (const Golden& golden : read_golden()) {
    const bool client = golden.lines[0].contains("base_offset=0 ");
    const wire::BatchRules rules{
        .origin = client ? wire::Origin::Client : wire::Origin::Coordinator,
        .timestamp_type = golden.lines[0].contains("time=append")
                              ? wire::TimestampType::LogAppendTime
                              : wire::TimestampType::CreateTime};
    const auto valid = wire::validate_batch(golden.bytes, rules, scratch);
    if (golden.name.starts_with("append-time")) {
      EXPECT_EQ(valid.error().code, ErrorCode::InvalidTimestamp) << "producers may not set it";
      continue;
    }
    ASSERT_TRUE(valid) << golden.name << ": " << valid.error().detail;
    EXPECT_EQ(valid->max_timestamp, valid->header.max_timestamp) << golden.name;
  }
}

TEST(KafkaBatches, OurUncompressedOnesAreByteForByteTheSame) {
  for (const Golden& golden : read_golden()) {
    const ByteVector ours = rebuild(golden.bytes);
    EXPECT_EQ(describe(ours), golden.lines) << golden.name;
    // Under log append time a batch still holds the producer's times, which readers do not show.
    const bool all_shown = golden.lines[0].contains("time=create");
    if (golden.lines[0].contains("codec=none") && all_shown) {
      EXPECT_EQ(hex(ours), hex(golden.bytes)) << golden.name;
    }
  }
}

TEST(KafkaBatches, MeanTheSameInAnyCodec) {
  wire::BatchScratch scratch;
  for (const Golden& golden : read_golden()) {
    for (const auto codec : {wire::Codec::None, wire::Codec::Gzip, wire::Codec::Snappy,
                             wire::Codec::Lz4, wire::Codec::Zstd}) {
      const auto made = wire::recompress(golden.bytes, {codec}, scratch);
      ASSERT_TRUE(made) << golden.name << made.error().detail;
      const std::vector<std::string> found = describe(*made);
      EXPECT_TRUE(found[0].contains(fmt::format("codec={}", wire::name_of(codec))));
      EXPECT_TRUE(
          std::equal(found.begin() + 1, found.end(), golden.lines.begin() + 1, golden.lines.end()))
          << golden.name << " in " << wire::name_of(codec);
    }
  }
}

TEST(KafkaMessageSets, MeanToUsWhatTheyMeanToKafka) {
  const std::vector<Golden> sets = read_golden(Format::OldMessageSets);
  ASSERT_GE(sets.size(), 11u);
  wire::BatchScratch scratch;
  for (const Golden& golden : sets) {
    std::vector<std::string> lines;
    for (Bytes rest = golden.bytes; !rest.empty();) {
      const auto header = wire::peek_legacy(rest);
      ASSERT_TRUE(header && *header && (*header)->size() <= rest.size()) << golden.name;
      const Bytes entry = rest.first((*header)->size());
      rest = rest.subspan(entry.size());
      EXPECT_TRUE(wire::legacy_checksum_matches(entry)) << golden.name;
      EXPECT_EQ(wire::peek_batch(entry).error().code, ErrorCode::UnsupportedForMessageFormat);
      const auto records = wire::read_legacy(entry, scratch);
      ASSERT_TRUE(records) << golden.name << ": " << records.error().detail;
      for (const wire::RecordView& record : *records) lines.push_back(record_line(record));
      EXPECT_EQ(records->back().offset, (*header)->offset) << golden.name;
    }
    EXPECT_EQ(lines, golden.lines) << golden.name;
  }
}

void write_batch(std::ostream& out, const std::string& name, Bytes batch) {
  out << "batch " << name << "\n";
  for (const std::string& line : describe(batch)) out << line << "\n";
  out << "bytes " << hex(batch).substr(1) << "\n";
}

// For Kafka to read: everything above in every codec, at the ends of its levels.
TEST(KafkaBatches, WriteOurs) {
  const char* path = std::getenv("THALWEG_BATCHES_OUT");
  if (path == nullptr) return;  // Only with Java beside: ./do oracle batches.
  wire::BatchScratch scratch;
  std::ofstream out(path);
  for (const Golden& golden : read_golden()) {
    write_batch(out, "rebuilt-" + golden.name, rebuild(golden.bytes));
    for (const auto codec :
         {wire::Codec::Gzip, wire::Codec::Snappy, wire::Codec::Lz4, wire::Codec::Zstd}) {
      const wire::LevelRange levels = wire::levels_of(codec);
      for (const int level : {levels.least, 9, levels.most}) {
        const auto made = wire::recompress(golden.bytes, {codec, level}, scratch);
        ASSERT_TRUE(made);
        write_batch(out, fmt::format("{}-in-{}-{}", golden.name, wire::name_of(codec), level),
                    *made);
      }
    }
  }
}

}  // namespace
