#pragma once

namespace slipway::store {

/// The name of a SQLite VFS that is the default one but for the write-ahead log, whose pages it
/// gathers until SQLite syncs them: one write a commit instead of two a page, which halves what a
/// commit costs; the file grows by a mebibyte of zeros at a time. For the one connection that
/// writes, with `synchronous` FULL or above, so that nobody is told of a page that is still
/// gathered; other connections use the default VFS.
///
/// Registered at the first call; any thread. Null where SQLite has no default VFS.
[[nodiscard]] const char* gathering_vfs();

}  // namespace slipway::store
