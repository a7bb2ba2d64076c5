#include "app/log_scan.h"

#include <algorithm>

namespace app {

namespace {

// Read at once, so that small batches do not cost a read each.
constexpr std::size_t kWindow = std::size_t{1} << 20;

// A stretch of the file that moves along with the walk.
struct Window {
  std::uint64_t start = 0;
  ByteVector bytes;

  bool holds(std::uint64_t position, std::size_t size) const {
    return position >= start && position + size <= start + bytes.size();
  }
  Bytes from(std::uint64_t position) const { return Bytes(bytes).subspan(position - start); }
};

env::Task<Result<void>> move_to(env::File& file, std::uint64_t position, std::size_t size,
                                Window& window) {
  window.bytes.resize(std::max(size, kWindow));
  window.start = position;
  CO_TRY(const std::size_t got, co_await file.read(position, window.bytes));
  window.bytes.resize(got);
  co_return Result<void>{};
}

}  // namespace

env::Task<Result<ScanEnd>> scan_log(env::Files& files, std::string path, Offset base,
                                    std::function<void(const ScannedBatch&)> visit) {
  CO_TRY(const env::FilePtr file, files.open(path, env::OpenMode::ReadOnly));
  CO_TRY(const std::uint64_t size, file->size());
  logs::Walk walk(0, size, base, base);
  Window window;
  while (walk.wanted() > 0) {
    const std::uint64_t at = walk.position();
    const std::size_t wanted = std::min<std::uint64_t>(walk.wanted(), size - at);
    if (!window.holds(at, wanted)) {
      CO_TRY_VOID(co_await move_to(*file, at, wanted, window));
      if (!window.holds(at, wanted)) break;  // The file has shrunk under us.
    }
    const Bytes bytes = window.from(at);
    if (const auto found = walk.take(bytes, logs::Walk::Check::Checksums)) {
      visit({found->header, found->position, bytes.first(found->header.size())});
    }
  }
  ScanEnd end{size, walk.position(), {}};
  if (walk.stop() && *walk.stop() != logs::Walk::Stop::End) end.fault = walk.stop();
  co_return end;
}

}  // namespace app
