#include "sim/disk.h"

#include <algorithm>
#include <set>

#include "sim/clockwork.h"
#include "sim/folder_tree.h"

namespace sim {
namespace {

std::string_view text_of(Fault fault) {
  switch (fault) {
    case Fault::InputOutput:
      return "Input/output error";
    case Fault::NoSpace:
      return "No space left on device";
    case Fault::ReadOnly:
      return "Read-only file system";
  }
  return "";
}

std::unexpected<Error> refuse(std::string_view verb, const std::string& path,
                              std::string_view cause) {
  return fail(ErrorCode::KafkaStorageError,
              "cannot " + std::string(verb) + " '" + path + "': " + std::string(cause));
}

constexpr std::string_view kAbsent = "No such file or directory";

}  // namespace

struct DiskState {
  explicit DiskState(Clockwork& c) : clockwork(c) {}

  struct Planned {
    DiskCall call;
    Fault fault;
    std::string part;
  };

  std::optional<Fault> next_fault(DiskCall call, const std::string& path);
  std::optional<Fault> refuse_change() const {
    return read_only ? std::optional(Fault::ReadOnly) : std::nullopt;
  }
  std::uint64_t room() const;

  Clockwork& clockwork;
  FolderTree tree;
  std::uint64_t life = 1;  // Grows with each crash; files opened in another life are dead.
  std::set<std::string> locked;
  std::vector<Planned> planned;
  std::vector<std::string> failing_syncs;
  std::optional<std::uint64_t> capacity;
  bool read_only = false;
  Duration slowness{};
};

std::optional<Fault> DiskState::next_fault(DiskCall call, const std::string& path) {
  const auto holds = [&](const Planned& p) { return p.call == call && path.contains(p.part); };
  const auto found = std::ranges::find_if(planned, holds);
  if (found == planned.end()) return std::nullopt;
  const Fault fault = found->fault;
  planned.erase(found);
  return fault;
}

std::uint64_t DiskState::room() const {
  if (!capacity) return UINT64_MAX;
  const std::uint64_t used = tree.used_bytes();
  return used >= *capacity ? 0 : *capacity - used;
}

class DiskFile final : public env::File {
 public:
  DiskFile(std::shared_ptr<DiskState> disk, NodePtr node, std::string path, bool writable)
      : disk_(std::move(disk)),
        node_(std::move(node)),
        path_(std::move(path)),
        writable_(writable),
        life_(disk_->life) {}

  env::Task<Result<std::size_t>> read(std::uint64_t offset, MutableBytes into) override;
  env::Task<Result<void>> write(std::uint64_t offset, std::span<const Bytes> parts) override;
  env::Task<Result<void>> sync() override;
  Result<std::uint64_t> size() const override;
  Result<void> truncate(std::uint64_t size) override;
  void forget_cached() override;

 private:
  bool dead() const { return disk_->life != life_; }
  struct Reached {
    std::uint64_t bytes = 0;
    std::optional<Fault> fault = {};
  };
  Reached reach(std::uint64_t offset, std::uint64_t size);
  Result<void> put(std::uint64_t offset, Bytes bytes);

  std::shared_ptr<DiskState> disk_;
  NodePtr node_;
  std::string path_;
  bool writable_;
  std::uint64_t life_;
};

namespace {

constexpr std::string_view kCrashed = "the disk has crashed since it was opened";

using std::chrono::microseconds;

// Most calls of a real disk come from its cache; some wait.
env::Task<> sometimes_wait(DiskState& disk) {
  if (!disk.clockwork.chance(4)) co_return;
  const Duration most = std::max<Duration>(microseconds(200), disk.slowness);
  co_await disk.clockwork.delay(disk.clockwork.random_between(microseconds(1), most));
}

Duration time_of_sync(DiskState& disk) {
  const Duration most = std::max<Duration>(std::chrono::milliseconds(5), disk.slowness);
  return disk.clockwork.random_between(microseconds(50), most);
}

}  // namespace

env::Task<Result<std::size_t>> DiskFile::read(std::uint64_t offset, MutableBytes into) {
  co_await sometimes_wait(*disk_);
  if (dead()) co_return refuse("read", path_, kCrashed);
  if (const auto fault = disk_->next_fault(DiskCall::Read, path_)) {
    co_return refuse("read", path_, text_of(*fault));
  }
  co_return node_->content.read(offset, into);
}

env::Task<Result<void>> DiskFile::write(std::uint64_t offset, std::span<const Bytes> parts) {
  check(writable_, "writing to a file that was opened for reading");
  co_await sometimes_wait(*disk_);
  for (const Bytes part : parts) {
    CO_TRY_VOID(put(offset, part));
    offset += part.size();
  }
  co_return Result<void>{};
}

// How much of a write reaches the file, and why not all of it.
DiskFile::Reached DiskFile::reach(std::uint64_t offset, std::uint64_t size) {
  if (const auto refused = disk_->refuse_change()) return {0, refused};
  if (const auto fault = disk_->next_fault(DiskCall::Write, path_)) {
    return {*fault == Fault::ReadOnly ? 0 : disk_->clockwork.random_below(size + 1), fault};
  }
  const std::uint64_t end = node_->content.size();
  const std::uint64_t fits = end >= offset ? end - offset + disk_->room() : disk_->room();
  if (disk_->capacity && fits < size) return {fits, Fault::NoSpace};
  return {size, std::nullopt};
}

Result<void> DiskFile::put(std::uint64_t offset, Bytes bytes) {
  if (dead()) return refuse("write", path_, kCrashed);
  const Reached reached = reach(offset, bytes.size());
  node_->content.write(offset, bytes.first(reached.bytes));
  if (reached.fault) return refuse("write", path_, text_of(*reached.fault));
  return {};
}

env::Task<Result<void>> DiskFile::sync() {
  if (dead()) co_return refuse("sync", path_, kCrashed);
  const std::uint64_t layer = node_->content.begin_sync();
  co_await disk_->clockwork.delay(time_of_sync(*disk_));
  if (dead()) co_return refuse("sync", path_, kCrashed);
  std::optional<Fault> fault = disk_->next_fault(DiskCall::Sync, path_);
  const auto named = [&](const std::string& part) { return path_.contains(part); };
  if (std::ranges::any_of(disk_->failing_syncs, named)) fault = Fault::InputOutput;
  node_->content.end_sync(layer, !fault);
  if (fault) co_return refuse("sync", path_, text_of(*fault));
  co_return Result<void>{};
}

Result<std::uint64_t> DiskFile::size() const {
  if (dead()) return refuse("look at", path_, kCrashed);
  return node_->content.size();
}

Result<void> DiskFile::truncate(std::uint64_t size) {
  check(writable_, "truncating a file that was opened for reading");
  if (dead()) return refuse("truncate", path_, kCrashed);
  std::optional<Fault> fault = disk_->refuse_change();
  if (!fault) fault = disk_->next_fault(DiskCall::Truncate, path_);
  if (fault) return refuse("truncate", path_, text_of(*fault));
  const std::uint64_t now = node_->content.size();
  if (size > now && size - now > disk_->room()) {
    return refuse("truncate", path_, text_of(Fault::NoSpace));
  }
  node_->content.truncate(size);
  return {};
}

void DiskFile::forget_cached() {
  if (!dead()) node_->content.forget_lost();
}

Disk::Disk(Clockwork& clockwork) : state_(std::make_shared<DiskState>(clockwork)) {}
Disk::~Disk() = default;

Result<env::FilePtr> Disk::open(const std::string& path, env::OpenMode mode) {
  if (const auto fault = state_->next_fault(DiskCall::Open, path)) {
    return refuse("open", path, text_of(*fault));
  }
  NodePtr node = state_->tree.find(path);
  if (node && node->is_folder) return refuse("open", path, "Is a directory");
  if (node && mode == env::OpenMode::CreateNew) return refuse("open", path, "File exists");
  if (mode != env::OpenMode::ReadOnly && state_->read_only) {
    return refuse("open", path, text_of(Fault::ReadOnly));
  }
  if (!node) {
    const FolderTree::Place place = state_->tree.place(path);
    const bool creates = mode == env::OpenMode::CreateNew || mode == env::OpenMode::CreateOrOpen;
    if (!creates || !place.folder) return refuse("open", path, kAbsent);
    node = std::make_shared<Node>();
    state_->tree.put(place, node);
  }
  return std::make_shared<DiskFile>(state_, node, path, mode != env::OpenMode::ReadOnly);
}

Result<std::vector<env::DirEntry>> Disk::list(const std::string& folder) {
  const NodePtr node = state_->tree.find(folder);
  if (!node) return refuse("list", folder, kAbsent);
  if (!node->is_folder) return refuse("list", folder, "Not a directory");
  std::vector<env::DirEntry> entries;
  for (const auto& [name, child] : node->entries) entries.push_back({name, child->is_folder});
  return entries;
}

bool Disk::exists(const std::string& path) { return state_->tree.find(path) != nullptr; }

Result<void> Disk::make_dirs(const std::string& folder) {
  if (state_->tree.find(folder)) {
    if (state_->tree.find(folder)->is_folder) return {};
    return refuse("make the folder", folder, "File exists");
  }
  const std::size_t slash = folder.find_last_of('/');
  if (slash != std::string::npos && slash > 0) TRY_VOID(make_dirs(folder.substr(0, slash)));
  if (state_->tree.find(folder)) return {};  // It ended in a slash.
  if (const auto fault = state_->refuse_change()) {
    return refuse("make the folder", folder, text_of(*fault));
  }
  const FolderTree::Place place = state_->tree.place(folder);
  const auto node = std::make_shared<Node>();
  node->is_folder = true;
  state_->tree.put(place, node);
  return {};
}

Result<void> Disk::rename(const std::string& from, const std::string& to) {
  const FolderTree::Place source = state_->tree.place(from);
  const FolderTree::Place target = state_->tree.place(to);
  std::optional<Fault> fault = state_->next_fault(DiskCall::Rename, from);
  if (!fault) fault = state_->refuse_change();
  if (fault) return refuse("rename", from, text_of(*fault));
  if (!state_->tree.find(from) || !target.folder) return refuse("rename", from, kAbsent);
  const NodePtr replaced = state_->tree.find(to);
  if (replaced && !replaced->entries.empty()) return refuse("rename", from, "Directory not empty");
  if (to.starts_with(from + "/")) return refuse("rename", from, "Invalid argument");
  state_->tree.move(source, target);
  return {};
}

Result<void> Disk::remove(const std::string& path) {
  const NodePtr node = state_->tree.find(path);
  if (!node) return {};
  if (node->is_folder) return refuse("remove", path, "Is a directory");
  return remove_all(path);
}

Result<void> Disk::remove_all(const std::string& path) {
  if (!state_->tree.find(path)) return {};
  std::optional<Fault> fault = state_->next_fault(DiskCall::Remove, path);
  if (!fault) fault = state_->refuse_change();
  if (fault) return refuse("remove", path, text_of(*fault));
  state_->tree.put(state_->tree.place(path), nullptr);
  return {};
}

namespace {

// A coroutine of its own, so that it owns its path.
env::Task<Result<void>> sync_folder(std::shared_ptr<DiskState> state, std::string folder) {
  const NodePtr node = state->tree.find(folder);
  if (!node) co_return refuse("sync", folder, kAbsent);
  const std::uint64_t mark = state->tree.mark();
  const std::uint64_t life = state->life;
  co_await state->clockwork.delay(time_of_sync(*state));
  if (state->life != life) co_return refuse("sync", folder, kCrashed);
  if (const auto fault = state->next_fault(DiskCall::SyncDir, folder)) {
    co_return refuse("sync", folder, text_of(*fault));
  }
  state->tree.sync(node, mark);
  co_return Result<void>{};
}

}  // namespace

env::Task<Result<void>> Disk::sync_dir(const std::string& folder) {
  return sync_folder(state_, folder);
}

Result<env::Space> Disk::space(const std::string&) {
  const std::uint64_t total = state_->capacity.value_or(std::uint64_t{1} << 40);
  return env::Space{total, std::min(total, state_->capacity ? state_->room() : total)};
}

namespace {

class SimLock final : public env::DirLock {
 public:
  SimLock(std::shared_ptr<DiskState> disk, std::string path)
      : disk_(std::move(disk)), path_(std::move(path)), life_(disk_->life) {}
  ~SimLock() override {
    if (disk_->life == life_) disk_->locked.erase(path_);
  }

 private:
  std::shared_ptr<DiskState> disk_;
  std::string path_;
  std::uint64_t life_;
};

}  // namespace

Result<std::unique_ptr<env::DirLock>> Disk::lock(const std::string& path) {
  const env::FilePtr file = TRY(open(path, env::OpenMode::CreateOrOpen));
  if (!state_->locked.insert(path).second) {
    return refuse("lock", path, "another process holds it");
  }
  return std::make_unique<SimLock>(state_, path);
}

void Disk::orphan() {
  ++state_->life;
  state_->locked.clear();
}

void Disk::crash() {
  orphan();
  state_->tree.crash(state_->clockwork);
  state_->clockwork.note(state_->tree.used_bytes());
}

void Disk::fail_next(DiskCall call, Fault fault, std::string part) {
  state_->planned.push_back({call, fault, std::move(part)});
}
void Disk::fail_syncs(std::string part) { state_->failing_syncs.push_back(std::move(part)); }
void Disk::set_capacity(std::uint64_t bytes) { state_->capacity = bytes; }
std::uint64_t Disk::used_bytes() const { return state_->tree.used_bytes(); }
void Disk::set_slow(Duration most) { state_->slowness = most; }
void Disk::set_read_only(bool read_only) { state_->read_only = read_only; }
void Disk::heal() {
  state_->planned.clear();
  state_->failing_syncs.clear();
  state_->capacity.reset();
  state_->read_only = false;
  state_->slowness = {};
}

std::optional<ByteVector> Disk::content(const std::string& path) const {
  const NodePtr node = state_->tree.find(path);
  if (!node || node->is_folder) return std::nullopt;
  return node->content.bytes();
}

void Disk::corrupt(const std::string& path, std::uint64_t offset, std::byte mask) {
  const NodePtr node = state_->tree.find(path);
  check(node && !node->is_folder, "there is no such file to corrupt");
  node->content.corrupt(offset, mask);
}

}  // namespace sim
