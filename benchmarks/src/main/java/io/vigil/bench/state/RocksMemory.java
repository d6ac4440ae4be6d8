package io.vigil.bench.state;

/**
 * What each side's RocksDB may hold in memory.
 *
 * @param mib block cache and write buffers together, as Flink divides them
 * @param partitioned whether the filter and index of a table are cut into blocks. If not, each is
 *     one block, and the cache, which RocksDB cuts into up to 64 shards, takes none that exceeds a
 *     shard: such a filter is read again for every get
 */
record RocksMemory(int mib, boolean partitioned) {}
