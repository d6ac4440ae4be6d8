package io.vigil.model.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A column of texts of which few differ, kept as numbers. Grows row by row; not thread-safe. */
final class Labels {
  /** Values beyond so many are told as {@link #OTHERS}. */
  private static final int DISTINCT_MOST = 10_000;

  static final String OTHERS = "(others)";
  static final int MISSING = -1;

  private final Map<String, Integer> codes = new HashMap<>();
  private final List<String> values = new ArrayList<>();
  private int[] rows = new int[1 << 12];
  private int size;

  void add(@Nullable String value) {
    if (size == rows.length) {
      rows = Arrays.copyOf(rows, Math.multiplyExact(size, 2));
    }
    rows[size++] = value == null ? MISSING : code(value);
  }

  private int code(String value) {
    Integer known = codes.get(value);
    if (known != null) {
      return known;
    }
    if (values.size() >= DISTINCT_MOST && !value.equals(OTHERS)) {
      return code(OTHERS);
    }
    codes.put(value, values.size());
    values.add(value);
    return values.size() - 1;
  }

  /** The row's value as a number from 0, or {@link #MISSING}. */
  int code(int row) {
    return rows[row];
  }

  String value(int code) {
    return values.get(code);
  }

  int distinct() {
    return values.size();
  }
}
