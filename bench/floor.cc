// The least that a broker could do, to hold Thalweg against: for Produce it receives, checks the
// CRC32C, sets the base offset, writes and answers; for Fetch it answers with sendfile. No topics,
// no producers, no indexes, no other checks.
//
//   floor HOST:PORT FOLDER [--sync]      with --sync answers wait for fdatasync, shared among all
//
// It knows only what load.cc sends, a partition a file, and batches that are all of one size.
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/crc32c.h"
#include "socket.h"

namespace {

using bench::load;
using bench::Writer;

// Makes a file durable for all who wait: one sync at a time, each covering what came before it.
class SharedSync {
 public:
  explicit SharedSync(int fd) : fd_(fd) {}

  void wait() {
    std::unique_lock lock(mutex_);
    const std::uint64_t mine = ++wanted_;
    while (done_ < mine) {
      if (running_) {
        changed_.wait(lock);
        continue;
      }
      running_ = true;
      const std::uint64_t covers = wanted_;
      lock.unlock();
      ::fdatasync(fd_);
      lock.lock();
      running_ = false;
      done_ = covers;
      changed_.notify_all();
    }
  }

 private:
  int fd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t wanted_ = 0;
  std::uint64_t done_ = 0;
  bool running_ = false;
};

struct Partition {
  explicit Partition(int file) : fd(file), sync(file) {}
  int fd;
  std::int64_t size = 0;
  std::int64_t end = 0;         // The next offset.
  std::int64_t batch_size = 1;  // Of each batch in the file, all being alike,
  std::int64_t records = 1;     // and the records in each.
  SharedSync sync;
};

class Floor {
 public:
  Floor(std::string folder, bool sync) : folder_(std::move(folder)), sync_(sync) {}
  void serve(int fd);

 private:
  Partition& partition(std::int32_t index);
  Partition* append(std::vector<char>& frame, Writer& answers);
  void fetch(int fd, const std::vector<char>& frame);

  std::string folder_;
  bool sync_;
  std::mutex mutex_;
  std::map<std::int32_t, std::unique_ptr<Partition>> partitions_;
};

Partition& Floor::partition(std::int32_t index) {
  const std::lock_guard lock(mutex_);
  auto& found = partitions_[index];
  if (!found) {
    const std::string path = folder_ + "/" + std::to_string(index);
    const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_TRUNC, 0644);
    if (file < 0) bench::give_up(path);
    found = std::make_unique<Partition>(file);
  }
  return *found;
}

// Api, version, correlation and client id stand at the head of each frame.
std::size_t behind_header(const std::vector<char>& frame) {
  return 10 + static_cast<std::size_t>(load<std::int16_t>(frame.data() + 8));
}

Partition* Floor::append(std::vector<char>& frame, Writer& answers) {
  const std::size_t topic = behind_header(frame) + 2 + 2 + 4 + 4;
  const auto name_size = static_cast<std::size_t>(load<std::int16_t>(frame.data() + topic));
  char* at = frame.data() + topic + 2 + name_size + 4;
  const std::int32_t index = load<std::int32_t>(at);
  const auto size = static_cast<std::size_t>(load<std::int32_t>(at + 4));
  char* batch = at + 8;

  Partition& into = partition(index);
  const Bytes checked(reinterpret_cast<const std::byte*>(batch) + 21, size - 21);
  const bool sound = crc32c(checked) == static_cast<std::uint32_t>(load<std::int32_t>(batch + 17));
  const std::int64_t base = into.end;
  Writer offset;
  offset.i64(base);
  std::memcpy(batch, offset.bytes.data(), 8);
  if (::pwrite(into.fd, batch, size, into.size) != static_cast<ssize_t>(size))
    bench::give_up("write");
  into.size += static_cast<std::int64_t>(size);
  into.batch_size = static_cast<std::int64_t>(size);
  into.records = load<std::int32_t>(batch + 57);
  into.end += into.records;

  answers.i32(static_cast<std::int32_t>(4 + 4 + 2 + name_size + 4 + 22 + 4));
  answers.i32(load<std::int32_t>(frame.data() + 4)).i32(1);
  answers.raw(frame.data() + topic, 2 + name_size).i32(1);
  answers.i32(index).i16(sound ? 0 : 2).i64(base).i64(-1).i32(0);
  return &into;
}

void Floor::fetch(int fd, const std::vector<char>& frame) {
  const std::size_t topic = behind_header(frame) + 4 + 4 + 4 + 4 + 1 + 4;
  const auto name_size = static_cast<std::size_t>(load<std::int16_t>(frame.data() + topic));
  const char* at = frame.data() + topic + 2 + name_size + 4;
  const std::int32_t index = load<std::int32_t>(at);
  const std::int64_t wanted = load<std::int64_t>(at + 4);
  const std::int64_t most = load<std::int32_t>(at + 12);

  Partition& from = partition(index);
  off_t position = wanted / from.records * from.batch_size;
  std::int64_t size = std::min(most, from.size - position);
  size -= size % from.batch_size;
  Writer head;
  head.i32(static_cast<std::int32_t>(4 + 4 + 4 + 2 + name_size + 4 + 30 +
                                     static_cast<std::size_t>(size)));
  head.i32(load<std::int32_t>(frame.data() + 4))
      .i32(0)
      .i32(1)
      .raw(frame.data() + topic, 2 + name_size)
      .i32(1);
  head.i32(index).i16(0).i64(from.end).i64(from.end).i32(-1).i32(static_cast<std::int32_t>(size));
  ::send(fd, head.bytes.data(), head.bytes.size(), MSG_NOSIGNAL | MSG_MORE);
  while (size > 0) {
    const ssize_t sent = ::sendfile(fd, from.fd, &position, static_cast<std::size_t>(size));
    if (sent <= 0) return;
    size -= sent;
  }
}

bool more_to_read(int fd) {
  char byte;
  return ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

void Floor::serve(int fd) {
  std::vector<char> frame;
  Writer answers;
  std::set<Partition*> written;
  // Answers gather while more requests are there to be read, so that a sync covers them all.
  const auto flush = [&] {
    for (Partition* one : written) {
      if (sync_) one->sync.wait();
    }
    written.clear();
    bench::send_all(fd, answers.bytes.data(), answers.bytes.size());
    answers.bytes.clear();
  };
  while (bench::read_answer(fd, frame)) {
    const std::int16_t api = load<std::int16_t>(frame.data());
    if (api == 0) written.insert(append(frame, answers));
    if (api == 1) fetch(fd, frame);
    if (api == 19) answers.i32(8).i32(load<std::int32_t>(frame.data() + 4)).i32(0);
    if (!answers.bytes.empty() && (answers.bytes.size() > 4096 || !more_to_read(fd))) flush();
  }
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  Floor floor(argv[2], argc > 3 && std::string(argv[3]) == "--sync");
  sockaddr_in address = bench::address_of(argv[1]);
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0) bench::give_up(argv[1]);
  ::listen(listener, 64);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::printf("ready kafka=127.0.0.1:%d http=none\n", ntohs(address.sin_port));
  std::fflush(stdout);
  while (true) {
    const int fd = ::accept(listener, nullptr, nullptr);
    if (fd < 0) continue;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::thread([&floor, fd] { floor.serve(fd); }).detach();
  }
}
