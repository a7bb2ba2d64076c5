#include "env/files.h"

namespace env {

Task<Result<ByteVector>> read_file(Files& files, std::string path) {
  CO_TRY(const FilePtr file, files.open(path, OpenMode::ReadOnly));
  CO_TRY(const std::uint64_t size, file->size());
  ByteVector content(size);
  CO_TRY(const std::size_t got, co_await file->read(0, content));
  content.resize(got);
  co_return content;
}

Task<Result<void>> write_file_atomically(Files& files, std::string path, ByteVector content) {
  const std::string temporary = path + ".tmp";
  CO_TRY_VOID(files.remove(temporary));
  CO_TRY(const FilePtr file, files.open(temporary, OpenMode::CreateNew));
  const Bytes part = content;
  CO_TRY_VOID(co_await file->write(0, {&part, 1}));
  CO_TRY_VOID(co_await file->sync());
  CO_TRY_VOID(files.rename(temporary, path));
  const std::size_t slash = path.rfind('/');
  CO_TRY_VOID(co_await files.sync_dir(slash == std::string::npos ? "." : path.substr(0, slash)));
  co_return Result<void>{};
}

}  // namespace env
