package io.vigil.console.view;

import org.jspecify.annotations.Nullable;

/** Account details as they are shown before anybody asked for them. Stateless. */
final class Mask {

  private static final String DOTS = "•••";
  private static final int SHOWN = 4;

  private Mask() {}

  /** The last four characters, or two of a short id. */
  static String id(String id) {
    int shown = id.length() > SHOWN + 1 ? SHOWN : Math.min(2, id.length() / 2);
    return DOTS + id.substring(id.length() - shown);
  }

  static @Nullable String idOrNull(@Nullable String id, boolean revealed) {
    return id == null || revealed ? id : id(id);
  }
}
