package io.vigil.model.score;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** What the kernel says of the first processor, by which runtimes pick their kernels. Immutable. */
public final class Processor {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  private Processor() {}

  /** A value of the processor list, such as that of {@code flags}; empty where it is not known. */
  public static String value(String key) {
    return Holder.VALUES.getOrDefault(key, "");
  }

  /** Eight hex digits that stand for the processor's model and flags. */
  public static String fingerprint() {
    try {
      byte[] text = (value("model name") + value("flags")).getBytes(StandardCharsets.UTF_8);
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text);
      return HexFormat.of().formatHex(digest, 0, 4);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static final class Holder {
    static final Map<String, String> VALUES = read();

    private static Map<String, String> read() {
      Map<String, String> values = new TreeMap<>();
      try {
        for (String line : Files.readAllLines(CPU_INFO, StandardCharsets.UTF_8)) {
          int colon = line.indexOf(':');
          if (colon > 0) {
            values.putIfAbsent(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
          }
        }
      } catch (IOException e) {
        // Not Linux: nothing is known.
        values.clear();
      }
      return values;
    }
  }
}
