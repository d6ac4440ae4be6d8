package io.vigil.cli.result;

import java.util.Arrays;

/**
 * Sorts handles of a {@link ByteTable} by their keys in shortlex order: first by length, then a
 * radix sort from the first byte on ("American flag", McIlroy, Bostic and McIlroy 1993). No objects
 * are made per key, so ten million sort in seconds. Not thread-safe.
 */
final class ShortlexSort {

  private static final int RADIX = 256;
  private static final int SMALL = 24;

  private final ByteTable table;

  ShortlexSort(ByteTable table) {
    this.table = table;
  }

  void sort(int[] handles) {
    int longest = 0;
    for (int handle : handles) {
      longest = Math.max(longest, table.keyLength(handle));
    }
    int[] starts = new int[longest + 2];
    for (int handle : handles) {
      starts[table.keyLength(handle) + 1]++;
    }
    for (int i = 1; i < starts.length; i++) {
      starts[i] += starts[i - 1];
    }
    int[] source = handles.clone();
    int[] next = Arrays.copyOf(starts, longest + 1);
    for (int handle : source) {
      handles[next[table.keyLength(handle)]++] = handle;
    }
    for (int length = 1; length <= longest; length++) {
      sort(handles, starts[length], starts[length + 1], 0, length);
    }
  }

  private void sort(int[] handles, int from, int to, int depth, int length) {
    if (to - from <= SMALL) {
      insertionSort(handles, from, to, depth, length);
      return;
    }
    int[] ends = new int[RADIX];
    for (int i = from; i < to; i++) {
      ends[byteAt(handles[i], depth)]++;
    }
    int[] heads = new int[RADIX];
    int sum = from;
    for (int b = 0; b < RADIX; b++) {
      heads[b] = sum;
      sum += ends[b];
      ends[b] = sum;
    }
    for (int b = 0; b < RADIX; b++) {
      while (heads[b] < ends[b]) {
        int handle = handles[heads[b]];
        int belongs = byteAt(handle, depth);
        if (belongs == b) {
          heads[b]++;
        } else {
          int other = heads[belongs]++;
          handles[heads[b]] = handles[other];
          handles[other] = handle;
        }
      }
    }
    if (depth + 1 < length) {
      int start = from;
      for (int b = 0; b < RADIX; b++) {
        if (ends[b] - start > 1) {
          sort(handles, start, ends[b], depth + 1, length);
        }
        start = ends[b];
      }
    }
  }

  private void insertionSort(int[] handles, int from, int to, int depth, int length) {
    for (int i = from + 1; i < to; i++) {
      int handle = handles[i];
      int j = i;
      while (j > from && compare(handles[j - 1], handle, depth, length) > 0) {
        handles[j] = handles[j - 1];
        j--;
      }
      handles[j] = handle;
    }
  }

  private int compare(int a, int b, int depth, int length) {
    int atA = table.keyAt(a);
    int atB = table.keyAt(b);
    return Arrays.compareUnsigned(
        table.chunkOf(a), atA + depth, atA + length, table.chunkOf(b), atB + depth, atB + length);
  }

  private int byteAt(int handle, int depth) {
    return table.chunkOf(handle)[table.keyAt(handle) + depth] & 0xFF;
  }
}
