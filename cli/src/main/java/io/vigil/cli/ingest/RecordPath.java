package io.vigil.cli.ingest;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where a value stands in a record of records, lists and values: {@code payment.amount}, or as a
 * JSON pointer (RFC 6901) {@code /payment/amount}, which can name what has a dot or a slash in it.
 * A number picks an element of a list, counted from 0.
 *
 * @param text as it was written
 * @param steps names from the outside in
 */
record RecordPath(String text, List<String> steps) {

  RecordPath {
    steps = List.copyOf(steps);
  }

  /**
   * @throws IllegalArgumentException when it is no path
   */
  static RecordPath parse(String text) {
    boolean pointer = text.startsWith("/");
    List<String> steps =
        pointer
            ? Stream.of(text.substring(1).split("/", -1))
                .map(step -> step.replace("~1", "/").replace("~0", "~"))
                .toList()
            : List.of(text.split("\\.", -1));
    if (steps.contains("")) {
      throw new IllegalArgumentException(
          "expected a path such as payment.amount or /payment/amount, got '" + text + "'");
    }
    return new RecordPath(text, steps);
  }

  /** What stands there; null when nothing does. */
  @Nullable Object find(Object root) {
    @Nullable Object node = root;
    for (int i = 0; i < steps.size() && node != null; i++) {
      String step = steps.get(i);
      if (node instanceof Map<?, ?> map) {
        node = map.get(step);
      } else if (node instanceof List<?> list) {
        node = element(list, step);
      } else {
        return null;
      }
    }
    return node;
  }

  private static @Nullable Object element(List<?> list, String step) {
    try {
      int index = Integer.parseInt(step);
      return index >= 0 && index < list.size() ? list.get(index) : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** The same place, written as a pointer. */
  static String pointer(List<String> steps) {
    StringBuilder pointer = new StringBuilder();
    for (String step : steps) {
      pointer.append('/').append(step.replace("~", "~0").replace("/", "~1"));
    }
    return pointer.toString();
  }
}
